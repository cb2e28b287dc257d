"""Answers that a test puts in the endpoint's mouth."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.endpoint.delivery import PLAIN, Delivery
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from sls_contract.endpoint.state.answers import ServiceError
    from sls_contract.exchange import Response


@dataclass(frozen=True, slots=True)
class Scripted:
    """What one of the next answers shall be, and how it travels.

    Attributes:
        answer: a `Response` sent as it is; a `ServiceError` dressed in the endpoint's own headers; None: the
            endpoint's own answer, state changes included.
        delivery: late, cut off, reset; see `Delivery`.

    """

    answer: Response | ServiceError | None = None
    delivery: Delivery = PLAIN

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


class Script:
    """The scripted answers still to come, first in first out."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lines: deque[tuple[Scripted, int | None]] = deque()

    def add(self, scripted: Scripted, times: int | None) -> None:
        """Queue an answer for so many requests; None: for every request until `clear`."""
        if times is not None and (type(times) is not int or times < 1):
            msg = f"times must be 1 or more, or None for always, got {times!r}"
            raise UsageError(msg)
        self._lines.append((scripted, times))

    def take(self) -> Scripted | None:
        """Return the next answer and count it off; None where nothing is scripted."""
        if not self._lines:
            return None
        scripted, times = self._lines[0]
        if times == 1:
            self._lines.popleft()
        elif times is not None:
            self._lines[0] = (scripted, times - 1)
        return scripted

    def clear(self) -> None:
        """Forget what was to come."""
        self._lines.clear()
