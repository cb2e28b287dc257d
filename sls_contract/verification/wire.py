"""Send each request of a run at its rate, judge its exchange, and diagnose lost responses."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sls_contract.checks import judge_response
from sls_contract.checks.consumption import CLIENT_CLAUSES, Consumption
from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.sequence import ClauseResults
from sls_contract.checks.sequence_outcomes import TOO_MANY_REQUESTS, error_code, is_overloaded
from sls_contract.errors import EndpointError
from sls_contract.exchange import Exchange, Request, Response, Send
from sls_contract.signing import MAX_SKEW, Credentials, parse_http_date
from sls_contract.spec import CLAUSES, Finding, clause
from sls_contract.transport import TransportError
from sls_contract.verification.unavailable import NOT_OFFERED, absence, is_failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sls_contract.scenarios.steps import Over

_ABOUT_THE_SERVICE = frozenset(CLAUSES) - CLIENT_CLAUSES
_ALIVE_AFTER = 0.1  # seconds after which a dying process has closed its port
_PARTLY_SENT = frozenset({"truncated", "too-large", "malformed"})  # the endpoint is alive
_RESPONSE_LOST = frozenset({"closed", "reset", "timeout"}) | _PARTLY_SENT
_MOST_FAILED = 50  # requests in a row without another response: more than any scenario causes, so the endpoint is down
_PAUSES = (0, 0.1, 0.3, 1)  # seconds before each further attempt at a request to which a busy service responded
_MOST_TIMEOUTS = 3  # in a run, before it gives up
_PARALLEL = 2  # connections
_FROZEN = timedelta(seconds=5)  # longer than servers cache the Date header
_FROZEN_RESPONSES = 3  # in a row: clocks of two servers may be some seconds apart
_SAME_CLOCK = timedelta(seconds=2)  # tolerance: Date has whole seconds


class EndpointGone(EndpointError):
    """The endpoint cannot be reached, or stopped responding; the run is then incomplete."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of the run, its response, and their findings.

    ``number`` starts at 1; ``sent_at`` and ``responded_at`` are the server's time. ``resent``: the first attempt ended
    with a reset, so that the endpoint may have handled the request twice. ``repeats``: how many more times it may have
    done so, because its responses to earlier attempts said that it was busy or failed. ``failed``: the last of these.
    """

    number: int
    exchange: Exchange
    sent_at: datetime
    responded_at: datetime
    findings: tuple[Finding, ...]
    exercised: frozenset[str]
    resent: bool = False
    repeats: int = 0
    failed: Sent | None = None

    @property
    def response(self) -> Response:
        """The response; an exchange without one raises `ResponseLost` before."""
        assert self.exchange.response is not None
        return self.exchange.response


class Attempt(NamedTuple):
    """A request that was sent: its maker, its response or error, and the server's time when it was sent.

    ``repeats``: as of `Sent`.
    """

    make: Callable[[datetime], Request]
    request: Request
    response: Response | TransportError
    sent_at: datetime
    repeats: int = 0

    @property
    def failure(self) -> Response | None:
        """The response where it says nothing of its request; else None."""
        return self.response if isinstance(self.response, Response) and is_failure(self.response) else None


class _Dated(NamedTuple):
    """Successive responses with the same Date: their number, and when the first of them came."""

    date: str
    first: datetime
    times: int


class ResponseLost(Exception):
    """A request got no complete response; the scenario ends, because the effect of the request is unknown."""

    def __init__(self, error: TransportError, sent: Sent) -> None:
        """Keep the request and the received part of its response."""
        super().__init__(str(error))
        self.error, self.sent = error, sent


class OneAtATime(Exception):
    """A response came only after the other connections were closed."""


class KeptSend(Protocol):
    """A `Send` over a kept-alive connection.

    ``reused`` counts requests after the first response, ``resent`` those that were sent twice because of a reset.
    """

    reused: int
    resent: int

    def __call__(self, request: Request) -> Response:
        """Send one request."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(slots=True)
