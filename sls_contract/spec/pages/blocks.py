"""A page of the API reference as blocks: headings, paragraphs, list items, code and tables, each with its line.

Pages are read line by line, since a Markdown parser loses what they hold: tables inside list items or dedented in the
middle of a list, cells that run over several lines, rows closed by a lone ``|``, pipes between back-ticks.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.spec.pages.cleaning import INDENT, cleaned
from sls_contract.spec.pages.html_tables import html_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Kind: TypeAlias = Literal["heading", "bold", "item", "paragraph"]

_HEADING = re.compile(r"(#+)(?:\s+|(?<=##))(.*)")
_UNDERLINE = re.compile(r"(=|-)\1{2,}")
"""The line below a heading that says that it is one."""
_HEADING_ID = re.compile(r"\s*\{#[^}]*\}\s*$")
_BOLD = re.compile(r"\*\*([^*]+)\*\*\s*[:：]?")
_ITEM = re.compile(r"(?:[-*+]|\d{1,2}[.)、])\s+(.*)")
_TERM = re.compile(r"<dt>((?:(?!<dt>).)*?)</dt>\s*<dd>((?:(?!<dd>).)*?)</dd>", re.IGNORECASE)
_MEANING = re.compile(r"[:：]\s+(.*)")
"""The line below a term that says what it means."""
_JSON = re.compile(r"\{(?:\s*[\"}].*)?|\[(?:\s*[\"{\]].*)?")
"""The first line of JSON that no fence marks as code."""
_FENCE = re.compile(r"(`{3,}|~{3,})")
_RULE = re.compile(r"(?=.*\|)[\s:|-]*-[\s:|-]*")
_WIDEST, _LONGEST_JSON = 10, 1000
"""In columns; in lines."""
_CONTAINER = re.compile(r":{3,}.*")
"""A line that begins or ends a box around a note."""
_INLINE_TAGS = (
    "a|abbr|b|big|cite|code|codeph|del|div|em|filepath|font|i|img|ins|kbd|li|mark|note|ol|p|parmname|ph|props|s|samp|small"
    "|span|strong|sub|term|tt|u|uicontrol|ul|varname|xref"
)
_TAG = re.compile(rf"<sup[^<>]*>[^<>]*</sup>|</?(?:{_INLINE_TAGS})(?:[\s=][^<>]*)?/?>|\[\^\d+\]", re.IGNORECASE)
"""Marks of HTML and DITA, whose words stay, and of footnotes, which go. Other names in < > are parameters."""
_PRE = re.compile(r"<pre(?:\s[^<>]*)?>", re.IGNORECASE)
_START = re.compile(
    r"(?:GET|POST|PUT|DELETE|HEAD|PATCH)\s+(?:\S.*\sHTTP/\d(?:\.\d)?|(?:https?:/)?/\S*(?:\s*\?\s*\S+|\s+\w+=\S.*)?)"
    r"|HTTP/\d(?:\.\d)? [1-5]\d\d\b.*"
)
"""The first line of a message that no fence marks as code."""
_OF_MESSAGE = re.compile(
    r"\\?[{}],?|<[^<>]+>|(?:Header|Body)s?\s*[:：]?.*|[\"']?[A-Za-z][\w-]*[\"'<]?\s*[:：=].*|[?&]\S+=.*", re.IGNORECASE
)
"""Its further lines, up to its body."""
_PAST_BLANK = re.compile(
    r"[{\[].*|(?:header|body)s?\s*[:：]?|(?:host|date|authorization|[a-z]+(?:-[a-z0-9]+)+)\s*[:：].*", re.IGNORECASE
)
"""Those of them that may stand below a blank line, where other words are none of the message."""
_HTML_HEADING = re.compile(r"<h([1-6])(?:\s[^<>]*)?>(.*?)</h\1>", re.IGNORECASE)
_STRUCTURE = re.compile(r"\[(\w+)\]\([^)]*/api-[\w-]*-(?i:\1)\)")
"""A name that links to the page of a structure: the type of a parameter that is described elsewhere."""


@dataclass(frozen=True, slots=True)
class Text:
    """A line that holds words: a heading, a bold line, a list item or (part of) a paragraph.

    ``depth`` is that of a heading, and the columns before a list item.
    """

    kind: Kind
    text: str
    line: int
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Code:
    """A fenced block, without the indentation of its fence; ``line`` is the first line inside it."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its head and its rows, each with its line; cells are unescaped and stripped."""

    head: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    line: int


_Row: TypeAlias = tuple[int, tuple[str, ...]]
Block: TypeAlias = Text | Code | Table


def blocks_of(text: str) -> tuple[Block, ...]:
    """Split a page into its blocks, in order; never raises."""
    return tuple(_Reader(cleaned(text).split("\n")).blocks())


