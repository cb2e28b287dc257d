"""The real clock, and the clock that the code under test sees: freezegun and time-machine make them differ.

freezegun replaces the functions that modules imported from Python; time-machine changes those functions in place.
Neither reaches the C library, which is called if Python's own function may be replaced.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from functools import cache
from types import BuiltinFunctionType

_WINDOWS_TICK = 100  # nanoseconds
_WINDOWS_EPOCH = 11_644_473_600  # seconds from 1601 to 1970


def utc_now() -> dt.datetime:
    """Return the real time, aware, in UTC."""
    now = time.time
    if type(now) is not BuiltinFunctionType or "time_machine" in sys.modules:
        now = _c_clock()
    return dt.datetime.fromtimestamp(now(), dt.UTC)


def test_now() -> dt.datetime:
    """Return the time that the code under test sees, aware, in UTC: the frozen time if the clock is frozen."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - what this module is for


class SettableClock:
    """A clock that follows another clock, and can be set forward."""

    def __init__(self, now: Callable[[], dt.datetime] = utc_now) -> None:
        """Start at the other clock's time."""
        self._now, self._offset = now, dt.timedelta()

    def __call__(self) -> dt.datetime:
        """Return the time, aware."""
        return self._now() + self._offset

    def advance(self, seconds: float) -> None:
        """Advance the clock by some seconds at once."""
        self._offset += dt.timedelta(seconds=seconds)


def monotonic() -> float:
    """Return monotonic seconds from an arbitrary start; they pass even if clocks are frozen."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) if sys.platform != "win32" else time.monotonic()


@cache
def _c_clock() -> Callable[[], float]:
    """Return a function that returns the seconds since 1970: of the C library, or Python's if that cannot be called."""
    try:
        import ctypes
    except ImportError:  # pragma: no cover - a Python that was built without it
        return time.time
    if sys.platform == "win32":  # pragma: no cover - the tests run on POSIX
        ticks = ctypes.c_uint64()

        def windows() -> float:
            ctypes.windll.kernel32.GetSystemTimeAsFileTime(ctypes.byref(ticks))
            return ticks.value * _WINDOWS_TICK / 1e9 - _WINDOWS_EPOCH

        return windows
    gettimeofday = ctypes.CDLL(None).gettimeofday

    def posix() -> float:
        value = (ctypes.c_long * 2)()  # seconds and microseconds
        gettimeofday(value, None)
        return value[0] + value[1] / 1e6

    return posix
