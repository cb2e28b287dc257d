"""The transport against raw sockets: what it writes, what it reads, and how it fails."""

from __future__ import annotations

import contextlib
import errno
import socket
import ssl
import struct
import threading
import time

import pytest

from sls_contract.errors import UsageError
from sls_contract.exchange import Request
from sls_contract.transport import TransportError, open_transport

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
RESET = struct.pack("ii", 1, 0)


class Raw:
    """A server that says fixed bytes to every connection, and keeps what it was sent."""

    def __init__(self, *responses: bytes, ending: str = "close", pause: float = 0.0) -> None:
        self.responses, self.ending, self.pause = responses, ending, pause
        self.received: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with connection, contextlib.suppress(OSError):
                    self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        self.received.append(data)
        for response in self.responses:
            connection.sendall(response)
            time.sleep(self.pause)
        if self.ending == "hang":
            time.sleep(3)
        if self.ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


@pytest.fixture
def raw(request):
    servers = []

    def start(*responses: bytes, **options: object) -> Raw:
        servers.append(Raw(*responses, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.listener.close()


def get(host: str = "my-project.127.0.0.1", target: str = "/logstores/l/consumergroups/g?shard=0", headers=()):
    return Request("GET", f"http://{host}{target}", headers or [("Host", host)])


def failure(server: Raw, timeout: float = 5.0) -> TransportError:
    with pytest.raises(TransportError) as caught:
        open_transport(server.url, timeout=timeout)(get())
    return caught.value


def test_writes_exactly_what_it_was_given(raw):
    """Target, header order, casing, repeats and stray bytes reach the endpoint untouched, and nothing is added."""
    server = raw(PLAIN)
    headers = [("host", "P.x"), ("X-LOG-b", "1"), ("x-log-A", "数\udcff"), ("X-LOG-b", "2")]
    open_transport(server.url)(get(target="/a%2fb/%E6%97%A5+c//d?x=%7e&&shard=", headers=headers))
    assert server.received == [
        (
            b"GET /a%2fb/%E6%97%A5+c//d?x=%7e&&shard= HTTP/1.1\r\nhost: P.x\r\nX-LOG-b: 1\r\n"
            b"x-log-A: \xe6\x95\xb0\xff\r\nX-LOG-b: 2\r\n\r\n"
        )
    ]


def test_adds_only_what_http_cannot_do_without(raw):
    """A missing Host is filled in from the URL, and a body gets its length; a length that is there is kept."""
    server = raw(PLAIN)
    send = open_transport(server.url)
    send(Request("POST", "http://p.example/x", [("a", "b")], b"[0]"))
    send(Request("POST", "http://p.example/x", [("content-length", "3")], b"[0]"))
    assert server.received[0] == b"POST /x HTTP/1.1\r\nHost: p.example\r\na: b\r\nContent-Length: 3\r\n\r\n[0]"
    assert server.received[1] == b"POST /x HTTP/1.1\r\nHost: p.example\r\ncontent-length: 3\r\n\r\n[0]"


def test_reads_the_response_as_it_came(raw):
    """Header order, casing, repeats and stray bytes survive; chunks are joined, the content coding stays on."""
    server = raw(
        b"HTTP/1.1 404 N\xc3\xb6\r\nx-LOG-a: \xe6\x95\xb0\xff\r\nX-b: 1\r\nx-B: 2\r\n"
        b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x1f\x8b\r\n1\r\n!\r\n0\r\n\r\n"
    )
    response = open_transport(server.url)(get())
    assert (response.status, response.reason, response.body) == (404, "Nö", b"\x1f\x8b!")
    assert response.headers.pairs[:3] == (("x-LOG-a", "数\udcff"), ("X-b", "1"), ("x-B", "2"))


@pytest.mark.parametrize(
    ("method", "response", "body"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b""),
        ("GET", b"HTTP/1.1 204 No\r\n\r\n", b""),
        ("GET", b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, b"[]"),
        ("GET", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + PLAIN, b"[]"),
    ],
    ids=["head", "204", "no-length", "after-100", "after-others"],
)
def test_knows_where_a_response_ends(raw, method, response, body):
    """HEAD and 204 have no body, a response without a length ends with the connection, 100 is no response."""
    read = open_transport(raw(response).url)(get().replace(method=method))
    assert read.body == body
    assert read.status in {200, 204}


@pytest.mark.parametrize(
    ("responses", "ending", "kind"),
    [
        ((), "close", "closed"),
        ((), "reset", "reset"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]",), "close", "truncated"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]",), "reset", "truncated"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n",), "close", "truncated"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 0",), "close", "truncated"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",), "reset", "reset"),
        ((b"SSH-2.0-OpenSSH_9.2\r\n",), "close", "malformed"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n",), "close", "truncated"),
    ],
)
def test_names_how_an_attempt_failed(raw, responses, ending, kind):
    """Each way in which a peer breaks off has its own kind, and the text says where and what to do."""
    server = raw(*responses, ending=ending, pause=0.05)
    error = failure(server)
    assert error.kind == kind
    assert error.peer in str(error)
    assert "How to fix:" in str(error)