def plain(text: str) -> str:
    """Return the words of a piece of Markdown: no escapes, emphasis, code marks or link targets."""
    if structure := _STRUCTURE.fullmatch(text.strip()):
        return f"object<{structure[1]}>"
    bare = re.sub(r"!?\[((?:\\.|[^\[\]\\])*)\]\([^)\n]{0,1000}\)", r"\1", text)
    bare = re.sub(r"\s*<(?:br\s*/?|/?(?:p|div))>\s*", "\n", re.sub(r"\*\*|`", "", bare), flags=re.IGNORECASE)
    bare = html.unescape(_TAG.sub("", re.sub(r"\s*<li>\s*", "\n- ", bare, flags=re.IGNORECASE)))
    bare = re.sub(r"^\*([^*\s][^*]*)\*$", r"\1", bare.strip())
    return re.sub(r"\\([\\`*_{}\[\]()<>#+.!|~\"'-])", r"\1", bare).strip()


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._last: Table | None = None  # below the last heading

    def blocks(self) -> Iterator[Block]:
        while self._at < len(self._lines):
            line = self._lines[self._at].strip()
            if _FENCE.match(line):
                yield self._code()
            elif line[:6].lower() == "<table":
                yield self._html_table()
            elif _PRE.match(line):
                yield self._pre()
            elif table := self._piped(line):
                yield table
            elif code := self._message(line) or self._json(line):
                yield code
            else:
                self._at += 1
                words = line.strip("| ") if line.startswith("|") or line.endswith("|") else line
                if words and not _CONTAINER.fullmatch(words):
                    yield from map(self._seen, self._line(words))

    def _seen(self, text: Text) -> Text:
        if text.kind == "heading":
            self._last = None
        return text

    def _line(self, words: str) -> Iterator[Text]:
        """Read a line of words, with the one below it that tells what it is."""
        number, ahead = self._at, self._lines[self._at].strip() if self._at < len(self._lines) else ""
        if underline := _UNDERLINE.fullmatch(ahead):
            self._at += 1
            yield Text("heading", plain(words), number, 1 if underline[1] == "=" else 2)
        elif terms := _TERM.findall(words):
            yield from (Text("item", plain(f"{term}: {meaning}"), number) for term, meaning in terms)
        elif meaning := _MEANING.fullmatch(ahead):
            self._at += 1
            yield Text("item", plain(f"{words}: {meaning[1]}"), number)
        else:
            line = self._lines[number - 1]
            yield _words(words, number, len(line) - len(line.lstrip()))

    def _json(self, line: str) -> Code | None:
        """Read JSON that stands among words, up to the bracket that closes it; None where none does."""
        if not _JSON.fullmatch(line):
            return None
        end = self._closed_at[self._at]
        if end is None or end > self._at + _LONGEST_JSON:
            return None
        first, self._at = self._at, end
        text = "\n".join(self._lines[first:end])
        return Code(re.sub(r"\\([_*{}\[\]()<>#+.!|~-])", r"\1", text), first + 1)  # escaped as words are

    @cached_property
    def _closed_at(self) -> list[int | None]:
        """For each line the first one after it before which all brackets are closed again; None: there is none."""
        marks = (re.findall(r"[][{}]", line) for line in self._lines)
        open_ = [*accumulate((sum(1 if mark in "{[" else -1 for mark in each) for each in marks), initial=0)]
        found: list[int | None] = []
        next_: dict[int, int] = {}
        for at in range(len(self._lines), -1, -1):
            found.append(next_.get(open_[at]))
            next_[open_[at]] = at
        return found[::-1]

    def _message(self, line: str) -> Code | None:
        """Read a request or an answer that stands among words: its first line, its headers and the JSON below them."""
        if not _START.fullmatch(line):
            return None
        first = end = self._at
        while (ahead := self._past_blank(end + 1)) < len(self._lines):
            each = self._lines[ahead].strip()
            if _START.fullmatch(each) or not (_OF_MESSAGE.fullmatch(each) or _JSON.fullmatch(each)):
                break
            if ahead > end + 1 and not _PAST_BLANK.fullmatch(each):
                break
            end = ahead
            self._at = ahead
            if _JSON.fullmatch(each) and self._json(each):
                end = self._at - 1
        self._at = end + 1
        return Code("\n".join(self._lines[first : self._at]), first + 1)

    def _past_blank(self, at: int) -> int:
        while at < len(self._lines) and not self._lines[at].strip():
            at += 1
        return at

    def _pre(self) -> Code:
        """Read a block of code in HTML."""
        first = self._at
        while self._at < len(self._lines) and "</pre>" not in self._lines[self._at].lower():
            self._at += 1
        self._at += 1
        text = "\n".join(self._lines[first : self._at]).strip()
        inside = _PRE.sub("", re.sub(r"(?i)</pre>.*", "", text, flags=re.DOTALL), count=1)
        return Code(html.unescape(re.sub(r"</?(?:code|span|codeblock)(?:\s[^<>]*)?>", "", inside)), first + 1)

    def _head_height(self) -> int:
        """Return how many lines the head of a table takes that begins here, a cell a line or whole; 0: none does."""
        width = 0
        for height in range(1, _WIDEST):
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
        fence = _FENCE.match(opening.strip())
        assert fence is not None  # the caller saw it
        first = self._at = self._at + 1
        while self._at < len(self._lines) and self._lines[self._at].strip() != fence[1]:
            self._at += 1
        inside = [line[indent:] if not line[:indent].strip() else line for line in self._lines[first : self._at]]
        self._at += 1
        return Code("\n".join(inside), first + 1)

    def _piped(self, line: str) -> Table | None:
        """Read a table that begins here, or further rows of the last one, below a note; None where neither stands."""
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
        """Read the rows of a table whose head is known, all below each other."""
        rows: list[_Row] = []
        while self._at < len(self._lines) and self._is_row(piped=piped):
            rows.append((self._at + 1, self._row(0 if not closed else len(head) if piped else 1)))
        return tuple(row for row in rows if any(row[1]))

    def _is_row(self, *, piped: bool) -> bool:
        line = self._lines[self._at].strip()
        return line.startswith("|") if piped else "|" in line

    def _html_table(self) -> Table:
        first = self._at
        while self._at < len(self._lines) and "</table>" not in self._lines[self._at].lower():
            self._at += 1
        self._at += 1
        (head_line, head), *rows = html_rows(self._lines[first : self._at], first + 1) or [(first + 1, ())]
        return Table(
            tuple(map(plain, head)), tuple((line, tuple(map(plain, cells))) for line, cells in rows), head_line
        )

    def _row(self, width: int) -> tuple[str, ...]:
        """Read one row, over as many lines as it takes to close its last cell."""
        parts = [self._lines[self._at].strip()]
        self._at += 1
        while width and not _is_closed(parts, width) and self._goes_on(piped=width > 1):
            parts.append(self._lines[self._at].strip())
            self._at += 1
        return _cells("\n".join(parts))

    def _goes_on(self, *, piped: bool) -> bool:
        """Return whether the next line belongs to an open row: blank lines may, another row or a fence may not."""
        ahead = self._past_blank(self._at)
        if ahead == len(self._lines):
            return False
        line = self._lines[ahead].strip()
        return line == "|" or not (line.startswith(("|", "#") if piped else "#") or _FENCE.match(line))


