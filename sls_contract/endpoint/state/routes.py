"""Which operation a request asks for: told by method, path and the query keys ``type`` and ``action``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.endpoint.state import answers
from sls_contract.endpoint.state.parameters import query_value
from sls_contract.exchange import Request, decode_path

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH = re.compile(r"/logstores/([^/]+)(?:/(consumergroups|shards)(?:/([^/]+))?)?")

_OF_GROUPS = re.compile(r"/logstores/[^/]+/consumergroups(?:/|$)")

# Source: the request syntax of each operation's page; type=logs is what the PullLogs page's table and the Go SDK say,
# and PutLogs to the logstore itself what the Request signatures page's example and the Go SDK send.
_OF_THE_LOGSTORE = {"GET": "ListConsumerGroup", "POST": "CreateConsumerGroup"}
_OF_A_GROUP = {"GET": "GetCheckPoint", "PUT": "UpdateConsumerGroup", "DELETE": "DeleteConsumerGroup"}
_POSTED_BY_TYPE = {"heartbeat": "HeartBeat", "checkpoint": "UpdateCheckPoint"}
_READ_BY_TYPE = {"cursor": "GetCursor", "cursor_time": "GetCursorTime", "log": "PullLogs", "logs": "PullLogs"}
_CHANGES_BY_ACTION = {"split": "SplitShard", "merge": "MergeShards"}
_WRITES = ("lb", "route")


@dataclass(frozen=True, slots=True)
class Route:
    """An operation and the names in its path, percent-decoded; empty where the path has no such name."""

    operation: str
    logstore: str
    group: str = ""
    shard: str = ""


def route(request: Request) -> Route:
    """Return the operation.

    Raises `ServiceError` 405 for a method that consumer groups do not know, as was seen for an empty group name, and
    `NotServed` for what the service may serve and this endpoint does not.
    """
    match = _PATH.fullmatch(request.path)
    if match is None and _OF_GROUPS.match(request.path):
        raise answers.invalid_method(request.path)
    if match is None:
        raise _not_served(request)
    logstore, name = decode_path(match[1]), decode_path(match[3] or "")
    if match[2] is None and request.method == "POST":
        return Route("PutLogs", logstore)
    if match[2] is None:
        raise _not_served(request)
    if match[2] == "shards":
        return Route(_of_shards(request, name), logstore, shard=name)
    return Route(_of_groups(request, name), logstore, group=name)


def _not_served(request: Request) -> answers.NotServed:
    kind = query_value(request, "type") or query_value(request, "action")
    return answers.NotServed(f"{request.method} {request.path}" + (f" of kind {kind}" if kind else ""))


def _of_groups(request: Request, group: str) -> str:
    if group and request.method == "POST":
        return _by_type(request, _POSTED_BY_TYPE)
    operation = (_OF_A_GROUP if group else _OF_THE_LOGSTORE).get(request.method)
    if operation is None:
        raise answers.invalid_method(request.path)
    return operation


def _of_shards(request: Request, shard: str) -> str:
    if request.method == "POST" and shard in _WRITES:
        return "PutLogs"
    action = query_value(request, "action") if request.method == "POST" and shard else None
    if action in _CHANGES_BY_ACTION:
        return _CHANGES_BY_ACTION[action]
    if request.method != "GET":
        raise _not_served(request)
    return _by_type(request, _READ_BY_TYPE) if shard else "ListShards"


def _by_type(request: Request, operations: Mapping[str, str]) -> str:
    """Tell the operations apart that share method and path."""
    kind = query_value(request, "type")
    if kind is None:
        raise answers.missing_query_key(key="type")
    if kind not in operations:
        raise answers.invalid_parameter(key="type", expected=" or ".join(operations))
    return operations[kind]
