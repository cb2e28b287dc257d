"""A forward proxy's handling of a request: rewrite it for the next hop, and send it to its destination."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.exchange import Request, Response, split_url
from sls_contract.hosts import is_service_host
from sls_contract.transport.address import parse_endpoint
from sls_contract.transport.wire import Transport, open_transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from sls_contract.headers import Headers


_SAMPLE_ENDPOINT = "https://cn-hangzhou.log.aliyuncs.com"
_HOP_FIELDS = ("proxy-authorization", "proxy-connection", "expect")


@dataclass(slots=True)
class Relay:
    """The upstream side of a proxy; safe to call from several threads.

    Attributes:
        to: an endpoint, as `open_transport` takes it, that gets every request; None: the host that the request names.
        plain: keep http for hosts of the service. By default they are contacted over https: a client sends plain text
            only to the proxy on its own machine, never over the network; no signature covers the scheme.
        timeout: seconds for one exchange as a whole.
        tls: how https is verified; by default against the system's authorities.

    Raises:
        UsageError: ``to`` is no endpoint, or ``timeout`` is out of range.

    """

    to: str | None = None
    plain: bool = False
    timeout: float = 60.0
    tls: ssl.SSLContext | None = None
    _open: set[Transport] = field(default_factory=set, repr=False)
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Raise at once for settings that no request could use."""
        open_transport(self.to or _SAMPLE_ENDPOINT, timeout=self.timeout)

    def forwarded(self, request: Request) -> Request:
        """Return the request for the upstream hop: without fields for this proxy, its URL the destination's."""
        headers = _without_hop_fields(request)
        return request.replace(url=self._url(request.url), headers=headers)

    def send(self, request: Request, reached: set[str]) -> Response:
        """Send a request that `forwarded` returned; add the address of the connection to ``reached``.

        Raises `TransportError` without a complete response, `UsageError` for a host that is not below ``to``.
        """
        with self._transport(request) as transport:
            try:
                return transport(request)
            finally:
                reached |= transport.reached

    def close(self) -> None:
        """Refuse every later request, and abort those in progress."""
        with self._lock:
            self._closed = True
            for transport in self._open:
                transport.close()

    @contextmanager
    def _transport(self, request: Request) -> Iterator[Transport]:
        scheme, authority, _ = split_url(request.url)
        upstream = self.to or f"{scheme}://{authority.rpartition('@')[2]}"
        transport = open_transport(upstream, timeout=self.timeout, tls=self._context(upstream))
        with self._lock:
            transport.closed = self._closed
            self._open.add(transport)
        try:
            yield transport
        finally:
            with self._lock:
                self._open.discard(transport)

    def _context(self, upstream: str) -> ssl.SSLContext | None:
        """Return the TLS context; loaded once, because that takes longer than the rest of an exchange."""
        if self.tls is None and not upstream.startswith("http://"):
            import ssl

            self.tls = ssl.create_default_context()
        return self.tls

    def _url(self, url: str) -> str:
        scheme, authority, target = split_url(url)
        if self.to is not None and not parse_endpoint(self.to).literal:
            scheme = parse_endpoint(self.to).scheme
        elif self.to is None and not self.plain and is_service(authority):
            scheme = "https"
        return f"{scheme}://{authority.removesuffix(':80') if scheme == 'https' else authority}{target}"


def is_service(authority: str) -> bool:
    """Return whether a URL's authority is a host of the service at the default port."""
    host = authority.removesuffix(":80")
    return ":" not in host and is_service_host(host)


def _without_hop_fields(request: Request) -> Headers:
    """Return the headers without those for this proxy; a joined chunked body gets its Content-Length."""
    headers = request.headers
    if any(name in headers for name in _HOP_FIELDS):
        headers = headers.without(*_HOP_FIELDS)
    if "transfer-encoding" in headers:
        headers = headers.without("transfer-encoding").with_field("Content-Length", str(len(request.body)))
    return headers
