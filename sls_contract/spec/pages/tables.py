"""Tables of parameters, elements and errors, whatever their columns are called; also those that lost their pipes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sls_contract.spec.pages.blocks import Table, Text
from sls_contract.spec.pages.columns import column_of, flat_head, yes_or_no

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.pages.columns import Column
    from sls_contract.spec.pages.sections import Placed

_FLAT_TYPE = re.compile(
    r"(?:string|integer|int|int32|int64|long|float|double|number|boolean|bool|object|array|map|any|binary)"
    r"(?:\s*<.*>|\[\])?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][\w.$-]{0,63}")
_NAME_AND_TYPE = re.compile(r"(\S+)\s*[(（]\s*([^()（）]+?)\s*[)）]")
_LISTED_ERROR = re.compile(r"([1-5]\d\d)\s+([A-Z][A-Za-z.]+)\s*(?:[:：,，-]\s*(.*))?", re.DOTALL)
_STATUS_CELL = re.compile(r"[1-5]\d\d")
_CODE_CELL = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+)*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table of parameters or elements.

    Attributes:
        name: as printed; empty where the row describes a whole body or the elements of an array.
        type: as printed.
        required: None where the table has no such column, or says neither yes nor no.
        description: its words.
        example: as printed; empty where the table gives none.
        line: where it stands, from 1.
        place: where the parameter goes, as printed; empty in most years.
        label: the words before its table.
        table: the line of its table.
        unread: the cell that should say whether it is required, where it says neither yes nor no.

    """

    name: str
    type: str
    required: bool | None
    description: str
    example: str
    line: int
    place: str
    label: str
    table: int
    unread: str = ""


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One row of a table of errors, as printed."""

    status: str
    code: str
    message: str
    line: int


def rows(parts: Iterable[Placed], *roles: str) -> list[Row]:
    """Return the rows of the tables of parameters or elements in some sections."""
    found: list[Row] = []
    flat: list[Text] = []
    for part in parts:
        if part.role not in roles:
            continue
        if isinstance(part.block, Table):
            found.extend(_table_rows(part.block, part.label))
        elif isinstance(part.block, Text):
            flat.append(part.block)
    return found + list(_flat_rows(flat))


def error_rows(parts: Iterable[Placed], *roles: str) -> list[ErrorRow]:
    """Return the rows of the tables of errors in some sections; also of lists in the section of errors."""
    found: list[ErrorRow] = []
    texts: list[Text] = []
    for part in parts:
        if part.role in roles and isinstance(part.block, Table):
            found.extend(_error_rows(part.block, in_section=part.role == "errors"))
        elif part.role == "errors" and isinstance(part.block, Text):
            texts.append(part.block)
    return found or list(_listed_errors(texts))


def _listed_errors(texts: Sequence[Text]) -> Iterator[ErrorRow]:
    """Read errors that stand one a line, or a cell a line."""
    for at, text in enumerate(texts):
        ahead = [each.text for each in texts[at + 1 : at + 3]] + ["", ""]
        if found := _LISTED_ERROR.fullmatch(text.text):
            yield ErrorRow(found[1], found[2], found[3], text.line)
        elif _STATUS_CELL.fullmatch(text.text) and _CODE_CELL.fullmatch(ahead[0]):
            yield ErrorRow(text.text, ahead[0], ahead[1], text.line)


def _columns(table: Table) -> dict[Column, int]:
    columns: dict[Column, int] = {}
    for at, head in enumerate(table.head):
        column = column_of(head)
        if column is not None:
            columns.setdefault(column, at)
    if "name" in columns and "type" not in columns:
        free = (at for at in range(len(table.head)) if at not in columns.values())
        for at in [each for each in free if _holds_types(table, each)][:1]:
            columns["type"] = at
    return columns


def _holds_types(table: Table, at: int) -> bool:
    cells = [cells[at] for _, cells in table.rows if at < len(cells)]
    return bool(cells) and all(_FLAT_TYPE.fullmatch(cell) for cell in cells)


def _table_rows(table: Table, label: str) -> Iterator[Row]:
    columns = _columns(table)
    if "status" in columns or "code" in columns or not columns.keys() & {"name", "type"}:
        return
    for line, cells in table.rows:
        cell = {column: cells[at] if at < len(cells) else "" for column, at in columns.items()}
        if "name" not in cell:  # one column for both
            found = _NAME_AND_TYPE.fullmatch(cell["type"])
            cell["name"], cell["type"] = (found[1], found[2]) if found else (cell["type"], "")
        yield Row(
            name=cell["name"],
            type=cell.get("type", ""),
            required=_is_required(cell),
            description=cell.get("description", ""),
            example=cell.get("example", ""),
            line=line,
            place=cell.get("place", ""),
            label=label,
            table=table.line,
            unread=cell.get("required", "") if _is_required(cell) is None else "",
        )


def _is_required(cell: Mapping[Column, str]) -> bool | None:
    optional = yes_or_no(cell.get("optional", ""))
    return yes_or_no(cell.get("required", "")) if optional is None else not optional


def _error_rows(table: Table, *, in_section: bool) -> Iterator[ErrorRow]:
    columns = _columns(table)
    if not columns.keys() & {"status", "code"} or not (in_section or columns.keys() >= {"status", "code"}):
        return
    above: Sequence[str] = ()
    for line, printed in table.rows:
        missing = len(table.head) - len(printed)  # a cell that spans several rows is printed in the first of them
        cells = above = (*above[:missing], *printed) if 0 < missing <= len(above) else printed
        status, code, message = (_cell(cells, columns.get(column)) for column in ("status", "code", "message"))
        both = None if "code" in columns else _LISTED_ERROR.fullmatch(status)  # one column for both
        yield ErrorRow(*((both[1], both[2]) if both else (status, code)), message, line)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _flat_rows(texts: Sequence[Text]) -> Iterator[Row]:
    """Read tables whose cells stand one a line: a row is known by the type in it, which stands behind its name."""
    columns, body = _flat_head(texts)
    anchors = [at for at, text in enumerate(body) if _is_type(text)]
    for at, ahead in pairwise([*anchors, len(body)]):
        name = body[at - 1].text if _is_named(body, anchors, at) else ""
        end = ahead - 1 if ahead < len(body) and _is_named(body, anchors, ahead) else ahead
        yield _flat_row(name, body[at], [text for text in body[at + 1 : end] if text.kind != "item"], columns)


def _flat_head(texts: Sequence[Text]) -> tuple[tuple[Column, ...], Sequence[Text]]:
    """Return the columns of a flat table and what follows its head."""
    for start in range(len(texts)):
        if columns := flat_head(texts, start):
            return columns, texts[start + len(columns) :]
    return (), ()


def _is_type(text: Text) -> bool:
    return text.kind == "paragraph" and _FLAT_TYPE.fullmatch(text.text) is not None


def _is_named(body: Sequence[Text], anchors: Sequence[int], at: int) -> bool:
    """Tell whether the cell before a type is the row's name, and not the end of the row before."""
    if not at or not _NAME.fullmatch(body[at - 1].text):
        return False
    before = [anchor for anchor in anchors if anchor < at]
    return not before or at - 1 > before[-1]


def _flat_row(name: str, kind: Text, cells: Sequence[Text], columns: Sequence[Column]) -> Row:
    required = None
    if "required" in columns and cells and (required := yes_or_no(cells[0].text)) is not None:
        cells = cells[1:]
    description = cells[0].text if cells else ""
    return Row(
        name=name,
        type=kind.text,
        required=required,
        description=description,
        example=cells[-1].text if len(cells) > 1 else "",
        line=kind.line,
        place="",
        label="",
        table=0,
    )
