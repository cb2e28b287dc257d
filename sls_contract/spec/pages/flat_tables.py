"""Tables that lost their marks: a cell a line, a row a line, or an item a row."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.spec.pages.blocks import Table, Text
from sls_contract.spec.pages.columns import column_of, columns_of, flat_head, json_type, json_type_near, yes_or_no
from sls_contract.spec.pages.tables import NAME, TYPE_CELL, Row, is_name_cell, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.spec.pages.columns import Column
    from sls_contract.spec.pages.sections import Placed

_LISTED_ROW = re.compile(
    r"([A-Za-z_][\w.-]*)\s*(?:[(（]([^()（）]+)[)）]\s*[:：]?|(?:[:：]|[—–-]+(?=\s))\s*([^.。]+)(?:[.。]|$))\s*(.*)",
    re.DOTALL,
)
_PLACE = re.compile(r"path|query|headers?|body|host|路径|查询|请求头|请求体", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*\|\s*|\s*\t\s*| {2,}")
"""What stands between the cells of a row in one line; where none does, single blanks do."""
_OF_TWO_WORDS = re.compile(r"\b(json) (?=array|object)|\b(array|list) (of) (?=\w)|(\w) (?=<)", re.IGNORECASE)
_ARTICLE = re.compile(r"an?|the|th[ei]se?|any|each|one|no", re.IGNORECASE)
_TYPE = re.compile(rf"json|(?:json )?(?:{TYPE_CELL.pattern})|(?:array|list) of \w+", re.IGNORECASE)
_GLUED = (
    re.compile(rf"(\W*(?:[A-Za-z_][\w.-]*?\w)??)({TYPE_CELL.pattern})(yes|no|是|否)?", re.IGNORECASE),
    re.compile(r"(\W*[a-z]\w*?)([A-Z]\w*)(Yes|No|是|否)"),  # a structure's name
)
"""Name, type and whether it is required, with nothing between."""
_LAST = frozenset({"description", "example"})
"""Columns whose cells may hold any words: where single blanks stand between cells, the first of them takes the rest."""
_LEAST_CELLS, _MOST_CELLS = 3, 12
_LONGEST_TYPE = 20
_NO_BLANK = "\u00a0"


class _Flat(NamedTuple):
    """A table without marks: the line of its head, the words before it, its columns, and what follows its head.

    ``glued``: nothing stands between its cells.
    """

    line: int
    label: str
    columns: tuple[Column, ...]
    body: Sequence[Text]
    glued: bool


def rows(parts: Iterable[Placed], *roles: str) -> list[Row]:
    """Return the rows of parameters or elements in some sections that stand in no table."""
    texts = [part.block for part in parts if part.role in roles and isinstance(part.block, Text)]
    return [
        *(row for flat in _tables(texts) for row in table_rows(_with_marks(flat), flat.label)),
        *_listed_rows(texts),
    ]


def _tables(texts: Sequence[Text]) -> Iterator[_Flat]:
    """Split words at the heads of tables."""
    heads = [(at, *head) for at in range(len(texts)) if (head := _head(texts, at))]
    heads = [head for above, head in pairwise([(-1, (), 0), *heads]) if above[0] + above[2] <= head[0]]
    ends = [at for at, *_ in heads[1:]] + [len(texts)]
    for (at, columns, length), end in zip(heads, ends, strict=True) if heads else ():
        label = texts[at - 1].text if at else ""
        glued = length == 1 and len(_cells(texts[at].text)) == 1
        yield _Flat(texts[at].line, label, columns, texts[at + length : end], glued)


def _head(texts: Sequence[Text], at: int) -> tuple[tuple[Column, ...], int] | None:
    """Return the columns of a head that begins here, and how many lines it takes; None where none does."""
    if columns := flat_head(texts, at):
        return columns, len(columns)
    columns = columns_in(texts[at].text) or columns_of(texts[at].text)
    return (columns, 1) if "type" in columns else None


def columns_in(line: str) -> tuple[Column, ...]:
    """Return the columns of a head in one line; empty where the line is none."""
    columns: list[Column | None] = []
    for cell in _cells(line):
        column = column_of(cell)
        if column not in columns[-1:]:
            columns.append(column)
    told = tuple(column for column in columns if column)
    is_head = len(told) == len(columns) == len(set(told)) >= _LEAST_CELLS and "type" in told
    return told if is_head else ()


def begins_table(line: str) -> bool:
    """Return whether a line begins with the head of a table, though its cells or rows may not stand apart."""
    if columns_of(line):
        return True
    cells = _cells(line)[:_MOST_CELLS]
    return any(columns_in(" ".join(cells[:length])) for length in range(_LEAST_CELLS, len(cells)))


def _cells(line: str) -> list[str]:
    """Return the cells of a row that stands in one line; types of two words are one."""
    if _BETWEEN.search(line):
        return _BETWEEN.split(line)
    return [cell.replace(_NO_BLANK, " ") for cell in _OF_TWO_WORDS.sub(_joined, line).split(" ") if cell]


def _joined(found: re.Match[str]) -> str:
    return found[0].replace(" ", _NO_BLANK)


def _with_marks(flat: _Flat) -> Table:
    """Return a table with its cells in columns, as if it had its marks."""
    lines = [(at, cells) for at, text in enumerate(flat.body) if (cells := _row_in(text, flat))]
    rows = [
        (
            flat.body[at].line,
            cells | ({} if "description" in cells else _description(flat.body[at + 1 : end], flat.columns)),
        )
        for (at, cells), (end, _) in pairwise([*lines, (len(flat.body), {})])
    ]
    heads = tuple("position" if column == "place" else column for column in flat.columns)
    printed = ((line, tuple(row.get(column, "") for column in flat.columns)) for line, row in rows or _by_type(flat))
    return Table(heads, tuple(printed), flat.line)


def _description(below: Sequence[Text], columns: Sequence[Column]) -> dict[Column, str]:
    """Return the words below a row: the first line, or the second where an example is the first, and the list."""
    words = [text.text for text in below if text.kind != "item"]
    has_example = len(words) > 1 and "example" in columns[: [*columns, "description"].index("description")]
    listed = (f"- {text.text}" for text in below if text.kind == "item")
    return {"description": "\n".join([*words[has_example:][:1], *listed])}


def _row_in(text: Text, flat: _Flat) -> dict[Column, str]:
    """Read a row that stands in one line, empty where it is none; a cell that its column cannot hold is the next's."""
    cells, columns = _cells(text.text) if text.kind == "paragraph" else [], flat.columns
    if flat.glued and len(cells) == 1:
        glued = next(filter(None, (form.fullmatch(cells[0]) for form in _GLUED)), None)
        if glued is None:
            return {}
        required = (glued[3] or cells[0]) if "required" in columns else ""
        return {"name": glued[1], "type": glued[2], "required": required}
    if len(cells) == 1:
        return {}
    spread = _BETWEEN.search(text.text) is not None
    found: dict[Column, str] = {}
    for column in columns:
        if cells and _fits(column, cells[0], spread=spread):
            found[column] = cells.pop(0) if spread or column not in _LAST else " ".join(cells)
    told = [column for column in ("required", "place") if column in columns]
    sure = any(column in found for column in told) if told else not _ARTICLE.fullmatch(found.get("name", ""))
    sure = spread or sure
    return found if sure and ("name" in found or _TYPE.fullmatch(found.get("type", ""))) and "type" in found else {}