class Wire:
    """Sends requests to the endpoint and judges each exchange.

    Attributes:
        send: sends a request over a new connection.
        clock: returns the local time.
        keys: the keys that requests are signed with.
        sleep: waits for some seconds.
        interval: seconds between the starts of two requests; 0 for no limit.
        foreign_clock: whether the server's clock may differ from the local one by any amount; otherwise by the 15
            minutes that clients are allowed. The first response sets ``offset``.
        offset: how far the server's clock is ahead of the local one.
        sent: every exchange and the server's time, in order.
        keep: opens a kept-alive connection; None where the endpoint has no connections.
        reused: how many requests went over a connection that had carried a response before.
        advance: sets the endpoint's clock and ``clock`` forward by some seconds; None where it cannot be set.
        probe: makes a harmless request that the endpoint is known to serve; None until one is known.
        map: the clauses judged by operation; their evidence is empty here, because it is known only at the end.
        served: names of the operations that returned 200.
        absent: the statuses and errorCodes that showed that an operation is not offered.
        refused: the same for correct requests to operations without a success, each with its operation.
        repeated: how many requests were sent again because the service was busy or failed.
        sent_again: the last attempts at these requests, one by one; those sent in parallel are not among them.

    """

    send: Send
    clock: Callable[[], datetime]
    keys: tuple[Credentials, ...]
    sleep: Callable[[float], None] = time.sleep
    interval: float = 0.0
    foreign_clock: bool = False
    offset: timedelta = timedelta()
    sent: list[tuple[Exchange, datetime]] = field(default_factory=list)
    keep: Callable[[], KeptSend] | None = None
    reused: int = 0
    advance: Callable[[float], None] | None = None
    probe: Callable[[datetime], Request] | None = None
    map: ContractMap = field(default_factory=ContractMap)
    served: set[str] = field(default_factory=set)
    absent: set[tuple[int, str | None]] = field(default_factory=set)
    refused: set[tuple[str, int, str | None]] = field(default_factory=set)
    repeated: int = 0
    sent_again: list[Sent] = field(default_factory=list)
    _next: float = 0.0
    _ids: set[str] = field(default_factory=set)
    _last_dates: dict[tuple[str, bool], _Dated] = field(default_factory=dict)
    _timeouts: int = 0
    _failures_in_row: int = 0
    _over: Over = "one each"
    _kept: dict[Over, KeptSend] = field(default_factory=dict)
    _consumption: Consumption = field(default_factory=lambda: Consumption(alone=True, in_order=True))

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self.clock() + self.offset

    def __call__(self, make: Callable[[datetime], Request]) -> Sent:
        """Send the request that ``make`` returns for the server's time, and judge its response.

        A request to which a service responds that it is busy or failed is sent again, as clients do; not where that did
        not help the request before. Raises `EndpointGone` where the endpoint stopped responding, `ResponseLost` where
        only this response is missing.
        """
        sent, pauses = self._attempt(make), () if self._failures_in_row else _PAUSES
        for pause in pauses:
            if not is_failure(sent.response):
                break
            self._pause(pause, sent.response)
            last = self._attempt(make)
            sent = replace(last, resent=sent.resent or last.resent, repeats=sent.repeats + 1, failed=sent)
        self._failures_in_row = self._failures_in_row + 1 if is_failure(sent.response) else 0
        self.sent_again += [sent] if sent.failed else []
        return sent

    def _pause(self, seconds: float, response: Response) -> None:
        """Wait before a request is sent again: a failed service may be asked at once, a busy one needs time."""
        self.repeated += 1
        self.sleep(seconds if is_overloaded(response) else 0)

    def _attempt(self, make: Callable[[datetime], Request]) -> Sent:
        self._wait()
        sent_at = self.now
        request = make(sent_at)
        try:
            response, reused, resent = self._send(request)
        except TransportError as error:
            return self.judge(Attempt(make, request, error, sent_at))
        return replace(self.judge(Attempt(make, request, response, sent_at), reused=reused), resent=resent)

    def send_parallel(self, makes: Sequence[Callable[[datetime], Request]], *, once: bool = False) -> list[Attempt]:
        """Send requests in parallel, each over its own connection; `judge` then takes the attempts one by one.

        All are sent again where the service was busy or failed, so that they are at once. ``once``: not if one of them
        was served, because it cannot be served again.
        """
        attempts = self._send_at_once(makes)
        for repeats, pause in enumerate(_PAUSES, 1):
            failed = [each.failure for each in attempts if each.failure]
            if not failed or (once and len(failed) < len(attempts)):
                break
            self.sent += [
                (Exchange(each.request, each.response), each.sent_at)
                for each in attempts
                if isinstance(each.response, Response)
            ]
            self._pause(pause, failed[0])
            attempts = [each._replace(repeats=repeats) for each in self._send_at_once(makes)]
        return attempts

    def _send_at_once(self, makes: Sequence[Callable[[datetime], Request]]) -> list[Attempt]:
        self.close_connections()
        for _ in makes:
            self._wait()
        sent_at = self.now
        requests = [make(sent_at) for make in makes]
        with ThreadPoolExecutor(len(requests)) as pool:
            responses = list(pool.map(self._try_send, requests))
        return [Attempt(*each, sent_at) for each in zip(makes, requests, responses, strict=True)]

    def judge(self, attempt: Attempt, *, reused: bool = False) -> Sent:
        """Judge a response; ``reused``: its connection had carried one before. Raises as a call does."""
        make, request, response, sent_at, repeats = attempt
        if isinstance(response, TransportError):
            broken = self._judge_exchange(Exchange(request, response.partial), sent_at)
            raise self._diagnose(response, broken, make) from response
        if self.probe is None:
            self._set_offset(response)
        return replace(self._judge_exchange(Exchange(request, response), sent_at, reused=reused), repeats=repeats)

    def _try_send(self, request: Request) -> Response | TransportError:
        try:
            return self.send(request)
        except TransportError as error:
            return error

    def is_absent(self, operation: str, response: Response) -> bool:
        """Return whether a response shows that its operation is not offered."""
        if operation in self.served:
            return False
        if response.status in NOT_OFFERED or (operation, response.status, error_code(response)) in self.refused:
            return True
        return not absence(operation, response).isdisjoint(self.absent)

    def expect_success(self) -> None:
        """Raise `EndpointGone` where the endpoint failed or was busy for long: it is down."""
        if self._failures_in_row >= _MOST_FAILED:
            msg = (
                f"the responses to the last {self._failures_in_row} requests were all 5xx, 429 or a quota error. "
                "How to fix: verify the endpoint again when it works."
            )
            raise EndpointGone(msg)

    def connect(self, over: Over) -> None:
        """Use this connection for later requests; others stay open."""
        self._over = over

    def restart(self, over: Over) -> None:
        """Close all connections, and use this one for later requests."""
        self.close_connections()
        self._over = over

    def close_connections(self) -> None:
        """Close all connections: an endpoint may serve only one at a time."""
        for kept in self._kept.values():
            kept.close()
        self._kept.clear()

    def _send(self, request: Request) -> tuple[Response, bool, bool]:
        """Return the response, whether its connection had carried one before, and whether the request went twice."""
        if self.keep is None or self._over == "one each":
            return self.send(request), False, False
        kept = self._kept.get(self._over)
        if kept is None:
            kept = self._kept[self._over] = self.keep()
        reused, resent = kept.reused, kept.resent
        response = kept(request)
        self.reused += kept.reused - reused
        return response, kept.reused > reused, kept.resent > resent

    def _set_offset(self, response: Response) -> None:
        """Set the offset of the server's clock from the Date of its response."""
        date = parse_http_date(response.headers.get("Date", ""))
        if date is None:
            return
        difference = abs(date - self.now)
        if difference > _SAME_CLOCK and (self.foreign_clock or difference <= MAX_SKEW):
            self.offset = date - self.clock()

    def _judge_exchange(self, exchange: Exchange, sent_at: datetime, *, reused: bool = False) -> Sent:
        self.sent.append((exchange, sent_at))
        status = exchange.response.status if exchange.response else 0
        served = exchange.response is not None and exchange.response.is_ok
        # Only signatures of accepted requests are checked: the reason of a refusal is not needed here, and takes time.
        verdict = judge_response(exchange, credentials=self.keys if served else (), at=self.now)
        self.served |= {verdict.operation} if served and verdict.operation else set()
        related = self._consumption.judge(exchange, self.now).of(_ABOUT_THE_SERVICE)
        frozen = self._judge_date(exchange.response, (verdict.operation, served), sent_at)
        findings = () if status == TOO_MANY_REQUESTS else verdict.findings  # 429 is a response of a gateway
        findings = (*findings, *related.findings, *self._judge_id(exchange), *frozen.findings)
        compared = reused and exchange.response is not None and "x-log-requestid" in exchange.response.headers
        exercised = verdict.exercised | related.exercised | frozen.exercised | ({"SLS461"} if compared else set())
        self.map.add(verdict.operation, frozenset(exercised), "", sent_at, exchange.response)
        return Sent(len(self.sent), exchange, sent_at, self.now, findings, exercised)

    def _judge_date(self, response: Response | None, kind: tuple[str, bool], sent_at: datetime) -> ClauseResults:
        """Judge whether Date advances, among responses of one kind only, because a response may come from a cache."""
        date = response.headers.get("Date") if response else None
        if date is None:
            return ClauseResults((), frozenset())
        before = self._last_dates.get(kind)
        same = before is not None and before.date == date
        now = _Dated(date, self.now, 1) if before is None or not same else before._replace(times=before.times + 1)
        self._last_dates[kind] = now
        frozen = sent_at - now.first > _FROZEN and now.times >= _FROZEN_RESPONSES
        found = clause("response-date-moves").finding(
            "header Date",
            f"a time that advances: {now.times} responses came within {(sent_at - now.first).seconds} seconds",
            f"{date[:80]} in each of them",
            "Write the Date of each response when it is sent.",
        )
        moved = before is not None and not same
        return ClauseResults((found,) if frozen else (), frozenset({"SLS464"} if moved or frozen else ()))

    def _judge_id(self, exchange: Exchange) -> Iterable[Finding]:
        response = exchange.response
        name = response.headers.get("x-log-requestid") if response else None
        if name in self._ids:
            yield clause("SLS461").finding(
                "header x-log-requestid",
                "an id that no earlier response had",
                str(name)[:80],
                "Give every response its own id.",
            )
        if name:
            self._ids.add(name)

    def _diagnose(self, error: TransportError, broken: Sent, make: Callable[[datetime], Request]) -> Exception:
        """Send the probe, or the same request before one is known, to tell a lost response from a lost endpoint."""
        if error.kind not in _RESPONSE_LOST or (self.probe is None and error.kind == "timeout"):
            return EndpointGone(str(error))
        self._timeouts += error.kind == "timeout"
        if self._timeouts >= _MOST_TIMEOUTS:
            return EndpointGone(f"{error} Requests timed out {_MOST_TIMEOUTS} times; the run ends.")
        alone = len(self._kept) + (self._over == "one each") < _PARALLEL
        self.close_connections()
        self.sleep(_ALIVE_AFTER)
        probed_at = self.now
        request = (self.probe or make)(probed_at)
        try:
            response = self.send(request)
        except TransportError as second:
            self.sent.append((Exchange(request, second.partial), probed_at))
            return ResponseLost(error, broken) if second.kind in _PARTLY_SENT else EndpointGone(str(second))
        self.sent.append((Exchange(request, response), probed_at))
        if error.kind == "timeout" and not alone:
            return OneAtATime()
        return ResponseLost(error, broken)

    def _wait(self) -> None:
        if not self.interval:
            return
        now = time.monotonic()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + self.interval
