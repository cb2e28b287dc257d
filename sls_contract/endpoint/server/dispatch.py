"""From one request on the wire to one answer: read, admit, ask the `Send`, hand over."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sls_contract.endpoint.hosts import host_name, is_loopback
from sls_contract.endpoint.server.incoming import Rejected, own_answer, read_request
from sls_contract.endpoint.server.outgoing import WireResponse
from sls_contract.exchange import split_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.web import BaseRequest

    from sls_contract.endpoint.server.limits import Limits
    from sls_contract.exchange import Request, Response, Send

SLS_DOMAINS = ("aliyuncs.com",)
_REMEMBERED = 1000  # foreign hosts and failures kept: enough to see what went wrong, no more than a client may fill
_THREADS = 32  # for a Send that blocks


class Dispatcher:
    """Answers requests with a `Send`; ``foreign_hosts`` and ``failures`` remember what never should have come."""

    def __init__(self, send: Send, *, hosts: Iterable[str], limits: Limits, scheme: str, blocking: bool) -> None:
        """Take the settings of `serve`."""
        self._send, self._limits, self._scheme = send, limits, scheme
        self._domains = (*SLS_DOMAINS, *(host_name(host).lstrip(".") for host in hosts))
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

    def is_own(self, authority: str, local: str) -> bool:
        """Tell whether a host is ours: loopback, the address that was connected to, SLS, or a configured domain."""
        name = host_name(authority)
        own = (host_name(self.address), local, *self._domains)
        return is_loopback(authority) or any(name == each or name.endswith("." + each) for each in own)

    def _admit(self, request: Request, raw: BaseRequest) -> None:
        """Refuse what is meant for somebody else, by the Host header or by the target of a proxied request."""
        local = str(raw.get_extra_info("sockname", ("",))[0])
        for host in (request.host, split_url(request.url)[1]):
            if not self.is_own(host, local):
                self.foreign_hosts.append(host)
                raise Rejected(own_answer(502, _FOREIGN.format(host)))

    async def _ask(self, request: Request) -> Response:
        if self._pool is None:
            return self._send(request)
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._send, request)


_FOREIGN = (
    "{} is not an SLS host, and this endpoint forwards nothing\n"
    "How to fix: set NO_PROXY for this host, or keep the test from calling it.\n"
)
