"""Finds the columns of a table by its head, otherwise by its cells, and recognises names and types in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest

from sls_contract.spec.pages.blocks import Table
from sls_contract.spec.pages.columns import (
    Column,
    column_of,
    is_failure,
    json_type,
    json_type_near,
    stated,
    status_of,
    yes_or_no,
)

TYPE_CELL = re.compile(
    r"(?:string|integer|int|int32|int64|long|float|double|number|boolean|bool|object|array|list|map|any|binary)"
    r"(?:\s*<.*>|\[\])?|字符串|长?整(?:型|数)|布尔(?:型|值)?|浮点(?:型|数)|数组|列表|对象",
    re.IGNORECASE,
)
_STATUS = re.compile(r"[1-5]\d\d")
NAME = re.compile(r"[A-Za-z_][\w.$-]{0,63}")
_MARKS = re.compile(r"[\ue000└├│┗┣┃↳•·>＞»→∟╰╚╠+][─━\s-]*|\.(?=[.\w])\s*|->?(?=[\s\w-])\s*")
"""A mark before the name of a member, repeated for each level of nesting."""
_TAGS_BACKWARDS = re.compile(
    r"(?:(?:[)）][^()（）]*[(（]\s*|(?:detacerped|弃废已?)\s+|[*†‡¹²³①-⑳:：]\s*)(?=\S))+", re.IGNORECASE
)
"""Remarks, footnote marks and colons after a name, matched from its end."""
NAME_AND_TYPE = re.compile(r"(\S+)\s*[(（]\s*([^()（）]+?)\s*[)）]")
MAX_HEAD = 24
"""Characters of the head of a column; the longest known is "Required or not"."""


def below_head(table: Table) -> Table:
    """Return a table without titles above its head, and without the head among its rows; it can lack a head.

    A table whose first column is the head is turned.
    """
    table = _turned(table)
    head, rows = table.head, table.rows
    if any(
        _is_of_column(table, at, fits) for at in range(len(head)) for fits in (TYPE_CELL.fullmatch, _STATUS.fullmatch)
    ):
        return Table(("",) * len(head), ((table.line, head), *rows), table.line)
    if rows and _is_head(rows[0][1]) and len(_columns_named(rows[0][1])) > len(_columns_named(head)):
        head = rows[0][1]
    return Table(head, tuple(row for row in rows if row[1] != head), table.line)


def _turned(table: Table) -> Table:
    """Return a table whose first column is the head with this as its first row; another one as it is."""
    printed = [table.head, *(cells for _, cells in table.rows)]
    if holds_facts(table) or not _is_head([cells[0] for cells in printed if cells]):
        return table
    head, *rows = zip_longest(*printed, fillvalue="")
    turned = Table(head, tuple((table.line, cells) for cells in rows), table.line)
    return turned if holds_facts(turned) else table


def _is_of_column(table: Table, at: int, fits: Callable[[str], object]) -> bool:
    """Return whether the head of a column is a cell like all those below it."""
    return bool(fits(table.head[at])) and (not table.rows or cells_fit(table, at, fits))


def _is_head(cells: Sequence[str]) -> bool:
    return len(_columns_named(cells)) == len({*cells} - {""}) > 1


def _columns_named(cells: Iterable[str]) -> set[Column]:
    return {column for cell in cells if len(cell) <= MAX_HEAD and (column := column_of(cell))}


def columns_by_kind(table: Table) -> dict[Column, int]:
    """Return the index of each kind of column, by its head, otherwise by its cells."""
    columns: dict[Column, int] = {}
    for at, head in enumerate(table.head):
        column = column_of(head)
        if column is not None:
            columns.setdefault(column, at)
    if "type" in columns and "description" not in columns and _describes(table, columns.get("required")):
        columns["description"] = columns.pop("required")  # under the head of another table
    if not columns.keys() & {"status", "code"}:
        find_by_cells(table, columns, "type", TYPE_CELL.fullmatch, most=True)
        if "type" in columns and not columns.keys() & {"required", "optional"}:
            find_by_cells(table, columns, "required", lambda cell: yes_or_no(cell) is not None, most=True)
        if "type" in columns and cells_fit(table, columns["type"], _is_type_cell):
            find_by_cells(table, columns, "name", is_name_cell, most=True)
        if "name" in columns and "type" in columns:
            find_by_cells(table, columns, "description", bool)
    return columns


def _describes(table: Table, at: int | None) -> bool:
    """Return whether no cell of a column states that a parameter is required or optional."""
    cells = [cell for _, cells in table.rows if (cell := cell_at(cells, at))]
    return bool(cells) and not any(
        yes_or_no(cell) is not None or stated(cell, description="") is not None for cell in cells
    )


def find_by_cells(
    table: Table, columns: dict[Column, int], column: Column, fits: Callable[[str], object], *, most: bool = False
) -> None:
    """Find a column without a known head: the first other column in which all, or most, cells fit."""
    if column not in columns:
        free = [at for at in range(len(table.head)) if at not in columns.values()]
        for at in [at for at in free if cells_fit(table, at, fits, most=most)][:1]:
            columns[column] = at


def cells_fit(table: Table, at: int, fits: Callable[[str], object], *, most: bool = False) -> bool:
    """Return whether a column has cells, and all or most of them fit."""
    cells = [cells[at] for _, cells in table.rows if at < len(cells) and cells[at]]
    fitting = sum(1 for cell in cells if fits(cell))
    return fitting > len(cells) / 2 if most else 0 < len(cells) == fitting


def holds_facts(table: Table) -> bool:
    """Return whether most cells of a column are types, or all are statuses of errors."""
    columns = range(len(table.head))
    return any(cells_fit(table, at, TYPE_CELL.fullmatch, most=True) for at in columns) or any(
        cells_fit(table, at, status_of) and any(is_failure(cell_at(cells, at)) for _, cells in table.rows)
        for at in columns
    )


def _is_type_cell(cell: str) -> bool:
    return (json_type(cell) or json_type_near(cell)) is not None and NAME_AND_TYPE.fullmatch(cell) is None


def is_name_cell(cell: str) -> bool:
    """Return whether a cell can name a parameter, with or without marks and tags."""
    return NAME.fullmatch(unquoted(untagged(unmarked(cell)[1]))) is not None


def structures_in(printed: str) -> set[str]:
    """Return the names of structures in a type, such as ``Rule`` in ``Array of Rule``."""
    return {word for word in re.findall(r"[A-Z]\w+", printed, re.ASCII) if not TYPE_CELL.fullmatch(word)} - {"JSON"}


def unquoted(name: str) -> str:
    """Return a name without quotes or emphasis."""
    found = re.fullmatch(r"([\"'*“])([^\"'*“”]+)[\"'*”]", name)
    return found[2] if found else name


def unmarked(name: str) -> tuple[int, str]:
    """Return the number of depth marks before a name, and the name."""
    depth = at = 0
    while found := _MARKS.match(name, at):
        depth, at = depth + 1, found.end()
    return depth, name[at:]


def untagged(name: str) -> str:
    """Return a name without tags after it; the last part of a path is no tag."""
    tags = _TAGS_BACKWARDS.match(name[::-1])
    rest = name[: len(name) - tags.end()] if tags else name
    return name if rest.endswith((".", "/", "->")) else rest


def cell_at(cells: Sequence[str], at: int | None) -> str:
    """Return the cell of a column; empty if the table has no such column, or the row ends before it."""
    return cells[at] if at is not None and at < len(cells) else ""
