"""The values of a comparison: a difference as a rule finds it, a change as a person reads it, and all of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.checks.presentation import shown
from sls_contract.spec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec import Finding

MOST_TEXT = 4000
"""Characters of a value that are scrubbed before it is shortened: no secret is cut in two."""

_OUTCOME = frozenset({"status", "/errorCode", "exchange"})

_CODES = MappingProxyType({clause.slug: clause.code for clause in CLAUSES.values()})


class Class(StrEnum):
    """How much a difference matters to a client that is written to the contract, worst first."""

    BREAKING = "breaking"  #: it can fail or misread
    ADDITIVE = "additive"  #: it meets something new that it may ignore
    BENIGN = "benign"  #: both sides say the same, or what is meant to move has moved


SEVERITY = tuple(Class)
"""The classes, worst first."""

Verdict: TypeAlias = Literal["breaking", "additive", "benign", "none"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference within a pair, as a rule finds it; the values are not scrubbed yet.

    Attributes:
        kind: its class.
        slug: of the clause that governs it, or of the rule where no clause does.
        where: JSON pointer into the new body (of what is gone, into the old one), ``header Name``, ``status`` or such.
        old: what the old side has there, as text; None where it has nothing.
        new: the same of the new side.

    """

    kind: Class
    slug: str
    where: str
    old: str | None
    new: str | None

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

    """

    changes: tuple[Change, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    pairs: int = 0
    not_judged: int = 0
    exercised: frozenset[str] = frozenset()
    retried: int = 0
    partners: Mapping[int, int] = field(default_factory=dict, compare=False)

    @property
    def verdict(self) -> Verdict:
        """The worst class among the changes; ``none`` where nothing differs."""
        return verdict_of(self.changes)

    def of(self, kind: Class) -> tuple[Change, ...]:
        """Return the changes of one class."""
        return tuple(change for change in self.changes if change.kind == kind)


def verdict_of(changes: tuple[Change, ...]) -> Verdict:
    """Return the worst class among changes; ``none`` where there are none."""
    kinds = {change.kind for change in changes}
    worst = next((kind for kind in SEVERITY if kind in kinds), None)
    return "none" if worst is None else worst.value


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
