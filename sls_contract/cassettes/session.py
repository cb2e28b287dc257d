"""An open cassette: the handler that answers, records and judges every owned request while it is open."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.age import about_age
from sls_contract.cassettes.audit import about_recording, hidden_clauses
from sls_contract.cassettes.hosts import is_live, without_project
from sls_contract.cassettes.recorder import Broken, Kind, install
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote, compared
from sls_contract.cassettes.scrub import leaks
from sls_contract.cassettes.scrub.findings import clean_verdict, names_of_others
from sls_contract.cassettes.tally import Tally
from sls_contract.cassettes.tape import Tape
from sls_contract.checks import judge, judge_request, judge_response
from sls_contract.errors import CassetteBusy, EndpointError, UnmatchedRequest
from sls_contract.exchange import OWN_ANSWER, Exchange, Response, masked_url, split_url
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, region_of
from sls_contract.spec import clause
from sls_contract.spec.version import CONTRACT_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta
    from pathlib import Path

    from sls_contract.cassettes.recorder import Outcome
    from sls_contract.cassettes.scrub import Scrubbed, Scrubber, Sent
    from sls_contract.cassettes.tape import Mode
    from sls_contract.checks import Verdict
    from sls_contract.exchange import Request, Send
    from sls_contract.signing import Credentials
    from sls_contract.spec import Finding

_FEW = 1000  # exchanges; of those behind them only the place waits: many objects keep the garbage collector busy


@dataclass(frozen=True, slots=True)
class Opening:
    """How a cassette is opened.

    Attributes:
        path: the file.
        record: the mode, see `Tape`.
        scrubber: takes secrets out of whatever is written or shown.
        owns: tells whether a Host belongs to the cassette.
        clock: the time, aware.
        began: when the session began, aware.
        credentials: the key of the run. While recording, requests must be signed with it or a public test key; in
            replay they may be. None: the public test keys.
        send: what answers while recording, instead of the network.
        evidence: what an answer of ``send`` proves.
        repeat: whether the last of identical recordings plays again and again.
        endpoint: what ``send`` reaches, for the provenance of recordings; empty: the endpoint that the request names.
        patient: whether exchanges are judged when the tally is looked at, and not while the client waits; what is
            recorded is scrubbed and written before the client has it all the same.
        max_age: how long ago what is played may have been validated; None: as long as it likes.

    """

    path: Path
    record: Mode
    scrubber: Scrubber
    owns: Callable[[str], bool]
    clock: Callable[[], datetime]
    began: datetime
    credentials: Credentials | None = None
    send: Send | None = None
    evidence: Evidence = Evidence.REFERENCE
    repeat: bool = False
    endpoint: str = ""
    patient: bool = False
    max_age: timedelta | None = None


class Session:
    """An open cassette. `start` hands it the requests of every recorded client, in all threads; `close` ends that."""

    def __init__(self, opening: Opening, tally: Tally | None = None, tape: Tape | None = None) -> None:
        self._opening = opening
        self._tape = tape or Tape(opening.path, opening.record, opening.began, repeat=opening.repeat)
        self._keyring = (
            (opening.credentials, TEST_CREDENTIALS, TEST_STS_CREDENTIALS) if opening.credentials is not None else None
        )
        self._ahead = _Ahead()
        self._stop: Callable[[], None] = lambda: None
        self._tally = tally if tally is not None else Tally()
        self.path = opening.path

    @property
    def recording(self) -> bool:
        """Whether a request without a recording is let through and recorded."""
        return self._tape.records

    @property
    def tally(self) -> Tally:
        """What was found so far."""
        self._tally.settle()
        return self._tally

    @property
    def offline(self) -> bool:
        """Whether every request is answered, or refused, without a network."""
        return not self._tape.records

    @property
    def online(self) -> bool:
        """Whether every request is let through, since there is nothing to play."""
        return self._tape.lets_all_through and self._opening.send is None

    @property
    def tape(self) -> Tape:
        """What plays and records."""
        return self._tape

    @property
    def recorded(self) -> int:
        """How many exchanges were recorded so far."""
        return self._tape.added

    def start(self) -> None:
        """Take over the owned requests; raises `CassetteBusy` beside a cassette that another thread opened."""
        _OPEN.enter(self)
        try:
            self._stop = install(self)
        except BaseException:
            _OPEN.leave(self)
            raise

    def close(self, *, finished: bool = True) -> None:
        """Let requests pass again, and close the file; an unfinished recording is marked so."""
        self._stop()
        _OPEN.leave(self)
        self._tape.close(finished=finished)
        self._tally.settle()
        if self.recorded:
            self._look_for_leaks()

    def owns(self, host: str, peer: str) -> bool:  # noqa: ARG002 - whatever way they take
        """Tell whether requests to a host are the cassette's."""
        return self._opening.owns(host)

    def answer(self, request: Request, peer: str) -> Outcome | None:  # noqa: ARG002 - whatever way it takes
        """Play the recording that matches; else record, or raise `UnmatchedRequest`."""
        try:
            return self._answer(request)
        except Exception as error:
            self._notice(error)
            raise

    def sent(self, request: Request, peer: str) -> None:  # noqa: ARG002 - whatever way it takes
        """Scrub a request while its answer is under way."""
        try:
            self._ahead.value = self._opening.scrubber.sent(request)
        except Exception as error:
            self._notice(error)
            raise

    def received(self, request: Request, outcome: Outcome, peer: str) -> None:
        """Record what a client's own stack received, before the client sees it."""
        try:
            self._record(request, outcome, evidence_of(request, peer))
        except Exception as error:
            self._notice(error)
            raise

    def _notice(self, error: Exception) -> None:
        """Note what goes wrong here (a full disk, a damaged recording): a client may swallow it, the test must not."""
        if not isinstance(error, UnmatchedRequest):  # that is noted as a finding
            self.tally.fail(f"{type(error).__name__}: {self._opening.scrubber.text(str(error))}")

    def _answer(self, request: Request) -> Outcome | None:
        scrubber = self._opening.scrubber
        asked = scrubber.asked(request)
        found = self._tape.take(asked)
        if found is not None:
            return self._play(request, asked, *found)
        if not self._tape.records:
            raise self._missed(scrubber.marked(asked))
        if self._opening.send is None:
            return None
        outcome = answered(self._opening.send, request)
        self._record(request, outcome, self._opening.evidence)
        return outcome

    def _play(self, request: Request, asked: Request, position: int, recording: Recording) -> Outcome:
        kept = recording if self._tally.waiting < _FEW else None
        judging = partial(self._judge, request, asked, position, kept, self._opening.clock())
        self._soon(judging, request, recording.exchange.response)
        return outcome_of(recording)

    def _soon(self, judging: Callable[[], None], request: Request, response: Response | None) -> None:
        """Judge an exchange now, or when somebody looks."""
        if not self._opening.patient:
            judging()
            return
        self._tally.later(judging, len(request.body) + (len(response.body) if response is not None else 0))

    def _judge(self, request: Request, asked: Request, position: int, played: Recording | None, now: datetime) -> None:
        """Judge a request that was answered at ``now``, the recorded answer at its own time, and the recording."""
        opening, tally, recording = self._opening, self._tally, compared(played or self._tape.at(position))
        made, shown = recording.provenance, Exchange(opening.scrubber.marked(asked), recording.exchange.response)
        verdicts = [judge_request(request, credentials=self._keyring, at=now)]
        if not recording.unanswered:
            hidden = hidden_clauses(recording)
            verdicts.append(judge_response(recording.exchange, at=made.recorded_at, without=hidden))
        tally.count(shown, self._clean(verdicts), made.evidence, position)
        about = about_recording(recording)
        if opening.max_age is not None:
            about += about_age(made, opening.max_age, now)
        if about:
            tally.add(about, shown, position)

    def _record(self, request: Request, outcome: Outcome, evidence: Evidence) -> None:
        opening, now = self._opening, self._opening.clock()
        response = outcome.partial if isinstance(outcome, Broken) else outcome
        if response is not None and OWN_ANSWER in response.headers:
            self._refuse_own(request, response)
            return
        whole = Exchange(request, None if isinstance(outcome, Broken) else outcome)
        scrubbed = opening.scrubber.exchange(
            Exchange(request, response), self._ahead.take(request), live=evidence is Evidence.LIVE
        )
        recording = Recording(
            exchange=scrubbed.exchange,
            provenance=_provenance(scrubbed.exchange.request, evidence, now, opening.endpoint),
            signature=SignatureNote(scrubbed.signature, scrubbed.step or ""),
            substitutions=tuple(f"{one.where}: {one.public}" for one in scrubbed.substitutions),
            broken=outcome.kind if isinstance(outcome, Broken) else None,
            detail=opening.scrubber.text(outcome.detail) if isinstance(outcome, Broken) else "",
        )
        self._tape.add(recording)
        self._soon(partial(self._judge_recorded, whole, scrubbed, evidence, now), request, response)

    def _refuse_own(self, request: Request, response: Response) -> None:
        """Record no answer of our own tools as one of the service; say whose it is."""
        said = response.body.decode("utf-8", "replace")
        asked = self._opening.scrubber.text(f"{request.method} {masked_url(request.url)}")
        self._tally.fail(f"not recorded: {asked} was answered by sls-contract itself: {said}")

    def _judge_recorded(self, whole: Exchange, scrubbed: Scrubbed, evidence: Evidence, now: datetime) -> None:
        """Judge an exchange that took place at ``now``, as it stood on the wire; only the scrubbed one is shown."""
        verdict = judge(whole, credentials=self._opening.credentials, at=now)
        self._tally.count(scrubbed.exchange, self._clean([verdict]), evidence)
        self._tally.add([_unopened(place) for place in scrubbed.closed], scrubbed.exchange)
        if scrubbed.others:
            self._tally.add([names_of_others(scrubbed.others)], scrubbed.exchange)

    def _look_for_leaks(self) -> None:
        """Read what was written once more, as `sls-contract check` does: a scrub that missed something must fail."""
        key = self._opening.credentials
        try:
            written = self._tape.path.read_bytes()
        except OSError:
            return  # it could not be written, which has been told
        for leak in leaks(written, [key] if key is not None else []):
            self.tally.fail(
                f"{self._tape.path}:{leak.line}: SLS601 secret-in-recording: {leak.kind} was written: {leak.excerpt}\n"
                "How to fix: delete the file, revoke the key if the file was shared, and name what leaked in sls_scrub "
                "or sls_scrub_keys."
            )

    def _missed(self, scrubbed: Request) -> UnmatchedRequest:
        """Note the miss as a finding, too: a client may swallow the error, the test must not."""
        miss = self._tape.explain_miss(scrubbed)
        actual = "; ".join([miss.headline, *(line.strip() for line in miss.details)])
        finding = clause("request-not-recorded").finding("request", "a recording that answers it", actual, miss.advice)
        self.tally.add([finding], Exchange(scrubbed, None))
        return UnmatchedRequest(str(miss))

    def _clean(self, verdicts: list[Verdict]) -> list[Verdict]:
        return [clean_verdict(verdict, self._opening.scrubber.text) for verdict in verdicts]


