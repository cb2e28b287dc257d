"""What the handler is told of a request: exactly what went over the wire."""

import asyncio
import gzip
import http.client
import io

import aiohttp
import httpx
import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.recorder.http_connection import PRESET
from sls_contract.exchange import Response, wire_bytes

TEXT = "消费组 ' + ~".encode()


def pieces():
    yield from (TEXT, b"", b"x" * 70_000)


async def async_pieces():
    for piece in pieces():
        yield piece


WHOLE = b"".join(pieces())


def http_client_bytes(url):
    connection = http.client.HTTPConnection(url.split("/")[2])
    connection.request("POST", "/a", body=TEXT, headers={"X-Name": "caf\u00e9", "x-other": "1"})
    connection.getresponse().read()
    connection.close()


def http_client_file(url):
    connection = http.client.HTTPConnection(url.split("/")[2])
    connection.request("PUT", "/a", body=io.BytesIO(WHOLE), encode_chunked=False)
    connection.getresponse().read()
    connection.close()


def urllib3_iterable(url):
    with urllib3.PoolManager() as pool:
        pool.request("POST", url, body=pieces(), headers={"A-b": "c"})


def requests_generator(url):
    requests.post(url, data=pieces(), timeout=60)


def requests_bytes(url):
    requests.post(url, data=TEXT, headers={"x-log-bodyrawsize": "9"}, timeout=60)


def requests_text(url):
    requests.put(url, data="text ~", timeout=60)


def requests_file(url):
    requests.put(url, data=io.BytesIO(WHOLE), timeout=60)


def httpx_json(url):
    httpx.post(url, json={"shard": 0, "消": "费"}, headers={"X-CASE": "kept"})


def httpx_generator(url):
    httpx.post(url, content=pieces())


def httpx_async_generator(url):
    async def run():
        async with httpx.AsyncClient() as client:
            await client.post(url, content=async_pieces())

    asyncio.run(run())


def _aiohttp(url, **how):
    async def run():
        async with aiohttp.ClientSession() as session, session.post(url, **how) as response:
            await response.read()

    asyncio.run(run())


def aiohttp_bytes(url):
    _aiohttp(url, data=TEXT, headers={"X-CASE": "kept"})


def aiohttp_generator(url):
    _aiohttp(url, data=async_pieces())


def aiohttp_waits_for_leave(url):
    _aiohttp(url, data=TEXT, expect100=True)


def aiohttp_closes(url):
    async def run():
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as response:
            await response.read()

    asyncio.run(run())


SENDERS = [
    http_client_bytes, http_client_file, urllib3_iterable, requests_generator, requests_bytes, requests_text,
    requests_file, httpx_json, httpx_generator, httpx_async_generator, aiohttp_bytes, aiohttp_generator, aiohttp_closes,
]  # fmt: skip


def split_wire(raw):
    """Split one request by hand: method, target, header pairs, body with any chunks joined."""
    head, _, body = raw.partition(b"\r\n\r\n")
    line, *fields = head.split(b"\r\n")
    method, target, _ = line.split(b" ")
    pairs = [tuple(field.split(b": ", 1)) for field in fields]
    if b"chunked" in head:
        joined = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            joined, body = joined + body[: int(size, 16)], body[int(size, 16) + 2 :]
        body = joined
    return method, target, pairs, body


@pytest.mark.slow
@pytest.mark.parametrize("send", SENDERS, ids=lambda send: send.__name__)
def test_the_handler_sees_the_request_of_the_wire(wire, serve, send):
    """Method, target, fields in order and casing, and the joined body are those that the server read."""
    server = serve()
    with wire.installed(wire.MemoryHandler()) as handler:
        send(server.url)
    [request] = handler.asked
    method, target, pairs, body = split_wire(server.requests[0])
    assert wire_bytes(request.method) == method
    assert wire_bytes(request.target) == target
    assert [(wire_bytes(name), wire_bytes(value)) for name, value in request.headers.pairs] == pairs
    assert request.body == body
    assert request.url.startswith(f"http://127.0.0.1:{server.port}/")


@pytest.mark.slow
@pytest.mark.parametrize("send", SENDERS, ids=lambda send: send.__name__)
def test_recording_sends_what_the_bare_client_sends(wire, serve, send):
    """The bytes that leave under a recorder joined are the bytes of the bare client."""
    bare, server = serve(), serve()
    send(bare.url)
    with wire.installed(wire.MemoryHandler()):
        send(server.url)
    port = [b"%d" % each.port for each in (bare, server)]
    assert split_wire(server.requests[0]) == split_wire(bare.requests[0].replace(*port))


def test_aiohttp_that_waits_for_leave_to_send_its_body_gets_it(wire):
    """``Expect: 100-continue`` does not stop a replay."""
    with wire.installed(wire.MemoryHandler(memory=[Response(200)])) as handler:
        aiohttp_waits_for_leave("http://p.log.test/a")
    assert handler.asked[0].body == TEXT


def test_the_host_header_names_the_url(wire):
    """A request that goes to one place in another's name is known by the name."""
    with wire.installed(wire.MemoryHandler(memory=[Response(200)] * 4)) as handler:
        for headers in ({"Host": "project.127.0.0.1:9"}, {}):
            requests.get("http://127.0.0.1:9/x", headers=headers, timeout=60)
            httpx.get("http://127.0.0.1:9/x", headers=headers)
    named, plain = "http://project.127.0.0.1:9/x", "http://127.0.0.1:9/x"
    assert [request.url for request in handler.asked] == [named, named, plain, plain]


