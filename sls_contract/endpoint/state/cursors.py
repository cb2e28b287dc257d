"""Where a log group stands in its shard, written as the service writes it.

A cursor is base64 of a decimal (source: every cursor and checkpoint that a page prints; the Python SDK counts back by
one from it). In the CLI's pages shard 0 was created at 1614750027 and begins at cursor 1614750027373205714, and two
log groups further on stands …716: so the decimal is the nanosecond of the shard's creation plus the group's number.
Ours are created one second apart at fixed times, so that cursors are the same in every run and no cursor of one shard
is one of another's.
"""

from __future__ import annotations

import base64
import binascii
import re

_FIRST_CREATED = 1_453_949_705  #: seconds since 1970 UTC; createTime of the ListShards page's example
_SECOND = 1_000_000_000  #: nanoseconds, so a shard has room for that many log groups
_DECIMAL = re.compile(rb"[0-9]{1,30}")


def created(shard: int) -> int:
    """Return when the shard came to be, in seconds since 1970 UTC."""
    return _FIRST_CREATED + shard


def cursor(shard: int, number: int) -> str:
    """Return the cursor of the shard's log group of that number, from 0."""
    return base64.b64encode(b"%d" % (_begin(shard) + number)).decode("ascii")


def number(shard: int, text: str) -> int | None:
    """Return the number of the log group that a cursor names; negative before the shard's begin; None: no cursor.

    Padding may be missing: so the PullLogs page's table prints one. A line feed may follow: so the Python SDK sends the
    cursor that it computes where nothing was consumed.
    """
    text = text.removesuffix("\n")
    try:
        decimal = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return int(decimal) - _begin(shard) if _DECIMAL.fullmatch(decimal) else None


def _begin(shard: int) -> int:
    return created(shard) * _SECOND
