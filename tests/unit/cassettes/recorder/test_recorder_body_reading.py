"""Every way in which a client hands out a body gives the same bare, recorded and replayed, and comes to an end."""

import asyncio
import gzip
import http.client
import io
import os
import shutil
import signal
import zlib
from functools import partial
from itertools import islice

import aiohttp
import httpx
import pytest
import requests
import urllib3

MOST = 500  # pieces; whoever hands out more never ends
ENDLESS = "it never ends"
PART = 1 if os.environ.get("SLS_FULL") else 11  # every way meets one response in so many
TEXT = '[{"shard": 0,\r\n "consumer": "消费者"},\n\n {"shard": 1}]'.encode()


def _raw_response(*fields, body=b"", status=b"200 OK", length=True):
    fields = (*fields, b"Content-Length: %d" % len(body)) if length else fields
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(field + b"\r\n" for field in fields) + b"\r\n" + body


def _chunked(body, *fields):
    pieces = [body[at : at + 20] for at in range(0, len(body), 20)]
    raw = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    return _raw_response(b"Transfer-Encoding: chunked", *fields, body=raw, length=False)


ZIPPED = gzip.compress(TEXT, mtime=0)
RESPONSES = {
    "plain": _raw_response(b"Content-Type: application/json; charset=utf-8", body=TEXT),
    "gzip": _raw_response(b"Content-Encoding: gzip", body=ZIPPED),
    "gzip-members": _raw_response(
        b"Content-Encoding: gzip", body=gzip.compress(TEXT[:9], mtime=0) + gzip.compress(TEXT[9:])
    ),
    "gzip-cut": _raw_response(b"Content-Encoding: gzip", body=ZIPPED[:-12]),
    "gzip-wrong": _raw_response(b"Content-Encoding: gzip", body=TEXT),
    "deflate": _raw_response(b"Content-Encoding: deflate", body=zlib.compress(TEXT)),
    "chunked": _chunked(TEXT),
    "chunked-gzip": _chunked(ZIPPED, b"Content-Encoding: gzip"),
    "chunked-empty": _chunked(b""),
    "until-close": _raw_response(b"X-A: 1", body=TEXT, length=False),
    "empty": _raw_response(),
    "empty-gzip": _raw_response(b"Content-Encoding: gzip"),
    "no-content": _raw_response(status=b"204 No Content", length=False),
    "cut": _raw_response(b"X-A: 1", body=TEXT)[:-7],
}


def _coded(name, compress):
    RESPONSES[name] = _raw_response(b"Content-Encoding: " + name.encode(), body=compress(TEXT))


try:
    import brotli
    import zstandard
except ImportError:
    pass
else:
    _coded("br", brotli.compress)
    _coded("zstd", zstandard.compress)


def _joined(pieces):
    pieces = list(islice(pieces, MOST))
    return ENDLESS if len(pieces) == MOST else (b"" if not pieces or isinstance(pieces[0], bytes) else "").join(pieces)


def _until_empty(read):
    return _joined(iter(read, b""))


def _into(read_into):
    def pieces():
        buffer = bytearray(7)
        while count := read_into(buffer):
            yield bytes(buffer[:count])

    return _joined(pieces())


def _copied(raw):
    target = io.BytesIO()
    shutil.copyfileobj(raw, target, 5)
    return target.getvalue()


