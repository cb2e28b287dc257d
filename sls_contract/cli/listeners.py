"""The sockets of `proxy`: plain HTTP by our own server, HTTPS by mitmproxy; both use the same filter of hosts."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.cli.outcomes import BAD_GATEWAY, FAILED
from sls_contract.endpoint.refusal import refusal
from sls_contract.errors import UsageError
from sls_contract.exchange import Response, split_url
from sls_contract.transport import parse_endpoint
from sls_contract.transport.address import proxy_for

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sls_contract.exchange import Request, Send

_REMEMBERED = 1000  # refused hosts, and internal errors: a proxy may run for weeks
_BAD_REQUEST = 400
_FOREIGN = (
    "{0} is not an SLS host, and nothing is forwarded there. How to fix: set NO_PROXY={0} where the "
    "client runs, or start the proxy with --allow-host {0}."
)


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket for clients: the URL that they use as proxy, and the certificate (PEM) that they must trust."""

    url: str
    port: int
    certificate: Path | None = None


class HostFilter:
    """A `Send` that passes on requests to allowed hosts, and remembers hosts that it refused, and internal errors."""

    def __init__(self, send: Send, allows: Callable[[str], bool]) -> None:
        self._send, self._allows = send, allows
        self.foreign_hosts: deque[str] = deque(maxlen=_REMEMBERED)
        self.failures: deque[BaseException] = deque(maxlen=_REMEMBERED)

    def __call__(self, request: Request) -> Response:
        """Return the response: 502 for a refused host, 400 for a target that cannot be sent, 500 for our own error."""
        authority = split_url(request.url)[1].rpartition("@")[2]
        try:
            foreign = next((host for host in {authority: None, request.host: None} if not self.admits(host)), None)
            if foreign is None:
                return self._send(request)
        except UsageError as error:  # a request target that cannot be sent
            return refusal(_BAD_REQUEST, "RequestNotForwarded", str(error))
        except Exception as error:  # noqa: BLE001 - every internal error is reported when the proxy ends
            self.failures.append(error)
            return refusal(
                FAILED, "ProxyFailed", "an internal error of sls-contract; it is reported when the proxy ends"
            )
        return refusal(BAD_GATEWAY, "HostNotForwarded", _FOREIGN.format(foreign))

    def admits(self, authority: str) -> bool:
        """Return whether requests to a host are allowed; remember a host that is not."""
        if self._allows(authority):
            return True
        self.foreign_hosts.append(authority)
        return False


@contextmanager
def plain_listener(admit: HostFilter, arguments: argparse.Namespace) -> Iterator[Listener]:
    """Listen for plain HTTP; the server itself accepts all hosts, because the filter explains its refusals."""
    from sls_contract.endpoint.server import serve

    with serve(admit, host=arguments.host, port=arguments.port, hosts=["*"], blocking=True) as server:
        yield Listener(server.url, server.port)
        admit.failures.extend(server.failures)  # of reading a request, before the filter


@contextmanager
def tls_listener(
    admit: HostFilter, arguments: argparse.Namespace, show: Callable[[Iterable[str]], None]
) -> Iterator[Listener]:
    """Listen for HTTP and HTTPS; ``show`` prints a line for each client that does not trust the certificate."""
    from sls_contract.transport.interception import Interception, Interceptor

    def forward(request: Request) -> Response | None:
        response = admit(request)
        return response if type(response) is Response else None  # a `DeliveredResponse`: the connection is cut

    def distrusted(host: str) -> None:
        show([f"a client did not trust the certificate for {host}: give it one of the settings printed at the start"])

    settings = Interception(forward, admit.admits, distrusted, arguments.host, arguments.port, arguments.ca_dir)
    with Interceptor(settings) as proxy:
        yield Listener(proxy.url, proxy.port, proxy.certificate)
        admit.failures.extend(proxy.failures)


def refuse_loop(port: int) -> None:
    """Raise `UsageError` if the environment's own proxy variables point at this proxy."""
    for scheme in ("http", "https"):
        proxy = proxy_for(parse_endpoint(f"{scheme}://cn-hangzhou.log.aliyuncs.com"))
        if proxy is not None and proxy.address.loopback and proxy.address.port == port:
            name = f"{scheme.upper()}_PROXY"
            msg = (
                f"{name} points at this proxy itself\n"
                f"How to fix: unset {name} where you start the proxy, and set it for the client only."
            )
            raise UsageError(msg)
