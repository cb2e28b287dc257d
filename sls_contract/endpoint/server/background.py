"""Run a server in a thread: ``with serve(send)``. The web server library adds nothing to its responses."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Self, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from sls_contract.endpoint.refusal import refusal
from sls_contract.endpoint.server.dispatch import DEFAULT_LIMITS, Dispatcher, Limits, Refused
from sls_contract.endpoint.server.outgoing import WireResponse, head_bytes
from sls_contract.errors import EndpointError
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from sls_contract.exchange import Send

LOOPBACK = "127.0.0.1"
_GRACE = 1.0  # seconds for pending responses when the server closes
_BACKLOG = 512  # pending connections
_NOT_HTTP = "(not an HTTP request; perhaps an https client)"
_LINGER = 1.0  # seconds to read a refused body, so that the client gets the refusal before the connection ends

SERVING: set[str] = set()
"""``host:port`` of every server of this process; the plugin lets clients use them as proxies for owned hosts."""


def serve(  # noqa: PLR0913 - settings, by name
    send: Send,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    hosts: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    tls: ssl.SSLContext | None = None,
    blocking: bool = False,
    refused: Refused = lambda _method, _target, _response: None,
) -> Server:
    """Put a `Send` on a socket and return the running `Server`.

    The server also works as an HTTP forward proxy, so a client with ``HTTP_PROXY=<server.url>`` can use a real endpoint
    name. Requests to hosts that it does not serve get 502.

    Args:
        send: returns the response to each request; called for one request at a time, unless ``blocking``.
        host: address to listen on; loopback by default.
        port: port to listen on; 0 takes a free one.
        hosts: more domains to serve beside the service's; ``*``: every host.
        limits: bounds on bodies, headers, connections and times.
        tls: a server context makes it an HTTPS endpoint.
        blocking: call ``send`` in threads, because it waits for something.
        refused: called where the server itself makes the response: method, host or target, response.

    Raises:
        EndpointError: the port is taken, or the server cannot listen on the address.

    """
    scheme = "https" if tls else "http"
    dispatcher = Dispatcher(send, hosts=hosts, limits=limits, scheme=scheme, blocking=blocking, refused=refused)
    return Server(dispatcher, host, port, tls)


class Server:
    """A running server; started by `serve`, stopped by ``close`` or at the end of ``with``.

    Attributes:
        host: the address listened on.
        port: the port listened on.
        url: the URL for a client, or for its ``HTTP_PROXY``.

    """

    def __init__(self, dispatcher: Dispatcher, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        """Listen, in a thread; raises `EndpointError` if that fails."""
        self._dispatcher, self._tls = dispatcher, tls
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self.host = host
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(port, started), name="sls-contract-server", daemon=True)
        self._thread.start()
        try:
            self.port = started.result()
        except (OSError, OverflowError, UnicodeError) as error:
            raise _cannot_listen(host, port, error) from error
        self.url = f"{'https' if tls else 'http'}://{dispatcher.address}"
        SERVING.add(dispatcher.address)

    def __repr__(self) -> str:
        return f"<Server {self.url}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def foreign_hosts(self) -> tuple[str, ...]:
        """Hosts of requests that were not served (each got 502), in order."""
        return tuple(self._dispatcher.foreign_hosts)

    @property
    def failures(self) -> tuple[BaseException, ...]:
        """Exceptions of the `Send` (each request got 500), in order."""
        return tuple(self._dispatcher.failures)

    def close(self) -> None:
        """Stop listening, let pending responses finish within a second, and end the thread; idempotent."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        SERVING.discard(self._dispatcher.address)
        self._dispatcher.close()

    def _run(self, port: int, started: Future[int]) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._listen(port, started))
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)  # whoever starts the server waits for it

    async def _listen(self, port: int, started: Future[int]) -> None:
        listener = Listener(self._dispatcher)
        sockets = await self._loop.create_server(listener, self.host, port, ssl=self._tls, backlog=_BACKLOG)
        bound_port: int = sockets.sockets[0].getsockname()[1]
        self._dispatcher.address = authority_of(self.host, bound_port)
        started.set_result(bound_port)
        await self._closing.wait()
        sockets.close()
        listener.pre_shutdown()
        await listener.shutdown(_GRACE)


def _cannot_listen(host: str, port: int, error: Exception) -> EndpointError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return EndpointError(
            f"port {port} on {host} is taken by another program\n"
            "How to fix: stop that program, or choose another port (0 takes a free one)."
        )
    return EndpointError(
        f"cannot listen on {host} port {port}: {_reason(error)}\n"
        "How to fix: use a loopback address such as 127.0.0.1 and a port between 1024 and 65535 (0 takes a free one)."
    )


def _reason(error: Exception) -> str:
    """Return the operating system's message, which asyncio replaces by its own."""
    if isinstance(error, OverflowError):
        return "there is no such port"
    if not isinstance(error, OSError):
        return "the address cannot be used"
    number = error.errno or 0
    words = os.strerror(number) if number > 0 else error.strerror  # errors of name resolution have a number below 0
    return words or "the address cannot be used"


def avoid_pauses() -> None:
    """Exclude all loaded objects from garbage collection, for the rest of the process.

    A full collection visits every object that a command has imported. It took 25 ms, in which no response was sent,
    once in a few thousand requests. The objects of a request are freed without it.
    """
    gc.collect()
    gc.freeze()


class Listener(web.Server):
    """Creates a `Connection` for each client, within the limits."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        """Configure the library: no log, no decoding of bodies, our limits."""
        super().__init__(dispatcher)
        self.dispatcher, limits = dispatcher, dispatcher.limits
        self._settings: dict[str, Any] = {
            "access_log": None,
            "auto_decompress": False,
            "keepalive_timeout": limits.idle,
            "lingering_time": _LINGER,
            "max_field_size": limits.header,
            "max_line_size": limits.header,
            "max_headers": limits.headers,
        }

    def __call__(self) -> web.RequestHandler:
        """Create the protocol of one connection."""
        return Connection(self, loop=asyncio.get_running_loop(), **self._settings)


class Connection(web.RequestHandler):
    """The connection of one client; requests that cannot be parsed get a `refusal`, and nothing is logged."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse the client if there are too many connections."""
        super().connection_made(transport)
        listener = cast("Listener", self._manager)
        if len(listener.connections) > listener.dispatcher.limits.connections:
            busy = refusal(503, "TooManyConnections", "too many connections at once", closing=True)
            cast("asyncio.Transport", transport).write(head_bytes(busy) + busy.body)
            transport.close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Refuse a request that is not HTTP, or too long."""
        del request, message
        dispatcher = cast("Listener", self._manager).dispatcher
        limits = dispatcher.limits
        malformed = f"its head is malformed, or has more than {limits.headers} headers"
        reason = f"a line is longer than {limits.header} bytes" if isinstance(exc, LineTooLong) else malformed
        response = refusal(status, "RequestNotRead", f"expected an HTTP request: {reason}", closing=True)
        dispatcher.refused("?", _NOT_HTTP, response)
        return WireResponse(response, head=False)
