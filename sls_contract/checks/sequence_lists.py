"""``SLS42x``: the entries of a list, compared with the existing shards and with the list of the other request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from sls_contract.checks.sequence import Judged
from sls_contract.checks.subject import GET_CHECK_POINT
from sls_contract.spec import Finding, clause
from sls_contract.spec.contract import Value
from sls_contract.spec.registry import registry

Entry: TypeAlias = Mapping[str, Any]


def judge_list(entries: Sequence[Entry], requested: int | None, shards: Collection[int]) -> Judged:
    """Judge which shards have an entry; ``requested`` None means all, ``shards`` are those of the logstore."""
    name = _listed().unique_by
    present = {entry[name] for entry in entries}
    if requested is None:
        return Judged(tuple(_missing(present, shards)), frozenset({"SLS421"} if shards else ()))
    if requested in shards:
        return Judged(tuple(_known(present, requested)), frozenset({"SLS422"}))
    return Judged(tuple(_unknown(entries, requested)), frozenset({"SLS423"}))


def judge_agreement(entry: Entry, other: Entry, where: str, *, filtered: bool) -> Judged:
    """Compare a shard's entry with the one that the other kind of request returned for the same state.

    ``filtered`` tells whether that other request named the shard.
    """
    return Judged(tuple(_disagreement(entry, other, where, filtered=filtered)), frozenset({"SLS424"}))


def _missing(present: Collection[int], shards: Collection[int]) -> Iterator[Finding]:
    missing = sorted(set(shards) - set(present))
    if missing:
        yield clause("SLS421").finding(
            "body",
            f"an entry for each of {len(shards)} shards",
            f"none for shard {', '.join(map(str, missing[:10]))}{' …' if missing[10:] else ''}",
            "List every shard of the logstore, also those never consumed.",
        )


def _known(present: Collection[int], requested: int) -> Iterator[Finding]:
    if requested not in present:
        yield clause("SLS422").finding(
            "body",
            f"one entry: shard {requested} exists",
            "no entry for it",
            "Answer an entry with checkpoint '' for a shard that was not consumed yet.",
        )


def _unknown(entries: Sequence[Entry], requested: int) -> Iterator[Finding]:
    if entries:
        yield clause("SLS423").finding(
            "body",
            f"[]: there is no shard {requested}",
            f"{len(entries)} entries",
            "Answer an empty list for a shard that does not exist.",
        )


def _listed() -> Value:
    """Return the contract of the list."""
    contract = registry().named(GET_CHECK_POINT)
    return Value() if contract is None else contract.answered


def _disagreement(entry: Entry, other: Entry, where: str, *, filtered: bool) -> Iterator[Finding]:
    items = _listed().items
    for key in sorted((entry.keys() | other.keys()) & (items.members.keys() if items is not None else set())):
        if entry.get(key) != other.get(key):
            yield clause("SLS424").finding(
                f"{where}/{key}",
                f"{other.get(key)!r}, as asked with{'' if filtered else 'out'} shard",
                repr(entry.get(key)),
                "Filter the list; do not build the two answers apart.",
            )
