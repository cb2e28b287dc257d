"""Handle one request: read it within the limits, check its host, call the `Send`, and return the response."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import HttpVersion11
from aiohttp.web import RequestPayloadError

from sls_contract.endpoint.delivery import DeliveredResponse, Delivery
from sls_contract.endpoint.refusal import refusal
from sls_contract.endpoint.server.outgoing import WireResponse
from sls_contract.exchange import Request, Response, split_url, wire_text
from sls_contract.headers import Headers
from sls_contract.hosts import host_name, is_loopback, is_service_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.web import BaseRequest

    from sls_contract.exchange import Send


Refused: TypeAlias = Callable[[str, str, "Response"], None]
"""Called with method, host or target, and response, for each request that does not reach the `Send`."""

_REMEMBERED = 1000  # foreign hosts and failures that are kept; bounded, because a client controls their number
_THREADS = 32  # for a blocking Send
_FOREIGN = (
    "{0} is not an SLS host, and this endpoint forwards nothing. How to fix: set NO_PROXY={0} where the client "
    "runs, keep the client from calling it, or let this endpoint respond for it: sls-contract serve --allow-host {0}, "
    "or serve(…, hosts=[…])."
)
_FAILED = "the endpoint behind this server failed; see the server's failures for the error"
_CLOSED = DeliveredResponse(500, delivery=Delivery(silent=True, ending="close"))  # the client closed the connection
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_NO_TUNNEL = (
    "this endpoint speaks plain HTTP and opens no tunnels. How to fix: point the client at http://… instead of "
    "https://… (alibabacloud-sls20201230: protocol='HTTP'), or unset HTTPS_PROXY; `sls-contract proxy --https` opens "
    "tunnels."
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep a faulty client from exhausting the process.

    Attributes:
        body: bytes of a request body; a longer one gets 413 (source: PostBodyTooLarge in the table of 2026-01).
        header: bytes of the request line, and of each header field.
        headers: number of header fields.
        connections: number of connections at once; the next one gets 503.
        idle: seconds that a connection may be idle, or take for a request's head.
        read: seconds that a request's body may take.

    """

    body: int = 10 * 1024 * 1024
    header: int = 64 * 1024
    headers: int = 128
    connections: int = 1024
    idle: float = 75.0
    read: float = 60.0


DEFAULT_LIMITS = Limits()


