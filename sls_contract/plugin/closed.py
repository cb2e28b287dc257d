"""The closed way: in mode ``none`` nothing reaches an owned host, in any library and thread, also between tests."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.recorder import NetworkGuard
from sls_contract.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.plugin.options import Settings

REMEDY = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once); "
    "or allow traffic with another record mode."
)

_GUARD: pytest.StashKey[NetworkGuard] = pytest.StashKey()
_DEFAULT_PORTS = {"": "80", "http": "80", "https": "443"}
_SERVER = "sls_contract.endpoint.server.background"


def stays_here(environ: Mapping[str, str]) -> Callable[[str], bool]:
    """Return what tells whether a peer (``host:port``) keeps on this machine what it is asked.

    Whatever listens on loopback does, a mock or an endpoint of a test's own, but for a proxy that the environment named
    before the run began: those lead out. An endpoint of ours, in this process, does all the same.
    """
    relays = frozenset(_port(value) for name, value in environ.items() if name.lower().endswith("_proxy") and value)

    def stays(peer: str) -> bool:
        server = sys.modules.get(_SERVER)
        if server is not None and peer in server.SERVING:
            return True
        return is_loopback(peer) and _port(peer) not in relays

    return stays


def _port(address: str) -> str:
    """Return the port of a peer or a proxy's URL; the one of the scheme where it names none."""
    scheme, _, authority = address.rpartition("://")
    port = authority.rstrip("/").rpartition(":")[2]
    return port if port.isdecimal() else _DEFAULT_PORTS.get(scheme, "1080")


def close_network(config: pytest.Config, settings: Settings) -> None:
    """In mode ``none`` close the way to owned hosts, except to our own endpoints, until pytest is done with ``config``.

    Does nothing where it is closed already.
    """
    if settings.record != "none" or _GUARD in config.stash:
        return
    guard = NetworkGuard(host_rule([*settings.hosts, *settings.endpoint_hosts]), REMEDY, stays_here(os.environ))
    guard.activate()
    config.stash[_GUARD] = guard
    config.add_cleanup(guard.deactivate)
