"""What a forward proxy does with a request: make it the next hop's, and carry it to where its client wanted to go."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.exchange import split_url
from sls_contract.hosts import is_service_host
from sls_contract.transport.address import parse_endpoint
from sls_contract.transport.wire import Transport, open_transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from sls_contract.exchange import Headers, Request, Response

_ANY = "https://cn-hangzhou.log.aliyuncs.com"
_FOR_THIS_HOP = ("proxy-authorization", "proxy-connection", "expect")


@dataclass(slots=True)
class Relay:
    """The way upstream of a proxy; safe to call from several threads.

    Attributes:
        to: an endpoint, as `open_transport` takes it, to which everything goes; None: to the host that is asked for.
        plain: keep http for hosts of the service. By default they are asked over https, so that what a client sends
            to a proxy on its own machine in the clear does not cross the network so; no signature covers the scheme.
        timeout: seconds for one exchange as a whole.
        tls: how https is verified; by default against the system's authorities.

    Raises:
        UsageError: ``to`` is no endpoint, or ``timeout`` no number of seconds.

    """

    to: str | None = None
    plain: bool = False
    timeout: float = 60.0
    tls: ssl.SSLContext | None = None
    _open: set[Transport] = field(default_factory=set, repr=False)
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        """Refuse at once what could carry no request."""
        open_transport(self.to or _ANY, timeout=self.timeout)

    def onward(self, request: Request) -> Request:
        """Return the request as it goes upstream: for this hop alone is nothing in it, its URL says what is asked."""
        headers = _for_the_next_hop(request)
        return request.replace(url=self._url(request.url), headers=headers)

    def carry(self, request: Request, reached: set[str]) -> Response:
        """Carry what `onward` returned; ``reached`` takes the address that was connected to.

        Raises `TransportError` where no whole answer came, `UsageError` for a host that is not below ``to``.
        """
        with self._transport(request) as transport:
            try:
                return transport(request)
            finally:
                reached |= transport.reached

    def close(self) -> None:
        """Refuse every later request, and cut off those that are under way."""
        with self._lock:
            self._closed = True
            for transport in self._open:
                transport.close()

    @contextmanager
    def _transport(self, request: Request) -> Iterator[Transport]:
        scheme, authority, _ = split_url(request.url)
        goal = self.to or f"{scheme}://{authority.rpartition('@')[2]}"
        transport = open_transport(goal, timeout=self.timeout, tls=self._context(goal))
        with self._lock:
            transport.closed = self._closed
            self._open.add(transport)
        try:
            yield transport
        finally:
            with self._lock:
                self._open.discard(transport)

    def _context(self, goal: str) -> ssl.SSLContext | None:
        """Load the authorities once, not for each request: it takes longer than the rest of an exchange."""
        if self.tls is None and not goal.startswith("http://"):
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
    """Return whether a URL's authority is a host of the service, at no port of its own."""
    host = authority.removesuffix(":80")
    return ":" not in host and is_service_host(host)


def _for_the_next_hop(request: Request) -> Headers:
    """Return the headers without those that were for the proxy; chunks that it joined are announced by their length."""
    headers = request.headers
    if any(name in headers for name in _FOR_THIS_HOP):
        headers = headers.without(*_FOR_THIS_HOP)
    if "transfer-encoding" in headers:
        headers = headers.without("transfer-encoding").with_field("Content-Length", str(len(request.body)))
    return headers
