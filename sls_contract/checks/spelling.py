"""Recognise misspelled names: query keys, members of bodies, segments of paths."""

from __future__ import annotations

from collections.abc import Iterable

_LONG_NAME, _SHORTEST_NAME = 8, 3  # letters
_SEPARATORS = str.maketrans("", "", "_-.")


def closest_name(key: str, names: Iterable[str]) -> str:
    """Return the name that a key is a misspelling of; empty if there is none.

    Casing and separators do not count. One letter may differ, two in long names: missing, added, replaced, or swapped
    with its neighbour.
    """
    folded = _folded(key)
    close = [name for name in names if _is_similar(folded, _folded(name))]
    return close[0] if len(close) == 1 else next((name for name in close if _folded(name) == folded), "")


def _folded(name: str) -> str:
    return name.translate(_SEPARATORS).casefold()


def _is_similar(one: str, other: str) -> bool:
    if one == other:
        return True
    shorter = min(len(one), len(other))
    if shorter < _SHORTEST_NAME:
        return False
    return _distance(one, other) <= (2 if shorter >= _LONG_NAME else 1)


def _distance(one: str, other: str) -> int:
    """Count the letters to insert, remove, replace or swap; returns 3 if the lengths differ by more than 2."""
    if abs(len(one) - len(other)) > 2:  # noqa: PLR2004 - more than any name may differ by
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, last[j - 2] + 1)
            row.append(best)
    return row[-1]
