"""Draw a response from a contract, in parts that can be changed before the response is built."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sls_contract.checks.content_coding import compressed
from sls_contract.exchange import Request, Response
from sls_contract.headers import Headers
from sls_contract.scenarios.bench import json_bytes
from sls_contract.scenarios.log_messages import CODINGS, encoded_list
from sls_contract.scenarios.strategies.request_parts import CONTENT_TYPES
from sls_contract.scenarios.strategies.values import (
    LOG_GROUP_LIST,
    Context,
    Draw,
    cursor,
    draw_json,
    draw_text,
    log_group_lists,
    times,
)
from sls_contract.signing import http_date
from sls_contract.signing.clock import request_time
from sls_contract.spec.routing import names_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sls_contract.spec.contract import Body, Contract

_DERIVED_HEADERS = frozenset(
    ("content-length", "content-type", "date", "server", "x-log-compresstype", "x-log-requestid", "connection")
)
_MESSAGE_PLACEHOLDER = re.compile(r"\{[^}]*\}")
_HEADER_TEXT = "abcdefgh"
_REPLACEMENTS = st.text(st.sampled_from("abcdefgh0123456789"), min_size=1, max_size=12)


@dataclass(slots=True)
class ResponseParts:
    """The parts of a response; a breach changes them before `response` builds it.

    Attributes:
        status: the HTTP status.
        at: when it is sent.
        content: as `Body.content`; empty for no body.
        document: a JSON body as a value.
        groups: the encoded log groups of a ``LogGroupList`` body.
        raw: any other body, before compression.
        coding: the value of ``x-log-compresstype``; empty for no such header.
        headers: headers that do not follow from the body; None to leave a header out.
        data: the body as sent, if a breach wrote it; None to build it from the other parts.

    """

    status: int
    at: datetime
    content: str = ""
    document: Any = None
    groups: list[bytes] | None = None
    raw: bytes = b""
    coding: str = ""
    headers: dict[str, str | None] = field(default_factory=dict)
    data: bytes | None = None

    def plain(self) -> bytes:
        """Return the body before compression."""
        if self.content == "json":
            return json_bytes(self.document)
        return self.raw if self.groups is None else encoded_list(self.groups)

    def response(self) -> Response:
        """Build the response."""
        data = compressed(self.plain(), self.coding) if self.data is None else self.data
        derived = {
            "Content-Type": CONTENT_TYPES.get(self.content),
            "Content-Length": str(len(data)),
            "Date": http_date(self.at),
            "x-log-compresstype": self.coding or None,
        }
        # A breach replaces the value of a derived header, in any casing, at the same position.
        pairs = {name.lower(): (name, value) for name, value in (*derived.items(), *self.headers.items())}
        return Response(
            self.status, Headers([(name, value) for name, value in pairs.values() if value is not None]), data
        )


def sent_at(draw: Draw, request: Request | None) -> datetime:
    """Return the time of a request, which is also that of its response; a drawn time where there is no request."""
    return (request_time(request) if request is not None else None) or draw(times())


def request_values(contract: Contract, request: Request | None) -> dict[str, str]:
    """Return the values of a request's path and query, by the names of `Value.filtered_by`."""
    if request is None:
        return {}
    sent = {f"query.{key}": value for key, value in request.query_pairs()}
    named = [names_in(path, request.path) or {} for path in (contract.path, *contract.other_paths)]
    return sent | {f"path.{key}": text for names in named for key, text in names.items()}


def draw_response(
    draw: Draw, contract: Contract, request: Request | None, fixed: Mapping[str, Any] | None = None
) -> ResponseParts:
    """Draw the parts of a correct success, to any request if none is given.

    ``fixed`` has values that are not drawn, by place: ``body`` (JSON value), ``groups``, ``header x-log-cursor``.
    """
    fixed = fixed or {}
    parts = ResponseParts(contract.success[0], sent_at(draw, request))
    context = Context(parts.at, request_values(contract, request))
    if contract.response is not None and contract.response.content != "none":
        _draw_body(draw, parts, contract.response, request, context, fixed)
    _draw_common_headers(draw, parts)
    plain = Context(parts.at, context.sent, names=_HEADER_TEXT, shortest=1)
    for name, value in contract.response_headers.items():
        if f"header {name}" in fixed:
            parts.headers[name] = fixed[f"header {name}"]
        elif value.equals:
            parts.headers[name] = header_count(parts, value.equals)
        elif value.form == "base64-cursor" and parts.groups is not None and "query.cursor" in context.sent:
            parts.headers[name] = cursor_after(context.sent["query.cursor"], len(parts.groups))
        elif name.lower() not in _DERIVED_HEADERS and (value.required is not None or draw(st.booleans())):
            parts.headers[name] = draw_text(draw, value, plain)
    return parts


def cursor_after(text: str, groups: int) -> str:
    """Return the cursor some log groups after another; the same text where that is not a cursor of the service."""
    try:
        return cursor(int(base64.b64decode(text, validate=True)) + groups)
    except ValueError:  # includes binascii.Error
        return text


def header_count(parts: ResponseParts, what: str) -> str | None:
    """Return the correct value of a header that counts something; None where it is unknown."""
    if what == "body.raw_size":
        return str(len(parts.plain()))
    if what == "body.log_groups":
        return str(len(parts.groups or ()))
    return None


def draw_error(draw: Draw, status: int, code: str, message: str, at: datetime) -> ResponseParts:
    """Draw an error response with the placeholders of its message replaced."""
    filled = _MESSAGE_PLACEHOLDER.sub(lambda _: draw(_REPLACEMENTS), message)
    parts = ResponseParts(status, at, "json", {"errorCode": code, "errorMessage": filled})
    _draw_common_headers(draw, parts)
    return parts


def _draw_body(
    draw: Draw, parts: ResponseParts, body: Body, request: Request | None, context: Context, fixed: Mapping[str, Any]
) -> None:
    parts.content = body.content
    if body.content == "json":
        parts.document = fixed["body"] if "body" in fixed else draw_json(draw, body.value, context)
    elif body.message == LOG_GROUP_LIST:
        most = context.sent.get("query.count", "")
        drawn = fixed["groups"] if "groups" in fixed else draw(log_group_lists(parts.at))
        parts.groups = drawn[: int(most)] if most.isdecimal() else drawn
        parts.coding = draw(st.sampled_from(_accepted(request)))
    elif body.content == "binary":
        parts.raw = draw(st.binary(max_size=9))


def _accepted(request: Request | None) -> list[str]:
    """Return the compressions that a request accepts; a response shrinks to the first."""
    if request is None:
        return ["", *CODINGS]
    named = [each.partition(";")[0].strip().lower() for each in request.headers.get("accept-encoding", "").split(",")]
    return [coding for coding in named if coding in CODINGS] or [""]


def _draw_common_headers(draw: Draw, parts: ResponseParts) -> None:
    """Draw the headers of every response, in the spellings of servers and proxies."""
    name = draw(st.sampled_from(("x-log-requestid", "X-Log-Requestid")))
    parts.headers[name] = f"{int(parts.at.timestamp()):08X}{draw(st.integers(0, 2**64 - 1)):016X}"
    parts.headers["Server"] = draw(st.sampled_from(("AliyunSLS", "Tengine", "nginx/1.12.1")))
    if parts.content == "json":
        parts.headers["Content-Type"] = draw(st.sampled_from(("application/json", "application/json; charset=utf-8")))
