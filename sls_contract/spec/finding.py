"""What the contract says (`Clause`) and what an exchange broke (`Finding`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(StrEnum):
    """How much it matters that a clause is broken."""

    VIOLATION = "violation"  #: fails the test or command
    WARNING = "warning"  #: shown; fails with ``--strict``
    UNSPECIFIED = "unspecified"  #: counted, never fails: no source says what is right


_STRENGTH = {Level.UNSPECIFIED: 0, Level.WARNING: 1, Level.VIOLATION: 2}


def weakest(*levels: Level) -> Level:
    """Return the level that matters least."""
    return min(levels, key=_STRENGTH.__getitem__)


@dataclass(frozen=True, slots=True)
class Clause:
    """One checkable statement of the contract.

    Attributes:
        code: ``SLS`` and three digits; never renumbered or reused. The hundreds digit: 1 request, 2 response,
            3 signature, 4 behaviour across exchanges, 5 a client's behaviour, 6 recordings.
        slug: the same in words, ``update-time-unit``.
        level: what breaking it means.
        title: one line.
        text: the statement in our own words, with units and bounds, and what to do when it is broken.
        sources: the pages and facts that it comes from, as a reader can find them.
        breaches: kinds of breach of any operation's contract that break it, by place (``query``, ``request-body``).

    """

    code: str
    slug: str
    level: Level
    title: str
    text: str
    sources: tuple[str, ...]
    breaches: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def finding(
        self,
        where: str,
        expected: str,
        actual: str,
        how_to_fix: str,
        *,
        level: Level | None = None,
        operation: str = "",
    ) -> Finding:
        """Make the finding that says how an exchange breaks this clause; ``level`` may lower the clause's own."""
        level = self.level if level is None else weakest(self.level, level)
        return Finding(self.code, self.slug, level, where, expected, actual, how_to_fix, operation)


@dataclass(frozen=True, slots=True)
class Finding:
    """A clause that an exchange breaks. A comparable value; no part of it holds a secret.

    Attributes:
        code: the clause's code.
        slug: the clause's slug.
        level: the clause's level, or a lower one where the operation's contract says so.
        where: what broke it: a JSON pointer into the body (``/0/updateTime``), ``header Date``, ``query shard``,
            ``status``, ``body``, ``signature``.
        expected: what the contract asks for.
        actual: what came, shortened and scrubbed.
        how_to_fix: one sentence.
        operation: the operation whose contract is broken; empty where the clause is not about one.

    """

    code: str
    slug: str
    level: Level
    where: str
    expected: str
    actual: str
    how_to_fix: str
    operation: str = ""

    def __str__(self) -> str:
        """Give the finding as lines for a terminal."""
        of = f" of {self.operation}" if self.operation else ""
        return (
            f"{self.code} {self.slug} ({self.level}) at {self.where}{of}\n"
            f"  expected: {self.expected}\n"
            f"  actual:   {self.actual}\n"
            f"  How to fix: {self.how_to_fix}"
        )
