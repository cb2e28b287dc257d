"""Draw values that fit a `Value` of a contract: as JSON, and as text in a path, a query or a header.

The functions take Hypothesis' ``draw``: a value may depend on the request (`Context`), which is drawn before.
"""

from __future__ import annotations

import base64
import json
import re
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st

from sls_contract.checks.meanings import UNITS
from sls_contract.scenarios.log_messages import LOGS, SOURCE, TAGS, TOPIC, log, message, pair

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.spec.contract import Value

Draw: TypeAlias = "st.DrawFn"

SIMPLE = string.ascii_lowercase + string.digits + "-_"
AWKWARD = " %+/?#&=:;,'\"<>\\~.@数据消费é\U0001f600"
"""Characters that no page forbids in a name, and that clients forget to encode."""

_SOME_TIME = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)  # the example of the GetCheckPoint page
_RANGE = timedelta(days=3000)
_LONGEST_NAME = 20
_LONGEST_LIST = 4
_LARGEST_INTEGER = 2**31 - 1  # where the contract has no bound
_LARGEST_CURSOR = 2**63 - 1
_OLDEST = 200 * 86400  # seconds before the message: the oldest time in a response


@dataclass(frozen=True, slots=True)
class Context:
    """The time and the request that the values of a message may depend on.

    Attributes:
        at: when the message is sent.
        sent: the values of the request, as text, by the names of `Value.filtered_by` (``query.shard``).
        names: the characters of free texts.
        shortest: the least length of a free text.

    """

    at: datetime
    sent: Mapping[str, str] = field(default_factory=dict)
    names: str = SIMPLE + AWKWARD
    shortest: int = 0


def times() -> st.SearchStrategy[datetime]:
    """Moments since 2018, in whole seconds, timezone-aware."""
    return st.integers(0, int(_RANGE.total_seconds())).map(lambda seconds: _SOME_TIME + timedelta(seconds=seconds))


def cursors() -> st.SearchStrategy[str]:
    """Cursors as the service writes them: base64 of a decimal number."""
    return st.integers(0, _LARGEST_CURSOR).map(cursor)


def cursor(number: int) -> str:
    """Return the cursor of a position."""
    return base64.b64encode(b"%d" % number).decode("ascii")


FORMS: Mapping[str, st.SearchStrategy[str]] = MappingProxyType({"base64-cursor": cursors()})
"""Texts of a form, by its name; generated texts of other forms are unrestricted."""


def draw_json(draw: Draw, value: Value, context: Context) -> Any:
    """Draw a JSON value that fits; where the contract leaves the type open, a text or a small number."""
    if value.filtered_by in context.sent:
        return parse_text(value, context.sent[value.filtered_by])
    if value.nullable and draw(st.sampled_from([False, False, False, True])):
        return None
    if value.values:
        return parse_text(value, draw(st.sampled_from(value.values)))
    return _DRAWN[value.type or "any"](draw, value, context)


def draw_text(draw: Draw, value: Value, context: Context) -> str:
    """Draw a value that fits as text for a path, a query or a header, not percent-encoded."""
    return draw(st.sampled_from(value.values)) if value.values else wire_text(draw_json(draw, value, context))


