"""Connections: warm pools, threads, retries, redirects, TLS, proxies, failures to connect, errors of the handler."""

import asyncio
import contextlib
import http.client
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest
import requests
import trustme
import urllib3

from sls_contract.cassettes.recorder import Broken
from sls_contract.errors import CassetteDamaged, NetworkBlocked, SlsContractError, UnmatchedRequest
from sls_contract.exchange import Response

OK = Response(200, [("Content-Length", "2")], b"ok")
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"


# warm connections


def test_a_connection_warm_before_the_recorder_is_silent_in_replay_and_works_again_after(wire, serve):
    """One pool across a replay: its socket carries nothing meanwhile, and nothing of ours afterwards."""
    server = serve()
    with requests.Session() as session, urllib3.PoolManager() as pool:
        for get in (session.get, lambda url: pool.request("GET", url)):
            get(server.url)
            before = len(server.requests), server.connections
            with wire.installed(wire.MemoryHandler(memory=[OK, OK])) as handler:
                get(server.url)
                get(server.url)
            assert len(handler.asked) == 2
            assert (len(server.requests), server.connections) == before
            get(server.url)
            assert len(server.requests) == before[0] + 1
            assert server.connections == before[1], "the warm connection was kept"


def test_a_plain_http_client_connection_survives_a_replay(wire, serve):
    """An http.client connection that was warm, then replayed, then real, speaks to its server again."""
    server = serve()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for memory in (None, [OK], None):
        with wire.installed(wire.MemoryHandler(memory=memory)):
            connection.request("GET", "/x")
            assert connection.getresponse().read() == (b"ok" if memory is not None else b"hello")
    connection.request("GET", "/x")
    assert connection.getresponse().read() == b"hello"
    connection.close()
    assert (len(server.requests), server.connections) == (3, 1)


def test_async_clients_keep_their_pools_across_a_replay(wire, serve):
    """Sessions of httpx and aiohttp that were opened before a replay stay silent in it and work after it."""
    server = serve()

    async def run():
        async with httpx.AsyncClient() as client, aiohttp.ClientSession() as session:

            async def both():
                async with session.get(server.url) as response:
                    return (await client.get(server.url)).content, await response.read()

            assert await both() == (b"hello", b"hello")
            with wire.installed(wire.MemoryHandler(memory=[OK, OK])):
                assert await both() == (b"ok", b"ok")
            assert await both() == (b"hello", b"hello")
            with wire.installed(wire.MemoryHandler()) as live:
                assert await both() == (b"hello", b"hello")
            assert len(live.kept) == 2

    asyncio.run(run())
    assert (len(server.requests), server.connections) == (6, 2)


def test_a_request_sent_before_the_recorder_left_still_gets_its_response(wire, serve):
    """Taking the recorder away between request and response strands nobody."""
    server = serve()
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    with wire.installed(wire.MemoryHandler()), wire.installed(wire.MemoryHandler(memory=[])):
        connection.connect()
        connection.request("GET", "/x")
    with wire.installed(Foreign()):
        assert connection.getresponse().read() == b"hello"
    connection.close()


class Foreign:
    """Owns nothing, and must not be asked anything else."""

    def owns(self, host, peer):
        return False

    def respond(self, request, peer):
        raise AssertionError(request)

    def sent(self, request, peer):
        raise AssertionError(request)

    def received(self, request, outcome, peer):
        raise AssertionError(request)


def test_foreign_traffic_is_not_touched(wire, serve):
    """A host that no handler owns is reached as ever, its fields and its connection too."""
    server = serve()
    with wire.installed(Foreign()):
        told = [client(server.url)[0] for client in wire.CLIENTS.values()]
    assert set(told) == {200}
    assert len(server.requests) == len(told)


def test_a_host_header_that_is_foreign_takes_an_owned_address_out(wire, serve):
    """What decides is the Host header, not the address that the client connected to."""
    server = serve(wire.RawResponse(), wire.RawResponse())

    class Named(Foreign):
        def owns(self, host, peer):
            return host.startswith("127.")

    with wire.installed(Named()):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.connect()
        connection.request("GET", "/x", headers={"Host": "elsewhere.example"})
        assert connection.getresponse().read() == b"hello"
        connection.close()
    assert len(server.requests) == 1


