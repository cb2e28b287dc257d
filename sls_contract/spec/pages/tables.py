"""Reads tables of parameters and elements, with any names of columns."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.spec.pages import flat_tables
from sls_contract.spec.pages.blocks import Table
from sls_contract.spec.pages.bodies import type_of
from sls_contract.spec.pages.cleaning import INDENT
from sls_contract.spec.pages.columns import is_misspelt_answer, json_type, stated, yes_or_no
from sls_contract.spec.pages.table_columns import (
    MAX_HEAD,
    NAME_AND_TYPE,
    TYPE_CELL,
    below_head,
    cell_at,
    cells_fit,
    columns_by_kind,
    is_name_cell,
    unmarked,
    unquoted,
    untagged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.pages.columns import Column
    from sls_contract.spec.pages.sections import Placed

_WHOLE = {"body", "object", ""}
"""Names of rows that describe the body itself."""
_ROOTS = {"$", "body", "root"}
"""The first part of a member's name that is written as a path from the body."""
_ROOTED = re.compile(r"body\s*(?:->|[.>→/])\s*\w", re.IGNORECASE)
_PLACE = re.compile(
    r"[(（]\s*(?:in\s+)?(?:the\s+)?((?:path|query|headers?|body|路径|查询|请求头|请求体)\s*(?:param(?:eter)?s?|参数)?)\s*[)）]\s*$",
    re.IGNORECASE,
)
"""Where a parameter is, in a remark behind its name."""
_TICKS, _NO_TICK = frozenset("✓✔√✅☑●"), frozenset({"", "-", "–", "—"})
_NOTE = re.compile(r"(?:Notes?|NOTES?|Notice|Important|Warning|说明|注意|备注|警告)\s*[:：]?")
"""What begins a note, but is no name: those are in lower case."""
_LIST_OF = re.compile(r"(?:array|list) of \w+", re.IGNORECASE)
_USER_KEY = re.compile(r"\$?[<{].+[>}]|\*", re.DOTALL)
_STEP = re.compile(r"\s*(?:->|[.>→/])\s*(?![^{}]{0,64}\})")
"""What separates the parts of a path; a key that users choose, in braces, can contain it."""
_LIMITS: tuple[Column, ...] = ("default", "minimum", "maximum")
_LIMIT = re.compile(r"(?!(?i:none|null|nil)$)-?\w[\w.-]*")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table of parameters or elements.

    Attributes:
        name: as printed; empty if the row describes a whole body or the elements of an array.
        type: as printed.
        required: None if the table has no such column, or its cell is neither yes nor no.
        description: its text, with the list below it.
        line: on the page, from 1.
        place: the parameter's place, as printed; empty in most years.
        label: the text before its table.
        table: the line of its table.
        unread: the cell on whether it is required, if that is neither yes nor no, or misspelt.
        parent: the member that contains it as printed; None: the body itself; empty: unknown.
        keyed: whether it describes a key that users choose in that member, or a member of the value of that key.

    """

    name: str
    type: str
    required: bool | None
    description: str
    line: int
    place: str
    label: str
    table: int
    unread: str = ""
    parent: str | None = ""
    keyed: bool = False


def rows(parts: Iterable[Placed], *roles: str) -> list[Row]:
    """Return the rows of the tables and lists of parameters or elements in some sections, in the order of the page."""
    parts = [part for part in parts if part.role in roles]
    tables = ((below_head(part.block), part.label) for part in parts if isinstance(part.block, Table))
    found = sorted((*tables, *flat_tables.tables(parts, *roles)), key=lambda each: each[0].line)
    return [row for table, label in found for row in table_rows(table, label)]


def table_rows(table: Table, label: str) -> Iterator[Row]:
    """Read a table of parameters or elements; ``label`` is the text before it."""
    columns = columns_by_kind(table)
    if "status" in columns or "code" in columns or not columns.keys() & {"name", "type"}:
        return
    if "name" not in columns and cells_fit(table, columns["type"], TYPE_CELL.fullmatch, most=True):
        return
    above: list[str] = []
    seen: dict[str, str | None] = {}
    depths = _depths(table, columns)
    ticked = _is_ticked(table, columns)
    starred = not columns.keys() & {"required", "optional"} and any(
        cell_at(cells, columns.get("name")).endswith("*") for _, cells in table.rows
    )
    for line, printed in table.rows:
        cell = _cells_by_column(printed, columns, len(table.head))
        if _is_note(printed, cell):
            continue
        marks, name = unmarked(cell["name"])
        depth = depths.index(marks) if marks in depths else marks
        tagged = unquoted(name)
        name = untagged(tagged)
        remark = tagged[len(name) :]
        *path, name = _path(name, seen)
        seen[name] = json_type(cell.get("type", ""))
        if name.lower() in _WHOLE and name.lower() == cell.get("type", "").lower():  # a type instead of a name
            name = ""
        above[depth:] = [name]
        around = path or (above[:depth] if len(above) > depth else [])
        parent = _parent(around)
        required = False if ticked and cell["required"] in _NO_TICK else _is_required(cell)
        if required is None and not cell.get("required", ""):
            beside = remark, cell.get("type", ""), label if len(label) <= MAX_HEAD else ""
            required = stated(*beside, description=cell.get("description", ""))
            required = "*" in beside[0] if starred and required is None else required
        yield Row(
            name=name,
            type=cell.get("type", "") if "type" in columns else _type_of_value(cell.get("example", "")),
            required=required,
            description="\n".join(filter(None, (cell.get("description", ""), _words_after(cell), *_limits(cell)))),
            line=line,
            place=cell.get("place") or _place_in(tagged),
            label=label,
            table=table.line,
            unread=_unread(cell, remark, required=required),
            parent=parent,
            keyed=bool(parent) and any(map(is_user_key, (*around[-1:], name))),
        )


def _place_in(printed: str) -> str:
    """Return the place that a name, as a path from the body, or the remark behind it states; empty if none does."""
    found = _PLACE.search(printed)
    return "body" if _ROOTED.match(printed) else found[1] if found else ""


def _is_note(printed: Sequence[str], cell: Mapping[Column, str]) -> bool:
    """Return whether a row is a note, or a title of rows below it."""
    is_alone = len({*printed} - {""}) == 1 and not any(map(_begins_row, printed))
    return is_alone or (not cell.get("type") and _NOTE.fullmatch(cell.get("name", "")) is not None)


def _type_of_value(printed: str) -> str:
    """Return the type of a value in a table of keys and values; empty for text that is not JSON."""
    try:
        return type_of(json.loads(printed)) or ""
    except ValueError:
        return ""


def _words_after(cell: Mapping[Column, str]) -> str:
    """Return the words after the first mark in the cell on whether a parameter is required, such as its default."""
    found = re.search(r"[,，、;；(（.。:：]", cell.get("required", ""))
    return found.string[found.end() :].strip(" )）") if found else ""


def _limits(cell: Mapping[Column, str]) -> Iterator[str]:
    """Yield the cells of the columns of limits and defaults as a description would state them."""
    found = ((column, cell.get(column, "")) for column in _LIMITS)
    return (f"{column}: {text}" for column, text in found if _LIMIT.fullmatch(text))


def _cells_by_column(printed: tuple[str, ...], columns: Mapping[Column, int], width: int) -> dict[Column, str]:
    """Return the cells of a row by column; a single column for name and type is split."""
    cells = _with_name(printed, columns, width)
    cell = {column: cells[at] if at < len(cells) else "" for column, at in columns.items()}
    cell = {column: text if column == "name" else text.lstrip(INDENT) for column, text in cell.items()}
    if "name" in cell and "type" in cell:
        return cell
    found = NAME_AND_TYPE.fullmatch(cell.get("name") or cell.get("type", ""))
    kind, *notes = re.split(r"\s*[,，、;；]\s*", found[2]) if found else ("",)
    if found and ("name" not in cell or json_type(kind)):
        required = next((each for each in notes if yes_or_no(each) is not None), None)
        return cell | {"name": found[1], "type": kind} | ({"required": required} if required else {})
    return {"name": cell.get("type", ""), **cell, "type": ""}


def _depths(table: Table, columns: Mapping[Column, int]) -> list[int]:
    """Return the different numbers of marks before names, in order; their index is the depth of a name."""
    at = columns.get("name", columns.get("type", 0))
    return sorted({0, *(unmarked(cells[at])[0] for _, cells in table.rows if at < len(cells))})


def _with_name(cells: tuple[str, ...], columns: Mapping[Column, int], width: int) -> tuple[str, ...]:
    """Return the cells of a row; add the empty cell of its name if it begins with its type."""
    names, types = columns.get("name"), columns.get("type")
    begins = TYPE_CELL.fullmatch(cells[0]) or _LIST_OF.fullmatch(cells[0])
    lacks = names == 0 and types == 1 and not any(cells[width - 1 :]) and begins
    return ("", *cells) if lacks and not TYPE_CELL.fullmatch(cells[1] if len(cells) > 1 else "") else cells


def _begins_row(cell: str) -> bool:
    return is_name_cell(cell) or TYPE_CELL.fullmatch(cell) is not None


def _path(name: str, seen: Mapping[str, str | None]) -> list[str]:
    """Split ``steps[].text`` at its dots if there is a row ``steps``, and ``body.text`` always; else keep the name.

    A part for any element of an array is left out; one for any key of an object, such as ``*``, is kept.
    """
    parts = _STEP.split(re.sub(r"<([^<>]+)>", r"{\1}", re.sub(r"\[\w*\]", "", name)))
    kept = (
        not at or part not in {"N", "n", "*"} or _is_map(parts[at - 1], seen, part) for at, part in enumerate(parts)
    )
    parts = [part for part, is_kept in zip(parts, kept, strict=True) if is_kept]
    known = {*seen}
    if parts[0].lower() in _ROOTS and len(parts) > 1:
        known, parts = known | {parts[1]}, parts[1:]
    return parts if parts[0] in known and all(parts) else [name]


def _is_map(name: str, seen: Mapping[str, str | None], part: str) -> bool:
    return part == "*" and seen.get(name) == "object"


def is_user_key(name: str) -> bool:
    """Return whether a name stands for any key of an object: ``{field}``, ``${field}``, ``<key>`` or ``*``."""
    return _USER_KEY.fullmatch(name) is not None


def _parent(around: Sequence[str]) -> str | None:
    """Return the innermost of the names around a member, without keys that users choose; empty if there are none."""
    named = [name for name in around if not is_user_key(name)]
    if not named:
        return ""
    return None if named[-1] in _WHOLE else named[-1]


def _is_ticked(table: Table, columns: Mapping[Column, int]) -> bool:
    """Return whether a table ticks the required parameters and leaves the cells of the others empty."""
    cells = {cell_at(cells, columns.get("required")) for _, cells in table.rows}
    return bool(cells & _TICKS) and cells <= _TICKS | _NO_TICK


def _unread(cell: Mapping[Column, str], remark: str, *, required: bool | None) -> str:
    """Return the cell on whether a row is required, if it is neither yes nor no, or misspelt."""
    if required is None:
        return cell["required"] if "required" in cell else remark.strip(":： ")
    printed = cell.get("required", "")
    return printed if is_misspelt_answer(printed) else ""


def _is_required(cell: Mapping[Column, str]) -> bool | None:
    optional = yes_or_no(cell.get("optional", ""))
    return yes_or_no(cell.get("required", "")) if optional is None else not optional
