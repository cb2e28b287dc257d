"""Cursors: the position of a log group in its shard, in the service's format.

A cursor is base64 of a decimal (source: every cursor and checkpoint that a page prints; the Python SDK subtracts one
from it). In the CLI's pages shard 0 was created at 1614750027 and begins at cursor 1614750027373205714; two log groups
later the cursor ends in …716. So the decimal is the nanosecond of the shard's creation plus the group's number.
The shards of this endpoint are created one second apart at fixed times: cursors are the same in every run, and no
cursor is valid in two shards.
"""

from __future__ import annotations

import base64

from sls_contract.checks.cursors import decoded

_FIRST_CREATED = 1_453_949_705  #: seconds since 1970 UTC; createTime of the ListShards page's example
_SECOND = 1_000_000_000  #: nanoseconds, so a shard has room for that many log groups


def created(shard: int) -> int:
    """Return the time of the shard's creation, in seconds since 1970 UTC."""
    return _FIRST_CREATED + shard


def cursor(shard: int, number: int) -> str:
    """Return the cursor of the shard's log group with this number, from 0."""
    return base64.b64encode(b"%d" % (_begin(shard) + number)).decode("ascii")


def number(shard: int, text: str) -> int | None:
    """Return the number of a cursor's log group; negative before the shard's begin; None if it is not a cursor."""
    position = decoded(text)
    return None if position is None else position - _begin(shard)


def _begin(shard: int) -> int:
    return created(shard) * _SECOND
