"""From one request on the wire to one answer: read, admit, ask the `Send`, hand over."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.endpoint.refusal import refusal
from sls_contract.endpoint.server.incoming import Rejected, read_request, rejected
from sls_contract.endpoint.server.outgoing import WireResponse
from sls_contract.exchange import split_url
from sls_contract.hosts import host_name, is_loopback, is_service_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.web import BaseRequest

    from sls_contract.endpoint.server.limits import Limits
    from sls_contract.exchange import Request, Response, Send

Refused: TypeAlias = Callable[[str, str, "Response"], None]
"""Called with method, host or target, and our answer, for each request that never reaches the `Send`."""

_REMEMBERED = 1000  # foreign hosts and failures kept: enough to see what went wrong, no more than a client may fill
_THREADS = 32  # for a Send that blocks


class Dispatcher:
    """Answers requests with a `Send`; ``foreign_hosts`` and ``failures`` remember what never should have come."""

    def __init__(
        self, send: Send, *, hosts: Iterable[str], limits: Limits, scheme: str, blocking: bool, refused: Refused
    ) -> None:
        """Take the settings of `serve`."""
        self.refused = refused
        self._send, self._limits, self._scheme = send, limits, scheme
        self._domains = tuple(host_name(host).lstrip(".") for host in hosts)
        self._pool = ThreadPoolExecutor(_THREADS, "sls-contract-send") if blocking else None
        self.address = ""
        self.foreign_hosts: deque[str] = deque(maxlen=_REMEMBERED)
        self.failures: deque[BaseException] = deque(maxlen=_REMEMBERED)

    async def __call__(self, raw: BaseRequest) -> WireResponse:
        """Answer one request of the web server library; what goes wrong in here is kept in ``failures``."""
        head = raw.method == "HEAD"
        try:
            request = await read_request(raw, self.address, self._limits, self._scheme)
            self._admit(request, raw)
            return WireResponse(await self._ask(request), head=head)
        except Rejected as error:
            self._note(error, raw)
            return WireResponse(error.response, head=head)
        except Exception as error:  # noqa: BLE001 - any mistake of a Send must reach whoever reads failures
            self.failures.append(error)
            return WireResponse(refusal(500, "EndpointFailed", _FAILED, closing=True), head=head)

    def _note(self, error: Rejected, raw: BaseRequest) -> None:
        """Remember whom a client wanted and did not reach, and tell whoever watches."""
        if error.wanted:
            self.foreign_hosts.append(error.wanted)
        self.refused(raw.method, error.wanted or raw.raw_path, error.response)

    def close(self) -> None:
        """Let the threads of a blocking `Send` end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _admit(self, request: Request, raw: BaseRequest) -> None:
        """Refuse what is meant for somebody else, by the Host header or by the target of a proxied request."""
        for host in {request.host: None, split_url(request.url)[1]: None}:  # mostly one and the same
            if not self._is_own(host, raw):
                raise rejected(502, "HostNotServed", _FOREIGN.format(host), host)

    def _is_own(self, authority: str, raw: BaseRequest) -> bool:
        """Tell whether a host is ours: SLS, a configured domain, loopback, or the address that was connected to."""
        if is_service_host(authority) or is_loopback(authority) or is_under(authority, self._domains):
            return True
        local = str(raw.get_extra_info("sockname", ("",))[0])
        return is_under(authority, (host_name(self.address), local))

    async def _ask(self, request: Request) -> Response:
        if self._pool is None:
            return self._send(request)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._send, request)


@lru_cache(maxsize=256)  # the few names that clients call us by, over and over
def is_under(authority: str, domains: tuple[str, ...]) -> bool:
    """Tell whether a host is one of the domains or below one; every host is below ``*``."""
    name = host_name(authority)
    return any(each in ("*", name) or name.endswith("." + each) for each in domains)


_FOREIGN = (
    "{0} is not an SLS host, and this endpoint forwards nothing. How to fix: set NO_PROXY for it, keep the client from "
    "calling it, or let this endpoint answer for it: sls-contract serve --allow-host {0}, or serve(…, hosts=[…])."
)
_FAILED = "the endpoint behind this server failed; the server's failures have the error"
