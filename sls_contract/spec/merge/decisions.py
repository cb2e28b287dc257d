"""Derives a decision on each place from the claims about an operation; each family of sources has a vote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sls_contract.spec.contract import PLACEHOLDER
from sls_contract.spec.merge.facts import ROUTE, Fact, facts_of, shown
from sls_contract.spec.merge.history import family_facts, rename, renamed
from sls_contract.spec.merge.rules import Decision, decide

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.merge.sources import Source

_SIDES = ("body", "response")


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions on an operation.

    Attributes:
        by_place: the decision on each place, in the order of the newest sources.
        families: the facts of each family.
        aliases: wrong names that tables print, by the place with the right name.
        sources: the ids of the sources in use, the newest last.
        only_models: whether none of them is a page.

    """

    by_place: Mapping[str, Decision]
    families: Mapping[str, Mapping[str, Fact]]
    aliases: Mapping[str, str]
    sources: tuple[str, ...]
    only_models: bool

    def read(self, place: str) -> frozenset[str]:
        """Return the ways in which any family read a place."""
        return frozenset(way for facts in self.families.values() if place in facts for way in facts[place].read)


@dataclass(frozen=True, slots=True)
class _Statement:
    """The facts of a source."""

    source: Source
    facts: Mapping[str, Fact]


def decisions_on(claims: Iterable[tuple[Source, Page]], overruled: Iterable[tuple[str, str, str]] = ()) -> Decisions:
    """Decide each place that a source describes; the order of the claims does not matter.

    ``overruled`` are the claims that rulings overrule: family, place, and the claimed value.
    """
    ignored = frozenset(overruled)
    by_age = sorted(claims, key=lambda each: each[0].age)
    statements = [_without_overruled(_Statement(source, facts_of(source, page)), ignored) for source, page in by_age]
    route = _route(statements)
    statements = [each for each in statements if _describes(each, route)]
    for side in _SIDES:
        statements = _without_other_shapes(statements, f"{side} shape", f"{side} member ")
    families, aliases = _families(statements)
    places = dict.fromkeys(place for facts in families.values() for place in facts)
    decided = {place: decide(place, _votes(place, families)) for place in places if place != ROUTE}
    return Decisions(
        by_place={ROUTE: route, **decided},
        families=families,
        aliases=aliases,
        sources=tuple(each.source.id for each in statements),
        only_models=all(each.source.kind != "page" for each in statements),
    )


def _without_overruled(statement: _Statement, overruled: frozenset[tuple[str, str, str]]) -> _Statement:
    """Return the statement without overruled facts.

    A source whose route is overruled describes another request, so all its facts are dropped. If the shape of a body is
    overruled, the members of that body are dropped.
    """
    family = statement.source.family
    ignored = {place for place, fact in statement.facts.items() if (family, place, shown(fact.value)) in overruled}
    if ROUTE in ignored:
        return replace(statement, facts={})
    bodies = tuple(f"{side} member " for side in _SIDES if f"{side} shape" in ignored)
    kept = {place: fact for place, fact in statement.facts.items() if place not in ignored}
    return replace(statement, facts={place: fact for place, fact in kept.items() if not place.startswith(bodies)})


def _route(statements: Sequence[_Statement]) -> Decision:
    """Decide on method and path without the names of placeholders, then take the names of the first agreeing family."""
    votes = _votes(ROUTE, _by_family(statements))
    unnamed = {
        family: replace(fact, value=_shape_of(fact.value), earlier=frozenset(map(_shape_of, fact.earlier)))
        for family, fact in votes.items()
    }
    decision = decide(ROUTE, unnamed)
    claims = {family: shown(fact.value) for family, fact in sorted(votes.items())}
    route = next((each for each in claims.values() if _shape_of(each) == decision.value), None)
    contradicted = len({fact.value for fact in unnamed.values()}) > 1
    return replace(decision, value=route, votes=claims if contradicted else {})


def _shape_of(route: object) -> str:
    """Return a route without the names of its placeholders."""
    return PLACEHOLDER.sub("{}", str(route))


def _describes(statement: _Statement, route: Decision) -> bool:
    """Return whether a source describes the decided route; other sources describe another request."""
    fact = statement.facts.get(ROUTE)
    return bool(statement.facts) and (fact is None or _shape_of(fact.value) == _shape_of(route.value))


def _without_other_shapes(statements: Sequence[_Statement], place: str, members: str) -> list[_Statement]:
    """Return the statements without members of bodies whose shape differs from the decided one."""
    votes = _votes(place, _by_family(statements))
    if not votes or (shape := decide(place, votes).value) is None:
        return list(statements)
    return [
        replace(each, facts={name: fact for name, fact in each.facts.items() if not name.startswith(members)})
        if place in each.facts and each.facts[place].value != shape
        else each
        for each in statements
    ]


def _histories(statements: Sequence[_Statement]) -> dict[str, list[Mapping[str, Fact]]]:
    """Return the facts of each family's sources, the oldest first."""
    histories: dict[str, list[Mapping[str, Fact]]] = {}
    for each in sorted(statements, key=lambda each: each.source.family):
        if each.facts:
            histories.setdefault(each.source.family, []).append(each.facts)
    return histories


def _by_family(statements: Sequence[_Statement]) -> dict[str, dict[str, Fact]]:
    return {family: family_facts(history) for family, history in _histories(statements).items()}


def _families(statements: Sequence[_Statement]) -> tuple[dict[str, dict[str, Fact]], dict[str, str]]:
    """Return the facts of each family under the names on the wire, and the wrong names that tables print."""
    families, histories = _by_family(statements), _histories(statements)
    aliases: dict[str, str] = {}
    renamed_families = {}
    for name, facts in families.items():
        others = [each for other, each in families.items() if other != name]
        names = renamed(facts, histories[name][-1], others)
        aliases |= {wire: table.rpartition(" ")[2] for table, wire in names.items()}
        renamed_families[name] = rename(facts, names)
    return renamed_families, aliases


def _votes(place: str, families: Mapping[str, Mapping[str, Fact]]) -> dict[str, Fact]:
    return {family: facts[place] for family, facts in families.items() if place in facts}
