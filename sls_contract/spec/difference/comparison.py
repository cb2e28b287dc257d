"""Compares two descriptions of an operation, or two sets of them, and classes each difference."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from sls_contract.spec.change import Change, Class
from sls_contract.spec.difference.answers import answer_changes
from sls_contract.spec.difference.pairing import pair
from sls_contract.spec.difference.parts import part_changes
from sls_contract.spec.difference.side import ELEMENT, placeholders, pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.spec.difference.pairing import Pairs
    from sls_contract.spec.difference.side import Part, Side

_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_TABLES = ("answer", "answer header")
"""The places that a page may leave out whole: pages of 2022 and later print no response header, for one."""


def compare(old: Side, new: Side) -> tuple[Change, ...]:
    """Return every difference between two descriptions of one operation, the worst first."""
    silent = {place for place in _TABLES if _is_silent(old, place) or _is_silent(new, place)}
    apart = silent | ({"path"} if _is_one_template(old, new) else set())
    before, after = (_compared(each, apart, partial=old.partial or new.partial) for each in (old, new))
    pairs = pair(before, after)
    changes = chain(
        _route_changes(old, new),
        _paired(pairs),
        (Change(Class.BREAKING, "gone", part.where, part.summary, None) for part in pairs.gone),
        map(_new, pairs.new),
        _order(before, after, pairs),
        *(_silence(place, old, new) for place in sorted(silent)),
        answer_changes(old, new),
        _words(old, new),
    )
    severity = list(Class)
    return tuple(sorted(changes, key=lambda each: severity.index(each.kind)))


def compare_all(old: Iterable[Side], new: Iterable[Side]) -> dict[str, tuple[Change, ...]]:
    """Return the differences by operation; an operation that is gone is breaking, one that is new is additive."""
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
    """Tell whether two descriptions are of one operation: one's name is a name of the other."""
    return one.operation in {other.operation, *other.aliases} or other.operation in one.aliases


def _is_silent(side: Side, place: str) -> bool:
    return side.partial and not any(part.place == place for part in side.parts.values())


def _compared(side: Side, silent: set[str], *, partial: bool) -> list[Part]:
    """Return the parts that are compared one by one; pages do not print the elements of arrays."""
    return [part for part in side.parts.values() if part.place not in silent and not (partial and part.name == ELEMENT)]


def _paired(pairs: Pairs) -> Iterator[Change]:
    for one, other in pairs.moved:
        yield Change(Class.BREAKING, "moved", other.where, one.where, other.where)
    for one, other in pairs.renamed:
        yield Change(Class.BREAKING, "renamed", other.where, one.name, other.name)
    for one, other in chain(pairs.same, pairs.renamed, pairs.moved):
        yield from part_changes(one, other)


def _new(part: Part) -> Change:
    if part.required and not part.of_answer:
        return Change(Class.BREAKING, "new-required", part.where, None, part.summary)
    return Change(Class.ADDITIVE, "new", part.where, None, part.summary)


def _order(before: Sequence[Part], after: Sequence[Part], pairs: Pairs) -> Iterator[Change]:
    """Tell where siblings that are on both sides stand in another order."""
    partner = {id(one): id(other) for one, other in chain(pairs.same, pairs.renamed)}
    known = set(partner.values())
    for place, parent in dict.fromkeys((part.place, part.parent) for part in before):
        first = [part for part in before if (part.place, part.parent) == (place, parent) and id(part) in partner]
        second = {id(part): part for part in after if id(part) in known}
        paired = [second[partner[id(part)]] for part in first]
        ordered = sorted(paired, key=after.index)
        if paired != ordered:
            where = f"{place} {pointer(ordered[0]).rpartition('/')[0]}".strip()
            old, new = (", ".join(part.name for part in parts) for parts in (first, ordered))
            yield Change(Class.BENIGN, "order", where, old, new)


def _silence(place: str, old: Side, new: Side) -> Iterator[Change]:
    """Tell what only one of two descriptions speaks of, where the other one is a page that leaves it out."""
    said = [
        ", ".join(part.name or str(part.type) for part in side.parts.values() if part.place == place)
        for side in (old, new)
    ]
    if said[0] != said[1]:
        yield Change(Class.BENIGN, "told" if said[1] else "not-told", place, said[0] or None, said[1] or None)


def _words(old: Side, new: Side) -> Iterator[Change]:
    """Tell what no client meets, and whether a request needs a signature, which it does."""
    if old.partial or new.partial:
        return
    for name, text in old.words.items():
        other = new.words[name]
        if text == other:
            continue
        if name == "signature":
            kind = Class.BREAKING if other == "needed" else Class.ADDITIVE
            yield Change(kind, "rule", name, text, other)
        else:
            yield Change(Class.BENIGN, "wording", name, text or None, other or None)


def _route_changes(old: Side, new: Side) -> Iterator[Change]:
    """Yield the differences of name, method, path and host; what placeholders are called is benign."""
    if old.operation != new.operation and old.operation and new.operation:
        yield Change(Class.BENIGN, "name", "operation", old.operation, new.operation)
    if set(old.aliases) != set(new.aliases) and not (old.partial or new.partial):
        yield Change(Class.BENIGN, "name", "aliases", ", ".join(old.aliases) or None, ", ".join(new.aliases) or None)
    for what in ("method", "path", "host"):
        before, after = getattr(old, what), getattr(new, what)
        if before and after and before != after:
            yield _route_change(what, before, after)
    if _is_one_template(old, new):
        yield from _placeholders(old, new)


def _is_one_template(old: Side, new: Side) -> bool:
    """Tell whether two paths differ in names of placeholders at most: these pair by position, others by name."""
    return not old.path or not new.path or len(placeholders(old.path)) == len(placeholders(new.path))


def _route_change(what: str, old: str, new: str) -> Change:
    if _fixed(old) == _fixed(new):
        return Change(Class.BENIGN, "placeholder", what, old, new)
    return Change(Class.BREAKING, "route", what, old, new)


def _placeholders(old: Side, new: Side) -> Iterator[Change]:
    """Compare what may stand in one segment of the path, whatever its placeholder is called."""
    for before, after in zip(placeholders(old.path), placeholders(new.path), strict=False):  # one path may be unknown
        one, other = old.parts.get(("path", "", before)), new.parts.get(("path", "", after))
        if one is not None and other is not None:
            yield from part_changes(one, other)


def _fixed(template: str) -> str:
    return _PLACEHOLDER.sub("{}", template)
