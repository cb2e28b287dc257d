"""The types of checks: a function that finds how an exchange breaks one clause, and the groups that checks form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sls_contract.spec import Clause, Finding, clause

if TYPE_CHECKING:
    from sls_contract.checks.subject import Subject


class Flaw(NamedTuple):
    """A breach of a clause: `Finding` without the clause's own fields."""

    where: str
    expected: str
    actual: str
    how_to_fix: str


class Side(Enum):
    """The half of an exchange that a check judges."""

    REQUEST = "request"
    RESPONSE = "response"


Flaws: TypeAlias = Sequence[Flaw] | None
"""The result of a check: None if its precondition does not hold, else the flaws: none if the clause is kept."""

KEPT: Flaws = ()
"""The result of a check whose clause is kept."""

MOST_FLAWS = 20
"""The most flaws of one clause that are reported for one response."""


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

    def finding(self, flaw: Flaw, operation: str = "") -> Finding:
        """Convert a flaw of an exchange of this operation to a finding."""
        return self.clause.finding(*flaw, operation=operation)


class Group(NamedTuple):
    """Checks of one half that a single test can skip.

    Attributes:
        checks: the checks; each runs if the test is not conclusive.
        proves_kept: the test. It returns the codes of the clauses that apply if it proves that no check finds anything,
            else None.

    """

    checks: tuple[Check, ...]
    proves_kept: Callable[[Subject], frozenset[str] | None]


def on_request(slug: str, find: Callable[[Subject], Flaws]) -> Check:
    """Build a check of requests for the clause with this slug."""
    return Check(clause(slug), find, Side.REQUEST)


def on_response(slug: str, find: Callable[[Subject], Flaws]) -> Check:
    """Build a check of responses for the clause with this slug."""
    return Check(clause(slug), find, Side.RESPONSE)
