"""Real sockets: a reference endpoint on loopback, and a client that says exactly what it is told."""

import socket
from datetime import UTC, datetime

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve


class Wire:
    """One raw connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)

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
