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
from types import MappingProxyType
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

        On Linux, time in which it or this process, which responds to it, waits for a processor is not counted.
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
    """Wait for the end of a process, and return its exit code; None if its time is over.

    The time in which a thread of it, or of this process, which responds to it, waits for a processor is added.
    """
    limit, most, ours = started + timeout, started + (1 + _MOST_EXTENSION) * timeout, _cpu_waits(_own_threads())
    while True:
        try:
            return process.wait(max(limit - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            waited = _longest(_cpu_waits(_threads(process.pid))) + _longest(_cpu_waits(_own_threads()), since=ours)
            limit = min(started + timeout + waited, most)
        if limit < time.monotonic() + _LEAST_EXTENSION:
            if time.monotonic() >= most:
                return None
            before = _ready(*_threads(process.pid), *_own_threads())
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_LEAST_EXTENSION)
            if before.isdisjoint(_ready(*_threads(process.pid), *_own_threads())):
                return None


def _cpu_waits(threads: Iterable[Path]) -> dict[Path, float]:
    """Return how many seconds each thread waited for a processor, up to when it last got one."""
    return {thread: _schedule_of(thread)[1] / 1e9 for thread in threads}


def _longest(waits: Mapping[Path, float], since: Mapping[Path, float] = MappingProxyType({})) -> float:
    return max((seconds - since.get(thread, 0) for thread, seconds in waits.items()), default=0.0)


def _ready(*threads: Path) -> set[tuple[Path, int]]:
    """Return the threads that could run, and how long each has run: one that is the same later still waits."""
    return {(thread, _schedule_of(thread)[0]) for thread in threads if _state_of(thread) == b"R"}


def _own_threads() -> Iterator[Path]:
    with contextlib.suppress(OSError):  # another system than Linux
        yield from Path("/proc/self/task").iterdir()


def _threads(session: int) -> Iterator[Path]:
    """Give the threads of all processes of a session."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
            state = (process / "stat").read_bytes().rpartition(b")")[2].split()
            if int(state[3]) == session:
                yield from (process / "task").iterdir()


def _schedule_of(task: Path) -> tuple[int, int]:
    """Return how many nanoseconds a thread ran, and how many it waited for a processor before it ran."""
    with contextlib.suppress(OSError):
        ran, waited, _ = (task / "schedstat").read_bytes().split()
        return int(ran), int(waited)
    return 0, 0


def _state_of(task: Path) -> bytes:
    with contextlib.suppress(OSError):
        return (task / "stat").read_bytes().rpartition(b")")[2].split()[0]
    return b""


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
