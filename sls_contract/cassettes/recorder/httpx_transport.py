"""httpx, sync and async: its network transports. WSGI, ASGI and mock transports use no network and stay untouched."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache
from typing import Any

from sls_contract.cassettes.recorder import failures
from sls_contract.cassettes.recorder.framing import absolute_url, delivered, with_true_framing
from sls_contract.cassettes.recorder.guard import let_through
from sls_contract.cassettes.recorder.handler import Broken, Kind, Outcome, Owner, owner_of
from sls_contract.exchange import DEFAULT_PORTS, Request, Response, wire_bytes, wire_text
from sls_contract.headers import Headers
from sls_contract.hosts import authority_of

_KINDS: dict[str, Kind] = {
    "ConnectTimeout": "connect-timeout",
    "ReadTimeout": "timeout",
    "WriteTimeout": "timeout",
    "ReadError": "reset",
    "WriteError": "reset",
    "ProxyError": "refused",
}
_ERRORS: dict[Kind, tuple[str, str]] = {
    "name": ("ConnectError", "[Errno -2] Name or service not known"),
    "refused": ("ConnectError", "[Errno 111] Connection refused"),
    "tls": ("ConnectError", "TLS handshake failed"),
    "connect-timeout": ("ConnectTimeout", "timed out"),
    "timeout": ("ReadTimeout", "timed out"),
    "reset": ("ReadError", "[Errno 104] Connection reset by peer"),
    "closed": ("RemoteProtocolError", "Server disconnected without sending a response."),
    "truncated": ("RemoteProtocolError", "peer closed connection without sending complete message body"),
    "malformed": ("RemoteProtocolError", "illegal status line"),
}


def handle(original: Callable[..., Any], transport: Any, request: Any) -> Any:
    """Return the response to one attempt of a sync client."""
    handler = owner_of(_host(request), _peer(transport, request))
    if handler is None:
        return original(transport, request)
    request.read()
    attempt = _Attempt(handler, request)
    outcome = handler.respond(attempt.request)
    if outcome is not None:
        return _replay(outcome, request.method)
    try:
        with let_through(request.url.host):
            attempt.take_head(original(transport, request))
            for piece in attempt.response.stream:
                attempt.body += piece
            attempt.response.stream.close()
    except Exception as error:  # noqa: BLE001 - it is passed on to the client
        return attempt.fail(error)
    return attempt.complete()


async def handle_async(original: Callable[..., Any], transport: Any, request: Any) -> Any:
    """Return the response to one attempt of an async client."""
    handler = owner_of(_host(request), _peer(transport, request))
    if handler is None:
        return await original(transport, request)
    await request.aread()
    attempt = _Attempt(handler, request)
    outcome = handler.respond(attempt.request)
    if outcome is not None:
        return _replay(outcome, request.method)
    try:
        with let_through(request.url.host):
            attempt.take_head(await original(transport, request))
            async for piece in attempt.response.stream:
                attempt.body += piece
            await attempt.response.stream.aclose()
    except Exception as error:  # noqa: BLE001 - it is passed on to the client
        return attempt.fail(error)
    except BaseException as stop:
        attempt.cancel(stop)
        raise
    return attempt.complete()


class _Attempt:
    """One live attempt and the part of the response received so far."""

    def __init__(self, handler: Owner, request: Any) -> None:
        self.request = _to_request(request)
        self.response: Any = None
        self.body = bytearray()
        self._handler = handler

    def take_head(self, response: Any) -> None:
        """Store the head of the response, and its peer, which only an open connection knows."""
        self.response = response
        stream = response.extensions.get("network_stream")
        with contextlib.suppress(OSError):  # the peer closed the connection after its response
            self._handler = self._handler.connected_to(stream and stream.get_extra_info("server_addr"))

    def complete(self) -> Any:
        """Report the whole response, and return it for the client."""
        self._handler.received(self.request, _to_response(self.response, self.body))
        return self._for_client(None)

    def fail(self, error: Exception) -> Any:
        """Report the failure; raise it, or return a response whose body ends in it, as httpx would."""
        if (broken := _to_broken(error, self._partial())) is not None:
            self._handler.received(self.request, broken)
        if self.response is None:
            raise error
        return self._for_client(error)

    def cancel(self, stop: BaseException) -> None:
        """Report a cancellation, which is how a time limit of the caller (asyncio.timeout, anyio) arrives."""
        if not isinstance(stop, KeyboardInterrupt | SystemExit):
            self._handler.received(self.request, Broken("timeout", self._partial(), "given up while waiting"))

    def _partial(self) -> Response | None:
        return None if self.response is None else _to_response(self.response, self.body)

    def _for_client(self, error: Exception | None) -> Any:
        self.response.stream = _stream_type(_httpx())(bytes(self.body), error)
        return self.response


def _peer(transport: Any, request: Any) -> str:
    """Return the host and port that the transport connects to: those of its proxy, if it has one."""
    proxy = getattr(transport._pool, "_proxy_url", None)  # noqa: SLF001 - httpx has no public accessor
    if proxy is not None:
        return authority_of(wire_text(proxy.host), proxy.port)
    return authority_of(request.url.host, request.url.port or DEFAULT_PORTS.get(request.url.scheme))


def _host(request: Any) -> str:
    named = request.headers.get("host")
    return named if named is not None else wire_text(request.url.netloc)


def _to_request(request: Any) -> Request:
    headers = Headers(_text_pairs(request.headers.raw))
    url = absolute_url(request.url.scheme, wire_text(request.url.netloc), wire_text(request.url.raw_path), headers)
    return Request(request.method, url, headers, request.content)


def _text_pairs(raw: Any) -> list[tuple[str, str]]:
    return [(wire_text(name), wire_text(value)) for name, value in raw]


def _to_response(response: Any, body: bytearray) -> Response:
    reason = wire_text(response.extensions.get("reason_phrase", b""))
    return Response(response.status_code, _text_pairs(response.headers.raw), bytes(body), reason=reason)


def _to_broken(error: Exception, partial: Response | None) -> Broken | None:
    """Classify an error of httpx; None for errors raised before anything is sent (a full pool, a wrong URL)."""
    name, text = type(error).__name__, failures.describe(error)
    if name == "ConnectError":
        return failures.no_connection(error)
    if name == "RemoteProtocolError":
        return Broken(_protocol_kind(text, partial), partial, text)
    return Broken(_KINDS[name], partial, text) if name in _KINDS else None


def _protocol_kind(text: str, partial: Response | None) -> Kind:
    if "isconnected" in text:
        return "closed"
    return "truncated" if partial is not None and "closed" in text else "malformed"


def _replay(outcome: Outcome, method: str) -> Any:
    """Return the response, or raise the error, of the network transport."""
    if isinstance(outcome, Response):
        return _from_recording(outcome, method)
    if outcome.partial is None:
        raise _httpx_error(outcome.kind, f": {outcome.detail}" if outcome.kind == "tls" else "")
    return _cut(outcome.partial, outcome.partial.body, outcome.kind, method)


def _from_recording(recorded: Response, method: str) -> Any:
    recorded = with_true_framing(recorded)
    body, announced = delivered(recorded, method)
    return _httpx_response(recorded, body, None) if announced is None else _cut(recorded, body, "truncated", method)


def _cut(partial: Response, body: bytes, kind: Kind, method: str) -> Any:
    """Return a response whose body ends in an error."""
    _, announced = delivered(partial, method)
    suffix = f" (received {len(body)} bytes, expected {announced})" if kind == "truncated" and announced else ""
    return _httpx_response(partial, body, _httpx_error(kind, suffix))


def _httpx_error(kind: Kind, suffix: str) -> Exception:
    name, text = _ERRORS[kind]
    error = getattr(_httpx(), name)(text + suffix)
    assert isinstance(error, Exception)
    return error


def _httpx_response(recorded: Response, body: bytes, error: Exception | None) -> Any:
    pairs = [(wire_bytes(name), wire_bytes(value)) for name, value in recorded.headers.pairs]
    extensions = {"http_version": b"HTTP/1.1", "reason_phrase": wire_bytes(recorded.reason)}
    stream = _stream_type(_httpx())(body, error)
    return _httpx().Response(recorded.status, headers=pairs, stream=stream, extensions=extensions)


def _httpx() -> Any:
    return sys.modules["httpx"]


@cache
def _stream_type(httpx: Any) -> Any:
    """Return the class of body streams; defined on first use, because httpx may not be installed."""

    class BodyFromMemory(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc]  # known when it runs
        """A body, followed by the error that ends it, if any."""

        def __init__(self, body: bytes, error: Exception | None) -> None:
            self._body = body
            self._error = error

        def __iter__(self) -> Iterator[bytes]:
            if self._body:
                yield self._body
            if self._error is not None:
                raise self._error

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in iter(self):
                yield piece

    return BodyFromMemory
