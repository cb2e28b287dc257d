"""Removes content of a page that is not part of its text: unusual blanks, front matter, comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_letters, digits

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A\s*(---|\+\+\+)[^\S\n]*\n")
"""The line that opens the front matter; the same mark closes it."""
_FRONT_LINE = re.compile(r"(?:[\w-]+[^\S\n]*[:=].*|[^\S\n]+\S.*|-(?:[^\S\n].*)?|[^\S\n]*)\n")
"""A line of the front matter: a key, a continuation, a list element, or a blank line."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""Characters that look like a blank."""
_FULL_WIDTH = {ord(char) + 0xFEE0: char for char in ascii_letters + digits + "{}[]|"}
_TERM = re.compile(r"(<dt>(?:(?!<dt>).)*?</dt>)(\s*)(<dd>(?:(?!<d[dt]>).)*?</dd>)", re.IGNORECASE | re.DOTALL)
_QUOTED = re.compile(r"^[ \t]*>(?:[ \t]?>)*[ \t]?(?=[ \t]*\||[^|\n]*$)", re.MULTILINE)
"""Marks of a quotation; in a table whose rows begin without a pipe, ``>`` marks the depth of a name instead."""
_CELL_INDENT = re.compile(
    r"(\||<td(?:\s[^<>\n]{0,200})?>)[ \t]*"
    r"((?:(?:&nbsp;|\u00a0){2}|&emsp;|[\u2003\u3000])(?:&(?:nb|em|en)sp;|[\u00a0\u2002\u2003\u3000])*)"
    r"[ \t]*(?=[^\s|:-])",
    re.IGNORECASE,
)
"""Unusual blanks at the start of a cell, also of HTML, which indicate the depth of the name in it."""
INDENT = "\ue000"
"""The mark that replaces each of these blanks."""


def cleaned(text: str) -> str:
    """Return a page without hidden content and with ordinary blanks; line numbers stay the same."""
    unquoted = _QUOTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    marked = _CELL_INDENT.sub(lambda found: found[1] + INDENT * len(re.findall(r"&\w+;|.", found[2])), unquoted)
    visible = _TERM.sub(_on_one_line, _INVISIBLE.sub("", _BLANKS.sub(" ", marked)).translate(_FULL_WIDTH))
    front = _front_matter(visible)
    page = "\n" * front.count("\n") + visible[len(front) :]
    end = page.rfind("-->") + len("-->")  # after it, the pattern would scan to the end of the page for each opening
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), page[:end]) + page[end:]


def _on_one_line(term: re.Match[str]) -> str:
    """Return a term and its definition on one line, with the line ends between them below."""
    return re.sub(r"\s*\n\s*", " ", term[1] + term[3]) + "\n" * term[0].count("\n")


def past_blank(lines: Sequence[str], at: int) -> int:
    """Return the index of the first line from ``at`` on that is not blank; the number of lines if there is none."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    return at


def front_title(text: str) -> str:
    """Return the title in the front matter; empty if there is none."""
    front = _front_matter(_INVISIBLE.sub("", text.replace("\r\n", "\n")))
    title = re.search(r"^title\s*[:=]\s*(.*)", front, re.MULTILINE)
    return title[1].strip().strip("\"'") if title else ""


def _front_matter(text: str) -> str:
    """Return a page up to the end of its front matter; empty if there is none, or if it is not closed."""
    opening = _FRONT_MATTER.match(text)
    if opening is None:
        return ""
    closing = re.compile(rf"{re.escape(opening[1])}[^\S\n]*(?:\n|\Z)")
    line: re.Match[str] | None = opening
    while line is not None:
        if end := closing.match(text, line.end()):
            return text[: end.end()]
        line = _FRONT_LINE.match(text, line.end())
    return ""
