"""The closed way: nothing reaches an owned host but what a cassette takes, in any library and thread, at any time.

Each request that is stopped is noted with the test that made it: whoever swallows the error must not stay green.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.nesting import OPEN
from sls_contract.cassettes.recorder import NetworkGuard
from sls_contract.cassettes.recorder.handler import is_live
from sls_contract.errors import NetworkBlocked
from sls_contract.hosts import host_name, is_loopback
from sls_contract.plugin.children import Children
from sls_contract.plugin.expected_errors import caller_names_error, names_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sls_contract.plugin.options import Settings

REMEDY = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once); "
    "or allow requests of unmarked tests (--sls-unmarked=allow)."
)
RECORDED = "requests, urllib3, httpx, aiohttp or http.client"
"""The clients whose requests a cassette takes."""

GUARD: pytest.StashKey[Closed] = pytest.StashKey()
_MOST_KEPT = 1000  # of a test; whoever asks in a loop has been told enough
_DEFAULT_PORTS = {"": "80", "http": "80", "https": "443"}
_SERVER = "sls_contract.endpoint.server.background"


class Stopped(NamedTuple):
    """A request that was stopped: the id of the test that ran (empty between tests), the host, and the error.

    ``foreseen``: whether code that waited for the answer names the error.
    """

    test: str
    host: str
    error: NetworkBlocked
    foreseen: bool

    @property
    def is_meant(self) -> bool:
        """Whether the test expects the error, as ``pytest.raises(NetworkBlocked)`` says."""
        trace = self.error.__traceback__  # it begins where the error was caught, be that in another thread
        return self.foreseen or (trace is not None and names_error(trace.tb_frame))


class Closed(NetworkGuard):
    """The guard of one run.

    Attributes:
        test: the id of the test that runs now; empty between tests.
        stopped: what was stopped, in order; whoever has told it takes it out.

    """

    def __init__(self, settings: Settings) -> None:
        owned = host_rule([*settings.hosts, *settings.endpoint_hosts])
        super().__init__(owned, REMEDY, stays_here(os.environ), spares_recording=settings.record != "none")
        self._allows = settings.unmarked == "allow"
        self.test = ""
        self.stopped: list[Stopped] = []
        self.children = Children()

    def owns(self, host: str, peer: str) -> bool:
        """Tell whether real requests to ``host`` are refused now where they go to ``peer``."""
        return bool(OPEN.sessions or not self._allows) and super().owns(host, peer)

    def check(self, host: Any, port: Any) -> None:
        """Refuse to resolve a name, or to connect to it; open cassettes hear of those that are not owned."""
        super().check(host, port)
        sessions = OPEN.sessions
        if sessions and not is_live():
            name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
            if isinstance(name, str) and name:
                sessions[-1].hosts.looked_up(host_name(name))

    def refusal(self, host: str) -> NetworkBlocked:
        """Return the error that names the host and the remedy, and note it."""
        remedy = f"use a client that can be recorded: {RECORDED}." if OPEN.sessions else REMEDY
        error = NetworkBlocked(f"a request to {host} was blocked: no cassette is open for it.\nHow to fix: {remedy}")
        if len(self.stopped) < _MOST_KEPT:
            foreseen = caller_names_error()
            self.stopped.append(Stopped(self.test, host, error, foreseen))
            self.children.tell(self.test, host, foreseen)
        return error

    def collect(self) -> bool:
        """Take over what was stopped in forked children; tell whether anything is noted now."""
        for test, host, foreseen in self.children.told():
            self.stopped.append(Stopped(test, host, NetworkBlocked(host), foreseen))
        return bool(self.stopped)

    def take(self, test: str) -> list[Stopped]:
        """Return what was stopped while a test ran, or between tests, and forget it."""
        taken = [each for each in self.stopped if each.test == test]
        self.stopped = [each for each in self.stopped if each.test != test]
        return taken


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


def close_network(config: pytest.Config, read: Callable[[], Settings]) -> Closed:
    """Close the way to owned hosts, except to our own endpoints, until pytest is done with ``config``.

    Does nothing where it is closed already.
    """
    guard = config.stash.get(GUARD, None)
    if guard is None:
        guard = config.stash[GUARD] = Closed(read())
        guard.activate()
        config.add_cleanup(guard.deactivate)
        config.add_cleanup(guard.children.close)
    return guard
