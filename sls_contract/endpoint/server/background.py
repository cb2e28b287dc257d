"""A server in a thread of its own, which says nothing of the web library's own on the wire: ``with serve(send)``."""

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
from sls_contract.endpoint.server.dispatch import Dispatcher, Refused
from sls_contract.endpoint.server.limits import DEFAULT_LIMITS, Limits
from sls_contract.endpoint.server.outgoing import WireResponse, head_bytes
from sls_contract.errors import EndpointError
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Iterable

    from sls_contract.exchange import Response, Send

LOOPBACK = "127.0.0.1"
_GRACE = 1.0  # seconds that answers under way get when the server closes
_BACKLOG = 512  # connections that may wait to be accepted


def serve(  # noqa: PLR0913 - settings, by name
    send: Send,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    hosts: Iterable[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    tls: ssl.SSLContext | None = None,
    blocking: bool = False,
    refused: Refused = lambda _method, _wanted, _answer: None,
) -> Server:
    """Put a `Send` on a socket and return the running `Server`.

    The server also answers as an HTTP forward proxy, so that ``HTTP_PROXY=<server.url>`` brings a client with a real
    endpoint name here. Requests for hosts that are not ours get 502.

    Args:
        send: answers each request; one at a time, unless ``blocking``.
        host: address to listen on; loopback unless asked otherwise.
        port: port to listen on; 0 takes a free one.
        hosts: domains beside the service's whose requests are for us; ``*``: every host.
        limits: bounds on bodies, headers, connections and patience.
        tls: a server context makes it an HTTPS endpoint.
        blocking: call ``send`` in threads, because it waits for something.
        refused: told of each request that the server itself answers: method, host or target, answer.

    Raises:
        EndpointError: the port is taken, or the address cannot be listened on.

    """
    scheme = "https" if tls else "http"
    dispatcher = Dispatcher(send, hosts=hosts, limits=limits, scheme=scheme, blocking=blocking, refused=refused)
    return Server(dispatcher, host, port, limits, tls)


SERVING: set[str] = set()
"""``host:port`` of every server of this process; the plugin lets clients reach them as proxies for owned hosts."""


class Server:
    """A running server; made by `serve`, ended by ``close`` or by leaving ``with``.

    Attributes:
        host: the address listened on.
        port: the port listened on.
        url: where to point a client, or its ``HTTP_PROXY``.

    """

    def __init__(
        self, dispatcher: Dispatcher, host: str, port: int, limits: Limits, tls: ssl.SSLContext | None
    ) -> None:
        """Listen, in a thread; raises `EndpointError` where that cannot be."""
        self._dispatcher, self._limits, self._tls = dispatcher, limits, tls
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self.host = host
        started: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(port, started), name="sls-contract-server", daemon=True)
        self._thread.start()
        try:
            self.port = started.result()
        except (OSError, OverflowError) as error:
            self._thread.join()
            raise _cannot_listen(host, port, error) from error
        self.url = f"{'https' if tls else 'http'}://{dispatcher.address}"
        SERVING.add(dispatcher.address)

    def __repr__(self) -> str:
        """Show where it listens."""
        return f"<Server {self.url}>"

    def __enter__(self) -> Self:
        """Return the server; leaving closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    @property
    def foreign_hosts(self) -> tuple[str, ...]:
        """Hosts that requests were sent to that are not ours (each was answered 502), in order."""
        return tuple(self._dispatcher.foreign_hosts)

    @property
    def failures(self) -> tuple[BaseException, ...]:
        """What the `Send` raised (each was answered 500), in order."""
        return tuple(self._dispatcher.failures)

    def close(self) -> None:
        """Stop listening, give answers under way a second, and end the thread; closing twice is harmless."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        SERVING.discard(self._dispatcher.address)
        self._dispatcher.close()

    def _run(self, port: int, started: Future[int]) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen(port, started))

    async def _listen(self, port: int, started: Future[int]) -> None:
        listener = Listener(self._dispatcher, self._limits, self._dispatcher.refused)
        try:
            sockets = await self._loop.create_server(listener, self.host, port, ssl=self._tls, backlog=_BACKLOG)
        except (OSError, OverflowError) as error:
            started.set_exception(error)
            return
        taken: int = sockets.sockets[0].getsockname()[1]
        self._dispatcher.address = authority_of(self.host, taken)
        started.set_result(taken)
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
    """Return the operating system's words: asyncio puts its own in their place."""
    if not isinstance(error, OSError):
        return "there is no such port"
    number = error.errno or 0
    words = os.strerror(number) if number > 0 else error.strerror  # a name that is not resolved: a number below 0
    return words or "the address cannot be used"


def avoid_pauses() -> None:
    """Take all that is loaded by now out of the garbage collector's sight, for the rest of the process.

    A full collection walks everything that a command has imported. It took 25 ms, in which nobody was answered, as
    often as every few thousand requests; what comes and goes with a request is freed without it.
    """
    gc.collect()
    gc.freeze()


_LINGER = 1.0  # seconds to drain a refused body, so that the client reads the refusal before the connection ends


class Listener(web.Server):
    """Makes a `Connection` for each client, within the limits."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        limits: Limits,
        refused: Callable[[str, str, Response], None],
    ) -> None:
        """Set the library up: no log, no decoding of bodies, our bounds; ``refused`` as `serve` takes it."""
        super().__init__(handler)
        self.refused = refused
        self.limits = limits
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
        """Make the protocol of one connection."""
        return Connection(self, loop=asyncio.get_running_loop(), **self._settings)

    def is_full(self) -> bool:
        """Tell whether there are more connections than allowed."""
        return len(self.connections) > self.limits.connections


class Connection(web.RequestHandler):
    """One client; what cannot be parsed is answered in our words, and nothing is logged."""

    __slots__ = ()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Turn a client away where there are too many."""
        super().connection_made(transport)
        if cast("Listener", self._manager).is_full():
            busy = refusal(503, "TooManyConnections", "too many connections at once", closing=True)
            cast("asyncio.Transport", transport).write(head_bytes(busy) + busy.body)
            transport.close()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is not HTTP, or too long for us."""
        del request, message
        limits = cast("Listener", self._manager).limits
        malformed = f"its head is malformed, or has more than {limits.headers} headers"
        reason = f"a line is longer than {limits.header} bytes" if isinstance(exc, LineTooLong) else malformed
        answer = refusal(status, "RequestNotRead", f"expected an HTTP request: {reason}", closing=True)
        cast("Listener", self._manager).refused("?", _NOT_HTTP, answer)
        return WireResponse(answer, head=False)


_NOT_HTTP = "(what is no HTTP request; an https client, perhaps)"
