"""Reads records: a parameter or an error whose columns are labelled, ``Name: value``, on a line each or on one line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.spec.pages.blocks import Table
from sls_contract.spec.pages.cleaning import INDENT
from sls_contract.spec.pages.columns import column_of
from sls_contract.spec.pages.table_columns import MAX_HEAD, NAME_AND_TYPE, TYPE_CELL, is_name_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.pages.blocks import Text
    from sls_contract.spec.pages.columns import Column

_FIELD = re.compile(rf"([^:：]{{1,{MAX_HEAD}}})[:：]\s*(.*)", re.DOTALL)


class _Record(NamedTuple):
    """The cells of a record by column, its lines, and the depth of its name in a list."""

    cells: dict[Column, str]
    lines: list[int]
    depth: int


def record_table(texts: Sequence[Text], subject: Column, needed: Column) -> Table | None:
    """Return the records in some text as a table; None if there are none.

    Args:
        texts: in order.
        subject: the column that an item or heading without a label belongs to.
        needed: a column that each record has, beside the subject.

    """
    records = _records(texts, subject, needed)
    if subject == "name":
        names = marked([(each.depth, each.cells["name"]) for each in records])
        records = [each._replace(cells={**each.cells, "name": name}) for each, name in zip(records, names, strict=True)]
    return table_of([(each.lines[0], each.cells) for each in records])


def table_of(rows: Sequence[tuple[int, Mapping[Column, str]]]) -> Table | None:
    """Return rows of labelled cells as a table; None if there are none."""
    columns = tuple(dict.fromkeys(column for _, cells in rows for column in cells))
    heads = tuple("position" if column == "place" else column for column in columns)
    printed = tuple((line, tuple(cells.get(column, "") for column in columns)) for line, cells in rows)
    return Table(heads, printed, printed[0][0]) if printed else None


def marked(names: Iterable[tuple[int, str]]) -> Iterator[str]:
    """Yield each name with a mark for each name around it in a list, by their depths."""
    around: list[int] = []
    for depth, name in names:
        around = [each for each in around if each < depth]
        yield INDENT * len(around) + name
        around.append(depth)


def record_lines(texts: Sequence[Text], subject: Column, needed: Column) -> set[int]:
    """Return the lines of the records in some text."""
    return {line for each in _records(texts, subject, needed) for line in each.lines}


def _records(texts: Sequence[Text], subject: Column, needed: Column) -> list[_Record]:
    """Return each record: a repeated column, or a name with deeper items or lines below it, begins the next one."""
    records = [_Record({}, [], -1)]
    for text in texts:
        fields = labelled(text.text)
        is_subject = not fields and text.kind != "paragraph" and is_name_cell(text.text)
        if not fields or fields.keys() & records[-1].cells.keys():
            records.append(_Record({}, [], text.depth if is_subject and text.kind == "item" else -1))
        record = records[-1]
        if is_subject or (fields and text.depth > record.depth):
            record.cells.update({subject: text.text} if is_subject else fields)
            record.lines.append(text.line)
    return [each for each in records if each.cells.keys() >= {subject, needed}]


def labelled(text: str) -> dict[Column, str]:
    """Return the labelled columns on a line; empty if it contains other text."""
    found = [_FIELD.fullmatch(each) for each in re.split(r"[;；]\s*", text.rstrip(";；"))]
    fields = {
        column: each[2] for each in found if each and not _is_parameter(each[1]) and (column := column_of(each[1]))
    }
    return fields if len(fields) == len(found) else {}


def _is_parameter(label: str) -> bool:
    """Return whether a label is a name with its type, ``keys (object, optional)``, and not the name of a column."""
    found = NAME_AND_TYPE.fullmatch(label.strip())
    return found is not None and TYPE_CELL.fullmatch(re.split(r"\s*[,，、;；]", found[2])[0]) is not None
