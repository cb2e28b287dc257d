"""Clients of ours run as `sls-contract exercise` runs them, but forked from a warm Python: see fork_server.py."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import threading
import weakref
from pathlib import Path

from fork_server import LENGTH, NUMBER

from sls_contract.exercise.process import Processes, Stopped

SERVER = Path(__file__).with_name("fork_server.py")


class ForkServer:
    """A process that forks clients, and ends with all of them."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.orders, theirs = socket.socketpair()
        with theirs:
            end = theirs.fileno()
            command = [sys.executable, str(SERVER), str(end)]
            self.process = subprocess.Popen(command, pass_fds=[end], start_new_session=True)

    def close(self) -> None:
        self.orders.close()
        self.process.wait()

    def processes(self, command: list[str]) -> ForkedProcesses:
        return ForkedProcesses(command, self)

    def fork(self, name: str, environ: dict[str, str]) -> Forked:
        order = json.dumps({"name": name, "environ": dict(environ)}).encode()
        pipes = [os.pipe() for _ in range(3)]
        theirs = [write for _, write in pipes]
        try:
            with self.lock:
                socket.send_fds(self.orders, [LENGTH.pack(len(order))], theirs)
                self.orders.sendall(order)
        finally:
            for each in theirs:
                os.close(each)
        return Forked(*(read for read, _ in pipes))


class ForkedProcesses(Processes):
    """As the runner has them, but for what starts a process."""

    def __init__(self, command: list[str], server: ForkServer) -> None:
        super().__init__(command)
        self.server = server

    def _start(self, environ):
        with self._lock:
            if self._stopped:
                raise Stopped
            process = self.server.fork(self._command[-1], environ)
            self._running.add(process)
            return process


class Forked:
    """A process of the server's: what the runner asks of a ``subprocess.Popen``."""

    def __init__(self, output: int, complaints: int, status: int) -> None:
        self.stdout, self.stderr, self.status = os.fdopen(output, "rb"), os.fdopen(complaints, "rb"), status
        weakref.finalize(self, os.close, status)
        self.lock, self.returncode = threading.Lock(), None
        self.pid = self._number()

    def poll(self) -> int | None:
        with self.lock:
            if self.returncode is None and self._told(0):
                self.returncode = self._number()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not self._told(timeout):
            raise subprocess.TimeoutExpired(str(self.pid), timeout)
        return self.poll()

    def _told(self, timeout: float | None) -> bool:
        return bool(select.select([self.status], [], [], timeout)[0])

    def _number(self) -> int:
        data = os.read(self.status, NUMBER.size)
        assert data, "the fork server has ended; what it complained of stands in the captured standard error"
        return NUMBER.unpack(data)[0]
