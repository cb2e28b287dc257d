"""The address of an endpoint as a user writes it, and the proxy on the way to it, if any."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from urllib.request import (  # type: ignore[attr-defined]  # typeshed lacks proxy_bypass_environment
    getproxies_environment,
    proxy_bypass_environment,
)

from sls_contract.errors import UsageError
from sls_contract.exchange import DEFAULT_PORTS, masked_url, wire_bytes
from sls_contract.hosts import authority_of, is_address, is_loopback

_EXAMPLES = "'https://cn-hangzhou.log.aliyuncs.com' or 'http://127.0.0.1:8080'"
_UNREADABLE = "the port is not a number up to 65535, or the brackets do not contain an IP address"
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed endpoint: ``http`` or ``https``, host without brackets, port."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The host in the form of a Host header: IPv6 in brackets, with the port if it is not the default."""
        return authority_of(self.host, None if self.port == DEFAULT_PORTS[self.scheme] else self.port)

    @property
    def literal(self) -> bool:
        """Whether it is an IP address or ``localhost``, which have no subdomain for a project."""
        return is_address(self.authority)

    @property
    def loopback(self) -> bool:
        """Whether it is on this machine."""
        return self.literal and is_loopback(self.authority)

    def owns(self, host: str) -> bool:
        """Return whether a host name is the endpoint's own or below it (``project.endpoint``)."""
        return host == self.host or host.endswith("." + self.host)


@dataclass(frozen=True, slots=True)
class Proxy:
    """An HTTP proxy: its address, and the value of ``Proxy-Authorization`` if it needs credentials."""

    address: Address
    authorization: str | None = None

    def __repr__(self) -> str:
        return f"Proxy({self.address.authority!r})"


def parse_endpoint(endpoint: str) -> Address:
    """Parse scheme, host and port; ``https`` where no scheme is given.

    Raises `UsageError` for anything else: another scheme, a path, user info, no host, an impossible port.
    """
    text = endpoint if "://" in endpoint else f"https://{endpoint}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _usage_error(endpoint, _UNREADABLE) from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in DEFAULT_PORTS:
        raise _usage_error(endpoint, "its scheme is neither http nor https")
    if port == 0:
        raise _usage_error(endpoint, "port 0 accepts no connections")
    if not _PRINTABLE.fullmatch(host) or parts.username is not None:
        raise _usage_error(endpoint, "it contains no plain host name")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise _usage_error(endpoint, "it has more than scheme, host and port")
    return Address(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port)


def proxy_for(address: Address, environ_proxies: Mapping[str, str] | None = None) -> Proxy | None:
    """Return the proxy that ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY`` select; None for loopback."""
    proxies = dict(getproxies_environment() if environ_proxies is None else environ_proxies)
    text = proxies.get(address.scheme)
    if not text or address.loopback or proxy_bypass_environment(f"{address.host}:{address.port}", proxies):
        return None
    variable = f"{address.scheme.upper()}_PROXY must be http://HOST:PORT"
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        port = parts.port or 80
    except ValueError:
        msg = f"{variable}, but {_UNREADABLE}"
        raise UsageError(msg) from None
    if parts.scheme != "http" or not parts.hostname:
        msg = f"{variable}, got {masked_url(parts.geturl())!r}"
        raise UsageError(msg)
    return Proxy(Address("http", parts.hostname, port), _basic(parts.username, parts.password))


def _basic(user: str | None, password: str | None) -> str | None:
    if user is None:
        return None
    pair = wire_bytes(f"{unquote(user)}:{unquote(password or '')}")
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _usage_error(endpoint: str, why: str) -> UsageError:
    shown = endpoint.rpartition("@")[2]
    return UsageError(f"endpoint must be {_EXAMPLES}, got {shown!r}: {why}")
