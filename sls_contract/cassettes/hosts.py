"""Which hosts a cassette owns, and which addresses are this machine."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ALWAYS_OWNED = "*.aliyuncs.com"


def host_rule(patterns: Iterable[str] = ()) -> Callable[[str], bool]:
    """Return the rule that tells whether a Host (with or without port) is owned.

    ``*.aliyuncs.com`` always is; ``patterns`` add names, with ``*`` for any part, and with ``:port`` where the port
    matters. Raises `UsageError` for a pattern that holds a scheme or a path.
    """
    rules = (ALWAYS_OWNED, *(_checked(pattern) for pattern in patterns))

    @lru_cache(maxsize=1024)
    def owned(host: str) -> bool:
        full = host.strip().lower()
        bare = without_port(full).rstrip(".")
        return any(fnmatchcase(bare, rule) or fnmatchcase(full, rule) for rule in rules)

    return owned


def without_port(host: str) -> str:
    """Return the host without its port; brackets of an IPv6 address are taken off."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0] if host.count(":") == 1 else host


def without_project(host: str) -> str:
    """Return the endpoint that a host names: what follows its project, or all of it where it is an IP address."""
    project, dot, endpoint = host.partition(".")
    return endpoint if dot and not project.isdecimal() and not project.startswith("[") else host


def is_loopback(peer: str) -> bool:
    """Tell whether an address or name (with or without port, with or without a project) is this machine itself."""
    bare = without_port(peer.strip().lower()).rstrip(".")
    if bare in {"", "localhost"} or bare.endswith((".localhost", ".127.0.0.1")):
        return True
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return False


def is_live(host: str, peer: str) -> bool:
    """Tell whether an answer is the real service's: a Host of its domain, at an address that is not this machine."""
    return without_port(host).lower().endswith(".aliyuncs.com") and not is_loopback(peer)


def _checked(pattern: str) -> str:
    text = pattern.strip().lower()
    if not text or "/" in text or any(char.isspace() for char in text):
        msg = f"an owned host is a name such as sls.example.com, *.example.com or 127.0.0.1:8080; got {pattern!r}"
        raise UsageError(msg)
    return text
