"""What the server does with bytes: exact in, exact out, patient with nobody."""

import contextlib
import socket
import struct
import threading
import time

import pytest
from advice import advised

from sls_contract.endpoint import DeliveredResponse, Delivery
from sls_contract.endpoint.server import Limits, serve
from sls_contract.errors import EndpointError
from sls_contract.exchange import Request, Response

GET = b"GET /logstores/l HTTP/1.1\r\nHost: p.127.0.0.1\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: p.127.0.0.1\r\nConnection: close\r\n\r\n"


class Echo:
    """A Send that keeps what it got and returns what it was given."""

    def __init__(self, response: Response) -> None:
        self.response, self.requests = response, []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self.response


OK = Response(200, {"Content-Length": "2"}, b"ok")


@contextlib.contextmanager
def served(response: Response = OK, **options):
    echo = Echo(response)
    with serve(echo, **options) as server:
        server.echo = echo
        yield server
        assert server.failures == ()


def test_the_bytes_on_the_wire_are_exactly_ours(wire):
    """Status, reason, order, casing, repeated and odd headers go out as they are, nothing added."""
    odd = Response(299, [("x-B", "1"), ("X-a", "组"), ("x-B", "2"), ("content-LENGTH", "2")], b"ok", reason="Fine")
    with served(odd) as server:
        got = wire(server.port).say(LAST).all()
    assert got == b"HTTP/1.1 299 Fine\r\nx-B: 1\r\nX-a: " + "组".encode() + b"\r\nx-B: 2\r\ncontent-LENGTH: 2\r\n\r\nok"


def test_the_request_arrives_byte_for_byte(wire):
    """Target, header order and casing, stray bytes and a compressed body are kept."""
    with served() as server:
        wire(server.port).say(
            b"POST /a%2fB/../%E7?q=%41+&b=%E7%BB%84&& HTTP/1.1\r\n"
            b"hOST: my-project.127.0.0.1:1\r\nX-b: 1\r\nx-A: \xff\r\nX-b: 2\r\n"
            b"Content-Encoding: gzip\r\nContent-Length: 3\r\nConnection: close\r\n\r\n\x1f\x8b\x00"
        ).all()
        (got,) = server.echo.requests
    assert got.method == "POST"
    assert got.url == "http://my-project.127.0.0.1:1/a%2fB/../%E7?q=%41+&b=%E7%BB%84&&"
    assert got.headers.pairs[:4] == (("hOST", "my-project.127.0.0.1:1"), ("X-b", "1"), ("x-A", "\udcff"), ("X-b", "2"))
    assert got.body == b"\x1f\x8b\x00"
    assert got.project == "my-project"


def test_a_proxied_request_keeps_its_target_and_host(wire):
    """An absolute-form target becomes the URL, while the Host header stays as it came."""
    host = "my-project.cn-shanghai.log.aliyuncs.com"
    target = f"http://{host}:80/logstores/l/consumergroups/g?shard=0"
    with served() as server:
        wire(server.port).say(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()).all()
        (got,) = server.echo.requests
    assert got.url == target
    assert got.host == host


def test_a_request_without_host_gets_the_servers_own(wire):
    """HTTP/1.0 needs no Host; its connection ends after the response."""
    with served() as server:
        assert wire(server.port).say(b"GET /x HTTP/1.0\r\n\r\n").all().endswith(b"ok")
        assert server.echo.requests[0].url == f"{server.url}/x"


def test_connect_says_use_http(wire):
    """A tunnel is refused with words that help, as urllib3 asks for it: HTTP/1.0 and no Host."""
    with served() as server:
        got = wire(server.port).say(b"CONNECT my-project.cn-shanghai.log.aliyuncs.com:443 HTTP/1.0\r\n\r\n").all()
        assert server.echo.requests == []
    assert got.startswith(b"HTTP/1.1 501 ")
    scheme = advised(got.decode(), "point the client at (http)://").group(1)
    with served() as server:
        plain = f"GET {scheme}://p.cn-shanghai.log.aliyuncs.com/ HTTP/1.0\r\n\r\n".encode()
        assert wire(server.port).say(plain).all().startswith(b"HTTP/1.1 200 ")
    assert b"x-sls-contract: TunnelNotOpened" in got


