"""The values of a comparison: a difference as a rule finds it, a change as a person reads it, and all of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.checks.presentation import shown
from sls_contract.spec import CLAUSES
from sls_contract.spec.change import Change as RuleChange
from sls_contract.spec.change import Class, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec import Finding

MOST_TEXT = 4000
"""Characters of a value that are scrubbed before it is shortened: no secret is cut in two."""

_OUTCOME = frozenset({"status", "/errorCode", "exchange"})

_CODES = MappingProxyType({clause.slug: clause.code for clause in CLAUSES.values()})

Rest: TypeAlias = "tuple[Class, str | None, str]"
"""Class, code and slug of changes that are only counted."""


class Difference(RuleChange):
    """One difference within a pair, as a rule finds it; the values are not scrubbed yet."""

    __slots__ = ()

    @property
    def code(self) -> str | None:
        """The clause's code; None where no clause governs it."""
        return _CODES.get(self.slug)


Differences: TypeAlias = "Iterator[Difference]"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, fit to be shown: printable, short, without secrets.

    Attributes:
        kind: its class.
        code: of the clause that governs it; None where no clause does.
        slug: of that clause, or of the rule.
        exchange: position of the old exchange in its cassette, from 0.
        where: JSON pointer into the new body (of what is gone, into the old one), ``header Name``, ``status`` or such.
        old: what the old side has there; None where it has nothing.
        new: the same of the new side.

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
        """Whether something else was answered, or nothing was judged: no sign that the old answer still comes."""
        return self.where in _OUTCOME


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An exchange that the other side has no partner for.

    Attributes:
        side: whose it is, ``old`` or ``new``.
        exchange: its position in its cassette, from 0.
        request: method and URL, secret-looking values masked.

    """

    side: Literal["old", "new"]
    exchange: int
    request: str


@dataclass(frozen=True, slots=True)
class Drift:
    """What `compare` found.

    Attributes:
        changes: every difference, pair by pair in old order; within a pair the worst first.
        unmatched: exchanges without a partner, the old ones first.
        pairs: how many pairs were compared.
        not_judged: how many of them are requests to another service, which the contract says nothing about.
        exercised: codes of the clauses that could have failed on the new side.
        retried: how many attempts of both sides were followed by a retry, and count with its exchange.
        partners: the position of each new exchange by that of its old one.
        more: how many changes there are beside ``changes``, by class, code and slug.
        more_unmatched: how many exchanges without a partner beside ``unmatched``.

    """

    changes: tuple[Change, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    pairs: int = 0
    not_judged: int = 0
    exercised: frozenset[str] = frozenset()
    retried: int = 0
    partners: Mapping[int, int] = field(default_factory=dict, compare=False)
    more: Mapping[Rest, int] = field(default_factory=dict)
    more_unmatched: int = 0

    @property
    def verdict(self) -> str:
        """The worst class among the changes; ``none`` where nothing differs."""
        return verdict_of(change.kind for change in self.changes)

    def count(self, kind: Class) -> int:
        """Count the changes of one class."""
        return len(self.of(kind)) + sum(count for (its, *_), count in self.more.items() if its is kind)

    def of(self, kind: Class) -> tuple[Change, ...]:
        """Return the changes of one class."""
        return tuple(change for change in self.changes if change.kind == kind)


def told(value: object) -> str:
    """Give a JSON value as text: a scalar as JSON, long enough to be scrubbed; a container by what it holds."""
    return json.dumps(value[:MOST_TEXT], ensure_ascii=False) if isinstance(value, str) else shown(value)


_MEND = "adapt the clients, or report it to the service; then record again (pytest --sls-record=all)."


def change_lines(change: Change, place: str) -> Iterator[str]:
    """Yield where it is and which clause governs it, then both sides; ``place`` names the exchange."""
    rule = f"{change.code} {change.slug}" if change.code else change.slug
    yield f"  {place}: {rule} at {change.where}"
    yield f"    old: {_or_nothing(change.old)}"
    yield f"    new: {_or_nothing(change.new)}"


def finding_of(change: Change) -> Finding | None:
    """Return the change as a finding of the clause that governs it; None where no clause does."""
    if change.code is None:
        return None
    expected = f"as recorded before: {_or_nothing(change.old)}"
    return CLAUSES[change.code].finding(change.where, expected, _or_nothing(change.new), _MEND)


def plain_change(change: Change) -> dict[str, Any]:
    """Give the change as plain JSON values; its class under the key ``class``."""
    values = asdict(change)
    return {"class": str(values.pop("kind")), **values}


def change_of(plain: Mapping[str, Any]) -> Change:
    """Return the change that `plain_change` gave; keys beside its own are passed over."""
    others = {each.name: plain[each.name] for each in fields(Change) if each.name != "kind"}
    return Change(Class(plain["class"]), **others)


def _or_nothing(text: str | None) -> str:
    return "(nothing)" if text is None else text
