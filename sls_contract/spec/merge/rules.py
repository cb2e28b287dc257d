"""The rules that merge contradicting families of sources, in their order.

Each family has a vote on a place, however many sources it has. A rule returns the votes that count; if these agree, the
place is decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sls_contract.spec.merge.facts import Fact, FactValue, shown

Votes: TypeAlias = "Mapping[str, Fact]"
"""The facts about a place, by family; a family without a fact has no vote, so it contradicts nothing."""

_WIRE = frozenset({"syntax", "example"})
_ENOUGH_READINGS = 2
"""If a source states a fact in this many ways, such as table and example, it is as certain as with two families."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on a place.

    Attributes:
        value: None if it stays open.
        sources: the ids of the sources that support it.
        votes: the value of each family if no rule decided it; otherwise empty.
        sure: whether two families support it, or a source states it in two ways.

    """

    value: FactValue | None
    sources: tuple[str, ...]
    votes: Mapping[str, str]
    sure: bool


def decide(place: str, votes: Votes) -> Decision:
    """Decide a place by the first rule whose votes agree; the order of the votes does not matter."""
    for rule in RULES:
        kept = rule(place, votes)
        values = {fact.value for fact in kept.values()}
        if len(values) == 1:
            sure = len(kept) > 1 or any(len(fact.read) >= _ENOUGH_READINGS for fact in kept.values())
            return Decision(values.pop(), _sources(kept), {}, sure)
    claims = {family: shown(votes[family].value) for family in sorted(votes)}
    return Decision(lenient(place, votes), _sources(votes), claims, sure=False)


def agreement(place: str, votes: Votes) -> Votes:
    """Return all votes; they decide if every family agrees."""
    del place
    return votes


def proofs(place: str, votes: Votes) -> Votes:
    """Return only proven votes: a digest that matches the body it is printed with."""
    del place
    return {family: fact for family, fact in votes.items() if "digest" in fact.read}


def lost_in_rewrite(place: str, votes: Votes) -> Votes:
    """Return the newest value of a family that every other family states now or stated once, before a rewrite.

    Whether something is required is not decided this way: older pages are no better evidence, and optional is safe.
    """
    if place.endswith(" required"):
        return {}
    return {
        family: fact
        for family, fact in votes.items()
        if all(fact.value == other.value or fact.value in other.earlier for other in votes.values())
    }


def wire(place: str, votes: Votes) -> Votes:
    """Return only votes read from request lines and examples, which are better evidence than tables and models.

    Whether something is required is not decided this way, because they do not show it.
    """
    if place.endswith(" required"):
        return {}
    return {family: fact for family, fact in votes.items() if fact.read & _WIRE}


RULES: tuple[Callable[[str, Votes], Votes], ...] = (agreement, proofs, lost_in_rewrite, wire)


def lenient(place: str, votes: Votes) -> FactValue | None:
    """Return the most lenient value for a place that no rule decided; None if the place stays open."""
    ordered = [votes[family].value for family in sorted(votes)]
    aspect = place.rpartition(" ")[2]
    if aspect == "required":
        return False
    if aspect == "type":
        return "number" if set(ordered) == {"integer", "number"} else None
    if aspect in {"shape", "default"}:
        return None
    if aspect in {"minimum", "maximum"}:
        return (min if aspect == "minimum" else max)(each for each in ordered if isinstance(each, int))
    if isinstance(ordered[0], tuple):
        return tuple(dict.fromkeys(each for value in ordered if isinstance(value, tuple) for each in value))
    return ordered[0]


def _sources(votes: Votes) -> tuple[str, ...]:
    return tuple(sorted({fact.source for fact in votes.values()}))
