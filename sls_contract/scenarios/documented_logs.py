"""Logs: written, found by cursor and by time, and pulled in all ways of pages and clients."""

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
    pull,
)
from sls_contract.scenarios.scenario import Scenario, setup
from sls_contract.scenarios.steps import (
    AtOnce,
    Call,
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
_put_logs = partial(Scenario.of, "PutLogs")
_pull_logs = partial(Scenario.of, "PullLogs")
_list_shards = partial(Scenario.of, "ListShards")
_get_cursor = partial(Scenario.of, "GetCursor")
_get_cursor_time = partial(Scenario.of, "GetCursorTime")
_PUT, _PULL, _CURSOR, _TIME = "PutLogs page", "PullLogs page", "GetCursor page", "GetCursorTime page"
_SPLIT_PAGE = "SplitShard page"
_OTHER = Place("a", "other")
_FORGED = RequestVariant(flaw="digest")
_VARIANTS = (RequestVariant("v1", "go"), RequestVariant("v1-sha256", "upper"), RequestVariant("v4", "tea-v4"))
_DELIVERED = "SLS426 SLS427 SLS428"
_COUNTED = "SLS281 SLS282 SLS283"


def _coded(coding: str) -> Scenario:
    """Return the scenario of logs that are written and pulled in one compression."""
    source = "CommonRequestHeaders page, Accept-Encoding and x-log-compresstype"
    return _put_logs(
        f"logs-in-{coding or 'plain'}",
        f"logs written {f'in {coding}' if coding else 'uncompressed'}, and pulled so, as they were",
        f"{_PUT}; {'log clients of Python and Go' if coding == 'zstd' else source}",
        f"{_DELIVERED} {_COUNTED}",
    ).doing(Follow(), Put(3, coding), *(Put(1, coding, variant=variant) for variant in _VARIANTS), Drain(coding=coding))


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
    flaws = (RequestVariant(flaw="query-value"), RequestVariant(flaw="query-dropped"), RequestVariant(signed_as=other))
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
    _pull_logs(
        "pull-logs-in-small-steps",
        "each log once, in the order of writing, one log group at a time",
        f"{_PULL}, parameter count and response header x-log-cursor",
        f"{_DELIVERED} {_COUNTED} SLS284 SLS287",
    ).doing(Follow(), *(Put(logs) for logs in (1, 2, 1, 3)), Drain(count=1), Put(), Drain(count=1)),
    _pull_logs(
        "pull-logs-as-go-asks",
        "the same with type=logs",
        f"{_PULL}, request parameters; aliyun-log-go-sdk",
        f"{_DELIVERED} SLS287 SLS451",
    ).doing(
        Follow(),
        Put(2),
        Drain(kind="logs"),
        Call("PullLogs", "written", (("type", "logs"), ("cursor", Kept("log"))), PROTOBUF, variant=_FORGED),
    ),
    _pull_logs(
        "pull-logs-again",
        "the same logs at the same cursor, however often",
        f"{_PULL}, parameter cursor",
        f"SLS427 SLS287 {_COUNTED}",
    ).doing(
        Follow(),
        Put(2),
        Put(1),
        Drain(count=1),
        *(Call("PullLogs", "written", (("cursor", Kept("log")), ("count", "1")), PROTOBUF) for _ in range(2)),
    ),
    _pull_logs(
        "pull-logs-up-to-an-end",
        "the log groups before end_cursor, and none at it or after it",
        "PullLogs of the SDK of 2020-12-30, parameter endCursor; aliyun-log-python-sdk, pull_logs: end_cursor",
        "SLS426 SLS287",
    ).doing(
        Follow(),
        Call("ListShards"),
        *(Put(shard=0) for _ in range(3)),
        Drain(count=1),
        *(
            Call("PullLogs", "written", (("cursor", Kept("before")), ("end_cursor", end), ("count", "10")), PROTOBUF)
            for end in (Kept("log"), Kept("next"))
        ),
    ),
    _pull_logs(
        "pull-logs-from-the-beginning",
        "at most as many log groups as requested, and the cursor after them",
        f"{_PULL}, parameter count",
        "SLS282 SLS283 SLS284 SLS287 SLS290",
    ).doing(get_cursor(), pull(), pull(count=1), pull(count=1000)),
    *map(_coded, ("", "lz4", "zstd", "deflate")),
    _put_logs(
        "put-logs-by-hash-key",
        "the log in the shard whose range holds its hash key",
        f"{_PUT}, mode KeyHash",
        f"{_DELIVERED} SLS406 SLS451",
    ).doing(
        Follow(),
        Call("ListShards"),
        *(Put(shard=shard, last_key=last) for shard in (0, 1, "last") for last in (False, True)),
        Put(shard=0, variant=_FORGED),
        Drain(),
    ),
    _put_logs(
        "logs-long-and-many",
        "each log whole: one with a value of 100,000 letters, and hundreds that were written at once",
        f"{_PUT}: up to 3 MB, 4,096 logs, and 1 MB for a value",
        _DELIVERED,
    ).doing(Follow(), Put(size=100_000), Put(300, size=8), Drain()),
    _pull_logs(
        "pull-logs-of-one-shard",
        "each log once, in the order of writing, some log groups at a time",
        f"{_PULL}, parameter count and response header x-log-cursor",
        f"{_DELIVERED} {_COUNTED} SLS284 SLS287",
    ).doing(Follow(), Call("ListShards"), *(Put(logs, shard=0) for logs in (1, 2, 1, 1, 3)), Drain(count=2)),
    _put_logs(
        "put-logs-in-unknown-compression",
        "400 InvalidCompressType (ParameterInvalid since 2026): x-log-compresstype is neither lz4 nor deflate",
        "CommonErrorCodes page",
        "SLS445",
    ).doing(
        Put(), Put(coding="unknown", body=bytes, refused="InvalidCompressType ParameterInvalid"), Put(coding="lz4")
    ),
    _put_logs(
        "put-logs-alike",
        "each log as often as it was written, even if an identical request was sent twice",
        f"{_PUT}: each request writes a log group",
        _DELIVERED,
    ).doing(
        Follow(),
        Call("ListShards"),
        Put(2, shard=0),
        Put(2, shard=0, again=True),
        Put(shard=0),
        Put(shard=0, again=True),
        Drain(),
        Put(),
        Drain(),
    ),
    _put_logs(
        "put-logs-at-once",
        "each log as often as it was written, also where several requests write in parallel",
        f"{_PUT}: each request writes a log group",
        _DELIVERED,
    ).doing(
        Follow(),
        Call("ListShards"),
        *(AtOnce((Put(shard=0), Put(shard=0, again=True), Put(shard=1))),) * 4,
        Drain(),
    ),
    _put_logs(
        "put-logs-refused",
        "no log of a request that was refused: for its signature, its time, or its key",
        "CommonErrorCodes page: an error response means that the request failed",
        "SLS406 SLS426 SLS451",
    ).doing(
        Follow(),
        Put(variant=RequestVariant(flaw="digest")),
        Put(variant=RequestVariant(shift=-16 * 60)),
        Put(variant=RequestVariant(key="unknown")),
        Put(),
        Drain(),
    ),
    *(
        _put_logs(f"put-logs-to-two-{kind}s", f"each log in the {kind} that it was written to", _PUT, _DELIVERED).doing(
            Follow(), Follow(elsewhere), Put(), Put(at=elsewhere), Drain(), Drain(at=elsewhere)
        )
        for kind, elsewhere in (("logstore", _OTHER), ("project", Place("a", "abroad")))
    ),
    _list_shards(
        "list-shards-again",
        "the same shards as a second before, each hash key in one writable shard",
        "ListShards page, response elements",
        "SLS418 SLS419",
    ).doing(Call("ListShards"), PassTime(1), Call("ListShards")),
    _list_shards(
        "list-shards-writable", "a readwrite shard, if PutLogs is served", "SplitShard page, status", "SLS418"
    ).doing(Call("ListShards"), Put()),
    _get_cursor(
        "get-cursor-of-times",
        "begin and earlier times at or before a log that was just written, end and later times after it",
        f"{_CURSOR}, parameter from",
        "SLS439",
    ).doing(
        Follow(),
        Put(),
        Put(),
        Drain(count=1),
        *(
            Call("GetCursor", "written", (("from", time),))
            for time in ("begin", Kept("earlier"), "0", "end", Kept("later"), "4102444800")
        ),
        Put(),
        Drain(count=1),
        *(Call("GetCursor", "written", (("from", time),)) for time in ("begin", "end")),
    ),
    _get_cursor_time(
        "get-cursor-time-of-a-log",
        "the seconds when the log was received, and the same ones later; GetCursor finds the log by these ones only",
        f"{_TIME}, response element cursor_time; {_CURSOR}, parameter from",
        "SLS439 SLS447 SLS274",
    ).doing(
        Follow(),
        PassTime(2),  # no earlier log of the same second, which `received` would find
        Put(),
        Drain(count=1),
        Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
        PassTime(2),
        Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
        *(Call("GetCursor", "written", (("from", Kept(time)),)) for time in ("received", "received+1")),
    ),
    _get_cursor_time(
        "get-cursor-time-before-another-log",
        "the seconds when the log was received, also after another one was written to the shard",
        f"{_TIME}, response element cursor_time",
        "SLS447 SLS274",
    ).doing(
        Follow(),
        Call("ListShards"),
        Put(shard=0),
        Drain(count=1),
        Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
        PassTime(2),
        Put(shard=0),
        Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
    ),
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
        f"{_SPLIT_PAGE}; {_PUT}, mode KeyHash; CreateConsumerGroup page, order",
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
        "no new shard for the consumer of a group with order before the split shard is consumed",
        "CreateConsumerGroup page, order: first the original shard, then the new ones",
        "SLS446",
    ).doing(
        _LIST,
        Put(shard="lowest", at=_OTHER),
        Create(_OTHER, order=True),
        HeartBeat(at=_OTHER),
        _SPLIT,
        PassTime(1),
        *(HeartBeat(at=_OTHER),) * 4,
    ),
    _resharding(
        "shard-split-in-updated-order",
        "no new shard for the consumer of a group whose order was set later, before the split shard is consumed",
        "UpdateConsumerGroup page, order; CreateConsumerGroup page, order: first the original shard, then the new ones",
        "SLS446",
    ).doing(
        _LIST,
        Put(shard="lowest", at=_OTHER),
        Create(_OTHER),
        Update(order=True, at=_OTHER),
        HeartBeat(at=_OTHER),
        _SPLIT,
        PassTime(1),
        *(HeartBeat(at=_OTHER),) * 4,
    ),
    _resharding(
        "shards-merged",
        "one readwrite shard without a checkpoint in the place of two neighbours, which are readonly and keep theirs",
        "MergeShards of the SDK of 2020-12-30; ListShards page, status",
        "SLS402 SLS418 SLS419 SLS420 SLS425 SLS429",
    ).doing(
        *(_LIST, _SPLIT, PassTime(1), _LIST, _MERGE, PassTime(1)),
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
