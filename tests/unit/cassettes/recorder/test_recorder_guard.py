"""The guard: no byte for an owned host leaves, from any library, thread or warm connection."""

import asyncio
import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import httpx
import pytest
import requests
import urllib3

from sls_contract.cassettes.recorder import NetworkGuard, let_through
from sls_contract.cassettes.recorder.wiring import wrap_clients_again
from sls_contract.errors import NetworkBlocked
from sls_contract.exchange import Response

OWNED = "p.cn-hangzhou.log.guarded.test"
REMEDY = "mark the test with @pytest.mark.sls_cassette"


@pytest.fixture
def guard():
    guard = NetworkGuard(
        lambda host: host.partition(":")[0].endswith(("guarded.test", "127.0.0.1", "localhost")), REMEDY
    )
    guard.activate()
    yield guard
    guard.deactivate()


def raw_socket():
    with socket.socket() as each:
        each.connect((OWNED, 80))


def raw_connect_ex():
    with socket.socket() as each:
        each.connect_ex((OWNED, 80))


async def open_connection():
    await asyncio.open_connection(OWNED, 80)


async def loop_lookup():
    await asyncio.get_running_loop().getaddrinfo(OWNED, 80)


WAYS = {
    "getaddrinfo": lambda: socket.getaddrinfo(OWNED, 80),
    "getaddrinfo-bytes": lambda: socket.getaddrinfo(OWNED.encode(), None),
    "getaddrinfo-named": lambda: socket.getaddrinfo(host=OWNED.upper() + ".", port="http"),
    "gethostbyname": lambda: socket.gethostbyname(OWNED),
    "gethostbyname_ex": lambda: socket.gethostbyname_ex(OWNED),
    "create_connection": lambda: socket.create_connection((OWNED, 443)),
    "connect": raw_socket,
    "connect_ex": raw_connect_ex,
    "asyncio-streams": lambda: asyncio.run(open_connection()),
    "asyncio-lookup": lambda: asyncio.run(loop_lookup()),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_an_owned_host_is_closed(guard, way):
    """Any library that resolves the name in Python is stopped, by an error that names host and remedy."""
    with pytest.raises(NetworkBlocked, match=REMEDY) as caught:
        WAYS[way]()
    assert OWNED in str(caught.value).lower()
    assert not isinstance(caught.value, OSError)


def test_a_way_that_another_tool_opened_is_closed_again(guard, monkeypatch):
    """pytest-socket gives sockets their own `connect` back after each test; that would resolve the name first."""
    guard.deactivate()
    own = socket.socket.connect
    guard.activate()
    monkeypatch.setattr(socket.socket, "connect", own)
    wrap_clients_again()
    with pytest.raises(NetworkBlocked, match=REMEDY):
        raw_socket()
    guard.deactivate()
    assert socket.socket.connect is own


@pytest.mark.parametrize("client", ["http.client", "urllib3", "requests", "httpx", "httpx-async", "aiohttp"])
def test_recorded_clients_are_stopped_at_the_request(wire, guard, client):
    """They raise the same error, unwrapped and at once."""
    with pytest.raises(NetworkBlocked, match=REMEDY):
        wire.CLIENTS[client](f"http://{OWNED}/x?y=1")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_only_a_proxy_that_leads_out_is_closed(wire, serve, scheme):
    """Plain and through a tunnel, nothing is sent to a proxy that leaves the machine; a double on loopback responds."""
    server = serve(*[wire.RawResponse(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "close")] * 5)
    proxy, url = f"http://127.0.0.1:{server.port}", f"{scheme}://{OWNED}/x"
    ways = {
        "requests": lambda: requests.get(url, proxies={"http": proxy, "https": proxy}, timeout=60),
        "urllib3": lambda: urllib3.ProxyManager(proxy).request("GET", url, retries=False, timeout=60),
        "httpx": lambda: httpx.get(url, proxy=proxy),
        "httpx-async": lambda: asyncio.run(through_httpx(url, proxy)),
        "aiohttp": lambda: asyncio.run(through_aiohttp(url, proxy)),
    }
    for leads_out in (True, False):
        guard = NetworkGuard(lambda host: host.startswith(OWNED), REMEDY, lambda _, stays=not leads_out: stays)
        guard.activate()
        for way in ways.values():
            if leads_out:
                with pytest.raises(NetworkBlocked, match=f"{OWNED}.*through 127.0.0.1:{server.port} was blocked"):
                    way()
            else:
                with contextlib.suppress(OSError, httpx.HTTPError, urllib3.exceptions.HTTPError, aiohttp.ClientError):
                    way()  # the server is no proxy; that it was asked is the point
        guard.deactivate()
        assert len(server.requests) == (0 if leads_out else 5)


async def through_httpx(url, proxy):
    async with httpx.AsyncClient(proxy=proxy) as client:
        await client.get(url)


async def through_aiohttp(url, proxy):
    async with aiohttp.ClientSession() as client, client.get(url, proxy=proxy):
        pass


def test_loopback_and_foreign_hosts_are_untouched(wire, serve, guard):
    """Loopback works even where it is owned; a foreign name is looked up as ever."""
    server = serve()
    for call in wire.CLIENTS.values():
        assert call(server.url)[0] == 200
    assert requests.get(server.url, headers={"Host": f"project.127.0.0.1:{server.port}"}, timeout=60).status_code == 200
    assert socket.getaddrinfo("localhost", 80)
    assert socket.getaddrinfo(None, 80)
    assert socket.getaddrinfo("::1", 80)
    assert [guard.owns(host, host) for host in ("127.0.0.1:9", "[::1]:9", "::1", "a.localhost", "p.127.0.0.1:9")] == [
        False
    ] * 5
    assert guard.owns(OWNED.upper() + ":443", OWNED)
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("foreign.invalid", 80)
    ours, theirs = socket.socketpair()
    ours.close()
    theirs.close()
    with socket.socket(socket.AF_UNIX) as each, pytest.raises(FileNotFoundError):
        each.connect("/no/such/socket")


def test_an_open_cassette_is_played_under_the_guard(wire, guard):
    """The guard stands behind every handler, whichever came first."""
    other = NetworkGuard(lambda host: guard.owns(host, host), "never")
    with wire.installed(wire.MemoryHandler(memory=[Response(200)] * 2)):
        other.activate()
        assert requests.get(f"http://{OWNED}/x", timeout=60).status_code == 200
        other.deactivate()
        assert requests.get(f"http://{OWNED}/x", timeout=60).status_code == 200
    with pytest.raises(NetworkBlocked, match=REMEDY):
        requests.get(f"http://{OWNED}/x", timeout=60)


def test_the_guard_holds_in_every_thread(guard):
    """A thread that was running before is stopped as well."""
    caught = []

    def run():
        try:
            socket.getaddrinfo(OWNED, 80)
        except NetworkBlocked as error:
            caught.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(caught) == 8


def test_activation_nests_and_leaves_nothing_behind():
    """The last deactivation gives every function back; one too many does no harm."""
    before = socket.getaddrinfo, socket.gethostbyname, "connect" in vars(socket.socket), aiohttp.BaseConnector.connect
    guard, other = NetworkGuard(lambda host: host == "a.test", "x"), NetworkGuard(lambda host: host == "b.test:80", "x")
    guard.activate()
    guard.activate()
    other.activate()
    guard.deactivate()
    for host in ("a.test", "b.test"):
        with pytest.raises(NetworkBlocked):
            socket.getaddrinfo(host, 80)
    guard.deactivate()
    guard.deactivate()
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo("b.test", 80)
    other.deactivate()
    after = socket.getaddrinfo, socket.gethostbyname, "connect" in vars(socket.socket), aiohttp.BaseConnector.connect
    assert after == before


def test_what_a_cassette_records_live_passes_a_guard_that_spares_it():
    """In every thread and for that host only, as long as the attempt lasts; another guard refuses all the same."""
    spares = NetworkGuard(lambda host: host.endswith(".test"), REMEDY, spares_recording=True)
    strict = NetworkGuard(lambda host: host == "b.guarded.test", REMEDY)
    spares.activate()
    strict.activate()
    with let_through("A.guarded.test:80"), let_through("b.guarded.test"):
        with ThreadPoolExecutor(1) as pool, pytest.raises(socket.gaierror):
            pool.submit(socket.getaddrinfo, "a.guarded.test", 80).result()
        for host in ("b.guarded.test", "c.guarded.test"):
            with pytest.raises(NetworkBlocked):
                socket.getaddrinfo(host, 80)
    with pytest.raises(NetworkBlocked):
        socket.getaddrinfo("a.guarded.test", 80)
    strict.deactivate()
    spares.deactivate()
