"""Derives claims about the request: query, specific headers and body; assigns each parameter to its place."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from sls_contract.spec.claims import BODILESS, Parameter
from sls_contract.spec.export.common import common
from sls_contract.spec.pages import prose, routes
from sls_contract.spec.pages.bodies import is_binary, members_of
from sls_contract.spec.pages.columns import is_misspelt_type, json_type, simplified
from sls_contract.spec.pages.elements import SYNTAX, body_claims, report_missing_bodies, stated_shape
from sls_contract.spec.pages.lenient_json import Unreadable, read_json
from sls_contract.spec.pages.messages import TOKEN
from sls_contract.spec.pages.parents import elements_in_query, lines_of_body
from sls_contract.spec.pages.routes import Names
from sls_contract.spec.pages.sections import BODY, QUERY
from sls_contract.spec.pages.unprinted import report_unprinted, report_values

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.blocks import Text
    from sls_contract.spec.pages.messages import Message
    from sls_contract.spec.pages.parts import Parts
    from sls_contract.spec.pages.tables import Row

_PROJECT = re.compile(r"project(?:_?name)?|endpoint", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_][\w.$-]*")
_PREFIXED = re.compile(r"(?:path|query|headers?)\.", re.IGNORECASE)
"""The place of a parameter as the first part of its name."""
_HEADER_ITEM = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*)\s*[:：]\s*(.*)", re.DOTALL)
_OF_HTTP = frozenset({"connection", "content-length", "expect", "user-agent", "x-log-compresstype"})
"""Headers of any message or body, which are not specific to an operation, beside those in ``schemas/common.json``."""
_URL = re.compile(
    r"[-–—]|(?:in )?(?:the )?(?:ur[li]\s*)?(?:(?:request )?param(?:eter)?s?|(?:请求)?参数)?", re.IGNORECASE
)
"""A place that does not say more than that it is a parameter of the URL."""
_MIN_KEY = 4
_DISCRIMINATORS = frozenset({"type", "action", "mode"})
_BODY_ROW, _HOST_ROW = "body", "project"
"""The names of the body, and of the part of the host that can follow it, on pages of 2023 and later."""


@cache
def common_headers() -> frozenset[str]:
    """Return the headers that any request can have, in lower case."""
    return _OF_HTTP.union(common()["headers"]["properties"])


def request_claims(page: Page, parts: Parts) -> None:
    """Add the claims about the request: query, headers and body."""
    if page.host is None and any(_is_host(row) for row in parts.request_rows):
        page.host = "{project}.{endpoint}"
    _wire_query(page, parts)
    printed = _bodies(parts)
    report_missing_bodies(page, "request", parts.requests)
    members = _assign_rows(page, parts, _body_keys(printed), is_printed=bool(printed))
    for row in members if page.method in BODILESS and not printed else ():
        page.problem(row.line, "spelling", f"body {row.name}", f"{row.place or _BODY_ROW}, and {page.method} has none")
    _headers(page, parts)
    _body(page, printed, members)
    report_unprinted(page, parts)
    report_values(page, parts)
    if page.method and page.method not in BODILESS and not printed:
        stated_shape(page, page.body, "request", parts.items("syntax", "path-parameters", "request-headers", "request"))


def _assign_rows(page: Page, parts: Parts, keys: Collection[str], *, is_printed: bool) -> list[Row]:
    """Add the claims of rows about path, query and headers; return the rows about members of the body."""
    below = lines_of_body(parts.request_rows, _BODY_ROW)
    settled = _Settled(page)
    rows = [
        row
        for row in parts.request_rows
        if (row.line in below and (row.name != _HOST_ROW or row.name in keys)) or not settled.has(row)
    ]
    open_rows, of_path = frozenset(rows), parts.rows_of_the_path()
    for row in parts.request_rows:
        is_member = row in open_rows or bool(row.parent) or (row.name in keys and row not in of_path)
        if not is_member and row.type and (name := settled.placeholder(row)):
            _describe_placeholder(page, name, row)
    spelled = {routes.letters(key) for key in keys}
    others = (row for row in parts.request_rows if row not in open_rows and row not in of_path)
    also_members = [row for row in others if routes.letters(row.name) in spelled]
    members: list[Row] = [*also_members, *(row for row in rows if row.line in below or _is_in(row, "body", "体"))]
    renamed = {} if keys else _renamed(page, rows)
    names, printed = Names(keys), _Keys(page)
    inner = elements_in_query(page, rows, keys)
    placed = frozenset(members)
    unplaced = [row for row in rows if row not in placed and row.line not in inner]
    has_body = is_printed or any(row.parent or json_type(row.type) == "object" for row in unplaced)
    first_table = min((row.table for row in rows), default=0)
    for row in unplaced:
        if _is_in(row, "path", "路径"):
            page.problem(row.line, "path", f"path {row.name}", "the request line has no place for it")
        elif _is_in(row, "header", "头") or (_is_header(row.name) and row.name not in keys):
            _header(page, row)
        elif (key := renamed.get(row.name) or printed.described_by(row)) is not None:
            _describe_key(page, key, row, in_syntax=bool(parts.syntax) and not parts.lists_parameters_apart)
        elif (
            (row.table != first_table and page.method not in BODILESS and not (row.place or _is_in(row, "query")))
            or names.same(row.name)
            or names.misspelt(row.name)
        ):
            members.append(row)
        else:
            _place(page, parts, row, members, has_body=has_body)
            printed.add(row.name)
    return members


class _Settled:
    """The parts of the host and the path that rows can describe."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._spelled = {routes.letters(name): name for name in page.path_parameters}
        self._by_stem: dict[str, list[str]] = {}
        for name in page.path_parameters:
            self._by_stem.setdefault(routes.stem(name), []).append(name)

    def has(self, row: Row) -> bool:
        """Return whether a row describes a part of the host or the path."""
        return self._describes_host(row) or self.placeholder(row) is not None

    def placeholder(self, row: Row) -> str | None:
        """Return the placeholder of the path that a row describes; None if it describes none, or says another place."""
        if _is_in(row, "body", "体") or (row.place and _is_in(row, "query", "查询", "header", "头")):
            return None
        if name := self._spelled.get(routes.letters(row.name)):
            return name
        if self._describes_host(row) or row.name in self._page.query:
            return None
        similar = self._by_stem.get(routes.stem(row.name), ())
        return next((name for name in similar if routes.overlap(row.name, name)), None)

    def _describes_host(self, row: Row) -> bool:
        return _is_host(row) and self._page.host != "{endpoint}"


