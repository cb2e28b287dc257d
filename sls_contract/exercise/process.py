"""Run a command in a process group of its own, with a time limit, and keep the end of what it prints."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_OUTPUT = 1 << 20
"""Bytes of standard output that are kept: the last ones."""

MOST_COMPLAINTS = 4096
"""Bytes of standard error that are kept: the last ones."""

_GRACE = 1.0  # seconds between asking a process to end and ending it
_LEAST = 0.5  # seconds that a process is given in addition
_MOST = 9  # times its time, that a process is given in addition: its own threads take a processor, too
_CHUNK = 65_536


class Stopped(Exception):
    """No more processes are wanted."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a process ended.

    Attributes:
        exit_code: 0 to 255; below 0: the signal that ended it; None: it was still running when its time was over.
        output: the end of its standard output.
        complaints: the end of its standard error.
        seconds: how long it ran.

    """

    exit_code: int | None
    output: bytes
    complaints: bytes
    seconds: float


class Processes:
    """Runs commands, from any thread, and can end all of them."""

    def __init__(self, command: Sequence[str], *, watched: bool = False) -> None:
        """Keep the command that is run each time; ``watched``: what runs ends with this process, even a killed one."""
        self._watch = _Watch() if watched else None
        self._command = list(command)
        self._lock, self._running, self._stopped = threading.Lock(), set[subprocess.Popen[bytes]](), False

    def run(self, environ: Mapping[str, str], timeout: float) -> Ending:
        """Run the command once; when its time (seconds) is over, its whole process group is ended.

        The time in which it waited for a processor is not counted where the system tells it (Linux): others took that.
        Raises `UsageError` where the system cannot start it, `Stopped` after ``stop``.
        """
        begun = time.monotonic()
        process = self._start(environ)
        output, complaints = _Tail(process.stdout, MOST_OUTPUT), _Tail(process.stderr, MOST_COMPLAINTS)
        code = _ended(process, begun, timeout)
        seconds = time.monotonic() - begun
        _end(process)
        with self._lock:
            self._running.discard(process)
            self._tell()
            if self._stopped:
                raise Stopped
        return Ending(code, output.data(), complaints.data(), seconds)

    def stop(self) -> None:
        """End every process that runs, and start no other."""
        with self._lock:
            self._stopped = True
            running = tuple(self._running)
        for process in running:
            _signal(process, signal.SIGTERM)
        for process in running:
            _end(process)
        if self._watch is not None:
            self._watch.stop()

    def _start(self, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._lock:  # a process that is started is known to `stop`
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
                reason = error.strerror if isinstance(error, OSError) else "an argument holds a zero byte"
                msg = (
                    f"cannot run {self._command[0]!r}: {reason}. "
                    "How to fix: name a program that you may run, such as: sls-contract exercise -- python client.py"
                )
                raise UsageError(msg) from error
            self._running.add(process)
            self._tell()
            return process

    def _tell(self) -> None:
        if self._watch is not None:
            self._watch.tell(process.pid for process in self._running)


class _Watch:
    """A shell that ends process groups when the pipe from this process ends, however that came."""

    def __init__(self) -> None:
        script = 'while read -r line; do groups=$line; done; for each in $groups; do kill -9 "-$each"; done'
        self._shell = subprocess.Popen(  # noqa: S603 - a fixed command
            ["/bin/sh", "-c", script], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )

    def tell(self, groups: Iterable[int]) -> None:
        """Say which groups there are now."""
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{' '.join(map(str, groups))}\n".encode())
        self._shell.stdin.flush()

    def stop(self) -> None:
        """End it; no group is left to watch."""
        with contextlib.suppress(BrokenPipeError):  # somebody ended it
            self.tell(())
        self._shell.communicate()


class _Tail:
    """Reads a pipe to its end in a thread, and keeps the last bytes."""

    def __init__(self, pipe: IO[bytes] | None, most: int) -> None:
        assert pipe is not None
        self._pipe, self._most, self._data = pipe, most, bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._pipe:
            while chunk := os.read(self._pipe.fileno(), _CHUNK):
                self._data += chunk
                del self._data[: -self._most]

    def data(self) -> bytes:
        """Return what was read; a process that escaped its group and holds the pipe is not waited for."""
        self._thread.join(_GRACE)
        return bytes(self._data)


def _ended(process: subprocess.Popen[bytes], begun: float, timeout: float) -> int | None:
    """Wait for the end of a process, and return its exit code; None where its time is over."""
    limit = begun + timeout
    while True:
        try:
            return process.wait(max(limit - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            limit = begun + timeout + min(_waited(process.pid), _MOST * timeout)
            if limit < time.monotonic() + _LEAST:
                return None


def _waited(session: int) -> float:
    """Return for how many seconds a thread of a session waited for a processor: of all its threads, the most."""
    return max((_waiting(task) for task in _tasks(session)), default=0.0)


def _tasks(session: int) -> Iterator[Path]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
            state = (process / "stat").read_bytes().rpartition(b")")[2].split()
            if int(state[3]) == session:
                yield from (process / "task").iterdir()


def _waiting(task: Path) -> float:
    with contextlib.suppress(OSError):
        return int((task / "schedstat").read_bytes().split()[1]) / 1e9
    return 0.0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process group: politely first where the process still runs, then whatever is left of it."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS: only zombies are
        os.killpg(process.pid, number)
