"""A response to a client, and what the client may do with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.checks.headers import accepts
from sls_contract.endpoint.delivery import deliver
from sls_contract.exchange import wire_bytes

if TYPE_CHECKING:
    from sls_contract.endpoint import Delivery
    from sls_contract.exchange import Request, Response

Entry: TypeAlias = Mapping[str, Any]

JSON = "application/json"


class Duty(Enum):
    """What the contract requires of a client that got a response."""

    RETURN = "return"  #: the response conforms to the contract: pass on exactly its checkpoints
    FAIL = "fail"  #: an error, or not a list of checkpoints: fail
    EITHER = "either"  #: the response breaks the contract, or no rule covers it: fail, or pass on the right data


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a client may do with a response.

    Attributes:
        duty: see `Duty`.
        entries: the entries of the response, if it has any.
        needed: shards of which one entry must be passed on; None: every entry must.
        error_code: the errorCode of a well-formed error response; the client must report it.
        coding: the content coding of the body; a client that accepts it in Accept-Encoding must decode it.

    """

    duty: Duty
    entries: tuple[Entry, ...] = ()
    needed: frozenset[int] | None = None
    error_code: str | None = None
    coding: str = ""

    def to(self, request: Request) -> Expectation:
        """Return the expectation of the client that sent this request (source: RFC 9110, section 12.5.3)."""
        accepted = accepts(request.headers.get("Accept-Encoding", ""), self.coding)
        if not self.coding or accepted == (self.duty is Duty.FAIL):
            return self
        return replace(self, duty=Duty.RETURN) if accepted else replace(self, error_code=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response and its expectation."""

    response: Response
    expected: Expectation


PAUSE = 0.25
"""Seconds inside a body; shorter than any read timeout."""

Turn: TypeAlias = "Callable[[Response], Reply]"
"""Turns the good response of the endpoint into the response for the client."""


def unchanged(response: Response) -> Reply:
    """Return the endpoint's response unchanged: a list to pass on, or an error with its code."""
    document = json.loads(response.body)
    if response.is_ok:
        return Reply(response, Expectation(Duty.RETURN, tuple(document)))
    return Reply(response, Expectation(Duty.FAIL, error_code=document["errorCode"]))


def body(
    text: str | bytes, *, status: int = 200, content_type: str | None = JSON, error_code: str | None = None
) -> Turn:
    """Replace the body with one on which the client must fail."""

    def turn(good: Response) -> Reply:
        response = with_body(good.replace(status=status, reason=""), text, content_type)
        return Reply(response, Expectation(Duty.FAIL, error_code=error_code))

    return turn


def error(status: int, code: str, message: str) -> Turn:
    """Return a well-formed error of the service."""
    return body(compact({"errorCode": code, "errorMessage": message}), status=status, error_code=code)


def compact(document: object) -> str:
    """Return JSON text as the service writes it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def entries(
    change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    duty: Duty = Duty.RETURN,
    write: Callable[[list[dict[str, Any]]], str | bytes] = compact,
) -> Turn:
    """Return a list of other entries."""

    def turn(good: Response) -> Reply:
        changed = change(json.loads(good.body))
        return Reply(with_body(good, write(changed)), Expectation(duty, tuple(changed)))

    return turn


def rewritten(write: Callable[[list[dict[str, Any]]], str | bytes], duty: Duty = Duty.RETURN) -> Turn:
    """Return the same entries in another text: one that must be understood, or one that is no list."""
    return entries(lambda listed: listed, duty, write)


def headed(change: Callable[[Response], Response], duty: Duty = Duty.RETURN) -> Turn:
    """Return the same body under other headers, or encoded as those headers say."""
    return lambda good: Reply(change(good), Expectation(duty, tuple(json.loads(good.body))))


def delivered(delivery: Delivery, duty: Duty = Duty.FAIL) -> Turn:
    """Send the good response late, in parts or incompletely."""
    return lambda good: Reply(deliver(good, delivery), Expectation(duty, tuple(json.loads(good.body))))


def in_chunks(response: Response) -> Response:
    """Return the response with a chunked body, without Content-Length."""
    headers = response.headers.without("Content-Length").with_field("Transfer-Encoding", "chunked")
    return response.replace(headers=headers)


def with_body(response: Response, text: str | bytes, content_type: str | None = JSON) -> Response:
    """Return the response with another body and its length and type; a type of None removes Content-Type."""
    data = wire_bytes(text) if isinstance(text, str) else text
    headers = response.headers.with_field("Content-Length", str(len(data)))
    headers = (
        headers.without("Content-Type") if content_type is None else headers.with_field("Content-Type", content_type)
    )
    return response.replace(headers=headers, body=data)
