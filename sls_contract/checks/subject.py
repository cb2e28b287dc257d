"""The exchange under judgement, with the values that several checks need, each computed once."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import PlainBody, plain_body
from sls_contract.checks.intended import intended_operation
from sls_contract.checks.log_messages import ReadMessage, read_response
from sls_contract.checks.strict_json import JsonText, read_json
from sls_contract.signing import (
    MAX_SKEW,
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    LogAuthorization,
    Searches,
    SignatureMismatch,
    Sls4Authorization,
    parse_http_date,
    request_time,
    verify_signature,
)
from sls_contract.signing.authorization import authorization_of
from sls_contract.signing.credentials import keys_of
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sls_contract.exchange import Request, Response
    from sls_contract.spec.contract import Contract

if TYPE_CHECKING or sys.version_info >= (3, 12):
    once = cached_property
else:

    class once(cached_property):  # noqa: N801 - a decorator, like property
        """`cached_property` without the lock of Python 3.11, which costs more than most of the values."""

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            """Compute the value and store it in the instance's dictionary, where Python finds it first from then on."""
            if instance is None:
                return self
            value = instance.__dict__[self.attrname] = self.func(instance)
            return value


GET_CHECK_POINT = "GetCheckPoint"
OTHER = "other"
FOREIGN = "foreign"

CLOCK_ERRORS = frozenset({"RequestTimeExpired", "RequestTimeTooSkewed"})
"""Codes of the errors that refuse a request for its time: the current one, and that of 2021."""
ERROR_MEMBERS = frozenset({"errorCode", "errorMessage"})
"""The members that every error body has."""
REQUEST_ID = re.compile("[0-9A-F]{24}")
SECONDS_DIGITS = 8
"""Hexadecimal digits of a request id that contain its time, in Unix seconds."""

_SLS_HOST = re.compile(r"(?:^|\.)(?:[a-z0-9-]+\.)?(?:log|sls|log-global)\.aliyuncs\.com(?::[0-9]+)?$", re.IGNORECASE)
_OWN_PATH = re.compile(
    r"/logstores/[^/]+/(?:consumergroups|shards)(?:/|$)"
)  # only SLS has these paths, whatever the host
_ANONYMOUS_PATH = re.compile(r"/logstores/[^/]+/track(?:_pb)?")
_REDIRECT, _SERVER_ERROR = 3, 5  # first digits of statuses
_PROXY_AUTHENTICATION = 407
_OF_PROXIES = ("Proxy-Authenticate", "Proxy-Status", "Via")
_MAX_SECONDS = MAX_SKEW.total_seconds()
_TEST_KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)


