"""Meanings that no schema can express, each implemented once: the unit of a time, the form of a text.

A contract names them (`Value.unit`, `Value.form`).
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.presentation import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sls_contract.checks.subject import Subject

_FROM, _TO = 1_000_000_000, 4_102_444_800  # 2001-09-09 and 2100-01-01 in Unix seconds
_LONG_AGO = datetime.fromtimestamp(_FROM, UTC)

UNITS: Mapping[str, int] = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
"""How many of each unit are a second."""

_CANONICAL = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"
_BASE64 = re.compile(_CANONICAL)


class Misfit(NamedTuple):
    """Why a text does not fit: the kind of breach and what was expected."""

    kind: str
    expected: str


def implausible_times(times: Collection[int], unit: str, subject: Subject) -> frozenset[int]:
    """Return the times outside 2001 to 2100 when read in a unit; 0 means no time. ``times`` must not be empty.

    If a clock of the exchange itself is before 2001, earlier times are accepted.
    """
    earliest, latest = _FROM * UNITS[unit], _TO * UNITS[unit]
    if earliest <= min(times) and max(times) < latest:
        return frozenset()
    if any(clock is not None and clock < _LONG_AGO for clock in (subject.dated, subject.at, subject.sent)):
        earliest = 0
    return frozenset(time for time in times if time and not earliest <= time < latest)


def read_as_unit(time: int, unit: str) -> str:
    """Describe a time by the unit in which it makes sense."""
    other = next((name for name, count in UNITS.items() if _FROM * count <= time < _TO * count), "")
    if other:
        return f"{shown(time)}, which makes sense in {other} only"
    return f"{shown(time)}, which is {'before the year 2001' if time < _FROM * UNITS[unit] else 'after the year 2100'}"


def _are_cursors(texts: Collection[str]) -> bool:
    try:
        decoded = list(map(a2b_base64, texts))
    except ValueError:
        return False
    if b"".join(map(b2a_base64, decoded)).decode() != "\n".join((*texts, "")):  # not canonical base64
        return False
    digits = b"".join(decoded)
    return not digits or digits.isdigit()


def _cursor_misfit(text: str) -> Misfit | None:
    if not _BASE64.fullmatch(text):
        return Misfit("value", 'canonical standard base64, or ""')
    return None if not text or a2b_base64(text).isdigit() else Misfit("form", "base64 of a decimal number")


class Form(NamedTuple):
    """A form of texts: its regular expression, a fast test of many texts, and the reason why a text does not fit."""

    pattern: str
    fits: Callable[[Collection[str]], bool]
    misfit: Callable[[str], Misfit | None]


FORMS: Mapping[str, Form] = {"base64-cursor": Form(_CANONICAL, _are_cursors, _cursor_misfit)}
"""Every form that a contract may name."""
