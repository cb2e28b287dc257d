"""Translates the texts of HTML and Markdown, but neither data nor markup."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sls_contract.locale.catalogue import Catalogue

_VERBATIM = re.compile(r"(<(?:pre|code|style)\b.*?</(?:pre|code|style)>)", re.DOTALL)
_TAG = re.compile(r"(<[^>]*>)")
_ATTRIBUTE = re.compile(r'\b(title|aria-label)="([^"]*)"')
_MARKS = re.compile(r"(`[^`]*`|<[^>]*>|\*\*|(?<!\\)\||^#+ \S+ |^- )")


def translated_html(page: str, catalogue: Catalogue) -> str:
    """Translate the texts of a page and the attributes ``title`` and ``aria-label``, but not ``code`` and ``pre``."""

    def text(part: str) -> str:
        words = " ".join(html.unescape(part).split())
        translation = catalogue.translated(words, alone=True)
        return part if translation == words else _around(part, html.escape(translation, quote=False))

    def attribute(found: re.Match[str]) -> str:
        value = catalogue.translated(html.unescape(found[2]), alone=True)
        return f'{found[1]}="{html.escape(value)}"'

    def tag(part: str) -> str:
        return _ATTRIBUTE.sub(attribute, part)

    pieces = []
    for number, piece in enumerate(_VERBATIM.split(page)):
        if number % 2:
            opening, closed, rest = piece.partition(">")
            pieces.append(tag(opening) + closed + rest)
        else:
            parts = enumerate(_TAG.split(piece))
            pieces += [tag(part) if index % 2 else text(part) for index, part in parts]
    return "".join(pieces).replace('<html lang="en">', '<html lang="zh-CN">', 1)


def translated_line(line: str, catalogue: Catalogue) -> str:
    """Translate a line of Markdown; each cell of a table is a text."""
    parts = _MARKS.split(line)
    return "".join(part if index % 2 else catalogue.translated(part, alone=True) for index, part in enumerate(parts))


def _around(part: str, text: str) -> str:
    """Return the text with the leading and trailing whitespace of the part."""
    start, end = len(part) - len(part.lstrip()), len(part.rstrip())
    return part[:start] + text + part[end:]
