"""Fixture ``sls_endpoint``: a reference endpoint on loopback; the test sets its state and its next responses."""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sls_contract.cassettes.session_settings import seen_by_client
from sls_contract.checks import judge_request
from sls_contract.checks.consumption import Consumption
from sls_contract.clock import utc_now
from sls_contract.endpoint.server import serve
from sls_contract.hosts import is_service_host
from sls_contract.plugin.names import PUBLIC_ENDPOINT, Sls, public_names
from sls_contract.plugin.two_clocks import EndpointOfTest
from sls_contract.signing import TEST_CREDENTIALS, parse_http_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sls_contract.endpoint import ReferenceEndpoint, Served
    from sls_contract.exchange import Exchange, Response
    from sls_contract.plugin.case import Case


_RELATED = frozenset({"SLS435"})  # the other clauses across exchanges are about the service or about cursors


class ReferenceServer(EndpointOfTest):
    """A `ReferenceEndpoint` on a loopback socket; its methods set its state and responses.

    Attributes:
        url: the URL it listens on, ``http://127.0.0.1:PORT``.
        endpoint: a realistic endpoint name for a client whose proxy is ``url``.

    """

    url: str = ""
    endpoint: str = PUBLIC_ENDPOINT

    @property
    def proxies(self) -> dict[str, str]:
        """Proxy settings for requests: they send any ``http://…aliyuncs.com`` to this server."""
        return {"http": self.url}

    @property
    def names(self) -> Sls:
        """The names and the key that the server knows."""
        return public_names(TEST_CREDENTIALS)


@contextmanager
def serving(case: Case, clock: Callable[[], datetime]) -> Iterator[ReferenceServer]:
    """Serve until the test ends; the test fails for contract violations in requests that no cassette records.

    It also fails for a tunnel to the service: the request in it is not served, and clients hide why.
    """
    with ReferenceServer(clock) as endpoint, serve(endpoint, refused=_tunnels_of(case)) as server:
        endpoint.url = server.url
        if case.session is None or not case.session.sends_itself:  # otherwise the cassette records and judges requests
            case.collectors.append(_collector(case, endpoint, clock))
        yield endpoint


def _tunnels_of(case: Case) -> Callable[[str, str, Response], None]:
    refused: set[str] = set()  # a client tries again

    def note(method: str, target: str, _response: Response) -> None:
        if method == "CONNECT" and is_service_host(target) and target not in refused:
            refused.add(target)
            case.results.fail(
                f"a request to {target} was not judged: its client asked for a tunnel (https), and fixture "
                "sls_endpoint opens none\n"
                "How to fix: point the client at http://… instead of https://… "
                "(alibabacloud-sls20201230: protocol='HTTP')."
            )

    return note


def _collector(case: Case, endpoint: ReferenceEndpoint, clock: Callable[[], datetime]) -> Callable[[], None]:
    received, consumption = deque["tuple[Exchange, datetime]"](), Consumption(in_order=True)

    def keep(served: Served) -> None:  # with the time of now: the test may move the clock until it is judged
        received.append((served.exchange, seen_by_client(served.exchange.request, utc_now(), clock())))

    def collect() -> None:
        while received:
            exchange, received_at = received.popleft()
            responded_at = parse_http_date(exchange.response.headers.get("date", "")) if exchange.response else None
            verdict = judge_request(exchange.request, at=responded_at or received_at)
            verdict = replace(verdict, extent=verdict.extent and "part")  # the test decides what is responded
            case.results.count(exchange, (verdict,), "reference")
            case.results.relate(consumption.judge(exchange, responded_at).of(_RELATED), exchange)

    endpoint.watch(keep)
    return collect
