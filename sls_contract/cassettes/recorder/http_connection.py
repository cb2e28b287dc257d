"""http.client, and with it urllib3, requests and every library built on ``http.client.HTTPConnection``.

The connection gets a socket in memory, which collects the bytes of the request. When the client reads the response,
the handler decides. A live attempt then uses the client's own stack (its ``connect``, TLS, proxy tunnel and time
limits) to send these bytes and to read the whole response. In both cases the client parses bytes from memory with its
own code; afterwards the connection has its real socket, or none.
"""

from __future__ import annotations

import errno
import http.client
import io
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.cassettes.recorder import failures
from sls_contract.cassettes.recorder.framing import (
    ResponseReader,
    host_from_head,
    render,
    render_broken,
    request_from_wire,
)
from sls_contract.cassettes.recorder.guard import check_connection, check_proxied, let_through
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS, Broken, Outcome, Owner, is_live, live, owner_of
from sls_contract.cassettes.recorder.wiring import wrap_method
from sls_contract.errors import CassetteError, SlsContractError
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request

_RECV_BYTES = 65536
_HTTPS_PORT = 443
_HOOKED_MODULES = ("http.client", "urllib3.connection")  # modules of classes that are wrapped by name
_URLLIB3_FUTURE = (
    "urllib3-future, which niquests installs in place of urllib3, cannot be recorded or replayed: it does not use "
    "http.client.\n"
    "How to fix: for requests and botocore: pip uninstall urllib3-future niquests, then pip install --force-reinstall "
    "urllib3. Record niquests with `sls-contract proxy`, and replay its recordings with `sls-contract replay`."
)
_TIMEOUT_TYPES = (int, float, type(None))  # seconds; urllib3 1 may use a sentinel for the default instead


class Preset(threading.local):
    """The decision already made for this thread's next attempt by `requests_adapter`, for a case it cannot handle."""

    value: tuple[Outcome | RawResponse | Exception | None] | None = None


PRESET = Preset()


class MemorySocket:
    """The socket of a connection from the first byte of a request until its response."""

    def __init__(self, connection: Any, real: Any) -> None:
        """Keep the real socket, if the connection is open, and the time limit for connecting (seconds)."""
        self.sent = bytearray()
        self.real = real
        self.connect_timeout = connection.timeout
        self.read_timeout: tuple[Any] | None = None

    def sendall(self, data: Any) -> None:
        """Collect bytes of the request."""
        self.sent += data

    def settimeout(self, seconds: Any) -> None:
        """Keep the time limit for reading, in seconds or None."""
        self.read_timeout = (seconds,)

    def setsockopt(self, *args: Any) -> None:
        """Ignore socket options: they do not apply to memory."""

    def shutdown(self, how: int) -> None:
        """Do nothing; urllib3 calls this to end a download from another thread."""

    def close(self) -> None:
        """Close the real socket, if there is one."""
        real, self.real = self.real, None
        if real is not None:
            real.close()


class RawResponse(NamedTuple):
    """The bytes of a response, and the error that follows them; None: the end of the stream."""

    raw: bytes
    ending: OSError | None

    def makefile(self, *_args: Any, **_kwargs: Any) -> io.BufferedReader:
        """Return a file over the bytes, as a socket does; buffered, because http.client may peek."""
        return io.BufferedReader(io.BytesIO(self.raw) if self.ending is None else _FailingStream(self.raw, self.ending))

    def close(self) -> None:
        """Do nothing: the bytes are in memory."""


class _FailingStream(io.RawIOBase):
    """Bytes, followed by the error that the network raised."""

    def __init__(self, raw: bytes, ending: OSError) -> None:
        super().__init__()
        self._raw = memoryview(raw)
        self._ending = ending

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._raw:
            raise self._ending
        piece = self._raw[: len(buffer)]
        buffer[: len(piece)] = piece
        self._raw = self._raw[len(piece) :]
        return len(piece)


