"""A log group made of plain Python values, for who fills a logstore without a client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sls_contract.endpoint.state.compression import LARGEST_BODY
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from sls_contract.endpoint.state.log_groups import Pair

_LATEST = 2**32 - 1  # seconds; the field is 32 bits wide


def encoded_group(
    records: Iterable[Mapping[str, str]], time: int, *, topic: str, source: str, tags: Mapping[str, str]
) -> bytes:
    """Return the encoded log group of records, each a log's keys and values, all of one time (seconds since 1970 UTC).

    Raises `UsageError` for no record, a value that is no text or that UTF-8 cannot hold, a time that 32 bits cannot
    hold, or more than the service takes in one write.
    """
    if type(time) is not int or not 0 <= time <= _LATEST:
        msg = f"time must be whole seconds since 1970, 0 to {_LATEST}, got {time!r}"
        raise UsageError(msg)
    logs = tuple(Log(time, _pairs("a record", record)) for record in _listed(records))
    try:
        data = encode_group(LogGroup(logs, _text("topic", topic), _text("source", source), tags=_pairs("tags", tags)))
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
    return tuple((_text(f"a key of {kind}", key), _text(f"{key!r} of {kind}", value)) for key, value in record.items())


def _text(kind: str, value: object) -> str:
    if not isinstance(value, str):
        msg = f"{kind} must be text, got {value!r}"
        raise UsageError(msg)
    return value
