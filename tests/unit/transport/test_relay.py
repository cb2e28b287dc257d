"""A proxy's way upstream."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.endpoint.server import serve
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, Response
from sls_contract.transport import TransportError
from sls_contract.transport.relay import Relay

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
PATH = "/logstores/l/consumergroups/g?shard=0"


@pytest.mark.parametrize(
    ("relay", "asked", "onward"),
    [
        (Relay(), f"http://{HOST}", f"https://{HOST}"),
        (Relay(), f"http://{HOST}:80", f"https://{HOST}"),
        (Relay(), f"https://{HOST}", f"https://{HOST}"),
        (Relay(), f"http://{HOST}:8080", f"http://{HOST}:8080"),
        (Relay(), "http://p.sls.test", "http://p.sls.test"),
        (Relay(plain=True), f"http://{HOST}:80", f"http://{HOST}:80"),
        (Relay("http://127.0.0.1:1"), f"http://{HOST}:80", f"http://{HOST}:80"),
        (Relay("https://cn-hangzhou.log.aliyuncs.com"), f"http://{HOST}:80", f"https://{HOST}"),
        (Relay("http://sls.test"), "http://p.sls.test", "http://p.sls.test"),
    ],
)
def test_the_url_says_what_is_asked(relay, asked, onward):
    """The service over https, unless that was not wanted; another endpoint as it was named."""
    assert relay.forwarded(Request("GET", asked + PATH)).url == onward + PATH


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Host", "Date", "Proxy-Connection", "Expect", "proxy-authorization", "X-a"]), st.text()
        )
    )
)
def test_only_what_was_for_this_hop_goes(fields):
    """All other fields stay as they are, in their order."""
    request = Request("GET", f"http://{HOST}{PATH}", fields)
    kept = [pair for pair in fields if pair[0] in {"Host", "Date", "X-a"}]
    assert list(Relay().forwarded(request).headers.pairs) == kept


def test_chunks_that_were_joined_are_announced_by_length():
    """Else the endpoint would read the body as chunks."""
    request = Request("POST", f"http://{HOST}/", {"Transfer-Encoding": "chunked", "X": "y"}, b"body")
    assert Relay().forwarded(request).headers.pairs == (("X", "y"), ("Content-Length", "4"))


def test_the_address_that_was_reached_is_told():
    """Of a whole response, and of one that broke off."""
    with serve(lambda _: Response(200, {"Content-Length": "9"}, b"cut")) as server:
        reached: set[str] = set()
        with pytest.raises(TransportError):
            Relay(server.url).send(Request("GET", f"http://{HOST}/"), reached)
    assert reached == {"127.0.0.1"}


def test_closing_cuts_off_what_is_under_way():
    """A silent endpoint does not keep a proxy from ending; later requests are refused."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        relay = Relay(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=60)
        ended: list[float] = []

        def ask() -> None:
            with pytest.raises(TransportError):
                relay.send(Request("GET", f"http://{HOST}/"), set())
            ended.append(time.monotonic())

        thread = threading.Thread(target=ask)
        thread.start()
        connection, _ = silent.accept()
        with connection:
            connection.recv(1000)
            relay.close()
            thread.join(10)
    assert ended
    with pytest.raises(UsageError, match="closed"):
        relay.send(Request("GET", f"http://{HOST}/"), set())


@pytest.mark.parametrize(("to", "timeout"), [("ftp://x", 1), (None, 0), (None, float("nan"))])
def test_what_could_carry_nothing_is_refused_at_once(to, timeout):
    """Before a client asks."""
    with pytest.raises(UsageError):
        Relay(to, timeout=timeout)
