"""Shards that are split and merged: their keys, logs, checkpoints and consumers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from sls_contract.scenarios.documented_operations import (
    EXPIRED_TOKEN,
    NOT_LET_IN,
    PROTOBUF,
    WRONG_TOKEN,
    get_cursor,
    near_misses,
)
from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    Call,
    Consume,
    Create,
    Drain,
    Follow,
    HeartBeat,
    HoldAll,
    Kept,
    PassTime,
    Place,
    Put,
    Read,
    RequestVariant,
    Update,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_resharding = partial(Scenario.of, "resharding")
_SPLIT_PAGE, _CREATE = "SplitShard page", "CreateConsumerGroup page, order: first the original shard, then the new ones"
_MERGED = "MergeShards of the SDK of 2020-12-30"
_OTHER = Place("a", "other")
_FORGED = RequestVariant(flaw="digest")
_DELIVERED = "SLS426 SLS427 SLS428"
_LIST = Call("ListShards", at=_OTHER)
_SPLIT = Call("SplitShard", "lowest", (("key", Kept("inner")),), at=_OTHER)
_MERGE = Call("MergeShard", "lowest", at=_OTHER)
_CHANGES = {"split-shard": (_SPLIT, _MERGE), "merge-shard": (_MERGE, _SPLIT)}
"""The requests that change shards, by the beginning of the names of their scenarios, each with the other one."""


def _change_refused(label: str, name: str, expects: str, proves: str, *steps: Call) -> Scenario:
    """Return the scenario of refused changes of shards, after which the shards are listed as before."""
    return _resharding(
        f"{label}-{name}", f"{expects}; no change of the shards", "CommonErrorCodes page", f"SLS406 {proves}"
    ).doing(_LIST, *steps, PassTime(1), _LIST)


def _changes_not_let_in(label: str, change: Call, other: Call) -> Iterator[Scenario]:
    """Yield the scenarios of a change of shards whose sender must be refused, and in places that do not exist."""
    flaws = (*near_misses(change), RequestVariant(signed_as=other))
    for name, expects, proves, variants in (NOT_LET_IN, WRONG_TOKEN, EXPIRED_TOKEN):
        sent = (*variants, *flaws) if name == NOT_LET_IN.name else variants
        yield _change_refused(label, name, expects, proves, *(replace(change, variant=variant) for variant in sent))
    yield _change_refused(
        label,
        "nowhere",
        "404 for a logstore or project that does not exist",
        "SLS442 SLS443",
        *(replace(change, shard=0, at=at) for at in (Place("a", "missing"), Place("a", project="missing"))),
    )


SCENARIOS = (
    _resharding(
        "shard-split",
        "the shard, now readonly, two readwrite ones that take its keys and are in each group; checkpoints as before",
        _SPLIT_PAGE,
        "SLS402 SLS413 SLS418 SLS419 SLS420 SLS429",
    ).doing(
        *setup(_OTHER),
        _LIST,
        *(Write(shard, at=_OTHER) for shard in ("lowest", "last")),
        Read(at=_OTHER),
        _SPLIT,
        Read(at=_OTHER),
        Write("readonly", at=_OTHER),
        Read("readonly", at=_OTHER),
        PassTime(1),
        _LIST,
        HoldAll(at=_OTHER),
        Read(at=_OTHER),
    ),
    _resharding(
        "shard-split-takes-logs",
        "earlier logs in the split shard alone, for consumers; later ones in the readwrite shard of their hash key",
        f"{_SPLIT_PAGE}; PutLogs page, mode KeyHash; {_CREATE}",
        f"{_DELIVERED} SLS429",
    ).doing(
        _LIST,
        Follow(_OTHER),
        *(Put(shard=shard, at=_OTHER) for shard in ("lowest", "last")),
        _SPLIT,
        PassTime(1),
        get_cursor(_OTHER, "readonly"),
        Call("GetCursorTime", "readonly", (("cursor", Kept("begin")),), at=_OTHER),
        Drain(at=_OTHER),
        _LIST,
        get_cursor(_OTHER, "lowest"),
        Call("PullLogs", "lowest", (("cursor", Kept("begin")), ("count", "100")), PROTOBUF, at=_OTHER),
        Create(_OTHER),
        HoldAll(at=_OTHER),
        Follow(_OTHER),
        *(Put(at=_OTHER),) * 4,
        Put(shard="lowest", at=_OTHER),
        Drain(at=_OTHER),
    ),
    _resharding(
        "shard-split-in-order",
        "no new shard for the consumer of a group with order before the split shard is consumed, and all afterwards",
        _CREATE,
        "SLS429 SLS446",
    ).doing(
        _LIST,
        Follow(_OTHER),
        *(Put(shard="lowest", at=_OTHER),) * 2,
        *(Create(_OTHER, order=True), Consume(_OTHER)),  # earlier runs may have split shards, which come first
        HeartBeat(at=_OTHER),
        _SPLIT,
        PassTime(1),
        _LIST,
        *(HeartBeat(at=_OTHER),) * 4,
        Drain(1, at=_OTHER),
        *(
            step
            for cursor in ("before", "log")
            for step in (Write("readonly", Kept(cursor), at=_OTHER), *(HeartBeat(at=_OTHER),) * 2)
        ),
        Consume(_OTHER),
        HoldAll(at=_OTHER),
    ),
    _resharding(
        "shard-split-in-updated-order",
        "no new shard for the consumer of a group whose order was set later, before the split shard is consumed",
        f"UpdateConsumerGroup page, order; {_CREATE}",
        "SLS446",
    ).doing(
        _LIST,
        Put(shard="lowest", at=_OTHER),
        Create(_OTHER),
        Update(order=True, at=_OTHER),
        HeartBeat(at=_OTHER),
        *(step for _ in range(2) for step in (_SPLIT, PassTime(1), _LIST, *(HeartBeat(at=_OTHER),) * 4)),
    ),
    _resharding(
        "shards-merged-in-order",
        "not the new shard for the consumer of a group with order before both merged shards are consumed",
        f"{_MERGED}; {_CREATE}",
        f"{_DELIVERED} SLS446",
    ).doing(
        *(_LIST, _SPLIT, PassTime(1), _LIST),
        Follow(_OTHER),
        *(Put(shard=shard, at=_OTHER) for shard in ("lowest", "last")),
        Create(_OTHER, order=True),
        *(HeartBeat(at=_OTHER),) * 2,
        *(_MERGE, PassTime(1), _LIST),
        *(HeartBeat(at=_OTHER),) * 4,
        Drain(at=_OTHER),
        Write("written", Kept("next"), at=_OTHER),
        *(HeartBeat(at=_OTHER),) * 4,
        get_cursor(_OTHER, "lowest"),
        Call("PullLogs", "lowest", (("cursor", Kept("begin")), ("count", "100")), PROTOBUF, at=_OTHER),
    ),
    _resharding(
        "shards-merged",
        "one readwrite shard without a checkpoint in the place of two neighbours, which are readonly and keep theirs",
        f"{_MERGED}; ListShards page, status",
        "SLS402 SLS418 SLS419 SLS420 SLS425 SLS429",
    ).doing(
        *(_LIST, _SPLIT, PassTime(1), _LIST, _SPLIT, PassTime(1), _LIST),
        # Now the last shard has neighbours on both sides, and the right one has a lower id.
        *(replace(_MERGE, shard="last"), PassTime(1), _LIST, _MERGE, PassTime(1)),
        *(_LIST, replace(_SPLIT, variant=RequestVariant("v4")), PassTime(1)),
        *(_LIST, *setup(_OTHER), Write("lowest", at=_OTHER)),
        *(replace(_MERGE, variant=RequestVariant("v1-sha256")), PassTime(1), _LIST),
        HoldAll(at=_OTHER),
        Read(at=_OTHER),
    ),
    _resharding(
        "shard-split-refused",
        "400 for a missing shard, a readonly one, and a key outside its range, 401 for a wrong signature; no change",
        f"{_SPLIT_PAGE}, description and error codes",
        "SLS406 SLS420 SLS445 SLS451",
    ).doing(
        _LIST,
        _SPLIT,
        PassTime(1),
        _LIST,
        Call("SplitShard", "far", (("key", Kept("inner")),), at=_OTHER, refused="ParameterInvalid"),
        Call("SplitShard", "readonly", (("key", Kept("inner")),), at=_OTHER, refused="ParameterInvalid"),
        *(
            Call("SplitShard", "lowest", (("key", key),), at=_OTHER, refused="ParameterInvalid")
            for key in ("none", "f" * 32)
        ),
        replace(_SPLIT, variant=_FORGED),
        PassTime(1),
        _LIST,
    ),
    *chain.from_iterable(_changes_not_let_in(label, *requests) for label, requests in _CHANGES.items()),
)
