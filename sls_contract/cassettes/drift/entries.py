"""The list of checkpoints, by shard: added and removed entries, and changes within the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import Difference, Differences, value_text
from sls_contract.checks.presentation import escaped
from sls_contract.spec import CLAUSES, Level
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.cassettes.drift.side import Entry, Side
    from sls_contract.spec.contract import Value


def entry_differences(old: Side, new: Side) -> Differences:
    """Yield the differences between two lists of checkpoints."""
    yield from _removed(old, new)
    yield from _added(old, new)
    for shard, (place, entry) in new.entries_by_shard.items():
        if shard in old.entries_by_shard:
            yield from _changed(old.entries_by_shard[shard], (place, entry), new)
    yield from _order(old, new)


def _removed(old: Side, new: Side) -> Differences:
    """Yield the shards without an entry; added shards suggest a split, a merge or a new logstore."""
    known, remaining = old.entries_by_shard, new.entries_by_shard
    if not new.regular_list or (new.filtered and remaining):
        return  # clauses report malformed entries, and entries that were not requested
    slug = "known-shard" if new.filtered else "every-shard"
    kind = Class.BENIGN if remaining.keys() - known.keys() or new.unspecified else Class.BREAKING
    for shard, (place, entry) in known.items():
        if shard not in remaining:
            yield Difference(kind, slug, f"/{place}", _entry(old, entry), None)


def _added(old: Side, new: Side) -> Differences:
    slug = "known-shard" if new.filtered else "every-shard"
    for shard, (place, entry) in new.entries_by_shard.items():
        if shard not in old.entries_by_shard:
            yield Difference(Class.BENIGN, slug, f"/{place}", None, _entry(new, entry))


def _entry(side: Side, entry: Entry) -> str:
    return f"{side.key} {entry[side.key]}"


def key_differences(old: Side, new: Side) -> Differences:
    """Yield the undocumented keys of entries that only one side has, each once."""
    before, after = _undocumented(old), _undocumented(new)
    for key, (where, value) in after.items():
        if key not in before:
            yield Difference(Class.ADDITIVE, "entry-additive-key", where, None, value_text(value))
    for key, (where, value) in before.items():
        if key not in after:
            yield Difference(Class.BENIGN, "entry-additive-key", where, value_text(value), None)


def _undocumented(side: Side) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    for place, entry in enumerate(side.subject.entries or ()):
        for key in entry if isinstance(entry, dict) else ():
            if key not in side.members:
                found.setdefault(key, (f"/{place}/{escaped(key)}", entry[key]))
    return found


def _changed(before: tuple[int, Entry], after: tuple[int, Entry], new: Side) -> Differences:
    (_, was), (place, now), known = before, after, new.members
    for key, value in now.items():
        where = f"/{place}/{escaped(key)}"
        if key not in was:
            if key in known:
                yield Difference(Class.BENIGN, _slug(known, key, "missing"), where, None, value_text(value))
        elif not same(was[key], value):
            # a new type that the contract does not allow
            retyped = key in known and type(was[key]) is not type(value) and where in new.breached
            kind = Class.BREAKING if retyped else Class.BENIGN
            yield Difference(kind, _slug(known, key, "type"), where, value_text(was[key]), value_text(value))
    for key in sorted((was.keys() - now.keys()) & known.keys()):
        empty = was[key] == "" and known[key].required is not Level.VIOLATION  # no consumer has the shard
        kind = Class.BENIGN if empty else Class.BREAKING
        yield Difference(kind, _slug(known, key, "missing"), f"/{place}/{key}", value_text(was[key]), None)


def _slug(known: Mapping[str, Value], key: str, kind: str) -> str:
    """Return the slug of the contract's clause for this kind of breach of a member."""
    code = known[key].codes.get(kind) if key in known else None
    return CLAUSES[code].slug if code else "entry-additive-key"


def _order(old: Side, new: Side) -> Differences:
    before = [shard for shard in old.entries_by_shard if shard in new.entries_by_shard]
    after = [shard for shard in new.entries_by_shard if shard in old.entries_by_shard]
    if before != after:
        yield Difference(Class.BENIGN, "entry-order", "body", _listed(before), _listed(after))


def _listed(shards: list[int]) -> str:
    return f"shards {', '.join(map(str, shards))}"


def same(one: Any, other: Any) -> bool:
    """Compare JSON values by type, too: true is not 1, and 1.0 is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
