"""aiohttp's client, below its own retry: the connector returns a connection whose other end is in memory.

aiohttp writes the request to it and parses the response from it with its own code. Once the request is complete the
handler decides; a live attempt then takes a connection from the real connector, with its pool, TLS and proxies.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from sls_contract.cassettes.recorder import failures
from sls_contract.cassettes.recorder.framing import RequestReader, ResponseReader, render, render_broken
from sls_contract.cassettes.recorder.guard import check_connection, check_proxied, let_through
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS, Broken, Outcome, Owner, owner_of
from sls_contract.errors import SlsContractError
from sls_contract.exchange import Request, wire_bytes
from sls_contract.hosts import authority_of

_FEED_BYTES = 65536


async def connect(original: Callable[..., Any], connector: Any, request: Any, traces: Any, timeout: Any) -> Any:  # noqa: ASYNC109 - aiohttp's own parameter
    """Return a connection to memory if a handler owns the host, else a real one."""
    to = request.proxy or request.url
    handler = owner_of(request.headers.get("Host") or request.url.authority, authority_of(to.host or "", to.port))
    if handler is None:
        return await _unowned(original, connector, request, traces, timeout)
    aiohttp = sys.modules["aiohttp"]
    loop = asyncio.get_running_loop()
    protocol = aiohttp.client_proto.ResponseHandler(loop)

    async def dial() -> Any:
        return await original(connector, request, traces, timeout)

    protocol.connection_made(_MemoryTransport(handler, request, protocol, dial))
    return aiohttp.connector.Connection(_NoPool(connector), request.connection_key, protocol, loop)


async def _unowned(original: Callable[..., Any], connector: Any, request: Any, *args: Any) -> Any:
    """Connect with aiohttp's own code, unless a guard refuses the request."""
    host = request.headers.get("Host") or request.url.authority
    if request.proxy:
        check_proxied(host, authority_of(request.proxy.host or "", request.proxy.port))
    connection = await original(connector, request, *args)
    try:
        check_connection(host, connection.transport and connection.transport.get_extra_info("socket"))
    except SlsContractError:
        connection.close()
        raise
    return connection


class _NoPool:
    """The connector of an in-memory connection: delegates to the real one, but pools nothing."""

    def __init__(self, connector: Any) -> None:
        self._connector = connector

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connector, name)

    def _release(self, _key: Any, protocol: Any, *, should_close: bool = False) -> None:
        del should_close
        protocol.close()


