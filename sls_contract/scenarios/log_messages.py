"""Encode and decode logs as protobuf messages, as PutLogs sends and PullLogs returns them.

Source of the field numbers: ``log_logs.proto`` of the official SDKs. This module shares no code with the reference
endpoint, so that tests of one find mistakes of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sls_contract.checks.protobuf import BYTES, FIXED32, VARINT, Field, encode_field, read_fields

CODINGS = ("lz4", "zstd", "deflate")
"""Compressions of a body, as ``x-log-compresstype`` and Accept-Encoding name them."""

LOGS, TOPIC, SOURCE, TAGS = 1, 3, 4, 6
"""Field numbers of a ``LogGroup``."""

_TIME, _CONTENTS, _NANOSECONDS = 1, 2, 4


class PulledLog(NamedTuple):
    """A log with topic, source and tags of its group; invalid UTF-8 is replaced.

    ``time`` is in seconds since 1970 UTC; ``nanoseconds`` is the part below a second, None where it is not sent.
    """

    time: int
    contents: tuple[tuple[str, str], ...]
    topic: str
    tags: frozenset[tuple[str, str]]
    source: str = ""
    nanoseconds: int | None = None


def message(number: int, data: bytes) -> bytes:
    """Encode an inner message, or a text, as a field."""
    return encode_field(Field(number, BYTES, data))


def pair(key: str, value: str) -> bytes:
    """Encode a ``Content`` or a ``LogTag``."""
    return message(1, key.encode()) + message(2, value.encode())


def log(time: int, contents: Iterable[tuple[str, str]], nanoseconds: int | None = None) -> bytes:
    """Encode a ``Log``; ``time`` is in seconds since 1970 UTC, ``nanoseconds`` the part below a second."""
    fraction = b"" if nanoseconds is None else nanoseconds.to_bytes(4, "little")
    encoded = encode_field(Field(_TIME, VARINT, time)) + b"".join(message(_CONTENTS, pair(*each)) for each in contents)
    return encoded + (fraction and encode_field(Field(_NANOSECONDS, FIXED32, fraction)))


def log_group(logs: Sequence[PulledLog]) -> bytes:
    """Encode a ``LogGroup`` of logs that share topic, source and tags."""
    encoded = b"".join(message(LOGS, log(each.time, each.contents, each.nanoseconds)) for each in logs)
    shared = logs[0] if logs else PulledLog(0, (), "", frozenset())
    texts = message(TOPIC, shared.topic.encode()) + message(SOURCE, shared.source.encode())
    return encoded + texts + b"".join(message(TAGS, pair(*each)) for each in sorted(shared.tags))


def encoded_list(groups: list[bytes]) -> bytes:
    """Encode a ``LogGroupList`` of encoded log groups."""
    return b"".join(message(1, group) for group in groups)


def logs_of(data: bytes) -> Iterator[PulledLog]:
    """Yield the logs of a ``LogGroupList`` in order; raises `ValueError` where it is malformed."""
    for group in _inner(data, LOGS):
        topic, source = (next(map(_text, _inner(group, number)), "") for number in (TOPIC, SOURCE))
        tags = frozenset(map(_pair_of, _inner(group, TAGS)))
        for each in _inner(group, LOGS):
            time = next((f.value for f in read_fields(each) if f.number == _TIME and isinstance(f.value, int)), 0)
            fraction = next((int.from_bytes(value, "little") for value in _inner(each, _NANOSECONDS)), None)
            yield PulledLog(time, tuple(map(_pair_of, _inner(each, _CONTENTS))), topic, tags, source, fraction)


def _inner(data: bytes, number: int) -> Iterator[bytes]:
    return (f.value for f in read_fields(data) if f.number == number and isinstance(f.value, bytes))


def _pair_of(data: bytes) -> tuple[str, str]:
    return next(map(_text, _inner(data, 1)), ""), next(map(_text, _inner(data, 2)), "")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
