"""Statements of the contract (`Clause`) and their breaches by an exchange (`Finding`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(StrEnum):
    """How severe a breach of a clause is."""

    VIOLATION = "violation"  #: fails the test or command
    WARNING = "warning"  #: shown; fails with ``--strict``
    UNSPECIFIED = "unspecified"  #: counted, never fails: no source states the rule


_STRENGTH = {Level.UNSPECIFIED: 0, Level.WARNING: 1, Level.VIOLATION: 2}


def weakest(*levels: Level) -> Level:
    """Return the least severe of the levels."""
    return min(levels, key=_STRENGTH.__getitem__)


@dataclass(frozen=True, slots=True)
class Clause:
    """A statement of the contract that can be checked.

    Attributes:
        code: ``SLS`` and three digits; never renumbered or reused. The hundreds digit: 1 request, 2 response,
            3 signature, 4 behaviour across exchanges, 5 a client's behaviour, 6 recordings.
        slug: a readable name, such as ``update-time-unit``.
        level: the severity of a breach.
        title: one line.
        text: the statement, with units and bounds, and the remedy for a breach.
        sources: the pages and facts that it is based on.
        breaches: kinds of breach of an operation's contract that are breaches of this clause, by place (``query``,
            ``request-body``).

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
        """Return a finding for a breach of this clause; ``level`` can lower the clause's level but not raise it."""
        level = self.level if level is None else weakest(self.level, level)
        return Finding(self.code, self.slug, level, where, expected, actual, how_to_fix, operation)


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach of a clause by an exchange: a comparable value without secrets.

    Attributes:
        code: the clause's code.
        slug: the clause's slug.
        level: the clause's level, or a lower one set by the operation's contract.
        where: the place of the breach: a JSON pointer into the body (``/0/updateTime``), ``header Date``,
            ``query shard``, ``status``, ``body``, ``signature``.
        expected: what the contract requires.
        actual: the value found, shortened and scrubbed.
        how_to_fix: one sentence.
        operation: the operation that the exchange asks for; empty if it asks for none that is known, or if the finding
            is about several exchanges or a recording.

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
        of = f" of {self.operation}" if self.operation else ""
        return (
            f"{self.code} {self.slug} ({self.level}) at {self.where}{of}\n"
            f"  expected: {self.expected}\n"
            f"  actual:   {self.actual}\n"
            f"  How to fix: {self.how_to_fix}"
        )
