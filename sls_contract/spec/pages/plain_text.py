"""Removes the marks of Markdown, HTML and DITA from a piece of text."""

from __future__ import annotations

import html
import re

_INLINE_TAGS = (
    "a|abbr|b|big|cite|code|codeph|del|div|em|filepath|font|i|img|ins|kbd|li|mark|note|ol|p|parmname|ph|props|s|samp|small"
    "|span|strong|sub|term|tt|u|uicontrol|ul|varname|xref"
)
_TAG = re.compile(rf"<sup[^<>]*>[^<>]*</sup>|</?(?:{_INLINE_TAGS})(?:[\s=][^<>]*)?/?>|\[\^\d+\]", re.IGNORECASE)
"""Tags of HTML and DITA, whose text is kept, and footnotes, which are removed; other names in < > are parameters."""
_LINE_TAG = re.compile(r"(?:(?<!\s)\s+)?<(?:br\s*/?|/?(?:p|div))>\s*", re.IGNORECASE)
_LI_TAG = re.compile(r"(?:(?<!\s)\s+)?<li>\s*", re.IGNORECASE)
"""Tags that begin a line, with the blanks around them; blanks are tried from the first of them only."""
_STRUCTURE = re.compile(r"\[(\w+)\]\([^)]*/api-[\w-]*-(?i:\1)\)")
"""A link to the page of a structure, the type of a parameter that is described elsewhere."""
_LINK = re.compile(r"!?\[((?:\\.|[^\[\]\\])*)\]\([^)\[\n]{0,1000}\)")


def is_link(text: str) -> bool:
    """Return whether a piece of Markdown is a link and nothing else."""
    return _LINK.fullmatch(text.strip()) is not None


def plain(text: str) -> str:
    """Return the text of a piece of Markdown, without escapes, emphasis, code marks and link targets."""
    if structure := _STRUCTURE.fullmatch(text.strip()):
        return f"object<{structure[1]}>"
    words = _LINK.sub(r"\1", text)
    words = _LINE_TAG.sub("\n", re.sub(r"(?<!\*)\*{2,3}(?!\*)|(?<!~)~~(?!~)|`", "", words))
    words = html.unescape(_TAG.sub("", _LI_TAG.sub("\n- ", words)))
    words = re.sub(r"(?<![\w*\\])\*([^*\s](?:[^*\n]*[^*\s\\])?)\*(?![\w*])", r"\1", words.strip())
    return re.sub(r"\\([\\`*_{}\[\]()<>#+.!|~\"'-])", r"\1", words).strip()
