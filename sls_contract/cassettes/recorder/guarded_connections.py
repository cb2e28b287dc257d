"""Guards for httpcore, below httpx, and for urllib3-future's own protocols: checks before a real connection sends.

At this level every proxy, tunnel, pool and HTTP version is one connection; mocks of httpx work at a higher level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.guard import check_connection
from sls_contract.exchange import wire_text
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable


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
