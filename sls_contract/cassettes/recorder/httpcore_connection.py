"""httpcore, below httpx: what no cassette takes is refused where it would go over a real connection.

Here every proxy, tunnel, pool and version of HTTP has come down to one connection; mocks of httpx stand above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.guard import check_way
from sls_contract.exchange import wire_text
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable


def send(original: Callable[..., Any], connection: Any, request: Any) -> Any:
    """Ask the guards before a request is written; the same for sync and async, which returns a coroutine."""
    address = connection._network_stream.get_extra_info("server_addr")  # noqa: SLF001 - a connection has no reader of it
    if isinstance(address, tuple) and len(address) > 1:
        named = next((value for name, value in request.headers if name.lower() == b"host"), request.url.host)
        check_way(wire_text(named), authority_of(str(address[0]), address[1]))
    return original(connection, request)