TOKEN = st.text("abcXYZ019-_~.", min_size=1, max_size=6)
VALUE = st.text("".join(map(chr, range(32, 127))), max_size=8)
HEADER_NAMES = st.sampled_from(["X-a", "Host", "accept-encoding", "User-Agent", "Content-Length", "Date", "Cookie"])
PATHS = st.text("ab/.%2fF?=&+ ~'\u4e2d#\\", max_size=12)


@given(
    host=st.sampled_from(["p.test", "P.Test", "p.test.", "u:v@p.test", "p.test:80", "p.test:8080", "p.test:443"]),
    scheme=st.sampled_from(["http", "https"]),
    path=PATHS,
    headers=st.dictionaries(HEADER_NAMES, VALUE, max_size=3),
    method=st.sampled_from(["GET", "get", "HEAD", "POST", "DELETE", "PATCH", "OPTIONS", "PURGE"]),
    body=st.sampled_from([None, b"", b"abc", "abc", {"a": "b"}]),
)
def test_the_short_way_of_requests_sees_what_the_long_way_sees(wire, host, scheme, path, headers, method, body):
    """For any request, the handler is asked the same, whether the response takes the fast path or http.client's."""
    response = Response(200, [("X-A", "1"), ("Content-Length", "2")], b"ok", reason="OK")
    short, long = (
        _asked(wire, response, retries, method, f"{scheme}://{host}/{path}", headers=headers, data=body)
        for retries in (0, urllib3.Retry(1, connect=0, read=0, status=0, other=0))
    )
    assert short == long


def _asked(wire, outcome, retries, method, url, **how):
    adapter = requests.adapters.HTTPAdapter(max_retries=retries)
    with requests.Session() as session, wire.installed(wire.MemoryHandler(memory=[outcome] * 3)) as handler:
        session.trust_env = False
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        told = wire.told(lambda: _seen(session.request(method, url, timeout=60, allow_redirects=False, **how)))
        assert PRESET.value is None
        return handler.asked, told


def _seen(response):
    raw, parsed = (
        response.raw,
        (response.status_code, response.reason, response.content, response.url, response.encoding),
    )
    wire = (raw.version, raw.version_string, list(raw.headers.iteritems()), raw.closed, raw.length_remaining)
    return parsed, wire, dict(response.headers), dict(response.cookies)


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Content-Length", "X-A", "x-a", "Set-Cookie", "Transfer-Encoding", "Content-Encoding", "Date"]
        ),
        st.sampled_from(["0", "3", "5", "9", "a=1", "chunked", "identity", "", "-1", "x", "caf\u00e9"]),
    ),
    max_size=4,
)


@given(
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    status=st.sampled_from([200, 204, 302, 304, 404, 500]),
    fields=FIELDS,
    body=st.sampled_from([b"", b"abc", b"hello"]),
    true_framing=st.booleans(),
)
def test_the_short_way_of_requests_gives_what_the_long_way_gives(wire, method, status, fields, body, true_framing):
    """For any recorded response, also one that contradicts itself, requests gives the same either way."""
    response = Response(status, fields, body, wire=true_framing, reason="R")
    short, long = (
        _asked(wire, response, retries, method, "http://p.test/a")[1]
        for retries in (0, urllib3.Retry(1, connect=0, read=0, status=0, other=0))
    )
    assert short == long


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": None},
        {"User-Agent": urllib3.util.SKIP_HEADER},
        {"Accept-Encoding": None},
        {"X-A": b"bytes"},
        {"X-A": "caf\u00e9"},
        {"Transfer-Encoding": "chunked"},
    ],
)
@pytest.mark.parametrize("path", ["a", "a?b=%2f", "a/../b", "%61?c#d"])
def test_odd_requests_are_seen_the_same_on_both_ways(wire, headers, path):
    """What the fast path cannot be sure of, it leaves to the slow path."""
    response = Response(200, [("Content-Length", "2")], b"ok", reason="OK")
    never = urllib3.Retry(1, connect=0, read=0, status=0, other=0)
    short, long = (_asked(wire, response, each, "GET", f"http://p.test/{path}", headers=headers) for each in (0, never))
    assert short == long
    assert len(short[0]) == 1


class SignsInside(requests.adapters.HTTPAdapter):
    """An adapter that adds a field on the way out."""

    def add_headers(self, request, **kwargs):
        request.headers["X-Signed"] = "yes"


def test_an_adapter_that_shapes_the_wire_is_heard(wire):
    """A subclass that overrides what the fast path would skip takes the slow path."""
    with requests.Session() as session, wire.installed(wire.MemoryHandler(memory=[Response(200)])) as handler:
        session.mount("http://", SignsInside())
        session.get("http://p.test/a", timeout=60)
    assert handler.asked[0].headers["x-signed"] == "yes"


def test_hooks_cookies_and_streams_of_requests_work_in_replay(wire):
    """The response of the fast path is a real one: hooks run, time is measured, raw reads and decodes."""
    seen, zipped = [], gzip.compress(TEXT, mtime=0)
    fields = [("Content-Encoding", "gzip"), ("Content-Length", str(len(zipped)))]
    cookie = Response(200, [("Set-Cookie", "a=1; Path=/"), ("Content-Length", "0")])
    with (
        requests.Session() as session,
        wire.installed(wire.MemoryHandler(memory=[Response(200, fields, zipped), cookie])),
    ):
        response = session.get(
            "http://p.test/a", stream=True, timeout=60, hooks={"response": lambda r, **_: seen.append(r)}
        )
        assert response.raw.read(4) == zipped[:4]
        assert response.raw.read() == zipped[4:]
        assert seen == [response]
        assert response.elapsed.total_seconds() > 0
        session.get("http://p.test/a", timeout=60)
        assert session.cookies["a"] == "1"