FILE_WAYS = {  # of a raw response, of http.client and urllib3
    "read": lambda raw: raw.read(),
    "read-pieces": lambda raw: _until_empty(lambda: raw.read(7)),
    "read-some": lambda raw: raw.read(7),
    "read-much": lambda raw: raw.read(10_000),
    "read-none": lambda raw: (raw.read(0), raw.read()),
    "read1": lambda raw: _until_empty(lambda: raw.read1(7)),
    "read1-all": lambda raw: _until_empty(raw.read1),
    "readinto": lambda raw: _into(raw.readinto),
    "readline": lambda raw: _until_empty(raw.readline),
    "readlines": lambda raw: _joined(raw.readlines()),
    "iteration": _joined,
    "buffered": lambda raw: io.BufferedReader(raw, 7).read(),
    "buffered-lines": lambda raw: _joined(io.BufferedReader(raw)),
    "text-lines": lambda raw: _joined(io.TextIOWrapper(raw, "utf-8")),
    "copied": _copied,
    "twice": lambda raw: (raw.read(), raw.read(), raw.read(3)),
    "mixed": lambda raw: (raw.read(5), _joined(raw)),
    "closed": lambda raw: (raw.read(5), raw.close(), raw.closed, raw.read()),
}
URLLIB3_WAYS = {
    **FILE_WAYS,
    "data": lambda raw: (raw.data, raw.data),
    "json": lambda raw: raw.json(),
    "stream": lambda raw: _joined(raw.stream()),
    "stream-pieces": lambda raw: _joined(raw.stream(7)),
    "stream-as-sent": lambda raw: _joined(raw.stream(7, decode_content=False)),
    "stream-none": lambda raw: _joined(raw.stream(None)),
    "read-decoded": lambda raw: raw.read(decode_content=True),
    "read-as-sent": lambda raw: raw.read(decode_content=False),
    "read-kept": lambda raw: (raw.read(cache_content=True), raw.data),
    "read_chunked": lambda raw: _joined(raw.read_chunked(7)),
    "drained": lambda raw: (raw.read(3), raw.drain_conn(), raw.read()),
    "released": lambda raw: (raw.read(3), raw.release_conn(), raw.read()),
    "left-open": lambda raw: (setattr(raw, "auto_close", False), raw.read(), raw.closed, raw.read(3)),
}
REQUESTS_WAYS = {
    "content": lambda response: (response.content, response.content),
    "text": lambda response: response.text,
    "json": lambda response: response.json(),
    "iter_content": lambda response: _joined(response.iter_content()),
    "iter_content-pieces": lambda response: _joined(response.iter_content(7)),
    "iter_content-none": lambda response: _joined(response.iter_content(None)),
    "iter_content-text": lambda response: _joined(response.iter_content(7, decode_unicode=True)),
    "iter_lines": lambda response: _joined(response.iter_lines()),
    "iter_lines-pieces": lambda response: _joined(response.iter_lines(chunk_size=1)),
    "iter_lines-none": lambda response: _joined(response.iter_lines(chunk_size=None)),
    "iter_lines-delimiter": lambda response: _joined(response.iter_lines(delimiter=b"\n", chunk_size=9)),
    "iteration": _joined,
    "iterated-twice": lambda response: (_joined(response.iter_content(7)), _joined(response.iter_content(7))),
    "begun-then-content": lambda response: (next(response.iter_content(7)), response.content),
    "closed": lambda response: (response.close(), response.raw.closed, response.content),
    **{f"raw-{name}": lambda response, way=way: way(response.raw) for name, way in URLLIB3_WAYS.items()},
}
HTTPX_WAYS = {
    "read": lambda response: (response.read(), response.content, response.read()),
    "text": lambda response: (response.read(), response.text),
    "json": lambda response: (response.read(), response.json()),
    "unread": lambda response: response.content,
    "iter_bytes": lambda response: _joined(response.iter_bytes()),
    "iter_bytes-pieces": lambda response: _joined(response.iter_bytes(7)),
    "iter_raw": lambda response: (_joined(response.iter_raw()), response.num_bytes_downloaded),
    "iter_raw-pieces": lambda response: _joined(response.iter_raw(7)),
    "iter_text": lambda response: _joined(response.iter_text(3)),
    "iter_lines": lambda response: _joined(response.iter_lines()),
    "twice": lambda response: (_joined(response.iter_raw()), _joined(response.iter_raw())),
    "read-then-iterated": lambda response: (response.read(), _joined(response.iter_bytes(7))),
    "closed": lambda response: (response.close(), response.read()),
}


async def _gathered(pieces):
    found = []
    async for piece in pieces:
        found.append(piece)
        if len(found) == MOST:
            break
    return _joined(found)


async def _until(read):
    found = []
    while (piece := await read()) and len(found) < MOST:
        found.append(piece)
    return _joined(found)


async def _chunks(content):
    if content is aiohttp.streams.EMPTY_PAYLOAD:  # which tells its end once in a process
        return b""
    return await _gathered(data async for data, _ in content.iter_chunks())


async def _twice(response, pieces):
    return await _gathered(pieces()), await _gathered(pieces())


HTTPX_ASYNC_WAYS = {
    "aread": lambda response: response.aread(),
    "aiter_bytes": lambda response: _gathered(response.aiter_bytes()),
    "aiter_bytes-pieces": lambda response: _gathered(response.aiter_bytes(7)),
    "aiter_raw": lambda response: _gathered(response.aiter_raw()),
    "aiter_text": lambda response: _gathered(response.aiter_text(3)),
    "aiter_lines": lambda response: _gathered(response.aiter_lines()),
    "twice": lambda response: _twice(response, response.aiter_raw),
}
AIOHTTP_WAYS = {
    "read": lambda response: response.read(),
    "text": lambda response: response.text(),
    "json": lambda response: response.json(content_type=None),
    "content.read": lambda response: response.content.read(),
    "content.read-pieces": lambda response: _until(lambda: response.content.read(7)),
    "readany": lambda response: _until(response.content.readany),
    "readexactly": lambda response: response.content.readexactly(9),
    "readexactly-more": lambda response: response.content.readexactly(999),
    "readline": lambda response: _until(response.content.readline),
    "readuntil": lambda response: response.content.readuntil(b"}"),
    "iter_chunked": lambda response: _gathered(response.content.iter_chunked(7)),
    "iter_any": lambda response: _gathered(response.content.iter_any()),
    "iter_chunks": lambda response: _chunks(response.content),
    "lines": lambda response: _gathered(response.content),
    "twice": lambda response: _twice(response, lambda: response.content.iter_chunked(7)),
}


