"""What is left of a secret where somebody shortened a text around it: its beginning, its end, or both."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.vault import MASK
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sls_contract.cassettes.scrub.spellings import Secret

_PIECE = 8  # characters of a secret that give it away beside what was left out
_SHORTEST = 16  # characters of a secret whose pieces are told from ordinary text
_CUT = re.compile(r"(\S*?)(\.\.\.|\N{HORIZONTAL ELLIPSIS})(\S*)")


def without_pieces(text: str, secrets: Iterable[Secret]) -> str:
    """Mask what begins or ends as a secret does, beside ``...`` or ``…``: pytest and our own messages shorten text."""
    if "..." not in text and "\N{HORIZONTAL ELLIPSIS}" not in text:
        return text
    for secret in secrets:
        if len(secret.value) >= _SHORTEST and not secret.whole:
            for spelling in (wire_text(secret.value), base64.b64encode(secret.value).decode()):
                if spelling[:_PIECE] in text or spelling[-_PIECE:] in text:
                    text = _CUT.sub(partial(_masked, secret=spelling), text)
    return text


def _masked(cut: re.Match[str], secret: str) -> str:
    before, dots, after = cut.groups()
    head = next((size for size in range(len(secret), _PIECE - 1, -1) if before.endswith(secret[:size])), 0)
    tail = next((size for size in range(len(secret), _PIECE - 1, -1) if after.startswith(secret[-size:])), 0)
    return f"{before[: len(before) - head]}{MASK * bool(head)}{dots}{MASK * bool(tail)}{after[tail:]}"
