"""How a response is sent: late, cut off, or not at all.

A plain `Response` of a `Send` is sent whole and without delay. A `DeliveredResponse` is sent as its `Delivery` says, by
`endpoint.server` or by a caller in the same process.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from sls_contract.errors import UsageError
from sls_contract.exchange import Response

if TYPE_CHECKING:
    from sls_contract.headers import HeaderSource

Ending: TypeAlias = Literal["keep", "close", "reset"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one response is put on the wire.

    Attributes:
        delay: seconds before the first byte.
        body_bytes: how many bytes of the body are sent; None sends all. A smaller number always ends the connection,
            because the client waits for the rest.
        pause: seconds between two bytes of the body; ``pause_after`` gives the place.
        pause_after: how many bytes of the body are sent before the pause; the whole body if it has no more.
        silent: no byte is sent at all, not even the status line.
        ending: ``keep`` the connection if the framing allows it, ``close`` it, or ``reset`` it (TCP RST).

    Raises `UsageError` for a negative or infinite delay, a negative count, or another ending.

    """

    delay: float = 0.0
    body_bytes: int | None = None
    silent: bool = False
    ending: Ending = "keep"
    pause: float = 0.0
    pause_after: int = 0

    def __post_init__(self) -> None:
        for name, seconds in (("delay", self.delay), ("pause", self.pause)):
            if not (math.isfinite(seconds) and seconds >= 0):
                msg = f"{name} must be a number of seconds, 0 or more, got {seconds!r}"
                raise UsageError(msg)
        if self.body_bytes is not None and self.body_bytes < 0:
            msg = f"body_bytes must be 0 or more, or None for the whole body, got {self.body_bytes!r}"
            raise UsageError(msg)
        if self.pause_after < 0:
            msg = f"pause_after must be 0 or more, got {self.pause_after!r}"
            raise UsageError(msg)
        if self.ending not in get_args(Ending):
            msg = f"ending must be one of {', '.join(get_args(Ending))}, got {self.ending!r}"
            raise UsageError(msg)


PLAIN = Delivery()
"""The whole response, without delay."""


@dataclass(frozen=True)
class DeliveredResponse(Response):
    """A response with instructions how to send it."""

    delivery: Delivery = PLAIN

    def __init__(
        self,
        status: int,
        headers: HeaderSource = (),
        body: bytes = b"",
        wire: bool = True,  # noqa: FBT001, FBT002 - as in Response
        reason: str = "",
        delivery: Delivery = PLAIN,
    ) -> None:
        """Check the response's parts as `Response` does."""
        Response.__init__(self, status, headers, body, wire, reason)
        object.__setattr__(self, "delivery", delivery)

    def replace(self, **changes: object) -> Response:
        """Return a copy with some fields changed (``delivery``, too)."""
        delivery = changes.pop("delivery", self.delivery)
        assert isinstance(delivery, Delivery)
        return deliver(super().replace(**changes), delivery)

    def received(self) -> Response | None:
        """Return the response that reaches the client: None if nothing is sent, a shorter body if it is cut off."""
        if self.delivery.silent:
            return None
        return Response(self.status, self.headers, self.body[: self.delivery.body_bytes], self.wire, self.reason)


def deliver(response: Response, delivery: Delivery) -> Response:
    """Return the response with a delivery."""
    if delivery == PLAIN:
        return response
    return DeliveredResponse(response.status, response.headers, response.body, response.wire, response.reason, delivery)