class _Ahead(threading.local):
    """What was done for the request that this thread sent last."""

    value: Sent | None = None

    def take(self, request: Request) -> Sent | None:
        done, self.value = self.value, None
        return done if done is not None and done.original is request else None


class _Open:
    """The open cassettes, outermost first: the innermost takes all threads, so they must nest."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack: list[tuple[Session, int, Any]] = []

    def enter(self, session: Session) -> None:
        thread, task = threading.get_ident(), _current_task()
        with self._lock:
            if self._stack and self._beside(thread, task):
                msg = (
                    f"{session.path} cannot be opened beside {self._stack[-1][0].path}, which another thread or task "
                    "opened: a cassette takes the requests of all of them\n"
                    "How to fix: open one cassette around the threads or tasks."
                )
                raise CassetteBusy(msg)
            self._stack.append((session, thread, task))

    def _beside(self, thread: int, task: Any) -> bool:
        """Tell whether the innermost cassette is another thread's, or another task's that still runs."""
        _, its_thread, its_task = self._stack[-1]
        return thread != its_thread or (its_task is not None and its_task is not task and not its_task.done())

    def leave(self, session: Session) -> None:
        with self._lock:
            self._stack = [entry for entry in self._stack if entry[0] is not session]


_OPEN = _Open()


def _current_task() -> Any:
    """Return the asyncio task that runs now, if one does."""
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.current_task() if asyncio is not None else None
    except RuntimeError:  # no event loop runs in this thread
        return None


def outcome_of(recording: Recording) -> Outcome:
    """Return what the client met when this was recorded."""
    response = recording.exchange.response
    if recording.broken is not None:
        return Broken(recording.broken, response, recording.detail)  # type: ignore[arg-type]  # as it was recorded
    return response if response is not None else Broken("closed")


def answered(send: Send, request: Request) -> Outcome:
    """Return the answer of an endpoint that is called, not connected to; not reaching it is an outcome, too."""
    try:
        response = send(request)
    except EndpointError as error:
        kind = _BROKEN.get(getattr(error, "kind", ""), "refused")
        return Broken(kind, getattr(error, "partial", None), str(error))
    return response if type(response) is Response else _delivered(response)


def _delivered(response: Any) -> Outcome:
    """Return what a client meets of an answer that an endpoint delivers in a way of its own; without its delay."""
    got: Response | None = response.received()
    broken: Kind = "reset" if response.delivery.ending == "reset" else "closed" if got is None else "truncated"
    if got is None or len(got.body) < len(response.body):
        return Broken(broken, got)
    return got


_BROKEN: dict[str, Kind] = {
    "dns": "name",
    **{kind: kind for kind in ("tls", "timeout", "reset", "closed", "truncated", "malformed")},
}


def evidence_of(request: Request, peer: str) -> Evidence:
    """Return what a live answer proves: only the real service's host, reached over a network, is ``live``."""
    return Evidence.LIVE if is_live(request.host, peer) else Evidence.REFERENCE


def _unopened(place: str) -> Finding:
    """Say that a body was written as it came: nobody could look inside."""
    return clause("recording-unopened-body").finding(
        place.partition(":")[0],
        "gzip or deflate, or no content coding",
        place,
        "ask for a coding that can be opened (Accept-Encoding), or make sure that the body holds no secret",
    )


def _provenance(request: Request, evidence: Evidence, now: datetime, endpoint: str) -> Provenance:
    return Provenance(
        evidence=evidence,
        endpoint=endpoint or f"{split_url(request.url)[0]}://{without_project(request.host)}",
        region=region_of(request.host) or "",
        client=request.headers.get("user-agent", ""),
        recorded_at=now,
        validated_at=now,
        contract=CONTRACT_VERSION,
    )
