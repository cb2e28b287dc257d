"""The fast path for requests, live: a plain attempt over a connection of urllib3.

urllib3 makes the connections, checks certificates and keeps the pool. Only writing the request, whose bytes are
certain, and reading the response bypass http.client. The attempt takes the slow path where the fast path might differ,
or where a debug log or a proxy would notice.
"""

from __future__ import annotations

import logging
import sys
from http.client import HTTPConnection
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sls_contract.cassettes.recorder import failures
from sls_contract.cassettes.recorder.framing import ResponseReader, wire_of
from sls_contract.cassettes.recorder.guard import let_through
from sls_contract.cassettes.recorder.handler import Outcome, Owner, live
from sls_contract.cassettes.recorder.http_connection import MemorySocket, RawResponse, address_of, send_and_read
from sls_contract.errors import SlsContractError

if TYPE_CHECKING:
    from sls_contract.exchange import Request


_LIBRARIES = ("http.client", "urllib3.connection", "urllib3.connectionpool")
_Limits: TypeAlias = tuple[float | None, float | None]


class LiveAttempt(NamedTuple):
    """The result of a live attempt.

    Attributes:
        outcome: the outcome for the handler.
        client_result: the bytes or the error that the client gets on the slow path.
        is_plain: whether the fast path suffices: the client's parser would read the same.
        is_reusable: whether the connection may carry the next attempt.

    """

    outcome: Outcome
    client_result: RawResponse | Exception
    is_plain: bool
    is_reusable: bool


def perform(adapter: Any, request: Any, plain: Request, owner: Owner, settings: dict[str, Any]) -> LiveAttempt | None:
    """Perform an attempt, and report it to its owner; None, with nothing done, if it must take the slow path.

    ``settings`` are the keyword arguments of ``HTTPAdapter.send``.
    """
    limits = _limits(settings.get("timeout"))
    if limits is None or sys.modules["urllib3"].connectionpool.log.isEnabledFor(logging.DEBUG):
        return None
    pool = _pool(adapter, request, settings)
    connection = pool._get_conn() if pool is not None else None  # noqa: SLF001 - there is no public method
    if connection is None:
        return None
    if not (_is_direct(connection) and _is_unpatched(pool, connection)):
        pool._put_conn(connection)  # noqa: SLF001 - as above
        return None
    pool.num_requests += 1
    is_reusable = False
    try:
        attempt = _connect(pool, connection, limits, plain, owner) or _send_and_read(connection, limits, plain, owner)
        is_reusable = attempt.is_reusable
    finally:
        if not is_reusable:
            connection.close()
        pool._put_conn(connection)  # noqa: SLF001 - as above
    return attempt


def _connect(pool: Any, connection: Any, limits: _Limits, request: Request, owner: Owner) -> LiveAttempt | None:
    """Connect with urllib3's own code if not connected; return the failure, if any."""
    connection.timeout = limits[0]
    try:
        with live(), let_through(connection.host):
            pool._validate_conn(connection)  # noqa: SLF001 - connects for https, and warns of an unverified certificate
            if connection.sock is None:
                connection.connect()
    except SlsContractError:
        raise
    except Exception as error:  # noqa: BLE001 - the client's own code reports it
        outcome = failures.no_connection(error)
        owner.received(request, outcome)
        return LiveAttempt(outcome, error, is_plain=False, is_reusable=False)
    return None


def _send_and_read(connection: Any, limits: _Limits, request: Request, owner: Owner) -> LiveAttempt:
    real = connection.sock
    memory = MemorySocket(connection, real)
    memory.read_timeout = limits[1:]
    memory.sent += wire_of(request)
    reader = ResponseReader(request.method)
    owner = owner.connected_to(address_of(real))
    response = send_and_read(real, memory, reader, lambda: owner.sent(request))
    outcome = failures.outcome_of(reader, response.ending)
    owner.received(request, outcome)
    return LiveAttempt(outcome, response, reader.is_reusable and reader.is_canonical, reader.is_reusable)


def _pool(adapter: Any, request: Any, settings: dict[str, Any]) -> Any:
    """Return the pool that the adapter would use; None where that fails: the slow path reports the error best."""
    verify, cert = settings.get("verify", True), settings.get("cert")
    try:
        pool = adapter.get_connection_with_tls_context(request, verify, proxies=settings.get("proxies"), cert=cert)
        adapter.cert_verify(pool, request.url, verify, cert)
    except Exception:  # noqa: BLE001 - the client's own code reports it
        return None
    return pool if pool.pool is not None else None  # closed


def _is_direct(connection: Any) -> bool:
    """Return whether a connection is urllib3's own, idle, without a proxy, and without debug output."""
    if type(connection).__module__ != "urllib3.connection" or type(connection.sock) is MemorySocket:
        return False
    return not connection.debuglevel and connection.proxy is None and not connection._tunnel_host  # noqa: SLF001 - set_tunnel() has no public counterpart


def _is_unpatched(pool: Any, connection: Any) -> bool:
    """Return whether the methods that the fast path skips are original: tracers replace them to add fields."""
    methods = (
        *(HTTPConnection.putrequest, HTTPConnection.putheader, HTTPConnection.send),
        *(type(connection).request, type(connection).putrequest, type(connection).putheader, type(pool).urlopen),
    )
    return all(
        type(method) is FunctionType and method.__module__ in _LIBRARIES and not hasattr(method, "__wrapped__")
        for method in methods
    )


def _limits(timeout: Any) -> _Limits | None:
    """Return the time limits for connecting and reading (seconds; None: no limit); None if urllib3 must judge them."""
    limits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if len(limits) != 2 or any(type(each) not in (int, float, type(None)) for each in limits):  # noqa: PLR2004 - two
        return None
    return None if any(each is not None and each <= 0 for each in limits) else limits
