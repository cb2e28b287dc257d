"""``SLS406``, ``SLS418`` to ``SLS420``: the shards of ListShards, by each other, earlier ones, and their changes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sls_contract.checks.presentation import shown
from sls_contract.checks.sequence import ClauseResults
from sls_contract.spec import Finding, Level, clause

_BEGIN, _END = "inclusiveBeginKey", "exclusiveEndKey"
_HASH_KEY = re.compile("[0-9A-Fa-f]{32}")  # the page also prints a key of 31 digits, without a meaning
_LAST = (1 << 128) - 1
_WRITABLE, _READONLY = "readwrite", "readonly"
_LASTING = (_BEGIN, _END, "createTime")


class _Range(NamedTuple):
    """The keys of a writable shard; ``at`` is its index in the list."""

    begin: int
    end: int
    at: int

    @classmethod
    def of(cls, shard: Mapping[str, Any], at: int) -> _Range | None:
        """Parse the keys of a shard; None if they have another form."""
        keys = [shard.get(name) for name in (_BEGIN, _END)]
        begin, end = (int(key, 16) if isinstance(key, str) and _HASH_KEY.fullmatch(key) else None for key in keys)
        return None if begin is None or end is None else cls(begin, end, at)


def by_number(listed: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Return the shards of a list by id, without those that have none."""
    return {each["shardID"]: each for each in listed if type(each.get("shardID")) is int}