def init(original: Callable[..., Any], connection: Any, *args: Any, **kwargs: Any) -> None:
    """Wrap ``connect`` of a class that overrides it (httplib2's, for example)."""
    for kind in type(connection).__mro__:
        if "connect" in vars(kind) and kind.__module__ not in _HOOKED_MODULES:
            wrap_method(kind, "connect", connect)
    original(connection, *args, **kwargs)


def connect(original: Callable[..., Any], connection: Any, *args: Any, **kwargs: Any) -> Any:
    """Postpone connecting to an owned host until a live attempt needs it."""
    target, peer = _target(connection), _peer(connection)
    if is_live():
        return original(connection, *args, **kwargs)
    if owner_of(target, peer) is None:
        check_proxied(target, peer)
        return original(connection, *args, **kwargs)
    if not isinstance(connection, http.client.HTTPConnection):
        raise CassetteError(_URLLIB3_FUTURE)
    connection.sock = MemorySocket(connection, None)
    for flag, value in (("is_verified", True), ("_has_connected_to_proxy", bool(getattr(connection, "proxy", None)))):
        if hasattr(connection, flag):  # set by urllib3's connect(); it warns or fails later without them
            setattr(connection, flag, value)
    return None


def endheaders(original: Callable[..., Any], connection: Any, *args: Any, **kwargs: Any) -> Any:
    """Use a memory socket if the head that is about to be sent names an owned host, else the real one."""
    lines = connection._buffer  # noqa: SLF001 - only the buffer contains the head before it is sent
    host = host_from_head(lines) or _target(connection)
    is_memory = type(connection.sock) is MemorySocket
    if owner_of(host, _peer(connection)) is not None:
        connection.sock = MemorySocket(connection, connection.sock.real if is_memory else connection.sock)
    else:
        if is_memory:
            connection.sock = _real(connection, connection.sock)
        _check(host, connection)
    return original(connection, *args, **kwargs)


def _check(host: str, connection: Any) -> None:
    """Raise `NetworkBlocked` where a guard refuses a request that no handler owns."""
    if connection.sock is None:
        check_proxied(host, _peer(connection))
    else:
        check_connection(host, connection.sock)


def getresponse(original: Callable[..., Any], connection: Any, *args: Any, **kwargs: Any) -> Any:
    """Get the outcome from the handler or the network, and let the client read it from memory."""
    memory = connection.sock
    # urllib3 1 first passes an argument of Python 2, and expects a TypeError
    if type(memory) is not MemorySocket or args or kwargs:
        return original(connection, *args, **kwargs)
    try:
        connection.sock = _response(connection, memory)
        response = original(connection)
    except BaseException:
        memory.close()
        connection.close()
        raise
    if connection.sock is None:  # the client closed it: the response ends the connection
        memory.close()
    connection.sock = memory.real
    return response


def _response(connection: Any, memory: MemorySocket) -> RawResponse:
    scheme = "https" if connection.default_port == _HTTPS_PORT else "http"  # urllib3's class is no HTTPSConnection
    request = request_from_wire(bytes(memory.sent), scheme, _target(connection))
    handler = owner_of(request.host or _target(connection), _peer(connection))
    if handler is None:  # it was removed between the request and this call
        real = _real(connection, memory)
        check_connection(request.host, real)
        return send_and_read(real, memory, ResponseReader(request.method), lambda: None)
    preset, PRESET.value = PRESET.value, None
    outcome = preset[0] if preset else handler.respond(request)
    if outcome is None:
        return _perform(connection, memory, handler, request)
    if isinstance(outcome, RawResponse):
        return outcome
    if isinstance(outcome, Exception):
        raise outcome
    if isinstance(outcome, Broken) and outcome.kind in CONNECT_KINDS:
        raise _connect_error(connection, outcome)
    return raw_response(outcome, request.method)


def raw_response(outcome: Outcome, method: str) -> RawResponse:
    """Return the bytes of an outcome that a connected client reads."""
    if isinstance(outcome, Broken):
        return RawResponse(render_broken(outcome), failures.ending_of(outcome))
    return RawResponse(render(outcome, method), None)


