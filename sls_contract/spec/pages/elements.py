"""Derives the members of a body from its tables and its examples, and compares these."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sls_contract.spec.claims import DESCRIBED_ELSEWHERE, USER_KEY, WITHOUT_DEPTH, Parameter
from sls_contract.spec.pages import prose
from sls_contract.spec.pages.bodies import is_binary, members_of, place_of, proof_of, readings, shape_of, type_of
from sls_contract.spec.pages.columns import is_misspelt_type, json_type, json_type_near
from sls_contract.spec.pages.lenient_json import PLACEHOLDER, Unreadable, Wrapped, read_json
from sls_contract.spec.pages.parents import arrays_by_line, parents_by_table, with_each_owner, without_body
from sls_contract.spec.pages.routes import Names, letters
from sls_contract.spec.pages.table_columns import structures_in
from sls_contract.spec.pages.user_keys import is_keyed, is_map, map_members, with_merged_values, without_user_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.claims import Body, Page
    from sls_contract.spec.pages.blocks import Text
    from sls_contract.spec.pages.messages import Message
    from sls_contract.spec.pages.tables import Row

SYNTAX = "request syntax"
"""The side of a body printed with the request syntax; there, placeholders are not slips."""

_NAME = re.compile(r"[A-Za-z_][\w.$-]*")
_SAMPLE_NAME = re.compile(r"(?:key|tag|field|foo|bar|name|value|label|k|v|test)_?\d+|test|foo|bar|baz", re.IGNORECASE)
"""Names that examples use for keys that users choose."""
_OUTER = (
    (re.compile(r"\s*\{\s*[\"'“]?[\w.-]+[\"'”]?\s*[:：]"), "object"),
    (re.compile(r"\s*\["), "array"),
)
"""The beginning of a body, which shows its shape even if the rest is unreadable."""
_OF_OBJECTS = re.compile(r"(?:(?:array|list)\s*(?:of\s+|<\s*))?(?:json|(?:json )?objects?)\s*>?", re.IGNORECASE)
_OF_STRUCTURE = re.compile(r"(?:object|array|list)\s*(?:<|of\s).*", re.IGNORECASE)
_MAX_SHOWN = 80
_NUMBERS = {"integer", "number"}
_COMPATIBLE = {("integer", "number"), ("number", "integer")}  # types in table and example that agree


class _Members:
    """The members of the bodies that a page prints, by their letters, and the rows that describe members.

    ``parents`` are the members that whole tables of ``rows`` belong to.
    """

    def __init__(self, values: Sequence[Any], rows: Sequence[Row]) -> None:
        self.rows, self.parents = rows, parents_by_table(rows, values)
        self._described = {letters(row.name) for row in rows}
        self.all = [each for value in values for each in members_of(value)]
        self.exact = {name for _, name, _ in self.all}
        self.names = Names(self.exact)
        self._by_letters: dict[str, list[tuple[str | None, str, Any]]] = {}
        for each in self.all:
            self._by_letters.setdefault(letters(each[1]), []).append(each)
        self._types: dict[tuple[str | None, str], set[str]] = {}
        for above, name, value in self.all:
            self._types.setdefault((above, name), set()).update(filter(None, [type_of(value)]))

    def types_of(self, parent: str | None, name: str) -> list[str]:
        """Return the types of a member's values, without that of whole numbers beside others."""
        types = self._types.get((parent, name), set())
        return sorted(types - {"integer"} if types >= _NUMBERS else types)

    def same(self, name: str) -> list[tuple[str | None, str, Any]]:
        """Return the members whose name is equal except for case and separators."""
        return [*self._by_letters.get(letters(name), ())]

    def misspelt(self, name: str) -> str | None:
        """Return the only member that is similar to a name and that no row describes; None if there is none."""
        near = self.names.misspelt(name)
        return near if near and letters(near) not in self._described else None


@dataclass(slots=True)
class _Shown:
    """The bodies that a page prints: their values and shapes, and names that it prints around a proven array."""

    values: list[Any] = field(default_factory=list)
    shapes: list[str | None] = field(default_factory=list)
    around: set[str] = field(default_factory=set)


def stated_shape(page: Page, body: Body, side: str, texts: Iterable[Text]) -> None:
    """Use the shape that a sentence states for a body that nothing shows; record a body that is only mentioned."""
    found = [(text.line, *prose.body_in(text.text, side)) for text in texts] if body.shape is None else []
    if mentioned := next((each for each in found if each[1]), None) or next((each for each in found if each[2]), None):
        line, body.shape, sentence = mentioned
        page.add_line(place_of(side), line)
        if body.shape is None and not body.members:
            page.problem(line, "spelling", f"{side} body", sentence[:_MAX_SHOWN])


