"""The rules by which contradicting sources are merged, in their order; each is a small function.

`family_facts` gives each family one voice out of the history of its sources; `decide` settles one place between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.spec.merge.facts import Fact, FactValue, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Facts: TypeAlias = "Mapping[str, Fact]"
Votes: TypeAlias = "Mapping[str, Fact]"
"""What each family says of one place, by family; a family that says nothing has no vote."""

_PROOFS = frozenset({"digest"})
_WIRE = frozenset({"syntax", "example"})
_SHORT_OF_WIRE = (" required",)
"""Of these a message on the wire tells nothing: what it shows may still be optional."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the contract says of one place.

    Attributes:
        value: None where it must leave the place open.
        sources: who says so.
        votes: what the families say, where they contradict each other and no rule settles it; else empty.
        sure: whether two families, or two places of a source, agree on it.

    """

    value: FactValue | None
    sources: tuple[str, ...]
    votes: Mapping[str, str]
    sure: bool


def family_facts(history: Sequence[Facts]) -> dict[str, Fact]:
    """Merge the history of one family, its oldest source first: the newest source that says something counts.

    What only older sources say is kept, since rewritten pages lost facts; but a parameter that the newest no longer
    lists is not demanded, unless its value is fixed: that is part of the route.
    """
    merged: dict[str, Fact] = {}
    for facts in reversed(history):
        for place, fact in facts.items():
            merged.setdefault(place, fact)
    newest = history[-1]
    for place, fact in list(merged.items()):
        parameter = place.removesuffix(" required")
        if parameter != place and parameter not in newest and f"{parameter} values" not in merged:
            merged[place] = Fact(False, fact.read, fact.source)  # noqa: FBT003
    return merged


def decide(place: str, votes: Votes) -> Decision:
    """Settle one place; the result does not depend on the order of the votes."""
    for rule in (agreement, proofs, wire):
        kept = rule(place, votes)
        if len({fact.value for fact in kept.values()}) == 1:
            return Decision(next(iter(kept.values())).value, _sources(kept), {}, _sure(kept))
    says = {family: shown(votes[family].value) for family in sorted(votes)}
    return Decision(lenient(place, votes), _sources(votes), says, sure=False)


def agreement(place: str, votes: Votes) -> Votes:
    """What all say that say anything is a fact; silence is no contradiction."""
    del place
    return votes


def proofs(place: str, votes: Votes) -> Votes:
    """A digest that fits proves what it was made of, against any print."""
    del place
    return {family: fact for family, fact in votes.items() if fact.read & _PROOFS}


def wire(place: str, votes: Votes) -> Votes:
    """What a request line or an example shows on the wire counts more than what a table calls it."""
    if place.endswith(_SHORT_OF_WIRE):
        return {}
    return {family: fact for family, fact in votes.items() if fact.read & _WIRE and "model" not in fact.read}


def lenient(place: str, votes: Votes) -> FactValue | None:
    """Leave open what is contradicted: what one family allows is allowed."""
    values = {fact.value for fact in votes.values()}
    if place.endswith(" required"):
        return False
    if place.endswith(" type"):
        return "number" if values == {"integer", "number"} else None
    if place.endswith(" values"):
        return tuple(sorted({each for value in values if isinstance(value, tuple) for each in value}))
    if place.startswith("error "):
        return tuple(dict.fromkeys(each for fact in _ordered(votes) if isinstance(fact.value, tuple) for each in fact.value))
    if place.endswith(" shape"):
        return None
    return _ordered(votes)[0].value


def _ordered(votes: Votes) -> list[Fact]:
    return [votes[family] for family in sorted(votes)]


def _sources(votes: Votes) -> tuple[str, ...]:
    return tuple(sorted({fact.source for fact in votes.values()}))


def _sure(votes: Votes) -> bool:
    return len(votes) > 1 or any(len(fact.read & {"table", "example", "syntax"}) > 1 for fact in votes.values())
