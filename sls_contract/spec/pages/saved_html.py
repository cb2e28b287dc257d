"""Separates the headings, code blocks and tables of saved HTML that share a line of a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FENCE = re.compile(r"(`{3,}|~{3,})")
"""The mark that opens and closes a code block of Markdown."""
_AFTER_CODE = re.compile(r"(?<=</pre>)(?=\s*<)", re.IGNORECASE)
_BETWEEN_TAGS = re.compile(r"(?<=>)(?=<(?:h[1-6]|pre|table)[\s>])|(?:(?<=</h\d>)|(?<=</table>))(?=.)", re.IGNORECASE)
"""Before the tags of headings, code blocks and tables, and after them."""


def separated(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a page with their numbers, apart if saved HTML shares a line; a fenced block stays whole."""
    fenced = False
    for at, line in enumerate(lines, 1):
        is_fence = FENCE.match(line.strip()) is not None
        fenced ^= is_fence
        yield from ((at, each) for each in ([line] if fenced or is_fence else _apart(line)))


def _apart(line: str) -> Iterator[str]:
    """Yield the headings, code blocks and tables of saved HTML that share a line; a row and JSON stay whole."""
    for piece in _AFTER_CODE.split(line):
        yield from [piece] if piece.lstrip().startswith(("|", "{", "[", '"')) else _BETWEEN_TAGS.split(piece)