def are_distinct(listed: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether each shard has its own id and a documented status; other clauses report what is wrong."""
    known = all(each.get("status") in (_WRITABLE, _READONLY) for each in listed)
    return known and len(by_number(listed)) == len(listed)


def writable_shards(listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the shards of a list that take logs."""
    return [each for each in listed if each.get("status") == _WRITABLE]


def first_and_last_key(shard: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the keys at both ends of a shard's range; the first key twice if they have another form; None without."""
    first, keys = shard.get(_BEGIN), _Range.of(shard, 0)
    if not isinstance(first, str):
        return None
    return first, f"{max(keys.begin, keys.end - 1):032x}" if keys else first


def lowest_writable(listed: Sequence[Mapping[str, Any]]) -> tuple[int, str] | None:
    """Return the readwrite shard with the lowest keys, and a key in its last quarter; None if there is none."""
    writable = [(_Range.of(each, at), each.get("shardID")) for at, each in enumerate(writable_shards(listed))]
    known = [(keys, number) for keys, number in writable if keys is not None and type(number) is int]
    if not known:
        return None
    keys, number = min(known)
    return number, f"{keys.end - (keys.end - keys.begin) // 4:032x}"


def judge_change(
    number: int, returned: Sequence[Mapping[str, Any]], before: Collection[int], key: str | None = None
) -> ClauseResults:
    """Judge the response to SplitShard at a key, or to MergeShard; ``before`` are the shards that existed before."""
    status = {number: each.get("status") for number, each in by_number(returned).items()}
    new = [each for number, each in by_number(writable_shards(returned)).items() if number not in before]
    fix = "Return the shard, now readonly, and the new readwrite shards that take its keys."
    findings = []
    if status.get(number) != _READONLY:
        findings.append(_change_finding("body", f"shard {number} with status readonly", shown(status.get(number)), fix))
    if not new:
        findings.append(_change_finding("body", "a readwrite shard that was not listed before", "none", fix))
    elif key is not None:
        findings += _judge_parts(new, key)
        if next(iter(by_number(returned))) != number:
            fix = "Return the split shard first, and the new ones after it."
            found = _change_finding("/0/shardID", str(number), shown(returned[0].get("shardID")), fix)
            findings.append(replace(found, level=Level.WARNING))  # clients find shards by their ids
    elif number in status:
        findings += _judge_merged(by_number(returned)[number], new[0])
    return ClauseResults(tuple(findings), frozenset({"SLS420"}))


def _judge_parts(new: Sequence[Mapping[str, Any]], key: str) -> Iterator[Finding]:
    """Judge whether the shards of a split meet at its key; ranges in another form are not judged."""
    ranges, wanted = [_Range.of(each, at) for at, each in enumerate(new)], int(key, 16)
    known = [each for each in ranges if each is not None]
    meets = any(each.end == wanted for each in known) and any(each.begin == wanted for each in known)
    if len(known) == len(new) and not meets:
        ends = ", ".join(f"{each.begin:032x} to {each.end:032x}" for each in sorted(known))
        fix = "Divide the keys where the request says: the second shard begins at its key."
        yield _change_finding("body", f"new shards that meet at {key}, the key of the request", ends, fix)


def _judge_merged(merged: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    """Judge whether the new shard of a merge begins as the shard of the request, which is the left of the two."""
    before, after = _Range.of(merged, 0), _Range.of(new, 0)
    if before is not None and after is not None and after.begin != before.begin:
        wanted, fix = f"a new shard that begins at {before.begin:032x}", "Merge the shard with its right neighbour."
        yield _change_finding("body", wanted, f"one that begins at {after.begin:032x}", fix)


def judge_refused_change(before: Mapping[int, Mapping[str, Any]], listed: Sequence[Mapping[str, Any]]) -> ClauseResults:
    """Judge a list after a refused SplitShard or MergeShard; ``before`` are the shards at that time, by id."""
    findings = (
        clause("refused-changes-nothing").finding(
            f"shard {number}",
            f"status {shown(before[number].get('status'))}, as before" if number in before else "no such shard",
            shown(each.get("status")),
            "Check a request before it changes anything.",
        )
        for number, each in by_number(listed).items()
        if number not in before or before[number].get("status") != each.get("status")
    )
    return ClauseResults(tuple(findings), frozenset({"SLS406"}))


def judge_changes_kept(changed: Mapping[int, Mapping[str, Any]], listed: Sequence[Mapping[str, Any]]) -> ClauseResults:
    """Judge whether ListShards agrees with the response to SplitShard or MergeShard, by shard."""
    status = {number: each.get("status") for number, each in by_number(listed).items()}
    findings = (
        _change_finding(
            "body",
            f"shard {number} with status {shown(each.get('status'))[1:-1]}, as it was returned",
            shown(status[number]) if number in status else "no such shard",
            "List each shard as the split or the merge left it.",
        )
        for number, each in changed.items()
        if number not in status or status[number] != each.get("status")
    )
    return ClauseResults(tuple(findings), frozenset({"SLS420"} if changed else ()))


def _change_finding(where: str, expected: str, actual: str, fix: str) -> Finding:
    return clause("shard-changed").finding(where, expected, actual, fix)


def judge_ranges(listed: Sequence[Mapping[str, Any]]) -> ClauseResults:
    """Judge whether each hash key is in the range of one writable shard; keys in another form are not judged."""
    ranges = [_Range.of(each, at) for at, each in enumerate(listed) if each.get("status") == _WRITABLE]
    if not ranges or None in ranges:
        return ClauseResults()
    return ClauseResults(tuple(_gaps_and_overlaps(sorted(filter(None, ranges))))[:1], frozenset({"SLS418"}))


def judge_writable(listed: Sequence[Mapping[str, Any]]) -> ClauseResults:
    """Judge a list after which PutLogs was served, so that a shard must be writable."""
    fix = "List a shard that accepts logs as readwrite."
    found = clause("shard-ranges").finding("body", "a readwrite shard: PutLogs is served", "only readonly ones", fix)
    return ClauseResults(() if writable_shards(listed) else (found,), frozenset({"SLS418"}))


def judge_lasting(shard: Mapping[str, Any], before: Mapping[str, Any]) -> ClauseResults:
    """Compare a shard with an earlier list."""
    both = [name for name in _LASTING if type(shard.get(name)) is type(before.get(name)) and name in shard]
    fix = "Store when a shard was created, and its keys; a split or a merge makes new shards."
    findings = (
        clause("shard-lasting").finding(
            f"shard {shard['shardID']}, {name}", f"{shown(before[name])}, as before", shown(shard[name]), fix
        )
        for name in both
        if shard[name] != before[name]
    )
    return ClauseResults(tuple(findings), frozenset({"SLS419"} if both else ()))


def _gaps_and_overlaps(ranges: Sequence[_Range]) -> Iterator[Finding]:
    """Yield the overlaps and gaps of the ranges, which must be in ascending order."""
    reached = 0
    for begin, end, at in ranges:
        if begin != reached:
            yield _range_finding(f"/{at}/{_BEGIN}", reached, begin)
        reached = max(reached, end)
    if reached != _LAST:
        yield _range_finding(f"/{ranges[-1].at}/{_END}", _LAST, reached)


def _range_finding(where: str, expected: int, actual: int) -> Finding:
    fix = "Let the ranges of the readwrite shards follow each other, from the first key to the last."
    return clause("shard-ranges").finding(where, f"{expected:032x}", f"{actual:032x}", fix)