@pytest.mark.parametrize(
    "line",
    [
        b"GET / HTTP/1.1\r\nHost: evil.example",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: my-project.cn-shanghai.log.aliyuncs.com",
    ],
)
def test_foreign_hosts_are_refused_and_remembered(wire, line):
    """A request for a host that is not ours never reaches the Send."""
    with served() as server:
        got = wire(server.port).say(line + b"\r\n\r\n").all()
        assert server.echo.requests == []
        assert server.foreign_hosts == ("evil.example",)
    assert got.startswith(b"HTTP/1.1 502 ")
    assert b"evil.example is not an SLS host" in got
    assert advised(got.decode(), r"NO_PROXY=\S+ where the client runs")
    allowed = advised(got.decode(), r"serve --allow-host (\S+), or serve\(…, hosts=").group(1)
    with served(hosts=[allowed]) as server:
        assert wire(server.port).say(line + b"\r\nConnection: close\r\n\r\n").all().startswith(b"HTTP/1.1 200 ")
    assert b"x-sls-contract: HostNotServed" in got


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "p.127.0.0.1:99",
        "localhost:1",
        "p.localhost",
        "[::1]:1",
        "A.LOG.ALIYUNCS.COM",
        "p.sls.test",
        "sls.test:80",
    ],
)
def test_own_hosts_are_served(wire, host):
    """Loopback, SLS and configured names are ours, in any casing, with any port."""
    with served(hosts=["sls.test"]) as server:
        assert wire(server.port).say(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()).all()
        assert len(server.echo.requests) == 1


@pytest.mark.parametrize("host", ["evilaliyuncs.com", "127.0.0.1.evil.example", "x.sls.test.evil", "1127.0.0.1"])
def test_names_that_only_look_like_ours_are_foreign(wire, host):
    """A suffix without its dot, or our name in front of another, is foreign."""
    with served(hosts=["sls.test"]) as server:
        got = wire(server.port).say(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()).all()
        assert got.startswith(b"HTTP/1.1 502 ")


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\nHost: a.127.0.0.1\r\nHost: b.127.0.0.1\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET ftp://x/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET http:///x HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /\xe7\xbb\x84 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    ],
)
def test_what_is_no_request_is_400_and_the_server_lives(wire, said):
    """The response to garbage is in plain words, without the library's own headers, and the next client is served."""
    with served() as server:
        got = wire(server.port).say(said).all()
        assert got.startswith(b"HTTP/1.1 400 ")
        assert b"expected " in got
        assert b"\r\nServer:" not in got
        assert b"\r\nDate:" not in got
        assert wire(server.port).say(LAST).all().endswith(b"ok")


def test_connections_are_kept_and_responses_to_pipelined_requests_are_in_order(wire):
    """Fifty requests in one packet get fifty responses on one connection."""
    with served() as server:
        got = wire(server.port).say(GET * 49 + LAST).all()
        assert got.count(b"HTTP/1.1 200 OK") == 50 == len(server.echo.requests)


def test_the_response_to_head_has_no_body(wire):
    """HEAD gets the length and no byte of the body, and the connection goes on."""
    with served() as server:
        got = wire(server.port).say(GET.replace(b"GET", b"HEAD") + LAST).all()
    assert got == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" * 2 + b"ok"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Length": "5"}, 200),
        ({"Content-Length": "1"}, 200),
        ({}, 200),
        ({"Content-Length": "2", "Connection": "close"}, 200),
        ({"Content-Length": "x"}, 200),
        ([("Content-Length", "2"), ("Content-Length", "3")], 200),
        ({"Content-Length": "2"}, 304),
    ],
)
def test_after_a_lie_the_connection_ends(wire, headers, status):
    """Where the client cannot see the end of the body, or must not, everything is sent and the connection closed."""
    with served(Response(status, headers, b"ok")) as server:
        got = wire(server.port).say(GET).all()
    assert got.count(b"HTTP/1.1") == 1
    assert got.endswith(b"\r\n\r\nok")


def test_chunked_responses_are_chunked_again(wire):
    """Headers that announce chunks get chunks, and the connection goes on; an empty body is the last chunk alone."""
    for body, sent in ((b"ok", b"2\r\nok\r\n0\r\n\r\n"), (b"", b"0\r\n\r\n")):
        with served(Response(200, {"Transfer-Encoding": "chunked"}, body)) as server:
            got = wire(server.port).say(GET + LAST).all()
        assert got == (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + sent) * 2


def test_a_bodiless_status_keeps_the_connection(wire):
    """204 needs no length."""
    with served(Response(204)) as server:
        assert wire(server.port).say(GET + LAST).all() == b"HTTP/1.1 204 No Content\r\n\r\n" * 2


