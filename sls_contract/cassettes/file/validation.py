"""The line of a cassette that says when its endpoint last gave the same answers: one for the file, not one an exchange.

It holds for every exchange recorded until then that it does not leave out, and only while these are the ones that were
validated: a digest over their ids and digests tells. Where another was put among them, or one was taken out or recorded
again, it holds for none: each exchange then has the time in its own block. It never claims more than was compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from sls_contract.cassettes.recording import moment_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_IN_BLOCK = re.compile(
    r"- contract:\n    id: '?([A-Za-z0-9-]+)'?\n    digest: (sha256-[0-9a-f]+)\n(?:    [a-z].*\n)*?"
    r"    recorded_at: '([0-9T:.-]+Z)'\n"
)
IN_PROLOG = r", validated: \{at: '([0-9T:.-]+Z)', digest: (sha256-[0-9a-f]+)(?:, except: \[([A-Za-z0-9, -]*)\])?\}"
"""Pattern of what stands in the second line of a file; gives `Validation.read` its arguments."""


@dataclass(frozen=True, slots=True)
class Validation:
    """When exchanges of a file were last validated.

    Attributes:
        at: the time, aware.
        digest: over that time and the exchanges that it holds for.
        left_out: ids of exchanges that were there and were not validated.

    """

    at: datetime
    digest: str
    left_out: tuple[str, ...] = ()

    @classmethod
    def read(cls, at: str, digest: str, left_out: str | None) -> Validation:
        """Take what stands in a file; raises `ValueError` for what is no time."""
        return cls(datetime.fromisoformat(at), digest, tuple((left_out or "").replace(",", " ").split()))

    @classmethod
    def over(cls, at: datetime, blocks: Iterable[str], names: Collection[str]) -> Validation:
        """Say of the exchanges with these ``names`` that they were validated at a time."""
        there = list(_recorded_until(at, blocks))
        left_out = tuple(name for name, _ in there if name not in names)
        return cls(at, _digest(at, (each for each in there if each[0] in names)), left_out)

    def holds_for(self, blocks: Iterable[str]) -> frozenset[str]:
        """Return the ids of the exchanges that this holds for; none, where they are not those that were validated."""
        there = [each for each in _recorded_until(self.at, blocks) if each[0] not in self.left_out]
        return frozenset(name for name, _ in there) if _digest(self.at, there) == self.digest else frozenset()

    def kept(self, before: Iterable[str], now: Iterable[str]) -> Validation | None:
        """Return what is still to be said when the blocks of a file become others; None where it is nothing."""
        blocks = tuple(now)
        names = self.holds_for(before) & {name for name, _ in _recorded_until(self.at, blocks)}
        return Validation.over(self.at, blocks, names) if names else None

    @property
    def text(self) -> str:
        """What stands in the file."""
        left_out = f", except: [{', '.join(self.left_out)}]" if self.left_out else ""
        return f", validated: {{at: '{moment_text(self.at)}', digest: {self.digest}{left_out}}}"


def _recorded_until(at: datetime, blocks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield id and digest of each exchange recorded until a time."""
    for block in blocks:
        found = _IN_BLOCK.match(block)
        if found is not None and datetime.fromisoformat(found[3]) <= at:
            yield found[1], found[2]


def _digest(at: datetime, exchanges: Iterable[tuple[str, str]]) -> str:
    lines = sorted(f"{name} {digest}" for name, digest in exchanges)
    return "sha256-" + sha256("\n".join([moment_text(at), *lines]).encode()).hexdigest()[:32]