class _MemoryTransport(asyncio.Transport):
    """The transport of one attempt: collects the request and delivers the response."""

    def __init__(self, handler: Owner, request: Any, protocol: Any, dial: Callable[[], Any]) -> None:
        super().__init__()
        self._handler = handler
        self._client_request = request
        self._protocol = protocol
        self._dial = dial
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(request.url.scheme, request.url.authority)
        self._live: tuple[asyncio.Task[None], Request, ResponseReader] | None = None
        self._seconds: float | None = None
        self._pending = memoryview(b"")
        self._ending: BaseException | None = None
        self._decided = self._end_pending = self._paused = self._closed = False

    # the interface of a transport

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Collect the request; decide once it is complete."""
        self._reader.feed(bytes(data))
        if self._reader.wants_continue():
            self._loop.call_soon(self._protocol.data_received, b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._reader.complete and not self._decided:
            self._decided = True
            self._decide(self._reader.request())

    def is_closing(self) -> bool:
        """Return whether the client closed the transport."""
        return self._closed

    def close(self) -> None:
        """End the attempt; a live attempt in progress is cancelled and reported to the handler first."""
        self._closed = True
        if self._live is not None:
            (task, request, reader), self._live = self._live, None
            task.cancel()
            self._handler.received(
                request, Broken("timeout", reader.response(), "given up while waiting for the response")
            )

    abort = close

    def pause_reading(self) -> None:
        """Stop delivering bytes to the client."""
        self._paused = True

    def resume_reading(self) -> None:
        """Deliver the remaining bytes to the client."""
        self._paused = False
        self._loop.call_soon(self._pump)

    # the decision

    def _decide(self, request: Request) -> None:
        try:
            outcome = self._handler.respond(request)
        except BaseException as error:  # noqa: BLE001 - it reaches the caller through the protocol, unchanged
            self._loop.call_soon(self._fail, error)
            return
        if outcome is None:
            # The time limit counts from byte to byte of the real connection, not from here to the end of the response.
            self._seconds, self._protocol.read_timeout = self._protocol.read_timeout, None
            self._protocol.start_timeout()  # it may be running already; without a limit this stops it
            reader = ResponseReader(request.method)
            self._live = (self._loop.create_task(self._perform(request, reader)), request, reader)
        else:
            self._loop.call_soon(self._replay, outcome, request.method)

    def _replay(self, outcome: Outcome, method: str) -> None:
        if not isinstance(outcome, Broken):
            self._deliver(render(outcome, method), None)
        elif outcome.kind in CONNECT_KINDS:
            self._fail(_connect_error(self._client_request, outcome))
        else:
            self._deliver(render_broken(outcome), failures.ending_of(outcome))

    async def _perform(self, request: Request, reader: ResponseReader) -> None:
        """Perform the attempt live; report the outcome to the handler first, then to the client."""
        try:
            connection = await self._open()
        except SlsContractError as error:
            self._live = None
            self._fail(error)
            return
        except (OSError, sys.modules["aiohttp"].ClientError) as error:
            self._finish(request, failures.no_connection(error), partial(self._fail, error))
            return
        ending = await self._send_and_read(connection, reader)
        raw = bytes(reader.raw)
        self._finish(request, failures.outcome_of(reader, ending), partial(self._deliver, raw, ending))

    async def _open(self) -> Any:
        try:
            with let_through(self._client_request.url.host):
                return await self._dial()
        except TimeoutError as error:
            text = f"Connection timeout to host {self._client_request.url}"  # as ClientSession words it
            raise sys.modules["aiohttp"].ConnectionTimeoutError(text) from error

    async def _send_and_read(self, connection: Any, reader: ResponseReader) -> BaseException | None:
        """Send the request over a real connection and read one response; return the connection to its pool."""
        protocol, transport = connection.protocol, connection.transport
        if transport is not None:
            self._handler = self._handler.connected_to(transport.get_extra_info("peername"))
        if transport is None or transport.is_closing():
            connection.close()
            return ConnectionResetError(errno.ECONNRESET, "Cannot write to closing transport")
        collector = _Collector(reader, protocol)
        transport.set_protocol(collector)
        try:
            transport.write(self._outgoing())
            return await collector.wait(self._seconds)
        finally:
            if not collector.is_lost:
                transport.set_protocol(protocol)
            if reader.is_reusable and not collector.is_lost:
                connection.release()
            else:
                connection.close()

    def _outgoing(self) -> bytes:
        """Return the bytes of the request, with the proxy's credentials that the connector would add."""
        raw = bytes(self._reader.raw)
        secret = self._client_request.headers.get("Proxy-Authorization")
        head, end, body = raw.partition(b"\r\n\r\n")
        if secret is None or b"\r\nproxy-authorization:" in head.lower():
            return raw
        return b"".join((head, b"\r\nProxy-Authorization: ", wire_bytes(secret), end, body))

    # the response

    def _finish(self, request: Request, outcome: Outcome, deliver: Callable[[], None]) -> None:
        """Report to the handler, then deliver to the client; an error of the handler goes to the client instead."""
        if self._live is None:  # pragma: no cover - given up, and reported as that; Python 3.11 may lose a cancellation
            return
        self._live = None
        try:
            self._handler.received(request, outcome)
        except Exception as error:  # noqa: BLE001 - it is the caller's to see
            self._fail(error)
        else:
            deliver()

    def _fail(self, error: BaseException) -> None:
        self._protocol.set_exception(error)

    def _deliver(self, raw: bytes, ending: BaseException | None) -> None:
        self._pending, self._ending, self._end_pending = memoryview(raw), ending, True
        self._pump()

    def _pump(self) -> None:
        """Deliver bytes while the client accepts them, then the end of the stream, once."""
        while self._pending and not (self._paused or self._closed):
            piece, self._pending = self._pending[:_FEED_BYTES], self._pending[_FEED_BYTES:]
            self._protocol.data_received(bytes(piece))
        if self._end_pending and not (self._pending or self._paused or self._closed):
            self._end_pending = False
            if isinstance(self._ending, TimeoutError):
                self._protocol._on_read_timeout()  # noqa: SLF001 - it alone fails both the wait and the body
            else:
                self._protocol.connection_lost(self._ending)


class _Collector(asyncio.Protocol):
    """Reads one response from a real connection, in place of aiohttp's protocol."""

    def __init__(self, reader: ResponseReader, protocol: Any) -> None:
        self.is_lost = False
        self._reader = reader
        self._protocol = protocol
        self._ending: BaseException | None = None
        self._changed = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Pass the bytes to the reader."""
        self._reader.feed(data)
        self._changed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Record how the connection ended, and inform aiohttp's protocol."""
        self.is_lost, self._ending = True, exc
        if exc is None:
            self._reader.feed_eof()
        self._changed.set()
        self._protocol.connection_lost(exc)

    async def wait(self, seconds: float | None) -> BaseException | None:
        """Wait for the whole response; return the error that ended it early (None: no error, or end of stream)."""
        try:
            while not (self._reader.complete or self.is_lost):
                self._changed.clear()
                await asyncio.wait_for(self._changed.wait(), seconds or None)
        except TimeoutError as error:
            return error
        return self._ending


def _connect_error(request: Any, broken: Broken) -> BaseException:
    """Return the error that aiohttp's connector would have raised."""
    aiohttp, key = sys.modules["aiohttp"], request.connection_key
    error: BaseException
    if broken.kind == "connect-timeout":
        error = aiohttp.ConnectionTimeoutError(f"Connection timeout to host {request.url}")
    elif broken.kind == "name":
        reason = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        error = aiohttp.ClientConnectorDNSError(key, reason)
    elif broken.kind == "tls":
        error = aiohttp.ClientConnectorSSLError(key, ssl.SSLError(1, broken.detail or "TLS handshake failed"))
    else:
        error = aiohttp.ClientConnectorError(key, ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"))
    return error
