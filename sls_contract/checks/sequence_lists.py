"""``SLS42x``: the entries of a list, compared with the existing shards and with the list of the other request."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from sls_contract.checks.sequence import ClauseResults
from sls_contract.checks.subject import GET_CHECK_POINT
from sls_contract.spec import clause
from sls_contract.spec.contract import Value
from sls_contract.spec.registry import registry

Entry: TypeAlias = Mapping[str, Any]


def judge_list(entries: Sequence[Entry], requested: int | None, shards: Collection[int]) -> ClauseResults:
    """Judge which shards have an entry; ``requested`` None means all, ``shards`` are those of the logstore."""
    name = _listed().unique_by
    present = {entry[name] for entry in entries}
    if requested is None:
        missing = sorted(set(shards) - present)
        code, broken = "SLS421", bool(missing)
        expected = f"an entry for each of {len(shards)} shards"
        actual = f"none for shard {', '.join(map(str, missing[:10]))}{' …' if missing[10:] else ''}"
        fix = "List every shard of the logstore, also those never consumed."
    elif requested in shards:
        code, broken = "SLS422", requested not in present
        expected, actual = f"one entry: shard {requested} exists", "no entry for it"
        fix = "Return an entry with checkpoint '' for a shard that was not consumed yet."
    else:
        code, broken = "SLS423", bool(entries)
        expected, actual = f"[]: there is no shard {requested}", f"{len(entries)} entries"
        fix = "Return an empty list for a shard that does not exist."
    findings = (clause(code).finding("body", expected, actual, fix),) if broken else ()
    return ClauseResults(findings, frozenset({code} if shards or requested is not None else ()))


def judge_agreement(entry: Entry, other: Entry, where: str, *, filtered: bool) -> ClauseResults:
    """Compare a shard's entry with the one that the other kind of request returned for the same state.

    ``filtered`` tells whether that other request named the shard.
    """
    items = _listed().items
    documented = items.members.keys() if items is not None else set()
    findings = (
        clause("SLS424").finding(
            f"{where}/{key}",
            f"{other.get(key)!r}, as asked with{'' if filtered else 'out'} shard",
            repr(entry.get(key)),
            "Filter the list; do not build the two responses apart.",
        )
        for key in sorted((entry.keys() | other.keys()) & documented)
        if entry.get(key) != other.get(key)
    )
    return ClauseResults(tuple(findings), frozenset({"SLS424"}))


def _listed() -> Value:
    """Return the contract of the list."""
    contract = registry().named(GET_CHECK_POINT)
    return Value() if contract is None else contract.response_value