def _is_host(row: Row) -> bool:
    """Return whether a row describes a part of the host; an optional parameter is not one."""
    return _PROJECT.fullmatch(row.name.replace(" ", "")) is not None and row.required is not False


def _wire_query(page: Page, parts: Parts) -> None:
    """Add the query keys in request lines, which are the names on the wire."""
    for origin, lines in (("syntax", (*parts.syntax, *parts.intro)), ("example", parts.requests)):
        for line in lines:
            query = routes.target_of(line.target).query
            for key, value in query:
                if origin == "example" and (known := _slip_for(page, parts, key, {each for each, _ in query})):
                    page.problem(line.line, "query-key", f"query {known}", key)
                    continue
                parameter = page.query.setdefault(key, Parameter())
                parameter.origins.add(origin)
                page.add_line(f"query {key}", line.line)
                parameter.printed.add(routes.placeholder(value) or value)
                _add_value(page, line, key, value, origin)


def _slip_for(page: Page, parts: Parts, key: str, beside: set[str]) -> str | None:
    """Return the key that an example misspells by a letter; None if the syntax or a table has it, too, or no such key.

    Short keys are like each other, and so are singular and plural, and keys with numbers.
    """
    names = {*(name for name, each in page.query.items() if "syntax" in each.origins)}
    names |= {row.name for row in parts.request_rows}
    if key in names or not key.isalpha():
        return None
    others = (each for each in sorted(names - beside) if len(each) >= _MIN_KEY and each.isalpha())
    others = (each for each in others if each in page.query or each.lower() != key.lower())  # the wire beats a table
    return next((each for each in others if routes.is_slip(key, each)), None)


def _add_value(page: Page, line: Message, key: str, value: str, origin: str) -> None:
    """Use a printed value as a constant if the key distinguishes operations; a choice lists its values."""
    parameter = page.query[key]
    if values := routes.choice(value):
        parameter.values = parameter.values or values
    is_word = re.fullmatch(r"[A-Za-z_]+", value) is not None
    if not parameter.values and is_word and key.lower() in _DISCRIMINATORS:
        parameter.type = "string"
    if key.lower() not in _DISCRIMINATORS - ({"mode"} if origin == "example" else set()) or not is_word or value == key:
        return
    if parameter.values and value not in parameter.values:
        page.problem(line.line, "spelling", f"query {key}", f"{value}, and {parameter.values[0]} elsewhere")
    parameter.values = tuple(dict.fromkeys((*parameter.values, value)))
    if origin == "syntax":
        parameter.required = True


