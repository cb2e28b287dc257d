"""Fixture ``sls_endpoint``: a reference endpoint on loopback, whose state and next answers the test sets."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sls_contract.checks import judge_request
from sls_contract.checks.consumption import Consumption
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.plugin.names import PUBLIC_ENDPOINT, Sls, public_names
from sls_contract.signing import TEST_CREDENTIALS, parse_http_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sls_contract.plugin.case import Case


_RELATED = frozenset({"SLS435"})  # other relations are the service's, or about cursors, which `put_logs` tells tests


class ReferenceServer(ReferenceEndpoint):
    """A `ReferenceEndpoint` on a loopback socket; all that it can be told stands there.

    Attributes:
        url: where it listens, ``http://127.0.0.1:PORT``.
        endpoint: a real-looking endpoint name to give to a client whose proxy is ``url``.

    """

    url: str = ""
    endpoint: str = PUBLIC_ENDPOINT

    @property
    def proxies(self) -> dict[str, str]:
        """Proxy settings, as requests takes them, under which any ``http://…aliyuncs.com`` is answered here."""
        return {"http": self.url}

    @property
    def names(self) -> Sls:
        """The names and the key that it knows."""
        return public_names(TEST_CREDENTIALS)


@contextmanager
def serving(case: Case, clock: Callable[[], datetime]) -> Iterator[ReferenceServer]:
    """Serve until the test ends; what is wrong with the requests that it gets past the cassette fails the test."""
    with ReferenceServer(clock) as endpoint, serve(endpoint) as server:
        endpoint.url = server.url
        if case.session is None or not case.session.sends_itself:  # else what comes here is recorded, and judged there
            case.watched.append(_watch(case, endpoint, clock))
        yield endpoint


def _watch(case: Case, endpoint: ReferenceEndpoint, clock: Callable[[], datetime]) -> Callable[[], None]:
    judged, consumption = 0, Consumption(in_order=True)

    def bring_in() -> None:
        nonlocal judged
        received = endpoint.exchanges[judged:]
        judged += len(received)
        for exchange in received:
            answered = parse_http_date(exchange.response.headers.get("date", "")) if exchange.response else None
            verdict = judge_request(exchange.request, at=answered or clock())  # the clock may have been set since
            case.results.count(exchange, (verdict,), "reference")
            case.results.relate(consumption.judge(exchange, answered).of(_RELATED), exchange)

    return bring_in
