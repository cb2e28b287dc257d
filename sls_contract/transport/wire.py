"""One request, one connection, one answer; or, where that is asked for, several requests on one connection.

The request is written as it is, byte for byte: libraries with pools quote targets again, sort headers or add their own.
A `Transport` never uses a connection twice, so nothing has to be sent again when an idle one turns out to be dead:
what the endpoint receives is what was asked for, once. `KeptAlive` is for those who want to see an endpoint do more.
"""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from sls_contract.clock import monotonic
from sls_contract.errors import UsageError
from sls_contract.exchange import Request, Response, split_url, wire_bytes, wire_text
from sls_contract.transport.address import Address, Proxy, parse_endpoint, proxy_for
from sls_contract.transport.failures import Kind, TransportError, detail_of, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_OK = 200
_INTERIM = frozenset(range(100, 200)) - {101}  # 101 is final: another protocol begins
_LONGEST = 86400  # seconds; what the system's calls take is not endless


def open_transport(endpoint: str, *, timeout: float = 10.0, tls: ssl.SSLContext | None = None) -> Transport:
    """Return a `Send` that carries requests to an endpoint.

    Args:
        endpoint: ``https://cn-hangzhou.log.aliyuncs.com``: requests go to their own host, which must be the endpoint
            or below it; or an IP address or ``localhost`` with a port (``http://127.0.0.1:8080``): every request goes
            there, whatever its Host header says.
        timeout: seconds for one exchange as a whole, up to the last byte; the system's name lookup has its own limit.
        tls: how https is verified; by default against the system's authorities, host name included.

    Proxies of the environment are used, except for loopback. Raises `UsageError` for what is no endpoint.

    """
    if not 0 < timeout <= _LONGEST:
        msg = f"timeout must be a number of seconds above 0, at most {_LONGEST} (a day), got {timeout!r}"
        raise UsageError(msg)
    return Transport(parse_endpoint(endpoint), timeout, tls)


@dataclass(slots=True, eq=False)
class Transport:
    """A `Send` over the network; safe to call from several threads.

    Calling it raises `TransportError` where no whole answer came, and `UsageError` for a request to another host.
    ``reached`` has the addresses that connections were made to: the endpoint's, or those of a proxy before it.
    """

    address: Address
    timeout: float
    tls: ssl.SSLContext | None = None
    closed: bool = False
    reached: set[str] = field(default_factory=set)
    _under_way: set[socket.socket] = field(default_factory=set, repr=False)

    def __call__(self, request: Request) -> Response:
        """Carry one request and return its answer, content coding still on, chunks joined."""
        call = self._call(request)
        with _named_failure(call.peer):
            connection = self._open(call)
            try:
                return call.over(connection)[0]
            finally:
                self._drop(connection)

    def kept_alive(self) -> KeptAlive:
        """Return a `Send` over one connection that is kept alive."""
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
        self._under_way.add(connection)
        try:
            self.reached.add(connection.getpeername()[0])
        except BaseException:  # reset while it was opened
            self._drop(connection)
            raise
        return connection

    def _drop(self, connection: socket.socket) -> None:
        self._under_way.discard(connection)
        connection.close()

    def __enter__(self) -> Self:
        """Give the transport to a ``with`` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Refuse every later request, and cut off those that are under way."""
        self.closed = True
        for connection in tuple(self._under_way):
            with suppress(OSError):  # it has just ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def _context(self) -> ssl.SSLContext | None:
        if self.address.scheme == "http":
            return None
        if self.tls is None:
            self.tls = ssl.create_default_context()
        return self.tls


@dataclass(frozen=True, slots=True)
class _Call:
    """One request, ready to be written: where to, through which proxy, the bytes, and until when (monotonic)."""

    peer: Address
    proxy: Proxy | None
    method: str
    message: bytes
    deadline: float

    def over(self, connection: socket.socket) -> tuple[Response, bool]:
        """Return the answer, and whether the connection can carry another request."""
        _limit(connection, self.deadline)
        connection.sendall(self.message)
        return _receive(connection, self.method, f"{self.peer.host}:{self.peer.port}", self.deadline)


@dataclass(slots=True, eq=False)
class KeptAlive:
    """A `Send` over one connection, opened when it is needed, and again where the endpoint closed it.

    ``reused`` counts the requests on a connection that had carried an answer before. A request that an idle connection
    took without any answer is sent once more over a new one: an endpoint may close an idle connection at any time
    (RFC 9112 section 9.3.1). Raises what its transport raises. Not for several threads.
    """

    transport: Transport
    reused: int = 0
    _connection: socket.socket | None = None
    _peer: Address | None = None

    def __call__(self, request: Request) -> Response:
        """Carry one request and return its answer."""
        call = self.transport._call(request)  # noqa: SLF001 - the other half of the same thing
        with _named_failure(call.peer):
            if self._connection is not None and self._peer == call.peer and not _is_readable(self._connection):
                with suppress(ConnectionError):  # closed while it was idle
                    response = self._over(self._connection, call)
                    self.reused += 1
                    return response
            self.close()
            self._connection, self._peer = self.transport._open(call), call.peer  # noqa: SLF001
            return self._over(self._connection, call)

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._connection is not None:
            self.transport._drop(self._connection)  # noqa: SLF001
            self._connection = None

    def _over(self, connection: socket.socket, call: _Call) -> Response:
        kept = False
        try:
            response, kept = call.over(connection)
        finally:
            if not kept:
                self.close()
        return response


