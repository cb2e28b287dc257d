"""Collect the findings of a contract, with the operation's name, and the clauses that could have been broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.rule import MOST_FLAWS
from sls_contract.spec import CLAUSES, Clause, Finding, Level, clause
from sls_contract.spec.finding import weakest
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.checks.subject import Subject
    from sls_contract.spec.contract import Value


def generic_codes(place: str) -> dict[str, str]:
    """Return the codes of the clauses for all operations, by kind of breach; a contract may name its own instead."""
    return {kind: each.code for each in CLAUSES.values() for kind in each.breaches.get(place, ())}


def generic_level(place: str, kind: str) -> Level:
    """Return the level of the clause for all operations on a kind of breach at a place."""
    return CLAUSES[generic_codes(place)[kind]].level


class Rule(NamedTuple):
    """A clause as a contract applies it: at the level of the contract's field."""

    clause: Clause
    level: Level
    kind: str
    code: str


class Rules:
    """The clauses by kind of breach: the contract's own code if it has one, else the generic code of the place.

    ``highest`` limits the level: a contract known only from the SDKs' models gives warnings at most.
    """

    def __init__(self, generic: Mapping[str, str], highest: Level, overrides: Mapping[str, str] | None = None) -> None:
        """Take the codes by kind of breach; ``overrides`` override ``generic``."""
        self._codes = {**generic, **(overrides or {})}
        self._highest = highest

    def of(self, value: Value) -> Rules:
        """Return the rules of a value, which may have codes that override these."""
        return self.with_codes(value.codes)

    def with_codes(self, overrides: Mapping[str, str]) -> Rules:
        """Return these rules with some codes overridden."""
        return Rules(self._codes, self._highest, overrides) if overrides else self

    def has(self, kind: str) -> bool:
        """Return whether there is a clause for a kind of breach."""
        return kind in self._codes

    def rule(self, kind: str, level: Level = Level.VIOLATION) -> Rule:
        """Return the rule for one kind of breach."""
        found = clause(self._codes[kind])
        return Rule(found, weakest(found.level, level, self._highest), kind, found.code)


_IGNORED = frozenset({"unknown", "alias", "unexpected"})
"""Kinds of breaches that a service ignores, so that its response can still be judged."""


class Breaches:
    """Findings on one half of an exchange of one operation."""

    __slots__ = ("_counts", "_operation", "_request_value", "exercised", "found", "malformed", "subject")

    def __init__(
        self, subject: Subject, operation: str, request_value: Callable[[str, Subject], str | None] | None = None
    ) -> None:
        """Start without findings; ``request_value`` looks up a name of the request such as ``query.shard``."""
        self.subject = subject
        self._request_value = request_value
        self.found: list[Finding] = []
        self.exercised: set[str] = set()
        self.malformed = False
        self._operation = operation
        self._counts: dict[str, int] = {}

    def request_value(self, name: str) -> str | None:
        """Return the request's value under a name; None if the request does not send a valid one."""
        return self._request_value(name, self.subject) if self._request_value else None

    def fix_for(self, name: str) -> str:
        """Return the fix for a value that breaks its contract, with the command that prints the contract."""
        command = registry().show_command(self._operation)
        return f"write {name} as expected; {command} prints what is documented."

    def add(self, rule: Rule, where: str, expected: str, actual: str, how_to_fix: str) -> None:
        """Record a breach of a rule; of many breaches of one clause, only the first `MOST_FLAWS` are kept."""
        code = rule.code
        self.exercised.add(code)
        self.malformed = self.malformed or rule.kind not in _IGNORED
        self._counts[code] = self._counts.get(code, 0) + 1
        if self._counts[code] <= MOST_FLAWS:
            self.found.append(
                rule.clause.finding(where, expected, actual, how_to_fix, level=rule.level, operation=self._operation)
            )
