"""What is left of a secret where somebody shortened a text around it: its beginning, its end, or both."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.names import MASK
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from sls_contract.cassettes.scrub.spellings import Secret

_PIECE = 8  # characters of a secret that give it away beside what was left out
_SHORTEST = 16  # characters of a secret whose pieces are told from ordinary text
_CUT = re.compile(r"(\S*?)(\.\.\.|\N{HORIZONTAL ELLIPSIS})(\S*)")


class Pieces:
    """The secrets of a run by how they begin and end, as they are and in base64.

    pytest and our own messages shorten text. A piece is looked up, so that many secrets cost no more than few.
    """

    def __init__(self) -> None:
        self._beginning: dict[str, list[str]] = {}
        self._ending: dict[str, list[str]] = {}

    def add(self, secret: Secret) -> None:
        """Take a secret in, if it is long enough."""
        for spelling in _spellings(secret):
            for filed, piece in ((self._beginning, spelling[:_PIECE]), (self._ending, spelling[-_PIECE:])):
                filed.setdefault(piece, []).append(spelling)

    def discard(self, secret: Secret) -> None:
        """Forget a secret."""
        for spelling in _spellings(secret):
            for filed, piece in ((self._beginning, spelling[:_PIECE]), (self._ending, spelling[-_PIECE:])):
                filed[piece] = [each for each in filed.get(piece, []) if each != spelling]

    def masked(self, text: str) -> str:
        """Return a text with what begins or ends as a secret does, beside ``...`` or ``…``, replaced."""
        if "..." not in text and "\N{HORIZONTAL ELLIPSIS}" not in text:
            return text
        return _CUT.sub(self._masked, text)

    def _masked(self, cut: re.Match[str]) -> str:
        before, dots, after = cut.groups()
        head, tail = self._beginning_at_end_of(before), self._ending_at_start_of(after)
        return f"{before[: len(before) - head]}{MASK * bool(head)}{dots}{MASK * bool(tail)}{after[tail:]}"

    def _beginning_at_end_of(self, text: str) -> int:
        """Return how many of the last characters are the beginning of a secret."""
        for start in range(len(text) - _PIECE + 1):
            if any(each.startswith(text[start:]) for each in self._beginning.get(text[start : start + _PIECE], ())):
                return len(text) - start
        return 0

    def _ending_at_start_of(self, text: str) -> int:
        """Return how many of the first characters are the ending of a secret."""
        for end in range(len(text), _PIECE - 1, -1):
            if any(each.endswith(text[:end]) for each in self._ending.get(text[end - _PIECE : end], ())):
                return end
        return 0


def _spellings(secret: Secret) -> tuple[str, ...]:
    if len(secret.value) < _SHORTEST or secret.whole:
        return ()
    return wire_text(secret.value), base64.b64encode(secret.value).decode()
