"""From the claims on one operation to a decision on each place: the families get one voice each, then they vote."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.spec.merge.facts import ROUTE, facts_of, shown
from sls_contract.spec.merge.history import family_facts, rename, renamed
from sls_contract.spec.merge.rules import Decision, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.merge.facts import Fact
    from sls_contract.spec.merge.sources import Source

_NAME = re.compile(r"\{[^{}]*\}")
_SIDES = ("body", "response")


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided on one operation.

    Attributes:
        by_place: the decision on each place, in the order in which the newest sources list them.
        families: what each family says.
        aliases: names that tables give a place, and the wire does not, by the place.
        sources: the ids of the sources that were heard, the newest last.
        only_models: whether no page was among them.

    """

    by_place: Mapping[str, Decision]
    families: Mapping[str, Mapping[str, Fact]]
    aliases: Mapping[str, str]
    sources: tuple[str, ...]
    only_models: bool

    def read(self, place: str) -> frozenset[str]:
        """Return how a place was read, by any family."""
        return frozenset(way for facts in self.families.values() if place in facts for way in facts[place].read)


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one source says, and of which family it is."""

    source: Source
    facts: Mapping[str, Fact]


def decisions_on(claims: Iterable[tuple[Source, Page]], overruled: Iterable[tuple[str, str, str]] = ()) -> Decisions:
    """Decide each place that a source says anything of; the order of the claims does not matter.

    ``overruled`` are the claims that rulings set aside: family, place, and what it says there.
    """
    aside = frozenset(overruled)
    voices = [_Voice(source, facts_of(source, page)) for source, page in sorted(claims, key=lambda each: each[0].age)]
    voices = [_without(voice, aside) for voice in voices]
    route = _route(voices)
    voices = [voice for voice in voices if _is_of(voice, route)]
    for side in _SIDES:
        voices = _of_one_shape(voices, f"{side} shape", f"{side} member ")
    families, aliases = _families(voices)
    places = dict.fromkeys(place for facts in families.values() for place in facts)
    decided = {place: _decide(place, families) for place in places if place != ROUTE}
    return Decisions(
        by_place={ROUTE: route, **decided},
        families=families,
        aliases=aliases,
        sources=tuple(voice.source.id for voice in voices),
        only_models=all(voice.source.kind != "page" for voice in voices),
    )


def _without(voice: _Voice, overruled: frozenset[tuple[str, str, str]]) -> _Voice:
    """Take away what rulings set aside.

    A source whose route is set aside describes another request: nothing of it is left. One whose body is of another
    shape describes other members.
    """
    family = voice.source.family
    aside = {place for place, fact in voice.facts.items() if (family, place, shown(fact.value)) in overruled}
    if ROUTE in aside:
        return replace(voice, facts={})
    bodies = tuple(f"{side} member " for side in _SIDES if f"{side} shape" in aside)
    kept = {place: fact for place, fact in voice.facts.items() if place not in aside}
    return replace(voice, facts={place: fact for place, fact in kept.items() if not place.startswith(bodies)})


def _route(voices: Sequence[_Voice]) -> Decision:
    """Decide on method and path; the names in a path are free, and those of the first family are taken."""
    votes = {place: family[ROUTE] for place, family in _by_family(voices).items() if ROUTE in family}
    alike = {
        family: replace(
            fact, value=shape_of(str(fact.value)), earlier=frozenset(shape_of(str(each)) for each in fact.earlier)
        )
        for family, fact in votes.items()
    }
    decision = decide(ROUTE, alike)
    named = next(
        (str(votes[family].value) for family in sorted(votes) if shape_of(str(votes[family].value)) == decision.value),
        None,
    )
    contradicted = len({fact.value for fact in alike.values()}) > 1
    says = {family: shown(fact.value) for family, fact in sorted(votes.items())} if contradicted else {}
    return replace(decision, value=named, votes=says)


def shape_of(route: str) -> str:
    """Return a route or path without the names in it."""
    return _NAME.sub("{}", route)


def _is_of(voice: _Voice, route: Decision) -> bool:
    """Return whether a source describes the route that was decided on; one of another describes another request."""
    own = voice.facts.get(ROUTE)
    return bool(voice.facts) and (own is None or shape_of(str(own.value)) == shape_of(str(route.value)))


def _of_one_shape(voices: Sequence[_Voice], place: str, members: str) -> list[_Voice]:
    """Take away the members of bodies that are of another shape than the one that was decided on."""
    votes = {family: facts[place] for family, facts in _by_family(voices).items() if place in facts}
    if not votes or (shape := decide(place, votes).value) is None:
        return list(voices)
    return [
        replace(voice, facts={each: fact for each, fact in voice.facts.items() if not each.startswith(members)})
        if place in voice.facts and voice.facts[place].value != shape
        else voice
        for voice in voices
    ]


def _by_family(voices: Sequence[_Voice]) -> dict[str, dict[str, Fact]]:
    names = sorted({voice.source.family for voice in voices if voice.facts})
    return {
        name: family_facts([voice.facts for voice in voices if voice.source.family == name and voice.facts])
        for name in names
    }


def _families(voices: Sequence[_Voice]) -> tuple[dict[str, dict[str, Fact]], dict[str, str]]:
    """Return what each family says, under the names of the wire, and the names that tables give instead."""
    families = _by_family(voices)
    aliases: dict[str, str] = {}
    renamed_families = {}
    for name, facts in families.items():
        newest = next(voice.facts for voice in reversed(voices) if voice.source.family == name and voice.facts)
        others = [each for other, each in families.items() if other != name]
        names = renamed(facts, newest, others)
        aliases |= {wire: table.rpartition(" ")[2] for table, wire in names.items()}
        renamed_families[name] = rename(facts, names)
    return renamed_families, aliases


def _decide(place: str, families: Mapping[str, Mapping[str, Fact]]) -> Decision:
    return decide(place, {family: facts[place] for family, facts in families.items() if place in facts})
