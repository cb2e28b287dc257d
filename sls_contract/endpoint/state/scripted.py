"""Answers that a test puts in the endpoint's mouth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.endpoint.delivery import PLAIN, Delivery, deliver
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.endpoint.state.answers import ServiceError
    from sls_contract.exchange import Request, Response


class Content(NamedTuple):
    """A status and a body of any kind, for the endpoint to dress in its own headers."""

    status: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Scripted:
    """What one of the next answers shall be, how it travels, and which requests it meets.

    Attributes:
        answer: a `Response` sent as it is; a `ServiceError` or `Content` dressed in the endpoint's own headers; None:
            the endpoint's own answer, state changes included.
        delivery: late, cut off, reset; see `Delivery`.
        when: which requests it is for; None: any.
        after: so many of these requests pass before the first is answered so.
        times: how many of them are answered so; None: all, until ``answer_normally``.
        change: a last hand on the answer, the endpoint's own included; it may give a `DeliveredResponse`.

    Raises `UsageError` for a count below 1, or a negative ``after``.

    """

    answer: Response | ServiceError | Content | None = None
    delivery: Delivery = PLAIN
    when: Callable[[Request], bool] | None = None
    after: int = 0
    times: int | None = 1
    change: Callable[[Response], Response] | None = None

    def __post_init__(self) -> None:
        """Refuse counts that never come true."""
        if self.times is not None and (type(self.times) is not int or self.times < 1):
            msg = f"times must be 1 or more, or None (in a line: always) for all, got {self.times!r}"
            raise UsageError(msg)
        if type(self.after) is not int or self.after < 0:
            msg = f"after must be 0 or more requests, got {self.after!r}"
            raise UsageError(msg)

    @classmethod
    def delayed(cls, seconds: float, answer: Response | ServiceError | None = None) -> Scripted:
        """Answer late."""
        return cls(answer, Delivery(delay=seconds))

    @classmethod
    def truncated(cls, body_bytes: int, answer: Response | ServiceError | None = None) -> Scripted:
        """Announce the whole body, send its first bytes, and close."""
        return cls(answer, Delivery(body_bytes=body_bytes, ending="close"))

    @classmethod
    def closed(cls) -> Scripted:
        """Close the connection without a byte; what the request asked for was done all the same."""
        return cls(None, Delivery(silent=True, ending="close"))

    @classmethod
    def reset(cls) -> Scripted:
        """Reset the connection without a byte; what the request asked for was done all the same."""
        return cls(None, Delivery(silent=True, ending="reset"))

    def meets(self, request: Request) -> bool:
        """Tell whether the answer is for a request, however many came before."""
        return self.when is None or self.when(request)

    def finished(self, response: Response) -> Response:
        """Return the answer as it goes out, changed and delivered as asked."""
        return deliver(self.change(response) if self.change else response, self.delivery)


class Script:
    """The scripted answers still to come: the first that is due for a request answers it."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lines: list[_Line] = []

    def add(self, scripted: Scripted) -> None:
        """Put an answer behind those that are there."""
        self._lines.append(_Line(scripted))

    def take(self, request: Request) -> Scripted | None:
        """Return the answer for a request and count it off; None where none is due."""
        due = [line for line in self._lines if line.scripted.meets(request) and line.is_due()]
        if not due:
            return None
        if due[0].is_last():
            self._lines.remove(due[0])
        return due[0].scripted

    def clear(self) -> None:
        """Forget what was to come."""
        self._lines.clear()


class _Line:
    """A scripted answer, and how often it still waits and answers."""

    def __init__(self, scripted: Scripted) -> None:
        self.scripted = scripted
        self._waits, self._left = scripted.after, scripted.times

    def is_due(self) -> bool:
        """Count a request that it meets; tell whether enough have passed."""
        self._waits -= 1
        return self._waits < 0

    def is_last(self) -> bool:
        """Count an answer; tell whether it was the last."""
        if self._left is not None:
            self._left -= 1
        return self._left == 0
