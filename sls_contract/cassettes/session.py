"""An open cassette: the handler that answers, records and judges every owned request while it is open."""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.exchanges import Judge, evidence_of, recording_of_scrubbed, written_secrets
from sls_contract.cassettes.forks import OVER, Channel, Relay
from sls_contract.cassettes.hosts import AskedHosts
from sls_contract.cassettes.ledger import about_age
from sls_contract.cassettes.nesting import OPEN
from sls_contract.cassettes.outcomes import answered, outcome_of
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.recorder import Broken, install
from sls_contract.cassettes.recording import Evidence, Recording, compared
from sls_contract.cassettes.relations import Relations
from sls_contract.cassettes.results import Results
from sls_contract.cassettes.scrub.findings import clean_verdict
from sls_contract.errors import CassetteError, UnmatchedRequest
from sls_contract.exchange import OWN_RESPONSE, Exchange
from sls_contract.hosts import host_name
from sls_contract.spec import clause
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sls_contract.cassettes.recorder import Outcome
    from sls_contract.cassettes.scrub import Scrubbed, Sent
    from sls_contract.cassettes.session_settings import Opening
    from sls_contract.exchange import Request, Response

_FEW = 1000  # exchanges; of those behind them only the place waits: many objects keep the garbage collector busy


class Session:
    """An open cassette. `start` hands it the requests of every recorded client, in all threads; `close` ends that."""

    def __init__(self, opening: Opening, results: Results | None = None, player: Player | None = None) -> None:
        self._opening = opening
        self._player = player or Player(
            opening.path, opening.record, opening.began, repeat=opening.repeat, matching=opening.matching
        )
        self._player.candidates, self._player.single = opening.candidates, opening.single
        self._player.owner, self._player.stored_at = opening.owner, opening.stored_at
        self._judging = Judge(opening.scrubber, opening.credentials)
        self._ahead = _Ahead()
        self._stop: Callable[[], None] = lambda: None
        self._channel: Channel | None = None
        self._is_child = False
        self._results = results if results is not None else Results()
        self.hosts = AskedHosts(lambda host: opening.owns(host) or host_name(host) in self._player.other_hosts)
        self._beneath = False
        self._relations = Relations()
        self.apart = False  # whether what it is asked is nothing of the cassettes around it
        self.path = opening.path

    @property
    def recording(self) -> bool:
        """Whether a request without a recording is let through and recorded."""
        return self._player.records

    @property
    def results(self) -> Results:
        """What was found so far."""
        self.collect()
        self._results.settle()
        return self._results

    @property
    def offline(self) -> bool:
        """Whether every request is answered, or refused, without a network."""
        return not self._player.records

    @property
    def online(self) -> bool:
        """Whether every request is let through, since there is nothing to play."""
        return self._player.lets_all_through and self._opening.send is None

    @property
    def player(self) -> Player:
        """What plays and records."""
        return self._player

    @property
    def recorded(self) -> int:
        """How many exchanges were recorded so far."""
        return self._player.added

    @property
    def asked(self) -> bool:
        """Whether any exchange was the cassette's, or that of one which was open inside it."""
        results = self.results
        return self._beneath or bool(results.exchanges or results.breaches or self.recorded or self._player.played())

    @property
    def reaches_out(self) -> bool:
        """Whether requests without a recording go out by the client's own stack."""
        return not self.offline and self._opening.send is None

    def start(self) -> None:
        """Take over the owned requests; raises `CassetteBusy` beside a cassette that another thread opened."""
        if "pyfakefs" in sys.modules:
            from sls_contract.spec.known_errors import errors_with

            registry()
            errors_with("")  # it may hide the files of both by the time that they are needed
        OPEN.enter(self)
        try:
            self._stop = install(self)
        except BaseException:
            OPEN.leave(self)
            raise

    def pause(self) -> None:
        """Let requests pass, until `start` takes them over again; the file stays open."""
        self._stop()
        OPEN.leave(self)

    def close(self, *, finished: bool = True, failure: str = "") -> None:
        """Let requests pass again, and close the file, but for a child; an unfinished recording is marked so.

        ``failure`` says why its test failed: what was recorded is then not played.
        """
        self.pause()
        if self._is_child:
            return
        if self._channel is not None:
            self._take_over(self._channel.finish())
            self._channel.close()
            self._channel = None
        self._player.close(finished=finished, failure=failure)
        self._results.settle()
        if self.asked and not self.apart:
            for outer in OPEN.sessions:
                outer._beneath = True  # noqa: SLF001 - of the same class
        if self.recorded:
            for secret in written_secrets(self._player.path, self._opening.credentials):
                self.results.fail(secret)

    def prepare_fork(self) -> None:
        """Make what a child shares with this process, once, and see that it inherits no lock that nobody frees."""
        self._relations.lose()  # what the child asks, and when, comes too late
        try:
            self._channel = self._channel or self._player.share()
        except (CassetteError, OSError) as error:  # the child refuses what it cannot hand over
            self._notice(error)
        for lock in self._player.locks:
            lock.acquire()

    def forked(self, *, child: bool) -> None:
        """Go on after a fork; a child judges at once what it does, and hands it over."""
        for lock in self._player.locks:
            lock.release()
        if child:
            self._is_child = True
            if self._channel is not None:
                self._channel.inherit()
                self._results = Relay(self._channel)

    def collect(self) -> None:
        """Take over what children did so far."""
        if self._channel is not None and not self._is_child:
            self._take_over(self._channel.read())

    def _take_over(self, taken_over: list[tuple[str, tuple[Any, ...]]]) -> None:
        for name, values in taken_over:
            (self._player.adopt if name == "recorded" else getattr(self._results, name))(*values)

    def owns(self, host: str, peer: str) -> bool:
        """Tell whether requests to a host are the cassette's, whatever way they take."""
        return self.hosts.owned(host, peer)

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

    def started(self, program: str) -> None:
        """Note that a process was started in which nothing is recorded, played or judged."""
        self._results.started(program)

    def _notice(self, error: Exception) -> None:
        """Note what goes wrong here (a full disk, a damaged recording): a client may swallow it, the test must not."""
        if not isinstance(error, UnmatchedRequest):  # that is noted as a finding
            self.results.fail(f"{type(error).__name__}: {self._opening.scrubber.shown(str(error))}")

    def _answer(self, request: Request) -> Outcome | None:
        if self._is_child:
            self._to_parent().check()
        scrubber = self._opening.scrubber
        quick = self._player.take_alike(request) if scrubber.may_be_alike(request) else None
        if quick is not None:  # recordings hold no secrets, so what is asked like one of them holds none
            return self._play(request, *quick)
        asked = scrubber.asked(request)
        found = self._player.take(asked)
        if found is not None:
            return self._play(request, *found)
        if not self._player.records:
            raise self._missed(scrubber.marked(asked))
        if self._opening.send is None:
            return None
        outcome = answered(self._opening.send, request)
        self._record(request, outcome, self._opening.evidence)
        return outcome

    def _play(self, request: Request, position: int, recording: Recording) -> Outcome:
        if self._opening.shadow is not None:
            self._opening.shadow(request)
        kept = recording if self._results.waiting < _FEW else None
        judging = partial(self._judge, request, position, kept, *self._opening.now(request))
        self._soon(judging, request, recording.exchange.response)
        return outcome_of(recording)

    def _soon(self, judging: Callable[[], None], request: Request, response: Response | None) -> None:
        """Judge an exchange now, or when somebody looks."""
        if self._is_child or not self._opening.patient:
            judging()
            return
        self._results.later(judging, len(request.body) + (len(response.body) if response is not None else 0))

    def _judge(
        self,
        request: Request,
        position: int,
        played: Recording | None,
        now: datetime,
        seen: datetime,
    ) -> None:
        """Judge a request that was answered at ``now``, the recorded answer at its own time, and the recording."""
        opening, results, recording = self._opening, self._results, compared(played or self._player.at(position))
        shown = cache(lambda: Exchange(opening.scrubber.request(request), recording.exchange.response))
        self._judging.played(results, request, shown, recording, seen, position)
        related = clean_verdict(self._relations.follow(recording, position), opening.scrubber.shown)
        results.relate(related, shown() if related.findings else recording.exchange, position)
        if opening.max_age is not None:
            aged = about_age(self._player.at(position).provenance, opening.max_age, now)
            results.add(aged, shown() if aged else recording.exchange, position)

    def _record(self, request: Request, outcome: Outcome, evidence: Evidence) -> None:
        opening, (now, seen) = self._opening, self._opening.now(request)
        response = outcome.partial if isinstance(outcome, Broken) else outcome
        if response is not None and OWN_RESPONSE in response.headers:
            self._judging.refuse_own(self._results, request, response)
            return
        whole = Exchange(request, None if isinstance(outcome, Broken) else outcome)
        scrubbed = opening.scrubber.exchange(
            Exchange(request, response), self._ahead.take(request), live=evidence is Evidence.LIVE
        )
        recording = recording_of_scrubbed(scrubbed, evidence, now, seen, opening.endpoint)
        if isinstance(outcome, Broken):
            recording = replace(recording, broken=outcome.kind, detail=opening.scrubber.text(outcome.detail))
        self._keep(recording)
        self._soon(partial(self._judge_recorded, whole, scrubbed, evidence, seen), request, response)

    def _judge_recorded(self, whole: Exchange, scrubbed: Scrubbed, evidence: Evidence, seen: datetime) -> None:
        """Judge an exchange that took place at ``seen``, by itself and beside those before it."""
        self._judging.recorded(self._results, whole, scrubbed, evidence, seen)
        related = self._relations.go_on(whole, evidence, seen)
        self._results.relate(clean_verdict(related, self._opening.scrubber.shown), scrubbed.exchange)

    def _keep(self, recording: Recording) -> None:
        if not self._is_child:
            self._player.add(recording)
            return
        with self._to_parent().held():
            self._player.add(recording)
            self._to_parent().append("recorded", recording)

    def _to_parent(self) -> Channel:
        if self._channel is None:
            raise CassetteError(OVER.format(path=self.path))
        return self._channel

    def _missed(self, scrubbed: Request) -> UnmatchedRequest:
        """Note the miss as a finding, too: a client may swallow the error, the test must not."""
        miss = self._player.explain_miss(scrubbed)
        actual = "; ".join([miss.headline, *(line.strip() for line in miss.details)])
        finding = clause("request-not-recorded").finding("request", "a recording that answers it", actual, miss.advice)
        self.results.add([finding], Exchange(scrubbed, None))
        return UnmatchedRequest(str(miss), finding)


class _Ahead(threading.local):
    """What was done for the request that this thread sent last."""

    value: Sent | None = None

    def take(self, request: Request) -> Sent | None:
        done, self.value = self.value, None
        return done if done is not None and done.original is request else None
