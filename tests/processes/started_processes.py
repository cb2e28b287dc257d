"""Every process that a test starts: in a group of its own, ended with the test, and mostly forked from a warm Python.

`Started` takes the place of `subprocess.Popen` while tests run. What it forks is a process of its own like any other,
but for the start of its interpreter: our command line and pytest, which tests of their own start, and files in Python
that it has started once before. What reads an interpreter's settings, ``-c`` and other ``-m`` it always starts; with
``SLS_FULL=1`` everything.
"""

from __future__ import annotations

import contextlib
import json
import locale
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from warm_python import LENGTH, NUMBER, Forking

ReallyStarted = subprocess.Popen

HERE = Path(__file__).parent
FULL = bool(os.environ.get("SLS_FULL"))
_INTERPRETER = ("PYTHON", "LC_", "LANG")  # beginnings of variables that an interpreter reads when it starts
_HARMLESS = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}  # what a fork heeds, or what it matters nothing to
_PYTEST, _OURS = ("pytest",), ("sls_contract",)
IN_UTF8 = {} if locale.getencoding() == "UTF-8" else {"PYTHONUTF8": "1"}
"""What makes an interpreter speak UTF-8, set only where it does not without: what reads a setting is not forked."""


class Started(Forking):
    """A process of a test."""

    all: ClassVar[list[Started]] = []
    _may: ClassVar[bool] = not FULL
    servers: ClassVar[dict[str, WarmPython]] = {}
    _before: ClassVar[set[tuple[str, ...]]] = {_OURS, _PYTEST}  # which tests of their own start
    _lock: ClassVar[threading.Lock] = threading.Lock()
    _status: int | None = None  # where the end of one that was forked is told

    def __init__(self, *args, **options) -> None:
        options.setdefault("start_new_session", True)
        super().__init__(*args, **options)
        self.all.append(self)

    @classmethod
    @contextlib.contextmanager
    def really(cls):
        """Fork nothing: for what must not find its modules loaded."""
        before, cls._may = cls._may, False
        try:
            yield
        finally:
            cls._may = before

    def communicate(self, *args, **named):
        """As ever; one that does not end in time first says where each of its threads stands, on its standard error."""
        try:
            return super().communicate(*args, **named)
        except subprocess.TimeoutExpired:
            self.send_signal(signal.SIGABRT)
            time.sleep(1)  # which it takes to write
            raise

    def end(self) -> None:
        """End whatever is left of the group, and give back what belongs to it here."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left; on macOS: only zombies are
            os.killpg(self.pid, signal.SIGKILL)
        self.wait()
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream:
                with contextlib.suppress(OSError):  # what was never written has no reader any more
                    stream.close()
        if self._status is not None:
            os.close(self._status)

    def _may_fork(self, command, environ):
        program = program_of(command)
        if not self._may or program is None:
            return False
        heeded = {"PYTHONPATH"} if program == _PYTEST else set()
        if interpreter_settings(environ, heeded) != interpreter_settings(os.environ, heeded):
            return False
        started = program in self._before
        self._before.add(program)
        return started

    def _fork(self, order, streams):
        command = order["command"]
        name = program_of(command)[0]
        with self._lock:
            if name not in self.servers:
                ours = (name,) in {_PYTEST, _OURS}  # whose forks need what is loaded here; scripts are nobody's modules
                modules = [each for each in sys.modules if ours and each.startswith("sls_contract.")]
                self.servers[name] = WarmPython(str(HERE if ours else Path(command[0]).parent), name, modules)
        pid, self._status = self.servers[name].fork(order, streams)
        return pid

    def _try_wait(self, wait_flags):
        if self._status is None:
            return super()._try_wait(wait_flags)
        if wait_flags & os.WNOHANG and not select.select([self._status], [], [], 0)[0]:
            return 0, 0
        return self.pid, told(self._status)

    def _internal_poll(self, *args, **named):
        if self._status is None:
            return super()._internal_poll(*args, **named)
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):
            try:
                pid, status = self._try_wait(os.WNOHANG)
                if pid and self.returncode is None:
                    self._handle_exitstatus(status)
            finally:
                self._waitpid_lock.release()
        return self.returncode


def program_of(command: list[str]) -> tuple[str, ...] | None:
    """Name what may be forked: our command line, by the command, too, or a file, by what is in it; None: all else."""
    path = Path(command[0])
    if command[:2] == ["-m", "sls_contract"] or path.name == "sls-contract":
        return _OURS
    if command[:2] == ["-m", "pytest"] or path.name == "pytest":
        return _PYTEST
    if command[0] == "-m" or not path.exists():
        return None
    return (sha256(path.read_bytes()).hexdigest() if path.is_file() else str(path),)


def interpreter_settings(environ, heeded: set[str]) -> dict[str, str]:
    read = {name for name, value in environ.items() if name.startswith(_INTERPRETER) and value}
    return {name: environ[name] for name in read - _HARMLESS - heeded}


def told(status: int) -> int:
    data = os.read(status, NUMBER.size)
    assert data, "the warm Python has ended: what it complained of stands in the captured standard error"
    return NUMBER.unpack(data)[0]


class WarmPython:
    """A server of warm_python.py; when nobody can order any more, it ends, and with it whatever it forked."""

    def __init__(self, folder: str, name: str, modules: list[str]) -> None:
        self.lock = threading.Lock()
        self.orders, theirs = socket.socketpair()
        with theirs:
            end = theirs.fileno()
            command = [sys.executable, str(HERE / "warm_python.py"), str(end), folder, name, *modules]
            self.process = ReallyStarted(command, pass_fds=[end], stdin=subprocess.DEVNULL, start_new_session=True)

    def fork(self, order: dict, streams: list[int]) -> tuple[int, int]:
        """Fork; return the process id, and where the end is told."""
        text, (status, theirs) = json.dumps(order).encode(), os.pipe()
        try:
            with self.lock:
                socket.send_fds(self.orders, [LENGTH.pack(len(text))], [*streams, theirs])
                self.orders.sendall(text)
        finally:
            os.close(theirs)
        return told(status), status

    def close(self) -> None:
        self.orders.close()
        self.process.wait()


@contextlib.contextmanager
def processes_of_a_run():
    """Start every process as `Started`; end, when the block ends, whatever was left for a next test."""
    subprocess.Popen = Started
    try:
        yield
    finally:
        subprocess.Popen = ReallyStarted
        end_all_but([])
        for server in Started.servers.values():
            server.close()


def end_all_but(others: list[Started]) -> None:
    """End every process that is not one of these."""
    for process in Started.all:
        if process not in others:
            process.end()
    Started.all[:] = others
