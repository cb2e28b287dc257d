"""Several requests over one connection: it is kept where it may, opened again where it is gone."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from threading import Thread

import pytest

from sls_contract.exchange import Request
from sls_contract.transport import TransportError, open_transport

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b"


def response(body: bytes = b"[]", more: bytes = b"") -> bytes:
    return HEAD % (len(body), more, body)


@contextmanager
def serving(*connections):
    """Serve one connection after the other: each is a list of responses; what ends the list ends the connection."""
    server = socket.create_server(("127.0.0.1", 0))
    received: list[int] = []

    def work() -> None:
        for number, responses in enumerate(connections):
            connection, _ = server.accept()
            with connection:
                for each in responses:
                    data = b""
                    while not data.endswith(b"\r\n\r\n"):
                        got = connection.recv(4096)
                        if not got:
                            break
                        data += got
                    if not data:
                        break
                    received.append(number)
                    connection.sendall(each)

    thread = Thread(target=work, daemon=True)
    thread.start()
    with server, open_transport(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=20) as transport:
        kept = transport.kept_alive()
        yield kept, received
        kept.close()
        thread.join(20)


def ask(kept) -> bytes:
    return kept(Request("GET", "http://p.127.0.0.1/logstores/l/consumergroups/g")).body


def test_a_connection_is_used_again():
    """As long as the responses let it be, and that is counted."""
    with serving([response(b"1"), response(b"2"), response(b"3")]) as (kept, received):
        assert [ask(kept) for _ in range(3)] == [b"1", b"2", b"3"]
        assert (kept.reused, received) == (2, [0, 0, 0])


@pytest.mark.parametrize(
    "first",
    [
        response(b"1", b"Connection: close\r\n"),
        b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1",
        b"HTTP/1.1 200 OK\r\n\r\n1",
    ],
    ids=["Connection: close", "HTTP/1.0", "without length"],
)
def test_a_connection_that_ends_with_its_response_is_not_used_again(first):
    """The next request opens another one."""
    with serving([first], [response(b"2")]) as (kept, received):
        assert [ask(kept), ask(kept)] == [b"1", b"2"]
        assert (kept.reused, received) == (0, [0, 1])


def test_a_connection_closed_while_idle_is_opened_again():
    """Without an error, whether the end is seen before the request or only after it was taken."""
    with serving([response(b"1")], [response(b"2"), b""], [response(b"3")]) as (kept, received):
        assert [ask(kept), ask(kept), ask(kept)] == [b"1", b"2", b"3"]
        assert received == [0, 1, 1, 2]


def test_bytes_behind_a_response_belong_to_no_other():
    """They show at the response that they follow, and the connection is given up."""
    with serving([response(b"1") + b"stray"], [response(b"2")]) as (kept, received):
        assert [ask(kept), ask(kept)] == [b"1stray", b"2"]
        assert received == [0, 1]


def test_a_new_connection_that_gets_no_response_is_an_error():
    """Nothing is sent a third time."""
    with serving([b""]) as (kept, received):
        with pytest.raises(TransportError, match="closed"):
            ask(kept)
        assert received == [0]
