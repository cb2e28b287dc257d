"""Reads an error whose status, code and message have no separators: ``404ProjectNotExistProject a does not exist.``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.spec.common_errors import COMMON, MEANINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

CODES = frozenset({*(error.code for error in COMMON), *MEANINGS})
"""The codes that the service's own tables name."""
_STATUS = r"[45]\d\d"
_GLUED = re.compile(rf"(?P<status>{_STATUS})\s*(?P<words>[A-Z][a-z]+(?:[A-Z]+[a-z]*)+)(?P<rest>.*)", re.DOTALL)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*")
_NEXT = re.compile(rf"(?<!\d){_STATUS}\s*[A-Z][a-z]+[A-Z]")
"""Another error."""
_DETERMINERS = frozenset({"A", "An", "The", "This", "Your"})
"""First words of a message that end no code."""
_CHINESE = re.compile(r"\s*[:：,，]?\s*[\u4e00-\u9fff]")
_MIN_WORDS = 2
_MAX_SIZE = 200  # characters in which a code and the first word of its message end


def glued_error(text: str) -> tuple[str, str, str] | None:
    """Return status, code and message; None if a text is no such error, or can be split at several places.

    The code is known and the message is a known wording of it, or the message begins with an article or with a word of
    the code.
    """
    found = _GLUED.fullmatch(text)
    if found is None or _NEXT.search(found["rest"]):
        return None
    splits = [*_splits(_WORD.findall(found["words"][:_MAX_SIZE]), found["words"][_MAX_SIZE:] + found["rest"])]
    splits = [each for each in splits if each[0] in CODES] or splits
    return (found["status"], *splits[0]) if len(splits) == 1 else None


def _splits(words: list[str], rest: str) -> Iterator[tuple[str, str]]:
    """Yield each pair of code and message that words and the text after them can be."""
    whole = "".join(words)
    inside = []
    for at in range(_MIN_WORDS, len(words)):
        code, message = "".join(words[:at]), "".join(words[at:]) + rest
        begins = (words[at] in _DETERMINERS or words[at] in words[:at]) and rest.strip()
        if begins or any(error.code == code and error.says(message) for error in COMMON):
            inside.append((code, message))
    yield from inside
    if whole in CODES and not (rest[:1].isalnum() and rest[:1].isascii()):
        yield whole, rest.strip(" \t:：")
    elif not inside and (not rest or _CHINESE.match(rest)):
        yield whole, rest.strip(" \t:：,，")
