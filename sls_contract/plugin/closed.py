"""The closed way: in mode ``none`` nothing reaches an owned host, in any library and thread, also between tests."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.recorder import NetworkGuard

if TYPE_CHECKING:
    from sls_contract.plugin.options import Settings

REMEDY = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once); "
    "or allow traffic with another record mode."
)

_GUARD: pytest.StashKey[NetworkGuard] = pytest.StashKey()
_SERVER = "sls_contract.endpoint.server.background"


def is_served_here(peer: str) -> bool:
    """Tell whether an endpoint of ours, in this process, is what a client connects to; nothing is imported for that."""
    server = sys.modules.get(_SERVER)
    return server is not None and peer in server.SERVING


def close_network(config: pytest.Config, settings: Settings) -> None:
    """In mode ``none`` close the way to owned hosts, except to our own endpoints, until pytest is done with ``config``.

    Does nothing where it is closed already.
    """
    if settings.record != "none" or _GUARD in config.stash:
        return
    guard = NetworkGuard(host_rule([*settings.hosts, *settings.endpoint_hosts]), REMEDY, is_served_here)
    guard.activate()
    config.stash[_GUARD] = guard
    config.add_cleanup(guard.deactivate)