@dataclass(eq=False)
class Subject:
    """An exchange under judgement.

    Attributes:
        request: the request.
        response: the response; None if none came or if only the request is judged.
        credentials: the key that must have signed, or keys of which one may have; None: the test keys.
        at: when it happened, aware; None if unknown.
        searches: limits how often mistakes in signing are looked for in vain; None: no limit.
        contract: the contract of the requested operation; None if it has no contract or the request is not to SLS.
        operation: its name; ``other`` for a request to SLS without a contract; ``foreign`` for one to another host.
        authorization: the parsed Authorization header; None if it is missing or has no known form.
        anonymous: whether the request needs no signature: web tracking, or a browser's preflight.
        sent: when the request says that it was sent.
        dated: the response's Date; None if it cannot be parsed.
        bodiless: whether the response has no body whatever its headers say: to HEAD, 1xx, 204 and 304 (RFC 9110).
        returns_json: whether this is a success whose contract says that its body is JSON.

    """

    request: Request
    response: Response | None
    credentials: Credentials | Iterable[Credentials] | None = None
    at: datetime | None = None
    searches: Searches | None = None
    contract: Contract | None = field(init=False)
    operation: str = field(init=False)
    authorization: LogAuthorization | Sls4Authorization | None = field(init=False)
    anonymous: bool = field(init=False)
    sent: datetime | None = field(init=False)
    dated: datetime | None = field(init=False)
    bodiless: bool = field(init=False)
    returns_json: bool = field(init=False)

    def __post_init__(self) -> None:
        """Compute the fields that every check needs."""
        request, response = self.request, self.response
        known, path = registry().operation_of(request) or intended_operation(request), request.path
        own_path = known is not None and _OWN_PATH.match(path) is not None
        is_sls = not _is_before_sls(request) and (own_path or _is_sls(request))
        self.contract = known if is_sls else None
        self.operation = FOREIGN if not is_sls else OTHER if known is None else known.operation
        self.authorization = authorization_of(request)
        self.anonymous = request.method == "OPTIONS" or _ANONYMOUS_PATH.fullmatch(path) is not None
        self.sent = request_time(request)
        self.dated = None if response is None else parse_http_date(response.headers.lowered.get("date", ""))
        status = 0 if response is None else response.status
        self.bodiless = status < 200 or status in (204, 304) or request.method == "HEAD"  # noqa: PLR2004 - 1xx
        body = self.contract.response if self.contract is not None and status in self.contract.success else None
        self.returns_json = body is not None and body.content == "json"

    @once
    def message(self) -> ReadMessage | None:
        """Read the body of a success whose contract says that it is a protobuf message; None for anything else.

        If the body is not the one that was on the wire (`Response.wire`), only the name of the message is known.
        """
        response, contract = self.response, self.contract
        if response is None or contract is None or response.status not in contract.success or self.bodiless:
            return None
        body = contract.response
        if body is None or body.content != "protobuf" or self.served_error:
            return None
        plain = self.plain.data if response.wire else None
        accepted, sent = self.request.headers.lowered.get("accept", "*/*"), response.headers.lowered
        return read_response(body.message, accepted, sent.get("content-type", ""), plain)

    @once
    def keys(self) -> tuple[Credentials, ...]:
        """Return the keys that the request may have been signed with: those given, else the public test keys.

        Several given keys are a keyring, which need not contain the request's key; a single given key must be the
        right one. With an empty keyring no signature is verified.
        """
        if self.authorization is None:
            return ()
        named = self.authorization.access_key_id
        keys = _TEST_KEYS if self.credentials is None else keys_of(self.credentials)
        fitting = tuple([key for key in keys if key.access_key_id == named])
        if fitting or not keys:
            return fitting
        return keys if isinstance(self.credentials, Credentials) else ()

    @once
    def mismatch(self) -> SignatureMismatch | None:
        """Why the signature does not verify; None if it does, or if there is no key to verify it with."""
        judged = self.keys or self.authorization is None
        return verify_signature(self.request, self.keys, searches=self.searches) if judged else None

    @once
    def plain(self) -> PlainBody:
        """Return the response's body without its encodings."""
        assert self.response is not None
        return PlainBody(None) if self.bodiless else plain_body(self.response)

    @once
    def json(self) -> JsonText | None:
        """Read the response's body as JSON; None if there is no body or its encoding cannot be removed."""
        return None if self.plain.data is None else read_json(self.plain.data)

    @once
    def document(self) -> list[Any] | dict[str, Any] | None:
        """Return the body's value if it is a JSON array or object, else None."""
        value = self.json.value if self.json else None
        return value if isinstance(value, (list, dict)) else None

    @once
    def served_error(self) -> Any:
        """Return the errorCode of an error body under a status of success; None if there is none, or it is empty.

        An operation whose contract names such members returns them in a success, too: it serves no error.
        """
        response, contract, body = self.response, self.contract, self.document
        if response is None or contract is None or response.status not in contract.success:
            return None
        if (
            not isinstance(body, dict)
            or not body.keys() >= ERROR_MEMBERS
            or contract.response_value.members.keys() & ERROR_MEMBERS
        ):
            return None
        return body["errorCode"] or None

    @once
    def entries(self) -> list[Any] | None:
        """Return the list of checkpoints; None unless this is GetCheckPoint with 200 and an array."""
        if self.operation != GET_CHECK_POINT or self.response is None or not self.response.is_ok:
            return None
        return self.document if isinstance(self.document, list) else None

    @once
    def misdated(self) -> bool:
        """Whether Date is wrong: far from the time of the exchange or, if that is unknown, from that of the request.

        Without the time of the exchange, the request's own date may be the wrong one. Two responses show that: an
        error that refuses the request for its time, and a success whose request id contains the time of its Date.
        """
        near, response = self.at or self.sent, self.response
        if response is None or self.dated is None or near is None or abs(self.dated - near) <= MAX_SKEW:
            return False
        if self.at is not None:
            return True
        if response.is_ok:
            return not id_is_near(response.headers.lowered.get("x-log-requestid", "").strip(), self.dated)
        return not (isinstance(self.document, dict) and self.document.get("errorCode") in CLOCK_ERRORS)

    @property
    def is_error(self) -> bool:
        """Whether the response is a 4xx or 5xx."""
        return self.response is not None and 400 <= self.response.status < 600  # noqa: PLR2004 - the two classes

    @once
    def from_proxy(self) -> bool:
        """Whether a proxy may have sent the response: it is a redirect, or a 5xx without an error body."""
        kind = 0 if self.response is None else self.response.status // 100
        return kind == _REDIRECT or (kind == _SERVER_ERROR and not self._has_error_body)

    @once
    def proxy_mark(self) -> str:
        """Return what shows that an error is from a proxy, such as ``header Via``; empty if nothing does.

        A proxy adds Via to what the service returns, too, but that has a request id or an errorCode.
        """
        response = self.response
        if response is None or not self.is_error or self._has_error_body:
            return ""
        sent = response.headers.lowered
        if sent.get("x-log-requestid", "").strip():
            return ""
        if response.status == _PROXY_AUTHENTICATION:
            return "status 407"
        return next((f"header {name}" for name in _OF_PROXIES if name.lower() in sent), "")

    @property
    def _has_error_body(self) -> bool:
        return isinstance(self.document, dict) and "errorCode" in self.document


def id_is_near(sent: str, dated: datetime) -> bool:
    """Return whether a request id has the usual form and contains a time near that of the response."""
    if not REQUEST_ID.fullmatch(sent):
        return False
    return abs(int(sent[:SECONDS_DIGITS], 16) - dated.timestamp()) <= _MAX_SECONDS


def _is_before_sls(request: Request) -> bool:
    """Return whether a request only prepares one to the service: a proxy's tunnel, or a browser's preflight (CORS).

    The proxy answers the first, and no page of the service describes the second.
    """
    headers = request.headers.lowered
    preflight = request.method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
    return request.method == "CONNECT" or preflight


def _is_sls(request: Request) -> bool:
    headers = request.headers
    return (
        _SLS_HOST.search(request.host) is not None
        or "x-log-apiversion" in headers.lowered
        or headers.lowered.get("authorization", "").strip(" \t").startswith(("LOG ", "SLS4-"))
    )
