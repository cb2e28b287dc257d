"""Reads the errors that sentences state, such as ``Returns OrchardGone with 410``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_STATUS = r"(?<![A-Za-z0-9_.–~-])[45]\d\d(?![A-Za-z0-9_]|\.\d)"
_CODE = r"(?<![A-Za-z0-9_.])[A-Z][a-z]+[A-Z][A-Za-z.]*[A-Za-z](?![A-Za-z0-9_])"
_LABEL = r"\b(?:with|errors?|codes?|status|http)\b|错误|代码|状态|码|[(（]"
"""What says that a number is a status, or that a word is a code."""
_JOINING = (
    rf"\s|[)）:：]|{_LABEL}|\b(?:an?|the|and|has|is|are|its|returned|returns?|response)\b|[的为是和并且]|返回|响应"
)
_BETWEEN = rf"(?i:((?:{_JOINING}|[,，、](?=(?:{_JOINING})*?(?:{_LABEL})))+?))"
_STATED = re.compile(
    rf"(?P<status>{_STATUS}){_BETWEEN}(?P<code>{_CODE})|(?P<code1>{_CODE}){_BETWEEN}(?P<status1>{_STATUS})"
    r"(?=\s*(?:$|[,，.。;；:：)）]|\b(?i:if|when|in|for|because|errors?|status|code|and|is|are)\b|错误|状态|[时的]))"
)
_BOTH = re.compile(rf"{_STATUS}[^.。\n]{{0,80}}{_CODE}|{_CODE}[^.。\n]{{0,80}}{_STATUS}")


def stated_errors(text: str) -> Iterator[tuple[str, str]]:
    """Yield status and code of each error in a text: only words that join both stand between them."""
    for found in _STATED.finditer(text):
        between = found[2] or found[5]
        if between.isspace() or re.search(_LABEL, between, re.IGNORECASE):
            yield found["status"] or found["status1"], found["code"] or found["code1"]


def may_state_error(text: str) -> bool:
    """Return whether a sentence has a status and a word that can be the code of an error."""
    return _BOTH.search(text) is not None
