"""Bare, recorded, replayed: a client must not be able to tell the three apart."""

import contextlib
import gzip
from functools import partial

import pytest
import requests

from sls_contract.cassettes.recorder import Broken
from sls_contract.exchange import Response

BODY = '[{"shard": 0, "consumer": "消费者"}]'.encode()
ZIPPED = gzip.compress(BODY, mtime=0)


def _raw_response(status, fields, body=b""):
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


LENGTH = b"Content-Length: %d" % len(BODY)
PLAIN = _raw_response(b"200 OK", [b"content-TYPE: application/json", b"x-log-requestid: 5B", LENGTH], BODY)

# name: (bytes, what the server does then, what must be recorded)
WHOLE = {
    "plain": (
        PLAIN,
        "keep",
        [("content-TYPE", "application/json"), ("x-log-requestid", "5B"), ("Content-Length", str(len(BODY)))],
    ),
    "connection-close": (_raw_response(b"200 OK", [LENGTH, b"Connection: close"], BODY), "close", None),
    "until-close": (_raw_response(b"200 OK", [b"X-A: 1"], BODY), "close", [("X-A", "1")]),
    "gzip": (
        _raw_response(b"200 OK", [b"Content-Encoding: gzip", b"Content-Length: %d" % len(ZIPPED)], ZIPPED),
        "keep",
        None,
    ),
    "chunked": (
        _raw_response(
            b"200 OK",
            [b"Transfer-Encoding: chunked"],
            b"3\r\n" + BODY[:3] + b"\r\n24;x=y\r\n" + BODY[3:] + b"\r\n0\r\n\r\n",
        ),
        "keep",
        None,
    ),
    "chunked-gzip": (
        _raw_response(
            b"200 OK",
            [b"Transfer-Encoding: chunked", b"Content-Encoding: gzip"],
            b"%x\r\n" % len(ZIPPED) + ZIPPED + b"\r\n0\r\n\r\n",
        ),
        "keep",
        None,
    ),
    "chunked-empty": (_raw_response(b"200 OK", [b"Transfer-Encoding: chunked"], b"0\r\n\r\n"), "keep", None),
    "cookies": (
        _raw_response(b"200 OK", [b"Set-Cookie: a=1", b"X-B: 1", b"Set-Cookie: b=2; Path=/", b"x-b: 2", LENGTH], BODY),
        "keep",
        [
            ("Set-Cookie", "a=1"),
            ("X-B", "1"),
            ("Set-Cookie", "b=2; Path=/"),
            ("x-b", "2"),
            ("Content-Length", str(len(BODY))),
        ],
    ),
    "no-content": (_raw_response(b"204 No Content", [b"X-A: 1"]), "keep", None),
    "not-modified": (_raw_response(b"304 Not Modified", [LENGTH]), "keep", None),
    "error-with-reason": (_raw_response(b"404 Group Gone", [LENGTH], BODY), "keep", None),
    "redirect": (_raw_response(b"302 Found", [b"Location: /elsewhere", b"Content-Length: 0"]), "keep", None),
    "empty": (_raw_response(b"200 OK", [b"Content-Length: 0"]), "keep", None),
    "continue-first": (b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN, "keep", None),
    "big": (_raw_response(b"200 OK", [b"Content-Length: 300000"], b"x" * 300000), "keep", None),
}
BROKEN = {
    "closed": (b"", "close", "closed"),
    "reset": (b"", "reset", "reset"),
    "timeout": (b"", "stall", "timeout"),
    "truncated": (_raw_response(b"200 OK", [LENGTH], BODY[:10]), "close", "truncated"),
    "truncated-chunk": (
        _raw_response(b"200 OK", [b"Transfer-Encoding: chunked"], b"25\r\n" + BODY[:10]),
        "close",
        "truncated",
    ),
    "reset-inside": (_raw_response(b"200 OK", [LENGTH], BODY[:10]), "reset", "reset"),
    "timeout-inside": (_raw_response(b"200 OK", [LENGTH], BODY[:10]), "stall", "timeout"),
    "malformed": (b"NOT HTTP AT ALL\r\n\r\n", "close", "malformed"),
}
LEFT_OPEN = {"truncated-chunk", "malformed"}  # the text may differ: how much was missing, what came instead
EVERY_CLIENT = [
    "http.client",
    "urllib3",
    "requests",
    "requests-slowly",
    "requests-stream",
    "httpx",
    "httpx-async",
    "aiohttp",
]


LONG = 10.0  # seconds


def _three_ways(wire, serve, no_sockets, client, raw, end, **how):
    """Run bare, recorded and replayed; return what the client told each time, and the recording."""
    script = [wire.RawResponse(raw, end)] * 4  # aiohttp tries twice where a connection breaks
    while True:
        bare_server, server = serve(*script), serve(*script)
        bare = wire.told(lambda: client(bare_server.url, **how))
        with wire.installed(wire.MemoryHandler()) as live:
            recorded = wire.told(lambda: client(server.url, **how))
        if (bare_server.requests and server.requests) or how.get("timeout", LONG) >= LONG:
            break
        how["timeout"] *= 10  # a busy machine sent no request in time
    url, sent = server.url, server.requests
    server.stop()
    no_sockets()
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)) as replay:
        replayed = wire.told(lambda: client(url, **how))
    assert sent == [each.replace(b"%d" % bare_server.port, b"%d" % server.port) for each in bare_server.requests]
    assert replay.asked == [request for request, _ in live.kept]
    return _portless(bare, bare_server), _portless(recorded, server), _portless(replayed, server), live


