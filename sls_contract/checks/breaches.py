"""What judging by a contract collects: findings with the operation's name, and the clauses that could have failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.rule import MOST_FLAWS
from sls_contract.spec import Level, clause
from sls_contract.spec.finding import weakest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.checks.subject import Subject
    from sls_contract.spec import Clause, Finding
    from sls_contract.spec.contract import Value


class Rule(NamedTuple):
    """A clause as a contract applies it: at the level of the contract's field."""

    clause: Clause
    level: Level
    kind: str
    code: str


class Rules:
    """Which clause a breach breaks, by its kind: the contract's own code, else the generic one of the place.

    ``highest`` is the level that nothing goes beyond: what only the SDK's models tell is a warning at most.
    """

    def __init__(self, generic: Mapping[str, str], highest: Level, own: Mapping[str, str] | None = None) -> None:
        """Take the codes by kind of breach."""
        self._codes = {**generic, **(own or {})}
        self._highest = highest

    def of(self, value: Value) -> Rules:
        """Return the rules of a value that may have codes of its own."""
        return self.with_codes(value.codes)

    def with_codes(self, own: Mapping[str, str]) -> Rules:
        """Return the rules with some codes of one's own."""
        return Rules(self._codes, self._highest, own) if own else self

    def has(self, kind: str) -> bool:
        """Tell whether there is a clause for a kind of breach."""
        return kind in self._codes

    def rule(self, kind: str, level: Level = Level.VIOLATION) -> Rule:
        """Return the rule for one kind of breach."""
        found = clause(self._codes[kind])
        return Rule(found, weakest(found.level, level, self._highest), kind, found.code)


_IGNORED = frozenset({"unknown", "alias", "unexpected"})
"""Kinds of breaches that a service does not see."""


class Breaches:
    """Findings on one half of an exchange of one operation."""

    __slots__ = ("_asked", "_counts", "_operation", "exercised", "found", "malformed", "subject")

    def __init__(
        self, subject: Subject, operation: str, asked: Callable[[str, Subject], str | None] | None = None
    ) -> None:
        """Begin with none; ``asked`` gives what the request asks for under a name such as ``query.shard``."""
        self.subject = subject
        self._asked = asked
        self.found: list[Finding] = []
        self.exercised: set[str] = set()
        self.malformed = False
        self._operation = operation
        self._counts: dict[str, int] = {}

    def asked(self, name: str) -> str | None:
        """Return what the request asks for; None where it does not, or not in a way that the contract allows."""
        return self._asked(name, self.subject) if self._asked else None

    def fix_for(self, name: str) -> str:
        """Say what to do about a value that is not as its contract says, and what shows the contract."""
        return f"write {name} as expected; sls-contract spec show {self._operation} prints what is documented."

    def add(self, rule: Rule, where: str, expected: str, actual: str, how_to_fix: str) -> None:
        """Note how a rule is broken; of many breaches of one clause the first few are kept."""
        code = rule.code
        self.exercised.add(code)
        self.malformed = self.malformed or rule.kind not in _IGNORED
        self._counts[code] = self._counts.get(code, 0) + 1
        if self._counts[code] <= MOST_FLAWS:
            self.found.append(
                rule.clause.finding(where, expected, actual, how_to_fix, level=rule.level, operation=self._operation)
            )
