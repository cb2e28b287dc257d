"""What stands on a page and cannot be seen, or is none of its words: other blanks, front matter, comments."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRONT_MATTER = re.compile(
    r"\A\s*(---|\+\+\+)[^\S\n]*\n"
    r"(?:[\w-]+\s*[:=].*\n|[^\S\n]+\S.*\n|-\s.*\n|[^\S\n]*\n)*?"  # a key, what goes on, an element, a blank line
    r"\1[^\S\n]*(?:\n|$)"
)
"""What a site's generator reads before the page itself."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""What looks like a blank and is another character."""
_CELL_INDENT = re.compile(
    r"(?<=\|)[ \t]*"
    r"((?:(?:&nbsp;|\u00a0){2}|&emsp;|[\u2003\u3000])(?:&(?:nb|em|en)sp;|[\u00a0\u2002\u2003\u3000])*)"
    r"[ \t]*(?=[^\s|:-])"
)
"""Blanks of other kinds with which a cell begins: the depth of what it names."""
INDENT = "\ue000"
"""Stands for each of them in a table in which some cells begin so, and others do not."""


def cleaned(text: str) -> str:
    """Return a page with the same lines, in which a blank is a blank; what is no part of its words is left out."""
    marked = _CELL_INDENT.sub(_depth_marks, text.replace("\r\n", "\n").replace("\r", "\n"))
    seen = _INVISIBLE.sub("", _BLANKS.sub(" ", marked))
    return _COMMENT.sub(_only_lines, _FRONT_MATTER.sub(_only_lines, seen, count=1))


def front_title(text: str) -> str:
    """Return the title in the front matter; empty where there is none."""
    front = _FRONT_MATTER.match(_INVISIBLE.sub("", text.replace("\r\n", "\n")))
    title = re.search(r"^title\s*[:=]\s*[\"']?(.*?)[\"']?\s*$", front[0], re.MULTILINE) if front else None
    return title[1] if title else ""


def _only_lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _depth_marks(found: re.Match[str]) -> str:
    return INDENT * len(re.findall(r"&\w+;|.", found[1]))
