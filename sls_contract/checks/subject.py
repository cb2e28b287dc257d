"""What is judged: an exchange with everything that several checks want to know of it, worked out once."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sls_contract.checks.content_coding import PlainBody, plain_body
from sls_contract.checks.log_messages import ReadMessage, read_answer
from sls_contract.checks.strict_json import JsonText, read_json
from sls_contract.signing import (
    MAX_SKEW,
    TEST_CREDENTIALS,
    TEST_STS_CREDENTIALS,
    Credentials,
    LogAuthorization,
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
        """`cached_property` without the lock that Python 3.11 takes each time, which costs more than what is kept."""

        def __get__(self, instance: object, owner: type | None = None) -> Any:
            """Work the value out, and put it where Python finds it before it asks here again."""
            if instance is None:
                return self
            value = instance.__dict__[self.attrname] = self.func(instance)
            return value


GET_CHECK_POINT = "GetCheckPoint"
OTHER = "other"
FOREIGN = "foreign"

OK = 200
CLOCK_ERRORS = frozenset({"RequestTimeExpired", "RequestTimeTooSkewed"})
"""Codes of the errors that refuse a request for its time, of today and of 2021."""
REQUEST_ID = re.compile("[0-9A-F]{24}")
SECONDS_DIGITS = 8
"""Hexadecimal digits of a request id that are its time, in Unix seconds."""

_SLS_HOST = re.compile(r"(?:^|\.)(?:[a-z0-9-]+\.)?(?:log|sls|log-global)\.aliyuncs\.com(?::[0-9]+)?$", re.IGNORECASE)
_OWN_PATH = re.compile(r"/logstores/[^/]+/(?:consumergroups|shards)(?:/|$)")  # no other service's, whatever the host
_ANONYMOUS_PATH = re.compile(r"/logstores/[^/]+/track(?:_pb)?")
_REDIRECT, _SERVER_ERROR = 3, 5  # first digits of statuses
_MAX_SECONDS = MAX_SKEW.total_seconds()
_TEST_KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)


@dataclass(eq=False)
class Subject:
    """An exchange under judgement.

    Attributes:
        request: the request.
        response: the answer; None where none came or only the request is judged.
        credentials: the key that must have signed; or keys, of which the request's may be one; None: the test keys.
        at: when it happened, aware; None where that is not known.
        contract: that of the operation that is asked for; None for one that is not known, and for no SLS.
        operation: its name; ``other`` for one of SLS that has no contract; ``foreign`` for no SLS.
        authorization: the Authorization header taken apart; None where it is missing or has no known form.
        anonymous: whether the request needs no signature: web tracking, and a browser's preflight.
        sent: when the request says it was sent.
        dated: the answer's Date; None where it cannot be read.
        bodiless: whether the answer has no body whatever its headers say: to HEAD, 1xx, 204 and 304 (RFC 9110).
        answers_json: whether this is a success whose contract says that its body is JSON.

    """

    request: Request
    response: Response | None
    credentials: Credentials | Iterable[Credentials] | None = None
    at: datetime | None = None
    contract: Contract | None = field(init=False)
    operation: str = field(init=False)
    authorization: LogAuthorization | Sls4Authorization | None = field(init=False)
    anonymous: bool = field(init=False)
    sent: datetime | None = field(init=False)
    dated: datetime | None = field(init=False)
    bodiless: bool = field(init=False)
    answers_json: bool = field(init=False)

    def __post_init__(self) -> None:
        """Work out what every judgement wants to know."""
        request, response = self.request, self.response
        known, path = registry().operation_of(request), request.path
        is_ours = (known is not None and _OWN_PATH.match(path) is not None) or _is_sls(request)
        self.contract = known if is_ours else None
        self.operation = FOREIGN if not is_ours else OTHER if known is None else known.operation
        self.authorization = authorization_of(request)
        self.anonymous = request.method == "OPTIONS" or _ANONYMOUS_PATH.fullmatch(path) is not None
        self.sent = request_time(request)
        self.dated = None if response is None else parse_http_date(response.headers.lowered.get("date", ""))
        status = 0 if response is None else response.status
        self.bodiless = status < OK or status in (204, 304) or request.method == "HEAD"
        body = self.contract.response if self.contract is not None and status in self.contract.success else None
        self.answers_json = body is not None and body.content == "json"

    @once
    def message(self) -> ReadMessage | None:
        """Look into the message that a success is by its contract; None for anything else.

        A body that is not as it was on the wire (`Response.wire`) is not looked into.
        """
        response, contract = self.response, self.contract
        if response is None or contract is None or response.status not in contract.success or self.bodiless:
            return None
        body = contract.response
        if body is None or body.content != "protobuf":
            return None
        plain = self.plain.data if response.wire else None
        accepted, sent = self.request.headers.lowered.get("accept", "*/*"), response.headers.lowered
        return read_answer(body.message, accepted, sent.get("content-type", ""), plain)

    @once
    def keys(self) -> tuple[Credentials, ...]:
        """Pick the keys that the request may have been signed with: those given, else the public test keys.

        Several given keys are a keyring, in which the request's may be missing; one given key must be the right one.
        No keys at all (an empty keyring) verify nothing.
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
        """Why the signature does not verify; None where it does, or where no key is there to tell."""
        judged = self.keys or self.authorization is None
        return verify_signature(self.request, self.keys) if judged else None

    @once
    def plain(self) -> PlainBody:
        """Take the encodings off the answer's body."""
        assert self.response is not None
        return PlainBody(None) if self.bodiless else plain_body(self.response)

    @once
    def json(self) -> JsonText | None:
        """Read the answer's body as JSON; None where there is no body or its encoding could not be taken off."""
        return None if self.plain.data is None else read_json(self.plain.data)

    @once
    def document(self) -> list[Any] | dict[str, Any] | None:
        """Take the body's value where it is a JSON array or object, else None."""
        value = self.json.value if self.json else None
        return value if isinstance(value, (list, dict)) else None

    @once
    def entries(self) -> list[Any] | None:
        """Take the list of checkpoints; None unless this is GetCheckPoint answered with 200 and an array."""
        listed = self.is_success and isinstance(self.document, list)
        return self.document if listed and isinstance(self.document, list) else None

    @once
    def misdated(self) -> bool:
        """Whether the Date is wrong: far from the time of the exchange or, where that is not known, of the request.

        Without the time of the exchange, the request may be the one that is dated wrongly: so says an answer that
        refuses it for its time, or a success whose id has the time of its Date.
        """
        near, response = self.at or self.sent, self.response
        if response is None or self.dated is None or near is None or abs(self.dated - near) <= MAX_SKEW:
            return False
        if self.at is not None:
            return True
        if response.status == OK:
            return not id_is_near(response.headers.lowered.get("x-log-requestid", "").strip(), self.dated)
        return not (isinstance(self.document, dict) and self.document.get("errorCode") in CLOCK_ERRORS)

    @property
    def is_success(self) -> bool:
        """Whether this is GetCheckPoint answered with 200."""
        return self.response is not None and self.response.status == OK and self.operation == GET_CHECK_POINT

    @property
    def is_error(self) -> bool:
        """Whether the answer is a 4xx or 5xx."""
        return self.response is not None and 400 <= self.response.status < 600  # noqa: PLR2004 - the two classes

    @once
    def from_proxy(self) -> bool:
        """Whether a proxy may have answered in place of the service: a redirect, or a 5xx without an error body."""
        kind = 0 if self.response is None else self.response.status // 100
        ours = isinstance(self.document, dict) and "errorCode" in self.document
        return kind == _REDIRECT or (kind == _SERVER_ERROR and not ours)


def id_is_near(sent: str, dated: datetime) -> bool:
    """Tell whether a request id has its usual form, and a time near that of the answer."""
    if not REQUEST_ID.fullmatch(sent):
        return False
    return abs(int(sent[:SECONDS_DIGITS], 16) - dated.timestamp()) <= _MAX_SECONDS


def _is_sls(request: Request) -> bool:
    headers = request.headers
    return (
        _SLS_HOST.search(request.host) is not None
        or "x-log-apiversion" in headers.lowered
        or headers.lowered.get("authorization", "").strip(" \t").startswith(("LOG ", "SLS4-"))
    )
