"""Compares two descriptions of an operation, or two sets of them, and classifies each difference."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from sls_contract.spec.change import Change, Class
from sls_contract.spec.contract import PLACEHOLDER
from sls_contract.spec.difference.pairing import pair
from sls_contract.spec.difference.parts import one_sided, part_changes
from sls_contract.spec.difference.responses import response_changes
from sls_contract.spec.difference.side import ELEMENT, placeholders, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.spec.difference.pairing import Pairs
    from sls_contract.spec.difference.side import Part, Side

_TABLES = ("response", "response header")
"""The places that a page can omit entirely: pages of 2022 and later print no response headers, for example."""


def compare(old: Side, new: Side) -> tuple[Change, ...]:
    """Return all differences between two descriptions of an operation, the worst class first."""
    omitted = {place for place in _TABLES if _omits(old, place) or _omits(new, place)}
    excluded = omitted | ({"path"} if _pair_by_position(old, new) else set())
    partial = old.partial or new.partial
    before, after = (_compared(each, excluded, partial=partial) for each in (old, new))
    pairs = pair(before, after)
    gone, added = ([part for part in parts if not (partial and part.is_free)] for parts in (pairs.gone, pairs.new))
    changes = chain(
        _route_changes(old, new),
        _paired(pairs),
        (Change(Class.BREAKING, "gone", part.where, part.summary, None) for part in gone),
        map(_new, added),
        _order(before, after, pairs),
        *(_one_sided(place, old, new) for place in sorted(omitted)),
        response_changes(old, new),
        _metadata(old, new),
    )
    severity = list(Class)
    return tuple(sorted(changes, key=lambda each: severity.index(each.kind)))


def compare_all(old: Iterable[Side], new: Iterable[Side]) -> dict[str, tuple[Change, ...]]:
    """Return the differences by operation; a removed operation is breaking, a new one is additive."""
    before, after = list(old), list(new)
    changes: dict[str, tuple[Change, ...]] = {}
    for side in before:
        partner = next((each for each in after if is_same(side, each)), None)
        if partner is None:
            changes[side.operation] = (Change(Class.BREAKING, "gone", "operation", side.operation, None),)
        else:
            changes[partner.operation] = compare(side, partner)
    for side in after:
        if not any(is_same(each, side) for each in before):
            changes[side.operation] = (Change(Class.ADDITIVE, "new", "operation", None, side.operation),)
    return changes


def is_same(one: Side, other: Side) -> bool:
    """Return whether two descriptions are of the same operation: the name of one is a name of the other."""
    return one.operation in {other.operation, *other.aliases} or other.operation in one.aliases


def _omits(side: Side, place: str) -> bool:
    return side.partial and not any(part.place == place for part in side.parts.values())


def _compared(side: Side, excluded: set[str], *, partial: bool) -> list[Part]:
    """Return the parts that are compared individually; pages do not print the elements of arrays."""
    return [
        part for part in side.parts.values() if part.place not in excluded and not (partial and part.name == ELEMENT)
    ]


def _paired(pairs: Pairs) -> Iterator[Change]:
    for one, other in pairs.moved:
        yield Change(Class.BREAKING, "moved", other.where, one.where, other.where)
    for one, other in pairs.renamed:
        yield Change(Class.BREAKING, "renamed", other.where, one.name, other.name)
    for one, other in chain(pairs.same, pairs.renamed, pairs.moved):
        yield from part_changes(one, other)


def _new(part: Part) -> Change:
    is_required = part.required and not part.of_response
    kind, slug = (Class.BREAKING, "new-required") if is_required else (Class.ADDITIVE, "new")
    return Change(kind, slug, part.where, None, part.summary)


def _order(before: Sequence[Part], after: Sequence[Part], pairs: Pairs) -> Iterator[Change]:
    """Yield a change for each group of siblings whose common members are in another order."""
    partner = {one.key: other for one, other in chain(pairs.same, pairs.renamed)}
    position = {part.key: number for number, part in enumerate(after)}
    siblings: dict[tuple[str, str], list[Part]] = {}
    for part in before:
        if part.name and part.key in partner:  # a whole body has no siblings
            siblings.setdefault((part.place, part.parent), []).append(part)
    for (place, _), first in siblings.items():
        paired = [partner[part.key] for part in first]
        ordered = sorted(paired, key=lambda part: position[part.key])
        if paired != ordered:
            where = f"{place} {pointer(ordered[0]).rpartition('/')[0]}".strip()
            old, new = (", ".join(part.name for part in parts) for parts in (first, ordered))
            yield Change(Class.BENIGN, "order", where, old, new)


def _one_sided(place: str, old: Side, new: Side) -> Iterator[Change]:
    """Yield a change for a place that only one description has, because the other is a page that omits it."""
    before, after = (
        ", ".join(part.name or str(part.type) for part in side.parts.values() if part.place == place)
        for side in (old, new)
    )
    if before != after:
        yield one_sided(place, before, after)


def _metadata(old: Side, new: Side) -> Iterator[Change]:
    """Compare metadata, which never reaches a client, except whether a request needs a signature."""
    if old.partial or new.partial:
        return
    for name, text in old.metadata.items():
        other = new.metadata[name]
        if text != other and name == "signature":
            yield Change(Class.BREAKING if other == "needed" else Class.ADDITIVE, "rule", name, text, other)
        elif text != other:
            yield Change(Class.BENIGN, "wording", name, text or None, other or None)


def _route_changes(old: Side, new: Side) -> Iterator[Change]:
    """Yield the differences of name, method, path and host; another name of a placeholder is benign."""
    if old.operation != new.operation and old.operation and new.operation:
        yield Change(Class.BENIGN, "name", "operation", old.operation, new.operation)
    if set(old.aliases) != set(new.aliases) and not (old.partial or new.partial):
        yield Change(Class.BENIGN, "name", "aliases", ", ".join(old.aliases) or None, ", ".join(new.aliases) or None)
    for what in ("method", "path", "host"):
        before, after = getattr(old, what), getattr(new, what)
        if before and after and before != after:
            is_renamed = PLACEHOLDER.sub("{}", before) == PLACEHOLDER.sub("{}", after)
            kind, slug = (Class.BENIGN, "placeholder") if is_renamed else (Class.BREAKING, "route")
            yield Change(kind, slug, what, before, after)
    if _pair_by_position(old, new):
        yield from _placeholders(old, new)


def _pair_by_position(old: Side, new: Side) -> bool:
    """Return whether path parameters pair by position, because both paths have the same number; else by name."""
    return not old.path or not new.path or len(placeholders(old.path)) == len(placeholders(new.path))


def _placeholders(old: Side, new: Side) -> Iterator[Change]:
    """Compare the path parameters of both descriptions by position, regardless of their names."""
    for before, after in zip(placeholders(old.path), placeholders(new.path), strict=False):  # one path may be unknown
        one, other = old.parts.get(("path", "", before)), new.parts.get(("path", "", after))
        if one is not None and other is not None:
            yield from part_changes(one, other)
