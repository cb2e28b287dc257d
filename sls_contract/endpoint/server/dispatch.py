"""From one request on the wire to one answer: read, admit, ask the `Send`, hand over."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.endpoint.server.incoming import Rejected, own_answer, read_request
from sls_contract.endpoint.server.outgoing import WireResponse
from sls_contract.exchange import split_url
from sls_contract.hosts import SERVICE_DOMAIN, host_name, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.web import BaseRequest

    from sls_contract.endpoint.server.limits import Limits
    from sls_contract.exchange import Request, Response, Send

_REMEMBERED = 1000  # foreign hosts and failures kept: enough to see what went wrong, no more than a client may fill
_THREADS = 32  # for a Send that blocks


class Dispatcher:
    """Answers requests with a `Send`; ``foreign_hosts`` and ``failures`` remember what never should have come."""

    def __init__(self, send: Send, *, hosts: Iterable[str], limits: Limits, scheme: str, blocking: bool) -> None:
        """Take the settings of `serve`."""
        self._send, self._limits, self._scheme = send, limits, scheme
        self._domains = (SERVICE_DOMAIN, *(host_name(host).lstrip(".") for host in hosts))
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
        except Rejected as rejected:
            return WireResponse(rejected.response, head=head)
        except Exception as error:  # noqa: BLE001 - any mistake of a Send must reach whoever reads failures
            self.failures.append(error)
            return WireResponse(own_answer(500, "the endpoint behind this server failed\n"), head=head)

    def close(self) -> None:
        """Let the threads of a blocking `Send` end."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _admit(self, request: Request, raw: BaseRequest) -> None:
        """Refuse what is meant for somebody else, by the Host header or by the target of a proxied request."""
        for host in {request.host: None, split_url(request.url)[1]: None}:  # mostly one and the same
            if not self._is_own(host, raw):
                self.foreign_hosts.append(host)
                raise Rejected(own_answer(502, _FOREIGN.format(host)))

    def _is_own(self, authority: str, raw: BaseRequest) -> bool:
        """Tell whether a host is ours: SLS, a configured domain, loopback, or the address that was connected to."""
        if is_under(authority, self._domains) or is_loopback(authority):
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
    "{} is not an SLS host, and this endpoint forwards nothing\n"
    "How to fix: set NO_PROXY for this host, or keep the test from calling it.\n"
)