def body_claims(page: Page, body: Body, side: str, printed: Sequence[Message], rows: Sequence[Row]) -> None:
    """Add the claims about a body from the messages that print it and the rows that describe it."""
    shown = _Shown()
    for message in printed:
        if message.body is not None:
            _show(page, body, side, message, shown)
    exact = {name for value in shown.values for _, name, _ in members_of(value)}
    rows = with_each_owner(without_user_keys(page, side, without_body(rows, exact)))
    body.shape = next((shape for shape in shown.shapes if shape), None)
    shown.values = with_merged_values(page, side, shown.values, rows)
    nameless = [row for row in rows if not row.name and json_type(row.type) in {"array", "object"}]
    if body.shape is None and nameless and not any(message.body for message in printed):
        body.shape = json_type(nameless[0].type)
    named = [row for row in rows if row.name and row.name not in shown.around]
    found = _Members(shown.values, named)
    elements = _elements(page, side, rows, found)
    for row in named:
        if row.name in found.parents.values() and is_keyed(row):
            page.problem(row.line, "body-key", f"{place_of(side)} {row.name}", USER_KEY)
        parent = (found.parents.get(row.table) or elements.get(row.line)) if row.parent == "" else row.parent
        _row_claim(page, body, side, row, parent, found)
    _shown_claims(page, body, side, shown.values, found, named, map_members(rows))


def report_missing_bodies(page: Page, side: str, messages: Iterable[Message]) -> None:
    """Record messages whose Content-Length counts a body that is not printed."""
    for message in messages:
        length = message.header("content-length") or ""
        if message.body is None and length.isdecimal() and length.strip("0"):
            page.problem(message.line, "digest", f"{side} body", f"content-length: {length}, and no body")


def _elements(page: Page, side: str, rows: Sequence[Row], found: _Members) -> dict[int, str]:
    """Return the arrays whose elements have the rows below them, by line; record each place that is not sure."""
    arrays, unsure = arrays_by_line(rows)
    elements = {line: array for line, array in arrays.items() if not found.same(array)}
    for array, row in _beside_elements(elements, found):
        says = f"{array.type}, and {row.name} in it or beside it, {WITHOUT_DEPTH}"
        page.problem(array.line, "body-key", f"{side} {array.name}", says)
    for row in (*(row for row in unsure if not found.same(row.name)), *_without_depth(rows, found)):
        page.problem(row.line, "body-key", f"{side} {row.name}", f"{row.type} {WITHOUT_DEPTH}")
    for row in _described_elsewhere(rows, found):
        where = " ".join(filter(None, (side, row.name)))
        page.problem(row.line, "element-type", where, f"{row.type} {DESCRIBED_ELSEWHERE}")
    return elements


def _without_depth(rows: Sequence[Row], found: _Members) -> Iterator[Row]:
    """Yield the rows of objects, or arrays of them, whose members can be the rows below or rows elsewhere.

    So can the members of a map's values, if a row without a name describes these values.
    """
    maps = {above.line for above, row in pairwise(rows) if not row.name and json_type(row.type) == "object"}
    nested = {row.table for row in found.rows if row.parent}
    described = set(found.parents.values())
    above_elements = {above.line for above, row in pairwise(rows) if not row.name and json_type(above.type) == "array"}
    for row, below in pairwise(found.rows):
        apart = below.table != row.table or row.name in described
        is_shown = found.same(row.name) or found.same(below.name)
        placed = is_shown or row.table in nested or row.line in above_elements or apart
        keyed = row.line in maps and is_map(row)
        if (keyed or _OF_OBJECTS.fullmatch(row.type.strip())) and not placed:
            yield row


def _beside_elements(elements: Mapping[int, str], found: _Members) -> Iterator[tuple[Row, Row]]:
    """Yield each array with the first row that can be in its elements or beside it: the second of their members."""
    for array, *below in zip(found.rows, found.rows[1:], found.rows[2:], strict=False):
        inside = [elements.get(row.line) == array.name and not found.same(row.name) for row in below]
        if all(inside) and elements.get(array.line) != array.name:
            yield array, below[1]


def _described_elsewhere(rows: Sequence[Row], found: _Members) -> Iterator[Row]:
    """Yield the rows whose type is a structure of which neither another row nor an example shows a member."""
    shown = {*found.parents.values(), *(row.parent for row in rows), *(above for above, _, _ in found.all)}
    name = ""
    for row in rows:
        name = row.name or name
        is_element = not row.name and json_type(row.type) is None and json_type_near(row.type) is None
        is_structure = _OF_STRUCTURE.fullmatch(row.type.strip()) or is_element
        if is_structure and structures_in(row.type) and name not in shown:
            yield row