# many at once


@pytest.mark.slow
@pytest.mark.full(keep=4)
@pytest.mark.parametrize("client", ["requests", "http.client", "urllib3", "httpx", "aiohttp"])
def test_eight_threads_lose_nothing(wire, serve, no_sockets, client):
    """8 threads of 40 requests: all recorded, all replayed, no byte on a socket."""
    server = serve()
    call, count = wire.CLIENTS[client], 320 if client == "requests" else 80
    with wire.installed(wire.MemoryHandler()) as live, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: call(f"{server.url}&n={n}"), range(count)))
    assert sorted(request.url for request, _ in live.kept) == sorted(f"{server.url}&n={n}" for n in range(count))
    assert len(server.requests) == count
    server.stop()
    if client != "aiohttp":  # whose event loops make socket pairs of their own
        no_sockets()
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)) as replay, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda n: call(f"{server.url}&n={n}"), range(count)))
    assert len(replay.asked) == count


@pytest.mark.slow
def test_thirty_at_once_in_one_event_loop_beside_threads(wire, serve):
    """asyncio.gather of 30 with aiohttp and with httpx, while threads use requests: all recorded."""
    server = serve()

    async def run():
        async with httpx.AsyncClient() as client, aiohttp.ClientSession() as session:

            async def get(n):
                async with session.get(f"{server.url}&n={n}") as response:
                    return await response.read()

            threads = [asyncio.to_thread(requests.get, f"{server.url}&n={n}", timeout=60) for n in range(60, 70)]
            clients = [client.get(f"{server.url}&n={n}") for n in range(30, 60)]
            await asyncio.gather(*map(get, range(30)), *clients, *threads)

    with wire.installed(wire.MemoryHandler()) as live:
        asyncio.run(run())
    assert sorted(request.url for request, _ in live.kept) == sorted(f"{server.url}&n={n}" for n in range(70))


# attempts


@pytest.mark.parametrize("library", ["requests", "urllib3"])
def test_every_retry_is_an_attempt_of_its_own(wire, serve, no_sockets, library):
    """503, 503, 200 with urllib3's Retry: three attempts recorded, three replayed."""
    server = serve(wire.RawResponse(BUSY), wire.RawResponse(BUSY), wire.RawResponse())
    retry = urllib3.Retry(3, status_forcelist=[503], backoff_factor=0)

    def get():
        if library == "urllib3":
            with urllib3.PoolManager() as pool:
                return pool.request("GET", server.url, retries=retry).status
        with requests.Session() as session:
            session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
            return session.get(server.url).status_code

    with wire.installed(wire.MemoryHandler()) as live:
        assert get() == 200
    no_sockets()
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)) as replay:
        assert get() == 200
    assert [outcome.status for outcome in live.outcomes] == [503, 503, 200]
    assert len(replay.asked) == 3


@pytest.mark.parametrize("library", ["requests", "urllib3", "httpx", "aiohttp"])
def test_every_redirect_is_an_attempt_of_its_own(wire, serve, library):
    """302, then 200: two attempts, each with its own URL."""
    moved = wire.RawResponse(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
    server = serve(moved, wire.RawResponse())

    async def by_aiohttp():
        async with aiohttp.ClientSession() as session, session.get(server.url) as response:
            return response.status

    with wire.installed(wire.MemoryHandler()) as live:
        if library == "aiohttp":
            assert asyncio.run(by_aiohttp()) == 200
        else:
            get = {
                "requests": requests.get,
                "urllib3": lambda url: urllib3.PoolManager().request("GET", url),
                "httpx": lambda url: httpx.get(url, follow_redirects=True),
            }[library]
            response = get(server.url)
            assert getattr(response, "status_code", None) or response.status == 200
    assert [request.path for request, _ in live.kept] == ["/logstores/a%20b", "/there"]


def test_aiohttp_repeats_a_broken_attempt_by_itself(wire, serve):
    """The connection breaks, aiohttp asks again: both attempts are recorded."""
    server = serve(wire.RawResponse(b"", "reset"), wire.RawResponse())
    with wire.installed(wire.MemoryHandler()) as live:
        assert wire.CLIENTS["aiohttp"](server.url)[0] == 200
    assert [type(outcome) for outcome in live.outcomes] == [Broken, Response]


# TLS and proxies


def https_gets(url, trust, proxy=None):
    """Every client's way to GET with an own authority, maybe through a proxy."""
    context = ssl.create_default_context(cafile=trust)
    proxies = {"http": proxy, "https": proxy} if proxy else None

    def by_requests():
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url, verify=trust, proxies=proxies, timeout=60).content

    def by_urllib3():
        pools = urllib3.ProxyManager(proxy, ca_certs=trust) if proxy else urllib3.PoolManager(ca_certs=trust)
        with pools as pool:
            return pool.request("GET", url, retries=False).data

    def by_httpx():
        with httpx.Client(verify=context, proxy=proxy, trust_env=False) as client:
            return client.get(url).content

    async def by_aiohttp():
        async with aiohttp.ClientSession() as session, session.get(url, ssl=context, proxy=proxy) as response:
            return await response.read()

    return [by_requests, by_urllib3, by_httpx, lambda: asyncio.run(by_aiohttp())]


