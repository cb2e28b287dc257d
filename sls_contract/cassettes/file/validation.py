"""The part of a cassette's prolog that says when its exchanges were last validated: one date for the file.

It applies to every exchange recorded up to that time, except listed ones, while the file has the validated exchanges: a
digest over their ids and digests verifies that. If one of them is removed or recorded again, or another is inserted, it
applies to none. Each exchange then has the time in its own block. The prolog never claims more than was compared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sls_contract.cassettes.recording import moment_text

_IN_BLOCK = re.compile(
    r"- contract:\n    id: '?([A-Za-z0-9-]+)'?\n    digest: (sha256-[0-9a-f]+)\n(?:    [a-z].*\n)*?"
    r"    recorded_at: '([0-9T:.-]+Z)'\n"
)
IN_PROLOG = r", validated: \{at: '([0-9T:.-]+Z)', digest: (sha256-[0-9a-f]+)(?:, except: \[([A-Za-z0-9, -]*)\])?\}"
"""Pattern of this part of the prolog; its groups are the arguments of `Validation.read`."""


@dataclass(frozen=True, slots=True)
class Validation:
    """When exchanges of a file were last validated.

    Attributes:
        at: the time, aware.
        digest: digest over that time and the validated exchanges.
        left_out: ids of exchanges in the file that were not validated.

    """

    at: datetime
    digest: str
    left_out: tuple[str, ...] = ()

    @classmethod
    def read(cls, at: str, digest: str, left_out: str | None) -> Validation:
        """Create one from the fields of a prolog; raises `ValueError` for a malformed time."""
        return cls(datetime.fromisoformat(at), digest, tuple((left_out or "").replace(",", " ").split()))

    @classmethod
    def over(cls, at: datetime, blocks: Iterable[str], names: Collection[str]) -> Validation:
        """Return the validation of the exchanges with these ``names`` at a time."""
        present = list(_recorded_until(at, blocks))
        left_out = tuple(name for name, _ in present if name not in names)
        return cls(at, _digest(at, (each for each in present if each[0] in names)), left_out)

    def covered(self, blocks: Iterable[str]) -> frozenset[str]:
        """Return the ids of the exchanges that this applies to; none, where they are not the validated ones."""
        present = [each for each in _recorded_until(self.at, blocks) if each[0] not in self.left_out]
        return frozenset(name for name, _ in present) if _digest(self.at, present) == self.digest else frozenset()

    def after_change(self, before: Iterable[str], now: Iterable[str]) -> Validation | None:
        """Return what still applies after the blocks of a file changed; None where nothing does."""
        blocks = tuple(now)
        names = self.covered(before) & {name for name, _ in _recorded_until(self.at, blocks)}
        return Validation.over(self.at, blocks, names) if names else None

    @property
    def text(self) -> str:
        """The text for the prolog."""
        left_out = f", except: [{', '.join(self.left_out)}]" if self.left_out else ""
        return f", validated: {{at: '{moment_text(self.at)}', digest: {self.digest}{left_out}}}"


def _recorded_until(at: datetime, blocks: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield id and digest of each exchange recorded up to a time."""
    for block in blocks:
        found = _IN_BLOCK.match(block)
        if found is not None and datetime.fromisoformat(found[3]) <= at:
            yield found[1], found[2]


def _digest(at: datetime, exchanges: Iterable[tuple[str, str]]) -> str:
    lines = sorted(f"{name} {digest}" for name, digest in exchanges)
    return "sha256-" + sha256("\n".join([moment_text(at), *lines]).encode()).hexdigest()[:32]
