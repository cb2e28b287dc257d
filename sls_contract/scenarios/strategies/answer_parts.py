"""An answer in parts, drawn from a contract; it is put together only when nothing more changes."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from sls_contract.checks.content_coding import compressed
from sls_contract.exchange import Headers, Request, Response
from sls_contract.scenarios.log_messages import CODINGS, encoded_list
from sls_contract.scenarios.strategies.request_parts import CONTENT_TYPES, json_bytes
from sls_contract.scenarios.strategies.values import (
    LOG_GROUP_LIST,
    Draw,
    Scene,
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

    from sls_contract.spec.contract import Contract

_MADE_ELSEWHERE = frozenset(
    ("content-length", "content-type", "date", "server", "x-log-compresstype", "x-log-requestid", "connection")
)
_FILLED = re.compile(r"\{[^}]*\}")
_HEADER_TEXT = "abcdefgh"
_FILLINGS = st.text(st.sampled_from("abcdefgh0123456789"), min_size=1, max_size=12)


@dataclass(slots=True)
class AnswerParts:
    """An answer that is not put together yet; whoever breaks it changes the parts.

    Attributes:
        status: the HTTP status.
        at: when it is sent.
        content: as `Body.content`; empty: there is no body.
        document: the body as a JSON value.
        groups: of a ``LogGroupList``: the encoded log groups.
        raw: the body before compression, where it is neither.
        coding: what ``x-log-compresstype`` names; empty: nothing.
        headers: those that do not follow from the body; None: left out.
        data: the body as sent, where a breach wrote it; None: it follows from the others.

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

    def answer(self) -> Response:
        """Put the answer together."""
        data = compressed(self.plain(), self.coding) if self.data is None else self.data
        made = {
            "Content-Type": CONTENT_TYPES.get(self.content),
            "Content-Length": str(len(data)),
            "Date": http_date(self.at),
            "x-log-compresstype": self.coding or None,
        }
        # a header keeps its place and takes the value that a breach gave it, whatever its casing
        pairs = {name.lower(): (name, value) for name, value in (*made.items(), *self.headers.items())}
        return Response(
            self.status, Headers([(name, value) for name, value in pairs.values() if value is not None]), data
        )


def sent_at(draw: Draw, request: Request | None) -> datetime:
    """Return when a request was sent, which is when it is answered; drawn where there is none."""
    return (request_time(request) if request is not None else None) or draw(times())


def sent_by(contract: Contract, request: Request | None) -> dict[str, str]:
    """Return what a request sends, by the names of `Value.filtered_by`."""
    if request is None:
        return {}
    sent = {f"query.{key}": value for key, value in request.query_pairs()}
    named = [names_in(path, request.path) or {} for path in (contract.path, *contract.other_paths)]
    return sent | {f"path.{key}": text for names in named for key, text in names.items()}


def draw_answer(
    draw: Draw, contract: Contract, request: Request | None, given: Mapping[str, Any] | None = None
) -> AnswerParts:
    """Draw the parts of a correct success.

    Args:
        draw: Hypothesis' draw.
        contract: of the operation.
        request: what is answered; None: any.
        given: values that are not drawn, by place: ``body`` (JSON value), ``groups``, ``header x-log-cursor``.

    """
    given = given or {}
    parts = AnswerParts(contract.success[0], sent_at(draw, request))
    scene = Scene(parts.at, sent_by(contract, request))
    _draw_body(draw, parts, contract, request, scene, given)
    _draw_usual_headers(draw, parts)
    plain = Scene(parts.at, scene.sent, names=_HEADER_TEXT, shortest=1)
    for name, value in contract.response_headers.items():
        if f"header {name}" in given:
            parts.headers[name] = given[f"header {name}"]
        elif value.equals:
            parts.headers[name] = counted(parts, value.equals)
        elif value.form == "base64-cursor" and parts.groups is not None and "query.cursor" in scene.sent:
            parts.headers[name] = cursor_behind(scene.sent["query.cursor"], len(parts.groups))
        elif name.lower() not in _MADE_ELSEWHERE and (value.required is not None or draw(st.booleans())):
            parts.headers[name] = draw_text(draw, value, plain)
    return parts


def cursor_behind(text: str, groups: int) -> str:
    """Return the cursor so many log groups behind another; the same where that one is none of the service's."""
    try:
        return cursor(int(base64.b64decode(text, validate=True)) + groups)
    except ValueError:  # binascii.Error is one
        return text


def counted(parts: AnswerParts, what: str) -> str | None:
    """Return what a header counts; None where that is not known here."""
    if what == "body.raw_size":
        return str(len(parts.plain()))
    if what == "body.log_groups":
        return str(len(parts.groups or ()))
    return None


def draw_error(draw: Draw, status: int, code: str, message: str, at: datetime) -> AnswerParts:
    """Draw an error answer whose wording is filled in."""
    filled = _FILLED.sub(lambda _: draw(_FILLINGS), message)
    parts = AnswerParts(status, at, "json", {"errorCode": code, "errorMessage": filled})
    _draw_usual_headers(draw, parts)
    return parts


def _draw_body(
    draw: Draw, parts: AnswerParts, contract: Contract, request: Request | None, scene: Scene, given: Mapping[str, Any]
) -> None:
    body = contract.response
    if body is None or body.content == "none":
        return
    parts.content = body.content
    if body.content == "json":
        parts.document = given["body"] if "body" in given else draw_json(draw, body.value, scene)
    elif body.message == LOG_GROUP_LIST:
        most = scene.sent.get("query.count", "")
        drawn = given["groups"] if "groups" in given else draw(log_group_lists(parts.at))
        parts.groups = drawn[: int(most)] if most.isdecimal() else drawn
        parts.coding = draw(st.sampled_from(_accepted(request)))
    elif body.content == "binary":
        parts.raw = draw(st.binary(max_size=9))


def _accepted(request: Request | None) -> list[str]:
    """Return the codings that a request accepts; the first is what an answer shrinks to."""
    if request is None:
        return ["", *CODINGS]
    named = [each.partition(";")[0].strip().lower() for each in request.headers.get("accept-encoding", "").split(",")]
    return [coding for coding in named if coding in CODINGS] or [""]


def _draw_usual_headers(draw: Draw, parts: AnswerParts) -> None:
    """Draw what every answer has, in the spellings that servers and proxies give it."""
    name = draw(st.sampled_from(("x-log-requestid", "X-Log-Requestid")))
    parts.headers[name] = f"{int(parts.at.timestamp()):08X}{draw(st.integers(0, 2**64 - 1)):016X}"
    parts.headers["Server"] = draw(st.sampled_from(("AliyunSLS", "Tengine", "nginx/1.12.1")))
    if parts.content == "json":
        parts.headers["Content-Type"] = draw(st.sampled_from(("application/json", "application/json; charset=utf-8")))
