"""What a request of a producer or consumer of logs asks for: its operation and the names in its path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.exchange import decode_path

if TYPE_CHECKING:
    from sls_contract.exchange import Request

_PATH = re.compile(r"/logstores/([^/]+)(?:/(shards|consumergroups)(?:/([^/]+))?)?")
_SHARD = re.compile("0|[1-9][0-9]{0,9}")
INT32_MAX = 2**31 - 1

_BY_TYPE = {
    ("GET", "shards", "cursor"): "GetCursor",
    ("GET", "shards", "cursor_time"): "GetCursorTime",
    ("GET", "shards", "log"): "PullLogs",
    ("GET", "shards", "logs"): "PullLogs",
    ("POST", "consumergroups", "heartbeat"): "ConsumerGroupHeartBeat",
    ("POST", "consumergroups", "checkpoint"): "ConsumerGroupUpdateCheckPoint",
}
_OF_A_LIST = {
    ("DELETE", ""): "DeleteLogstore",
    ("GET", "shards"): "ListShards",
    ("GET", "consumergroups"): "ListConsumerGroup",
    ("POST", "consumergroups"): "CreateConsumerGroup",
}
_OF_A_GROUP = {"GET": "GetCheckPoint", "PUT": "UpdateConsumerGroup", "DELETE": "DeleteConsumerGroup"}
_PUT_LOGS = ("lb", "route")


class Place(NamedTuple):
    """A logstore; the project is named by the host."""

    project: str
    logstore: str


class Asked(NamedTuple):
    """What a request asks for.

    Attributes:
        operation: the name, as in API 2020-12-30.
        place: the logstore.
        shard: the shard in the path; None where there is none.
        group: the consumer group in the path; empty where there is none.

    """

    operation: str
    place: Place
    shard: int | None = None
    group: str = ""


def asked_for(request: Request) -> Asked | None:
    """Return what a request asks for; None for an operation that neither producers nor consumers of logs need."""
    found = _PATH.fullmatch(request.path)
    operation = operation_name(request) if found else None
    if found is None or operation is None:
        return None
    logstore, kind, name = found[1], found[2], decode_path(found[3] or "")
    place = Place(request.project or request.host, decode_path(logstore))
    return Asked(operation, place, shard_number(name) if kind == "shards" else None, name if kind != "shards" else "")


def operation_name(request: Request) -> str | None:
    """Name the operation; None for any other, and for HEAD."""
    found = _PATH.fullmatch(request.path)
    if found is None:
        return None
    method, kind, name = request.method, found[2], found[3]
    if method == "POST" and (kind is None or (kind == "shards" and name in _PUT_LOGS)):
        return "PutLogs"
    if kind is None or not name:
        return _OF_A_LIST.get((method, kind or ""))
    by_type = _BY_TYPE.get((method, kind, dict(request.query_pairs()).get("type", "")))
    return by_type or (_OF_A_GROUP.get(method) if kind == "consumergroups" else None)


def shard_number(text: str) -> int | None:
    """Read a shard's id: decimal digits without leading zeros, of 31 bits; None where it is none."""
    number = int(text) if _SHARD.fullmatch(text) else -1
    return number if 0 <= number <= INT32_MAX else None
