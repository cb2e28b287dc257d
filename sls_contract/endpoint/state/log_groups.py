"""Log groups in the Protocol Buffers form in which the service takes and gives logs.

Sources: PutLogs page, 2021 (github.com/AlibabaCloudDocs/sls), for what they hold; ``log_logs.proto``, which the
official SDKs ship compiled, for the numbers and types of the fields; protobuf.dev, "Encoding", for the bytes. Only what
these messages need of it: fields that are not known are skipped, as protobuf demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types; 3 and 4, groups, are obsolete and refused
_WIDTHS = {_FIXED64: 8, _FIXED32: 4}  # bytes
_LONGEST_VARINT = 10  # bytes of a 64-bit number
_SEVEN_BITS, _GOES_ON = 0x7F, 0x80
_UINT32, _UINT64 = 2**32 - 1, 2**64 - 1

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """One log.

    Attributes:
        time: seconds since 1970 UTC, as the client says.
        contents: key and value, in order; a key may come twice.
        nanoseconds: the part of the time below a second; None where the client gave none.

    """

    time: int
    contents: tuple[Pair, ...] = ()
    nanoseconds: int | None = None


@dataclass(frozen=True, slots=True)
class LogGroup:
    """The logs of one write, and what they share: topic, source, machine and tags."""

    logs: tuple[Log, ...] = ()
    topic: str | None = None
    source: str | None = None
    machine: str | None = None
    tags: tuple[Pair, ...] = ()


class _Field(NamedTuple):
    """One field as it stands in a message; ``value`` of a number is an int, else the bytes."""

    number: int
    kind: int
    value: int | bytes


def encode_group(group: LogGroup) -> bytes:
    """Return the message; text that UTF-8 cannot hold raises `UnicodeEncodeError`."""
    parts = [_bytes_field(1, _encode_log(log)) for log in group.logs]
    for number, text in ((3, group.topic), (4, group.source), (5, group.machine)):
        if text is not None:
            parts.append(_bytes_field(number, text.encode("utf-8")))
    parts += [_bytes_field(6, _encode_pair(tag)) for tag in group.tags]
    return b"".join(parts)


def encode_list(groups: Iterable[bytes]) -> bytes:
    """Return the ``LogGroupList`` of messages that are already encoded."""
    return b"".join(_bytes_field(1, group) for group in groups)


def decode_group(data: bytes) -> LogGroup:
    """Read a message.

    Raises `ValueError` where it is damaged or lacks a required field, and of that kind `UnicodeDecodeError` where
    a text is not UTF-8.
    """
    fields = list(_fields(data))
    return LogGroup(
        logs=tuple(_decode_log(each) for each in _all_bytes(fields, 1)),
        topic=_text(fields, 3),
        source=_text(fields, 4),
        machine=_text(fields, 5),
        tags=tuple(_decode_pair(each) for each in _all_bytes(fields, 6)),
    )


def _encode_log(log: Log) -> bytes:
    contents = b"".join(_bytes_field(2, _encode_pair(pair)) for pair in log.contents)
    fraction = b"" if log.nanoseconds is None else _key(4, _FIXED32) + log.nanoseconds.to_bytes(4, "little")
    return _key(1, _VARINT) + _varint(log.time) + contents + fraction


def _encode_pair(pair: Pair) -> bytes:
    return _bytes_field(1, pair[0].encode("utf-8")) + _bytes_field(2, pair[1].encode("utf-8"))


def _bytes_field(number: int, data: bytes) -> bytes:
    return _key(number, _BYTES) + _varint(len(data)) + data


def _key(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > _SEVEN_BITS:
        out.append(number & _SEVEN_BITS | _GOES_ON)
        number >>= 7
    out.append(number)
    return bytes(out)


def _decode_log(data: bytes) -> Log:
    fields = list(_fields(data))
    fractions = [each.value for each in fields if each[:2] == (4, _FIXED32)]
    return Log(
        time=_required([each.value for each in fields if each[:2] == (1, _VARINT)], "Time") & _UINT32,
        contents=tuple(_decode_pair(each) for each in _all_bytes(fields, 2)),
        nanoseconds=int.from_bytes(_as_bytes(fractions[-1]), "little") if fractions else None,
    )


def _decode_pair(data: bytes) -> Pair:
    fields = list(_fields(data))
    key, value = (_text(fields, number) for number in (1, 2))
    if key is None or value is None:
        msg = "Key and Value are required"
        raise ValueError(msg)
    return key, value


def _required(values: list[int | bytes], name: str) -> int:
    """Return the last of the values, which is the one that counts in protobuf."""
    if not values:
        msg = f"{name} is required"
        raise ValueError(msg)
    return values[-1] if isinstance(values[-1], int) else 0


def _all_bytes(fields: list[_Field], number: int) -> list[bytes]:
    return [_as_bytes(each.value) for each in fields if each[:2] == (number, _BYTES)]


def _text(fields: list[_Field], number: int) -> str | None:
    found = _all_bytes(fields, number)
    return found[-1].decode("utf-8") if found else None


def _as_bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value


def _fields(data: bytes) -> Iterator[_Field]:
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            msg = "field number 0"
            raise ValueError(msg)
        if kind == _VARINT:
            value, at = _read_varint(data, at)
            yield _Field(number, kind, value)
            continue
        size, at = _size(data, at, kind)
        if at + size > len(data):
            msg = "cut off within a field"
            raise ValueError(msg)
        yield _Field(number, kind, data[at : at + size])
        at += size


def _size(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """Return how many bytes the field's value has, and where they begin."""
    if kind == _BYTES:
        return _read_varint(data, at)
    if kind not in _WIDTHS:
        msg = f"wire type {kind}"
        raise ValueError(msg)
    return _WIDTHS[kind], at


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = 0
    for index, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        number |= (byte & _SEVEN_BITS) << 7 * index
        if byte < _GOES_ON:
            return number & _UINT64, at + index + 1
    msg = "cut off within a number, or a number of more than 64 bits"
    raise ValueError(msg)
