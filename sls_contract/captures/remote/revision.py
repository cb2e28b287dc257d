"""A revision: all recordings of a suite at one time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import NamedTuple

_HEAD = "sls-contract revision 1"
_ENTRY = re.compile(r"([0-9a-f]{64}) (?!/)(\S.*)")


def digest_of(data: bytes) -> str:
    """Return the SHA-256 digest of content, by which it is named."""
    return sha256(data).hexdigest()


class Revision(NamedTuple):
    """The digest of each recording by its name (a path with ``/``), and the parent revisions."""

    parents: tuple[str, ...]
    digests: Mapping[str, str]

    @property
    def data(self) -> bytes:
        """The revision in its stored form; equal revisions give equal bytes."""
        lines = [_HEAD, *(f"parent {each}" for each in sorted(self.parents))]
        lines += [f"{digest} {name}" for name, digest in sorted(self.digests.items())]
        return "".join(f"{line}\n" for line in lines).encode()


def revision_of(data: bytes) -> Revision:
    """Parse a revision; raises `ValueError` for other content and for names that leave their folder."""
    head, *lines = data.decode("utf-8").split("\n")[:-1]
    if head != _HEAD:
        msg = f"expected {_HEAD!r}, got {head[:80]!r}"
        raise ValueError(msg)
    parents = tuple(line[7:] for line in lines if line.startswith("parent "))
    return Revision(parents, dict(map(_entry, lines[len(parents) :])))


def _entry(line: str) -> tuple[str, str]:
    found = _ENTRY.fullmatch(line)
    if found is None or {"", ".", ".."} & {*found[2].split("/")} or "\\" in found[2]:
        msg = f"expected a digest and a path, got {line[:200]!r}"
        raise ValueError(msg)
    return found[2], found[1]


def ancestors(name: str, read: Callable[[str], Revision]) -> Iterator[str]:
    """Yield a revision and its ancestors, nearest first."""
    pending = {name: None}
    seen: set[str] = set()
    while pending:
        nearest = next(iter(pending))
        del pending[nearest]
        seen.add(nearest)
        yield nearest
        pending |= dict.fromkeys(each for each in read(nearest).parents if each not in seen)


def common_ancestor(one: str, other: str, read: Callable[[str], Revision]) -> str | None:
    """Return a near common ancestor of two revisions, or None."""
    sides = ancestors(one, read), ancestors(other, read)
    seen: tuple[dict[str, None], dict[str, None]] = ({}, {})
    going = [0, 1]
    while going:
        for side in tuple(going):
            if (step := next(sides[side], None)) is None:
                going.remove(side)
                continue
            seen[side][step] = None
            if step in seen[1 - side]:
                return step
    return None