def wire_text(value: Any) -> str:
    """Return a JSON value as text for a path, a query or a header."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def parse_text(value: Value, text: str) -> Any:
    """Convert a text to a JSON value of the type; return the text where that fails."""
    if value.type in ("integer", "number", "boolean"):
        try:
            return json.loads(text.lower())
        except ValueError:
            return text
    return text


def _draw_integer(draw: Draw, value: Value, context: Context) -> int:
    if value.unit in UNITS:
        return _draw_time(draw, value, context)
    least = 0 if value.minimum is None else value.minimum
    most = max(least, _LARGEST_INTEGER) if value.maximum is None else value.maximum
    small = st.integers(least, min(most, least + 9))  # like most real ids and counts
    return draw(st.one_of(small, st.integers(min(least, most), most)))


def _draw_time(draw: Draw, value: Value, context: Context) -> int:
    """Draw a time shortly before the message; or 0, which means never, where the contract allows it."""
    unit = UNITS[value.unit]
    if value.minimum == 0 and draw(st.booleans()):
        return 0
    return int(context.at.timestamp()) * unit - draw(st.integers(0, _OLDEST * unit))


def _draw_number(draw: Draw, value: Value, _: Context) -> float:
    return draw(st.floats(value.minimum or 0, value.maximum or _LARGEST_INTEGER, allow_nan=False))


def _draw_string(draw: Draw, value: Value, context: Context) -> str:
    if value.says.endswith('or ""') and draw(st.booleans()):  # such as the checkpoint of a fresh shard
        return ""
    if value.form in FORMS:
        return draw(FORMS[value.form])
    if value.pattern:
        return draw(_matching(value.pattern))
    return draw(_free(context.names, max(context.shortest, value.minimum or 0), value.maximum or 0))


@cache  # creating a strategy takes milliseconds
def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)


@cache
def _free(characters: str, shortest: int, longest: int) -> st.SearchStrategy[str]:
    most = min(longest or _LONGEST_NAME, max(shortest, _LONGEST_NAME))
    return st.text(st.sampled_from(characters), min_size=shortest, max_size=most)


def _draw_object(draw: Draw, value: Value, context: Context) -> dict[str, Any]:
    chosen = {name for name, member in value.members.items() if member.required is not None or draw(st.booleans())}
    if value.some_of and not chosen.intersection(value.some_of):
        chosen.add(draw(st.sampled_from(value.some_of)))
    return {name: draw_json(draw, member, context) for name, member in value.members.items() if name in chosen}


def _draw_array(draw: Draw, value: Value, context: Context) -> list[Any]:
    if value.items is None:
        return []
    key = value.items.members.get(value.unique_by)
    alone = key is not None and key.filtered_by in context.sent  # matching elements have the same key
    elements, longest = json_values(value.items, context), 1 if alone else _LONGEST_LIST
    if not (value.unique or value.unique_by):
        return draw(st.lists(elements, max_size=longest))

    def key_of(element: Any) -> str:
        return json.dumps(element.get(value.unique_by) if value.unique_by else element)

    return draw(st.lists(elements, max_size=longest, unique_by=key_of))


@st.composite
def json_values(draw: Draw, value: Value, context: Context) -> Any:
    """JSON values that fit."""
    return draw_json(draw, value, context)


def _draw_any(draw: Draw, _: Value, context: Context) -> Any:
    return draw(st.one_of(_free(context.names, 1, 0), st.integers(0, 9)))


_DRAWN: Mapping[str, Callable[[Draw, Value, Context], Any]] = {
    "string": _draw_string,
    "integer": _draw_integer,
    "number": _draw_number,
    "boolean": lambda draw, _value, _scene: draw(st.booleans()),
    "object": _draw_object,
    "array": _draw_array,
    "any": _draw_any,
}


LOG_GROUP, LOG_GROUP_LIST = "LogGroup", "LogGroupList"

_MOST = 3
_KEYS = ("a", "level", "__topic__", "数据", "é\U0001f600", 'a "b"', "%+/", "k" * 99)
_TEXTS = st.sampled_from(("", *_KEYS, "\n", "0", "{}", "v" * 999))  # sampling costs Hypothesis one choice for each text
_PAIRS = st.tuples(st.sampled_from(_KEYS), _TEXTS)


@st.composite
def log_groups(draw: st.DrawFn, at: datetime) -> bytes:
    """Return encoded ``LogGroup`` messages of one to three logs, each at most a minute old."""
    count = draw(st.integers(1, _MOST))
    group = b"".join(message(LOGS, draw(_logs(at))) for _ in range(count))
    for number in (TOPIC, SOURCE):
        if draw(st.booleans()):
            group += message(number, draw(_TEXTS).encode())
    return group + b"".join(message(TAGS, pair(*each)) for each in draw(st.lists(_PAIRS, max_size=2)))


def log_group_lists(at: datetime) -> st.SearchStrategy[list[bytes]]:
    """Return lists of encoded log groups, also empty ones; `encoded_list` encodes one as a ``LogGroupList``."""
    return st.lists(log_groups(at), max_size=_MOST)


@st.composite
def _logs(draw: st.DrawFn, at: datetime) -> bytes:
    return log(int(at.timestamp()) - draw(st.integers(0, 60)), draw(st.lists(_PAIRS, max_size=_MOST)))
