"""Read the messages that contain logs, only as far as needed to find damage and to count log groups.

Source: ``log_logs.proto``, which the official SDKs ship compiled: numbers, types and required fields; protobuf.dev,
"Encoding". Unknown fields are skipped, as protobuf requires. Texts may be any bytes, since producers write such texts.
Of a large body only the log groups are read, not each log: at about 4 MB/s, ten megabytes would take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sls_contract.checks.protobuf import BYTES, FIXED32, FIXED64, VARINT, read_fields, read_varint

_LAST_NUMBER = 2**29 - 1  # the highest field number
_LAST_TIME = 2**32 - 1  # Time is a uint32 of Unix seconds; readers drop the higher bits
_TWO_BYTES = 0x80  # smaller varints are one byte
_WIDTHS = {FIXED64: 8, FIXED32: 4}  # bytes

SMALL = 64 * 1024
"""The most bytes of a body whose logs are read one by one."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message type: its fields' names, wire types and message types by number, and the required numbers."""

    name: str
    names: Mapping[int, str]
    kinds: Mapping[int, int]
    inner: Mapping[int, Message]
    required: frozenset[int] = frozenset()


_PAIR = frozenset({1, 2})
_PAIR_NAMES = {1: "Key", 2: "Value"}
_CONTENT = Message("Content", _PAIR_NAMES, dict.fromkeys(_PAIR_NAMES, BYTES), {}, _PAIR)
_TAG = Message("LogTag", _PAIR_NAMES, dict.fromkeys(_PAIR_NAMES, BYTES), {}, _PAIR)
_LOG_NAMES = {1: "Time", 2: "Contents", 4: "Time_ns"}
_LOG = Message("Log", _LOG_NAMES, {1: VARINT, 2: BYTES, 4: FIXED32}, {2: _CONTENT}, frozenset({1}))
_GROUP_NAMES = dict(enumerate(("Logs", "Category", "Topic", "Source", "MachineUUID", "LogTags"), 1))
_GROUP = Message("LogGroup", _GROUP_NAMES, dict.fromkeys(_GROUP_NAMES, BYTES), {1: _LOG, 6: _TAG})
_LIST = Message("LogGroupList", {1: "LogGroups"}, {1: BYTES}, {1: _GROUP})
_REPEATED = frozenset({"LogGroups", "Logs", "LogTags", "Contents"})


_LARGE_GROUP = replace(_GROUP, inner={})
_LARGE_LIST = replace(_LIST, inner={1: _LARGE_GROUP})


def _log_groups(data: bytes) -> int:
    return _read(data, 0, len(data), _LIST if len(data) <= SMALL else _LARGE_LIST)


def _log_group(data: bytes) -> None:
    _read(data, 0, len(data), _GROUP if len(data) <= SMALL else _LARGE_GROUP)


MESSAGES: Mapping[str, Callable[[bytes], int | None]] = {"LogGroupList": _log_groups, "LogGroup": _log_group}
"""The readers of messages by name; that of a list returns the number of its log groups.

They raise `ValueError` if the message is damaged or of another type.
"""


def decoded(name: str, data: bytes) -> dict[str, Any]:
    """Return the fields of a message by name, unknown ones by number; other bytes than UTF-8 become surrogates.

    Raises `ValueError` if the message is damaged, of another type, or of an unknown type.
    """
    message = {_GROUP.name: _GROUP, _LIST.name: _LIST}.get(name)
    if message is None:
        msg = f"{name} is unknown"
        raise ValueError(msg)
    return _decoded(message, data)


def _decoded(message: Message, data: bytes) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for number, kind, value in read_fields(data):
        if message.kinds.get(number, kind) != kind:
            raise _damage(message, f"field {number} has wire type {kind}")
        inner = message.inner.get(number)
        found.setdefault(message.names.get(number, str(number)), []).append(
            _value(kind, value) if inner is None or isinstance(value, int) else _decoded(inner, value)
        )
    return {key: values if len(values) > 1 or key in _REPEATED else values[0] for key, values in found.items()}


def _value(kind: int, value: int | bytes) -> int | str:
    if isinstance(value, int):
        return value
    return value.decode("utf-8", "surrogateescape") if kind == BYTES else int.from_bytes(value, "little")


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """The result of reading a message.

    Attributes:
        name: its type.
        count: the number of its log groups; None if it is not a list of log groups, or is damaged.
        damage: why it cannot be read; empty if it can, or if it was not read.

    """

    name: str
    count: int | None = None
    damage: str = ""


def read_response(name: str, accepted: str, sent: str, plain: bytes | None) -> ReadMessage | None:
    """Read a decoded response body; None for an unknown message type.

    ``accepted`` is the request's Accept, ``sent`` the response's Content-Type. The body is read as protobuf only if one
    of them allows it. SDKs of 2020-12-30 accept JSON and get protobuf. ``plain`` is None if there is no decoded body.
    """
    if name not in MESSAGES:
        return None
    if plain is None or not ("protobuf" in f"{accepted} {sent}".lower() or "*/*" in accepted):
        return ReadMessage(name)
    try:
        return ReadMessage(name, MESSAGES[name](plain))
    except ValueError as error:
        return ReadMessage(name, damage=str(error))


def _read(data: bytes, at: int, end: int, message: Message) -> int:
    """Check the fields of a message and return how many have number 1: in a list of log groups, the groups."""
    kinds, inner, missing, count = message.kinds, message.inner, set(message.required), 0
    while at < end:
        key, at = (data[at], at + 1) if data[at] < _TWO_BYTES else read_varint(data, at)
        number, kind = key >> 3, key & 7
        if kinds.get(number, kind) != kind or not 0 < number <= _LAST_NUMBER:
            raise _damage(message, f"field {number} has wire type {kind}")
        count += number == 1
        missing.discard(number)
        if kind == VARINT:
            at = _after_number(data, at, message.names.get(number, ""))
            continue
        if kind == BYTES and at < end:
            size, at = (data[at], at + 1) if data[at] < _TWO_BYTES else read_varint(data, at)
        else:
            size = _width(message, kind)
        if at + size > end:
            raise _damage(message, "cut off within a field")
        if number in inner:
            _read(data, at, at + size, inner[number])
        at += size
    if at > end or missing:
        raise _damage(message, f"field {min(missing)} is missing" if missing else "cut off within a number")
    return count


def _after_number(data: bytes, at: int, name: str) -> int:
    value, after = read_varint(data, at)
    if value > _LAST_TIME and name == "Time":
        raise _damage(_LOG, f"Time is {value}, which is no 32-bit number of Unix seconds")
    return after


def _width(message: Message, kind: int) -> int:
    if kind not in _WIDTHS:
        raise _damage(message, "cut off" if kind == BYTES else f"wire type {kind}")
    return _WIDTHS[kind]


def _damage(message: Message, why: str) -> ValueError:
    return ValueError(f"{message.name}: {why}")
