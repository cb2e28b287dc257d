"""What stands on a page and cannot be seen, or is none of its words: other blanks, front matter, comments."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FRONT_MATTER = re.compile(r"\A\s*(---|\+\+\+)[^\S\n]*\n")
"""The line that opens what a site's generator reads before the page itself, and that closes it."""
_FRONT_LINE = re.compile(r"(?:[\w-]+[^\S\n]*[:=].*|[^\S\n]+\S.*|-(?:[^\S\n].*)?|[^\S\n]*)\n")
"""A line in it: a key, what goes on, an element, a blank line."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
"""What looks like a blank and is another character."""
_QUOTED = re.compile(r"^[ \t]*>(?:[ \t]?>)*[ \t]?(?=\||[^|\n]*$)", re.MULTILINE)
"""Marks of a quotation, such as a note; not of the depth of a name in a table whose rows begin with no pipe."""
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
    bare = _QUOTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    marked = _CELL_INDENT.sub(_depth_marks, bare)
    seen = _INVISIBLE.sub("", _BLANKS.sub(" ", marked))
    front = _front_matter(seen)
    page = "\n" * front.count("\n") + seen[len(front) :]
    end = page.rfind("-->") + len("-->")  # behind it, each opening would be searched to the end of the page
    return _COMMENT.sub(_only_lines, page[:end]) + page[end:]


def front_title(text: str) -> str:
    """Return the title in the front matter; empty where there is none."""
    front = _front_matter(_INVISIBLE.sub("", text.replace("\r\n", "\n")))
    title = re.search(r"^title\s*[:=]\s*[\"']?(.*?)[\"']?\s*$", front, re.MULTILINE)
    return title[1] if title else ""


def _front_matter(text: str) -> str:
    """Return a page up to the end of its front matter, line by line; empty where there is none, or it has no end."""
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


def _only_lines(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def _depth_marks(found: re.Match[str]) -> str:
    return INDENT * len(re.findall(r"&\w+;|.", found[1]))
