"""The ways to break a message of a contract: each breaks one rule and leaves the rest correct."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

from hypothesis import strategies as st

from sls_contract.checks.meanings import UNITS
from sls_contract.scenarios.strategies.values import Context, Draw, draw_json, parse_text, wire_text
from sls_contract.spec.clauses import CLAUSES
from sls_contract.spec.finding import Level, weakest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sls_contract.spec.contract import Value

Step: TypeAlias = "str | None"
"""A step from a JSON value into it: the name of a member, or None for an element."""

_WRONG_TYPES: Mapping[str, tuple[Any, ...]] = {
    "string": (1, None, True, [], {}),
    "integer": ("1", None, 1.5, True, []),
    "number": ("1", None, True, []),
    "boolean": ("yes", None, 0, []),
    "object": ([], None, "", 1),
    "array": ({}, None, "", 1),
}
_WRONG_TEXTS: Mapping[str, tuple[str, ...]] = {"integer": ("abc", "1.5"), "number": ("abc",), "boolean": ("maybe",)}
_WRONG_FORMS: Mapping[str, tuple[str, ...]] = {"base64-cursor": ("not base64!", "MTUyNDE1NTM3O")}
_UNMATCHED = ("no-such-value", "!", "", " ", "数据", "A" * 300)
UNKNOWN = "noSuchMember"
ANY_TIME = datetime(2018, 5, 4, tzinfo=UTC)


class Breach(NamedTuple):
    """The rule that a message breaks.

    Attributes:
        kind: the kind of breach, as in `Value.codes` where it has one (``missing``, ``type``, ``value``,
            ``alias``, ``unknown``, ``repeated``, ``unique``, ``filter``, ``unit``, ``form``), else ``syntax``,
            ``unwanted``, ``count``, ``coding``, ``length``, ``content-type``, ``status``, ``error-code``,
            ``error-status`` or ``signature``.
        where: as in `Finding.where`: ``query shard``, ``header x-log-count``, ``/0/updateTime``, ``body``, ``status``.
        level: the severity in the contract.

    """

    kind: str
    where: str
    level: Level


class Documented(Protocol):
    """A message in parts whose body is a JSON document."""

    at: datetime
    document: Any


@dataclass(frozen=True, slots=True)
class Way:
    """One way to break a message in parts.

    Attributes:
        breach: the rule that breaks; ``where`` has ``*`` for the index of a list element.
        change: breaks the parts, and returns the exact place; None where it is ``breach.where``.

    """

    breach: Breach
    change: Callable[[Draw, Any], str | None]

    def apply(self, draw: Draw, parts: Any) -> Breach:
        """Break the parts, and return the breach with its exact place."""
        where = self.change(draw, parts)
        return self.breach if where is None else self.breach._replace(where=where)


def level_of(value: Value, kind: str, generic: str | None = None) -> Level:
    """Return the severity of a kind of breach: that of the value or of the kind's own clause, whichever is less.

    ``generic`` is the code of the clause for all operations, needed where that clause is not a violation.
    """
    code = value.codes.get(kind, generic)
    level = weakest(value.level, value.bounds or value.level) if kind == "value" else value.level
    return level if code is None else weakest(level, CLAUSES[code].level)


def wrong_values(value: Value, at: datetime) -> Iterator[tuple[str, list[Any]]]:
    """Yield kinds of breach with JSON values that have it, the simplest first; an empty list where none can."""
    if value.type is not None:
        yield "type", [each for each in _WRONG_TYPES[value.type] if each is not None or not value.nullable]
    yield "value", [parse_text(value, text) for text in _invalid_texts(value)] + _out_of_bounds(value)
    yield "form", list(_WRONG_FORMS.get(value.form, ()))
    if value.unit in UNITS:
        seconds = int(at.timestamp())
        yield "unit", [seconds * count for unit, count in UNITS.items() if unit != value.unit]


def wrong_texts(value: Value, at: datetime) -> Iterator[tuple[str, list[str]]]:
    """Yield kinds of breach with texts for a path, a query or a header that have it."""
    for kind, values in wrong_values(value, at):
        if kind != "type":
            yield kind, [wire_text(each) for each in values]
        elif not value.values:
            yield kind, list(_WRONG_TEXTS.get(value.type or "", ()))


def text_ways(place: str, name: str, value: Value, put: Callable[[Any, str, str], None]) -> Iterator[Way]:
    """Yield the ways in which a text of a path, a query or a header can be wrong; ``put`` sets it in the parts."""
    for kind, texts in wrong_texts(value, ANY_TIME):
        if texts:
            yield Way(Breach(kind, f"{place} {name}", level_of(value, kind)), _rewritten(name, value, kind, put))


def _rewritten(
    name: str, value: Value, kind: str, put: Callable[[Any, str, str], None]
) -> Callable[[Draw, Documented], None]:
    def change(draw: Draw, parts: Documented) -> None:
        put(parts, name, draw(st.sampled_from(dict(wrong_texts(value, parts.at))[kind])))

    return change


def set_header(parts: Any, name: str, text: str) -> None:
    """Set a header of a request or of a response in parts."""
    parts.headers[name] = text


def json_ways(root: Value, sent: Mapping[str, str]) -> Iterator[Way]:
    """Yield the ways to break a JSON document, at every place of its contract; ``sent`` as in `response_ways`."""
    for path, value in _places(root):
        where = "".join(f"/{'*' if step is None else step}" for step in path) or "body"
        for kind, level, change in _changes(value, path, sent):
            yield Way(Breach(kind, where, level), _at_place(root, path, sent, change))
        if value.unique:
            yield Way(
                Breach("unique", f"{where.removeprefix('body')}/*", level_of(value, "unique")),
                _at_place(root, (*path, None), sent, _doubled()),
            )
        if value.unique_by:
            doubled = _at_place(root, (*path, None), sent, _doubled(value.unique_by))
            yield Way(
                Breach("unique", f"{where.removeprefix('body')}/*/{value.unique_by}", level_of(value, "unique")),
                doubled,
            )


def _places(value: Value, path: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Value]]:
    yield path, value
    for name, member in value.members.items():
        yield from _places(member, (*path, name))
    if value.items is not None:
        yield from _places(value.items, (*path, None))


class Node(NamedTuple):
    """A place in a document: ``holder[key]`` is the value there."""

    holder: Any
    key: Any
    pointer: str
    at: datetime


_Change: TypeAlias = "Callable[[Draw, Node], str]"
"""Breaks the value at a node, and returns the pointer to the breach."""


def _changes(value: Value, path: tuple[Step, ...], sent: Mapping[str, str]) -> Iterator[tuple[str, Level, _Change]]:
    is_member = bool(path) and path[-1] is not None
    if is_member and value.required is not None:
        yield "missing", value.required, _remove
    if is_member and value.aliases:
        yield "alias", level_of(value, "alias"), _renamed(value.aliases)
    for kind, wrong in wrong_values(value, ANY_TIME):
        if wrong:
            yield kind, level_of(value, kind), _replaced(value, kind)
    if value.members and value.others is not None:
        yield "unknown", value.others, _extended
    if value.some_of:
        yield "missing", level_of(value, "missing"), _without(value.some_of)
    if value.filtered_by in sent:
        yield "filter", level_of(value, "filter"), _unfiltered


def _at_place(
    root: Value, path: tuple[Step, ...], sent: Mapping[str, str], change: _Change
) -> Callable[[Draw, Documented], str]:
    def changed(draw: Draw, parts: Documented) -> str:
        box = [parts.document]
        node = _reach(draw, box, root, path, Context(parts.at, sent, shortest=1))
        pointer = change(draw, node)
        parts.document = box[0]
        return pointer or "body"

    return changed


def _reach(draw: Draw, box: list[Any], value: Value, path: tuple[Step, ...], context: Context) -> Node:
    """Return the node at a path; missing values on the way are drawn."""
    node = Node(box, 0, "", context.at)
    _fill(draw, node, value, context)
    for step in path:
        inner = node.holder[node.key]
        key: Any = step
        if step is None:
            assert value.items is not None
            value = value.items
            inner += [] if inner else [draw_json(draw, value, context)]
            key = draw(st.integers(0, len(inner) - 1))
        else:
            value = value.members[step]
        node = Node(inner, key, f"{node.pointer}/{key}", context.at)
        _fill(draw, node, value, context)
    return node


def _fill(draw: Draw, node: Node, value: Value, context: Context) -> None:
    """Draw the value at a node where it is missing or null."""
    absent = isinstance(node.holder, dict) and node.key not in node.holder
    if absent or node.holder[node.key] is None:
        node.holder[node.key] = draw_json(draw, replace(value, nullable=False), context)


def _remove(_draw: Draw, node: Node) -> str:
    del node.holder[node.key]
    return node.pointer


def _without(names: tuple[str, ...]) -> _Change:
    def change(_draw: Draw, node: Node) -> str:
        node.holder[node.key] = {name: each for name, each in node.holder[node.key].items() if name not in names}
        return node.pointer

    return change


def _renamed(aliases: tuple[str, ...]) -> _Change:
    def change(draw: Draw, node: Node) -> str:
        node.holder[draw(st.sampled_from(aliases))] = node.holder.pop(node.key)
        return node.pointer

    return change


def _replaced(value: Value, kind: str) -> _Change:
    def change(draw: Draw, node: Node) -> str:
        node.holder[node.key] = draw(st.sampled_from(dict(wrong_values(value, node.at))[kind]))
        return node.pointer

    return change


def _extended(_draw: Draw, node: Node) -> str:
    node.holder[node.key][UNKNOWN] = 1
    return f"{node.pointer}/{UNKNOWN}"


def _doubled(unique_by: str = "") -> _Change:
    def change(_draw: Draw, node: Node) -> str:
        node.holder.append(node.holder[node.key])
        place = f"{node.pointer.rpartition('/')[0]}/{len(node.holder) - 1}"
        return f"{place}/{unique_by}" if unique_by else place

    return change


def _unfiltered(_draw: Draw, node: Node) -> str:
    value = node.holder[node.key]
    node.holder[node.key] = value + 1 if isinstance(value, int) else f"{value}x"
    return node.pointer


def _invalid_texts(value: Value) -> list[str]:
    """Return texts that are not among the values, or do not match the pattern."""
    if value.values and value.type in ("integer", "number"):
        return [str(max(int(text) for text in value.values) + 1)]
    if value.values and value.type == "boolean":
        return [text for text in ("true", "false") if text not in {each.lower() for each in value.values}]
    if value.values:
        return [text for text in _UNMATCHED[:1] if text not in value.values]
    if value.pattern:
        return [text for text in _UNMATCHED if not re.fullmatch(value.pattern, text)]
    return []


def _out_of_bounds(value: Value) -> list[Any]:
    below = [] if value.minimum is None else [value.minimum - 1]
    outside = below if value.maximum is None else [*below, value.maximum + 1]
    return ["x" * size for size in outside if size > 0] if value.type == "string" else list(outside)
