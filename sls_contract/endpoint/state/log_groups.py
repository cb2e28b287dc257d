"""Log groups in the Protocol Buffers form in which the service takes and gives logs.

Sources: PutLogs page, 2021 (github.com/AlibabaCloudDocs/sls), for what they hold; ``log_logs.proto``, which the
official SDKs ship compiled, for the numbers and types of the fields; protobuf.dev, "Encoding", for the bytes. Only what
these messages need of it: fields that are not known are skipped, as protobuf demands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sls_contract.checks.protobuf import BYTES, FIXED32, VARINT, Field, encode_field, read_fields
from sls_contract.endpoint.state.compression import LARGEST_BODY
from sls_contract.errors import UsageError

_UINT32 = 2**32 - 1  # the time of a log, in seconds, is a field 32 bits wide

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
    fields = list(read_fields(data))
    return LogGroup(
        logs=tuple(_decode_log(each) for each in _all_bytes(fields, 1)),
        topic=_text(fields, 3),
        source=_text(fields, 4),
        machine=_text(fields, 5),
        tags=tuple(_decode_pair(each) for each in _all_bytes(fields, 6)),
    )


def _encode_log(log: Log) -> bytes:
    contents = b"".join(_bytes_field(2, _encode_pair(pair)) for pair in log.contents)
    nanoseconds = b"" if log.nanoseconds is None else log.nanoseconds.to_bytes(4, "little")
    fraction = nanoseconds and encode_field(Field(4, FIXED32, nanoseconds))
    return encode_field(Field(1, VARINT, log.time)) + contents + fraction


def _encode_pair(pair: Pair) -> bytes:
    return _bytes_field(1, pair[0].encode("utf-8")) + _bytes_field(2, pair[1].encode("utf-8"))


def _bytes_field(number: int, data: bytes) -> bytes:
    return encode_field(Field(number, BYTES, data))


def _decode_log(data: bytes) -> Log:
    fields = list(read_fields(data))
    fractions = [each.value for each in fields if each[:2] == (4, FIXED32)]
    return Log(
        time=_required([each.value for each in fields if each[:2] == (1, VARINT)], "Time") & _UINT32,
        contents=tuple(_decode_pair(each) for each in _all_bytes(fields, 2)),
        nanoseconds=int.from_bytes(_as_bytes(fractions[-1]), "little") if fractions else None,
    )


def _decode_pair(data: bytes) -> Pair:
    fields = list(read_fields(data))
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


def _all_bytes(fields: list[Field], number: int) -> list[bytes]:
    return [_as_bytes(each.value) for each in fields if each[:2] == (number, BYTES)]


def _text(fields: list[Field], number: int) -> str | None:
    found = _all_bytes(fields, number)
    return found[-1].decode("utf-8") if found else None


def _as_bytes(value: int | bytes) -> bytes:
    assert isinstance(value, bytes)
    return value


def encoded_group(
    records: Iterable[Mapping[str, str]], time: int, *, topic: str, source: str, tags: Mapping[str, str]
) -> bytes:
    """Return the encoded log group of records, each a log's keys and values, all of one time (seconds since 1970 UTC).

    Raises `UsageError` for no record, a value that is no text or that UTF-8 cannot hold, a time that 32 bits cannot
    hold, or more than the service takes in one write.
    """
    if type(time) is not int or not 0 <= time <= _UINT32:
        msg = f"time must be whole seconds since 1970, 0 to {_UINT32}, got {time!r}"
        raise UsageError(msg)
    logs = tuple(Log(time, _pairs("a record", record)) for record in _listed(records))
    try:
        data = encode_group(
            LogGroup(logs, _given_text("topic", topic), _given_text("source", source), tags=_pairs("tags", tags))
        )
    except UnicodeEncodeError as error:
        msg = f"logs must be text that UTF-8 can hold, got {error.object[error.start : error.end]!r}"
        raise UsageError(msg) from None
    if len(data) > LARGEST_BODY:
        msg = f"one write holds at most {LARGEST_BODY} bytes, got {len(data)}; write fewer records at once"
        raise UsageError(msg)
    return data


def _listed(records: object) -> list[object]:
    """Refuse what is easily given instead: one record, or a text."""
    if isinstance(records, (Mapping, str, bytes)) or not isinstance(records, Iterable):
        msg = f'records must be a list of mappings such as [{{"level": "info"}}], got {records!r}'
        raise UsageError(msg)
    listed = list(records)
    if not listed:
        msg = "records must hold at least one record, got none"
        raise UsageError(msg)
    return listed


def _pairs(kind: str, record: object) -> tuple[Pair, ...]:
    if not isinstance(record, Mapping):
        msg = f"{kind} must be a mapping of text to text, got {record!r}"
        raise UsageError(msg)
    return tuple(
        (_given_text(f"a key of {kind}", key), _given_text(f"{key!r} of {kind}", value))
        for key, value in record.items()
    )


def _given_text(kind: str, value: object) -> str:
    if not isinstance(value, str):
        msg = f"{kind} must be text, got {value!r}"
        raise UsageError(msg)
    return value
