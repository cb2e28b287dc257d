"""urllib3-future (under niquests), which is not recorded: what it would send over a connection that it kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.guard import check_connection
from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable


def endheaders(original: Callable[..., Any], connection: Any, *args: Any, **kwargs: Any) -> Any:
    """Ask the guards before a request is written; the same for sync and async, which returns a coroutine."""
    host = connection._tunnel_host or connection.host  # noqa: SLF001 - set_tunnel() has no reader
    check_connection(authority_of(host), connection.sock)
    return original(connection, *args, **kwargs)
