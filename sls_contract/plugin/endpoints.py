"""The embedded reference endpoints of a run: one for each test, which begins with what wider fixtures made."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from sls_contract.plugin.names import PUBLIC_GROUP, PUBLIC_SESSION_GROUP
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS
from sls_contract.signing.environment import credentials_from_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sls_contract.endpoint import MemoryStore, ReferenceEndpoint
    from sls_contract.exchange import Request, Response, Send


class Endpoints:
    """Makes an endpoint when it is first asked, and keeps what it holds by the node of pytest's tree whose it is."""

    def __init__(self, clock: Callable[[], datetime], environ: Mapping[str, str]) -> None:
        self._clock = clock
        self._environ = environ
        self._stores: dict[pytest.Item | pytest.Collector, MemoryStore] = {}
        self._lock = threading.Lock()

    def of(self, node: pytest.Item | pytest.Collector | None) -> Send:
        """Return an endpoint for a test, or for the fixtures of a wider node, that sees what wider ones made before."""
        made: list[ReferenceEndpoint] = []

        def send(request: Request) -> Response:
            with self._lock:
                if not made:
                    made.append(self._make(node))
            return made[0](request)

        return send

    def _make(self, node: pytest.Item | pytest.Collector | None) -> ReferenceEndpoint:
        from sls_contract.endpoint import MemoryStore, ReferenceEndpoint

        chain = node.listchain() if node is not None else []
        wider = next((self._stores[each] for each in reversed(chain) if each in self._stores), None)
        own = wider is not None and node in self._stores
        store = MemoryStore() if wider is None else wider if own else wider.copy()
        key = credentials_from_environment(self._environ)
        known = (*([key] if key else ()), TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        endpoint = ReferenceEndpoint(self._clock, credentials=known, keep_log=False, store=store)
        if wider is None:
            endpoint.create_consumer_group(PUBLIC_GROUP)
            endpoint.create_consumer_group(PUBLIC_SESSION_GROUP)
        if node is not None and not isinstance(node, pytest.Item):
            self._stores[node] = store
        return endpoint
