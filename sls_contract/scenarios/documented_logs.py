"""Logs that are written, found by cursor and by time, and pulled in every way that pages and clients know."""

from __future__ import annotations

from sls_contract.scenarios.documented_operations import get_cursor, pull
from sls_contract.scenarios.scenario import Scenario
from sls_contract.scenarios.steps import Call, Drain, Follow, Kept, PassTime, Place, Put, RequestVariant

_PUT, _PULL, _CURSOR, _TIME = "PutLogs page", "PullLogs page", "GetCursor page", "GetCursorTime page"
_OTHER = Place("a", "other")
_DELIVERED = "SLS426 SLS427 SLS428"
_COUNTED = "SLS281 SLS282 SLS283"


def _coded(coding: str) -> Scenario:
    """Return the scenario of logs that are written and pulled in one compression."""
    source = "CommonRequestHeaders page, Accept-Encoding and x-log-compresstype"
    return Scenario.of(
        f"logs-in-{coding or 'plain'}",
        "PutLogs",
        f"logs written {f'in {coding}' if coding else 'uncompressed'}, and pulled so, as they were",
        f"{_PUT}; {'log clients of Python and Go' if coding == 'zstd' else source}",
        f"{_DELIVERED} {_COUNTED}",
        (Follow(), Put(3, coding), Drain(coding=coding)),
    )


_AT_CURSORS = (("Accept", "application/x-protobuf"), ("Accept-Encoding", "lz4"))

SCENARIOS = (
    Scenario.of(
        "pull-logs-in-small-steps",
        "PullLogs",
        "each log once, in the order of writing, one log group at a time",
        f"{_PULL}, parameter count and response header x-log-cursor",
        f"{_DELIVERED} {_COUNTED} SLS284 SLS287",
        (Follow(), *(Put(logs) for logs in (1, 2, 1, 3)), Drain(count=1), Put(), Drain(count=1)),
    ),
    Scenario.of(
        "pull-logs-as-go-asks",
        "PullLogs",
        "the same with type=logs",
        f"{_PULL}, request parameters; aliyun-log-go-sdk",
        f"{_DELIVERED} SLS287",
        (Follow(), Put(2), Drain(kind="logs")),
    ),
    Scenario.of(
        "pull-logs-again",
        "PullLogs",
        "the same logs at the same cursor, however often",
        f"{_PULL}, parameter cursor",
        f"SLS427 SLS287 {_COUNTED}",
        (
            Follow(),
            Put(2),
            Put(1),
            Drain(count=1),
            *(Call("PullLogs", "written", (("cursor", Kept("log")), ("count", "1")), _AT_CURSORS) for _ in range(2)),
        ),
    ),
    Scenario.of(
        "pull-logs-up-to-an-end",
        "PullLogs",
        "the log groups before end_cursor, and none at it or after it",
        "PullLogs of the SDK of 2020-12-30, parameter endCursor; aliyun-log-python-sdk, pull_logs: end_cursor",
        "SLS426 SLS287",
        (
            Follow(),
            Call("ListShards"),
            *(Put(shard=0) for _ in range(3)),
            Drain(count=1),
            *(
                Call(
                    "PullLogs",
                    "written",
                    (("cursor", Kept("before")), ("end_cursor", end), ("count", "10")),
                    _AT_CURSORS,
                )
                for end in (Kept("log"), Kept("next"))
            ),
        ),
    ),
    Scenario.of(
        "pull-logs-from-the-beginning",
        "PullLogs",
        "at most as many log groups as were asked for, and the cursor behind them",
        f"{_PULL}, parameter count",
        "SLS282 SLS283 SLS284 SLS287 SLS290",
        (get_cursor(), pull(), pull(count=1), pull(count=1000)),
    ),
    *map(_coded, ("", "lz4", "zstd", "deflate")),
    Scenario.of(
        "put-logs-by-hash-key",
        "PutLogs",
        "the log in the shard whose range holds its hash key",
        f"{_PUT}, mode KeyHash",
        _DELIVERED,
        (Follow(), Call("ListShards"), Put(shard=0), Put(shard=1), Put(shard="last"), Drain()),
    ),
    Scenario.of(
        "pull-logs-of-one-shard",
        "PullLogs",
        "each log once, in the order of writing, some log groups at a time",
        f"{_PULL}, parameter count and response header x-log-cursor",
        f"{_DELIVERED} {_COUNTED} SLS284 SLS287",
        (Follow(), Call("ListShards"), *(Put(logs, shard=0) for logs in (1, 2, 1, 1, 3)), Drain(count=2)),
    ),
    Scenario.of(
        "put-logs-refused",
        "PutLogs",
        "no log of a request that was refused: for its signature, its time, or its key",
        "CommonErrorCodes page: an error answer means that the request failed",
        "SLS406 SLS426 SLS451",
        (
            Follow(),
            Put(variant=RequestVariant(flaw="digest")),
            Put(variant=RequestVariant(shift=-16 * 60)),
            Put(variant=RequestVariant(key="unknown")),
            Put(),
            Drain(),
        ),
    ),
    Scenario.of(
        "put-logs-to-two-logstores",
        "PutLogs",
        "each log in the logstore that it was written to",
        _PUT,
        _DELIVERED,
        (Follow(), Follow(_OTHER), Put(), Put(at=_OTHER), Drain(), Drain(at=_OTHER)),
    ),
    Scenario.of(
        "get-cursor-of-times",
        "GetCursor",
        "begin and earlier times at or before a log that was just written, end and later times behind it",
        f"{_CURSOR}, parameter from",
        "SLS439",
        (
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
    ),
    Scenario.of(
        "get-cursor-time-of-a-log",
        "GetCursorTime",
        "the seconds when the log was received, and the same ones later",
        f"{_TIME}, response element cursor_time",
        "SLS447 SLS274",
        (
            Follow(),
            Put(),
            Drain(count=1),
            Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
            PassTime(2),
            Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
        ),
    ),
)
