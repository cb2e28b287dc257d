"""A server on loopback that keeps what it receives, byte for byte, and says 200 to everything."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from sls_contract.cassettes.recorder.framing import RequestReader

if TYPE_CHECKING:
    from sls_contract.exchange import Request

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Wire:
    """What was received last, as a `Request` whose bytes are those of the wire; ``responses`` come first, if any."""

    def __init__(self) -> None:
        self.received: list[Request] = []
        self.raw: list[bytes] = []
        self.responses: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                reader = RequestReader("http", f"127.0.0.1:{self.port}")
                while not reader.complete and (data := connection.recv(65536)):
                    reader.feed(data)
                if reader.complete:
                    self.raw.append(bytes(reader.raw))
                    self.received.append(reader.request())
                    connection.sendall(self.responses.pop(0) if self.responses else RESPONSE)

    @property
    def last(self) -> Request:
        return self.received[-1]

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)


@pytest.fixture(scope="module")
def wire():
    made = Wire()
    yield made
    made.close()
