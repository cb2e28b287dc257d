"""One fault as a value: the requests it matches, the response to them, and its delivery."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.endpoint.delivery import Delivery, deliver
from sls_contract.endpoint.faults.words import shortened, suggestion
from sls_contract.endpoint.state.responses import Payload, ServiceError
from sls_contract.endpoint.state.scripted import Scripted
from sls_contract.errors import UsageError
from sls_contract.exchange import Response, wire_bytes
from sls_contract.headers import Headers
from sls_contract.spec.known_errors import errors_with, known_codes, statuses_of
from sls_contract.spec.registry import operation_of, registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request

FaultEnding: TypeAlias = Literal["close", "reset"]

_FOUND = 302
_REDIRECTS = 300  # a status from here up is no success, so it replaces the endpoint's own response
_RESPONSE = ("status", "error", "redirect", "body", "content_type", "headers", "gzip", "chunked")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # source: RFC 9110 section 5.1
_NUMBER = re.compile(r"[0-9]{1,18}")
_SHARD = ("shard", "shardid")  # in lower case; pages spell it shard, shardId and shardID
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")
_VALUES = {"message": "the service failed"}  # other placeholders of a message become their names


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault in the response to some of the next requests.

    Which requests:
        operation: only requests for this operation, by its name or an alias.
        shard: only requests about this shard.
        after: the number of matching requests that pass first.
        times: the number of requests with this fault; None for all.

    The response. With error, redirect, body, or a status from 300 up, the request is not executed; otherwise the fault
    changes the endpoint's response:
        status: the HTTP status; 200 with a body, 302 with a redirect, the documented status of an error.
        error: an ``errorCode``; a documented code sets its status and message.
        message: the ``errorMessage`` of the error.
        redirect: the ``Location``.
        body: the body's bytes.
        content_type: replaces the endpoint's own.
        headers: fields that replace those of the same names.
        gzip: encode the body, even if the client does not accept that.
        chunked: send it in chunks, without a length.

    The delivery:
        truncate: the number of body bytes to send, at least one fewer than announced; then the connection ends.
        delay: seconds before the first byte.
        ending: ``close`` or ``reset`` the connection: after the cut body, or without ``truncate`` before any byte.

    Raises `UsageError` if a part is invalid, parts contradict each other, or the fault has no effect.
    """

    operation: str | None = None
    shard: int | None = None
    after: int = 0
    times: int | None = 1
    status: int | None = None
    error: str | None = None
    message: str | None = None
    redirect: str | None = None
    body: bytes | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    gzip: bool = False
    chunked: bool = False
    truncate: int | None = None
    delay: float = 0.0
    ending: FaultEnding | None = None

    def __post_init__(self) -> None:
        for is_broken, text in _RULES:
            if is_broken(self):
                raise UsageError(text.format(self))
        self.scripted()  # refuses invalid counts
        self._delivery(1)  # refuses an invalid delay

    @property
    def is_silent(self) -> bool:
        """Return whether no byte is sent."""
        return self.ending is not None and self.truncate is None

    @property
    def problem(self) -> str:
        """Explain why the error needs a status."""
        code, statuses = self.error or "", sorted(statuses_of(self.error or ""))
        hint = "" if errors_with(code) else suggestion(code, known_codes())
        if statuses:
            reason = f"came with several statuses, {' and '.join(map(str, statuses))}"
        else:
            reason = "is known without a status" if errors_with(code) else "is documented on no page"
        return (
            f"error={shortened(code)} {reason}: the setting status is missing; "
            f"for example, write error={shortened(code)} status={min(statuses, default=400)}{hint}"
        )

    def response_parts(self) -> list[str]:
        """Return the names of the fields that define the response."""
        return [name for name in _RESPONSE if getattr(self, name) not in (None, (), False)]

    def matches(self, request: Request) -> bool:
        """Return whether the fault matches a request, regardless of counts."""
        contract = operation_of(request) if self.operation is not None else None
        if self.operation is not None and (contract is None or self.operation not in contract.names):
            return False
        return self.shard is None or self.shard == shard_of(request)

    def scripted(self) -> Scripted:
        """Return the fault as a value for ``respond_next``."""
        return Scripted(self._response(), when=self.matches, after=self.after, times=self.times, change=self.changed)

    def changed(self, response: Response) -> Response:
        """Return a response with the status, coding, headers and delivery of the fault."""
        body = response.body or (b"" if self.truncate is None else b" ")  # a byte that is announced but not sent
        body = gzip.compress(body, mtime=0) if self.gzip else body
        status = response.status if self.status is None else self.status
        reason = response.reason if status == response.status else ""
        sent = Response(status, self._headers(response.headers, len(body)), body, reason=reason)
        return deliver(sent, self._delivery(len(body)))

    def _response(self) -> ServiceError | Payload | None:
        if self.error is not None:
            return ServiceError(self.status or _status_of(self.error) or 0, self.error, self._message(self.error))
        if self.redirect is not None:
            return Payload(self.body or b"", status=self.status or _FOUND)
        if self.body is not None or (self.status or 0) >= _REDIRECTS:
            return Payload(self.body or b"", status=self.status or 200)
        return None

    def _message(self, code: str) -> str:
        if self.message is not None:
            return self.message
        wordings = [text for known in errors_with(code) for text in known.wordings]
        wording = min(wordings, key=lambda text: "{" in text, default=code)
        return _PLACEHOLDER.sub(lambda match: _VALUES.get(match[1], match[1]), wording)

    def _headers(self, headers: Headers, length: int) -> Headers:
        if self.gzip:
            headers = headers.with_field("Content-Encoding", "gzip")
        if self.chunked:
            headers = headers.without("Content-Length").with_field("Transfer-Encoding", "chunked")
        else:
            headers = headers.with_field("Content-Length", str(length))
        if self.content_type is not None:
            headers = headers.with_field("Content-Type", self.content_type)
        if self.redirect is not None:
            headers = headers.with_field("Location", self.redirect)
        return Headers([*headers.without(*(name for name, _ in self.headers)).pairs, *self.headers])

    def _delivery(self, length: int) -> Delivery:
        if self.truncate is None:
            return Delivery(self.delay, silent=self.is_silent, ending=self.ending or "keep")
        return Delivery(self.delay, min(self.truncate, length - 1), ending=self.ending or "close")