def test_https_is_recorded_and_replayed(wire, serve, tls, trust):
    """TLS with an own authority: the client's own handshake while recording, none in replay."""
    server = serve(wrap=tls)
    url = f"https://localhost:{server.port}/x"
    with wire.installed(wire.MemoryHandler()) as live:
        assert [get() for get in https_gets(url, trust)] == [b"hello"] * 4
    assert {request.url for request, _ in live.kept} == {url}
    server.stop()
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)):
        assert [get() for get in https_gets(url, trust)] == [b"hello"] * 4


def test_a_certificate_that_is_not_trusted_is_recorded_as_such(wire, serve, tls):
    """A failed handshake is an outcome, and the client sees its own TLS error in both ways."""
    server = serve(wrap=tls)
    url = f"https://localhost:{server.port}/x"
    other = trustme.CA()
    with other.cert_pem.tempfile() as path:
        gets = https_gets(url, path)
        with wire.installed(wire.MemoryHandler()) as live:
            recorded = [wire.told(get) for get in gets]
        assert [outcome.kind for outcome in live.outcomes] == ["tls"] * 4
        with wire.installed(wire.MemoryHandler(memory=live.outcomes)):
            replayed = [wire.told(get) for get in gets]
    assert "SSL" in recorded[0][0]
    assert [each[0].partition(":")[0] for each in replayed[:3]] == [each[0].partition(":")[0] for each in recorded[:3]]
    assert "SSL" in replayed[3][0]


def proxy_url(server):
    return f"http://user:secret@127.0.0.1:{server.port}"


def test_a_plain_request_through_a_proxy_is_known_by_its_own_url(wire, serve, trust):
    """The proxy gets an absolute target and its credentials; the recording has the origin's URL."""
    server = serve()
    url = "http://p.log.test/logstores/l?shard=0"
    with wire.installed(wire.MemoryHandler()) as live:
        gets = https_gets(url, trust, proxy_url(server))
        del gets[1]  # urllib3 takes no credentials from a proxy's URL
        assert [get() for get in gets] == [b"hello"] * 3
    assert {request.url for request, _ in live.kept} == {url}
    for raw in server.requests:
        assert raw.startswith(b"GET http://p.log.test/logstores/l?shard=0 HTTP/1.1\r\n")
        assert b"\r\nproxy-authorization: basic" in raw.lower()


def test_a_tunnel_through_a_proxy_is_known_by_the_inner_url(wire, serve, tls, trust):
    """CONNECT happens while recording only; the recording has the https URL behind it."""
    server = serve(wrap=lambda connection: tls(tunnel(connection)))
    url = "https://p.log.test/logstores/l?shard=0"
    gets = https_gets(url, trust, f"http://127.0.0.1:{server.port}")
    with wire.installed(wire.MemoryHandler()) as live:
        assert [get() for get in gets] == [b"hello"] * 4
    assert {request.url for request, _ in live.kept} == {url}
    server.stop()
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)):
        assert [get() for get in gets] == [b"hello"] * 4


