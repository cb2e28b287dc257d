"""Log groups in the Protocol Buffers form of the service.

Sources: PutLogs page, 2021 (github.com/AlibabaCloudDocs/sls), for their content; ``log_logs.proto``, which the official
SDKs ship compiled, for the numbers and types of the fields; protobuf.dev, "Encoding", for the bytes. Unknown fields are
skipped, as protobuf requires.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sls_contract.checks.protobuf import BYTES, FIXED32, VARINT, Field, encode_field, read_fields
from sls_contract.endpoint.state.parameters import LARGEST_BODY
from sls_contract.errors import UsageError

_UINT32 = 2**32 - 1  # the time of a log, in seconds, is a field 32 bits wide

Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Log:
    """One log.

    Attributes:
        time: seconds since 1970 UTC, set by the client.
        contents: key and value, in order; a key may occur twice.
        nanoseconds: the part of the time below a second; None if the client sent none.

    """

    time: int
    contents: tuple[Pair, ...] = ()
    nanoseconds: int | None = None


@dataclass(frozen=True, slots=True)
class LogGroup:
    """The logs of one write, and their common topic, source, machine and tags."""

    logs: tuple[Log, ...] = ()
    topic: str | None = None
    source: str | None = None
    machine: str | None = None
    tags: tuple[Pair, ...] = ()


def encode_group(group: LogGroup) -> bytes:
    """Return the encoded message; raises `UnicodeEncodeError` for text that UTF-8 cannot encode."""
    parts = [_bytes_field(1, _encode_log(log)) for log in group.logs]
    for number, text in ((3, group.topic), (4, group.source), (5, group.machine)):
        if text is not None:
            parts.append(_bytes_field(number, text.encode("utf-8")))
    parts += [_bytes_field(6, _encode_pair(tag)) for tag in group.tags]
    return b"".join(parts)


def encode_list(groups: Iterable[bytes]) -> bytes:
    """Return the ``LogGroupList`` of encoded log groups."""
    return b"".join(_bytes_field(1, group) for group in groups)


def decode_group(data: bytes) -> LogGroup:
    """Return the log group of an encoded message.

    Raises `ValueError` if it is damaged or lacks a required field, and its subclass `UnicodeDecodeError` if a text is
    not UTF-8.
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
    times = [each.value for each in fields if each[:2] == (1, VARINT)]
    fractions = [each.value for each in fields if each[:2] == (4, FIXED32)]
    if not times:
        msg = "Time is required"
        raise ValueError(msg)
    time = times[-1]  # in protobuf, the last value counts
    assert isinstance(time, int)
    return Log(
        time=time & _UINT32,
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

    Raises `UsageError` if there is no record, a value is not text that UTF-8 can encode, the time does not fit in 32
    bits, or the size exceeds the service's limit for one write.
    """
    if type(time) is not int or not 0 <= time <= _UINT32:
        msg = f"time must be whole seconds since 1970, 0 to {_UINT32}, got {time!r}"
        raise UsageError(msg)
    logs = tuple(Log(time, _pairs("a record", record)) for record in _listed(records))
    try:
        data = encode_group(
            LogGroup(logs, _checked_text("topic", topic), _checked_text("source", source), tags=_pairs("tags", tags))
        )
    except UnicodeEncodeError as error:
        msg = f"logs must be text that UTF-8 can encode, got {error.object[error.start : error.end]!r}"
        raise UsageError(msg) from None
    if len(data) > LARGEST_BODY:
        msg = f"one write may have at most {LARGEST_BODY} bytes, got {len(data)}; write fewer records at once"
        raise UsageError(msg)
    return data


def _listed(records: object) -> list[object]:
    """Return the records as a list; refuse the likely mistakes of a single record or a text."""
    if isinstance(records, (Mapping, str, bytes)) or not isinstance(records, Iterable):
        msg = f'records must be a list of mappings such as [{{"level": "info"}}], got {records!r}'
        raise UsageError(msg)
    listed = list(records)
    if not listed:
        msg = "records must have at least one record, got none"
        raise UsageError(msg)
    return listed


def _pairs(kind: str, record: object) -> tuple[Pair, ...]:
    if not isinstance(record, Mapping):
        msg = f"{kind} must be a mapping of text to text, got {record!r}"
        raise UsageError(msg)
    return tuple(
        (_checked_text(f"a key of {kind}", key), _checked_text(f"{key!r} of {kind}", value))
        for key, value in record.items()
    )


def _checked_text(kind: str, value: object) -> str:
    if not isinstance(value, str):
        msg = f"{kind} must be text, got {value!r}"
        raise UsageError(msg)
    return value
