"""Reads a response from a socket until a deadline, and no more than a response can have."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from sls_contract.clock import monotonic

if TYPE_CHECKING:
    import socket

_MOST_BYTES = 128 << 20  # of a response: more than ten times what PullLogs may return


class TooLarge(OSError):
    """A response has too many bytes; it may never end."""


class TimedReader(io.RawIOBase):
    """Reads a socket until a deadline; a broken connection reads as its end, with the error in ``failure``.

    So does a response of more than `_MOST_BYTES`, which would fill the memory before the deadline.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self.failure: OSError | None = None
        self.ended = False
        self._finished = False
        self._received = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer protocol has no type in 3.11
        """Read what has arrived; 0 at the end of the response, and where it broke."""
        if self._finished:
            return 0
        try:
            limit(self._connection, self._deadline)
            received = self._connection.recv_into(buffer)
            self._received += received
            if self._received > _MOST_BYTES:
                msg = f"more than {_MOST_BYTES >> 20} MiB"
                raise TooLarge(msg)
        except OSError as error:
            self.failure, received = error, 0
        self.ended = not received
        return received

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a buffered reader, the only thing that `http.client.HTTPResponse` needs of a socket."""
        self._buffer = _UnclosedReader(self)
        return self._buffer

    def surplus(self) -> bytes:
        """Return the bytes already received after the end of the response, without waiting for more."""
        self._finished = True
        return self._buffer.peek()


class _UnclosedReader(io.BufferedReader):
    """A reader that `http.client.HTTPResponse` cannot close, so that the bytes after the response stay readable."""

    def close(self) -> None:
        pass


def remaining(deadline: float) -> float:
    """Return the seconds left; raises `TimeoutError` if there are none."""
    seconds = deadline - monotonic()
    if seconds <= 0:
        msg = "timed out"
        raise TimeoutError(msg)
    return seconds


def limit(connection: socket.socket, deadline: float) -> None:
    """Let a connection wait until the deadline; raises `TimeoutError` if it has passed."""
    connection.settimeout(remaining(deadline))
