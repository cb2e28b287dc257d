"""The order of two exchanges, as far as it is certain."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sls_contract.signing import parse_http_date, request_time

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.exchange import Exchange

_TICK = 1  # second, the resolution of Date headers


class Moment(NamedTuple):
    """When an exchange took place; each time is None if unknown.

    Attributes:
        sent: the earliest possible time by the client's clock; a request's date has seconds only.
        received: the latest possible time by the client's clock.
        dated: when the service responded, by its clock.
        in_order: whether exchanges are judged in the order in which the service handled them, one after the other.

    """

    sent: datetime | None
    received: datetime | None
    dated: datetime | None
    in_order: bool

    @classmethod
    def of(cls, exchange: Exchange, at: datetime | None, *, in_order: bool) -> Moment:
        """Return the moment of an exchange that was complete ``at``."""
        sent, response = request_time(exchange.request), exchange.response
        if sent is not None and at is not None and sent > at:
            sent = None  # the date is that of another clock, as behind a proxy
        return cls(sent, at, parse_http_date(response.headers.get("date", "")) if response else None, in_order)

    def follows(self, earlier: Moment) -> bool:
        """Return whether this was certainly sent after the response to the earlier one."""
        if self.in_order:
            return True
        return self.sent is not None and earlier.received is not None and self.sent > earlier.received

    def is_within(self, seconds: float, earlier: Moment) -> bool:
        """Return whether the service certainly responded to this less than ``seconds`` after the earlier one."""
        if self.dated is None or earlier.dated is None:
            return False
        return 0 <= (self.dated - earlier.dated).total_seconds() < seconds - _TICK

    def is_beyond(self, seconds: float, earlier: Moment) -> bool:
        """Return whether the service certainly responded to this more than ``seconds`` after the earlier one."""
        if self.dated is None or earlier.dated is None:
            return False
        return (self.dated - earlier.dated).total_seconds() > seconds + _TICK