def tunnel(connection):
    """Read a CONNECT byte by byte, so that nothing of the handshake behind it is taken, and agree."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    assert head.startswith(b"CONNECT p.log.test:443 ")
    connection.sendall(b"HTTP/1.1 200 Go\r\n\r\n")
    return connection


# no connection


NOWHERE = "http://127.0.0.1:9/x?y=1"


@pytest.fixture
def full():
    """Return the URL of a listener that takes no more connections: connecting to it hangs."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        yield f"http://127.0.0.1:{address[1]}/x?y=1"
        for each in waiting:
            each.close()


@pytest.mark.parametrize("client", ["http.client", "urllib3", "requests", "httpx", "httpx-async", "aiohttp"])
@pytest.mark.parametrize("kind", ["refused", "name", "connect-timeout"])
def test_a_failure_to_connect_is_recorded_and_replayed(wire, no_sockets, full, client, kind):
    """No connection: the client raises the same class of error bare, recorded and replayed."""
    url = {"refused": NOWHERE, "name": "http://no.such.host.test:9/x?y=1", "connect-timeout": full}[kind]
    call = wire.CLIENTS[client]
    bare = wire.told(lambda: call(url, timeout=0.15))
    with wire.installed(wire.MemoryHandler()) as live:
        recorded = wire.told(lambda: call(url, timeout=0.15))
    no_sockets()
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)):
        replayed = wire.told(lambda: call(url, timeout=0.15))
    assert names(recorded) == names(bare)
    assert names(replayed) == names(bare)
    assert {outcome.kind for outcome in live.outcomes} == {kind}


def names(errors):
    return errors[0].partition(":")[0]


# errors of the handler


class Raising:
    """Owns everything and raises, when asked or when told."""

    def __init__(self, error, when="response"):
        self.error = error
        self.when = when
        self.calls = 0

    def owns(self, host, peer):
        return True

    def respond(self, request, peer):
        return self.fail("response")

    def sent(self, request, peer):
        self.fail("sent")

    def received(self, request, outcome, peer):
        self.fail("received")

    def fail(self, when):
        if when == self.when:
            self.calls += 1
            raise self.error


ERRORS = [UnmatchedRequest("closest: x"), NetworkBlocked("no"), AssertionError("clause"), CassetteDamaged("f", 1, "x")]


@pytest.mark.slow
@pytest.mark.parametrize("when", ["response", "received"])
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(
    "client", ["http.client", "urllib3", "requests", "requests-slowly", "httpx", "httpx-async", "aiohttp"]
)
def test_an_error_of_the_handler_reaches_the_caller_once(wire, serve, client, error, when):
    """What the handler raises comes out of the client's call unchanged and is not retried."""
    server = serve()
    with wire.installed(Raising(error, when)) as handler, pytest.raises(type(error)) as caught:
        wire.CLIENTS[client](server.url)
    assert caught.value is error
    assert handler.calls == 1
    assert len(server.requests) == (when == "received")


def test_an_error_of_the_handler_is_not_retried_by_urllib3(wire):
    """Retry(10) does not ask a handler again that said no."""
    handler = Raising(SlsContractError("no"))
    with wire.installed(handler), urllib3.PoolManager() as pool, pytest.raises(SlsContractError):
        pool.request("GET", NOWHERE, retries=urllib3.Retry(10, backoff_factor=0))
    assert handler.calls == 1


# cancellations


@pytest.mark.parametrize("client", ["httpx", "aiohttp"])
def test_a_caller_that_gives_up_leaves_a_timeout_behind(wire, serve, client):
    """The event loop's own time limit ends a live attempt: it is recorded before the caller goes on."""
    server = serve(wire.RawResponse(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "stall"))

    async def get():
        if client == "httpx":
            async with httpx.AsyncClient() as session:
                await session.get(server.url)
        else:
            async with aiohttp.ClientSession() as session, session.get(server.url):
                pass

    async def run(handler):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(get(), 3.0)
        return list(handler.outcomes)

    with wire.installed(wire.MemoryHandler()) as handler:
        [outcome] = asyncio.run(run(handler))
    assert outcome.kind == "timeout"
    assert outcome.partial.body == b"he"


