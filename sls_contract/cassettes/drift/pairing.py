"""Which exchanges of two cassettes belong together: those that replay would answer the same request with."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sls_contract.cassettes.matching import Key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sls_contract.cassettes.recording import Recording

Pair = tuple[int, int]
"""The positions of an old exchange and of its new partner."""


def pairs_of(old: Sequence[Recording], new: Sequence[Recording]) -> tuple[list[Pair], list[int], list[int]]:
    """Pair by matching key, identical requests in recorded order; return also the positions that stay alone."""
    waiting: dict[Key, deque[int]] = {}
    for position, recording in enumerate(new):
        waiting.setdefault(Key.of(recording.exchange.request), deque()).append(position)
    pairs, alone = [], []
    for position, recording in enumerate(old):
        partners = waiting.get(Key.of(recording.exchange.request))
        if partners:
            pairs.append((position, partners.popleft()))
        else:
            alone.append(position)
    return pairs, alone, sorted(position for partners in waiting.values() for position in partners)