def _show(page: Page, body: Body, side: str, message: Message, shown: _Shown) -> None:
    """Read a printed body; the shape of a proven body takes precedence."""
    assert message.body is not None  # the caller checked it
    page.add_line(place_of(side), message.line)
    if is_binary(message):
        shown.shapes.append("binary")
        return
    read = _read(page, side, message)
    proven, value, mismatch = proof_of(message, message.body)
    if mismatch:
        page.problem(message.line, "digest", f"{side} body", mismatch)
    if proven:
        body.digest = "md5" if "md5" in {body.digest, proven} else proven
        shown.shapes.insert(0, shape_of(value))
        _unwrap(page, side, message, read, value, shown)
    elif read is None:
        shown.shapes.append(next((shape for start, shape in _OUTER if start.match(message.body)), None))
    else:
        shown.shapes.append(shape_of(read))
        value = readings(message.body)[0][0]
    if value is not None:
        shown.values.append(value)


def _unwrap(page: Page, side: str, message: Message, read: Any, proven: Any, shown: _Shown) -> None:
    """Record the name that a page prints around an array that is proven to be the whole body."""
    if isinstance(read, dict) and not isinstance(read, Wrapped) and isinstance(proven, list):
        shown.around |= set(read)
        page.problem(message.line, "body-key", f"{side} body", f"{next(iter(read))} around the array")


def _read(page: Page, side: str, message: Message) -> Any:
    """Read a printed body; record its slips, or the place where it is unreadable, as problems."""
    try:
        value, slips = read_json(message.body or "")
    except Unreadable as error:
        page.problem(message.line, "example-not-json", f"{side} body", str(error))
        return None
    if isinstance(value, str):
        page.problem(message.line, "example-not-json", f"{side} body", "JSON in a string")
    elif not isinstance(value, dict | list):
        page.problem(message.line, "example-not-json", f"{side} body", "neither an object nor an array")
    for slip in slips:
        if side != SYNTAX or slip != "unquoted placeholder":
            page.problem(message.line, "example-not-json", f"{side} body", slip)
    return value


def _row_claim(page: Page, body: Body, side: str, row: Row, parent: str | None, shown: _Members) -> None:
    kind = json_type(row.type)
    if kind is None or is_misspelt_type(row.type):
        page.problem(row.line, "element-type", f"{side} {row.name}", row.type)
        kind = kind or json_type_near(row.type)
    if row.unread:
        page.problem(row.line, "spelling", f"{side} {row.name} required", row.unread)
    if not _NAME.fullmatch(row.name) and row.name not in shown.exact:
        page.problem(row.line, "spelling", f"{side} element", row.name)
        return
    name, value, parent = _as_shown(row.name, parent, shown, body.members)
    if value is PLACEHOLDER and (correct := shown.misspelt(name)):
        name, value, parent = _as_shown(correct, parent, shown, body.members)
    if name != row.name:
        page.problem(row.line, "body-key", f"{side} {name}", row.name)
    kind, is_shown = _member_type(page, f"{side} {name}", row, kind, shown.types_of(parent, name) or [type_of(value)])
    above = body.members.get((parent, name))
    required = _required(page, f"{side} {name} required", row, above)
    if above and above.type != kind and "table" in above.origins:
        page.problem(row.line, "element-type", f"{side} {name}", "rows of this name differ")
        kind = None
    origins = {"table", "example"} if is_shown else {"table"}
    member = Parameter(kind, required, origins=origins, parent=parent)
    if side != "response":  # a response can contain values that earlier limits allowed
        member.minimum, member.maximum = prose.limits(row.description, member.type)
        member.default = prose.default(row.description, member.type)
    body.members[parent, name] = member
    page.add_line(f"{place_of(side)} member {'.'.join(filter(None, (parent, name)))}", row.line)


def _member_type(
    page: Page, where: str, row: Row, kind: str | None, shown: Sequence[str | None]
) -> tuple[str | None, bool]:
    """Return the type of a member, which the examples decide, and whether they show it; none if they show several."""
    types = [each for each in shown if each]
    if not types or (kind, *types) == ("number", "integer"):  # a number can be a whole one
        return kind, bool(types)
    if kind and types != [kind]:
        page.problem(row.line, "element-type", where, f"{row.type}, and {' and '.join(types)} in the example")
    return (types[0] if len(types) == 1 else None), True


def _required(page: Page, where: str, row: Row, above: Parameter | None) -> bool | None:
    """Return whether a row says that its member is required; None if a row above with its name says otherwise."""
    if above and None not in {above.required, row.required} and above.required != row.required:  # of another object
        page.problem(row.line, "body-key", where, "rows of this name differ")
        return None
    return row.required


def _as_shown(
    name: str, parent: str | None, shown: _Members, described: Collection[tuple[str | None, str]]
) -> tuple[str, Any, str | None]:
    """Return a member's name, value and parent as the examples print them.

    The value is PLACEHOLDER if they do not show it. A member of the body itself can be at a deeper place in the
    examples, the first that is not described yet.
    """
    found = shown.same(name)
    found.sort(key=lambda each: (parent is None and each[:2] in described, each[0] != parent, each[1] != name))
    if not found or (parent is not None and found[0][0] is None):
        return name, PLACEHOLDER, parent
    above, spelled, value = found[0]
    return spelled, value, above if parent is None else parent


