"""An exclusive lock on an open file, between processes; the operating system releases it when its holder dies."""

from __future__ import annotations

import os
import sys
import time

from sls_contract.clock import monotonic
from sls_contract.errors import CassetteBusy

_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.05  # seconds
_LOCKED_BYTE = 1 << 62  # Windows locks byte ranges, also against reading: use a byte far behind any content


def lock(fd: int, path: os.PathLike[str] | str, timeout: float) -> None:
    """Wait up to ``timeout`` seconds for the exclusive lock on a file descriptor; raises `CassetteBusy`."""
    deadline, pause = monotonic() + timeout, _FIRST_PAUSE
    while not _try_lock(fd):
        if monotonic() >= deadline:
            msg = (
                f"{os.fspath(path)} has been locked by another process for {timeout:g} s\n"
                "How to fix: wait for that process to end, or stop it; a dead process holds no lock."
            )
            raise CassetteBusy(msg)
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


if sys.platform == "win32":  # pragma: no cover - the tests run on POSIX
    import msvcrt

    def _try_lock(fd: int) -> bool:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(fd: int) -> None:
        """Release the lock."""
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(fd: int) -> None:
        """Release the lock."""
        fcntl.flock(fd, fcntl.LOCK_UN)
