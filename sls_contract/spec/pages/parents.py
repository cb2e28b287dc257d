"""Finds the member that contains the rows of a table: by the text before it, the examples, and rows without names."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from sys import maxsize
from typing import TYPE_CHECKING, Any

from sls_contract.spec.claims import BODILESS
from sls_contract.spec.pages.columns import json_type
from sls_contract.spec.pages.table_columns import structures_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.tables import Row

_GENERAL = re.compile(r"an?|the|of|configurations?|parameters?|information")
"""Words of a description that do not identify a member."""
_WORD = re.compile(r"[\w-]+", re.ASCII)
_INTRODUCES = re.compile(r"follow|includ|descri|content|包含|如下|说明", re.IGNORECASE)
"""Words before a table of members."""
_OF_MEMBERS = frozenset({"array", "object"})


def arrays_by_line(rows: Sequence[Row]) -> tuple[dict[int, str], list[Row]]:
    """Return the name of the array whose elements a row describes, by line; a row without a name begins them.

    An array or object directly below that row can also be beside the array; return the arrays with such rows, too.
    """
    found: dict[int, str] = {}
    unsure: list[Row] = []
    array: Row | None = None
    for above, row in pairwise(rows):
        if not row.name and json_type(row.type) == "object":
            array = above if above.name and json_type(above.type) == "array" else array
            array = None if "<" in row.type else array  # of a structure, whose members are on a page of their own
        elif not (row.name or above.name):  # the values of keys that users choose
            array = None
        elif array and not above.name and json_type(row.type) in _OF_MEMBERS:
            unsure.append(array)
            array = None
        elif row.name and array:
            found[row.line] = array.name
    return found, unsure


def lines_of_body(rows: Sequence[Row], name: str) -> range:
    """Return the lines from the row of the whole body, by its name, to its last: the elements of an array of values."""
    body = next((at for at, row in enumerate(rows) if row.name == name), None)
    if body is None:
        return range(0)
    element = rows[body + 1 : body + 2]
    is_value = any(not row.name and json_type(row.type) not in {*_OF_MEMBERS, None} for row in element)
    ends = json_type(rows[body].type) == "array" and is_value
    return range(rows[body].line, element[0].line + 1 if ends else maxsize)


def elements_in_query(page: Page, rows: Sequence[Row], keys: Collection[str]) -> set[int]:
    """Return the lines of rows about the elements of arrays in the query; record those that can be beside the array."""
    inner = {} if page.method not in BODILESS else arrays_by_line(rows)[0]
    found = [row for row in rows if row.line in inner and row.name not in keys]
    for row in found:
        page.problem(row.line, "query-key", f"query {inner[row.line]}", f"{row.name}, of its elements or beside it")
    types = (row for above, row in pairwise(rows) if not row.name and json_type(above.type) == "array")
    return {row.line for row in (*found, *types)}


def without_body(rows: Sequence[Row], shown: Collection[str]) -> list[Row]:
    """Return rows in which that of the whole body, whose members are below it, has no name; unless a body has it."""
    pairs = ((row, below) for row, below in pairwise(rows) if row.name not in shown)
    above = {row.line for row, below in pairs if below.parent is None and row.parent == ""}
    return [replace(row, name="") if row.line in above else row for row in rows]


def with_each_owner(rows: Sequence[Row]) -> list[Row]:
    """Return rows with those of a structure once for each member of its type, if the text before them names it."""
    found: list[Row] = []
    names: set[str] = set()
    owners: dict[str, dict[str, None]] = {}  # of each structure, in order
    by_table: dict[int, dict[str, None]] = {}
    for row in rows:
        if row.table not in by_table:
            words = [] if names.intersection(_WORD.findall(row.label)) else _WORD.findall(row.label)
            by_table[row.table] = {name: None for word in words for name in owners.get(word, ())}
        several = by_table[row.table] if row.parent == "" and len(by_table[row.table]) > 1 else ()
        found += [replace(row, parent=owner) for owner in several] or [row]
        names.add(row.name)
        for structure in structures_in(row.type) if row.name else ():
            owners.setdefault(structure, {})[row.name] = None
    return found


def parents_by_table(rows: Sequence[Row], shown: Sequence[Any]) -> dict[int, str | None]:
    """Return the member that each table after the first describes, from the text before it or from the examples."""
    by_table: dict[int, list[Row]] = {}
    for row in rows:
        by_table.setdefault(row.table, []).append(row)
    parents: dict[int, str | None] = {}
    earlier: list[Row] = []  # that can have members
    known: set[str] = set()
    for table, members in by_table.items():
        parents[table] = _parent(members, earlier, known, shown) if known else None
        earlier += [row for row in members if json_type(row.type) in {*_OF_MEMBERS, None}]
        known |= {row.name for row in members}
    if len(by_table) > 1 and (above := _described_first(by_table, parents)):
        parents[next(iter(by_table))] = above
    objects = [row.name for row in rows if json_type(row.type) == "object" and row.name not in parents.values()]
    for table in [table for table, parent in parents.items() if parent is None][1:]:
        if len(objects) == 1 and _INTRODUCES.search(by_table[table][0].label):  # the only object without a table
            parents[table] = objects[0]
    return parents


def _described_first(by_table: Mapping[int, Sequence[Row]], parents: Mapping[int, str | None]) -> str | None:
    """Return the array or object that the text before the first table names, if a later table of the body has it."""
    first, *later = by_table.values()
    outer = [row for members in later if parents[members[0].table] is None for row in members]
    words = set(_WORD.findall(first[0].label))
    named = {row.name for row in outer if row.name in words and json_type(row.type) in {"array", "object"}}
    return named.pop() if len(named) == 1 and _INTRODUCES.search(first[0].label) else None


def _parent(members: Sequence[Row], earlier: Sequence[Row], known: set[str], shown: Sequence[Any]) -> str | None:
    """Return the member that a table describes: named or described before it, else the one with its members."""
    label = members[0].label
    words = set(re.findall(r"[\w-]+", label, re.ASCII))
    odd = (row for row in earlier if not _WORD.fullmatch(row.name) and row.name in label)
    named = [row.name for row in earlier if row.name in words]
    named += [row.name for row in odd if re.search(rf"(?a:(?<![\w-]){re.escape(row.name)}(?![\w-]))", label)]
    described = [row.name for row in earlier if _describes(label, row)]
    typed = (row.name for row in earlier if words & structures_in(row.type))
    for found in map(set, (named, described, typed)):
        if len(found) == 1:
            return found.pop()
    return _owner({row.name.lower() for row in members}, known, shown)


def _describes(label: str, row: Row) -> bool:
    """Return whether the text before a table contains the beginning of a member's description."""
    label = label.lower()
    start, words = _start(row.description)
    has_words = bool(words) and words <= _words(label)
    return len(start) > 2 and (start in label or has_words)  # noqa: PLR2004 - two characters identify nothing


@lru_cache(maxsize=4096)
def _start(description: str) -> tuple[str, frozenset[str]]:
    """Return the beginning of a description, and its words that identify a member."""
    start = re.split(r"[,.，。（(]", description, maxsplit=1)[0].strip().lower()
    return start, frozenset(word for word in _words(start) if not _GENERAL.fullmatch(word))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w-]+", text))


def _owner(names: set[str], known: set[str], shown: Sequence[Any]) -> str | None:
    """Return the known member whose object in the examples, at any depth, has most of the names."""
    best, most = None, 0
    for value in shown:
        for path, found in _objects(value, ()):
            owner = next((name for name in reversed(path) if name in known), None)
            common = len(names & found)
            if owner is not None and common > most:
                best, most = owner, common
    return best


def _objects(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], set[str]]]:
    """Yield each object of a body: the names of its path, and those of its members in lower case."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield path, {name.lower() for name in each}
            for name, inner in each.items():
                yield from _objects(inner, (*path, name))