@pytest.mark.parametrize(
    ("head", "piece"),
    [(b"", b" " * (1 << 20)), (b"Transfer-Encoding: chunked\r\n", b"100000\r\n" + b" " * (1 << 20) + b"\r\n")],
    ids=["no-length", "chunked"],
)
def test_a_response_that_never_ends_is_given_up(raw, head, piece):
    """It would fill the memory before the timeout; a large response that ends is read as a whole."""
    begin = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n"
    error = failure(raw(begin, *[piece] * 140))
    assert (error.kind, error.partial) == ("too-large", None)
    assert "(more than 128 MiB). How to fix: end each response, and keep it below this size." in str(error)
    end = b"0\r\n\r\n" if head else b""
    assert open_transport(raw(begin, *[piece] * 60, end).url)(get()).body == b" " * (60 << 20)


def test_a_cut_response_is_kept(raw):
    """What came before the cut is in ``partial``, so that it can be recorded and judged."""
    partial = failure(raw(b"HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 9\r\n\r\n[1]")).partial
    assert partial is not None
    assert (partial.status, partial.body, dict(partial.headers)) == (200, b"[1]", {"X": "y", "Content-Length": "9"})


@pytest.mark.parametrize(
    "responses", [(), (b"HTTP/1.1 200 OK\r\n",), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[",)]
)
def test_a_hung_endpoint_times_out(raw, responses):
    """Silence before, within, and after the head ends when the time is up."""
    started = time.monotonic()
    assert failure(raw(*responses, ending="hang"), timeout=0.2).kind == "timeout"
    assert time.monotonic() - started < 15


def test_a_dripping_endpoint_times_out(raw):
    """The limit is on the whole exchange: an endpoint that sends a byte now and then does not stretch it."""
    started = time.monotonic()
    server = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", *[b"x"] * 400, pause=0.05)
    assert failure(server, timeout=0.3).kind == "timeout"
    assert time.monotonic() - started < 15


def test_what_comes_behind_the_announced_body_is_not_hidden(raw):
    """A Content-Length that is too short leaves the body as it was sent, so that the lie can be found."""
    assert open_transport(raw(PLAIN + b"tail").url)(get()).body == b"[]tail"


def test_nothing_is_sent_twice(raw):
    """A POST whose connection breaks off is sent once; whoever called decides what then."""
    server = raw(ending="reset")
    with pytest.raises(TransportError):
        open_transport(server.url)(Request("POST", "http://p.127.0.0.1/x", body=b"[]"))
    time.sleep(0.05)
    assert len(server.received) == 1


def test_a_route_that_is_lost_after_the_request_left_is_no_lack_of_a_route(raw, monkeypatch):
    """The endpoint may have received the request, so that nobody may take it for one that was not sent."""
    server = raw(PLAIN)

    def lose_the_route(connection, *rest):
        while not server.received:
            time.sleep(0.01)
        raise OSError(errno.EHOSTUNREACH, "No route to host")

    monkeypatch.setattr(socket.socket, "recv_into", lose_the_route)
    error = failure(server)
    assert error.kind == "reset"
    assert "No route to host" in error.reason


def test_refused_dns_and_tls_have_their_own_kinds(raw):
    """Nobody listening, a name that cannot be spelled, and plain text where TLS was expected are told apart."""
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        with pytest.raises(TransportError) as refused:
            open_transport(f"http://127.0.0.1:{unheard.getsockname()[1]}")(get())
        assert refused.value.kind == "refused"
    with pytest.raises(TransportError, match="no route") as unreachable:
        open_transport("http://224.0.0.1:9")(get())  # a multicast address, to which no TCP connection leads
    assert unreachable.value.kind == "unreachable"
    with pytest.raises(TransportError) as dns:
        open_transport("http://example")(get("a" * 70 + ".example"))
    assert dns.value.kind == "dns"
    with pytest.raises(TransportError) as tls:
        open_transport(raw(PLAIN, ending="hang").url.replace("http:", "https:"), timeout=0.3)(get())
    assert tls.value.kind in {"tls", "timeout"}


@pytest.mark.slow
def test_https_is_verified_by_default_and_can_be_given_an_authority(tmp_path):
    """An unknown authority is refused by name; the same endpoint responds once its authority is given."""
    trustme = pytest.importorskip("trustme")
    from datetime import UTC, datetime

    from sls_contract.endpoint import ReferenceEndpoint
    from sls_contract.endpoint.server import serve
    from sls_contract.signing import TEST_CREDENTIALS, sign

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with serve(ReferenceEndpoint(lambda: datetime.now(UTC)), tls=context) as server:
        request = sign(get("my-project.127.0.0.1"), TEST_CREDENTIALS, at=datetime.now(UTC))
        with pytest.raises(TransportError) as caught:
            open_transport(server.url)(request)
        assert caught.value.kind == "tls"
        assert "certificate" in str(caught.value)
        assert open_transport(server.url, tls=trusting)(request).status == 404


def test_a_closed_transport_sends_nothing(raw):
    """After ``with``, a request is a usage error."""
    server = raw(PLAIN)
    with open_transport(server.url) as send:
        assert send(get()).body == b"[]"
    with pytest.raises(UsageError, match="closed"):
        send(get())


def test_a_request_that_would_become_two_is_refused(raw):
    """A line break in a header or a space in the target never reaches the wire."""
    server = raw(PLAIN)
    for broken in (get(headers=[("A", "b\r\nC: d")]), get(target="/a b")):
        with pytest.raises(UsageError, match="cannot be written"):
            open_transport(server.url)(broken)
    assert server.received == []


def test_requests_to_other_hosts_are_refused():
    """A named endpoint gets requests for itself and names below it, nobody else does."""
    with pytest.raises(UsageError, match="not below the endpoint"):
        open_transport("https://cn-hangzhou.log.aliyuncs.com")(get("p.example.com"))


def test_a_timeout_must_be_positive():
    """No time at all is a usage error, not an endless wait."""
    with pytest.raises(UsageError, match="above 0"):
        open_transport("http://127.0.0.1:1", timeout=0)


def test_http_proxy_gets_the_absolute_target(raw, monkeypatch):
    """With HTTP_PROXY the whole URL is the target, and the proxy's own password goes to it."""
    server = raw(PLAIN)
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://us%20er:pw@"))
    open_transport("http://example.com")(get("p.example.com", "/x?y"))
    assert server.received == [
        (
            b"GET http://p.example.com/x?y HTTP/1.1\r\nHost: p.example.com\r\n"
            b"Proxy-Authorization: Basic dXMgZXI6cHc=\r\n\r\n"
        )
    ]


def test_https_proxy_is_asked_for_a_tunnel(raw, monkeypatch):
    """With HTTPS_PROXY a tunnel is asked for; a refusal names the proxy."""
    server = raw(b"HTTP/1.1 407 Proxy\r\nContent-Length: 0\r\n\r\n")
    monkeypatch.setenv("https_proxy", server.url.replace("http://", "http://u:p@"))
    with pytest.raises(TransportError, match="refused to connect: 407"):
        open_transport("https://example.com")(get("p.example.com"))
    assert server.received[0].startswith(b"CONNECT p.example.com:443 HTTP/1.1\r\nHost: p.example.com:443\r\nProxy-A")


def test_a_tunnel_that_opens_is_used(raw, monkeypatch):
    """After 200 the TLS handshake goes through the tunnel (and fails here, because nobody speaks TLS behind it)."""
    server = raw(b"HTTP/1.1 200 Established\r\n\r\n")
    monkeypatch.setenv("https_proxy", server.url)
    with pytest.raises(TransportError) as caught:
        open_transport("https://example.com")(get("p.example.com"))
    assert caught.value.kind in {"tls", "reset"}


def test_the_addresses_reached_are_kept(raw):
    """Whoever says what a response proves needs to know where it came from."""
    transport = open_transport(raw(PLAIN).url)
    assert transport.reached == set()
    transport(get("my-project.127.0.0.1"))
    assert transport.reached == {"127.0.0.1"}
