"""The web server library's two classes, made to say nothing of their own on the wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from sls_contract.endpoint.refusal import refusal
from sls_contract.endpoint.server.outgoing import WireResponse, head_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sls_contract.endpoint.server.limits import Limits
    from sls_contract.exchange import Response

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
