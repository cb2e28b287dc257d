"""The rules by which families of sources that contradict each other are merged, in their order.

Each family has one vote on a place, however many sources it has. A rule returns the votes that count by it; where those
agree, the place is settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.spec.merge.facts import Fact, FactValue, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Votes: TypeAlias = "Mapping[str, Fact]"
"""What families say of one place, by family; silence is no vote, so it contradicts nothing."""

_WIRE = frozenset({"syntax", "example"})
_OWN_READINGS = 2
"""So many ways in which one source says the same are agreement, too: its table and its example."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What the contract says of one place.

    Attributes:
        value: None where it must stay open.
        sources: the ids of those who say so.
        votes: what each family says where no rule settled it; else empty.
        sure: whether it was said more than once: by two families, or by a source in two ways.

    """

    value: FactValue | None
    sources: tuple[str, ...]
    votes: Mapping[str, str]
    sure: bool


def decide(place: str, votes: Votes) -> Decision:
    """Settle one place by the first rule that does; the order of the votes does not matter."""
    for rule in RULES:
        kept = rule(place, votes)
        values = {fact.value for fact in kept.values()}
        if len(values) == 1:
            return Decision(values.pop(), _sources(kept), {}, _is_sure(kept))
    says = {family: shown(votes[family].value) for family in sorted(votes)}
    return Decision(lenient(place, votes), _sources(votes), says, sure=False)


def agreement(place: str, votes: Votes) -> Votes:
    """Let all votes count: what everybody says that says anything is a fact."""
    del place
    return votes


def proofs(place: str, votes: Votes) -> Votes:
    """Let proofs count alone: a digest that fits the body it is printed with."""
    del place
    return {family: fact for family, fact in votes.items() if "digest" in fact.read}


def lost(place: str, votes: Votes) -> Votes:
    """Let the newest word of one family count where all others said it once, too, and lost it in a rewrite.

    What is required is left out: there the newest is as good a guess, and the lenient reading the safe one.
    """
    if place.endswith(" required"):
        return {}
    return {
        family: fact
        for family, fact in votes.items()
        if all(fact.value == other.value or fact.value in other.earlier for other in votes.values())
    }


def wire(place: str, votes: Votes) -> Votes:
    """Let what request lines and examples show count more than tables and models do.

    Of what is required, they show nothing.
    """
    if place.endswith(" required"):
        return {}
    return {family: fact for family, fact in votes.items() if fact.read & _WIRE}


RULES: tuple[Callable[[str, Votes], Votes], ...] = (agreement, proofs, lost, wire)


def lenient(place: str, votes: Votes) -> FactValue | None:
    """Return what nobody contradicts where no rule settled a place: a request may be what any family allows."""
    ordered = [votes[family].value for family in sorted(votes)]
    what = place.rpartition(" ")[2]
    if what == "required":
        return False
    if what == "type":
        return "number" if set(ordered) == {"integer", "number"} else None
    if what in {"shape", "default"}:
        return None
    if what in {"minimum", "maximum"}:
        return (min if what == "minimum" else max)(each for each in ordered if isinstance(each, int))
    if isinstance(ordered[0], tuple):
        return tuple(dict.fromkeys(each for value in ordered if isinstance(value, tuple) for each in value))
    return ordered[0]


def _sources(votes: Votes) -> tuple[str, ...]:
    return tuple(sorted({fact.source for fact in votes.values()}))


def _is_sure(votes: Votes) -> bool:
    return len(votes) > 1 or any(len(fact.read) >= _OWN_READINGS for fact in votes.values())
