"""A rule: the function that finds how a run breaks one clause about clients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.checks.rule import Flaws
    from sls_contract.exercise.trial import Trial
    from sls_contract.spec import Clause


@dataclass(frozen=True, slots=True)
class Rule:
    """One clause, and the function that returns its flaws in a run; None where its precondition does not hold."""

    clause: Clause
    find: Callable[[Trial], Flaws]


def rule(slug: str, find: Callable[[Trial], Flaws]) -> Rule:
    """Make the rule of a clause."""
    return Rule(clause(slug), find)
