"""What a client behind `replay` or `proxy` meets: an outcome as a socket can give it, and our own refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.cassettes.recorder import Broken
from sls_contract.cassettes.recorder.framing import is_chunked, with_true_framing
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS
from sls_contract.endpoint.delivery import DeliveredResponse, Delivery, deliver
from sls_contract.endpoint.refusal import MISDIRECTED, refusal
from sls_contract.errors import CassetteError, UnmatchedRequest
from sls_contract.exchange import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.cassettes.recorder import Outcome
    from sls_contract.exchange import Request, Send

HELD = 300.0
"""Seconds for which a recorded timeout keeps a client waiting: longer than the patience of any SDK (at most 120 s)."""


FAILED, BAD_GATEWAY, _GATEWAY_TIMEOUT = 500, 502, 504


def answering(ask: Callable[[Request], Outcome], met: Callable[[Outcome], Response]) -> Send:
    """Return a `Send` for a server: what has no recording, or cannot be recorded, is refused in words.

    ``met`` makes an answer of an outcome. Whatever else is raised is a mistake of ours, which the server keeps and
    answers 500.
    """

    def answer(request: Request) -> Response:
        try:
            return met(ask(request))
        except UnmatchedRequest as miss:
            return refusal(MISDIRECTED, "RequestNotRecorded", str(miss))
        except CassetteError as error:
            return refusal(FAILED, "RecordingFailed", str(error))

    return answer


def delivered(outcome: Outcome) -> Response:
    """Return the answer that gives a client on a socket what the outcome gave the one that was recorded."""
    if not isinstance(outcome, Broken):
        return with_true_framing(outcome)
    if outcome.kind in {"timeout", "connect-timeout"}:
        return DeliveredResponse(500, delivery=Delivery(delay=HELD, silent=True, ending="close"))
    if outcome.partial is not None:
        return _cut(outcome, outcome.partial)
    if outcome.kind == "malformed":
        return deliver(_NO_HTTP, Delivery(ending="close"))
    gone = "close" if outcome.kind == "closed" else "reset"  # without a connection nothing is nearer than a reset
    return DeliveredResponse(500, delivery=Delivery(silent=True, ending=gone))  # type: ignore[arg-type]  # one of two


def relayed(outcome: Outcome) -> Response:
    """Return what a proxy answers: as `delivered`, but where the endpoint said nothing in time, it says so."""
    if isinstance(outcome, Broken) and outcome.kind in CONNECT_KINDS:
        return refusal(BAD_GATEWAY, "EndpointNotReached", outcome.detail)
    if isinstance(outcome, Broken) and outcome.kind == "timeout":
        return refusal(_GATEWAY_TIMEOUT, "EndpointTimedOut", outcome.detail)
    return delivered(outcome)


_NO_HTTP = Response(0, reason="this is not HTTP")  # no parser takes a status of one digit


def _cut(broken: Broken, partial: Response) -> Response:
    """Return the part that came, ended so that nobody takes it for the whole."""
    framed = is_chunked(partial.headers) or "content-length" in partial.headers
    ending = "close" if framed and broken.kind != "reset" else "reset"
    longer = partial.replace(body=partial.body + b"\0")  # one more byte, which is not sent, keeps a chunked body open
    return deliver(longer, Delivery(body_bytes=len(partial.body), ending=ending))  # type: ignore[arg-type]  # one of two
