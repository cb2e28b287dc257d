"""One family of sources: what it says after all its sources are heard, the newest first.

A rewritten page may lose what older ones said rightly, so that the history is the source, not its newest page.
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
    """Merge the facts of one family, its oldest source first: the newest that says something of a place counts.

    What older sources said instead is kept beside it. A parameter that the newest source no longer lists is known
    but not demanded, unless its value is fixed: that is part of the route. Wordings of errors add up.
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
        worded = (each for value in sorted(earlier[place], key=str) if isinstance(value, tuple) for each in value)
        return replace(fact, value=tuple(dict.fromkeys([*_texts(fact.value), *worded])))
    parameter = place.removesuffix(" required")
    if place != parameter and parameter not in newest and f"{parameter} values" not in merged:
        return replace(fact, value=False)
    return replace(fact, earlier=frozenset(earlier[place] - {fact.value}))


def _texts(value: FactValue) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()


def renamed(family: Facts, newest: Facts, others: Sequence[Facts]) -> dict[str, str]:
    """Return the parameters that a table calls otherwise than the wire does: the table's place, and the wire's.

    Such a name stands in tables of the newest source only, in no other family; and the wire's name, of the same place
    and type, is missing there, while older request lines or another family have it. There must be one of each.
    """
    strangers = [place for place in _names(newest) if newest[place].read == _TABLE and _is_unknown(place, others)]
    known = {place: facts[place] for facts in (family, *others) for place in _names(facts)}
    lost = [place for place in known if place not in newest and f"{place} values" not in family]
    pairs = [(table, wire) for table in strangers for wire in lost if _are_alike(table, wire, family, others)]
    return dict(pairs) if len(pairs) == 1 else {}


def _names(facts: Facts) -> list[str]:
    return [place for place in facts if (found := _PARAMETER.fullmatch(place)) and not found["what"]]


def _is_unknown(place: str, others: Sequence[Facts]) -> bool:
    """Return whether other families know the operation's parameters, and not this one."""
    return bool(others) and all(place not in facts for facts in others)


def _are_alike(table: str, wire: str, family: Facts, others: Sequence[Facts]) -> bool:
    kinds = {facts[f"{wire} type"].value for facts in (family, *others) if f"{wire} type" in facts}
    own = family.get(f"{table} type")
    same_place = table.rpartition(" ")[0] == wire.rpartition(" ")[0]
    shown = wire not in family or family[wire].read != _TABLE
    return same_place and shown and own is not None and kinds == {own.value}


def rename(facts: Facts, names: Mapping[str, str]) -> dict[str, Fact]:
    """Return the facts under the names of the wire; what the table says of a place goes before what was said of it."""
    if not names:
        return dict(facts)
    moved: dict[str, Fact] = {}
    for place, fact in facts.items():
        found = _PARAMETER.fullmatch(place)
        if found and found["name"] in names:
            moved[f"{names[found['name']]}{found['what'] or ''}"] = fact
    return {**{place: fact for place, fact in facts.items() if not _is_moved(place, names)}, **moved}


def _is_moved(place: str, names: Mapping[str, str]) -> bool:
    found = _PARAMETER.fullmatch(place)
    return bool(found and found["name"] in names)