def _shown_claims(
    page: Page,
    body: Body,
    side: str,
    shown: Sequence[Any],
    members: _Members,
    rows: Sequence[Row],
    maps: set[str | None],
) -> None:
    """Add members that only the examples show; a single unmatched row and a single unmatched key are one member.

    An undescribed name is a key that users choose if the members of its value are described as members of its parent,
    or if all of them are described.
    """
    unshown = [row for row in rows if not members.same(row.name)]
    claimed: dict[str, set[str | None]] = {}
    for above, name in body.members:
        claimed.setdefault(name, set()).add(above)
    extra = [each for each in members.all if not _is_claimed(claimed, each[0], each[1])]
    extra = list({(parent, name): (parent, name, value) for parent, name, value in extra}.values())
    inside = {"", extra[0][0]} if extra else set()
    one = len(unshown) == len(extra) == 1 and any(name == unshown[0].name for _, name in body.members)
    if one and unshown[0].parent in inside and _may_be(unshown[0], extra[0][2]):  # an unreadable row has no member
        _rename(page, body, side, unshown[0], extra[0])
        return
    described = {name for _, name in body.members}
    free = _free_keys(shown, described, _beside_any_content(rows, members))
    parents = {row.parent for row in rows}
    keys: dict[str | None, list[str]] = {}  # that users choose, by member; empty for one with described members
    for parent, name, value in extra:
        sample = _SAMPLE_NAME.fullmatch(name) and (rows or (side == SYNTAX and body.members))
        inner = set(value) if isinstance(value, dict) and parent is not None else set()
        below = any((parent, each) in body.members for each in inner)
        key = rows and name not in parents | described and (below or (inner and inner <= described))
        if parent in maps or sample or (key and (below or parent not in free)):
            keys.setdefault(parent, []).append("" if key and below else name)
        if sample or key or parent in maps or parent in free or (rows and name in free):
            free.add(name)
        elif not rows or parent is None or parent in claimed:
            claimed.setdefault(name, set()).add(parent)
            types = members.types_of(parent, name)
            if len(types) > 1:
                page.problem(min(page.lines[place_of(side)]), "element-type", f"{side} {name}", " and ".join(types))
            kind = types[0] if len(types) == 1 else None
            body.members[parent, name] = Parameter(kind, None, origins={"example"}, parent=parent)
    _report_keys(page, side, rows, keys)


def _report_keys(page: Page, side: str, rows: Sequence[Row], keys: Mapping[str | None, Sequence[str]]) -> None:
    """Record keys that users choose at the rows of the members that have them, or where the body is printed."""
    lines = {row.name: row.line for row in reversed(rows)}
    for parent, names in keys.items():
        line = lines.get(parent or "", rows[0].line if rows else min(page.lines[place_of(side)]))
        where = " ".join(filter(None, (place_of(side), parent)))
        if "" in names:
            page.problem(line, "body-key", where, USER_KEY)
        if alone := ", ".join(filter(None, names)):
            page.problem(line, "body-key", where, f"{USER_KEY}: {alone}"[:_MAX_SHOWN])


def _beside_any_content(rows: Sequence[Row], members: _Members) -> set[str]:
    """Return the names in the tables with a row for arbitrary content, whose name is none and not in a body."""
    tables = {row.table for row in rows if not (_NAME.fullmatch(row.name) or row.name in members.exact)}
    return {row.name for row in rows if row.table in tables}


def _free_keys(shown: Sequence[Any], described: set[str], beside: set[str]) -> set[str]:
    """Return the user-chosen keys: those that no row describes in the objects with a member in ``beside``."""
    objects = (each for value in shown for each in _dicts(value) if beside & set(each))
    return {key for each in objects for key in each} - described


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each
            for inner in each.values():
                yield from _dicts(inner)


def _is_claimed(claimed: Mapping[str, set[str | None]], parent: str | None, name: str) -> bool:
    return any(above == parent or above is not None for above in claimed.get(name, ()))


def _may_be(row: Row, value: Any) -> bool:
    kind, found = json_type(row.type), type_of(value)
    return kind is None or found is None or kind == found or (kind, found) in _COMPATIBLE


def _rename(page: Page, body: Body, side: str, row: Row, shown: tuple[str | None, str, Any]) -> None:
    parent, name, value = shown
    page.problem(row.line, "body-key", f"{side} {name}", row.name)
    body.members = {((parent, name) if key[1] == row.name else key): member for key, member in body.members.items()}
    member = body.members[parent, name]
    member.type, member.parent = type_of(value) or member.type, parent
