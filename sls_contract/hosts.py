"""Hosts as they stand in a Host header, a URL or an address: what they name, and whether that is this machine."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

SERVICE_DOMAIN = "aliyuncs.com"
"""Every endpoint of the service stands below it, and so do those of all other products."""

_SERVICE_NAME = re.compile(r"(?:.+\.)?(?:log|sls|log-global|sls\.[a-z0-9-]+)\.aliyuncs\.com")

_IPV4_LABELS = 4


def host_name(authority: str) -> str:
    """Return the name in lower case, without user info, port, final dot, and the brackets of an IPv6 address."""
    name = authority.rpartition("@")[2].strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    bare = name.partition(":")[0] if name.count(":") == 1 else name
    return bare.rstrip(".")


def authority_of(host: str, port: int | str | None = None) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets, the port behind it where one is given."""
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return named if port is None else f"{named}:{port}"


def is_service_host(authority: str) -> bool:
    """Tell whether a host is one of the service's, at whatever port, with or without a project in front.

    ``REGION.log.aliyuncs.com`` with its intranet, VPC, share and dual-stack forms, ``log-global.aliyuncs.com``
    (acceleration), the older ``REGION.sls.aliyuncs.com``, and the control endpoint ``sls.REGION.aliyuncs.com``. Other
    products' hosts below `SERVICE_DOMAIN` are none. Source: the service's page of endpoints, and what the SDKs of
    2020-12-30 make of region and network.
    """
    return _SERVICE_NAME.fullmatch(host_name(authority)) is not None


@lru_cache(maxsize=256)
def is_address(authority: str) -> bool:
    """Tell whether the host is ``localhost`` or an IP address: it then names no project."""
    name = host_name(authority)
    return name == "localhost" or _ip(name) is not None


@lru_cache(maxsize=256)
def is_loopback(authority: str) -> bool:
    """Tell whether the host is this machine itself, or a project in front of it (``my-project.127.0.0.1``)."""
    name = host_name(authority)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _ip(".".join(name.split(".")[-_IPV4_LABELS:]))  # all of it where no project stands in front
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address  # what a socket for both versions calls an IPv4 address
    return address is not None and address.is_loopback


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