@contextmanager
def _named_failure(peer: Address) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransportError(kind_of(error), f"{peer.host}:{peer.port}", detail_of(error)) from error


def _is_readable(connection: socket.socket) -> bool:
    """Return whether an idle connection was closed, or holds what nobody asked for."""
    return bool(select.select([connection], [], [], 0)[0])


class _TimedReader(io.RawIOBase):
    """Reads a socket until a deadline; a broken connection reads as its end and is remembered in ``failure``."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self.failure: OSError | None = None
        self.ended = False
        self._finished = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer protocol has no type in 3.11
        if self._finished:
            return 0
        try:
            _limit(self._connection, self._deadline)
            received = self._connection.recv_into(buffer)
        except OSError as error:
            self.failure, received = error, 0
        self.ended = not received
        return received

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Stand in for a socket, which is all that `http.client.HTTPResponse` asks of one."""
        self._buffer = _KeptReader(self)
        return self._buffer

    def surplus(self) -> bytes:
        """Return what had already come behind the end of the answer; nothing more is waited for."""
        self._finished = True
        return self._buffer.peek()


class _KeptReader(io.BufferedReader):
    """A reader that `http.client.HTTPResponse` cannot close, so that what it left can be seen."""

    def close(self) -> None:
        pass


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
    connection = socket.create_connection((first.host, first.port), _remaining(deadline))
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return connection
        if proxy:
            _tunnel(connection, peer, proxy, deadline)
        _limit(connection, deadline)
        return tls.wrap_socket(connection, server_hostname=peer.host)
    except BaseException:
        connection.close()
        raise


def _tunnel(connection: socket.socket, peer: Address, proxy: Proxy, deadline: float) -> None:
    goal = f"{peer.host}:{peer.port}"
    extra = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    connection.sendall(wire_bytes(f"CONNECT {goal} HTTP/1.1\r\nHost: {goal}\r\n{extra}\r\n"))
    with _answer(_TimedReader(connection, deadline), "CONNECT") as answer:
        answer.begin()
        if answer.status != _OK:
            msg = f"the proxy {proxy.address.authority} refused to connect: {answer.status} {answer.reason}"
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
    """Read one answer; return it, and whether the connection can carry another request."""
    reader = _TimedReader(connection, deadline)
    with _answer(reader, method) as answer:
        try:
            answer.begin()
        except http.client.HTTPException:
            if reader.failure:
                raise reader.failure from None
            raise
        if reader.ended:  # no read goes beyond the empty line behind a head
            raise reader.failure or TransportError("truncated", peer, "its head has no end")
        body, cut = _body(answer)
        surplus = reader.surplus() if cut is None and reader.failure is None else b""
        if body:
            body += surplus  # a Content-Length that is too short must not hide what was sent
        response = Response(answer.status, _headers(answer), body, reason=_undo_latin1(answer.reason))
    if reader.failure:
        cut = detail_of(reader.failure)
    if cut is None:
        return response, not (answer.will_close or surplus)
    kind: Kind = "timeout" if isinstance(reader.failure, TimeoutError) else "truncated"
    raise TransportError(kind, peer, cut, response)


class _Answer(http.client.HTTPResponse):
    """An answer that a signal may end while it is made: closing it, as Python does then, complains of nothing."""

    fp = None  # type: ignore[assignment]  # what closing asks for

    def begin(self) -> None:
        """Read the head of the final answer: others may come before it, unasked (RFC 9110 section 15.2)."""
        super().begin()
        while self.status in _INTERIM:
            self.headers = None  # type: ignore[assignment]  # as before the first head
            super().begin()


def _answer(reader: _TimedReader, method: str) -> closing[http.client.HTTPResponse]:
    """Give an answer to a ``with`` block: one that is left open complains when it is collected, after its reader."""
    return closing(_Answer(reader, method=method))  # type: ignore[arg-type]  # makefile is all it uses


def _body(answer: http.client.HTTPResponse) -> tuple[bytes, str | None]:
    """Read the body; where it ends too early, return what came and how much is missing."""
    try:
        return answer.read(), None
    except http.client.IncompleteRead as error:
        missing = (
            "the last chunk is missing" if error.expected is None else f"{error.expected} more bytes were announced"
        )
        return error.partial, missing


def _headers(answer: http.client.HTTPResponse) -> list[tuple[str, str]]:
    return [(_undo_latin1(name), _undo_latin1(value)) for name, value in answer.getheaders()]


def _undo_latin1(text: str) -> str:
    """Read as text of the wire what `http.client` read as Latin-1."""
    return wire_text(text.encode("latin-1", "surrogateescape"))


def _remaining(deadline: float) -> float:
    """Return the seconds left; raises `TimeoutError` where none are."""
    left = deadline - monotonic()
    if left <= 0:
        msg = "timed out"
        raise TimeoutError(msg)
    return left


def _limit(connection: socket.socket, deadline: float) -> None:
    connection.settimeout(_remaining(deadline))
