"""Every request of a run goes through here: kept in pace, counted, judged alone, and its failure understood."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sls_contract.checks import judge_response
from sls_contract.checks.consumption import CLIENT_CLAUSES, Consumption
from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.sequence import Judged
from sls_contract.checks.sequence_outcomes import TOO_MANY_REQUESTS, error_code
from sls_contract.errors import EndpointError
from sls_contract.exchange import Exchange, Request, Response, Send
from sls_contract.signing import MAX_SKEW, Credentials, parse_http_date
from sls_contract.spec import CLAUSES, Finding, clause
from sls_contract.spec.known_errors import errors_of
from sls_contract.transport import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sls_contract.scenarios.steps import Over

FAILURES = frozenset(range(500, 600)) - {501}
"""Statuses that say that the endpoint failed; 501 says that an operation is not offered."""

NOT_OFFERED = frozenset({405, 421, 501})
"""Statuses that say that an operation is not offered, whatever was sent."""

_DENIED = frozenset({401, 403, 404})  # with an error that no page knows, or without rights, they may say so, too
_OK = 200
_ABOUT_THE_SERVICE = frozenset(CLAUSES) - CLIENT_CLAUSES
_ALIVE_AFTER = 0.1  # seconds after which a process that is dying has closed its port
_PARTLY_SENT = frozenset({"truncated", "malformed"})  # somebody is there, and answers
_ANSWER_LOST = frozenset({"closed", "reset", "truncated", "malformed", "timeout"})
_MOST_FAILED = 50  # answers of 5xx in a row: more than any scenario asks for, so that nobody is there to be judged
_PATIENCE = 3  # requests that may hang, each for the whole timeout, before the run gives up
_SIDE_BY_SIDE = 2  # connections
_FROZEN = timedelta(seconds=5)  # longer than a server keeps a Date that it has written once
_FROZEN_ANSWERS = 3  # in a row: clocks of two servers may be some seconds apart
_SAME_CLOCK = timedelta(seconds=2)  # what Date, which counts seconds, can be off for no reason


class EndpointGone(EndpointError):
    """The endpoint cannot be reached, or not any more; the run ends incomplete."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of the run, its answer, and what is wrong with it.

    ``number`` counts from 1; ``sent_at`` and ``answered_at`` are the server's time.
    """

    number: int
    exchange: Exchange
    sent_at: datetime
    answered_at: datetime
    findings: tuple[Finding, ...]
    exercised: frozenset[str]

    @property
    def response(self) -> Response:
        """The answer; a lost one never gets this far."""
        assert self.exchange.response is not None
        return self.exchange.response


class Carried(NamedTuple):
    """A request that was sent: how it was made, what came, and the server's time when it was sent."""

    make: Callable[[datetime], Request]
    request: Request
    answer: Response | TransportError
    sent_at: datetime


class _Dated(NamedTuple):
    """Answers in a row that have the same Date: how many, and when the first of them came."""

    date: str
    first: datetime
    answers: int


class AnswerLost(Exception):
    """One request got no whole answer; the scenario cannot go on, because nobody knows what was done."""

    def __init__(self, error: TransportError, sent: Sent) -> None:
        """Keep the request, with what had come of its answer."""
        super().__init__(str(error))
        self.error, self.sent = error, sent


class OneAtATime(Exception):
    """A request got no answer while another connection was open, and the next one did when none was."""


class KeptSend(Protocol):
    """A `Send` whose connection is kept alive; ``reused`` counts requests on one that had carried an answer."""

    reused: int

    def __call__(self, request: Request) -> Response:
        """Carry one request."""

    def close(self) -> None:
        """Close the connection."""


