"""Reads tables that lost their markup: a cell per line, a row per line, or an item per row."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.spec.pages.blocks import Table, Text
from sls_contract.spec.pages.columns import column_of, columns_of, flat_head, json_type, yes_or_no
from sls_contract.spec.pages.listed_rows import PLACE, TYPE, is_type, listed_row
from sls_contract.spec.pages.one_line_tables import holds_another_row, rows_on_one_line
from sls_contract.spec.pages.records import labelled, marked, record_lines, record_table, table_of
from sls_contract.spec.pages.table_columns import NAME, TYPE_CELL, is_name_cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.pages.columns import Column
    from sls_contract.spec.pages.sections import Placed

_BETWEEN = re.compile(r"\s*\|\s*|\s*\t\s*|(?<![- ]) {2,}")
"""The separator between cells of a row on a single line; without it, single blanks separate them."""
_BLANKS = re.compile(r" {2,}")
_OF_TWO_WORDS = re.compile(r"\b(json) (?=array|object)|\b(array|list) (of) (?=\w)|(\w) (?=<)", re.IGNORECASE)
_ARTICLE = re.compile(r"an?|the|th[ei]se?|any|each|one|no", re.IGNORECASE)
_GLUED_PLACE = r"path|query|header|body|host"
_GLUED = (
    re.compile(rf"(\W*(?:[A-Za-z_][\w.-]*?\w)??)({TYPE_CELL.pattern})()(yes|no|是|否)?", re.IGNORECASE),
    re.compile(r"(\W*[a-z]\w*?)([A-Z]\w*)()(Yes|No|是|否)"),  # a structure's name
)
"""Name, type and whether it is required, without separators."""
_GLUED_WITH_PLACE = (
    re.compile(
        rf"(\W*(?:[A-Za-z_][\w.-]*?\w)??)({TYPE_CELL.pattern}|Array of \w+?)({_GLUED_PLACE})(yes|no|是|否)?(.*)",
        re.IGNORECASE,
    ),
)
"""The same with a place before whether it is required, and an example after it."""
_CAPITALIZED = (
    "Array of (?:String|Integer|Long|Object)|String(?: [Aa]rray)?|(?:J(?:son|SON) )?(?:[Oo]bject|[Aa]rray)"
    "|Integer|Long|Boolean|Float|Double|List|Map|J(?:son|SON)"
)
_GLUED_TO_REST = (
    re.compile(rf"(\W*[A-Za-z_][\w.-]*?)({TYPE_CELL.pattern}|{_CAPITALIZED})()((?-i:Yes|No)|是|否)(.*)", re.IGNORECASE),
)
"""The same with any text after whether it is required."""
_GLUED_TO_EXAMPLE = (
    re.compile(rf"(\W*[A-Za-z_][\w.-]*?)({_CAPITALIZED})()()((?!{_CAPITALIZED}).*)"),
    re.compile(r"()(Object|Array)()()()"),
)
"""The same with an example right after the type, which only its capital separates."""
_ROW_START = re.compile(
    rf"\s+(?=[A-Za-z_][\w.-]*\s+(?:{TYPE_CELL.pattern}|{_CAPITALIZED})\s+(?:Yes|No|是|否)\s)", re.IGNORECASE
)
"""Before a row on a line with others, which its type and whether it is required identify."""
_FREE_TEXT = frozenset({"description", "example"})
"""Columns with arbitrary text; if single blanks separate cells, the first of these columns gets the rest of the row."""
_OF_ERRORS = frozenset({"status", "code", "message"})
_JOINED = re.compile(r"([a-z_][\w.-]*) ([A-Z]\w*[a-z]\w*)", re.ASCII)
_CAMEL = re.compile(r"\w*(?:[a-z][A-Z]|[A-Z]{2}[a-z])\w*", re.ASCII)
_VALUES = (["true"], ["false"])
"""The rest of a row that is its example: a word for whether it is required does not stand alone before one."""
_MIN_CELLS, _MAX_CELLS = 3, 12
_MAX_TYPE = 20
_NO_BLANK = "\u00a0"
_LABELLED = re.compile(r"(.+[:：])\s*(.+)")
"""A label and the head of its table."""


class _Flat(NamedTuple):
    """A table without markup: the line of its head, the text before it, its columns, and the text after its head.

    ``glued``: its cells have no separators.
    """

    line: int
    label: str
    columns: tuple[Column, ...]
    body: Sequence[Text]
    glued: bool


def tables(parts: Iterable[Placed], *roles: str) -> Iterator[tuple[Table, str]]:
    """Yield the tables of parameters or elements in some sections that lost their markup, each with the text before."""
    texts = [(part.block, part.label) for part in parts if part.role in roles and isinstance(part.block, Text)]
    lines = record_lines([text for text, _ in texts], "name", "type")
    if records := record_table([text for text, _ in texts], "name", "type"):
        yield records, texts[0][1]
    rest = [(text, label) for text, label in texts if text.line not in lines]
    headed = [*_tables([line for text, _ in rest for line in _unfolded(text)])]
    yield from ((_with_markup(flat), flat.label) for flat in headed)
    yield from _lists(rest, headless=not headed)


def lines_below_heads(texts: Sequence[Text]) -> set[int]:
    """Return the lines of text below the heads of tables that lost their markup; a number alone is an example there."""
    return {text.line for flat in _tables(texts) for text in flat.body}


def has_examples(texts: Sequence[Text], line: int) -> bool:
    """Return whether the last table above a line lost its markup and has a column of examples."""
    heads = [flat.columns for flat in _tables(texts) if flat.line < line]
    return bool(heads) and "example" in heads[-1]


def _unfolded(text: Text) -> Iterator[Text]:
    """Yield the head and the rows of a table of parameters on one line; another text is yielded as it is."""
    first, *rows = _ROW_START.split(text.text)
    labelled = _LABELLED.fullmatch(first)
    label, head = labelled.groups() if labelled and columns_in(labelled[2]) else ("", first)
    is_table = columns_of(head) or label or _ROW_START.match(f" {head}")
    is_whole = is_table and not any(map(holds_another_row, rows))
    lines = [label, head, *rows] if rows and is_whole else rows_on_one_line(text.text, columns_in)
    yield from (replace(text, text=each) for each in lines if each) if lines else (text,)


def _tables(texts: Sequence[Text]) -> Iterator[_Flat]:
    """Split text at the heads of tables."""
    heads = [(at, *head) for at in range(len(texts)) if (head := _head(texts, at))]
    heads = [head for above, head in pairwise([(-1, (), 0), *heads]) if above[0] + above[2] <= head[0]]
    ends = [at for at, *_ in heads[1:]] + [len(texts)]
    for (at, columns, length), end in zip(heads, ends, strict=True) if heads else ():
        label = texts[at - 1].text if at else ""
        glued = length == 1 and len(_cells(texts[at].text)) == 1
        yield _Flat(texts[at].line, label, columns, texts[at + length : end], glued)


def _head(texts: Sequence[Text], at: int) -> tuple[tuple[Column, ...], int] | None:
    """Return the columns of a head that begins here, and its number of lines; None if there is none."""
    if columns := flat_head(texts, at):
        return columns, len(columns)
    columns = columns_in(texts[at].text) or columns_of(texts[at].text)
    return (columns, 1) if "type" in columns else None


def columns_in(line: str) -> tuple[Column, ...]:
    """Return the columns of a head on a single line; empty if the line is not a head."""
    columns: list[Column | None] = []
    for cell in _cells(line):
        column = column_of(cell)
        if column not in columns[-1:]:
            columns.append(column)
    known = tuple(column for column in columns if column)
    is_head = len(known) == len(columns) == len(set(known)) >= _MIN_CELLS and "type" in known
    return known if is_head else ()


def begins_table(line: str) -> bool:
    """Return whether a line begins with the head of a table, even if its cells or rows are not separated."""
    if columns_of(line):
        return True
    cells = _cells(line)[:_MAX_CELLS]
    return any(columns_in(" ".join(cells[:length])) for length in range(_MIN_CELLS, len(cells)))


def is_row(line: str) -> bool:
    """Return whether a line begins with a name and a type, like a row that lost its markup."""
    words = line.replace("*", "")
    starts = ([*_cells(each), "", ""][:2] for each in (words, _BLANKS.sub(" ", words)))
    return any(
        is_name_cell(name) and not _ARTICLE.fullmatch(name) and TYPE_CELL.fullmatch(kind) for name, kind in starts
    )


def is_cell(line: str) -> bool:
    """Return whether a line is a row, or a cell of one; JSON below it is an example in that row."""
    return TYPE_CELL.fullmatch(line) is not None or yes_or_no(line) is not None or is_row(line)


def _cells(line: str) -> list[str]:
    """Return the cells of a row on a single line; a type of two words is a single cell."""
    if _BETWEEN.search(line):
        return _BETWEEN.split(line)
    joined = _OF_TWO_WORDS.sub(lambda found: found[0].replace(" ", _NO_BLANK), line)
    return [cell.replace(_NO_BLANK, " ") for cell in joined.split(" ") if cell]


def _with_markup(flat: _Flat) -> Table:
    """Return a table with its cells in columns."""
    lines: list[tuple[int, dict[Column, str]]] = []
    end = flat.line  # of the head and the rows in the lines below it
    for at, text in enumerate(flat.body):
        is_next = text.line == end + 1
        if cells := _row_in(text, flat, is_next=is_next) or _row_of_words(text, flat, is_next=is_next):
            lines.append((at, cells))
            end = text.line
    between = [text for (at, _), (end, _) in pairwise(lines) for text in flat.body[at + 1 : end]]
    is_below = any(text.kind == "paragraph" for text in between)  # then, what ends a row is its example only
    rows = [
        (
            flat.body[at].line,
            cells
            if "description" in cells and not (is_below and cells["description"] == cells.get("example"))
            else cells | _description(flat.body[at + 1 : end], flat.columns, cells),
        )
        for (at, cells), (end, _) in pairwise([*lines, (len(flat.body), {})])
    ]
    heads = tuple("position" if column == "place" else column for column in flat.columns)
    printed = (
        (line, tuple(row.get(column, "") for column in flat.columns)) for line, row in rows or _rows_by_type(flat)
    )
    return Table(heads, tuple(printed), flat.line)


def _description(below: Sequence[Text], columns: Sequence[Column], row: Mapping[Column, str]) -> dict[Column, str]:
    """Return the text below a row: its first line, or the second if the first is an example, and its list items."""
    words = [text.text for text in below if text.kind != "item"]
    before = columns[: [*columns, "description"].index("description")]
    has_example = len(words) > 1 and "example" in before and "example" not in row
    listed = (f"- {text.text}" for text in below if text.kind == "item")
    return {"description": "\n".join([*words[has_example:][:1], *listed])}


def _row_in(text: Text, flat: _Flat, *, is_next: bool) -> dict[Column, str]:
    """Read a row on a single line, or return nothing; a cell that a column cannot contain belongs to the next one.

    ``is_next``: the line above is the head or a row, so this one needs no mark of whether it is required to be a row.
    """
    cells, columns = _cells(text.text) if text.kind == "paragraph" else [], flat.columns
    if flat.glued and cells:
        return _glued_row(text.text, columns)
    if len(cells) == 1:
        return {}
    spread = _BETWEEN.search(text.text) is not None
    proofs = [column for column in ("required", "place") if column in columns]
    found: dict[Column, str] = {}
    for column, after in pairwise([*columns, "description"]):
        is_structure = column == "type" and after in proofs and len(cells) > 1 and cells[0][:1].isupper()
        is_example = column == "required" and after == "example" and [*map(str.lower, cells)] in _VALUES
        if (
            cells
            and not is_example
            and (_fits(column, cells[0], spread=spread) or (is_structure and _fits(after, cells[1], spread=spread)))
        ):
            found[column] = cells.pop(0) if spread or column not in _FREE_TEXT else " ".join(cells)
    sure = [column in found for column in proofs] or [not _ARTICLE.fullmatch(found.get("name", ""))]
    is_type = TYPE.fullmatch(found.get("type", "")) is not None
    is_row = "type" in found and ("name" in found or is_type)
    if is_row and is_next and is_type and "required" in columns:
        found.setdefault("required", text.text)  # it is lost
        return found
    is_sure = any(sure) if is_type or (_CAMEL.fullmatch(found.get("type", "")) and "place" in found) else all(sure)
    if is_row and not spread and "place" in found and "required" in columns:
        found.setdefault("required", text.text)  # it is lost
    return found if is_row and (spread or is_sure) else {}


def _glued_row(line: str, columns: Sequence[Column]) -> dict[Column, str]:
    """Read a row whose cells have no separators, or return nothing; what ends it can be its example or description."""
    is_required = "required" in columns
    forms: tuple[re.Pattern[str], ...] = (*_GLUED, *_GLUED_TO_REST)
    if "place" in columns:
        forms = _GLUED_WITH_PLACE
    elif columns[2:3] == ("example",) and not is_required:
        forms = _GLUED_TO_EXAMPLE
    found = next(filter(None, (form.fullmatch(line) for form in forms)), None)
    if found is None:
        return _named_after_type(line)
    name, kind, place, required, *rest = found.groups()
    row: dict[Column, str] = {"name": name, "type": kind, "place": place}
    row["required"] = (required or line) if is_required else ""
    for text in rest:
        row["example"] = text
        if text:
            row["description"] = text
    return row


def _row_of_words(text: Text, flat: _Flat, *, is_next: bool) -> dict[Column, str]:
    """Read a row in which more than a blank separates some words, and a blank others."""
    words = _BLANKS.sub(" ", text.text)
    return _row_in(replace(text, text=words), flat, is_next=is_next) if words != text.text else {}


def _named_after_type(line: str) -> dict[Column, str]:
    """Split a name from its type, a structure, if both are the same words: ``encrypt_confEncryptConf``."""
    capitals = (at for at in range(1, len(line)) if line[at].isupper())
    at = next((at for at in capitals if line[:at].replace("_", "").lower() == line[at:].lower()), None)
    return {"name": line[:at], "type": line[at:]} if at else {}


def _fits(column: Column, cell: str, *, spread: bool) -> bool:
    """Return whether a cell is valid in a column; ``spread``: more than a blank separates the cells."""
    if column == "type":
        word = spread and (NAME.fullmatch(cell) or (json_type(cell) and len(cell) <= _MAX_TYPE))
        return bool(TYPE.fullmatch(cell) or word)
    if column == "required":
        return yes_or_no(cell) is not None
    if column == "place":
        return PLACE.fullmatch(cell) is not None
    return column != "name" or (is_name_cell(cell) and not TYPE.fullmatch(cell))


def _rows_by_type(flat: _Flat) -> Iterator[tuple[int, dict[Column, str]]]:
    """Read rows with a cell per line; the type, which follows the name, identifies a row."""
    body = flat.body
    yes_no = {at for at, text in enumerate(body, 1) if yes_or_no(text.text) is not None}  # below them, JSON is a value
    joined = {at: found for at in range(len(body)) if (found := _joined(body, at))}
    anchors = [
        at
        for at, text in enumerate(body)
        if text.kind == "paragraph"
        and (
            (is_type(text.text) and not (text.text == "JSON" and at in yes_no))
            or (_is_structure(body, at) or at in joined)
        )
    ]
    named = {at: body[at - 1].text for at in anchors if at not in joined and _is_named(body, anchors, at)}
    for at, following in pairwise([*anchors, len(body)]):
        end = following - 1 if following in named else following
        name, kind = joined.get(at) or (named.get(at), body[at].text)
        row: dict[Column, str] = {"name": name} if name else {}
        below = body[at + 1 : end]
        for column in (column for column in flat.columns if column in {"required", "place"}):
            if below and _fits(column, below[0].text, spread=True):
                row[column], below = below[0].text, below[1:]
        yield body[at].line, row | {"type": kind} | _description(below, flat.columns, row)


def _joined(body: Sequence[Text], at: int) -> tuple[str, str] | None:
    """Return the name and the type, a structure, that one line has because the type is a link; None for other text."""
    above, line, below = ("" if not 0 <= each < len(body) else body[each].text for each in (at - 1, at, at + 1))
    found = _JOINED.fullmatch(line) if body[at].kind == "paragraph" else None
    if not found or is_type(found[1]) or is_type(above) or yes_or_no(found[2]) is not None:
        return None
    is_structure = _CAMEL.fullmatch(found[2]) or found[1].lower() == found[2].lower()
    is_row = yes_or_no(below) is not None or (is_structure and yes_or_no(above) is None)
    return (found[1], found[2]) if is_row else None


def _is_structure(body: Sequence[Text], at: int) -> bool:
    """Return whether a cell is the name of a structure: a word with a capital that is a link, or before a yes or no."""
    above, cell, below = [*(text.text for text in body[max(at - 1, 0) : at + 2]), "", ""][:3]
    is_between = is_name_cell(above) and not is_type(above) and yes_or_no(below) is not None and yes_or_no(cell) is None
    return (is_between or body[at].linked) and NAME.fullmatch(cell) is not None and cell[:1].isupper()


def _is_named(body: Sequence[Text], anchors: Sequence[int], at: int) -> bool:
    """Return whether the cell before a type is the row's name, and not the last cell of the previous row."""
    if not at or not is_name_cell(body[at - 1].text):
        return False
    before = [anchor for anchor in anchors if anchor < at]
    return not before or at - 1 > before[-1]


