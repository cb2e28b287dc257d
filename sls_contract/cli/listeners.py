"""The sockets of `proxy`: plain HTTP by our own server, HTTPS too by mitmproxy; behind both one filter of hosts."""

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

_REMEMBERED = 1000  # hosts that were refused, mistakes that were made
_BAD_REQUEST = 400
_FOREIGN = (
    "{0} is not an SLS host, and nothing is forwarded there. How to fix: set NO_PROXY={0} where the "
    "client runs, or start the proxy with --allow-host {0}."
)


@dataclass(frozen=True, slots=True)
class Listener:
    """Where clients are to go: the URL, and the certificate (PEM) that they must trust where TLS is opened."""

    url: str
    port: int
    certificate: Path | None = None


class HostFilter:
    """Lets requests in that go where they may; others are refused and remembered."""

    def __init__(self, send: Send, reach: Callable[[str], bool]) -> None:
        self._send, self._reach = send, reach
        self.foreign_hosts: deque[str] = deque(maxlen=_REMEMBERED)
        self.failures: deque[BaseException] = deque(maxlen=_REMEMBERED)

    def __call__(self, request: Request) -> Response:
        """Answer; refuse a host with 502, what cannot be sent on with 400; 500 is our mistake, kept in ``failures``."""
        authority = split_url(request.url)[1].rpartition("@")[2]
        try:
            foreign = next((host for host in {authority: None, request.host: None} if not self.admits(host)), None)
            if foreign is None:
                return self._send(request)
        except UsageError as error:  # a target that no wire can carry
            return refusal(_BAD_REQUEST, "RequestNotForwarded", str(error))
        except Exception as error:  # noqa: BLE001 - any mistake must reach whoever reads failures
            self.failures.append(error)
            return refusal(
                FAILED, "ProxyFailed", "an internal error of sls-contract; it is reported when the proxy ends"
            )
        return refusal(BAD_GATEWAY, "HostNotForwarded", _FOREIGN.format(foreign))

    def admits(self, authority: str) -> bool:
        """Tell whether a host may be asked; remember one that may not."""
        if self._reach(authority):
            return True
        self.foreign_hosts.append(authority)
        return False


@contextmanager
def plain_listener(admit: HostFilter, arguments: argparse.Namespace) -> Iterator[Listener]:
    """Listen for plain HTTP; the filter, which knows the words for it, is the one that refuses hosts."""
    from sls_contract.endpoint.server import serve

    with serve(admit, host=arguments.host, port=arguments.port, hosts=["*"], blocking=True) as server:
        yield Listener(server.url, server.port)


@contextmanager
def tls_listener(
    admit: HostFilter, arguments: argparse.Namespace, tell: Callable[[Iterable[str]], None]
) -> Iterator[Listener]:
    """Listen for HTTP and HTTPS; ``tell`` is told which clients distrust the certificate."""
    from sls_contract.transport.interception import Interception, intercept

    def answer(request: Request) -> Response | None:
        response = admit(request)
        return response if type(response) is Response else None  # cut off, reset: the connection ends

    def distrusted(host: str) -> None:
        tell([f"a client did not trust the certificate for {host}: give it one of the settings printed at the start"])

    how = Interception(answer, admit.admits, distrusted, arguments.host, arguments.port, arguments.ca_dir)
    with intercept(how) as proxy:
        yield Listener(proxy.url, proxy.port, proxy.certificate)


def refuse_loop(port: int) -> None:
    """Refuse to start where the environment's own proxy is this one; raises `UsageError`."""
    for scheme in ("http", "https"):
        proxy = proxy_for(parse_endpoint(f"{scheme}://cn-hangzhou.log.aliyuncs.com"))
        if proxy is not None and proxy.address.loopback and proxy.address.port == port:
            name = f"{scheme.upper()}_PROXY"
            msg = (
                f"{name} points at this proxy itself\n"
                f"How to fix: unset {name} where you start the proxy, and set it for the client only."
            )
            raise UsageError(msg)
