"""The short way for requests, live: a plain attempt over a connection of urllib3's.

urllib3 makes the connections, checks certificates and keeps the pool; only the writing of a request whose bytes are
certain, and the reading of its answer, do not go through http.client. Anything that the short way cannot promise to do
alike, or somebody who watches (a debug log, a proxy), and the attempt goes the long way.
"""

from __future__ import annotations

import logging
import sys
from http.client import HTTPConnection
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from sls_contract.cassettes.recorder import failures
from sls_contract.cassettes.recorder.framing import AnswerReader, wire_of
from sls_contract.cassettes.recorder.guard import let_through
from sls_contract.cassettes.recorder.handler import live
from sls_contract.cassettes.recorder.http_connection import Answer, MemorySocket, address_of, converse
from sls_contract.errors import SlsContractError

if TYPE_CHECKING:
    from sls_contract.cassettes.recorder.handler import Outcome, Owner
    from sls_contract.exchange import Request


_LIBRARIES = ("http.client", "urllib3.connection", "urllib3.connectionpool")
_Limits: TypeAlias = tuple[float | None, float | None]


class Performed(NamedTuple):
    """A live attempt.

    Attributes:
        outcome: what it came to.
        met: what the client meets on the long way.
        is_usual: whether there is no need for that: the client's parser would read nothing else.
        is_reusable: whether the connection may carry the next attempt.

    """

    outcome: Outcome
    met: Answer | Exception
    is_usual: bool
    is_reusable: bool


def perform(adapter: Any, request: Any, plain: Request, owner: Owner, settings: dict[str, Any]) -> Performed | None:
    """Perform an attempt, and tell its owner; None, with nothing done, where it must go the long way.

    ``settings`` are what ``HTTPAdapter.send`` was called with.
    """
    limits = _limits(settings.get("timeout"))
    if limits is None or sys.modules["urllib3"].connectionpool.log.isEnabledFor(logging.DEBUG):
        return None
    pool = _pool(adapter, request, settings)
    connection = pool._get_conn() if pool is not None else None  # noqa: SLF001 - the pool lends no other way
    if connection is None:
        return None
    if not (_is_direct(connection) and _is_untouched(pool, connection)):
        pool._put_conn(connection)  # noqa: SLF001 - as above
        return None
    pool.num_requests += 1
    keeps = False
    try:
        done = _refused(pool, connection, limits, plain, owner) or _conversed(connection, limits, plain, owner)
        keeps = done.is_reusable
    finally:
        if not keeps:
            connection.close()
        pool._put_conn(connection)  # noqa: SLF001 - as above
    return done


def _refused(pool: Any, connection: Any, limits: _Limits, request: Request, owner: Owner) -> Performed | None:
    """Connect where there is no connection, with urllib3's own code; return how that failed."""
    connection.timeout = limits[0]
    try:
        with live(), let_through(connection.host):
            pool._validate_conn(connection)  # noqa: SLF001 - connects to https, and warns of what was not verified
            if connection.sock is None:
                connection.connect()
    except SlsContractError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the client is told by its own code
        outcome = failures.no_connection(error)
        owner.received(request, outcome)
        return Performed(outcome, error, is_usual=False, is_reusable=False)
    return None


def _conversed(connection: Any, limits: _Limits, request: Request, owner: Owner) -> Performed:
    real = connection.sock
    memory = MemorySocket(connection, real)
    memory.read_timeout = limits[1:]
    memory.sent += wire_of(request)
    reader = AnswerReader(request.method)
    owner = owner.connected_to(address_of(real))
    answer = converse(real, memory, reader, lambda: owner.sent(request))
    outcome = failures.outcome_of(reader, answer.ending)
    owner.received(request, outcome)
    return Performed(outcome, answer, reader.is_reusable and reader.is_canonical, reader.is_reusable)


def _pool(adapter: Any, request: Any, settings: dict[str, Any]) -> Any:
    """Return the pool that the adapter would use; None where it would fail, which the long way tells best."""
    verify, cert = settings.get("verify", True), settings.get("cert")
    try:
        pool = adapter.get_connection_with_tls_context(request, verify, proxies=settings.get("proxies"), cert=cert)
        adapter.cert_verify(pool, request.url, verify, cert)
    except Exception:  # noqa: BLE001 - whatever it is, the client is told by its own code
        return None
    return pool if pool.pool is not None else None  # closed


def _is_direct(connection: Any) -> bool:
    """Tell whether a connection is urllib3's usual one, idle, to the host itself, and whether nobody watches it."""
    if (
        type(connection).__module__ != "urllib3.connection"
        or type(connection.sock) is MemorySocket
        or connection.debuglevel
    ):
        return False
    return connection.proxy is None and not connection._tunnel_host  # noqa: SLF001 - set_tunnel() has no reader


def _is_untouched(pool: Any, connection: Any) -> bool:
    """Tell whether nobody replaced what the short way leaves out: tracers do, to add fields of their own."""
    methods = (
        *(HTTPConnection.putrequest, HTTPConnection.putheader, HTTPConnection.send),
        *(type(connection).request, type(connection).putrequest, type(connection).putheader, type(pool).urlopen),
    )
    return all(
        type(method) is FunctionType and method.__module__ in _LIBRARIES and not hasattr(method, "__wrapped__")
        for method in methods
    )


def _limits(timeout: Any) -> _Limits | None:
    """Return how many seconds connecting and reading may take (None: any); None where that is for urllib3 to judge."""
    limits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if len(limits) != 2 or any(type(each) not in (int, float, type(None)) for each in limits):  # noqa: PLR2004 - two
        return None
    return None if any(each is not None and each <= 0 for each in limits) else limits