def test_a_truncated_response_stops_in_the_middle(wire):
    """The announced length stays, the first bytes come, then the end; chunks end without their last."""
    cut = Delivery(body_bytes=1)
    with served(DeliveredResponse(200, {"Content-Length": "2"}, b"ok", delivery=cut)) as server:
        assert wire(server.port).say(GET).all() == b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"
    with served(DeliveredResponse(200, {"Transfer-Encoding": "chunked"}, b"ok", delivery=cut)) as server:
        assert wire(server.port).say(GET).all().endswith(b"\r\n\r\n1\r\no\r\n")


def test_a_silent_close_sends_nothing(wire):
    """The connection ends in good order without a byte."""
    with served(DeliveredResponse(200, delivery=Delivery(silent=True, ending="close"))) as server:
        assert wire(server.port).say(GET).all() == b""


@pytest.mark.parametrize("silent", [True, False])
def test_a_reset_is_a_reset(wire, silent):
    """The client's read fails with ECONNRESET, before or after the response's bytes."""
    with served(
        DeliveredResponse(200, {"Content-Length": "9"}, b"ok", delivery=Delivery(silent=silent, ending="reset"))
    ) as server:
        connection = wire(server.port).say(GET)
        with pytest.raises(ConnectionResetError):
            connection.all()


def test_a_late_response_holds_nobody_else_up(wire):
    """While one response waits, another client is served."""

    def send(request: Request) -> Response:
        return DeliveredResponse(200, OK.headers, b"ok", delivery=Delivery(delay=0.5)) if request.path == "/" else OK

    with serve(send) as server:
        began = time.monotonic()
        late = wire(server.port).say(LAST)
        assert wire(server.port).say(GET).until(b"ok")
        assert time.monotonic() - began < 0.4
        assert late.all().endswith(b"ok")
        assert time.monotonic() - began >= 0.5


def test_a_blocking_send_runs_in_threads(wire):
    """Four clients of a Send that waits for all four get their responses."""
    barrier = threading.Barrier(4, timeout=60)

    def send(_request: Request) -> Response:
        barrier.wait()
        return OK

    with serve(send, blocking=True) as server:
        clients = [wire(server.port).say(LAST) for _ in range(4)]
        assert [client.all()[-2:] for client in clients] == [b"ok"] * 4
        assert server.failures == ()


def test_a_send_that_fails_is_500_and_remembered(wire):
    """No traceback reaches the client; the error stands in failures."""

    def send(_request: Request) -> Response:
        msg = "secret"
        raise RuntimeError(msg)

    with serve(send) as server:
        got = wire(server.port).say(GET).all()
        assert got.startswith(b"HTTP/1.1 500 ")
        assert b"secret" not in got
        assert [str(each) for each in server.failures] == ["secret"]


@pytest.mark.parametrize("response", [None, Response(200, {"X": "\ud800"})])
def test_a_response_that_is_none_is_a_failure(wire, response):
    """What no wire can carry is 500 and remembered."""
    with serve(lambda _request: response) as server:
        assert wire(server.port).say(GET).all().startswith(b"HTTP/1.1 500 ")
        assert len(server.failures) == 1


def test_an_old_client_is_not_told_to_continue(wire):
    """HTTP/1.0 knows no 100."""
    post = b"POST / HTTP/1.0\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
    with served() as server:
        assert wire(server.port).say(post).all().startswith(b"HTTP/1.1 200 ")
        assert server.echo.requests[0].body == b"abc"


def test_a_client_that_leaves_before_a_late_response_is_harmless(wire):
    """The response goes nowhere, and the next client is served."""
    with served(DeliveredResponse(200, OK.headers, b"ok", delivery=Delivery(delay=0.2))) as server:
        wire(server.port).say(GET).socket.close()
        assert wire(server.port).say(LAST).all().endswith(b"ok")


def test_a_client_is_told_to_continue(wire):
    """The response to Expect: 100-continue comes before the body is read."""
    post = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: "
    with served(limits=Limits(body=10)) as server:
        connection = wire(server.port).say(post + b"3\r\n\r\n")
        assert connection.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert connection.say(b"abc").all().endswith(b"ok")
        assert server.echo.requests[0].body == b"abc"
        assert wire(server.port).say(post + b"11\r\n\r\n").all().startswith(b"HTTP/1.1 413 ")


