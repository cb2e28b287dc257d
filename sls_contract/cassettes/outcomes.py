"""The outcome that a client gets: from a recording, or from an endpoint that is called as a function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from sls_contract.cassettes.recorder import Broken, Kind, Outcome
from sls_contract.cassettes.recording import NOT_KEPT
from sls_contract.errors import EndpointError
from sls_contract.exchange import Request, Response, Send

if TYPE_CHECKING:
    from sls_contract.cassettes.recording import Recording


def outcome_of(recording: Recording) -> Outcome:
    """Return the outcome that the client had when this was recorded."""
    response = recording.exchange.response
    if recording.broken is not None:
        if recording.broken == NOT_KEPT:
            return Broken("closed", None, "the recording lacks the body of the response")
        return Broken(recording.broken, response, recording.detail)  # type: ignore[arg-type]  # a str in the file
    return response if response is not None else Broken("closed")


def call_endpoint(send: Send, request: Request) -> Outcome:
    """Call an endpoint and return the outcome; an unreachable endpoint is an outcome, too."""
    try:
        response = send(request)
    except EndpointError as error:
        name: Any = getattr(error, "kind", "")
        kind: Kind = "name" if name == "dns" else name if name in get_args(Kind) else "refused"
        return Broken(kind, getattr(error, "partial", None), str(error))
    return response if type(response) is Response else _delivered(response)


def _delivered(response: Any) -> Outcome:
    """Return the outcome of a response that an endpoint delivers in parts, truncates or resets; delays are ignored."""
    received: Response | None = response.received()
    broken: Kind = "reset" if response.delivery.ending == "reset" else "closed" if received is None else "truncated"
    if received is None or len(received.body) < len(response.body):
        return Broken(broken, received)
    return received