class _Keys:
    """The keys of a query by their letters, by the letters of the values that request lines print, and undescribed."""

    def __init__(self, page: Page) -> None:
        self._query = page.query
        self._names = Names(page.query)
        values = ((value, key) for key, parameter in page.query.items() for value in parameter.printed)
        self._by_value: dict[str, list[str]] = {}
        for value, key in values:
            self._by_value.setdefault(routes.letters(value), []).append(key)
        self._free = {key: routes.letters(key) for key in page.query if key.lower() not in _DISCRIMINATORS}

    def add(self, name: str) -> None:
        """Add a key that a row places in the query."""
        if name in self._query and self._names.same(name) is None:
            self._names.add(name)

    def described_by(self, row: Row) -> str | None:
        """Return the key on the wire that a row describes; None if there is none."""
        if row.name in self._query:
            return row.name
        if (same := self._names.same(row.name)) is not None:
            return same
        by_value = self._by_value.get(routes.letters(row.name), ())
        if key := next((key for key in by_value if not self._is_described(key) and not self._query[key].values), None):
            return key
        self._free = {key: known for key, known in self._free.items() if not self._is_described(key)}
        printed = routes.letters(row.name)
        similar = [key for key, known in self._free.items() if known and (known in printed or printed in known)]
        return similar[0] if len(similar) == 1 and printed else None

    def _is_described(self, key: str) -> bool:
        return "table" in self._query[key].origins


def _renamed(page: Page, rows: Sequence[Row]) -> dict[str, str]:
    """Pair rows that name no key on the wire with the keys that no row names, if there are as many of both.

    Tables and request lines list parameters in the same order.
    """
    free = [key for key, each in page.query.items() if key.lower() not in _DISCRIMINATORS and not each.values]
    keys, names = Names(page.query), Names(row.name for row in rows)
    unknown = [row.name for row in rows if keys.same(row.name) is None]
    unnamed = [key for key in free if names.same(key) is None]
    return dict(zip(unknown, unnamed, strict=True)) if len(unknown) == len(unnamed) > 1 else {}


def _describe_key(page: Page, key: str, row: Row, *, in_syntax: bool) -> None:
    """Add the claims of a row to a query key; ``in_syntax``: the request line should print the key."""
    if key != row.name:
        page.problem(row.line, "query-key", f"query {key}", row.name)
    if in_syntax and "syntax" not in page.query[key].origins:
        page.problem(row.line, "not-in-syntax", f"parameter {key}", key)
    _describe(page, page.query[key], row, f"query {key}")


def _describe_placeholder(page: Page, name: str, row: Row) -> None:
    """Add the type of a row to a parameter of the path; it has none if rows contradict each other."""
    kind = json_type(row.type)
    is_other = name in page.described and page.described[name].type != kind
    if kind is None or is_misspelt_type(row.type) or is_other:
        page.problem(row.line, "element-type", f"path {name}", row.type)
    page.described[name] = Parameter(None if is_other else kind, origins={"table"})
    page.add_line(f"path {name}", row.line)


def _describe(page: Page, parameter: Parameter, row: Row, where: str) -> None:
    """Add the claims of a row to a parameter."""
    page.add_line(where, row.line)
    parameter.origins.add("table")
    parameter.type = json_type(row.type)
    if parameter.type is None or is_misspelt_type(row.type):
        page.problem(row.line, "element-type", where, row.type)
    if parameter.type == "boolean":
        parameter.values = ()
    if row.unread:
        page.problem(row.line, "spelling", f"{where} required", row.unread)
    parameter.required = row.required if row.required is not None else parameter.required
    parameter.minimum, parameter.maximum = prose.limits(row.description, parameter.type)
    if fixed := prose.fixed_value(row.description):
        parameter.origins.add("prose")
        if parameter.values and fixed not in parameter.values:
            page.problem(row.line, "spelling", where, f"{fixed}, and {parameter.values[0]} in the request line")
        parameter.values = (fixed, *(value for value in parameter.values if value != fixed))
    elif parameter.type == "string" and {*parameter.values} < {*(listed := prose.listed_values(row.description))}:
        parameter.origins.add("prose")
        parameter.values = listed
    if len(parameter.values) != 1:  # a single value is fixed
        parameter.default = prose.default(row.description, parameter.type)


def _place(page: Page, parts: Parts, row: Row, members: list[Row], *, has_body: bool) -> None:
    """Place a parameter that no request line and no example shows: where its row says, else in the body or query."""
    if not row.keyed and (not _NAME.fullmatch(row.name) or _PREFIXED.match(row.name)):
        page.problem(row.line, "spelling", "parameter", row.name or row.type)
        return
    in_query = _is_in(row, "query", "查询")
    if row.place and not (in_query or _URL.fullmatch(row.place)):
        page.problem(row.line, "spelling", f"parameter {row.name}", row.place)
        return
    is_open = page.method not in BODILESS and not (has_body or members or in_query)  # in the query or in the body
    if is_open or not parts.lists_parameters_apart:
        page.problem(row.line, "not-in-syntax", f"parameter {row.name}", row.name)
    if has_body and page.method not in BODILESS and not in_query:
        members.append(row)
    elif page.path is not None:
        _describe(page, page.query.setdefault(row.name, Parameter()), row, f"query {row.name}")


