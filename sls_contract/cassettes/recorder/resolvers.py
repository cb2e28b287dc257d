"""Guards for libraries that resolve names or connect with their own code, which raises no audit event.

For httpcore, below httpx, and for urllib3-future's own protocols, the check runs before a real connection sends. At
that level every proxy, tunnel, pool and HTTP version is one connection; mocks of httpx work at a higher level.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import SOCK_DGRAM
from typing import Any

from sls_contract.cassettes.recorder.guard import check_connection, check_name, check_proxied
from sls_contract.exchange import wire_text
from sls_contract.hosts import authority_of


def first_argument(original: Callable[..., Any], owner: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a call whose first argument is a name, and whose second may be a port."""
    names = [args[0] if args else kwargs.get("host") or kwargs.get("name") or kwargs.get("qname"), *args[1:2]]
    check_name(*(each if isinstance(each, bytes | int) else str(each) for each in names))
    return original(owner, *args, **kwargs)


def second_argument(original: Callable[..., Any], owner: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a call whose second argument is a host, and whose third is a port."""
    host, port = (*args[1:3], None, None)[:2]
    check_name(host or kwargs.get("host"), port or kwargs.get("port"))
    return original(owner, *args, **kwargs)


def socket_connect(original: Callable[..., Any], sock: Any, address: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a socket connects; connecting a datagram socket sends nothing.

    aliyun-log-python-sdk connects a datagram socket to the endpoint to find its own IP address, and ignores a refusal.
    """
    if isinstance(address, tuple) and len(address) > 1:
        check_name(*address[:2], sends=sock.type != SOCK_DGRAM)
    return original(sock, address, *args, **kwargs)


def address_arguments(original: Callable[..., Any], owner: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a call with addresses ``(host, port)``."""
    for each in (*args, *kwargs.values()):
        if isinstance(each, tuple) and len(each) > 1:
            check_name(*each[:2])
    return original(owner, *args, **kwargs)


def socks_connect(original: Callable[..., Any], sock: Any, address: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before connecting through a SOCKS proxy, which may resolve the name itself."""
    if sock.proxy and sock.proxy[1]:
        check_proxied(authority_of(str(address[0]), address[1]), authority_of(sock.proxy[1], sock.proxy[2] or 1080))
    return original(sock, address, *args, **kwargs)


def send(original: Callable[..., Any], connection: Any, request: Any) -> Any:
    """Check the guards before a request is written; for sync and async (which returns a coroutine)."""
    named = next((value for name, value in request.headers if name.lower() == b"host"), request.url.host)
    stream = connection._network_stream  # noqa: SLF001 - there is no public accessor
    check_connection(wire_text(named), stream.get_extra_info("socket"))
    return original(connection, request)


def endheaders(original: Callable[..., Any], connection: Any, *args: Any, **kwargs: Any) -> Any:
    """Check the guards before a request is written; for sync and async (which returns a coroutine)."""
    host = connection._tunnel_host or connection.host  # noqa: SLF001 - set_tunnel() has no public counterpart
    check_connection(authority_of(host), connection.sock)
    return original(connection, *args, **kwargs)
