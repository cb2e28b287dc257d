"""The real time: the command line is one of the doors that supply it; rooms take it as a value or a clock."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the real time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the door
