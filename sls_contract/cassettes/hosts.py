"""Which hosts a cassette owns, and which responses are the real service's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import lru_cache

from sls_contract.cassettes.texts import texts
from sls_contract.errors import UsageError
from sls_contract.hosts import host_name, is_address, is_loopback, is_service_host


def host_rule(patterns: Iterable[str] = ()) -> Callable[[str], bool]:
    """Return the rule that says whether a Host (with or without port) is owned.

    The service's own hosts always are. ``patterns`` add names, with ``*`` for any part, and ``:port`` for one port
    only. Raises `UsageError` for a pattern with a scheme or a path, and for one text in place of several.
    """
    rules = tuple(map(_checked_pattern, texts("hosts", patterns)))

    @lru_cache(maxsize=1024)
    def owned(host: str) -> bool:
        full = host.strip().lower()
        name = host_name(full)
        return is_service_host(name) or any(fnmatchcase(name, rule) or fnmatchcase(full, rule) for rule in rules)

    return owned


class RequestedHosts:
    """The hosts that were requested while a cassette was open, each with the peer (``host:port``) of the connection."""

    def __init__(self, owns: Callable[[str], bool]) -> None:
        self._owns = owns
        self._not_owned: set[tuple[str, str]] = set()
        self._addresses: set[tuple[str, str]] = set()
        self._resolves = False

    def owned(self, host: str, peer: str) -> bool:
        """Return whether a host is owned, and note it; called for each request, from any thread."""
        if self._owns(host):
            return True
        if host != peer:  # equal: a query about a connection, without a request
            self._not_owned.add((host, peer))
        return False

    def note_lookup(self, name: str) -> None:
        """Note a name or address that any library resolved or connected to."""
        if is_address(name):
            self._addresses.add((name, ""))
        else:
            self._resolves = True
            if not self._owns(name):
                self._not_owned.add((name, ""))

    @property
    def foreign(self) -> dict[str, bool]:
        """The hosts that are not owned, in lower case, and whether each may be another machine.

        Addresses are included only if no name was resolved; otherwise an address may belong to a resolved name.
        """
        remote: dict[str, bool] = {}
        addresses = () if self._resolves else (each for each in self._addresses if not self._owns(each[0]))
        for host, peer in sorted(self._not_owned.union(addresses)):
            name = host_name(host)
            remote[name] = remote.get(name, False) or not (is_loopback(name) or (bool(peer) and is_loopback(peer)))
        return remote


def without_project(host: str) -> str:
    """Return the endpoint of a host: the part after its project; the whole host if it is an IP address."""
    endpoint = host.partition(".")[2]
    return endpoint if endpoint and not is_address(host) else host


def is_live(host: str, peer: str) -> bool:
    """Return whether the real service responded: the Host is of its domain, the address known and not loopback."""
    return is_service_host(host) and bool(peer) and not is_loopback(peer)


def _checked_pattern(pattern: str) -> str:
    text = pattern.strip().lower()
    if not text or "/" in text or any(char.isspace() for char in text):
        msg = (
            f"expected a host of the service such as sls.example.com, *.example.com or 127.0.0.1:8080; got {pattern!r}"
        )
        raise UsageError(msg)
    return text
