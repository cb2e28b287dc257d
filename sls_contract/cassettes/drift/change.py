"""The values of a comparison: a difference that a rule finds, a change for messages, and the result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.presentation import shown
from sls_contract.spec import CLAUSES, Finding
from sls_contract.spec.change import Change as RuleChange
from sls_contract.spec.change import Class, verdict_of

MOST_TEXT = 4000
"""Characters of a value that are scrubbed before it is shortened, so that shortening does not split a secret."""

_OUTCOME_PLACES = frozenset({"status", "/errorCode", "exchange"})

_CODES = MappingProxyType({clause.slug: clause.code for clause in CLAUSES.values()})

Rest: TypeAlias = "tuple[Class, str | None, str]"
"""Class, code and slug of changes that are only counted."""


class Difference(RuleChange):
    """One difference within a pair, as a rule finds it; its values are not scrubbed yet."""

    __slots__ = ()

    @property
    def code(self) -> str | None:
        """The clause's code; None where no clause governs it."""
        return _CODES.get(self.slug)


Differences: TypeAlias = "Iterator[Difference]"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference for messages: printable, short, without secrets.

    Attributes:
        kind: its class.
        code: code of the clause; None where no clause governs the difference.
        slug: slug of that clause, or of the rule.
        exchange: position of the old exchange in its cassette, from 0.
        where: JSON pointer into the new body (of a removed value, into the old one), ``header Name``, ``status`` or
            similar.
        old: the old value; None where there is none.
        new: the new value; None where there is none.

    """

    kind: Class
    code: str | None
    slug: str
    exchange: int
    where: str
    old: str | None
    new: str | None

    @property
    def of_outcome(self) -> bool:
        """Whether the outcome changed, or was not judged: the exchange does not confirm the old response."""
        return self.where in _OUTCOME_PLACES


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An exchange without a partner on the other side.

    Attributes:
        side: the side of the exchange, ``old`` or ``new``.
        exchange: its position in its cassette, from 0.
        request: method and URL; values that look secret are masked.

    """

    side: Literal["old", "new"]
    exchange: int
    request: str


@dataclass(frozen=True, slots=True)
class Drift:
    """The result of `compare`.

    Attributes:
        changes: every difference, by pair in the old order; within a pair the worst first.
        unmatched: exchanges without a partner, the old ones first.
        pairs: number of compared pairs.
        not_judged: number of pairs that are requests to another service, which the contract does not cover.
        other_outcome: number of pairs whose responses were not compared: one was served or refused, the other was not,
            or had another error code.
        exercised: codes of the clauses that could have failed on the new side.
        map: the clauses and errors of the new side, by operation.
        retried: number of attempts on both sides that a retry followed; each belongs to the exchange of its retry.
        partners: the position of each new exchange by that of its old one.
        lacking: number of pairs that were not compared, as the old recording lacks a body, and as the new one does.
        more: number of changes beside ``changes``, by class, code and slug.
        more_unmatched: number of exchanges without a partner beside ``unmatched``.

    """

    changes: tuple[Change, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    pairs: int = 0
    not_judged: int = 0
    exercised: frozenset[str] = frozenset()
    map: ContractMap = field(default_factory=ContractMap, compare=False)
    retried: int = 0
    partners: Mapping[int, int] = field(default_factory=dict, compare=False)
    more: Mapping[Rest, int] = field(default_factory=dict)
    more_unmatched: int = 0
    other_outcome: int = 0
    lacking: tuple[int, int] = (0, 0)

    @property
    def verdict(self) -> str:
        """The worst class among the changes; ``none`` without changes."""
        return verdict_of(change.kind for change in self.changes)

    def count(self, kind: Class) -> int:
        """Count the changes of one class."""
        return len(self.of(kind)) + sum(count for (its, *_), count in self.more.items() if its is kind)

    def of(self, kind: Class) -> tuple[Change, ...]:
        """Return the changes of one class."""
        return tuple(change for change in self.changes if change.kind == kind)


def value_text(value: object) -> str:
    """Format a JSON value: a scalar as JSON, long enough to be scrubbed; a container by its size."""
    return json.dumps(value[:MOST_TEXT], ensure_ascii=False) if isinstance(value, str) else shown(value)


_FIX = "adapt the clients and keep the new recording, or report it to the service."


def finding_of(change: Change) -> Finding | None:
    """Return the change as a finding of its clause; None where no clause governs it."""
    if change.code is None:
        return None
    expected = f"as recorded before: {_or_nothing(change.old)}"
    return CLAUSES[change.code].finding(change.where, expected, _or_nothing(change.new), _FIX)


def plain_change(change: Change) -> dict[str, Any]:
    """Return the change as plain JSON values; its class is under the key ``class``."""
    values = asdict(change)
    return {"class": str(values.pop("kind")), **values}


def change_of(plain: Mapping[str, Any]) -> Change:
    """Return the change from the values of `plain_change`; other keys are ignored."""
    values = {each.name: plain[each.name] for each in fields(Change) if each.name != "kind"}
    return Change(Class(plain["class"]), **values)


def _or_nothing(text: str | None) -> str:
    return "(nothing)" if text is None else text
