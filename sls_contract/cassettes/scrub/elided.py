"""Secrets in shortened text, where only their beginning, their end, or both remain."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.names import MASK
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.cassettes.scrub.spellings import Secret

_PIECE = 8  # characters of a secret that identify it beside an ellipsis
_SHORTEST = 16  # characters; pieces of shorter secrets look like ordinary text
_CUT = re.compile(r"(\S*?)(\.\.\.|\N{HORIZONTAL ELLIPSIS})(\S*)")


class Pieces:
    """Beginnings and ends of the run's secrets, as they are and in base64.

    pytest and our own messages shorten text. A piece is a dictionary key, so many secrets cost no more than few.
    """

    def __init__(self) -> None:
        self._beginning: dict[str, list[str]] = {}
        self._ending: dict[str, list[str]] = {}

    def add(self, secret: Secret) -> None:
        """Add a secret, if it is long enough."""
        for index, piece, spelling in self._entries(secret):
            index.setdefault(piece, []).append(spelling)

    def discard(self, secret: Secret) -> None:
        """Remove a secret."""
        for index, piece, spelling in self._entries(secret):
            index[piece] = [each for each in index.get(piece, []) if each != spelling]

    def _entries(self, secret: Secret) -> Iterator[tuple[dict[str, list[str]], str, str]]:
        if len(secret.value) >= _SHORTEST and not secret.whole:
            for spelling in (wire_text(secret.value), base64.b64encode(secret.value).decode()):
                yield self._beginning, spelling[:_PIECE], spelling
                yield self._ending, spelling[-_PIECE:], spelling

    def masked(self, text: str) -> str:
        """Return a text with the beginnings and ends of secrets beside ``...`` or ``…`` masked."""
        if "..." not in text and "\N{HORIZONTAL ELLIPSIS}" not in text:
            return text
        return _CUT.sub(self._masked, text)

    def _masked(self, cut: re.Match[str]) -> str:
        before, dots, after = cut.groups()
        head, tail = self._beginning_at_end_of(before), self._ending_at_start_of(after)
        return f"{before[: len(before) - head]}{MASK * bool(head)}{dots}{MASK * bool(tail)}{after[tail:]}"

    def _beginning_at_end_of(self, text: str) -> int:
        """Return how many characters at the end of the text are the beginning of a secret."""
        for start in range(len(text) - _PIECE + 1):
            if any(each.startswith(text[start:]) for each in self._beginning.get(text[start : start + _PIECE], ())):
                return len(text) - start
        return 0

    def _ending_at_start_of(self, text: str) -> int:
        """Return how many characters at the start of the text are the end of a secret."""
        for end in range(len(text), _PIECE - 1, -1):
            if any(each.endswith(text[:end]) for each in self._ending.get(text[end - _PIECE : end], ())):
                return end
        return 0
