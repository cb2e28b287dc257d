"""Run a command in its own process group, with a time limit, and keep the end of its output."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sls_contract.errors import UsageError

MOST_STDOUT = 1 << 20
"""Bytes of standard output that are kept, from its end."""

MOST_STDERR = 4096
"""Bytes of standard error that are kept, from its end."""

_GRACE = 1.0  # seconds between SIGTERM and SIGKILL
_LEAST_EXTENSION = 0.5  # seconds; shorter extensions of the time limit are not granted
_MOST_EXTENSION = 9  # times the time limit; bounded, because its own threads compete, too
_CHUNK = 65_536


class Stopped(Exception):
    """The processes were stopped; no other starts."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended.

    Attributes:
        exit_code: 0 to 255; negative: the signal that ended it; None: it exceeded its time limit.
        stdout: the end of its standard output.
        stderr: the end of its standard error.
        seconds: how long it ran.

    """

    exit_code: int | None
    stdout: bytes
    stderr: bytes
    seconds: float


class Processes:
    """Runs a command, from any thread, and can end all its processes."""

    def __init__(self, command: Sequence[str], *, watched: bool = False) -> None:
        """Keep the command; ``watched``: its processes end with this one, even if that is killed."""
        self._watch = _Watch() if watched else None
        self._command = list(command)
        self._lock, self._running, self._stopped = threading.Lock(), set[subprocess.Popen[bytes]](), False

    def run(self, environ: Mapping[str, str], timeout: float) -> Ending:
        """Run the command once, and end its whole process group, at the latest after ``timeout`` seconds.

        On Linux, time in which it waits for a processor is not counted, because other processes use that time.
        Raises `UsageError` if the system cannot start it, `Stopped` after ``stop``.
        """
        started = time.monotonic()
        process = self._start(environ)
        stdout, stderr = _Tail(process.stdout, MOST_STDOUT), _Tail(process.stderr, MOST_STDERR)
        code = _wait(process, started, timeout)
        seconds = time.monotonic() - started
        _terminate(process)
        with self._lock:
            self._running.discard(process)
            self._report_running()
            if self._stopped:
                raise Stopped
        return Ending(code, stdout.data(), stderr.data(), seconds)

    def stop(self) -> None:
        """End every running process, and start no other."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        for process in running:
            _terminate(process)
        if self._watch is not None:
            self._watch.stop()

    def _start(self, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._lock:  # `stop` must see every started process
            if self._stopped:
                raise Stopped
            try:
                process = subprocess.Popen(  # noqa: S603 - running the user's command is the purpose
                    self._command,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                )
            except (OSError, ValueError) as error:  # ValueError: a zero byte in an argument
                reason = error.strerror if isinstance(error, OSError) else "an argument contains a zero byte"
                msg = (
                    f"cannot run {self._command[0]!r}: {reason}. "
                    "How to fix: name a program that you may run, such as: sls-contract exercise -- python client.py"
                )
                raise UsageError(msg) from error
            self._running.add(process)
            self._report_running()
            return process

    def _report_running(self) -> None:
        if self._watch is not None:
            self._watch.report(process.pid for process in self._running)


class _Watch:
    """A shell that kills process groups when this process ends, whatever the cause: its pipe is closed then."""

    def __init__(self) -> None:
        script = 'while read -r line; do groups=$line; done; for each in $groups; do kill -9 "-$each"; done'
        self._shell = subprocess.Popen(  # noqa: S603 - a fixed command
            ["/bin/sh", "-c", script], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def report(self, groups: Iterable[int]) -> None:
        """Send the current process groups to the shell."""
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{' '.join(map(str, groups))}\n".encode())
        self._shell.stdin.flush()

    def stop(self) -> None:
        """End the shell; no group is left to watch."""
        with contextlib.suppress(BrokenPipeError):  # another process ended the shell
            self.report(())
        self._shell.communicate()


class _Tail:
    """Reads a pipe to its end in a thread, and keeps the last bytes."""

    def __init__(self, pipe: IO[bytes] | None, most: int) -> None:
        assert pipe is not None
        self._pipe, self._most, self._data = pipe, most, bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        # EBADF: the pipe was closed here, while a process that left its group keeps the other end open.
        with self._pipe, contextlib.suppress(OSError):
            while chunk := os.read(self._pipe.fileno(), _CHUNK):
                self._data += chunk
                del self._data[: -self._most]

    def data(self) -> bytes:
        """Return the last bytes; do not wait for a process that left its group and keeps the pipe open."""
        self._thread.join(_GRACE)
        return bytes(self._data)


def _wait(process: subprocess.Popen[bytes], started: float, timeout: float) -> int | None:
    """Wait for the end of a process, and return its exit code; None if its time is over."""
    limit = started + timeout
    while True:
        try:
            return process.wait(max(limit - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            limit = started + timeout + min(_cpu_wait(process.pid), _MOST_EXTENSION * timeout)
            if limit < time.monotonic() + _LEAST_EXTENSION:
                return None


def _cpu_wait(session: int) -> float:
    """Return how many seconds a session waited for a processor: the maximum over its threads."""
    return max((_cpu_wait_of(task) for task in _tasks(session)), default=0.0)


def _tasks(session: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
            state = (process / "stat").read_bytes().rpartition(b")")[2].split()
            if int(state[3]) == session:
                yield from (process / "task").iterdir()


def _cpu_wait_of(task: Path) -> float:
    with contextlib.suppress(OSError):
        return int((task / "schedstat").read_bytes().split()[1]) / 1e9
    return 0.0


def _terminate(process: subprocess.Popen[bytes]) -> None:
    """End the process group: SIGTERM first if the process still runs, then SIGKILL for the rest."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # no process is left; on macOS, only zombies
        os.killpg(process.pid, number)