def _lists(texts: Iterable[tuple[Text, str]], *, headless: bool) -> Iterator[tuple[Table, str]]:
    """Read lists with a parameter per item or line, ``name (type, required): description``, with the text before each.

    Labelled columns below a parameter, such as ``Default: 5``, are part of its row. ``headless``: no line is the head
    of a table, so a line with separators between its cells can be a row, too.
    """
    rows: list[tuple[Text, dict[Column, str]]] = []
    label = above = next_label = ""
    for text, before in texts:
        cells = listed_row(text) or (_spread_row(text) if headless else {})
        if before != above:  # the heading of another section
            yield from _list(rows, label)
            label, rows, next_label = before, [], ""
        above = text.text
        fields = _columns_below(text.text) if rows else {}
        if not (cells or fields) and text.kind != "item":
            if rows and not (next_label or rows[-1][1].get("description") or text.text.endswith((":", "："))):
                rows[-1][1]["description"] = text.text
            else:
                next_label = text.text
        if cells and next_label and not (rows and text.depth > rows[0][0].depth):  # a deeper item goes on with the list
            yield from _list(rows, label)
            label, rows = next_label, []
        if cells:
            next_label = ""
            rows.append((text, cells))
        elif rows and not next_label:
            rows[-1][1].update(fields | rows[-1][1])
    yield from _list(rows, label)


def _columns_below(text: str) -> dict[Column, str]:
    """Return the labelled columns of the parameter above a line; empty if the line is a description with a colon."""
    fields = labelled(text)
    is_description = any(column in _OF_ERRORS or (column == "default" and " " in fields[column]) for column in fields)
    return {} if is_description else fields


def _list(rows: Sequence[tuple[Text, dict[Column, str]]], label: str) -> Iterator[tuple[Table, str]]:
    names = marked((text.depth, cells["name"]) for text, cells in rows)
    marked_rows = [(text.line, cells | {"name": name}) for (text, cells), name in zip(rows, names, strict=True)]
    if table := table_of(marked_rows):
        yield table, label


def _spread_row(text: Text) -> dict[Column, str]:
    """Read a row without a head: a name, a type and further cells, with more than a blank between them."""
    name, kind, *rest = [*_BETWEEN.split(text.text), "", ""]
    if text.kind != "paragraph" or not rest[:-2] or not is_row(text.text):
        return {}
    required = rest[0] if yes_or_no(rest[0]) is not None else ""
    return {"name": name, "type": kind, "required": required, "description": " ".join(rest[bool(required) :]).strip()}