def _is_in(row: Row, *words: str) -> bool:
    """Return whether the place that a row, or the label of its table, prints contains one of the words."""
    label = simplified(row.label)
    place = row.place or (_BODY_ROW if BODY.match(label) else "query" if QUERY.match(label) else "")
    return any(word in simplified(place.lower()) for word in words)


def _is_header(name: str) -> bool:
    return name.lower().startswith("x-log-") or name.lower() in {"accept", "accept-encoding"} | common_headers()


def _header(page: Page, row: Row) -> None:
    if not TOKEN.fullmatch(row.name):
        page.problem(row.line, "spelling", "header", row.name or row.type)
        return
    text = row if row.type else replace(row, type="String")  # as each header is
    _describe(page, page.headers.setdefault(row.name, Parameter()), text, f"header {row.name}")


def _headers(page: Page, parts: Parts) -> None:
    """Add the headers specific to the operation: listed for it, or in its syntax and not common to all."""
    for row in parts.header_rows:
        _header(page, row)
    _listed_headers(page, list(parts.items("request-headers")))
    for message in parts.syntax:
        for name, _ in message.headers:
            if name.lower() not in common_headers():
                known = next((each for each in page.headers if each.lower() == name.lower()), name)
                page.headers.setdefault(known, Parameter("string")).origins.add("syntax")
                page.add_line(f"header {known}", message.line)


def _listed_headers(page: Page, texts: Sequence[Text]) -> None:
    """Add the headers of a list, with the values in its text."""
    for text in texts:
        if text.kind == "item" and (found := _HEADER_ITEM.fullmatch(text.text)):
            _listed_header(page, found[1], found[2])
            page.add_line(f"header {found[1]}", text.line)
    words = "\n".join(text.text for text in texts)
    for name, parameter in page.headers.items():
        printed = re.findall(rf"{re.escape(name)}\s*[:：]\s*([A-Za-z0-9]+)", words)
        if len(parameter.values) == 1 and len(values := tuple(dict.fromkeys(printed))) > 1:
            parameter.values = values


def _listed_header(page: Page, name: str, value: str) -> None:
    parameter = page.headers.setdefault(name, Parameter("string"))
    parameter.origins.add("table")
    values = [each.strip(" “”\"'`") for each in re.split(r",|，|、|或|\bor\b", value)]
    if all(re.fullmatch(r"[\w./+-]*", each) and not each.isdecimal() for each in values):
        parameter.values = tuple(dict.fromkeys(each for each in values if each))


def _bodies(parts: Parts) -> list[tuple[str, Message]]:
    """Return the messages that print a body, those of the syntax first."""
    printed = [(SYNTAX, message) for message in parts.syntax if message.body]
    return printed + [("request", message) for message in (*parts.requests, *parts.bodies) if message.body]


def _body_keys(printed: Sequence[tuple[str, Message]]) -> set[str]:
    keys: set[str] = set()
    for _, message in printed:
        try:
            value, _ = read_json(message.body or "")
        except Unreadable:
            continue
        keys |= {name for _, name, _ in members_of(value)}
    return keys


def _body(page: Page, printed: Sequence[tuple[str, Message]], rows: Sequence[Row]) -> None:
    """Add the claims about the body: types and digest from the examples, and further keys from the syntax."""
    top = next((row for row in rows if row.name == _BODY_ROW), None)
    members = [row for row in rows if row is not top]
    body = page.body
    if any(is_binary(message) for _, message in printed):
        body.shape = "binary"
        return
    examples = [message for side, message in printed if side != SYNTAX]
    syntax = [message for side, message in printed if side == SYNTAX]
    if examples or members:
        body_claims(page, body, "request" if examples else SYNTAX, examples or syntax, members)
    if syntax and body.digest is None:
        shape = body.shape
        body_claims(page, body, SYNTAX, syntax, [] if examples or members else members)
        body.shape = shape or body.shape
    if top is not None and not printed:
        body.shape = json_type(top.type)
        if body.shape is None and top.type:
            page.problem(top.line, "element-type", "body", top.type)
    elif body.shape is None and any(row.name for row in members):
        body.shape = "object"
