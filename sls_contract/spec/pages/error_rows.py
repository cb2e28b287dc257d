"""Reads errors from tables in any section, and from lists in the section of errors."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from sls_contract.spec.pages.blocks import Code, Table, Text
from sls_contract.spec.pages.columns import HTTP, is_failure, status_of
from sls_contract.spec.pages.glued_errors import CODES, glued_error
from sls_contract.spec.pages.lenient_json import Unreadable, read_json
from sls_contract.spec.pages.records import record_lines, record_table
from sls_contract.spec.pages.stated_errors import stated_errors
from sls_contract.spec.pages.table_columns import (
    below_head,
    cell_at,
    cells_fit,
    columns_by_kind,
    find_by_cells,
    unquoted,
    untagged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sls_contract.spec.pages.columns import Column
    from sls_contract.spec.pages.sections import Placed

_LISTED_ERROR = re.compile(
    rf"{HTTP}(?P<status>[1-5]\d\d)\s*[\s:：,，/|-]\s*(?P<code>[A-Z][A-Za-z.]+)\s*"
    r"(?:[:：,，/|—–-]\s*(?P<message>[^|]*).*|[(（](?P<message5>[^()（）]*)[)）][.。]?)?"
    rf"|{HTTP}(?P<status1>[1-5]\d\d)\s+(?P<code1>[A-Z][a-z]+[A-Z][A-Za-z.]+)\s+(?![—–]|(?:if|when)\b)(?P<message1>.*)"
    rf"|(?P<code2>[A-Z][A-Za-z.]+)\s*[(（]\s*{HTTP}(?P<status2>[1-5]\d\d)\s*[)）]\s*[:：,，–—-]?\s*(?P<message2>.*)"
    rf"|(?P<code3>[A-Z][a-z]+[A-Z][A-Za-z.]+)\s*[\s:：,，/|–—-]\s*{HTTP}(?P<status3>[1-5]\d\d)\b"
    r"\s*[:：,，|–—-]?\s*(?P<message3>[^|]*).*"
    rf"|{HTTP}(?P<status4>[1-5]\d\d)\s*[(（]\s*(?P<code4>[A-Z][a-z]+[A-Z][A-Za-z.]+)\s*[)）]"
    r"\s*[:：,，–—-]?\s*(?P<message4>.*)",
    re.DOTALL,
)
_GAP = re.compile(r"\s{20}")  # the patterns around it would try each place in it
_CODED = re.compile(r"([A-Z][a-z]+[A-Z][A-Za-z.]+)\s*(?:(?:[:：,，]|[—–-]+(?=\s))\s*(.*))?", re.DOTALL)
"""An error below the status that it shares with others."""
_BETWEEN = re.compile(r"[,，、;；]\s*(?:and |or )?(?=[45]\d\d\s+[A-Z])")
"""The separator between errors on one line."""
_MAYBE_CODED = re.compile(r"[45]\d\d(?:[\])）】]|\s|$|(?=[A-Z]))|[A-Z][A-Za-z.]{3,}\s*[:：]")
_JOINED_HEAD = re.compile(r"(?i:[^.。]*(?:message|错误(?:消息|信息|提示))[)）]?\s*(?:description|描述|说明))\S*")
"""A head on a line, whose rows do not show where the message ends."""
_DESCRIPTION = re.compile(
    r"(?:\s+|(?<=\.))(?=The error (?:message|code) (?:that )?(?:is )?returned\b)"
    r"|(?<=\.)(?:\s+(?=[^.]*[\u4e00-\u9fff])|(?=[\u4e00-\u9fff]))"
)
"""Where the description begins in a row without separators: by its first words, or in Chinese after a sentence."""
_GLUED_SENTENCES = re.compile(r"[.!](?:[A-Z][a-z]|[\u4e00-\u9fff])")
"""The end of a message and the beginning of its description, without a blank between them."""
_ROW = re.compile(r"\s+(?=[45]\d\d\s+[A-Z][a-z]+[A-Z])")
"""The separator between the rows of a table on one line."""
_NO_MESSAGE = re.compile(
    r"\bsee\b|参见|参考|查看更多|error codes|错误码|^(?:none|empty|n/a|no body|无|空)[.。]?$", re.IGNORECASE
)
"""Text below an error that points to other pages, or says that there is none."""
_ABOVE = frozenset({"^^", "^", "〃", "″", "''", '"', "同上"})
"""Ditto marks, which repeat the cell above."""
_STATUS_CELL = re.compile(r"[1-5]\d\d")
_CODE_CELL = re.compile(r"[A-Z][A-Za-z]+(?:\.[A-Za-z]+)*")


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """A row of a table of errors, as printed.

    ``unread``: its message, if that does not end before the description; ``repeats``: whether its status is that of the
    row above, because its own cell is empty.
    """

    status: str
    code: str
    message: str
    line: int
    unread: str = ""
    repeats: bool = False

    @property
    def is_success(self) -> bool:
        """Whether a table of statuses lists a success here."""
        return self.status.startswith("2") and status_of(self.status) is not None


def rows(parts: Iterable[Placed]) -> list[ErrorRow]:
    """Return the rows of the tables of errors in any section, and of what the section of errors lists or states."""
    found: list[ErrorRow] = []
    texts: list[Text] = []
    for part in (part for part in parts if part.role != "elsewhere"):
        if isinstance(part.block, Table):
            in_section = part.role == "errors" or is_failure(status_of(part.label))
            found.extend(_error_rows(below_head(part.block), part.label, in_section=in_section))
        elif part.role == "errors" and isinstance(part.block, Text):
            texts.append(part.block)
        elif part.role == "errors" and isinstance(part.block, Code):
            found.extend(_error_rows(_json_table(part.block), part.label, in_section=False))
    labelled = [text for text in texts if not is_listed(text.text)]
    records = record_table(labelled, "code", "status")
    read = record_lines(labelled, "code", "status")
    recorded = {row.line: row for row in _error_rows(records, "", in_section=False)} if records else {}
    return [*found, *_listed_errors([text for text in texts if text.line not in read - {*recorded}], recorded)]


def lists_errors(table: Table) -> bool:
    """Return whether a table lists errors, by its head or by its cells."""
    return bool(_error_columns(below_head(table), in_section=False))


def _json_table(code: Code) -> Table:
    """Return a JSON array of objects as a table, whose head are their keys; another text is an empty table."""
    try:
        value, _ = read_json(code.text)
    except Unreadable:
        value = None
    errors = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    head = tuple(dict.fromkeys(key for each in errors for key in each))
    return Table(head, tuple((code.line, tuple(str(each.get(key, "")) for key in head)) for each in errors), code.line)


def _error_columns(table: Table, *, in_section: bool) -> dict[Column, int]:
    """Return the index of each kind of column in a table of errors; empty for another table."""
    columns = columns_by_kind(table)
    if "code" in columns and "status" not in columns and cells_fit(table, columns["code"], status_of):
        columns["status"] = columns.pop("code")
    if in_section:
        kept = {"status", "code", "message"} | ({"description"} if columns.keys() & {"status", "code"} else set())
        columns = {column: at for column, at in columns.items() if column in kept}
        find_by_cells(table, columns, "status", _STATUS_CELL.fullmatch)
        find_by_cells(table, columns, "code", _CODE_CELL.fullmatch)
    elif not columns.keys() >= {"status", "code"} and not _has_codes_in_words(table, columns):
        return {}
    if "code" in columns:
        find_by_cells(table, columns, "message", lambda cell: not cell.isdecimal())
    return columns if columns.keys() & {"status", "code"} else {}


def _has_codes_in_words(table: Table, columns: Mapping[Column, int]) -> bool:
    """Return whether the description of a status of an error begins with its code."""
    at = columns.get("status")
    failures = [cells for _, cells in table.rows if at is not None and is_failure(status_of(cell_at(cells, at)))]
    return any(_CODED.fullmatch(cell_at(cells, columns.get("description"))) for cells in failures)


def _error_rows(table: Table, label: str, *, in_section: bool) -> Iterator[ErrorRow]:
    """Read a table of errors; ``label``, the text before it, can contain the status of all rows."""
    columns = _error_columns(table, in_section=in_section)
    if not columns:
        return
    above: Sequence[str] = ()
    shared = re.fullmatch(rf"{HTTP}([1-5]\d\d)\b.*", label)
    last = shared[1] if shared and "status" not in columns else ""
    is_title = bool(last)
    for line, printed in table.rows:
        missing = len(table.head) - len(printed)  # a cell that spans several rows is only printed in the first
        is_first = columns.get("status") == 0 and status_of(cell_at(printed, 0)) is not None
        cells = (*above[:missing], *printed) if 0 < missing <= len(above) and not is_first else printed
        cells = tuple(above[at] if cell in _ABOVE and at < len(above) else cell for at, cell in enumerate(cells))
        above = cells
        status, code, message = (cell_at(cells, columns.get(column)) for column in ("status", "code", "message"))
        if "code" not in columns and (coded := _CODED.fullmatch(cell_at(cells, columns.get("description")))):
            code, message = coded[1], coded[2] or ""
        combined = status if not code else code if not status else ""  # a column for both
        unread = ""
        if both := _listed_error(combined):
            unread = both[2] if message else ""
            status, code, message = both[0], both[1], message or both[2]
        repeats = not (status or is_title)
        is_title = is_title and not status
        status = status or last
        last = status if "status" in columns or not both else last  # beside a code, it is of this row only
        if {*cells} == {status, ""} and status_of(status):
            is_title = True
            continue  # of the rows below it
        printed_status = status_of(status) or re.sub(rf"^{HTTP}", "", status, flags=re.IGNORECASE)
        for each, words in _by_code(code, message):
            name = untagged(unquoted(each).rstrip(" ."))
            yield ErrorRow(printed_status, name, unquoted(words), line, unread, repeats)


def _by_code(codes: str, messages: str) -> Iterator[tuple[str, str]]:
    """Yield each code of a cell, which can have a line for each, with its message; without one where lines differ."""
    each, words = codes.split("\n"), messages.split("\n")
    if len(each) == 1 or not all(map(_CODE_CELL.fullmatch, each)):
        yield codes, messages
    else:
        yield from zip(each, words if len(words) == len(each) else [""] * len(each), strict=True)


def _listed_errors(texts: Sequence[Text], recorded: Mapping[int, ErrorRow]) -> Iterator[ErrorRow]:
    """Read listed errors; a message can stand below its error, if such text stands below each of them.

    ``recorded``: the errors in records, by the first line of each.
    """
    listed = ((at, row) for at, row in _errors_by_line(texts) if row.line not in recorded)
    records = ((at, recorded[text.line]) for at, text in enumerate(texts) if text.line in recorded)
    found = sorted((*listed, *records), key=lambda each: each[0])
    below = [_words_below(texts[at + 1 : end]) for at, end in pairwise([*(at for at, _ in found), len(texts)])]
    bare = [words for (_, row), words in zip(found, below, strict=True) if not row.message and not row.unread]
    for (_, row), words in zip(found, below, strict=True):
        if row.message or row.unread or not words or not _CODE_CELL.fullmatch(row.code):
            yield row
        elif len(words) == 1 and all(bare):
            yield replace(row, message=words[0])
        else:
            yield replace(row, unread=words[0])


def _words_below(texts: Iterable[Text]) -> list[str]:
    """Return the lines of text up to the next heading that can be messages."""
    lines = takewhile(lambda text: text.kind in {"item", "paragraph"}, texts)
    return [text.text for text in lines if not _NO_MESSAGE.search(text.text)]


def _errors_by_line(texts: Sequence[Text]) -> Iterator[tuple[int, ErrorRow]]:
    """Read errors with a line per error, also below a status that they share, or a line per cell; with their index."""
    shared, joined, cells = "", False, 0
    for at, text in enumerate(texts):
        head, *on_line = _ROW.split(text.text)
        joined = joined or _JOINED_HEAD.fullmatch(head) is not None
        cells -= 1
        if text.kind in {"heading", "bold"} and (status := status_of(text.text)):
            shared = status
            continue
        below = [each.text for each in texts[at + 1 : at + 3]] + ["", ""]
        is_cell = text.kind == "paragraph" and _CODE_CELL.fullmatch(below[0])
        if (is_cell or _CODED.fullmatch(below[0])) and (status := status_of(text.text)):
            shared = status
            if is_cell:
                cells = 3
                yield at, ErrorRow(status, below[0], below[1], text.line)
        elif several := _errors_in(text.text, *(on_line if joined else ())):
            is_joined = joined and _spread(text.text) == text.text
            rows = (ErrorRow(*error, text.line) for error in several)
            glued = _GLUED_SENTENCES.search(text.text) and glued_error(text.text)
            yield from ((at, _without_description(row) if is_joined or glued else row) for row in rows)
        elif shared and cells <= 0 and text.kind in {"item", "paragraph"} and (coded := _CODED.fullmatch(text.text)):
            yield at, ErrorRow(shared, coded[1], coded[2] or "", text.line)
        elif _MAYBE_CODED.match(text.text.lstrip("[(（【")[: None if text.kind == "item" else 4]):
            yield at, ErrorRow(shared, text.text, "", text.line)  # listed as a problem


def _without_description(row: ErrorRow) -> ErrorRow:
    """Return a row whose message goes on with the description without it; unread if nothing shows where it begins."""
    message, *description = _DESCRIPTION.split(row.message, maxsplit=1)
    return replace(row, message=message) if description else replace(row, message="", unread=row.message)


def _errors_in(line: str, *rows: str) -> list[tuple[str, str, str]]:
    """Return status, code and message of the errors that a line lists, otherwise of those that its sentences state.

    ``rows``: the rows of the table that the line is.
    """
    parts = rows or _BETWEEN.split(line)
    listed = [error for each in parts if (error := _listed_error(_spread(each)))]
    return listed or [(status, code, "") for status, code in stated_errors(line)]


def _spread(row: str) -> str:
    """Return a row of at least three cells with pipes between them."""
    cells = re.split(r"\s*[\t|]\s*|\s{2,}", row)
    return " | ".join(cells) if len(cells) > 2 else row  # noqa: PLR2004 - status, code, message


def is_listed(text: str) -> bool:
    """Return whether a text is an error with its status and its code."""
    return (found := _listed_error(_spread(text))) is not None and is_failure(found[0])


def _listed_error(text: str) -> tuple[str, str, str] | None:
    """Read status, code and message in a text."""
    found = None if _GAP.search(text) else _LISTED_ERROR.fullmatch(text)
    if not found:
        return glued_error(text)
    glued = glued_error(text) if found["code1"] and found["code1"] not in CODES else None
    if glued and glued[1] != found["code1"]:  # its message begins without a blank
        return glued
    groups = [(key.rstrip("12345"), text) for key, text in found.groupdict().items() if text]
    status, code, message = (
        next((text for key, text in groups if key == name), "").strip() for name in ("status", "code", "message")
    )
    return status, code, message
