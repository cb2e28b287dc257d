"""Responses that `replay` and `proxy` send to their clients: recorded outcomes, and their own refusals."""

from __future__ import annotations

from collections.abc import Callable

from sls_contract.cassettes.recorder import Broken, Outcome
from sls_contract.cassettes.recorder.framing import is_chunked, with_true_framing
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS
from sls_contract.endpoint.delivery import DeliveredResponse, Delivery, deliver
from sls_contract.endpoint.refusal import MISDIRECTED, refusal
from sls_contract.errors import CassetteError, UnmatchedRequest
from sls_contract.exchange import Request, Response, Send

TIMEOUT_DELAY = 300.0
"""Seconds for which a recorded timeout keeps a client waiting: longer than the timeout of any SDK (at most 120 s)."""

FAILED, BAD_GATEWAY, _GATEWAY_TIMEOUT = 500, 502, 504


def sender(outcome_of: Callable[[Request], Outcome], as_response: Callable[[Outcome], Response]) -> Send:
    """Return a `Send` for a server: requests without a recording, or that cannot be recorded, get a refusal.

    Any other exception is an internal error, which the server keeps; the response is then 500.
    """

    def send(request: Request) -> Response:
        try:
            return as_response(outcome_of(request))
        except UnmatchedRequest as error:
            return refusal(MISDIRECTED, "RequestNotRecorded", str(error))
        except CassetteError as error:
            return refusal(FAILED, "RecordingFailed", str(error))

    return send


def replayed(outcome: Outcome) -> Response:
    """Return the response by which a socket reproduces a recorded outcome."""
    if not isinstance(outcome, Broken):
        return with_true_framing(outcome)
    if outcome.kind in {"timeout", "connect-timeout"}:
        return DeliveredResponse(500, delivery=Delivery(delay=TIMEOUT_DELAY, silent=True, ending="close"))
    if outcome.partial is not None:
        return _truncated(outcome, outcome.partial)
    if outcome.kind == "malformed":
        return deliver(_NOT_HTTP, Delivery(ending="close"))
    ending = "close" if outcome.kind == "closed" else "reset"  # also for a refused connection, which a server cannot do
    return DeliveredResponse(500, delivery=Delivery(silent=True, ending=ending))  # type: ignore[arg-type]  # a literal


def relayed(outcome: Outcome) -> Response:
    """Return the response of a proxy: as `replayed`, but 502 if the endpoint was not reached, and 504 for a timeout."""
    if isinstance(outcome, Broken) and outcome.kind in CONNECT_KINDS:
        return refusal(BAD_GATEWAY, "EndpointNotReached", outcome.detail)
    if isinstance(outcome, Broken) and outcome.kind == "timeout":
        return refusal(_GATEWAY_TIMEOUT, "EndpointTimedOut", outcome.detail)
    return replayed(outcome)


_NOT_HTTP = Response(0, reason="this is not HTTP")  # no parser accepts a status of one digit


def _truncated(broken: Broken, partial: Response) -> Response:
    """Return the part that came, ended so that a client cannot take it for the complete response."""
    framed = is_chunked(partial.headers) or "content-length" in partial.headers
    ending = "close" if framed and broken.kind != "reset" else "reset"
    longer = partial.replace(body=partial.body + b"\0")  # one more byte, which is not sent, keeps a chunked body open
    return deliver(longer, Delivery(body_bytes=len(partial.body), ending=ending))  # type: ignore[arg-type]  # a literal