class Dispatcher:
    """Passes requests to a `Send`; keeps refused hosts in ``foreign_hosts`` and its exceptions in ``failures``."""

    def __init__(
        self, send: Send, *, hosts: Iterable[str], limits: Limits, scheme: str, blocking: bool, refused: Refused
    ) -> None:
        self.limits, self.refused = limits, refused
        self._send, self._scheme = send, scheme
        self._domains = tuple(host_name(host).lstrip(".") for host in hosts)
        self._pool = ThreadPoolExecutor(_THREADS, "sls-contract-send") if blocking else None
        self.address = ""
        self.foreign_hosts: deque[str] = deque(maxlen=_REMEMBERED)
        self.failures: deque[BaseException] = deque(maxlen=_REMEMBERED)

    async def __call__(self, raw: BaseRequest) -> WireResponse:
        """Respond to one request of the web server library; exceptions of the `Send` are kept in ``failures``."""
        head = raw.method == "HEAD"
        try:
            request = await self._read(raw)
            self._check_host(request, raw)
            return WireResponse(await self._call_send(request), head=head)
        except Rejected as error:
            if error.target:
                self.foreign_hosts.append(error.target)
            self.refused(raw.method, error.target or raw.raw_path, error.response)
            return WireResponse(error.response, head=head)
        except Exception as error:  # noqa: BLE001 - the owner of the server checks failures for any error of the Send
            self.failures.append(error)
            return WireResponse(refusal(500, "EndpointFailed", _FAILED, closing=True), head=head)

    def close(self) -> None:
        """Let the threads of a blocking `Send` end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _read(self, raw: BaseRequest) -> Request:
        """Read the body and return the request; raises `Rejected` if it is invalid."""
        pairs = tuple([(wire_text(name), wire_text(value)) for name, value in raw.raw_headers])
        headers = Headers.from_pairs(pairs)
        url = self._url(raw.method, raw.raw_path, headers.get("Host", "").strip())
        return Request(raw.method, url, headers, await self._body(raw))

    def _url(self, method: str, target: str, host: str) -> str:
        """Return the URL of a request, with its target unchanged.

        An absolute-form target (of a client behind ``HTTP_PROXY``) is the URL; an origin-form target follows the Host,
        or the server's own address if the request has no Host.
        """
        if method == "CONNECT":
            raise rejected(501, "TunnelNotOpened", _NO_TUNNEL, target)
        if target.lower().startswith(("http://", "https://")):
            return target
        if not target.startswith("/") or any(mark in host for mark in "/?#@ "):
            text = "expected a target that begins with / and a Host such as my-project.…"
            raise rejected(400, "RequestNotRead", text)
        return f"{self._scheme}://{host or self.address}{target}"

    async def _body(self, raw: BaseRequest) -> bytes:
        if raw.headers.get("Expect", "").lower() == "100-continue" and raw.version >= HttpVersion11:
            if (raw.content_length or 0) > self.limits.body:
                raise _too_large(raw.content_length or 0, self.limits)
            await raw.writer.write(_CONTINUE)
        elif not raw.body_exists:
            return b""
        try:
            async with asyncio.timeout(self.limits.read):
                return await self._collect(raw)
        except TimeoutError:
            text = f"expected the whole body within {self.limits.read:g} seconds"
            raise rejected(408, "BodyTooLate", text) from None

    async def _collect(self, raw: BaseRequest) -> bytes:
        chunks = bytearray()
        try:
            while chunk := await raw.content.readany():
                chunks += chunk
                if len(chunks) > self.limits.body:
                    raise _too_large(raw.content_length or len(chunks), self.limits)
        except (RequestPayloadError, OSError):
            raise Rejected(_CLOSED) from None
        return bytes(chunks)

    def _check_host(self, request: Request, raw: BaseRequest) -> None:
        """Refuse a request to a host that is not served, by its Host header or by the target of a proxied request."""
        for host in {request.host: None, split_url(request.url)[1]: None}:  # without duplicates: usually both are equal
            if not self._is_served(host, raw):
                raise rejected(502, "HostNotServed", _FOREIGN.format(host), host)

    def _is_served(self, authority: str, raw: BaseRequest) -> bool:
        """Return whether a host is served: SLS, a configured domain, loopback, or the address of this connection."""
        if is_service_host(authority) or is_loopback(authority) or is_in_domains(authority, self._domains):
            return True
        local = str(raw.get_extra_info("sockname", ("",))[0])
        return is_in_domains(authority, (host_name(self.address), local))

    async def _call_send(self, request: Request) -> Response:
        if self._pool is None:
            return self._send(request)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._send, request)


@lru_cache(maxsize=256)  # clients repeat a few names
def is_in_domains(authority: str, domains: tuple[str, ...]) -> bool:
    """Return whether a host is one of the domains or below one; every host is below ``*``."""
    name = host_name(authority)
    return any(each in ("*", name) or name.endswith("." + each) for each in domains)


class Rejected(Exception):
    """A request that does not reach the `Send`; ``response`` is the server's response."""

    def __init__(self, response: Response, target: str = "") -> None:
        """Keep the response, and the host or target that is not served here, if that is the reason."""
        super().__init__(response.status)
        self.response = response
        self.target = target


def rejected(status: int, code: str, text: str, target: str = "") -> Rejected:
    """Return the error for a response after which the connection ends."""
    return Rejected(refusal(status, code, text, closing=True), target)


def _too_large(size: int, limits: Limits) -> Rejected:
    """Return the service's PostBodyTooLarge in its own wording, including the grammar."""
    text = f'{{"errorCode":"PostBodyTooLarge","errorMessage":"Body size {size} must little than {limits.body}."}}'
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(text))), ("Connection", "close")]
    return Rejected(Response(413, fields, text.encode()))
