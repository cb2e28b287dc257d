"""httpcore, below httpx: what no cassette takes is refused where it would go over a real connection.

Here every proxy, tunnel, pool and version of HTTP has come down to one connection; mocks of httpx stand above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.guard import check_connection
from sls_contract.exchange import wire_text

if TYPE_CHECKING:
    from collections.abc import Callable


def send(original: Callable[..., Any], connection: Any, request: Any) -> Any:
    """Ask the guards before a request is written; the same for sync and async, which returns a coroutine."""
    named = next((value for name, value in request.headers if name.lower() == b"host"), request.url.host)
    stream = connection._network_stream  # noqa: SLF001 - a connection has no reader of it
    check_connection(wire_text(named), stream.get_extra_info("socket"))
    return original(connection, request)
