"""The closed way: in mode ``none`` nothing reaches an owned host, in any library and thread, also between tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.recorder import NetworkGuard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

REMEDY = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once); "
    "or allow traffic with another record mode."
)


OUR_ENDPOINTS: set[str] = set()
"""``host:port`` of each `sls_endpoint` that this process serves: clients reach it as a proxy for owned hosts."""


def close_network(hosts: Iterable[str]) -> Callable[[], None]:
    """Close the way to owned hosts, except to our own endpoints; return what opens it again."""
    guard = NetworkGuard(host_rule(hosts), REMEDY, OUR_ENDPOINTS.__contains__)
    guard.activate()
    return guard.deactivate
