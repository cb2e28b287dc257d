"""Scenarios of the errors in each operation's table that a client can trigger, and how it triggers them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sls_contract.scenarios.documented_operations import LABELS, PROTOBUF, get_cursor, source_of
from sls_contract.scenarios.scenario import Scenario
from sls_contract.scenarios.steps import (
    Call,
    Create,
    Delete,
    HeartBeat,
    Kept,
    ListGroups,
    Place,
    Put,
    Read,
    Request,
    Update,
    Write,
)

_A, _B = Place("a"), Place("b")
_BEGIN = Kept("begin")
_BAD_CURSOR = "bm8gY3Vyc29y"  # base64 of a text that is not a number


def _garbled(_: bytes) -> bytes:
    """Return bytes that are neither a protobuf message nor a compressed block."""
    return b"\xff" * 16


def _bad_utf8(group: bytes) -> bytes:
    """Replace a key by invalid UTF-8."""
    return group.replace(b"level", b"le\xff\xfel")


def _no_shard(operation: str, *query: tuple[str, str | Kept]) -> Call:
    return Call(operation, "next", query, PROTOBUF if operation == "PullLogs" else (), refused="ShardNotExist")


_CURSOR_ERRORS = "ParameterInvalid InvalidCursor"

TRIGGERED: Mapping[tuple[str, str], tuple[str, tuple[Request, ...]]] = {
    ("CreateConsumerGroup", "ConsumerGroupAlreadyExist"): (
        "a group of this name exists",
        (Create(_A), Create(_A), Create(_A, timeout=10, order=True), ListGroups(_A)),
    ),
    ("CreateConsumerGroup", "JsonInfoInvalid"): (
        "the timeout is a text",
        (Create(_B, timeout="soon", refused="JsonInfoInvalid"), ListGroups(_B)),
    ),
    ("UpdateConsumerGroup", "JsonInfoInvalid"): (
        "the timeout is a text",
        (Create(_A), Update("soon", refused="JsonInfoInvalid"), ListGroups(_A)),
    ),
    ("ConsumerGroupHeartBeat", "NotExistConsumerWithBody"): (
        "the first heartbeat of a consumer lists a shard, also if a group of this name was deleted",
        (
            *(Create(_A), HeartBeat(), Delete(_A), Create(_A)),
            HeartBeat(lists=(0,), refused="NotExistConsumerWithBody"),
            HeartBeat("consumer_2", lists=(0,), refused="NotExistConsumerWithBody"),
            Write(0, force="false"),
            Read(0),
        ),
    ),
    ("ConsumerGroupUpdateCheckPoint", "InvalidShardCheckPoint"): (
        "the checkpoint is not base64",
        (
            *(Create(_A), HeartBeat(), Write(0)),
            *(Write(0, raw=raw, refused="InvalidShardCheckPoint") for raw in ("not base64!", "MTIzN")),
            Read(0),
        ),
    ),
    ("ConsumerGroupUpdateCheckPoint", "ShardNotExist"): (
        "there is no such shard",
        (Create(_A), HeartBeat(), Write("next", refused="ShardNotExist"), Write("far", refused="ShardNotExist")),
    ),
    ("GetCursor", "ShardNotExist"): ("there is no such shard", (_no_shard("GetCursor", ("from", "begin")),)),
    ("GetCursor", "ParameterInvalid"): (
        "from is not a time",
        (
            Call("GetCursor", 0, (("from", "yesterday"),), refused="ParameterInvalid"),
            Call("GetCursor", 0, (("from", "12.5"),), refused="ParameterInvalid"),
        ),
    ),
    ("PullLogs", "ShardNotExist"): (
        "there is no such shard",
        (get_cursor(), _no_shard("PullLogs", ("cursor", _BEGIN), ("count", "1"))),
    ),
    ("PullLogs", "ParameterInvalid"): (
        "count is not a number from 0 to 1000",
        (
            get_cursor(),
            *(
                Call("PullLogs", 0, (("cursor", _BEGIN), ("count", count)), PROTOBUF, refused="ParameterInvalid")
                for count in ("1001", "-1", "all")
            ),
        ),
    ),
    ("PullLogs", "InvalidCursor"): (
        "the cursor is invalid",
        (
            Call("PullLogs", 0, (("cursor", _BAD_CURSOR), ("count", "1")), PROTOBUF, refused=_CURSOR_ERRORS),
            Call("PullLogs", 0, (("cursor", "%%%"), ("count", "1")), PROTOBUF, refused=_CURSOR_ERRORS),
        ),
    ),
    ("GetCursorTime", "ShardNotExist"): (
        "there is no such shard",
        (get_cursor(), _no_shard("GetCursorTime", ("cursor", _BEGIN))),
    ),
    ("GetCursorTime", "InvalidCursor"): (
        "the cursor is invalid",
        (
            Call("GetCursorTime", 0, (("cursor", _BAD_CURSOR),), refused=_CURSOR_ERRORS),
            Call("GetCursorTime", 0, (("cursor", "%%%"),), refused=_CURSOR_ERRORS),
        ),
    ),
    ("PutLogs", "PostBodyInvalid"): (
        "the body is not a protobuf message",
        (Put(body=_garbled, refused="PostBodyInvalid"),),
    ),
    ("PutLogs", "PostBodyUncompressError"): (
        "the body is not compressed as its header says",
        (
            Put(body=_garbled, coding="lz4", refused="PostBodyUncompressError"),
            Put(body=_garbled, coding="deflate", refused="PostBodyUncompressError"),
        ),
    ),
    ("PutLogs", "InvalidEncoding"): ("a key is not UTF-8", (Put(body=_bad_utf8, refused="InvalidEncoding"),)),
}
"""By operation and errorCode: the reason of the error, and the steps that trigger it."""

COMMON = frozenset({"LogStoreNotExist", "ConsumerGroupNotExist", "ProjectNotExist"})
"""Errors of the scenarios that end in ``-nowhere``."""

_NO_SHARD = "needs a logstore without shards, which no request makes"
_NOT_PRINTED = "a client knows this code; no page says when it is returned"
_NO_RULE = "no page documents the error for"
NOT_TRIGGERED: Mapping[tuple[str, str], str] = {
    ("ConsumerGroupUpdateCheckPoint", "ConsumerNotExsit"): _NOT_PRINTED,
    ("ConsumerGroupUpdateCheckPoint", "ShardNotExsit"): _NOT_PRINTED,
    ("GetCursor", "LogStoreWithoutShard"): _NO_SHARD,
    ("GetCursorTime", "LogStoreWithoutShard"): _NO_SHARD,
    ("ListShards", "LogStoreWithoutShard"): _NO_SHARD,
    ("PutLogs", "InvalidKey"): f"{_NO_RULE} an invalid key",
    ("PutLogs", "InvalidTimestamp"): f"{_NO_RULE} an invalid timestamp",
    ("PutLogs", "PostBodyTooLarge"): "pages give different limits, 3 MB and 10 MB; the run does not write that much",
}
"""The errors of the pages that no scenario triggers, and why."""


def _triggered() -> Iterator[Scenario]:
    for (operation, code), (why, steps) in TRIGGERED.items():
        words = "".join(f"-{char.lower()}" if char.isupper() else char for char in code)
        also = " SLS408" if any(isinstance(step, ListGroups) for step in steps) else ""
        yield Scenario.of(
            operation,
            f"{LABELS[operation]}{words}",
            f"{code}: {why}",
            f"{source_of(operation)}, error codes",
            ("SLS436" if code == "NotExistConsumerWithBody" else "SLS445") + also,
        ).doing(*steps)


SCENARIOS = tuple(_triggered())
