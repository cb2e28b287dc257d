"""Real sockets: a reference endpoint on loopback, and a client that says exactly what it is told."""

import contextlib
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve

sys.path.insert(0, str(Path(__file__).parent))  # tests are no package: what they share lies beside them


class Wire:
    """One raw connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)

    def say(self, data: bytes) -> "Wire":
        self.socket.sendall(data)
        return self

    def all(self) -> bytes:
        """Return everything until the server closes."""
        parts = []
        while part := self.socket.recv(65536):
            parts.append(part)
        return b"".join(parts)

    def until(self, end: bytes) -> bytes:
        data = b""
        while not data.endswith(end):
            part = self.socket.recv(1)
            assert part, f"closed after {data!r}"
            data += part
        return data


@pytest.fixture
def wire():
    opened = []

    def connect(port: int) -> Wire:
        opened.append(Wire(port))
        return opened[-1]

    yield connect
    for each in opened:
        each.socket.close()


@pytest.fixture
def endpoint():
    with ReferenceEndpoint(lambda: datetime.now(UTC)) as made:
        yield made


@pytest.fixture
def server(endpoint):
    with serve(endpoint) as running:
        yield running
        assert running.failures == ()


@contextlib.contextmanager
def serve_command(*options: str, port: str = "0", environ: dict[str, str] | None = None):
    """Start the command and wait for its first line; end it by SIGKILL where the test has not."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sls_contract", "serve", "--port", port, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, **(environ or {})},
    )
    try:
        process.first_line = process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def command():
    """``sls-contract serve`` as a process of its own."""
    return serve_command
