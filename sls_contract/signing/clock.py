"""Dates of requests: their two formats, and the limit of their distance from the server's clock.

Sources: CommonRequestHeaders page (``Date``, ``x-log-date``, 15 minutes); the SDKs' v4 signers (ISO basic form).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from sls_contract.exchange import Request

MAX_SKEW = timedelta(minutes=15)
"""How far a request's time may be from the server's, in either direction."""

_LEAST_SKEW = MAX_SKEW - timedelta(seconds=1)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# The page's sample has a day without leading zero and the wrong weekday, so neither is judged.
_HTTP_DATE = re.compile(
    r"(?:[A-Za-z]{3}, ?)?([0-9]{1,2}) ([A-Za-z]{3}) ([0-9]{4}) "
    r"([0-9]{2}):([0-9]{2}):([0-9]{2}) (GMT|UTC?|Z|[+-][0-9]{4})"
)
_ISO_BASIC = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")


def within_skew(sent: datetime, at: datetime) -> bool:
    """Return whether a request's time is within `MAX_SKEW` of the server's clock, which is read to the second."""
    return abs(sent - at) < _LEAST_SKEW or abs(sent - at.replace(microsecond=0)) <= MAX_SKEW


def utc(at: datetime) -> datetime:
    """Return a time in UTC; raises `UsageError` for a naive time."""
    if at.utcoffset() is None:
        msg = f"the time must be an aware datetime such as datetime(2026, 1, 2, tzinfo=UTC), got {at!r}"
        raise UsageError(msg)
    return at.astimezone(UTC)


def http_date(at: datetime) -> str:
    """Format a time for ``Date``: ``Mon, 09 Nov 2015 06:11:16 GMT`` (RFC 1123), in any locale."""
    when = utc(at)
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1].title()
    return f"{day}, {when.day:02} {month} {when.year:04} {when:%H:%M:%S} GMT"


def iso_basic(at: datetime) -> str:
    """Format a time for the ``x-log-date`` of v4: ``20151109T061116Z``."""
    when = utc(at)
    return f"{when.year:04}{when:%m%dT%H%M%SZ}"  # %Y does not pad the year on every platform


@lru_cache(maxsize=256)
def parse_http_date(text: str) -> datetime | None:
    """Parse an RFC 1123 or RFC 822 date with its zone, to UTC, in seconds; None if the text is not one."""
    found = _HTTP_DATE.fullmatch(text.strip(" \t"))
    if not found or found[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[place]) for place in (1, 3, 4, 5, 6))
    month = _MONTHS.index(found[2].lower()) + 1
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=_zone(found[7])).astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of February, a zone of 99 hours, a time before the year 1
        return None


@lru_cache(maxsize=256)
def parse_iso_basic(text: str) -> datetime | None:
    """Parse a time such as ``20151109T061116Z``; None if the text is not one."""
    found = _ISO_BASIC.fullmatch(text.strip(" \t"))
    try:
        return datetime(*map(int, found.groups()), tzinfo=UTC) if found else None  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def request_time(request: Request) -> datetime | None:
    """Return when the request says it was sent: ``x-log-date`` before ``Date``, in either form; None if unreadable.

    Source: CommonRequestHeaders page, note on ``x-log-date``.
    """
    text = request.headers.lowered.get("x-log-date") or request.headers.lowered.get("date", "")
    return parse_iso_basic(text) or parse_http_date(text)


def _zone(text: str) -> timezone:
    if text[0] not in "+-":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-offset if text[0] == "-" else offset)