def _told(call):
    """Return what a call gives, or the error that it ends in, by its kinds."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - which one is what is compared
        return type(error).__name__, type(error.args[-1] if error.args else None).__name__


async def _told_async(call):
    try:
        return await asyncio.wait_for(call(), 20)
    except Exception as error:  # noqa: BLE001 - as above
        return type(error).__name__


def _by_http_client(ways, url, method):
    host, _, path = url.removeprefix("http://").partition("/")
    for name, way in ways:
        connection = http.client.HTTPConnection(host, timeout=20)
        connection.request(method, f"/{path}")
        with connection.getresponse() as response:
            yield name, _told(partial(way, response)), response.isclosed()
        connection.close()


def _by_urllib3(ways, url, method):
    with urllib3.PoolManager(timeout=20, retries=False) as pool:
        for name, way in ways:
            response = pool.request(method, url, preload_content=False)
            yield name, _told(partial(way, response)), response.closed
            response.close()


def _by_requests(ways, url, method):
    with requests.Session() as session:
        session.trust_env = False
        for name, way in ways:
            with session.request(method, url, timeout=20, stream=True) as response:
                yield name, _told(partial(way, response)), response.raw.closed


def _by_httpx(ways, url, method):
    with httpx.Client(trust_env=False, timeout=20, verify=False) as client:
        for name, way in ways:
            with client.stream(method, url) as response:
                told = _told(partial(way, response))
                yield name, told, response.is_closed, response.is_stream_consumed


def _by_httpx_async(ways, url, method):
    async def run():
        async with httpx.AsyncClient(trust_env=False, timeout=20, verify=False) as client:
            for name, way in ways:
                async with client.stream(method, url) as response:
                    told = await _told_async(partial(way, response))
                    yield name, told, response.is_closed, response.is_stream_consumed

    return _collected(run())


async def _with_aiohttp(session, method, url, way):
    async with session.request(method, url) as response:
        return await way(response), response.content.at_eof()


def _by_aiohttp(ways, url, method):
    async def run():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
            for name, way in ways:
                yield name, await _told_async(partial(_with_aiohttp, session, method, url, way))

    return _collected(run())


def _collected(results):
    async def run():
        return [each async for each in results]

    return asyncio.run(run())


CLIENTS = {
    "http.client": (_by_http_client, tuple(FILE_WAYS.items())),
    "urllib3": (_by_urllib3, tuple(URLLIB3_WAYS.items())),
    "requests": (_by_requests, tuple(REQUESTS_WAYS.items())),
    "httpx": (_by_httpx, tuple(HTTPX_WAYS.items())),
    "httpx-async": (_by_httpx_async, tuple(HTTPX_ASYNC_WAYS.items())),
    "aiohttp": (_by_aiohttp, tuple(AIOHTTP_WAYS.items())),
}


def _different(found, expected):
    """Return each way that gives something else than expected, with both."""
    return [pair for pair in zip(found, expected, strict=True) if pair[0] != pair[1]]


CLOSES = {"until-close", "cut"}
CASES = [(name, "GET") for name in RESPONSES] + [("plain", "HEAD"), ("gzip", "HEAD"), ("empty", "HEAD")]


def _script(wire, name, method, times):
    raw = RESPONSES[name].partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else RESPONSES[name]
    return [wire.RawResponse(raw, "close" if name in CLOSES else "keep")] * times


@pytest.fixture(autouse=True)
def _ends():
    """Fail a read that never ends and hands nothing out."""

    def give_up(*_):
        raise AssertionError(ENDLESS)

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(120)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="a read that never ends is ended by SIGALRM")
@pytest.mark.parametrize("client", CLIENTS)
def test_a_body_is_handed_out_as_by_the_bare_client(wire, serve, no_sockets, client):
    """Whole, in pieces, by lines, twice, as sent or decoded, empty or cut off: same values, same errors, same end."""
    ask, every = CLIENTS[client]
    players, different = [], {}
    for at, (name, method) in enumerate(CASES):
        if client == "aiohttp" and name == "cut":
            continue  # whether the data or its loss is met first is a race in aiohttp
        ways = every[at % PART :: PART]
        bare, live = (serve(*_script(wire, name, method, len(ways))) for _ in range(2))
        expected = list(ask(ways, bare.url, method))
        with wire.installed(wire.MemoryHandler()) as handler:
            different[name, method, "recorded"] = _different(ask(ways, live.url, method), expected)
        players.append((name, method, ways, live.url, handler.outcomes, expected))
        bare.stop()
        live.stop()
    no_sockets()
    for name, method, ways, url, outcomes, expected in players:
        with wire.installed(wire.MemoryHandler(memory=outcomes)):
            different[name, method, "replayed"] = _different(ask(ways, url, method), expected)
    assert {case: pairs for case, pairs in different.items() if pairs} == {}
