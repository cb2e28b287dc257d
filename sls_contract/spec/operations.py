"""The consumer group operations, and which of them a request asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sls_contract.exchange import decode_path
from sls_contract.spec import sources

if TYPE_CHECKING:
    from sls_contract.exchange import Request

_GROUPS = "/logstores/{logstore}/consumergroups"
_GROUP = f"{_GROUPS}/{{consumerGroup}}"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service and how its requests are told apart.

    Attributes:
        name: as in API 2020-12-30.
        method: the HTTP method, upper case.
        path: template; ``{name}`` stands for one segment that is not empty.
        summary: one line.
        sources: the pages that describe it.
        query: key and value that the query must hold, where several operations share method and path.

    """

    name: str
    method: str
    path: str
    summary: str
    sources: tuple[str, ...]
    query: tuple[str, str] | None = None

    def names_in(self, path: str) -> dict[str, str] | None:
        """Return the percent-decoded names in a path as sent; None where it does not fit the template.

        A slash that is percent-encoded belongs to the name. An empty segment fits nothing.
        """
        found = _pattern_of(self.path).fullmatch(path)
        if found:
            return {name: decode_path(segment) for name, segment in found.groupdict().items()}
        wanted, given = self.path.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        names = {}
        for template, segment in zip(wanted, given, strict=True):
            text = decode_path(segment)
            if template.startswith("{") and text:
                names[template[1:-1]] = text
            elif template != text:
                return None
        return names

    def is_asked_by(self, request: Request) -> bool:
        """Tell whether a request asks for this operation, whatever its host."""
        return (
            request.method == self.method
            and self.names_in(request.path) is not None
            and (self.query is None or self.query in request.query_pairs())
        )


@cache
def _pattern_of(template: str) -> re.Pattern[str]:
    """Return the pattern of the paths that spell the fixed segments out; others may fit when decoded."""
    segments = (re.escape(one) if one[:1] != "{" else f"(?P<{one[1:-1]}>[^/]+)" for one in template.split("/"))
    return re.compile("/".join(segments))


GET_CHECK_POINT = Operation(
    "GetCheckPoint",
    "GET",
    _GROUP,
    "Where a consumer group stands in one shard or in every shard of a logstore.",
    (sources.GET_CHECK_POINT, sources.GET_CHECK_POINT_NOW),
)
CREATE_CONSUMER_GROUP = Operation(
    "CreateConsumerGroup",
    "POST",
    _GROUPS,
    "Create a consumer group in a logstore.",
    (sources.sibling_page("CreateConsumerGroup"),),
)
DELETE_CONSUMER_GROUP = Operation(
    "DeleteConsumerGroup",
    "DELETE",
    _GROUP,
    "Delete a consumer group.",
    (sources.sibling_page("DeleteConsumerGroup"),),
)
UPDATE_CONSUMER_GROUP = Operation(
    "UpdateConsumerGroup",
    "PUT",
    _GROUP,
    "Change timeout or order of a consumer group.",
    (sources.sibling_page("UpdateConsumerGroup"),),
)
LIST_CONSUMER_GROUP = Operation(
    "ListConsumerGroup",
    "GET",
    _GROUPS,
    "List the consumer groups of a logstore.",
    (sources.sibling_page("ListConsumerGroup"),),
)
CONSUMER_GROUP_HEART_BEAT = Operation(
    "ConsumerGroupHeartBeat",
    "POST",
    _GROUP,
    "Say which shards a consumer holds, and learn which it shall hold.",
    (sources.sibling_page("HeartBeat"),),
    ("type", "heartbeat"),
)
CONSUMER_GROUP_UPDATE_CHECK_POINT = Operation(
    "ConsumerGroupUpdateCheckPoint",
    "POST",
    _GROUP,
    "Write the checkpoint of one shard.",
    (sources.sibling_page("UpdateCheckPoint"),),
    ("type", "checkpoint"),
)

OPERATIONS = (
    GET_CHECK_POINT,
    CREATE_CONSUMER_GROUP,
    DELETE_CONSUMER_GROUP,
    UPDATE_CONSUMER_GROUP,
    LIST_CONSUMER_GROUP,
    CONSUMER_GROUP_HEART_BEAT,
    CONSUMER_GROUP_UPDATE_CHECK_POINT,
)
"""Every operation that the contract knows by name; GetCheckPoint first."""


def operation_of(request: Request) -> Operation | None:
    """Return the operation that a request asks for; None for any other, HEAD and an empty group name included."""
    return next((operation for operation in OPERATIONS if operation.is_asked_by(request)), None)