def _fits(column: Column, cell: str, *, spread: bool) -> bool:
    """Return whether a column may hold a cell; ``spread``: more than a blank stands between the cells."""
    if column == "type":
        word = spread and (NAME.fullmatch(cell) or (json_type(cell) and len(cell) <= _LONGEST_TYPE))
        return bool(_TYPE.fullmatch(cell) or word)
    if column == "required":
        return yes_or_no(cell) is not None
    if column == "place":
        return _PLACE.fullmatch(cell) is not None
    return column != "name" or (is_name_cell(cell) and not _TYPE.fullmatch(cell))


def _is_type(cell: str) -> bool:
    """Return whether a cell is a type, or is one but for a letter."""
    return _TYPE.fullmatch(cell) is not None or json_type_near(cell) is not None


def _by_type(flat: _Flat) -> Iterator[tuple[int, dict[Column, str]]]:
    """Read rows whose cells stand one a line: a row is known by the type in it, which stands behind its name."""
    body = flat.body
    anchors = [at for at, text in enumerate(body) if text.kind == "paragraph" and _is_type(text.text)]
    for at, ahead in pairwise([*anchors, len(body)]):
        end = ahead - 1 if ahead < len(body) and _is_named(body, anchors, ahead) else ahead
        row: dict[Column, str] = {"name": body[at - 1].text} if _is_named(body, anchors, at) else {}
        below = body[at + 1 : end]
        for column in (column for column in flat.columns if column in {"required", "place"}):
            if below and _fits(column, below[0].text, spread=True):
                row[column], below = below[0].text, below[1:]
        yield body[at].line, row | {"type": body[at].text} | _description(below, flat.columns)


def _is_named(body: Sequence[Text], anchors: Sequence[int], at: int) -> bool:
    """Return whether the cell before a type is the row's name, and not the end of the row before."""
    if not at or not is_name_cell(body[at - 1].text):
        return False
    before = [anchor for anchor in anchors if anchor < at]
    return not before or at - 1 > before[-1]


def _listed_rows(texts: Iterable[Text]) -> Iterator[Row]:
    """Read parameters that stand one an item, or one a line: ``name (type, required): words``; each list is a table."""
    around: list[tuple[int, str]] = []
    label, first = "", 0
    for text in texts:
        found = _LISTED_ROW.fullmatch(text.text) if text.kind in {"item", "paragraph"} else None
        found = found if found and (text.kind == "item" or found[2]) else None
        kind, *said = re.split(r"\s*[,，、;；]\s*", found[2] or found[3]) if found else ("",)
        if found and _is_type(kind):
            first = first or text.line
            required = next((answer for each in said if (answer := yes_or_no(each)) is not None), None)
            around = [(depth, name) for depth, name in around if depth < text.depth]
            parent = around[-1][1] if around else ""
            yield Row(found[1], kind, required, found[4], text.line, "", label, first, parent=parent)
            around.append((text.depth, found[1]))
        elif text.kind != "item":
            label, first, around = text.text, 0, []
