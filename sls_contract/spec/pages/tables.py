"""Reads tables of parameters, elements and errors, with any names of columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.spec.pages.blocks import Table, Text
from sls_contract.spec.pages.cleaning import INDENT
from sls_contract.spec.pages.columns import HTTP, column_of, json_type, json_type_near, stated, status_of, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.pages.columns import Column
    from sls_contract.spec.pages.sections import Placed

TYPE_CELL = re.compile(
    r"(?:string|integer|int|int32|int64|long|float|double|number|boolean|bool|object|array|list|map|any|binary)"
    r"(?:\s*<.*>|\[\])?|字符串|长?整(?:型|数)|布尔(?:型|值)?|浮点(?:型|数)|数组|列表|对象",
    re.IGNORECASE,
)
NAME = re.compile(r"[A-Za-z_][\w.$-]{0,63}")
_MARKS = re.compile(r"[\ue000└├│┗┣┃↳•·>＞»→∟╰╚╠+][─━\s-]*|\.(?=[.\w])\s*|->?(?=[\s\w-])\s*")
"""A mark before the name of a member, repeated for each level of nesting."""
_TAG = re.compile(
    r"\s*[(（][^()（）]*[)）]|\s+(?:deprecated|已?废弃)|\s*[*†‡¹²³①-⑳:：]",
    re.IGNORECASE,
)
"""A remark, footnote mark or colon after a name."""
_WHOLE = {"body", "object", ""}
"""Names of rows that describe the body itself."""
_ROOTS = {"$", "body", "root"}
"""The first part of a member's name that is written as a path from the body."""
_NAME_AND_TYPE = re.compile(r"(\S+)\s*[(（]\s*([^()（）]+?)\s*[)）]")
_LISTED_ERROR = re.compile(
    rf"{HTTP}(?P<status>[1-5]\d\d)\s*[\s:：,，/|-]\s*(?P<code>[A-Z][A-Za-z.]+)\s*(?:[:：,，|—–-]\s*(?P<message>[^|]*).*)?"
    rf"|{HTTP}(?P<status1>[1-5]\d\d)\s+(?P<code1>[A-Z][a-z]+[A-Z][A-Za-z.]+)\s+(?![—–])(?P<message1>.*)"
    rf"|(?P<code2>[A-Z][A-Za-z.]+)\s*[(（]\s*{HTTP}(?P<status2>[1-5]\d\d)\s*[)）]\s*[:：,，-]?\s*(?P<message2>.*)",
    re.DOTALL,
)
_CODED = re.compile(r"([A-Z][a-z]+[A-Z][A-Za-z.]+)\s*(?:(?:[:：,，]|[—–-]+(?=\s))\s*(.*))?", re.DOTALL)
"""An error below the status that it shares with others."""
_MAYBE_CODED = re.compile(r"[45]\d\d(?:\s|$)|[A-Z][A-Za-z.]{3,}\s*[:：]")
_JOINED_HEAD = re.compile(r"(?i:[^.。]*(?:message|错误(?:消息|信息|提示))[)）]?\s*(?:description|描述|说明))\S*")
"""A head on a line, whose rows do not show where the message ends."""
_FIRST_ERROR = "400"
_ABOVE = frozenset({"^^", "^", "〃", "″", "''", '"', "同上"})
"""Ditto marks, which repeat the cell above."""
_TICKS, _NO_TICK = frozenset("✓✔√✅☑●"), frozenset({"", "-", "–", "—"})
_MAX_HEAD = 24
"""Characters of the head of a column; the longest known is "Required or not"."""
_STATUS_CELL = re.compile(r"[1-5]\d\d")
_CODE_CELL = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+)*")


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
        unread: the cell on whether it is required, if that is neither yes nor no.
        parent: the member that contains it as printed; None: the body itself; empty: unknown.

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


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A row of a table of errors, as printed; ``unread``: its message, if that does not end before the description."""

    status: str
    code: str
    message: str
    line: int
    unread: str = ""


def rows(parts: Iterable[Placed], *roles: str) -> list[Row]:
    """Return the rows of the tables of parameters or elements in some sections."""
    tables = ((part.block, part.label) for part in parts if part.role in roles and isinstance(part.block, Table))
    return [row for table, label in tables for row in table_rows(_below_head(table), label)]


def _below_head(table: Table) -> Table:
    """Return a table without titles above its head, and without the head among its rows."""
    head, rows = table.head, table.rows
    if rows and _is_head(rows[0][1]) and len(_columns_named(rows[0][1])) > len(_columns_named(head)):
        head = rows[0][1]
    return Table(head, tuple(row for row in rows if row[1] != head), table.line)


def _is_head(cells: Sequence[str]) -> bool:
    return len(_columns_named(cells)) == len({*cells} - {""}) > 1


def _columns_named(cells: Iterable[str]) -> set[Column]:
    return {column for cell in cells if len(cell) <= _MAX_HEAD and (column := column_of(cell))}


def error_rows(parts: Iterable[Placed]) -> list[ErrorRow]:
    """Return the rows of the tables of errors in any section, otherwise of lists in the section of errors."""
    found: list[ErrorRow] = []
    texts: list[Text] = []
    for part in parts:
        if isinstance(part.block, Table):
            in_section = part.role == "errors" or (status_of(part.label) or "") >= _FIRST_ERROR
            found.extend(_error_rows(_below_head(part.block), part.label, in_section=in_section))
        elif part.role == "errors" and isinstance(part.block, Text):
            texts.append(part.block)
    return found or list(_listed_errors(texts))


def _listed_errors(texts: Sequence[Text]) -> Iterator[ErrorRow]:
    """Read errors with a line per error, also below a status that they share, or a line per cell."""
    shared, joined = "", False
    for at, text in enumerate(texts):
        joined = joined or _JOINED_HEAD.fullmatch(text.text) is not None
        below = [each.text for each in texts[at + 1 : at + 3]] + ["", ""]
        is_cell = text.kind == "paragraph" and _CODE_CELL.fullmatch(below[0])
        if (is_cell or _CODED.fullmatch(below[0])) and (status := status_of(text.text)):
            shared = status
            if is_cell:
                yield ErrorRow(status, below[0], below[1], text.line)
        elif found := _listed_error(_spread(text.text)):
            row = ErrorRow(*found, text.line)
            yield replace(row, message="", unread=row.message) if joined and _spread(text.text) == text.text else row
        elif shared and text.kind == "item" and (coded := _CODED.fullmatch(text.text)):
            yield ErrorRow(shared, coded[1], coded[2] or "", text.line)
        elif _MAYBE_CODED.match(text.text if text.kind == "item" else text.text[:4]):
            yield ErrorRow(shared, text.text, "", text.line)  # listed as a problem


def _spread(row: str) -> str:
    """Return a row of at least three cells with pipes between them."""
    cells = re.split(r"\s*(?:\t|\||\s{2,})\s*", row)
    return " | ".join(cells) if len(cells) > 2 else row  # noqa: PLR2004 - status, code, message


def _listed_error(text: str) -> tuple[str, str, str] | None:
    """Read status, code and message in a text."""
    found = _LISTED_ERROR.fullmatch(text)
    if not found:
        return None
    groups = [(key.rstrip("12"), text) for key, text in found.groupdict().items() if text]
    status, code, message = (
        next((text for key, text in groups if key == name), "").strip() for name in ("status", "code", "message")
    )
    return status, code, message


def _columns(table: Table) -> dict[Column, int]:
    """Return the index of each kind of column, by its head, otherwise by its cells."""
    columns: dict[Column, int] = {}
    for at, head in enumerate(table.head):
        column = column_of(head)
        if column is not None:
            columns.setdefault(column, at)
    if not columns.keys() & {"status", "code"}:
        _by_cells(table, columns, "type", TYPE_CELL.fullmatch, most=True)
        if "type" in columns and not columns.keys() & {"required", "optional"}:
            _by_cells(table, columns, "required", lambda cell: yes_or_no(cell) is not None, most=True)
        if "type" in columns and _cells_fit(table, columns["type"], _is_type_cell):
            _by_cells(table, columns, "name", is_name_cell, most=True)
        if "name" in columns and "type" in columns:
            _by_cells(table, columns, "description", bool)
    return columns


def _error_columns(table: Table, *, in_section: bool) -> dict[Column, int]:
    """Return the index of each kind of column in a table of errors; empty for another table."""
    columns = _columns(table)
    if not in_section:
        return columns if columns.keys() >= {"status", "code"} else {}
    kept = {"status", "code", "message"} | ({"description"} if columns.keys() & {"status", "code"} else set())
    columns = {column: at for column, at in columns.items() if column in kept}
    _by_cells(table, columns, "status", _STATUS_CELL.fullmatch)
    _by_cells(table, columns, "code", _CODE_CELL.fullmatch)
    if "code" in columns:
        _by_cells(table, columns, "message", lambda cell: not cell.isdecimal())
    return columns if columns.keys() & {"status", "code"} else {}


def _by_cells(
    table: Table, columns: dict[Column, int], column: Column, fits: Callable[[str], object], *, most: bool = False
) -> None:
    """Find a column without a known head: the first other column in which all, or most, cells fit."""
    if column not in columns:
        free = [at for at in range(len(table.head)) if at not in columns.values()]
        for at in [at for at in free if _cells_fit(table, at, fits, most=most)][:1]:
            columns[column] = at


def _cells_fit(table: Table, at: int, fits: Callable[[str], object], *, most: bool = False) -> bool:
    """Return whether a column has cells, and all or most of them fit."""
    cells = [cells[at] for _, cells in table.rows if at < len(cells) and cells[at]]
    fitting = sum(1 for cell in cells if fits(cell))
    return fitting > len(cells) / 2 if most else 0 < len(cells) == fitting


def holds_facts(table: Table) -> bool:
    """Return whether most cells of a column are types, or all are statuses of errors."""
    columns = range(len(table.head))
    return any(_cells_fit(table, at, TYPE_CELL.fullmatch, most=True) for at in columns) or any(
        _cells_fit(table, at, re.compile(r"[45]\d\d").fullmatch) for at in columns
    )


def _is_type_cell(cell: str) -> bool:
    return (json_type(cell) or json_type_near(cell)) is not None and _NAME_AND_TYPE.fullmatch(cell) is None


def is_name_cell(cell: str) -> bool:
    """Return whether a cell can name a parameter, with or without marks and tags."""
    return NAME.fullmatch(_unquoted(_untagged(_unmarked(cell)[1]))) is not None


def _unquoted(name: str) -> str:
    """Return a name without quotes or emphasis."""
    found = re.fullmatch(r"([\"'*“])([^\"'*“”]+)[\"'*”]", name)
    return found[2] if found else name


def table_rows(table: Table, label: str) -> Iterator[Row]:
    """Read a table of parameters or elements; ``label`` is the text before it."""
    columns = _columns(table)
    if "status" in columns or "code" in columns or not columns.keys() & {"name", "type"}:
        return
    above: list[str] = []
    seen: set[str] = set()
    depths = _depths(table, columns)
    ticked = _is_ticked(table, columns)
    for line, printed in table.rows:
        if len({*printed} - {""}) == 1 and not any(map(_begins_row, printed)):
            continue  # a note, or a title of rows below it
        cell = _cells_by_column(printed, columns, len(table.head))
        marks, name = _unmarked(cell["name"])
        depth = depths.index(marks) if marks in depths else marks
        tagged = _unquoted(name)
        name = _untagged(tagged)
        *path, name = _path(name, seen)
        seen.add(name)
        if name.lower() in _WHOLE and name.lower() == cell.get("type", "").lower():  # a type instead of a name
            name = ""
        above[depth:] = [name]
        required = False if ticked and cell["required"] in _NO_TICK else _is_required(cell)
        if required is None and not cell.get("required", ""):
            beside = tagged.removeprefix(name), cell.get("type", ""), label if len(label) <= _MAX_HEAD else ""
            required = stated(*beside, description=cell.get("description", ""))
        yield Row(
            name=name,
            type=cell.get("type", ""),
            required=required,
            description=cell.get("description", ""),
            line=line,
            place=cell.get("place", ""),
            label=label,
            table=table.line,
            unread=""
            if required is not None
            else cell["required"]
            if "required" in cell
            else tagged[len(name) :].strip(":： "),
            parent=path[-1] if path else _parent(above, depth),
        )


def _cells_by_column(printed: tuple[str, ...], columns: Mapping[Column, int], width: int) -> dict[Column, str]:
    """Return the cells of a row by column; a single column for name and type is split."""
    cells = _with_name(printed, columns, width)
    cell = {column: cells[at] if at < len(cells) else "" for column, at in columns.items()}
    cell = {column: text if column == "name" else text.lstrip(INDENT) for column, text in cell.items()}
    if "name" not in cell:
        found = _NAME_AND_TYPE.fullmatch(cell["type"])
        cell["name"], cell["type"] = (found[1], found[2]) if found else (cell["type"], "")
    return cell


def _depths(table: Table, columns: Mapping[Column, int]) -> list[int]:
    """Return the different numbers of marks before names, in order; their index is the depth of a name."""
    at = columns.get("name", columns.get("type", 0))
    return sorted({0, *(_unmarked(cells[at])[0] for _, cells in table.rows if at < len(cells))})


def _with_name(cells: tuple[str, ...], columns: Mapping[Column, int], width: int) -> tuple[str, ...]:
    """Return the cells of a row; add the empty cell of its name if it begins with its type."""
    names, types = columns.get("name"), columns.get("type")
    lacks = names == 0 and types == 1 and len(cells) < width and TYPE_CELL.fullmatch(cells[0])
    return ("", *cells) if lacks and not TYPE_CELL.fullmatch(cells[1] if len(cells) > 1 else "") else cells


def _begins_row(cell: str) -> bool:
    return is_name_cell(cell) or TYPE_CELL.fullmatch(cell) is not None


def _unmarked(name: str) -> tuple[int, str]:
    """Return the number of depth marks before a name, and the name."""
    depth = 0
    while found := _MARKS.match(name):
        depth, name = depth + 1, name[found.end() :]
    return depth, name


def _untagged(name: str) -> str:
    """Return a name without tags after it."""
    while (found := re.search(rf"(?:{_TAG.pattern})$", name, re.IGNORECASE)) and found.start():
        name = name[: found.start()]
    return name


def _path(name: str, seen: Collection[str]) -> list[str]:
    """Split ``steps[].text`` at its dots if there is a row ``steps``, and ``body.text`` always; else keep the name."""
    parts = re.split(r"\s*(?:->|[.>→/])\s*", re.sub(r"\[\w*\]", "", name))
    parts = [part for at, part in enumerate(parts) if not (at and part in {"N", "n", "*"})]
    if parts[0].lower() in _ROOTS and len(parts) > 1:
        seen, parts = {*seen, parts[1]}, parts[1:]
    return parts if parts[0] in seen and all(parts) else [name]


def _parent(names: Sequence[str], depth: int) -> str | None:
    """Return the parent of the last of some names, by their depths."""
    if not depth or len(names) <= depth:
        return ""
    return None if names[depth - 1] in _WHOLE else names[depth - 1]


def _is_ticked(table: Table, columns: Mapping[Column, int]) -> bool:
    """Return whether a table ticks the required parameters and leaves the cells of the others empty."""
    cells = {_cell(cells, columns.get("required")) for _, cells in table.rows}
    return bool(cells & _TICKS) and cells <= _TICKS | _NO_TICK


def _is_required(cell: Mapping[Column, str]) -> bool | None:
    optional = yes_or_no(cell.get("optional", ""))
    return yes_or_no(cell.get("required", "")) if optional is None else not optional


def _error_rows(table: Table, label: str, *, in_section: bool) -> Iterator[ErrorRow]:
    """Read a table of errors; ``label``, the text before it, can contain the status of all rows."""
    columns = _error_columns(table, in_section=in_section)
    if not columns:
        return
    above: Sequence[str] = ()
    shared = re.fullmatch(rf"{HTTP}([1-5]\d\d)\b.*", label)
    last = shared[1] if shared and "status" not in columns else ""
    for line, printed in table.rows:
        missing = len(table.head) - len(printed)  # a cell that spans several rows is only printed in the first
        cells = (*above[:missing], *printed) if 0 < missing <= len(above) else printed
        cells = tuple(above[at] if cell in _ABOVE and at < len(above) else cell for at, cell in enumerate(cells))
        above = cells
        status, code, message = (_cell(cells, columns.get(column)) for column in ("status", "code", "message"))
        combined = status if "code" not in columns else "" if status else code  # a column for both
        if both := _listed_error(combined):
            status, code, message = both[0], both[1], message or both[2]
        last = status = status or last
        yield ErrorRow(
            re.sub(rf"^{HTTP}", "", status, flags=re.IGNORECASE),
            _untagged(_unquoted(code).rstrip(" .")),
            _unquoted(message),
            line,
        )


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""