def shard_of(request: Request) -> int | None:
    """Return the shard in the query, path or body of a request; None if there is none."""
    named = dict(request.query_pairs()) | registry().names_in(request)
    text = next((value for key, value in named.items() if key.lower() in _SHARD), "") or _shard_in_body(request.body)
    return int(text) if _NUMBER.fullmatch(text) else None


def _shard_in_body(body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    named = document.items() if isinstance(document, dict) else ()
    return next((str(value) for key, value in named if key.lower() in _SHARD), "")


def _status_of(code: str) -> int | None:
    """Return the status of a known code; None if the sources give none, or several."""
    statuses = statuses_of(code)
    return next(iter(statuses)) if len(statuses) == 1 else None


def _is_text(text: str) -> bool:
    try:
        wire_bytes(text)
    except UnicodeEncodeError:
        return False
    return True


def _is_line(text: str) -> bool:
    return _is_text(text) and not any(char in text for char in "\r\n\0")


_RULES: tuple[tuple[Callable[[Fault], bool], str], ...] = (
    (
        lambda fault: not fault.response_parts() and fault.truncate is None and not fault.delay and not fault.ending,
        "the fault has no effect: set a response (status, error, body, …) or delivery (delay, truncate, close, reset)",
    ),
    (
        lambda fault: fault.is_silent and bool(fault.response_parts()),
        "{0.ending} sends no byte, so no other setting of the response takes effect; truncate sends a part first",
    ),
    (
        lambda fault: fault.status is not None and not 200 <= fault.status <= 999,  # noqa: PLR2004 - the range of HTTP
        "status must be from 200 to 999, got {0.status}",
    ),
    (
        lambda fault: fault.error is not None and (fault.body is not None or fault.redirect is not None),
        "error already sets the whole response: remove body and redirect",
    ),
    (lambda fault: fault.error == "", "error must be an errorCode such as ReadQuotaExceed"),
    (lambda fault: fault.error is not None and fault.status is None and _status_of(fault.error) is None, "{0.problem}"),
    (lambda fault: fault.message is not None and fault.error is None, "message needs an errorCode: add error=…"),
    (
        lambda fault: not (_is_text(fault.error or "") and _is_text(fault.message or "")),
        "error and message must be text that UTF-8 can encode",
    ),
    (
        lambda fault: not (_is_line(fault.redirect or "") and _is_line(fault.content_type or "")),
        "redirect and content type must be one line of text",
    ),
    (
        lambda fault: any(not (_FIELD_NAME.fullmatch(name) and _is_line(value)) for name, value in fault.headers),
        "a header must have a name of letters, digits and -, and one line of text",
    ),
    (
        lambda fault: fault.truncate is not None and fault.truncate < 0,
        "truncate must be 0 bytes or more, got {0.truncate}",
    ),
)
