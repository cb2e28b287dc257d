"""Cut the signed requests out of logs that are too long to be searched as a whole."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import chain, pairwise

from sls_contract.transcripts.message import METHODS

_SIGNED = re.compile(r"\bLOG[ +]\S{1,128}:|\bSLS4-HMAC-SHA256\b")
_BEGINS = re.compile(rf"(?:{METHODS})[\"',]? +[\"'(]?(?:https?://|/)|\bcurl(?:\.exe)? ")
_OPENS = re.compile(r"(?m)^(?:[^\s}\])][^\n]*)?[\[{(]\s*?$")  # an object over several lines
_FARTHEST = 1 << 14  # characters from the start of a request to its signature
_BEFORE = 1 << 12  # characters before a signature, if no request line is found
_AFTER = 3 << 13  # characters after it: other headers, the body, the response
_LONGEST = (1 << 16) - 1  # of a part


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield each part of a log with a signed request, after the number of lines before it."""
    lines, counted = 0, 0
    for (start, at), (following, _) in pairwise(chain(_requests_in(text), [(len(text), 0)])):
        lines, counted = lines + text.count("\n", counted, start), start
        yield lines, text[start : min(following, at + _AFTER, start + _LONGEST)]


def _requests_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield the start of each request and its signature; of several signatures after one start, the last."""
    begins = [found.start() for found in _BEGINS.finditer(text)]
    start, at = -1, 0
    for found in _SIGNED.finditer(text):
        signature = found.start()
        begin = max(_start(text, begins, signature), signature - _FARTHEST, start)
        if begin > start >= 0:
            yield start, at
        start, at = begin, signature
    if start >= 0:
        yield start, at


def _start(text: str, begins: list[int], signature: int) -> int:
    """Return the start of the line in which the request of a signature begins."""
    index = bisect_right(begins, signature) - 1
    if index >= 0 and signature - begins[index] <= _FARTHEST:
        at = text.rfind("\n", 0, begins[index])  # the line before may mark it as sent
    else:
        before = max(0, signature - _BEFORE)
        at = max((found.start() for found in _OPENS.finditer(text, before, signature)), default=before)
    return text.rfind("\n", 0, max(0, at)) + 1
