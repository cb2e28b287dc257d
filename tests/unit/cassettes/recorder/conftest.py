"""A scripted raw-socket server, a handler that keeps what it is given, and every recorded client behind one face."""

import asyncio
import contextlib
import http.client
import re
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
import requests
import trustme
import urllib3

from sls_contract.cassettes.recorder import install

OK = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class RawResponse:
    """What the server does with one request: send ``raw``, then ``end`` (keep, close, reset, stall)."""

    raw: bytes = OK
    end: str = "keep"


class ScriptedServer:
    """Sends the responses of a script, in order of arrival; keeps every request as raw bytes."""

    def __init__(self, script, wrap=None):
        self.script = list(script)
        self.requests = []
        self.connections = 0
        self.wrap = wrap or (lambda connection: connection)
        self.lock = threading.Lock()
        self.open = []
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/logstores/a%20b?shard=0&x=%E4%B8%AD"

    def accept(self):
        while not self.stopping.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                self.connections += 1
                self.open.append(connection)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError):
            connection = self.wrap(connection)
            self.open.append(connection)
            while (request := read_request(connection)) is not None:
                with self.lock:
                    self.requests.append(request)
                    response = self.script.pop(0) if self.script else RawResponse()
                if not self.play(connection, response):
                    return

    def play(self, connection, response):
        connection.sendall(response.raw)
        if response.end == "keep":
            return True
        if response.end == "stall":
            self.stopping.wait(5)
        if response.end == "reset":
            time.sleep(0.02)  # what was sent shall arrive before the reset does
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return False

    def stop(self):
        self.stopping.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)
        for connection in self.open:
            connection.close()


def read_request(connection):
    """Read one request by its own framing; None where the client closed the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    chunked = re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head)
    while (chunked and not body.endswith(b"0\r\n\r\n")) or (length and len(body) < int(length[1])):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@dataclass
class MemoryHandler:
    """Owns loopback and everything under ``.test``; replays ``memory``, or lets live where there is none."""

    memory: list | None = None
    asked: list = field(default_factory=list)
    under_way: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    peers: list = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def owns(self, host, peer):
        return host.partition(":")[0].endswith((".test", "127.0.0.1", "localhost"))

    def respond(self, request, peer):
        with self.lock:
            self.asked.append(request)
            return None if self.memory is None else self.memory.pop(0)

    def sent(self, request, peer):
        with self.lock:
            self.under_way.append(request)

    def received(self, request, outcome, peer):
        with self.lock:
            self.kept.append((request, outcome))
            self.peers.append(peer)

    @property
    def outcomes(self):
        return [outcome for _, outcome in self.kept]


@contextlib.contextmanager
def installed(handler):
    remove = install(handler)
    try:
        yield handler
    finally:
        remove()


# every client behind one face: what came back, or which error, in comparable values


def by_http_client(url, method="GET", timeout=60.0):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        connection.request(method, f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        return response.status, response.reason, response.getheaders(), response.read()
    finally:
        connection.close()


def by_urllib3(url, method="GET", timeout=60.0):
    with urllib3.PoolManager() as pool:
        response = pool.request(method, url, timeout=timeout, retries=False, redirect=False)
        return response.status, response.reason, list(response.headers.iteritems()), response.data


def by_requests(url, method="GET", timeout=60.0, retries=0):
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        response = session.request(method, url, timeout=timeout, allow_redirects=False)
        return response.status_code, response.reason, list(response.raw.headers.iteritems()), response.content


def by_requests_slowly(url, method="GET", timeout=60.0):
    """Use requests with a retry that never happens: the fast path is closed."""
    return by_requests(url, method, timeout, urllib3.Retry(1, connect=0, read=0, status=0, other=0))


def by_requests_stream(url, method="GET", timeout=60.0):
    with requests.Session() as session:
        session.trust_env = False
        with session.request(method, url, timeout=timeout, allow_redirects=False, stream=True) as response:
            body = b"".join(response.iter_content(1000))
            return response.status_code, response.reason, list(response.raw.headers.iteritems()), body


def by_httpx(url, method="GET", timeout=60.0):
    with httpx.Client(trust_env=False, timeout=timeout, verify=False) as client:
        return _httpx_result(client.request(method, url))


def by_httpx_async(url, method="GET", timeout=60.0):
    async def run():
        async with httpx.AsyncClient(trust_env=False, timeout=timeout, verify=False) as client:
            return _httpx_result(await client.request(method, url))

    return asyncio.run(run())


def _httpx_result(response):
    pairs = [(name.decode(), value.decode()) for name, value in response.headers.raw]
    return response.status_code, response.reason_phrase, pairs, response.content


def by_aiohttp(url, method="GET", timeout=60.0):
    async def run():
        limits = aiohttp.ClientTimeout(sock_read=timeout, sock_connect=timeout)
        async with (
            aiohttp.ClientSession(timeout=limits) as session,
            session.request(method, url, allow_redirects=False) as response,
        ):
            pairs = [(name.decode(), value.decode()) for name, value in response.raw_headers]
            return response.status, response.reason, pairs, await response.read()

    return asyncio.run(run())


CLIENTS = {
    "http.client": by_http_client,
    "urllib3": by_urllib3,
    "requests": by_requests,
    "requests-slowly": by_requests_slowly,
    "requests-stream": by_requests_stream,
    "httpx": by_httpx,
    "httpx-async": by_httpx_async,
    "aiohttp": by_aiohttp,
}


def told(call):
    """Return what a client tells its caller: its response, or its error with the wrapped ones."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - which one is what the tests compare
        return [error_name(each) for each in error_chain(error)]


def error_chain(error):
    yield error
    inner = getattr(error, "reason", None) or (error.args[-1] if error.args else None)
    if isinstance(inner, BaseException):
        yield from error_chain(inner)


def error_name(error):
    return re.sub(r"0x[0-9a-f]+", "0x", f"{type(error).__name__}: {error}")


@pytest.fixture
def serve():
    """Start scripted servers, and stop them after the test."""
    servers = []

    def start(*script, wrap=None):
        servers.append(ScriptedServer(script, wrap))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def authority():
    """Return a certificate authority of our own."""
    return trustme.CA()


@pytest.fixture
def tls(authority):
    """Return how a server wraps its connections."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost", "p.log.test").configure_cert(context)
    return lambda connection: context.wrap_socket(connection, server_side=True)


@pytest.fixture
def trust(authority, tmp_path):
    """Return a file with its certificate."""
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def no_sockets(monkeypatch):
    """Fail on any socket that connects or any name that is looked up."""

    def close_the_wire():
        def refuse(*args, **kwargs):
            msg = f"a socket was used: {args!r}"
            raise AssertionError(msg)

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket.socket, "connect_ex", refuse)
        monkeypatch.setattr(socket.socket, "sendall", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)

    return close_the_wire


@pytest.fixture(scope="session")
def wire():
    """Hand the tools of this file to a test."""
    return Wire()


class Wire:
    RawResponse, MemoryHandler, OK, CLIENTS = RawResponse, MemoryHandler, OK, CLIENTS
    ScriptedServer = ScriptedServer
    installed, told = staticmethod(installed), staticmethod(told)