def test_a_total_time_limit_of_aiohttp_is_a_timeout(wire, serve):
    """ClientTimeout(total=...) while recording: one timeout, and aiohttp's own error."""
    server = serve(wire.RawResponse(b"", "stall"))

    async def run():
        limit = aiohttp.ClientTimeout(total=0.2)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(server.url):
            pass

    with wire.installed(wire.MemoryHandler()) as handler, pytest.raises(TimeoutError):
        asyncio.run(run())
    assert [outcome.kind for outcome in handler.outcomes] == ["timeout"]


def test_the_recorder_holds_while_threads_come_and_go(wire):
    """Handlers that are installed and removed from other threads leave the innermost one in charge."""
    stop = threading.Event()

    def churn():
        while not stop.is_set():
            with wire.installed(Foreign()):
                pass

    with wire.installed(wire.MemoryHandler(memory=[OK] * 50)) as handler:
        thread = threading.Thread(target=churn)
        thread.start()
        for _ in range(50):
            assert requests.get("http://p.log.test/x", timeout=60).content == b"ok"
        stop.set()
        thread.join()
    assert len(handler.asked) == 50


# odd situations


def test_a_download_larger_than_aiohttps_buffer_is_given_as_fast_as_it_is_read(wire, serve):
    """Back pressure: a slow reader of a long response gets every byte, while recording and in replay."""
    body = bytes(range(256)) * 12_000
    server = serve(wire.RawResponse(b"HTTP/1.1 200 OK\r\n\r\n" + body, "close"))

    async def read_slowly():
        async with aiohttp.ClientSession() as session, session.get(server.url) as response:
            pieces = []
            async for piece in response.content.iter_chunked(100_000):
                pieces.append(piece)
                await asyncio.sleep(0)
            return b"".join(pieces)

    with wire.installed(wire.MemoryHandler()) as live:
        assert asyncio.run(read_slowly()) == body
    with wire.installed(wire.MemoryHandler(memory=live.outcomes)):
        assert asyncio.run(read_slowly()) == body


