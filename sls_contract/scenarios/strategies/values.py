"""Values that fit a `Value` of a contract: as JSON, and as text in a path, a query or a header.

Every function takes Hypothesis' ``draw``: what fits may depend on the request (`Scene`), which is drawn before it.
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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.spec.contract import Value

Draw: TypeAlias = "st.DrawFn"

SIMPLE = string.ascii_lowercase + string.digits + "-_"
AWKWARD = " %+/?#&=:;,'\"<>\\~.@数据消费é\U0001f600"
"""What no page forbids in a name, and what clients forget to encode."""

_SOME_TIME = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)  # of the GetCheckPoint page's example
_YEARS = timedelta(days=3000)
_LONGEST_NAME = 20
_LONGEST_LIST = 4
_LARGEST_INTEGER = 2**31 - 1  # of a value whose contract names no bound
_LARGEST_CURSOR = 2**63 - 1
_DEEP = 200 * 86400  # seconds; how long ago a time in an answer may be


@dataclass(frozen=True, slots=True)
class Scene:
    """What the values of a message may depend on.

    Attributes:
        at: when the message is sent.
        sent: what the request sent, as text, by the names that `Value.filtered_by` uses (``query.shard``).
        names: characters of free names.
        shortest: the fewest characters of a free text.

    """

    at: datetime
    sent: Mapping[str, str] = field(default_factory=dict)
    names: str = SIMPLE + AWKWARD
    shortest: int = 0


def times() -> st.SearchStrategy[datetime]:
    """Moments since 2018, whole seconds, aware."""
    return st.integers(0, int(_YEARS.total_seconds())).map(lambda seconds: _SOME_TIME + timedelta(seconds=seconds))


def cursors() -> st.SearchStrategy[str]:
    """Cursors as the service writes them: base64 of a decimal number."""
    return st.integers(0, _LARGEST_CURSOR).map(cursor)


def cursor(number: int) -> str:
    """Return the cursor of a position."""
    return base64.b64encode(b"%d" % number).decode("ascii")


FORMS: Mapping[str, st.SearchStrategy[str]] = MappingProxyType({"base64-cursor": cursors()})
"""By name of a form: texts that have it. A form that is not here restricts nothing that is generated."""


def draw_json(draw: Draw, value: Value, scene: Scene) -> Any:
    """Draw a JSON value that fits; what the contract leaves open stays simple."""
    if value.filtered_by in scene.sent:
        return typed(value, scene.sent[value.filtered_by])
    if value.nullable and draw(st.sampled_from([False, False, False, True])):
        return None
    if value.values:
        return typed(value, draw(st.sampled_from(value.values)))
    return _DRAWN[value.type or "any"](draw, value, scene)


def draw_text(draw: Draw, value: Value, scene: Scene) -> str:
    """Draw what fits as it is spelt in a path, a query or a header, before it is percent-encoded."""
    return draw(st.sampled_from(value.values)) if value.values else spelt(draw_json(draw, value, scene))


def spelt(value: Any) -> str:
    """Return a JSON value as it stands in a path, a query or a header."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def typed(value: Value, text: str) -> Any:
    """Return a text of the wire as the JSON value that it spells; as it is where it spells none of that type."""
    if value.type in ("integer", "number", "boolean"):
        try:
            return json.loads(text.lower())
        except ValueError:
            return text
    return text


def _draw_integer(draw: Draw, value: Value, scene: Scene) -> int:
    if value.unit in UNITS:
        return _draw_time(draw, value, scene)
    least = 0 if value.minimum is None else value.minimum
    most = max(least, _LARGEST_INTEGER) if value.maximum is None else value.maximum
    small = st.integers(least, min(most, least + 9))  # as real ids and counts mostly are
    return draw(st.one_of(small, st.integers(min(least, most), most)))


def _draw_time(draw: Draw, value: Value, scene: Scene) -> int:
    """Draw a time not long before the message; 0, which stands for never, where the contract allows it."""
    unit = UNITS[value.unit]
    if value.minimum == 0 and draw(st.booleans()):
        return 0
    return int(scene.at.timestamp()) * unit - draw(st.integers(0, _DEEP * unit))


def _draw_number(draw: Draw, value: Value, _: Scene) -> float:
    return draw(st.floats(value.minimum or 0, value.maximum or _LARGEST_INTEGER, allow_nan=False))


def _draw_string(draw: Draw, value: Value, scene: Scene) -> str:
    if value.says.endswith('or ""') and draw(st.booleans()):  # such as the checkpoint of a shard never consumed
        return ""
    if value.form in FORMS:
        return draw(FORMS[value.form])
    if value.pattern:
        return draw(_matching(value.pattern))
    return draw(_free(scene.names, max(scene.shortest, value.minimum or 0), value.maximum or 0))


@cache  # Hypothesis takes milliseconds to make one
def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)


@cache
def _free(characters: str, shortest: int, longest: int) -> st.SearchStrategy[str]:
    most = min(longest or _LONGEST_NAME, max(shortest, _LONGEST_NAME))
    return st.text(st.sampled_from(characters), min_size=shortest, max_size=most)


def _draw_object(draw: Draw, value: Value, scene: Scene) -> dict[str, Any]:
    chosen = {name for name, member in value.members.items() if member.required is not None or draw(st.booleans())}
    if value.some_of and not chosen.intersection(value.some_of):
        chosen.add(draw(st.sampled_from(value.some_of)))
    return {name: draw_json(draw, member, scene) for name, member in value.members.items() if name in chosen}


def _draw_array(draw: Draw, value: Value, scene: Scene) -> list[Any]:
    if value.items is None:
        return []
    same = value.items.members.get(value.unique_by)
    alone = same is not None and same.filtered_by in scene.sent  # all that fit the filter are the same
    unique = (lambda element: json.dumps(element.get(value.unique_by))) if value.unique_by else None
    elements = json_values(value.items, scene)
    return draw(st.lists(elements, max_size=1 if alone else _LONGEST_LIST, unique_by=unique))


@st.composite
def json_values(draw: Draw, value: Value, scene: Scene) -> Any:
    """JSON values that fit, as a strategy."""
    return draw_json(draw, value, scene)


def _draw_any(draw: Draw, _: Value, scene: Scene) -> Any:
    return draw(st.one_of(_free(scene.names, 1), st.integers(0, 9)))


_DRAWN: Mapping[str, Callable[[Draw, Value, Scene], Any]] = {
    "string": _draw_string,
    "integer": _draw_integer,
    "number": _draw_number,
    "boolean": lambda draw, _value, _scene: draw(st.booleans()),
    "object": _draw_object,
    "array": _draw_array,
    "any": _draw_any,
}
