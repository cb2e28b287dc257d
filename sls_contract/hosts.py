"""Hosts in a Host header, a URL or an address: the project or service they name, and whether they are this machine."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

SERVICE_DOMAIN = "aliyuncs.com"
"""The domain of every endpoint of the service, and of those of all other products."""

_SERVICE_NAME = re.compile(r"(?:.+\.)?(?:log|sls|log-global|sls\.[a-z0-9-]+)\.aliyuncs\.com")

_IPV4_LABELS = 4
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_PROJECT = re.compile(_LABEL)
_DATA = re.compile(r"(?:(.*)\.)?(?:log|sls|log-global)\.aliyuncs\.com")
_CONTROL = re.compile(rf"(?:.*\.)?sls\.{_LABEL}\.aliyuncs\.com")
_NEARLY = re.compile(r"(?:.*\.)?(?:log|sls)\.(aliyun[a-z]*(?:\.[a-z]+)+)")
_ENDPOINT_ALONE = re.compile(
    r"(?:[a-z0-9-]+\.(?:dualstack\.)?)?(?:log|sls)\.aliyuncs\.com|log-global\.aliyuncs\.com", re.IGNORECASE
)
_PLACEHOLDER = re.compile(r"[$<>{}%]")
_WITH_REGION = 2  # labels: the project and the region
_MISSING = frozenset({"nan", "nil", "none", "null", "undefined"})


def host_name(authority: str) -> str:
    """Return the name in lower case, without user info, port, final dot, and the brackets of an IPv6 address."""
    name = authority.rpartition("@")[2].strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return (name.partition(":")[0] if name.count(":") == 1 else name).rstrip(".")


def authority_of(host: str, port: int | str | None = None) -> str:
    """Return a host as in a URL: an IPv6 address in brackets, followed by the port if there is one."""
    named = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return named if port is None else f"{named}:{port}"


def is_service_host(authority: str) -> bool:
    """Return whether a host is one of the service's, with any port, with or without a project in front.

    ``REGION.log.aliyuncs.com`` with its intranet, VPC, share and dual-stack forms, ``log-global.aliyuncs.com``
    (acceleration), the older ``REGION.sls.aliyuncs.com``, and the control endpoint ``sls.REGION.aliyuncs.com``. Other
    products' hosts below `SERVICE_DOMAIN` are not. Source: the service's page of endpoints, and the hosts that the SDKs
    of 2020-12-30 build from region and network.
    """
    return _SERVICE_NAME.fullmatch(host_name(authority)) is not None


class HostFlaw(NamedTuple):
    """Why a host cannot serve a project's data; ``certain`` if it is certainly not a host of the service."""

    actual: str
    certain: bool


@lru_cache(maxsize=256)
def host_flaw(authority: str) -> HostFlaw | None:
    """Return the flaw of a host that is meant to be the service's; None if it has none or is not meant to be.

    Hosts below ``aliyuncs.com``, similar domains, and placeholders are judged; addresses and other domains may be
    gateways or this machine. Names of projects and regions are judged by their characters only: case does not matter
    in a host, and the minimum length of projects' names has changed. Sources: the service's page of endpoints;
    CreateProject page.
    """
    name = host_name(authority)
    if _PLACEHOLDER.search(name):
        return HostFlaw("a placeholder that was not filled in", certain=True)
    if (nearly := _NEARLY.fullmatch(name)) and nearly[1] != SERVICE_DOMAIN:
        return HostFlaw(f"a host below {nearly[1]}, which has no endpoint of the service", certain=True)
    if not name.endswith("." + SERVICE_DOMAIN):
        return None
    data = _DATA.fullmatch(name)
    if data is None and _CONTROL.fullmatch(name):
        return HostFlaw("the control endpoint of a region, which serves no data of a project", certain=False)
    if data is None:
        return HostFlaw("the host of another product", certain=True)
    return _labels_flaw((data[1] or "").split("."), without_region=".log-global." in f".{name}")


def _labels_flaw(labels: list[str], *, without_region: bool) -> HostFlaw | None:
    """Judge the labels in front of a data endpoint; ``without_region``: an endpoint without a region."""
    most = 1 if without_region else 3 if labels[-1] == "dualstack" else _WITH_REGION
    if len(labels) > most:
        twice = len(set(labels)) < len(labels)
        return HostFlaw("the project twice" if twice else "more than a project in front of the endpoint", certain=True)
    if len(labels) == most and labels[0] in _MISSING:
        return HostFlaw(f"{labels[0]!r}, which stands for a missing value", certain=False)
    if len(labels) == most and labels[0] and not _PROJECT.fullmatch(labels[0]):
        return HostFlaw(f"{labels[0]!r}, which cannot be the name of a project", certain=False)
    region = "" if without_region else labels[-2] if most > _WITH_REGION and len(labels) > 1 else labels[-1]
    if region and not _PROJECT.fullmatch(region):
        return HostFlaw(f"{region!r}, which cannot be the name of a region", certain=False)
    return None


@lru_cache(maxsize=256)
def is_address(authority: str) -> bool:
    """Return whether the host is ``localhost`` or an IP address, which names no project."""
    name = host_name(authority)
    return name == "localhost" or _ip(name) is not None


@lru_cache(maxsize=64)  # a run uses few hosts
def names_project(host: str) -> bool:
    """Return whether a host has a project in front, as in ``my-project.127.0.0.1:80``; an address alone has none."""
    name = host_name(host)
    project, dot, endpoint = name.partition(".")
    return bool(project and dot and endpoint) and not _ENDPOINT_ALONE.fullmatch(name) and not is_address(host)


@lru_cache(maxsize=256)
def is_loopback(authority: str) -> bool:
    """Return whether the host is this machine, or a project in front of it (``my-project.127.0.0.1``)."""
    name = host_name(authority)
    if name == "localhost" or name.endswith(".localhost"):
        return True
    address = _ip(".".join(name.split(".")[-_IPV4_LABELS:]))  # the whole name if it has no project in front
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address  # a dual-stack socket reports IPv4 addresses in this form
    return address is not None and address.is_loopback


def _ip(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
