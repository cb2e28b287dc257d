"""A check: the function that finds how an exchange breaks one clause, and when it is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sls_contract.spec import clause

if TYPE_CHECKING:
    from sls_contract.checks.subject import Subject
    from sls_contract.spec import Clause, Finding


class Flaw(NamedTuple):
    """How a clause is broken: `Finding` without the clause's own fields."""

    where: str
    expected: str
    actual: str
    how_to_fix: str


class Side(Enum):
    """Which half of an exchange a check is about."""

    REQUEST = "request"
    RESPONSE = "response"


Flaws: TypeAlias = Sequence[Flaw] | None
"""What a check returns: None where its precondition does not hold, else the flaws, none where the clause is kept."""

KEPT: Flaws = ()

MOST_FLAWS = 20
"""Flaws of one clause that are told of one answer."""


@dataclass(frozen=True, slots=True)
class Check:
    """One clause and the function that finds where it is broken.

    Attributes:
        clause: the clause.
        find: the function.
        side: the half of the exchange that it judges.

    """

    clause: Clause
    find: Callable[[Subject], Flaws]
    side: Side

    @property
    def code(self) -> str:
        """The code of the clause."""
        return self.clause.code

    def finding(self, flaw: Flaw) -> Finding:
        """Make the finding of a flaw."""
        return self.clause.finding(*flaw)


class Group(NamedTuple):
    """Checks of one half that one look can answer.

    Attributes:
        checks: what is asked one by one where the look does not tell.
        kept: gives the codes of the clauses that could have been broken and are kept, where none of the checks finds
            anything; None where each must be asked.

    """

    checks: tuple[Check, ...]
    kept: Callable[[Subject], frozenset[str] | None]


def on_request(slug: str, find: Callable[[Subject], Flaws]) -> Check:
    """Make a check of requests."""
    return Check(clause(slug), find, Side.REQUEST)


def on_response(slug: str, find: Callable[[Subject], Flaws]) -> Check:
    """Make a check of answers."""
    return Check(clause(slug), find, Side.RESPONSE)
