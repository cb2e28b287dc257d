"""Splits a page into blocks with their line numbers: headings, paragraphs, list items, code and tables.

Pages are read line by line, because Markdown parsers lose content: tables inside list items or with less indentation
than the list, cells over several lines, rows closed by a lone ``|``, and pipes between back-ticks.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, takewhile
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.spec.pages.cleaning import INDENT, cleaned, past_blank
from sls_contract.spec.pages.html_tables import html_rows
from sls_contract.spec.pages.plain_text import is_link, plain
from sls_contract.spec.pages.saved_html import FENCE, separated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind: TypeAlias = Literal["heading", "bold", "item", "paragraph"]

_HEADING = re.compile(r"(#+)(?:\s+|(?<=##))(.*)")
_UNDERLINE = re.compile(r"(=|-)\1{2,}")
"""The line that underlines a heading."""
_HEADING_ID = re.compile(r"\{#[^{}]*\}$")
_BOLD = re.compile(r"\*\*([^*]+)\*\*\s*[:：]?|__(?=[^_]*[ \u4e00-\u9fff])([^_]+)__\s*[:：]?")
_ITEM = re.compile(r"(?:[-*+•◦▪▫■□‣]|\d{1,2}[.)、])\s+(.*)")
_TERM = re.compile(r"<dt>((?:(?!<dt>).)*?)</dt>\s*<dd>((?:(?!<dd>).)*?)</dd>", re.IGNORECASE)
_LIST_TAG = re.compile(r"<(/?)([uo]l|li)(?:\s[^<>]*)?>\s*", re.IGNORECASE)
_LIST_INDENT = 2
"""Columns by which an HTML list indents its items."""
_MEANING = re.compile(r"[:：]\s+(.*)")
"""The line below a term that contains its definition."""
_JSON = re.compile(r"\{(?:\s*[\"}].*)?|\[(?:\s*[\"{\]].*)?")
"""The first line of JSON outside a code block."""
_RULE = re.compile(r"(?=.*\|)[\s:|-]*-[\s:|-]*")
_MAX_COLUMNS, _MAX_JSON_LINES, _MAX_CELL_LINES = 10, 1000, 50
_PIECE = re.compile(r"\\.?|`[^`\n]*`|[^\\`|]+|.", re.DOTALL)
"""A piece of a row: an escaped character, inline code, text, or a pipe."""
_CONTAINER = re.compile(r":{3,}.*|(?:</?(?:div|section|details|center)(?:\s[^<>]*)?>\s*)+", re.IGNORECASE)
"""A line that begins or ends a box around a note or a table."""
_STATUS_LINE = re.compile(r"(?:< ?)?HTTP/\d(?:\.\d)? [1-5]\d\d\b")
_OF_REQUEST = re.compile(r"(?:> ?)?(?:GET|POST|PUT|DELETE|HEAD|PATCH)\s|(?:\$ )?curl\s")
_PRE = re.compile(r"<pre(?:\s[^<>]*)?>", re.IGNORECASE)
_START = re.compile(
    r"(?:GET|POST|PUT|DELETE|HEAD|PATCH)\s+(?:\S.*\sHTTP/\d(?:\.\d)?|(?:https?:/|[{<]\w+[}>](?:\.[{<]\w+[}>])?)?/\S*(?:\s*\?\s*\S+|\s+\w+=\S.*)?)"
    r"|(?:GET|POST|PUT|DELETE)\s+/\S*\s(?:HTTP/\d\.\d )?Headers?\s*[:：]?\s*\{.*|HTTP/\d(?:\.\d)? [1-5]\d\d\b.*"
)
"""The first line of a message outside a code block."""
_HEADERS = re.compile(r"\s*headers?\s*[:：]\s*\{\s*", re.IGNORECASE)
"""The first two lines of a response without a status line."""
_CURL = re.compile(r"(?:\$ )?curl\s.*https?://")
_OF_MESSAGE = re.compile(
    r"\\?[{}],?|<[^<>]+>|(?:Header|Body)s?\s*[:：]?.*|[\"']?[A-Za-z][\w-]*[\"'<]?\s*[:：=].*|[?&]\S+=.*", re.IGNORECASE
)
"""A further line of the message, up to its body."""
_PAST_BLANK = re.compile(
    r"[{\[].*|(?:header|body)s?\s*[:：]?|(?:host|date|authorization|[a-z]+(?:-[a-z0-9]+)+)\s*[:：].*", re.IGNORECASE
)
"""A further line that can follow a blank line; other text after a blank line does not belong to the message."""
_HTML_HEADING = re.compile(r"<h([1-6])(?:\s[^<>]*)?>(.*?)</h\1>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: a heading, a bold line, a list item or (part of) a paragraph.

    ``depth`` is the level of a heading, or the indentation of a list item in columns; ``linked``: whether a paragraph
    is a link and nothing else.
    """

    kind: Kind
    text: str
    line: int
    depth: int = 0
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Code:
    """A code block without the indentation of its fence; ``line`` is the first line inside it."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its head, and its rows with their lines; cells are unescaped and stripped."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    line: int


_Row: TypeAlias = tuple[int, tuple[str, ...]]
Block: TypeAlias = Text | Code | Table


def blocks_of(text: str) -> tuple[Block, ...]:
    """Split a page into its blocks, in order; never raises."""
    lines = list(separated(cleaned(text).split("\n")))
    numbers = [number for number, _ in lines]
    return tuple(_numbered(block, numbers) for block in _Reader([line for _, line in lines]).blocks())


def _numbered(block: Block, numbers: Sequence[int]) -> Block:
    """Return a block with its line numbers on the page, by those among the lines that were read."""
    line = numbers[min(block.line, len(numbers)) - 1]
    if isinstance(block, Table):
        return replace(block, line=line, rows=tuple((numbers[at - 1], cells) for at, cells in block.rows))
    return replace(block, line=line)


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._last: Table | None = None  # below the last heading
        self._lists = 0  # HTML lists that are open

    def blocks(self) -> Iterator[Block]:
        while self._at < len(self._lines):
            line = self._lines[self._at].strip()
            if FENCE.match(line):
                yield from _messages(self._code())
            elif line[:6].lower() == "<table":
                yield self._html_table()
            elif _PRE.match(line):
                yield from _messages(self._pre())
            elif table := self._piped_table(line):
                yield table
            elif code := self._message(line) or self._json(line):
                yield code
            else:
                self._at += 1
                words = line.strip("| ") if line.startswith("|") or line.endswith("|") else line
                if words and not _CONTAINER.fullmatch(words):
                    yield from self._line(words)

    def _line(self, words: str) -> Iterator[Text]:
        """Read a line of text, and the line below it if that underlines or defines it."""
        number, below = self._at, self._lines[self._at].strip() if self._at < len(self._lines) else ""
        if underline := _UNDERLINE.fullmatch(below):
            self._at, self._last = self._at + 1, None
            yield Text("heading", plain(words), number, 1 if underline[1] == "=" else 2)
        elif terms := _TERM.findall(words):
            yield from (Text("item", plain(f"{term}: {meaning}"), number) for term, meaning in terms)
        elif _LIST_TAG.search(words):
            yield from self._html_items(words, number)
        elif (meaning := _MEANING.fullmatch(below)) and (item := _ITEM.fullmatch(meaning[1])):
            self._at += 1
            yield Text("bold", plain(words), number)
            yield Text("item", plain(item[1]), number + 1, below.index(item[0]))
        elif meaning:
            yield from self._defined(words, number)
        else:
            line = self._lines[number - 1]
            text = _words(words, number, len(line) - len(line.lstrip()))
            self._last = None if text.kind == "heading" else self._last
            yield text

    def _defined(self, term: str, number: int) -> Iterator[Text]:
        """Read the lines that define a term: a single one is its text, several are items below it."""
        lines = (_MEANING.fullmatch(self._lines[at].strip()) for at in range(number, len(self._lines)))
        meanings = [found[1] for found in takewhile(bool, lines) if found]
        self._at += len(meanings)
        if len(meanings) == 1:
            yield Text("item", plain(f"{term}: {meanings[0]}"), number)
        else:
            yield Text("item", plain(term), number)
            yield from (Text("item", plain(each), at, 1) for at, each in enumerate(meanings, number + 1))

    def _html_items(self, words: str, number: int) -> Iterator[Text]:
        """Read a line with tags of HTML lists; an item is as deep as there are lists around it."""
        at, kind, depth = 0, "paragraph", 0
        for tag in (*_LIST_TAG.finditer(words), None):
            if text := plain(words[at : tag.start() if tag else None]):
                yield Text("item", text, number, depth) if kind == "item" else Text("paragraph", text, number)
            if tag is None:
                return
            at, is_end = tag.end(), bool(tag[1])
            if tag[2].lower() != "li":
                self._lists = max(0, self._lists + (-1 if is_end else 1))
            elif not is_end:
                kind, depth = "item", _LIST_INDENT * self._lists

    def _json(self, line: str) -> Code | None:
        """Read JSON outside a code block, up to its closing bracket; None if there is none."""
        if not _JSON.fullmatch(line):
            return None
        end = self._closed_at[self._at]
        if end is None or end > self._at + _MAX_JSON_LINES:
            return None
        first, self._at = self._at, end
        text = "\n".join(self._lines[first:end])
        return Code(re.sub(r"\\([_*{}\[\]()<>#+.!|~-])", r"\1", text), first + 1)  # escaped like text

    @cached_property
    def _closed_at(self) -> list[int | None]:
        """For each line, the first line after it before which all its brackets are closed; None if there is none."""
        marks = (re.findall(r"[][{}]", line) for line in self._lines)
        depths = [*accumulate((sum(1 if mark in "{[" else -1 for mark in each) for each in marks), initial=0)]
        found: list[int | None] = []
        nearest: dict[int, int] = {}
        for at in range(len(self._lines), -1, -1):
            found.append(nearest.get(depths[at]))
            nearest[depths[at]] = at
        return found[::-1]

    def _message(self, line: str) -> Code | None:
        """Read a request or a response outside a code block: its first line, its headers and its JSON body."""
        first = end = self._at
        if _CURL.match(line):
            while end + 1 < len(self._lines) and self._lines[end].rstrip().endswith("\\"):
                end += 1
            self._at = end + 1
            return Code("\n".join(self._lines[first : self._at]), first + 1)
        if not (_START.fullmatch(line) or _HEADERS.fullmatch("\n".join(self._lines[first : first + 2]))):
            return None
        while (at := past_blank(self._lines, end + 1)) < len(self._lines):
            each = self._lines[at].strip()
            if _START.fullmatch(each) or not (_OF_MESSAGE.fullmatch(each) or _JSON.fullmatch(each)):
                break
            if at > end + 1 and not _PAST_BLANK.fullmatch(each):
                break
            end = self._at = at
            if _JSON.fullmatch(each) and self._json(each):
                end = self._at - 1
        self._at = end + 1
        return Code("\n".join(self._lines[first : self._at]), first + 1)

    def _pre(self) -> Code:
        """Read an HTML code block."""
        first = self._at
        while self._at < len(self._lines) and "</pre>" not in self._lines[self._at].lower():
            self._at += 1
        self._at += 1
        text = "\n".join(self._lines[first : self._at]).strip()
        inside = _PRE.sub("", re.sub(r"(?i)</pre>.*", "", text, flags=re.DOTALL), count=1)
        return Code(html.unescape(re.sub(r"</?(?:code|span|codeblock)(?:\s[^<>]*)?>", "", inside)), first + 1)

    def _head_height(self) -> int:
        """Return the lines of a table head that begins here, with a cell per line or all on a single line; 0: none."""
        width = 0
        for height in range(1, _MAX_COLUMNS):
            at = self._at + height
            width += len(_split(self._lines[at - 1]))
            if self._is_rule(at):
                return height if height == 1 or width == len(_split(self._lines[at])) else 0
            if at >= len(self._lines) or not self._lines[at].strip().endswith("|"):
                return 0
        return 0

    def _is_rule(self, at: int) -> bool:
        return at < len(self._lines) and _RULE.fullmatch(self._lines[at].strip()) is not None

    def _code(self) -> Code:
        opening = self._lines[self._at]
        indent = len(opening) - len(opening.lstrip())
        fence = FENCE.match(opening.strip())
        assert fence is not None  # the caller matched it
        first = self._at = self._at + 1
        while self._at < len(self._lines) and self._lines[self._at].strip() != fence[1]:
            self._at += 1
        inside = [line[indent:] if not line[:indent].strip() else line for line in self._lines[first : self._at]]
        self._at += 1
        return Code("\n".join(inside), first + 1)

    def _piped_table(self, line: str) -> Table | None:
        """Read a table that begins here, or further rows of the last table after a note; None if there is neither."""
        if "|" in line and (height := self._head_height()):
            self._last = self._table(height)
            return self._last
        last = self._last
        if last and line.startswith("|") and len(_split(line)) == len(last.head):
            return Table(last.head, self._rows(last.head), last.line)
        return None

    def _table(self, height: int) -> Table:
        line = self._at + 1
        printed = [self._lines[at].strip() for at in range(self._at, self._at + height)]
        head = tuple(cell.lstrip(INDENT) for each in printed for cell in _cells(each))
        piped, closed = printed[0].startswith("|"), printed[0].endswith("|")
        self._at += height + 1
        rows = self._rows(head, piped=piped, closed=closed)
        if rows and not any(head):  # the head is printed as the first row
            (line, cells), *rest = rows
            rows = tuple(rest)
            head = tuple(cell.lstrip(INDENT) for cell in cells)
        return Table(head, _indented(rows), line)

    def _rows(self, head: Sequence[str], *, piped: bool = True, closed: bool = True) -> tuple[_Row, ...]:
        """Read consecutive rows of a table with a known head."""
        rows: list[_Row] = []
        width = len(head) if closed else 0
        while self._at < len(self._lines):
            line = self._lines[self._at].strip()
            if not (line.startswith("|") if piped else "|" in line):
                break
            rows.append((self._at + 1, self._row(width, piped=piped)))
        return tuple(row for row in rows if any(row[1]))

    def _html_table(self) -> Table:
        first = self._at
        while self._at < len(self._lines) and "</table>" not in self._lines[self._at].lower():
            self._at += 1
            if self._at < len(self._lines) and _HEADING.fullmatch(self._lines[self._at]):
                self._at -= 1  # the end tag is lost
                break
        self._at += 1
        (head_line, head), *rows = html_rows(self._lines[first : self._at], first + 1) or [(first + 1, ())]
        names = tuple(plain(cell).lstrip(INDENT) for cell in head)
        return Table(names, _indented([(line, tuple(map(plain, cells))) for line, cells in rows]), head_line)

    def _row(self, width: int, *, piped: bool) -> tuple[str, ...]:
        """Read a row, over as many lines as its last cell needs to close."""
        first, last = self._at, self._lines[self._at].strip()
        missing = width - len(_split(last))
        self._at += 1
        while width and (missing > 0 or not _is_closed(last)):
            end = self._continued() if piped else self._closed(missing)
            if end == self._at:
                break
            above, last, self._at = last, self._lines[end - 1].strip(), end
            missing -= len(_split(f"|{last}")) - 1 + _is_closed(above)
        return _cells("\n".join(line.strip() for line in self._lines[first : self._at]))

    def _continued(self) -> int:
        """Return the index after the next line with text if it continues an open row; a new row or a fence does not."""
        at = past_blank(self._lines, self._at)
        line = self._lines[at].strip() if at < len(self._lines) else "#"
        return at + 1 if line == "|" or not (line.startswith(("|", "#")) or FENCE.match(line)) else self._at

    def _closed(self, missing: int) -> int:
        """Return the index after the next line with a pipe if that closes an open row, at its start or end."""
        for at, line in enumerate(map(str.strip, self._lines[self._at : self._at + _MAX_CELL_LINES]), self._at):
            if "|" in line or line.startswith("#") or FENCE.match(line):
                is_end = line.startswith("|") and line.count("|") <= missing + 1
                is_cell = missing > 0 and _is_closed(line) and len(_split(line)) == 1
                return at + 1 if is_end or is_cell else self._at
        return self._at


def _messages(code: Code) -> tuple[Code, ...]:
    """Split a request from its response in the same code block; ``curl -v`` marks their lines with ``>`` and ``<``."""
    lines = code.text.split("\n")
    start = next((at for at, line in enumerate(lines) if _STATUS_LINE.match(line)), 0)
    if not any(map(_OF_REQUEST.match, lines[:start])):
        return (code,)
    if lines[start].startswith("<"):
        lines = ["" if line.startswith("* ") else re.sub(r"^[<>](?: |$)", "", line) for line in lines]
    return Code("\n".join(lines[:start]), code.line), Code("\n".join(lines[start:]), code.line + start)


def _indented(rows: Sequence[tuple[int, tuple[str, ...]]]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return rows without depth marks in columns where every cell has them."""
    width = max((len(cells) for _, cells in rows), default=0)
    columns = [[cells[at] for _, cells in rows if at < len(cells) and cells[at]] for at in range(width)]
    nested = {at for at, cells in enumerate(columns) if not all(cell.startswith(INDENT) for cell in cells)}
    return tuple(
        (line, tuple(cell if at in nested else cell.lstrip(INDENT) for at, cell in enumerate(cells)))
        for line, cells in rows
    )


def _is_closed(line: str) -> bool:
    return line.endswith("|") and not line.endswith("\\|")


def _cells(text: str) -> tuple[str, ...]:
    return tuple(plain(cell) for cell in _split(text))


def _split(row: str) -> list[str]:
    """Split a row at its pipes; an escaped pipe, or a pipe between back-ticks, belongs to a cell."""
    cells: list[list[str]] = [[]]
    for piece in _PIECE.findall(row.strip().removeprefix("|").removesuffix("|")):
        if piece == "|":
            cells.append([])
        else:
            cells[-1].append(piece)
    return ["".join(pieces) for pieces in cells]


def _words(line: str, number: int, indent: int) -> Text:
    if heading := _HTML_HEADING.fullmatch(line):
        return Text("heading", plain(heading[2]), number, int(heading[1]))
    line = _HEADING_ID.sub("", line).rstrip()
    if heading := _HEADING.fullmatch(line):
        return Text("heading", plain(heading[2]), number, len(heading[1]))
    if bold := _BOLD.fullmatch(line):
        return Text("bold", plain(bold[1] or bold[2]), number)
    if item := _ITEM.fullmatch(line):
        return Text("item", plain(item[1]), number, indent)
    return Text("paragraph", plain(line), number, linked=is_link(line))
