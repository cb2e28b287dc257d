"""Pairs the parts of two descriptions: by place and name, as renamed, or as moved to another place."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeAlias

from sls_contract.spec.difference.side import ANY, ELEMENT, Part, pointer

Pair: TypeAlias = tuple[Part, Part]

_SIMILAR = 0.75
"""The lowest `SequenceMatcher` ratio of two names at which one can be the other's new spelling."""


@dataclass(slots=True)
class Pairs:
    """The parts of two descriptions, paired.

    Attributes:
        same: parts with the same name and place; members of a renamed parent have the same place.
        renamed: parts with the same place and another name.
        moved: parts with the same or a similar name in another place, or with another parent.
        gone: parts of the old description without a partner; not those whose parent is gone, too, and not the elements
            of an array that is no array any more.
        new: the same of the new description.

    """

    same: list[Pair] = field(default_factory=list)
    renamed: list[Pair] = field(default_factory=list)
    moved: list[Pair] = field(default_factory=list)
    gone: list[Part] = field(default_factory=list)
    new: list[Part] = field(default_factory=list)


def pair(old: Sequence[Part], new: Sequence[Part]) -> Pairs:
    """Pair the parts of two descriptions, parents before their members."""
    pairs = Pairs()
    keys = {part.key for part in old}, {part.key for part in new}
    removed = [part for part in old if part.key not in keys[1]]
    added = [part for part in new if part.key not in keys[0]]
    renamed_to: dict[tuple[str, str], str] = {}
    for depth in range(1 + max((part.parent.count("/") for part in (*old, *new)), default=0)):
        before = {
            (part.place, renamed_to.get((part.place, part.parent), part.parent), part.key[2]): part
            for part in old
            if part.parent.count("/") == depth
        }
        after = {part.key: part for part in new if part.parent.count("/") == depth}
        found = [(before.pop(key), after.pop(key)) for key in [key for key in before if key in after]]
        pairs.same += found
        renamed = list(_renamed(_not_moved(before, added), _not_moved(after, removed), old, new))
        pairs.renamed += renamed
        renamed_to |= {(one.place, pointer(one)): pointer(other) for one, other in (*found, *renamed)}
        pairs.gone += [part for part in before.values() if all(part is not one for one, _ in renamed)]
        pairs.new += [part for part in after.values() if all(part is not other for _, other in renamed)]
    _move(pairs)
    paired = (*pairs.same, *pairs.renamed, *pairs.moved)
    retyped = {(part.place, pointer(part)) for pair in paired if pair[0].type != pair[1].type for part in pair}
    pairs.gone, pairs.new = (
        [part for part in _topmost(parts) if part.name != ELEMENT or (part.place, part.parent) not in retyped]
        for parts in (pairs.gone, pairs.new)
    )
    return pairs


def similar_names(one: str, other: str) -> bool:
    """Return whether a name can be the other's new spelling: ``shard`` and ``shardID``."""
    first, second = _letters(one), _letters(other)
    if not first or not second:
        return False
    return first in second or second in first or SequenceMatcher(None, first, second).ratio() >= _SIMILAR


_Key: TypeAlias = tuple[str, str, str]


def _letters(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _not_moved(parts: dict[_Key, Part], unmatched: Sequence[Part]) -> dict[_Key, Part]:
    """Return the named parts without those that the other description has by the same name elsewhere."""
    return {
        key: part
        for key, part in parts.items()
        if part.name and part.name != ELEMENT and not any(_is_moved(part, other) for other in unmatched)
    }


def _renamed(
    gone: dict[_Key, Part], added: dict[_Key, Part], old: Sequence[Part], new: Sequence[Part]
) -> Iterator[Pair]:
    """Yield renamed parts: unique pairs with similar names, then single siblings of the same type and position."""
    similar = {
        key: [other for other in added if _is_similar(key, part, other, added[other])] for key, part in gone.items()
    }
    for key, partners in similar.items():
        if len(partners) == 1 and sum(partners[0] in others for others in similar.values()) == 1:
            yield gone[key], added[partners[0]]
    for key, part in gone.items():
        partners = [other for other in added if other[:2] == key[:2]]
        alone = len(partners) == 1 and sum(each[:2] == key[:2] for each in gone) == 1
        if not similar[key] and alone and _has_same_position(part, added[partners[0]], old, new):
            yield part, added[partners[0]]


def _is_similar(key: _Key, part: Part, other: _Key, partner: Part) -> bool:
    same_type = part.type == partner.type or None in {part.type, partner.type}
    return key[:2] == other[:2] and same_type and similar_names(part.name, partner.name)


def _has_same_position(part: Part, other: Part, old: Sequence[Part], new: Sequence[Part]) -> bool:
    """Return whether two parts with different names are of the same known type and follow the same siblings."""
    if part.type != other.type or part.type in {None, ANY} or part.values or other.values:
        return False
    return part.required == other.required and _before(part, old) == _before(other, new)


def _before(part: Part, parts: Sequence[Part]) -> list[str]:
    """Return the names of the siblings before a part."""
    siblings = [each for each in parts if (each.place, each.parent) == (part.place, part.parent)]
    return [each.name for each in siblings[: siblings.index(part)]]


def _move(pairs: Pairs) -> None:
    """Pair gone and new parts that have a single candidate elsewhere: by the same name, then by a similar name."""
    for is_moved in (_is_moved, _is_moved_and_renamed):
        for gone in list(pairs.gone):
            candidates = [new for new in pairs.new if is_moved(gone, new)]
            if len(candidates) == 1 and sum(is_moved(each, candidates[0]) for each in pairs.gone) == 1:
                pairs.moved.append((gone, candidates[0]))
                pairs.gone.remove(gone)
                pairs.new.remove(candidates[0])


def _is_moved_and_renamed(part: Part, other: Part) -> bool:
    """Return whether a parameter has a similar name elsewhere: ``token`` in the query, ``x-log-token`` in a header."""
    if part.place == other.place or part.parent or other.parent or part.of_response or other.of_response:
        return False
    return _is_similar(part.key, part, (*part.key[:2], ""), other)


def _is_moved(part: Part, other: Part) -> bool:
    same_name = bool(_letters(part.name)) and _letters(part.name) == _letters(other.name)
    elsewhere = (part.place, part.parent) != (other.place, other.parent)
    return same_name and elsewhere and part.of_response == other.of_response


def _topmost(parts: list[Part]) -> list[Part]:
    """Omit members of objects and arrays that are in the list themselves; members of a page's body are kept."""
    wholes = {(part.place, pointer(part)) for part in parts if part.name or part.required is not None}
    wholes -= {(part.place, "") for part in parts if part.place not in {"body", "response"}}
    elements = {(part.place, part.parent) for part in parts if part.name == ELEMENT}
    return [part for part in parts if not part.name or not _is_below(part, wholes, elements)]


def _is_below(part: Part, wholes: set[tuple[str, str]], elements: set[tuple[str, str]]) -> bool:
    """Return whether a part is a member, at any depth, of an object in the list, or of the elements of an array."""
    home = (part.place, part.parent)
    if home in wholes or (home in elements and part.name != ELEMENT):
        return True
    return any(place == part.place and part.parent.startswith(f"{whole}/") for place, whole in wholes)