def _names(errors):
    return [each.partition(":")[0] for each in errors]


def _portless(value, server):
    return [each.replace(str(server.port), "PORT") for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", WHOLE)
@pytest.mark.parametrize("client", EVERY_CLIENT)
@pytest.mark.full(keep=7)
def test_whole_responses_are_the_same_bare_recorded_and_replayed(wire, serve, no_sockets, client, case):
    """A client gets the same status, reason, fields and body from the network, while recording and from memory."""
    raw, end, pairs = WHOLE[case]
    bare, recorded, replayed, live = _three_ways(wire, serve, no_sockets, wire.CLIENTS[client], raw, end)
    assert isinstance(bare, tuple)
    assert recorded == bare
    assert replayed == bare
    [outcome] = live.outcomes
    assert isinstance(outcome, Response)
    if pairs is not None:
        assert list(outcome.headers.pairs) == pairs
    if "gzip" in case:
        assert outcome.body == ZIPPED


@pytest.mark.parametrize("client", EVERY_CLIENT)
def test_head_has_fields_but_no_body(wire, serve, no_sockets, client):
    """A response to HEAD announces a length and ends after its head, in all three ways."""
    raw = _raw_response(b"200 OK", [LENGTH])
    bare, recorded, replayed, _ = _three_ways(wire, serve, no_sockets, wire.CLIENTS[client], raw, "keep", method="HEAD")
    assert bare[3] == b""
    assert recorded == replayed == bare


@pytest.mark.slow
@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("client", EVERY_CLIENT)
def test_failures_are_the_same_bare_recorded_and_replayed(wire, serve, no_sockets, client, case):
    """A client raises the same error from the network, while recording and from memory, one outcome per attempt."""
    raw, end, kind = BROKEN[case]
    how = {"timeout": 0.1 if end == "stall" else LONG}
    bare, recorded, replayed, live = _three_ways(wire, serve, no_sockets, wire.CLIENTS[client], raw, end, **how)
    assert recorded == bare
    if isinstance(bare, tuple):
        pytest.skip("urllib3 1 takes a cut body for a whole one")
    if case in LEFT_OPEN or client == "httpx-async":  # whose errors have no text
        bare, replayed = _names(bare), _names(replayed)
    assert replayed == bare
    assert {outcome.kind for outcome in live.outcomes if isinstance(outcome, Broken)} == {kind}


SHORT = {
    "plain",
    "gzip",
    "no-content",
    "not-modified",
    "error-with-reason",
    "redirect",
    "empty",
    "big",
}
# What parsers read each in its own way, or refuse.
ODD = {
    "folded": (_raw_response(b"200 OK", [b"X-A: 1\r\n 2", LENGTH], BODY), "keep", None),
    "no-colon": (_raw_response(b"200 OK", [LENGTH, b"no field", b"X-B: 2"], BODY), "keep", None),
    "spaces-behind": (_raw_response(b"200 OK", [b"X-A: 1  ", LENGTH], BODY), "keep", None),
    "reason-in-chinese": (_raw_response("200 好".encode(), [LENGTH], BODY), "keep", None),
    "too-many-fields": (_raw_response(b"200 OK", [LENGTH] + [b"X-A: 1"] * 99, BODY), "keep", None),
    "too-long-a-field": (_raw_response(b"200 OK", [LENGTH, b"X-A: " + b"1" * 65536], BODY), "keep", None),
    "endless-length": (_raw_response(b"200 OK", [b"Content-Length: " + b"9" * 5000], BODY), "close", None),
    "kept-alive-of-old": (
        _raw_response(b"200 OK", [b"Connection: keep-alive", LENGTH], BODY).replace(b"/1.1", b"/1.0"),
        "keep",
        None,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", [*WHOLE, *ODD, *BROKEN])
def test_a_warm_connection_of_requests_gives_the_same_bare_and_recorded(wire, serve, case):
    """The attempt after the first, which may take the fast path: same bytes out, same response or error, same reuse."""
    raw, end, kind = {**WHOLE, **ODD, **BROKEN}[case]
    live, met, ways = wire.MemoryHandler(), [], []
    for handler in (None, live):
        server = serve(wire.RawResponse(), wire.RawResponse(raw, end), wire.RawResponse())
        with requests.Session() as session, wire.installed(handler) if handler else contextlib.nullcontext():
            session.trust_env = False
            ask = partial(_got, session, server, ways, timeout=1.0 if end == "stall" else LONG)
            told = [wire.told(ask) for _ in range(3)]
        sent = [each.replace(b"%d" % server.port, b"PORT") for each in server.requests]
        met.append(([_portless(each, server) for each in told], sent, server.connections))
    bare, recorded = met
    assert recorded == bare
    assert len(recorded[1]) == 3
    assert live.under_way == [request for request, _ in live.kept] == live.asked
    assert set(live.peers) == {f"127.0.0.1:{server.port}"}
    outcome = live.outcomes[1]
    assert outcome.kind == kind if case in BROKEN else isinstance(outcome, Response)
    if case in WHOLE:
        assert ways == ["long"] * 3 + ["short", "short" if case in SHORT else "long", "short"]


def _got(session, server, ways, timeout):
    response = session.get(server.url, timeout=timeout, allow_redirects=False)
    ways.append("short" if response.raw._original_response is None else "long")
    return (
        response.status_code,
        response.reason,
        list(response.raw.headers.iteritems()),
        response.content,
        dict(response.cookies),
    )
