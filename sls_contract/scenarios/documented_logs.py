"""Logs: written, found by cursor and by time, and pulled in all ways of pages and clients."""

from __future__ import annotations

from functools import partial

from sls_contract.scenarios.documented_operations import PROTOBUF, get_cursor, pull
from sls_contract.scenarios.scenario import Scenario
from sls_contract.scenarios.steps import AtOnce, Call, Drain, Follow, Kept, PassTime, Place, Put, RequestVariant

_put_logs = partial(Scenario.of, "PutLogs")
_pull_logs = partial(Scenario.of, "PullLogs")
_list_shards = partial(Scenario.of, "ListShards")
_get_cursor = partial(Scenario.of, "GetCursor")
_get_cursor_time = partial(Scenario.of, "GetCursorTime")
_PUT, _PULL, _CURSOR, _TIME = "PutLogs page", "PullLogs page", "GetCursor page", "GetCursorTime page"
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
)