@dataclass(slots=True)
class Wire:
    """The way to the endpoint.

    Attributes:
        send: carries a request.
        clock: our time.
        keys: the keys that may have signed.
        sleep: waits some seconds.
        interval: seconds between the starts of two requests; 0 for as fast as can be.
        foreign_clock: whether the server's clock may differ from ours by any amount; otherwise by what clients are
            allowed, 15 minutes. Its first answer sets it.
        offset: how far the server's clock is ahead of ours.
        sent: every exchange, in order, for the recording.
        keep: opens a way whose connection is kept alive from request to request; None where there are no connections.
        reused: how many requests went over a connection that had carried an answer before.
        advance: sets the endpoint's clock forward by so many seconds, and ``clock`` with it; None where nobody can.
        probe: makes a harmless request that the endpoint is known to answer; None until one is known.
        map: what was judged of each operation; its evidence is known at the end only, and empty here.
        served: names of the operations that were answered 200.
        absent: statuses and errorCodes that correct requests of operations that are not offered were answered.

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
    _next: float = 0.0
    _ids: set[str] = field(default_factory=set)
    _dates: dict[tuple[str, bool], _Dated] = field(default_factory=dict)
    _hung: int = 0
    _failed: int = 0
    _over: Over = "one each"
    _kept: dict[Over, KeptSend] = field(default_factory=dict)
    _consumption: Consumption = field(default_factory=lambda: Consumption(alone=True, in_order=True))

    @property
    def now(self) -> datetime:
        """The server's time."""
        return self.clock() + self.offset

    def __call__(self, make: Callable[[datetime], Request]) -> Sent:
        """Send the request that is made for the server's time, and judge its answer.

        Raises `EndpointGone` where nothing answers any more, `AnswerLost` where only this request got no answer.
        """
        self._wait()
        sent_at = self.now
        request = make(sent_at)
        try:
            answer, again = self._carry(request)
        except TransportError as error:
            return self.take(Carried(make, request, error, sent_at))
        return self.take(Carried(make, request, answer, sent_at), again=again)

    def at_once(self, makes: Sequence[Callable[[datetime], Request]]) -> list[Carried]:
        """Send requests side by side, each over a connection of its own; `take` judges what came, one by one."""
        self.hang_up()
        for _ in makes:
            self._wait()
        sent_at = self.now
        requests = [make(sent_at) for make in makes]
        with ThreadPoolExecutor(len(requests)) as pool:
            answers = list(pool.map(self._attempt, requests))
        return [Carried(*each, sent_at) for each in zip(makes, requests, answers, strict=True)]

    def take(self, carried: Carried, *, again: bool = False) -> Sent:
        """Judge an answer; ``again``: its connection had carried one before. Raises as a call does."""
        make, request, answer, sent_at = carried
        if isinstance(answer, TransportError):
            broken = self._judged(Exchange(request, answer.partial), sent_at)
            raise self._understood(answer, broken, make) from answer
        if self.probe is None:
            self._adjust(answer)
        return self._judged(Exchange(request, answer), sent_at, again=again)

    def _attempt(self, request: Request) -> Response | TransportError:
        try:
            return self.send(request)
        except TransportError as error:
            return error

    def is_absent(self, operation: str, response: Response) -> bool:
        """Tell whether an answer shows that its operation is not offered."""
        if operation in self.served:
            return False
        return response.status in NOT_OFFERED or not absence(operation, response).isdisjoint(self.absent)

    def expect_success(self) -> None:
        """Raise `EndpointGone` where the endpoint has failed again and again: it is not there to be judged."""
        if self._failed >= _MOST_FAILED:
            msg = (
                f"the last {self._failed} requests were all answered 5xx. "
                "How to fix: verify the endpoint again when it works."
            )
            raise EndpointGone(msg)

    def connect(self, over: Over) -> None:
        """Let the requests that follow go over that connection; others stay open."""
        self._over = over

    def begin(self, over: Over) -> None:
        """Close what is open, and let the requests that follow go over that connection."""
        self.hang_up()
        self._over = over

    def hang_up(self) -> None:
        """Close what is open: an endpoint may serve one connection at a time."""
        for kept in self._kept.values():
            kept.close()
        self._kept.clear()

    def _carry(self, request: Request) -> tuple[Response, bool]:
        """Return the answer, and whether its connection had carried one before."""
        if self.keep is None or self._over == "one each":
            return self.send(request), False
        kept = self._kept.get(self._over)
        if kept is None:
            kept = self._kept[self._over] = self.keep()
        before = kept.reused
        response = kept(request)
        self.reused += kept.reused - before
        return response, kept.reused > before

    def _adjust(self, response: Response) -> None:
        """Take the server's clock for the right one where it is not ours."""
        theirs = parse_http_date(response.headers.get("Date", ""))
        if theirs is None:
            return
        apart = abs(theirs - self.now)
        if apart > _SAME_CLOCK and (self.foreign_clock or apart <= MAX_SKEW):
            self.offset = theirs - self.clock()

    def _judged(self, exchange: Exchange, sent_at: datetime, *, again: bool = False) -> Sent:
        self.sent.append((exchange, sent_at))
        served = exchange.response is not None and exchange.response.status == _OK
        self._failed = self._failed + 1 if exchange.response and exchange.response.status in FAILURES else 0
        # Who was let in is looked at closely; why somebody was not is no question here, and costs time.
        verdict = judge_response(exchange, credentials=self.keys if served else (), at=self.now)
        self.served |= {verdict.operation} if served and verdict.operation else set()
        related = self._consumption.judge(exchange, self.now).of(_ABOUT_THE_SERVICE)
        frozen = self._date(exchange.response, (verdict.operation, served), sent_at)
        gateway = exchange.response is not None and exchange.response.status == TOO_MANY_REQUESTS
        told = () if gateway else verdict.findings
        findings = (*told, *related.findings, *self._repeated_id(exchange), *frozen.findings)
        compared = again and exchange.response is not None and "x-log-requestid" in exchange.response.headers
        exercised = verdict.exercised | related.exercised | frozen.exercised | ({"SLS461"} if compared else set())
        self.map.add(verdict.operation, frozenset(exercised), "", sent_at, exchange.response)
        return Sent(len(self.sent), exchange, sent_at, self.now, findings, exercised)

    def _date(self, response: Response | None, kind: tuple[str, bool], sent_at: datetime) -> Judged:
        """Judge whether Date moves on, among answers of one kind: whoever caches one kind keeps its Date."""
        date = response.headers.get("Date") if response else None
        if date is None:
            return Judged((), frozenset())
        before = self._dates.get(kind)
        same = before is not None and before.date == date
        now = _Dated(date, self.now, 1) if before is None or not same else before._replace(answers=before.answers + 1)
        self._dates[kind] = now
        frozen = sent_at - now.first > _FROZEN and now.answers >= _FROZEN_ANSWERS
        found = clause("response-date-moves").finding(
            "header Date",
            f"a time that moves on: {now.answers} answers came within {(sent_at - now.first).seconds} seconds",
            f"{date[:80]} in each of them",
            "Write the Date of each answer when it is sent.",
        )
        moved = before is not None and not same
        return Judged((found,) if frozen else (), frozenset({"SLS464"} if moved or frozen else ()))

    def _repeated_id(self, exchange: Exchange) -> Iterable[Finding]:
        response = exchange.response
        name = response.headers.get("x-log-requestid") if response else None
        if name in self._ids:
            yield clause("SLS461").finding(
                "header x-log-requestid",
                "an id that no earlier answer had",
                str(name)[:80],
                "Give every answer its own id.",
            )
        if name:
            self._ids.add(name)

    def _understood(self, error: TransportError, broken: Sent, make: Callable[[datetime], Request]) -> Exception:
        """Tell a lost answer from a lost endpoint: by asking something else; before anything is known, the same."""
        if error.kind not in _ANSWER_LOST or (self.probe is None and error.kind == "timeout"):
            return EndpointGone(str(error))
        self._hung += error.kind == "timeout"
        if self._hung >= _PATIENCE:
            return EndpointGone(f"{error} It hung {_PATIENCE} times: no more is asked.")
        alone = len(self._kept) + (self._over == "one each") < _SIDE_BY_SIDE
        self.hang_up()
        self.sleep(_ALIVE_AFTER)
        asked_at = self.now
        request = (self.probe or make)(asked_at)
        try:
            response = self.send(request)
        except TransportError as again:
            self.sent.append((Exchange(request, again.partial), asked_at))
            return AnswerLost(error, broken) if again.kind in _PARTLY_SENT else EndpointGone(str(again))
        self.sent.append((Exchange(request, response), asked_at))
        if error.kind == "timeout" and not alone:
            return OneAtATime()
        return AnswerLost(error, broken)

    def _wait(self) -> None:
        if not self.interval:
            return
        now = time.monotonic()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + self.interval


def absence(operation: str, response: Response) -> set[tuple[int, str | None]]:
    """Return status and errorCode of an answer that may say that its operation is not offered to this key."""
    code = error_code(response)
    strange = code == "Unauthorized" or code not in {each.code for each in errors_of(operation)}
    return {(response.status, code)} if strange and response.status in _DENIED else set()


def lost(error: AnswerLost) -> tuple[Finding, ...]:
    """Return the findings of a lost answer: what is wrong with its framing, and that it was lost; the rest follows."""
    failure = error.error
    fix = f"Answer every request: {failure.fix}"
    framing = (finding for finding in error.sent.findings if finding.code == "SLS261")
    return *framing, clause("SLS462").finding("response", "a whole answer", failure.reason, fix)
