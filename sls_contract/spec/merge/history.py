"""Merges the facts of a family of sources over time, the newest first.

A rewritten page can omit correct statements of earlier versions, so all versions count, not only the newest.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sls_contract.spec.merge.facts import Fact, FactValue

Facts: TypeAlias = "Mapping[str, Fact]"
_PARAMETER = re.compile(
    r"(?P<name>(?:query|header|body member) \S+)(?P<what> type| required| values| minimum| maximum| default)?"
)
_TABLE = frozenset({"table"})


def family_facts(history: Sequence[Facts]) -> dict[str, Fact]:
    """Merge the facts of a family, given from the oldest source to the newest; the newest fact about a place applies.

    Different values of older sources are kept in ``earlier``. A parameter that the newest source no longer lists is not
    required, unless it has fixed values and so belongs to the route. The wordings of errors are combined.
    """
    merged: dict[str, Fact] = {}
    earlier: dict[str, set[FactValue]] = {}
    for facts in reversed(history):
        for place, fact in facts.items():
            merged.setdefault(place, fact)
            earlier.setdefault(place, set()).add(fact.value)
    return {place: _with_history(place, fact, earlier, history[-1], merged) for place, fact in merged.items()}


def _with_history(place: str, fact: Fact, earlier: Mapping[str, set[FactValue]], newest: Facts, merged: Facts) -> Fact:
    if place.startswith("error "):
        values = (fact.value, *sorted(earlier[place], key=str))
        return replace(fact, value=tuple(dict.fromkeys(each for value in values for each in _texts(value))))
    parameter = place.removesuffix(" required")
    if place != parameter and parameter not in newest and f"{parameter} values" not in merged:
        return replace(fact, value=False)
    return replace(fact, earlier=frozenset(earlier[place] - {fact.value}))


def _texts(value: FactValue) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def renamed(family: Facts, newest: Facts, others: Sequence[Facts]) -> dict[str, str]:
    """Return the parameters whose name in a table differs from that on the wire: the table's place, and the wire's.

    The table's name is only in tables of the newest source, and in no other family. The wire's name, of the same place
    and type, is not in the newest source, but in older request lines or another family. Only a unique pair is returned.
    """
    if not others:
        return {}
    tables = [place for place in _names(newest) if newest[place].read == _TABLE]
    unknown = [place for place in tables if all(place not in facts for facts in others)]
    known = {place: facts[place] for facts in (family, *others) for place in _names(facts)}
    missing = [place for place in known if place not in newest and f"{place} values" not in family]
    pairs = [(table, wire) for table in unknown for wire in missing if _match(table, wire, family, others)]
    return dict(pairs) if len(pairs) == 1 else {}


def _names(facts: Facts) -> list[str]:
    return [place for place in facts if (found := _PARAMETER.fullmatch(place)) and not found["what"]]


def _match(table: str, wire: str, family: Facts, others: Sequence[Facts]) -> bool:
    types = {facts[f"{wire} type"].value for facts in (family, *others) if f"{wire} type" in facts}
    fact = family.get(f"{table} type")
    same_place = table.rpartition(" ")[0] == wire.rpartition(" ")[0]
    shown = wire not in family or family[wire].read != _TABLE
    return same_place and shown and fact is not None and types == {fact.value}


def rename(facts: Facts, names: Mapping[str, str]) -> dict[str, Fact]:
    """Return the facts under the names on the wire; a fact of a table replaces one about the wire's name."""
    kept: dict[str, Fact] = {}
    moved: dict[str, Fact] = {}
    for place, fact in facts.items():
        found = _PARAMETER.fullmatch(place)
        if found and found["name"] in names:
            moved[f"{names[found['name']]}{found['what'] or ''}"] = fact
        else:
            kept[place] = fact
    return kept | moved
