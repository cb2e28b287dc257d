"""Scripted responses: those that a test defines for the next requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.endpoint.delivery import PLAIN, Delivery, deliver
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.endpoint.state.responses import Payload, ServiceError
    from sls_contract.exchange import Request, Response


@dataclass(frozen=True, slots=True)
class Scripted:
    """A response to one or more of the next requests, its delivery, and the requests that it is for.

    Attributes:
        response: a `Response`, sent unchanged; a `ServiceError` or `Payload`, sent with the endpoint's headers; None:
            the endpoint's own response, with its state changes.
        delivery: late, cut off, reset; see `Delivery`.
        when: returns whether it is for a request; None: for any.
        after: the number of matching requests that pass first.
        times: the number of requests that get it; None: all, until ``respond_normally``.
        change: a function that changes the response before it is sent; it may return a `DeliveredResponse`.

    Raises `UsageError` for ``times`` below 1, or a negative ``after``.

    """

    response: Response | ServiceError | Payload | None = None
    delivery: Delivery = PLAIN
    when: Callable[[Request], bool] | None = None
    after: int = 0
    times: int | None = 1
    change: Callable[[Response], Response] | None = None

    def __post_init__(self) -> None:
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            msg = f"times must be 1 or more, or None (in a line: always) for all, got {self.times!r}"
            raise UsageError(msg)
        if type(self.after) is not int or self.after < 0:
            msg = f"after must be 0 or more requests, got {self.after!r}"
            raise UsageError(msg)

    @classmethod
    def delayed(cls, seconds: float, response: Response | ServiceError | None = None) -> Scripted:
        """Send the response late."""
        return cls(response, Delivery(delay=seconds))

    @classmethod
    def truncated(cls, body_bytes: int, response: Response | ServiceError | None = None) -> Scripted:
        """Announce the whole body, send its first bytes, and close the connection."""
        return cls(response, Delivery(body_bytes=body_bytes, ending="close"))

    @classmethod
    def closed(cls) -> Scripted:
        """Close the connection without a byte; the request still changes the state."""
        return cls(None, Delivery(silent=True, ending="close"))

    @classmethod
    def reset(cls) -> Scripted:
        """Reset the connection without a byte; the request still changes the state."""
        return cls(None, Delivery(silent=True, ending="reset"))

    def matches(self, request: Request) -> bool:
        """Return whether it matches a request, regardless of counts."""
        return self.when is None or self.when(request)

    def finish(self, response: Response) -> Response:
        """Return the response to send: changed, and with the delivery."""
        return deliver(self.change(response) if self.change else response, self.delivery)


class Script:
    """The pending scripted responses; the first that is due for a request is its response."""

    def __init__(self) -> None:
        self._pending: list[_Pending] = []

    def add(self, scripted: Scripted) -> None:
        """Append a response."""
        self._pending.append(_Pending(scripted, scripted.after, scripted.times))

    def take(self, request: Request) -> Scripted | None:
        """Return and count the response to a request; None if none is due."""
        matching = [each for each in self._pending if each.scripted.matches(request)]
        due = next((each for each in matching if not each.to_pass), None)
        for each in matching:
            each.to_pass = max(each.to_pass - 1, 0)
        if due is None:
            return None
        if due.left is not None:
            due.left -= 1
        if due.left == 0:
            self._pending.remove(due)
        return due.scripted

    def clear(self) -> None:
        """Remove all pending responses."""
        self._pending.clear()


@dataclass(slots=True, eq=False)
class _Pending:
    """A scripted response, the number of matching requests that still pass, and of those that still get it."""

    scripted: Scripted
    to_pass: int
    left: int | None
