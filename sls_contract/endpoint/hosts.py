"""Host names as they stand in a Host header or an authority."""

from __future__ import annotations

import ipaddress
from functools import lru_cache


def host_name(authority: str) -> str:
    """Return the name in lower case, without user info, port and the brackets of an IPv6 address."""
    name = authority.rpartition("@")[2].strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0]


@lru_cache(maxsize=256)
def is_address(authority: str) -> bool:
    """Tell whether the host is ``localhost`` or an IP address: it then names no project."""
    name = host_name(authority)
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=256)
def is_loopback(authority: str) -> bool:
    """Tell whether the host is a loopback address, or a project in front of one (``my-project.127.0.0.1``)."""
    name = host_name(authority)
    if name in ("localhost", "::1") or name.endswith(".localhost"):
        return True
    labels = name.split(".")[-4:]
    return len(labels) == 4 and labels[0] == "127" and is_address(".".join(labels))  # noqa: PLR2004 - IPv4 has four
