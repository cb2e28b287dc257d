"""One exchange as `Consumption` reads it: the arguments, and both bodies, parsed leniently."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.checks.content_coding import json_body, json_value, plain_request_body
from sls_contract.checks.cursors import decoded, refuses_cursor
from sls_contract.checks.logs import PROCESSED
from sls_contract.checks.presentation import masked, shown
from sls_contract.checks.request_args import is_shard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.checks.consumption_time import Moment
    from sls_contract.checks.request_args import RequestArgs
    from sls_contract.exchange import Exchange

_OK, _BAD_REQUEST = 200, 400
SERVER_ERROR = 500
_NUMBER, _COUNT = re.compile("[0-9]{1,40}"), re.compile("[0-9]{1,4}")


class Received(NamedTuple):
    """The relevant parts of an exchange, and when it took place; it can be pickled.

    Attributes:
        args: the arguments of the request.
        moment: when it took place.
        query: the query; the last value of a repeated key.
        request_json: the request's body as JSON; None if it is not JSON.
        client: the User-Agent.
        status: None if no response came.
        response_json: the response's body as JSON; None if it is not JSON, or contains pulled logs.
        next_cursor: the next cursor of a successful PullLogs; None for anything else.
        request_id: x-log-requestid; empty if there is none.
        groups: the numbers of the cursors of the pulled log groups, as far as a header has the last one.
        has_logs: whether logs were pulled, as they are stored.

    """

    args: RequestArgs
    moment: Moment
    query: dict[str, str]
    request_json: Any
    client: str
    status: int | None
    response_json: Any
    next_cursor: str | None
    request_id: str = ""
    groups: range | None = None
    has_logs: bool = False

    @classmethod
    def of(cls, exchange: Exchange, args: RequestArgs, moment: Moment) -> Received:
        """Read an exchange."""
        request, response = exchange.request, exchange.response
        client, query = request.headers.get("user-agent", ""), dict(request.query_pairs())
        request_json = json_value(plain_request_body(request).data)
        if response is None:
            return cls(args, moment, query, request_json, client, None, None, None)
        pulled = args.operation == "PullLogs" and response.is_ok
        response_json = None if pulled else json_body(response)
        headers = response.headers.lowered
        next_cursor = headers.get("x-log-cursor", "").strip() if pulled else None
        request_id = headers.get("x-log-requestid", "").strip()
        stored = pulled and not PROCESSED & query.keys()
        count = headers.get("x-log-count", "").strip() if stored else ""
        has_logs = _COUNT.fullmatch(count) is not None and int(count) > 0
        groups = _groups_of(headers) if stored else None
        read = (response.status, response_json, next_cursor, request_id, groups, has_logs)
        return cls(args, moment, query, request_json, client, *read)

    @property
    def success_json(self) -> Any:
        """The document of a success; None for anything else."""
        return self.response_json if self.served else None

    @property
    def served(self) -> bool:
        """Whether it got 200."""
        return self.status == _OK

    @property
    def refused(self) -> bool:
        """Whether the service refused the request (4xx): it then had no effect, even if the client was wrong."""
        return self.status is not None and _BAD_REQUEST <= self.status < SERVER_ERROR

    @property
    def outcome(self) -> str:
        """``200``, or the errorCode; empty if there is neither."""
        code = self.response_json.get("errorCode") if isinstance(self.response_json, dict) else None
        return "200" if self.served else str(code or "")

    @property
    def invalid_cursor(self) -> str:
        """The error that refused a pull for its cursor; empty if none did."""
        body = self.response_json
        if self.status != _BAD_REQUEST or not isinstance(body, dict) or not refuses_cursor(body):
            return ""
        return masked(f"400 {body['errorCode']}: {shown(str(body.get('errorMessage')))}")


def _groups_of(headers: Mapping[str, str]) -> range | None:
    """Return the numbers of the cursors of pulled log groups, which follow each other; source: aliyun-log-go-sdk.

    ``x-log-read-last-cursor`` has the last one, as a decimal number; a cursor is accepted, too.
    """
    sent, count, following = (
        headers.get(f"x-log-{name}", "").strip() for name in ("read-last-cursor", "count", "cursor")
    )
    last, end = int(sent) if _NUMBER.fullmatch(sent) else decoded(sent), decoded(following)
    if last is None or end is None or last >= end or not _COUNT.fullmatch(count):
        return None
    return range(max(last - int(count) + 1, 0), last + 1) or None


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of an array; an empty list for anything else."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def shards_of(listed: Any) -> frozenset[int] | None:
    """Return the shards in a heartbeat's body or response, in either form of the page; None for neither."""
    listed = listed.get("shards") if isinstance(listed, dict) else listed
    return frozenset(listed) if isinstance(listed, list) and all(map(is_shard, listed)) else None
