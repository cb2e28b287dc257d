"""Which operation a request asks for: told by method, path and the query key ``type``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sls_contract.endpoint.state import answers
from sls_contract.endpoint.state.parameters import query_value
from sls_contract.exchange import Request, decode_path

_PATH = re.compile(r"/logstores/([^/]+)/consumergroups(?:/([^/]+))?")

# Source: the request syntax of each operation's page.
_OF_THE_LOGSTORE = {"GET": "ListConsumerGroup", "POST": "CreateConsumerGroup"}
_OF_A_GROUP = {"GET": "GetCheckPoint", "PUT": "UpdateConsumerGroup", "DELETE": "DeleteConsumerGroup"}
_BY_TYPE = {"heartbeat": "HeartBeat", "checkpoint": "UpdateCheckPoint"}


@dataclass(frozen=True, slots=True)
class Route:
    """An operation and the names in its path, percent-decoded; ``group`` is ``""`` for the logstore's own."""

    operation: str
    logstore: str
    group: str


def route(request: Request) -> Route:
    """Return the operation; an unknown path or method is `ServiceError` 405, as was seen for an empty group name."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        raise answers.invalid_method(request.path)
    logstore, group = decode_path(match[1]), decode_path(match[2] or "")
    if group and request.method == "POST":
        return Route(_posted(request), logstore, group)
    operation = (_OF_A_GROUP if group else _OF_THE_LOGSTORE).get(request.method)
    if operation is None:
        raise answers.invalid_method(request.path)
    return Route(operation, logstore, group)


def _posted(request: Request) -> str:
    """Tell the two operations apart that share method and path."""
    kind = query_value(request, "type")
    if kind is None:
        raise answers.missing_query_key(key="type")
    if kind not in _BY_TYPE:
        raise answers.invalid_parameter(key="type", expected=" or ".join(_BY_TYPE))
    return _BY_TYPE[kind]