def test_a_slow_response_is_no_timeout_while_bytes_keep_coming(wire, serve):
    """The time limit ``sock_read`` of aiohttp counts from byte to byte, also under the recorder."""

    def drip(connection):
        return Dripping(connection)

    server = serve(wire.RawResponse(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef"), wrap=drip)
    with wire.installed(wire.MemoryHandler()):
        assert wire.CLIENTS["aiohttp"](server.url, timeout=3.0)[3] == b"abcdef"


class Dripping:
    """A server's connection that sends in six pieces over four seconds."""

    def __init__(self, connection):
        self.connection = connection
        self.recv = connection.recv
        self.close = connection.close

    def sendall(self, data):
        step = len(data) // 6 + 1
        for at in range(0, len(data), step):
            self.connection.sendall(data[at : at + step])
            time.sleep(0.7)


@pytest.mark.parametrize("library", ["urllib3", "http.client"])
def test_an_early_response_to_a_large_upload_is_recorded(wire, serve, library):
    """The server refuses before it has read the body: its response, or the reset, is an outcome like any other."""
    early = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    server = serve(wrap=lambda connection: respond_and_hang_up(connection, early))
    body = b"x" * 20_000_000

    def upload():
        if library == "urllib3":
            with urllib3.PoolManager() as pool:
                return pool.request("POST", server.url, body=body, retries=False).status
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            connection.request("POST", "/x", body)
            return connection.getresponse().status
        finally:
            connection.close()

    with wire.installed(wire.MemoryHandler()) as live:
        told = wire.told(upload)
    [outcome] = live.outcomes
    assert told == 413 if isinstance(outcome, Response) else outcome.kind in ("reset", "truncated")


def respond_and_hang_up(connection, early):
    connection.recv(1000)
    connection.sendall(early)
    connection.close()
    raise OSError


def test_an_idle_connection_that_its_peer_closed_is_opened_anew(wire, serve):
    """A keep-alive connection that went stale before recording does not make an outcome of its own."""
    server = serve(wire.RawResponse(), wire.RawResponse())

    async def run():
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(server.url) as response:
                    assert await response.read() == b"hello"
                for connection in server.open:
                    with contextlib.suppress(OSError):  # it is closed already
                        connection.shutdown(socket.SHUT_RDWR)
                await asyncio.sleep(0.05)

    with wire.installed(wire.MemoryHandler()) as live:
        asyncio.run(run())
    assert [type(outcome) for outcome in live.outcomes] == [Response, Response]


def test_the_guard_of_names_reaches_the_caller_of_a_live_attempt(wire, monkeypatch):
    """An error of ours inside connecting is no outcome: it is raised, and nothing is recorded."""

    def blocked(*args, **kwargs):
        msg = "not this way"
        raise NetworkBlocked(msg)

    monkeypatch.setattr(socket, "getaddrinfo", blocked)
    for client in ("http.client", "urllib3", "requests", "httpx", "httpx-async", "aiohttp"):
        with wire.installed(wire.MemoryHandler()) as handler, pytest.raises(NetworkBlocked, match="not this way"):
            wire.CLIENTS[client]("http://p.log.test/x?y=1")
        assert handler.kept == []


def test_an_error_of_the_handler_about_a_failed_connection_reaches_the_caller(wire):
    """Telling the handler of a refused connection may fail too; its error wins."""
    for client in ("http.client", "requests", "httpx", "httpx-async", "aiohttp"):
        with wire.installed(Raising(CassetteDamaged("f", 1, "full disk"), "received")), pytest.raises(CassetteDamaged):
            wire.CLIENTS[client](NOWHERE)


def test_a_full_pool_of_httpx_is_no_outcome(wire, serve):
    """An attempt that never began is not recorded."""
    server = serve(wire.RawResponse(b"", "stall"))
    limits = httpx.Limits(max_connections=1)

    async def run():
        async with httpx.AsyncClient(limits=limits, timeout=httpx.Timeout(0.4, pool=0.05)) as client:
            return await asyncio.gather(client.get(server.url), client.get(server.url), return_exceptions=True)

    with wire.installed(wire.MemoryHandler()) as live:
        errors = asyncio.run(run())
    assert {type(error) for error in errors} == {httpx.PoolTimeout, httpx.ReadTimeout}
    assert [outcome.kind for outcome in live.outcomes] == ["timeout"]


class Stale(aiohttp.TCPConnector):
    """Hands out connections that are closing already, as an unlucky pool may."""

    async def _create_connection(self, *args):
        protocol = await super()._create_connection(*args)
        protocol.transport.close()
        return protocol


def test_a_connection_that_closes_before_the_request_is_a_reset(wire, serve):
    """A pool of aiohttp may hand out a connection that just went away: an outcome, and aiohttp's own error."""
    server = serve()

    async def run():
        async with aiohttp.ClientSession(connector=Stale()) as session, session.get(server.url):
            pass

    with wire.installed(wire.MemoryHandler()) as live, pytest.raises(aiohttp.ClientOSError):
        asyncio.run(run())
    assert [outcome.kind for outcome in live.outcomes] == ["reset", "reset"], "aiohttp tries twice"


def test_an_interrupt_is_no_outcome(wire, serve):
    """Ctrl-C inside a live attempt ends it and leaves no claim about the service."""
    server = serve()

    async def interrupt(event, info):
        raise KeyboardInterrupt

    async def run():
        async with httpx.AsyncClient() as client:
            await client.get(server.url, extensions={"trace": interrupt})

    with wire.installed(wire.MemoryHandler()) as live, pytest.raises(KeyboardInterrupt):
        asyncio.run(run())
    assert live.kept == []


def test_a_request_without_a_host_belongs_to_its_address(wire):
    """Where no Host header was sent, the connection says whose request it is."""
    connection = http.client.HTTPConnection("p.log.test")
    with wire.installed(wire.MemoryHandler(memory=[OK])) as handler:
        connection.putrequest("GET", "/x", skip_host=True)
        connection.endheaders()
        assert connection.getresponse().read() == b"ok"
    assert handler.asked[0].url == "http://p.log.test/x"
    assert "host" not in handler.asked[0].headers


def test_the_handler_hears_the_address_not_the_name(wire, serve):
    """Whatever a name promises, the handler is told where the socket really went, by every client."""
    server = serve(*[wire.RawResponse() for _ in wire.CLIENTS])
    named = server.url.replace("127.0.0.1", "localhost")
    with wire.installed(wire.MemoryHandler()) as handler:
        for call in wire.CLIENTS.values():
            call(named)
    assert handler.peers == [f"127.0.0.1:{server.port}"] * len(wire.CLIENTS)