def test_a_body_beyond_the_limit_is_413(wire):
    """Announced or chunked, one byte too many is refused like the service does."""
    head = b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    with served(limits=Limits(body=10)) as server:
        assert wire(server.port).say(head + b"Content-Length: 10\r\n\r\n" + b"x" * 10).all().endswith(b"ok")
        for framed in (
            b"Content-Length: 11\r\n\r\n" + b"x" * 11,
            b"Transfer-Encoding: chunked\r\n\r\nb\r\n" + b"x" * 11 + b"\r\n0\r\n\r\n",
        ):
            got = wire(server.port).say(head + framed).all()
            assert got.startswith(b"HTTP/1.1 413 ")
            assert got.endswith(b'{"errorCode":"PostBodyTooLarge","errorMessage":"Body size 11 must little than 10."}')
        assert len(server.echo.requests) == 1


def test_a_chunked_request_arrives_whole(wire):
    """The transfer coding is taken off."""
    with served() as server:
        wire(server.port).say(
            b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
        ).all()
        assert server.echo.requests[0].body == b"abc"


def test_headers_beyond_the_limit_are_refused(wire):
    """Too long or too many: 400, which repeats none of it (it may be a secret), and nothing reaches the Send."""
    with served(limits=Limits(header=1000, headers=10)) as server:
        for said in (
            b"X: " + b"y" * 2000,
            b"x" * 2000 + b": y",
            b"\r\n".join(b"X%d: y" % number for number in range(20)),
        ):
            got = wire(server.port).say(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + said + b"\r\n\r\n").all()
            assert got.startswith(b"HTTP/1.1 400 ")
            assert b"yyy" not in got
            assert b"xxx" not in got
        assert server.echo.requests == []


def test_slow_clients_are_let_go(wire):
    """Half a head, and silence, end after the idle time; half a body after the read time, with 408."""
    with served(limits=Limits(idle=0.3, read=0.3)) as server:
        began = time.monotonic()
        half, silent = wire(server.port).say(b"GET / HTTP/1.1\r\nHos"), wire(server.port)
        body = wire(server.port).say(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nabc")
        assert half.all() == silent.all() == b""
        assert body.until(b"\r\n").startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 3
        assert server.echo.requests == []


def test_clients_that_vanish_leave_no_trace(wire):
    """Half a request, then close or reset: no request, no failure, the next client is served."""
    with served() as server:
        for said in (b"GE", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nabc"):
            wire(server.port).say(said).socket.close()
            broken = wire(server.port).say(said).socket
            broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            broken.close()
        assert wire(server.port).say(LAST).all().endswith(b"ok")
        assert len(server.echo.requests) == 1


def test_too_many_connections_are_turned_away(wire):
    """One more than allowed gets 503 at once; when one leaves, there is room again."""
    with served(limits=Limits(connections=2)) as server:
        kept = [wire(server.port).say(GET) for _ in range(2)]
        assert all(each.until(b"ok") for each in kept)
        assert wire(server.port).all().startswith(b"HTTP/1.1 503 ")
        kept[0].socket.close()
        deadline = time.monotonic() + 5
        while not is_served(wire(server.port)):
            assert time.monotonic() < deadline


def is_served(connection) -> bool:
    with contextlib.suppress(ConnectionError):  # turned away while still speaking
        return connection.say(LAST).all().endswith(b"ok")
    return False


def test_a_taken_port_is_named():
    """The error names the port and what to do."""
    with served() as server:
        with pytest.raises(EndpointError, match=f"port {server.port} on 127.0.0.1 is taken") as raised:
            serve(OK.replace, port=server.port)
        free = advised(str(raised.value), r"choose another port \((0) takes a free one\)").group(1)
        with serve(OK.replace, port=int(free)) as other:
            assert other.port != server.port


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0), ("ü" * 70, 0), ("127.0.0.1", 70000)])
def test_a_place_that_cannot_be_listened_on_is_named(host, port):
    """Another machine's address, no address, no name of a host, no port."""
    with pytest.raises(EndpointError, match=f"cannot listen on {host} port {port}") as raised:
        serve(OK.replace, host=host, port=port)
    host, free = advised(str(raised.value), r"such as (\S+) and a port .* \((0) takes a free one\)").groups()
    serve(OK.replace, host=host, port=int(free)).close()


def test_closing_is_prompt_and_final(wire):
    """An idle connection does not hold the server up; the port is free; closing again is harmless."""
    with served() as server:
        idle = wire(server.port).say(GET)
        idle.until(b"ok")
        began = time.monotonic()
    assert time.monotonic() - began < 2
    server.close()
    assert idle.all() == b""
    with pytest.raises(ConnectionRefusedError):
        wire(server.port)
    with serve(Echo(OK), port=server.port) as again:
        assert repr(again) == f"<Server http://127.0.0.1:{server.port}>"