def _indented(rows: Sequence[tuple[int, tuple[str, ...]]]) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return rows with marks of depth in the columns where they tell cells apart."""
    width = max((len(cells) for _, cells in rows), default=0)
    columns = [[cells[at] for _, cells in rows if at < len(cells) and cells[at]] for at in range(width)]
    telling = {at for at, cells in enumerate(columns) if not all(cell.startswith(INDENT) for cell in cells)}
    return tuple(
        (line, tuple(cell if at in telling else cell.lstrip(INDENT) for at, cell in enumerate(cells)))
        for line, cells in rows
    )


def _is_closed(parts: Sequence[str], width: int) -> bool:
    last = parts[-1]
    return last.endswith("|") and not last.endswith("\\|") and len(_split("\n".join(parts))) >= width


def _cells(text: str) -> tuple[str, ...]:
    return tuple(plain(cell) for cell in _split(text))


def _split(row: str) -> list[str]:
    """Split a row at its pipes: those that are escaped, or between back-ticks that close, are words."""
    inner = re.sub(r"\|\s*$", "", row.strip().removeprefix("|"))
    cells, at = [""], 0
    while at < len(inner):
        taken = _word_at(inner, at)
        if taken == "|":
            cells.append("")
        else:
            cells[-1] += taken
        at += len(taken)
    return cells


def _word_at(text: str, at: int) -> str:
    """Return what is taken as one: an escaped character, a piece of code, or a single character."""
    if text[at] == "\\":
        return text[at : at + 2]
    closed = re.compile(r"`[^`\n]*`").match(text, at)
    return closed[0] if closed else text[at]


def _words(line: str, number: int, indent: int) -> Text:
    if heading := _HTML_HEADING.fullmatch(line):
        return Text("heading", plain(heading[2]), number, int(heading[1]))
    line = _HEADING_ID.sub("", line)
    if heading := _HEADING.fullmatch(line):
        return Text("heading", plain(heading[2]), number, len(heading[1]))
    if bold := _BOLD.fullmatch(line):
        return Text("bold", plain(bold[1]), number)
    if item := _ITEM.fullmatch(line):
        return Text("item", plain(item[1]), number, indent)
    return Text("paragraph", plain(line), number)