def _perform(connection: Any, memory: MemorySocket, handler: Owner, request: Request) -> RawResponse:
    try:
        real = _real(connection, memory)
    except SlsContractError:
        raise
    except Exception as error:
        handler.received(request, failures.no_connection(error))
        raise
    reader = ResponseReader(request.method)
    handler = handler.connected_to(address_of(real))
    response = send_and_read(real, memory, reader, lambda: handler.sent(request))
    handler.received(request, failures.outcome_of(reader, response.ending))
    return response


def address_of(real: Any) -> Any:
    """Return the address that a socket is connected to; None where that is unknown (closed meanwhile)."""
    try:
        return real.getpeername()
    except (OSError, AttributeError):
        return None


def _real(connection: Any, memory: MemorySocket) -> Any:
    """Return the real socket; connect with the client's own code where there is none."""
    if memory.real is not None:
        return memory.real
    read_timeout, connection.timeout, connection.sock = connection.timeout, memory.connect_timeout, None
    try:
        with live(), let_through(_target(connection)):
            connection.connect()
    finally:
        connection.timeout = read_timeout
    memory.real = connection.sock
    return memory.real


def send_and_read(real: Any, memory: MemorySocket, reader: ResponseReader, on_sent: Callable[[], None]) -> RawResponse:
    """Send the bytes in memory and read one response to its end; a broken connection is closed."""
    ending: OSError | None = None
    try:
        if memory.read_timeout is not None and type(memory.connect_timeout) in _TIMEOUT_TYPES:
            real.settimeout(memory.connect_timeout)  # urllib3's time limit until it reads
        with suppress(BrokenPipeError, ConnectionResetError):  # the peer may have responded before it stopped reading
            real.sendall(memory.sent)
        if memory.read_timeout is not None:
            real.settimeout(*memory.read_timeout)
        on_sent()
        while not reader.complete:
            data = real.recv(_RECV_BYTES)
            if not data:
                reader.feed_eof()
                break
            reader.feed(data)
    except OSError as error:
        ending = error
    if not reader.complete:
        memory.close()
    return RawResponse(bytes(reader.raw), ending)


def _peer(connection: Any) -> str:
    """Return the host and port that the client connects to: those of a proxy where there is one."""
    return authority_of(connection.host, connection.port or connection.default_port)


def _target(connection: Any) -> str:
    """Return the host that the request is for, behind any tunnel, in the form of a Host header."""
    tunnel = connection._tunnel_host  # noqa: SLF001 - set_tunnel() has no public counterpart
    host = tunnel or connection.host
    port = (connection._tunnel_port if tunnel else connection.port) or connection.default_port  # noqa: SLF001 - as above
    return authority_of(host, None if port == connection.default_port else port)


def _connect_error(connection: Any, broken: Broken) -> Exception:
    """Return the error that the client's own ``connect`` would have raised."""
    error: OSError = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    if broken.kind == "name":
        error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    elif broken.kind == "tls":
        import ssl  # slow: loads OpenSSL

        return ssl.SSLError(1, broken.detail or "TLS handshake failed")
    elif broken.kind == "connect-timeout":
        error = TimeoutError("timed out")
    urllib3 = sys.modules.get("urllib3")
    if urllib3 is None or not isinstance(connection, urllib3.connection.HTTPConnection):
        return error
    return _as_urllib3(urllib3.exceptions, connection, error)


def _as_urllib3(exceptions: Any, connection: Any, error: OSError) -> Exception:
    """Wrap an error as urllib3's ``HTTPConnection._new_conn`` does."""
    if isinstance(error, socket.gaierror) and hasattr(exceptions, "NameResolutionError"):  # urllib3 2
        wrapped = exceptions.NameResolutionError(connection.host, connection, error)
    elif isinstance(error, TimeoutError):
        text = f"Connection to {connection.host} timed out. (connect timeout={connection.timeout})"
        wrapped = exceptions.ConnectTimeoutError(connection, text)
    else:
        wrapped = exceptions.NewConnectionError(connection, f"Failed to establish a new connection: {error}")
    assert isinstance(wrapped, Exception)
    wrapped.__cause__ = error
    return wrapped
