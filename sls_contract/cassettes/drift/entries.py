"""The list of checkpoints, shard by shard: which entries came and went, and what moved in those that stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.drift.change import Difference, Differences, told
from sls_contract.checks.presentation import escaped
from sls_contract.spec import CLAUSES, Level
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.cassettes.drift.side import Entry, Side
    from sls_contract.spec.contract import Value


def entry_differences(old: Side, new: Side) -> Differences:
    """Yield what differs between two lists of checkpoints."""
    yield from _gone(old, new)
    yield from _added(old, new)
    for shard, (place, entry) in new.entries_by_shard.items():
        if shard in old.entries_by_shard:
            yield from _moved(old.entries_by_shard[shard], (place, entry), new)
    yield from _order(old, new)


def _gone(old: Side, new: Side) -> Differences:
    """Yield the shards without an entry: where others came, a split, a merge or a new logstore may have ended them."""
    known, left = old.entries_by_shard, new.entries_by_shard
    if not new.regular_list or (new.filtered and left):
        return  # clauses tell of malformed entries, and of those that were not asked for
    slug = "known-shard" if new.filtered else "every-shard"
    kind = Class.BENIGN if left.keys() - known.keys() or new.open else Class.BREAKING
    for shard, (place, entry) in known.items():
        if shard not in left:
            yield Difference(kind, slug, f"/{place}", _entry(old, entry), None)


def _added(old: Side, new: Side) -> Differences:
    slug = "known-shard" if new.filtered else "every-shard"
    for shard, (place, entry) in new.entries_by_shard.items():
        if shard not in old.entries_by_shard:
            yield Difference(Class.BENIGN, slug, f"/{place}", None, _entry(new, entry))


def _entry(side: Side, entry: Entry) -> str:
    return f"{side.key} {entry[side.key]}"


def key_differences(old: Side, new: Side) -> Differences:
    """Yield the keys of entries that no page names and that only one side has, each once."""
    before, after = _strange(old), _strange(new)
    for key, (where, value) in after.items():
        if key not in before:
            yield Difference(Class.ADDITIVE, "entry-additive-key", where, None, told(value))
    for key, (where, value) in before.items():
        if key not in after:
            yield Difference(Class.BENIGN, "entry-additive-key", where, told(value), None)


def _strange(side: Side) -> dict[str, tuple[str, Any]]:
    found: dict[str, tuple[str, Any]] = {}
    for place, entry in enumerate(side.subject.entries or ()):
        for key in entry if isinstance(entry, dict) else ():
            if key not in side.members:
                found.setdefault(key, (f"/{place}/{escaped(key)}", entry[key]))
    return found


def _moved(before: tuple[int, Entry], after: tuple[int, Entry], new: Side) -> Differences:
    """Yield what differs in the entry of one shard."""
    (_, was), (place, now), known = before, after, new.members
    for key, value in now.items():
        where = f"/{place}/{escaped(key)}"
        if key not in was:
            if key in known:
                yield Difference(Class.BENIGN, _slug(known, key, "missing"), where, None, told(value))
        elif not same(was[key], value):
            kind = _weight(key, was[key], value, where, new)
            yield Difference(kind, _slug(known, key, "type"), where, told(was[key]), told(value))
    for key in sorted((was.keys() - now.keys()) & known.keys()):
        empty = was[key] == "" and known[key].required is not Level.VIOLATION  # as good as none: the shard is not held
        kind = Class.BENIGN if empty else Class.BREAKING
        yield Difference(kind, _slug(known, key, "missing"), f"/{place}/{key}", told(was[key]), None)


def _weight(key: str, was: Any, now: Any, where: str, new: Side) -> Class:
    """Class another value: one of another type that the contract does not allow there can be misread."""
    retyped = key in new.members and type(was) is not type(now) and where in new.breached
    return Class.BREAKING if retyped else Class.BENIGN


def _slug(known: Mapping[str, Value], key: str, kind: str) -> str:
    """Return the slug of the clause that a contract names for a kind of breach of a member."""
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
    """Compare JSON values as JSON does: true is not 1, and 1.0 is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)
