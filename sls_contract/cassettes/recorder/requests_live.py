"""The short way for requests, live: a plain attempt over a connection that urllib3 keeps warm.

urllib3 makes the connections, checks certificates and keeps the pool; only the writing of a request whose bytes are
certain, and the reading of its answer, do not go through http.client. No warm connection, anything that the short way
cannot promise to do alike, or somebody who watches (urllib3's debug log): then the attempt goes the long way.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.cassettes.recorder import failures
from sls_contract.cassettes.recorder.framing import AnswerReader, wire_of
from sls_contract.cassettes.recorder.http_connection import Answer, Tape, address_of, converse

if TYPE_CHECKING:
    from sls_contract.cassettes.recorder.handler import Outcome, Owner
    from sls_contract.exchange import Request


class Performed(NamedTuple):
    """A live attempt: what it came to, the bytes that the client may parse itself, whether they are nothing unusual."""

    outcome: Outcome
    answer: Answer
    is_usual: bool


def perform(adapter: Any, request: Any, plain: Request, owner: Owner, settings: dict[str, Any]) -> Performed | None:
    """Perform an attempt, and tell its owner; None, with nothing done, where it must go the long way.

    ``settings`` are what ``HTTPAdapter.send`` was called with.
    """
    limit = _read_limit(settings.get("timeout"))
    if limit is None or sys.modules["urllib3"].connectionpool.log.isEnabledFor(logging.DEBUG):
        return None
    pool = _pool(adapter, request, settings)
    connection = pool._get_conn() if pool is not None else None  # noqa: SLF001 - the pool lends no other way
    if connection is None:
        return None
    if not _is_warm(connection, request.url):
        pool._put_conn(connection)  # noqa: SLF001 - as above
        return None
    pool.num_requests += 1
    usual = False
    try:
        done = _performed(connection.sock, Tape(connection, connection.sock), limit, plain, owner)
        usual = done.is_usual
    finally:
        if not usual:
            connection.close()
        pool._put_conn(connection)  # noqa: SLF001 - as above
    return done


def _performed(real: Any, tape: Tape, limit: tuple[float | None], request: Request, owner: Owner) -> Performed:
    tape.read_timeout = limit
    tape.sent += wire_of(request)
    reader = AnswerReader(request.method)
    owner = owner.connected_to(address_of(real))
    answer = converse(real, tape, reader, lambda: owner.sent(request))
    outcome = failures.outcome_of(reader, answer.ending)
    owner.received(request, outcome)
    return Performed(outcome, answer, reader.is_reusable)


def _pool(adapter: Any, request: Any, settings: dict[str, Any]) -> Any:
    """Return the pool that the adapter would use; None where it would fail, which the long way tells best."""
    verify, cert = settings.get("verify", True), settings.get("cert")
    try:
        pool = adapter.get_connection_with_tls_context(request, verify, proxies=settings.get("proxies"), cert=cert)
        adapter.cert_verify(pool, request.url, verify, cert)
    except Exception:  # noqa: BLE001 - whatever it is, the client is told by its own code
        return None
    return pool if pool.pool is not None else None  # closed


def _is_warm(connection: Any, url: str) -> bool:
    """Tell whether a connection is open, to the host itself, and whether nobody is to be warned about it."""
    if connection.sock is None or type(connection.sock) is Tape or connection.debuglevel:
        return False
    if connection.proxy is not None or connection._tunnel_host:  # noqa: SLF001 - set_tunnel() has no reader
        return False
    return url.startswith("http:") or bool(connection.is_verified)


def _read_limit(timeout: Any) -> tuple[float | None] | None:
    """Return how many seconds the answer may take (None: any); None where that is for urllib3 to judge."""
    limits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if len(limits) != 2 or any(type(each) not in (int, float, type(None)) for each in limits):  # noqa: PLR2004 - two
        return None
    if any(each is not None and each <= 0 for each in limits):
        return None
    return (limits[1],)
