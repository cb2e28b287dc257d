"""One request and one response per connection; `KeptAlive` sends several requests over one connection.

The request is written byte for byte: libraries with pools quote targets again, sort headers or add their own fields.
A `Transport` never uses a connection twice, so no request is sent again because an idle connection is dead: the
endpoint receives each request once. `KeptAlive` is for checks of keep-alive connections.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Self

from sls_contract.clock import monotonic
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, Response, split_url, wire_bytes, wire_text
from sls_contract.transport.address import Address, Proxy, parse_endpoint, proxy_for
from sls_contract.transport.failures import Kind, TransportError, detail_of, is_unreachable, kind_of
from sls_contract.transport.timed_reader import TimedReader, TooLarge, limit, remaining

_OK = 200
_INTERIM = frozenset(range(100, 200)) - {101}  # 101 is final: another protocol begins
_RESET_WITHIN = 0.5  # seconds: longer than a packet takes there and back
_MAX_TIMEOUT = 86400  # seconds; the system's calls accept no unlimited value


def open_transport(endpoint: str, *, timeout: float = 10.0, tls: ssl.SSLContext | None = None) -> Transport:
    """Return a `Send` that sends requests to an endpoint.

    Args:
        endpoint: ``https://cn-hangzhou.log.aliyuncs.com``: requests go to their own host, which must be the endpoint
            or below it; or an IP address or ``localhost`` with a port (``http://127.0.0.1:8080``): every request goes
            there, regardless of its Host header.
        timeout: seconds for one exchange as a whole, up to the last byte; the system's name lookup has its own limit.
        tls: how https is verified; by default against the system's authorities, host name included.

    Proxies of the environment are used, except for loopback. Raises `UsageError` for a wrong endpoint or timeout.

    """
    if not 0 < timeout <= _MAX_TIMEOUT:
        msg = f"timeout must be a number of seconds above 0, at most {_MAX_TIMEOUT} (a day), got {timeout!r}"
        raise UsageError(msg)
    return Transport(parse_endpoint(endpoint), timeout, tls)


@dataclass(slots=True, eq=False)
class Transport:
    """A `Send` over the network; safe to call from several threads.

    Calling it raises `TransportError` without a complete response, and `UsageError` for a request to another host.
    ``reached`` contains the IP addresses of all connections: those of the endpoint, or of a proxy before it.
    """

    address: Address
    timeout: float
    tls: ssl.SSLContext | None = None
    closed: bool = False
    reached: set[str] = field(default_factory=set)
    _active: set[socket.socket] = field(default_factory=set, repr=False)

    def __call__(self, request: Request) -> Response:
        """Send one request and return its response, content coding kept, chunks joined."""
        call = self._call(request)
        with _transport_errors(call.peer):
            connection = self._open(call)
            try:
                return call.send_over(connection)[0]
            finally:
                self._release(connection)

    def kept_alive(self) -> KeptAlive:
        """Return a `Send` that reuses one connection."""
        return KeptAlive(self)

    def _call(self, request: Request) -> _Call:
        if self.closed:
            msg = "this transport was closed; open another one"
            raise UsageError(msg)
        peer = _peer(self.address, request)
        proxy = proxy_for(peer)
        message = _head(request, peer, proxy) + request.body
        return _Call(peer, proxy, request.method, message, monotonic() + self.timeout)

    def _open(self, call: _Call) -> socket.socket:
        connection = _connect(call.peer, call.proxy, self._context(), call.deadline)
        self._active.add(connection)
        try:
            self.reached.add(connection.getpeername()[0])
        except BaseException:  # reset while it was being opened
            self._release(connection)
            raise
        return connection

    def _release(self, connection: socket.socket) -> None:
        self._active.discard(connection)
        connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Refuse every later request, and abort those in progress."""
        self.closed = True
        for connection in tuple(self._active):
            with suppress(OSError):  # it has just ended
                connection.shutdown(socket.SHUT_RDWR)

    def _context(self) -> ssl.SSLContext | None:
        if self.address.scheme == "http":
            return None
        if self.tls is None:
            self.tls = ssl.create_default_context()
        return self.tls


@dataclass(frozen=True, slots=True)
class _Call:
    """A request ready to be written: destination, proxy, bytes, and deadline (monotonic clock, seconds)."""

    peer: Address
    proxy: Proxy | None
    method: str
    message: bytes
    deadline: float

    def send_over(self, connection: socket.socket) -> tuple[Response, bool]:
        """Send the request; return the response, and whether the connection can carry another request."""
        limit(connection, self.deadline)
        try:
            connection.sendall(self.message)
            return _receive(connection, self.method, f"{self.peer.host}:{self.peer.port}", self.deadline)
        except OSError as error:
            if is_unreachable(error):  # the network failed after the request left: it may have been received
                raise ConnectionResetError(*error.args) from error
            raise


@dataclass(slots=True, eq=False)
class KeptAlive:
    """A `Send` over one connection, opened on the first request, and again if the endpoint closed it.

    ``reused`` counts the requests on a connection that had carried a response before. If the endpoint closes such a
    connection unread, the request is sent once more over a new one: an endpoint may close an idle connection at any
    time (RFC 9112 section 9.3.1). If it read the request, the response is lost, and a second request could do the work
    twice. A connection idle for ``may_expire`` seconds always counts as unread: some endpoints close it in two steps,
    and read what comes between them. A reset does not tell whether the request was read: it is sent once more, and
    ``resent`` counts it. Raises the errors of its transport. Not thread-safe.
    """

    transport: Transport
    reused: int = 0
    resent: int = 0
    may_expire: float = 4.0
    _connection: socket.socket | None = None
    _peer: Address | None = None
    _responded_at: float = 0.0

    def __call__(self, request: Request) -> Response:
        """Send one request and return its response."""
        call = self.transport._call(request)  # noqa: SLF001 - a friend class; so are the next two
        with _transport_errors(call.peer):
            if self._connection is not None and self._peer == call.peer and not _is_readable(self._connection):
                response = self._send_over(self._connection, call, again=True)
                if response is not None:
                    self.reused += 1
                    return response
            self.close()
            self._connection, self._peer = self.transport._open(call), call.peer  # noqa: SLF001
            response = self._send_over(self._connection, call)
            assert response is not None  # only a connection that was idle gives none
            return response

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._connection is not None:
            self.transport._release(self._connection)  # noqa: SLF001
            self._connection = None

    def _send_over(self, connection: socket.socket, call: _Call, *, again: bool = False) -> Response | None:
        """Return the response; None if the connection had carried one (``again``), and was closed while it was idle."""
        may_expire = monotonic() - self._responded_at >= self.may_expire
        is_reusable = False
        try:
            response, is_reusable = call.send_over(connection)
        except http.client.RemoteDisconnected:
            if again and (may_expire or _is_unread(connection)):
                return None
            raise
        except ConnectionError:
            if again:
                self.resent += 1
                return None
            raise
        finally:
            if not is_reusable:
                self.close()
        self._responded_at = monotonic()
        return response


@contextmanager
def _transport_errors(peer: Address) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransportError(kind_of(error), f"{peer.host}:{peer.port}", detail_of(error)) from error


def _is_readable(connection: socket.socket) -> bool:
    """Return whether an idle connection was closed, or contains unexpected bytes."""
    return bool(select.select([connection], [], [], 0)[0])


def _is_unread(connection: socket.socket) -> bool:
    """Return whether a request went to a connection that was closed before: only then, a reset follows the close."""
    deadline = monotonic() + _RESET_WITHIN
    while not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        if monotonic() >= deadline:
            return False
        time.sleep(_RESET_WITHIN / 100)
    return True


def _peer(address: Address, request: Request) -> Address:
    if address.literal:
        return address
    authority = split_url(request.url)[1].rpartition("@")[2]
    peer = parse_endpoint(f"{address.scheme}://{authority}")
    if not address.owns(peer.host):
        msg = f"the request goes to {peer.host!r}, which is not below the endpoint {address.host!r}"
        raise UsageError(msg)
    return replace(address, host=peer.host)


def _connect(peer: Address, proxy: Proxy | None, tls: ssl.SSLContext | None, deadline: float) -> socket.socket:
    first = proxy.address if proxy else peer
    connection = socket.create_connection((first.host, first.port), remaining(deadline))
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return connection
        if proxy:
            _tunnel(connection, peer, proxy, deadline)
        limit(connection, deadline)
        return tls.wrap_socket(connection, server_hostname=peer.host)
    except BaseException:
        connection.close()
        raise


def _tunnel(connection: socket.socket, peer: Address, proxy: Proxy, deadline: float) -> None:
    target = f"{peer.host}:{peer.port}"
    extra = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    connection.sendall(wire_bytes(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{extra}\r\n"))
    with _opened_response(TimedReader(connection, deadline), "CONNECT") as parsed:
        parsed.begin()
        if parsed.status != _OK:
            msg = f"the proxy {proxy.address.authority} refused to connect: {parsed.status} {parsed.reason}"
            raise OSError(msg)


def _head(request: Request, peer: Address, proxy: Proxy | None) -> bytes:
    direct = proxy is None or peer.scheme == "https"
    target = request.target if direct else f"http://{split_url(request.url)[1].rpartition('@')[2]}{request.target}"
    headers = list(request.headers.pairs)
    if "host" not in request.headers:
        headers.insert(0, ("Host", request.host))
    if request.body and not {"content-length", "transfer-encoding"} & {name.lower() for name, _ in headers}:
        headers.append(("Content-Length", str(len(request.body))))
    if proxy and proxy.authorization and not direct:
        headers.append(("Proxy-Authorization", proxy.authorization))
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if any(mark in line for line in lines for mark in "\r\n") or " " in target:
        msg = "a request with a line break in a header, or a space in its target, cannot be written"
        raise UsageError(msg)
    return wire_bytes("\r\n".join(lines) + "\r\n\r\n")


def _receive(connection: socket.socket, method: str, peer: str, deadline: float) -> tuple[Response, bool]:
    """Read one response; return it, and whether the connection can carry another request."""
    reader = TimedReader(connection, deadline)
    with _opened_response(reader, method) as parsed:
        try:
            parsed.begin()
        except http.client.HTTPException:
            if reader.failure:
                raise reader.failure from None
            raise
        if reader.ended:  # reading a complete head never reaches the end of the stream
            raise reader.failure or TransportError("truncated", peer, "its head is incomplete")
        body, cut = _body(parsed)
        surplus = reader.surplus() if cut is None and reader.failure is None else b""
        if body:
            body += surplus  # a too short Content-Length must not hide the bytes sent after it
        headers = [(_undo_latin1(name), _undo_latin1(value)) for name, value in parsed.getheaders()]
        response = Response(parsed.status, headers, body, reason=_undo_latin1(parsed.reason))
    if reader.failure:
        cut = detail_of(reader.failure)
    if cut is None:
        return response, not (parsed.will_close or surplus)
    if isinstance(reader.failure, TooLarge):
        kind: Kind = "too-large"
        raise TransportError(kind, peer, cut)
    kind = "timeout" if isinstance(reader.failure, TimeoutError) else "truncated"
    raise TransportError(kind, peer, cut, response)


class _Response(http.client.HTTPResponse):
    """A response that may be closed before ``__init__`` finished, as happens when a signal interrupts it."""

    fp = None  # type: ignore[assignment]  # close() reads it

    def begin(self) -> None:
        """Read the head of the final response; interim responses may precede it (RFC 9110 section 15.2)."""
        super().begin()
        while self.status in _INTERIM:
            self.headers = None  # type: ignore[assignment]  # begin() does nothing if it is set
            super().begin()


def _opened_response(reader: TimedReader, method: str) -> closing[http.client.HTTPResponse]:
    """Return a context manager: an unclosed response warns when it is collected after its reader."""
    return closing(_Response(reader, method=method))  # type: ignore[arg-type]  # it only calls makefile()


def _body(parsed: http.client.HTTPResponse) -> tuple[bytes, str | None]:
    """Read the body; if it ends early, return the received part and how much is missing."""
    try:
        return parsed.read(), None
    except http.client.IncompleteRead as error:
        missing = (
            "the last chunk is missing" if error.expected is None else f"{error.expected} more bytes were announced"
        )
        return error.partial, missing


def _undo_latin1(text: str) -> str:
    """Decode a text of `http.client`, which reads Latin-1, as text of the wire."""
    return wire_text(text.encode("latin-1", "surrogateescape"))
