"""An answer that a client is given, and what may become of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.endpoint.delivery import deliver
from sls_contract.exchange import wire_bytes

if TYPE_CHECKING:
    from sls_contract.endpoint import Delivery
    from sls_contract.exchange import Request, Response

Entry: TypeAlias = Mapping[str, Any]

JSON = "application/json"
_OK = 200


class Duty(Enum):
    """What the contract asks of a client that got an answer."""

    RETURN = "return"  #: the answer keeps the contract: pass exactly its checkpoints on
    FAIL = "fail"  #: an error, or nothing that could be understood: fail
    EITHER = "either"  #: the service is at fault or the contract is silent: fail, or pass the right data on


@dataclass(frozen=True, slots=True)
class Expectation:
    """What may become of an answer.

    Attributes:
        duty: see `Duty`.
        entries: the entries that the answer holds, where it holds some.
        needed: shards of which one entry must be passed on; None: every entry must.
        error_code: the errorCode of a well-formed error answer, which must reach the caller.
        coding: of the body; a client that named it in Accept-Encoding must understand it.

    """

    duty: Duty
    entries: tuple[Entry, ...] = ()
    needed: frozenset[int] | None = None
    error_code: str | None = None
    coding: str = ""

    def to(self, request: Request) -> Expectation:
        """Return what is expected of the client that sent this request (source: RFC 9110, section 12.5.3)."""
        accepted = request.headers.get("Accept-Encoding", "").replace(" ", "").lower().split(",")
        asked_for = any(each == self.coding or each.startswith(f"{self.coding};q=0.") for each in accepted)
        if not self.coding or asked_for == (self.duty is Duty.FAIL):
            return self
        return replace(self, duty=Duty.RETURN) if asked_for else replace(self, error_code=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer and its expectation."""

    response: Response
    expected: Expectation


Turn: TypeAlias = "Callable[[Response], Reply]"
"""Makes of the endpoint's own good answer the one that is given."""


def own(response: Response) -> Reply:
    """Give the endpoint's own answer: a list to pass on, or an error with its code."""
    document = json.loads(response.body)
    if response.status == _OK:
        return Reply(response, Expectation(Duty.RETURN, tuple(document)))
    return Reply(response, Expectation(Duty.FAIL, error_code=document["errorCode"]))


def body(
    text: str | bytes, *, status: int = _OK, content_type: str | None = JSON, error_code: str | None = None
) -> Turn:
    """Answer something that must make the client fail."""

    def turn(good: Response) -> Reply:
        response = with_body(good.replace(status=status, reason=""), text, content_type)
        return Reply(response, Expectation(Duty.FAIL, error_code=error_code))

    return turn


def error(status: int, code: str, message: str) -> Turn:
    """Answer a well-formed error of the service."""
    return body(compact({"errorCode": code, "errorMessage": message}), status=status, error_code=code)


def compact(document: object) -> str:
    """Write JSON as the service does."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def entries(
    change: Callable[[list[dict[str, Any]]], Sequence[Entry]],
    duty: Duty = Duty.RETURN,
    write: Callable[[list[Entry]], str] = compact,
) -> Turn:
    """Answer a list with other entries."""

    def turn(good: Response) -> Reply:
        changed = tuple(change(json.loads(good.body)))
        return Reply(with_body(good, write(list(changed))), Expectation(duty, changed))

    return turn


def rewritten(write: Callable[[list[dict[str, Any]]], str | bytes], duty: Duty = Duty.RETURN) -> Turn:
    """Answer the same entries in another text: one that must be understood, or one that is no list."""

    def turn(good: Response) -> Reply:
        listed = json.loads(good.body)
        return Reply(with_body(good, write(listed)), Expectation(duty, tuple(listed)))

    return turn


def headed(change: Callable[[Response], Response], duty: Duty = Duty.RETURN) -> Turn:
    """Answer the same body under another head (or encoded as that head says)."""
    return lambda good: Reply(change(good), Expectation(duty, tuple(json.loads(good.body))))


def delivered(delivery: Delivery, duty: Duty = Duty.FAIL) -> Turn:
    """Let the good answer travel badly."""
    return lambda good: Reply(deliver(good, delivery), Expectation(duty, tuple(json.loads(good.body))))


def in_chunks(response: Response) -> Response:
    """Put the body of an answer into chunks, without a length."""
    headers = response.headers.without("Content-Length").with_field("Transfer-Encoding", "chunked")
    return response.replace(headers=headers)


def with_body(response: Response, text: str | bytes, content_type: str | None = JSON) -> Response:
    """Put another body, its length and type into an answer; type None: none."""
    data = wire_bytes(text) if isinstance(text, str) else text
    headers = response.headers.with_field("Content-Length", str(len(data)))
    headers = (
        headers.without("Content-Type") if content_type is None else headers.with_field("Content-Type", content_type)
    )
    return response.replace(headers=headers, body=data)
