"""An open cassette: the handler that replays, records and judges every owned request."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.exchanges import Judge, evidence_of, recording_of_scrubbed, written_secrets
from sls_contract.cassettes.forks import CLOSED, Channel, Relay
from sls_contract.cassettes.hosts import RequestedHosts
from sls_contract.cassettes.ledger import age_findings
from sls_contract.cassettes.nesting import OPEN
from sls_contract.cassettes.outcomes import call_endpoint, outcome_of
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.recorder import Broken, install
from sls_contract.cassettes.recording import Evidence, Recording, with_integrity
from sls_contract.cassettes.relations import Relations
from sls_contract.cassettes.results import Results
from sls_contract.cassettes.scrub.findings import clean_verdict
from sls_contract.checks.consumption import received_of
from sls_contract.errors import CassetteDamaged, CassetteError, UnmatchedRequest
from sls_contract.exchange import OWN_RESPONSE, Exchange
from sls_contract.hosts import host_name
from sls_contract.spec import clause
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sls_contract.cassettes.recorder import Outcome
    from sls_contract.cassettes.scrub import Scrubbed, SentRequest
    from sls_contract.cassettes.session_settings import Opening
    from sls_contract.exchange import Request, Response

_MAX_KEPT = 1000  # recordings of deferred exchanges; more objects would slow the garbage collector down


class Session:
    """An open cassette. From `start` to `close` it handles the requests of every recorded client, in all threads."""

    def __init__(self, opening: Opening, results: Results | None = None, player: Player | None = None) -> None:
        self._opening = opening
        with self._advising():
            self.player = player or Player(
                opening.path,
                opening.record,
                opening.began,
                repeat=opening.repeat,
                remedies=opening.remedies,
                matching=opening.matching,
            )
        self.player.candidates, self.player.single = opening.candidates, opening.single
        self.player.owner, self.player.stored_at = opening.owner, opening.stored_at
        self._judging = Judge(opening.scrubber, opening.credentials, opening.remedies)
        self._pending = _Pending()
        self._stop: Callable[[], None] = lambda: None
        self._channel: Channel | None = None
        self._is_child = False
        self._results = results if results is not None else Results()
        self.hosts = RequestedHosts(lambda host: opening.owns(host) or host_name(host) in self.player.other_hosts)
        self._used_inside = False
        self._relations = Relations()
        self.independent = False  # whether its requests do not count for the cassettes around it
        self.path = opening.path

    @contextmanager
    def _advising(self) -> Iterator[None]:
        """Advise the user of a damaged file to record in the way of this cassette."""
        try:
            yield
        except CassetteDamaged as damage:
            damage.record_by(self._opening.remedies.resume)
            raise

    @property
    def recording(self) -> bool:
        """Whether a request without a recording is sent and recorded."""
        return self.player.records

    @property
    def results(self) -> Results:
        """The results so far."""
        self.collect()
        self._results.run_deferred()
        return self._results

    @property
    def offline(self) -> bool:
        """Whether every request is replayed or refused without a network."""
        return not self.player.records

    @property
    def online(self) -> bool:
        """Whether every request is sent, since there is nothing to play."""
        return self.player.records_all and self._opening.send is None

    @property
    def recorded(self) -> int:
        """Number of exchanges recorded so far."""
        return self.player.added

    @property
    def used(self) -> bool:
        """Whether this cassette, or one that was opened inside it, had any exchange."""
        found = self.results
        return bool(self._used_inside or found.exchanges or found.breaches or self.recorded or self.player.played())

    @property
    def has_children(self) -> bool:
        """Whether this process was forked while the cassette was open."""
        return self._channel is not None

    @property
    def sends_itself(self) -> bool:
        """Whether the client itself sends requests without a recording."""
        return not self.offline and self._opening.send is None

    def start(self) -> None:
        """Start to handle owned requests; raises `CassetteBusy` where another thread has a cassette open."""
        if "pyfakefs" in sys.modules:
            from sls_contract.spec.known_errors import errors_with

            registry()
            errors_with("")  # load both now: pyfakefs may hide their files later
        OPEN.enter(self)
        try:
            self._stop = install(self)
        except BaseException:
            OPEN.leave(self)
            raise

    def pause(self) -> None:
        """Stop handling requests until the next `start`; the file stays open."""
        self._stop()
        OPEN.leave(self)

    def close(self, *, finished: bool = True, failure: str = "") -> None:
        """Stop handling requests and, except in a child process, close the file. An unfinished recording is marked so.

        ``failure`` says why its test failed; the recording is then not played.
        """
        self.pause()
        if self._is_child:
            return
        if self._channel is not None:
            self._add_results(self._channel.finish())
            self._channel.close()
            self._channel = None
        with self._advising():
            self.player.close(finished=finished, failure=failure)
        self._results.run_deferred()
        if self.used and not self.independent:
            for outer in OPEN.sessions:
                outer._used_inside = True  # noqa: SLF001 - of the same class
        if self.recorded:
            opening, player = self._opening, self.player
            own = player.recording if player.shared else ""  # every test scans its own, or the time grows quadratically
            for secret in written_secrets(player.path, opening.credentials, opening.remedies.scrub, own):
                self.results.fail(secret)

    def prepare_fork(self) -> None:
        """Create the state that a child shares with this process, and hold the locks during the fork."""
        self._relations.lose()  # the order of the child's requests among the parent's is unknown
        try:
            self._channel = self._channel or self.player.share()
        except (CassetteError, OSError) as error:  # the child then refuses requests
            self._note_error(error)
        for lock in self.player.locks:
            lock.acquire()

    def forked(self, *, child: bool) -> None:
        """Release the locks after a fork; a child judges its exchanges at once and sends the results to its parent."""
        for lock in self.player.locks:
            lock.release()
        if child:
            self._is_child = True
            if self._channel is not None:
                self._channel.inherit()
                self._results = Relay(self._channel)

    def collect(self) -> None:
        """Add the results of children so far."""
        if self._channel is not None and not self._is_child:
            self._add_results(self._channel.read())

    def _add_results(self, results: list[tuple[str, tuple[Any, ...]]]) -> None:
        for name, values in results:
            (self.player.count_added if name == "recorded" else getattr(self._results, name))(*values)

    def owns(self, host: str, peer: str) -> bool:
        """Return whether requests to a host belong to the cassette."""
        return self.hosts.owned(host, peer)

    def respond(self, request: Request, peer: str) -> Outcome | None:  # noqa: ARG002 - the handler protocol
        """Return the outcome of the matching recording, or of ``send``; None: the client itself sends the request.

        Raises `UnmatchedRequest` in replay.
        """
        try:
            return self._respond(request)
        except Exception as error:
            self._note_error(error)
            raise

    def sent(self, request: Request, peer: str) -> None:  # noqa: ARG002 - the handler protocol
        """Scrub a request while its response is pending."""
        try:
            self._pending.value = self._opening.scrubber.sent(request)
        except Exception as error:
            self._note_error(error)
            raise

    def received(self, request: Request, outcome: Outcome, peer: str) -> None:
        """Record the outcome of a request that the client sent itself, before the client gets it."""
        try:
            self._record(request, outcome, evidence_of(request, peer))
        except Exception as error:
            self._note_error(error)
            raise

    def started(self, program: str) -> None:
        """Note a started process, whose requests are not recorded, played or judged."""
        self._results.started(program)

    def _note_error(self, error: Exception) -> None:
        """Note an error (a full disk, a damaged recording): a client may swallow it, but the test must fail."""
        if isinstance(error, CassetteDamaged):
            error.record_by(self._opening.remedies.resume)
        if not isinstance(error, UnmatchedRequest):  # a miss is a finding already
            self.results.fail(f"{type(error).__name__}: {self._opening.scrubber.shown(str(error))}")

    def _respond(self, request: Request) -> Outcome | None:
        if self._is_child:
            self._parent_channel().check()
        scrubber = self._opening.scrubber
        found = self.player.take_unscrubbed(request) if scrubber.may_match_unscrubbed(request) else None
        if found is not None:  # it equals a recorded request, so it contains no secret
            return self._play(request, *found)
        scrubbed = scrubber.scrubbed_request(request)
        found = self.player.take(scrubbed)
        if found is not None:
            return self._play(request, *found)
        if not self.player.records:
            raise self._unmatched(scrubber.with_marked_signature(scrubbed))
        if self._opening.send is None:
            return None
        outcome = call_endpoint(self._opening.send, request)
        self._record(request, outcome, self._opening.evidence)
        return outcome

    def _play(self, request: Request, position: int, recording: Recording) -> Outcome:
        if self._opening.mirror is not None:
            self._opening.mirror(request)
        kept = recording if self._results.deferred_count < _MAX_KEPT else None
        judging = partial(self._judge, request, position, kept, *self._opening.now(request))
        self._results.defer(judging, _size_of(request, recording.exchange.response))
        return outcome_of(recording)

    def _judge(self, request: Request, position: int, played: Recording | None, now: datetime, seen: datetime) -> None:
        """Judge a request that was replayed at ``now``, the recorded response at its own time, and the recording."""
        opening, results, recording = self._opening, self._results, with_integrity(played or self.player.at(position))
        shown = cache(lambda: Exchange(opening.scrubber.request(request), recording.exchange.response))
        self._judging.played(results, request, shown, recording, seen, position)
        related = clean_verdict(self._relations.follow(recording, position), opening.scrubber.shown)
        results.relate(related, shown() if related.findings else recording.exchange, position)
        if opening.max_age is not None:
            aged = age_findings(self.player.at(position).provenance, opening.max_age, now, opening.remedies)
            results.add(aged, shown() if aged else recording.exchange, position)

    def _record(self, request: Request, outcome: Outcome, evidence: Evidence) -> None:
        opening, (now, seen) = self._opening, self._opening.now(request)
        response = outcome.partial if isinstance(outcome, Broken) else outcome
        if response is not None and OWN_RESPONSE in response.headers:
            self._judging.refuse_own(self._results, request, response)
            return
        wire_exchange = Exchange(request, None if isinstance(outcome, Broken) else outcome)
        scrubbed = opening.scrubber.exchange(
            Exchange(request, response), self._pending.take(request), live=evidence is Evidence.LIVE
        )
        recording = recording_of_scrubbed(scrubbed, evidence, now, seen, opening.endpoint)
        if isinstance(outcome, Broken):
            recording = replace(recording, broken=outcome.kind, detail=opening.scrubber.text(outcome.detail))
        self._keep(recording)
        judging = partial(self._judge_recorded, wire_exchange, scrubbed, evidence, seen)
        self._results.defer(judging, _size_of(request, response))

    def _judge_recorded(self, wire_exchange: Exchange, scrubbed: Scrubbed, evidence: Evidence, seen: datetime) -> None:
        """Judge an exchange that took place at ``seen``, alone and together with earlier ones."""
        self._judging.recorded(self._results, wire_exchange, scrubbed, evidence, seen)
        related = self._relations.take(received_of(wire_exchange, seen), evidence, seen)
        self._results.relate(clean_verdict(related, self._opening.scrubber.shown), scrubbed.exchange)

    def _keep(self, recording: Recording) -> None:
        if not self._is_child:
            self.player.add(recording)
            return
        with self._parent_channel().held():
            self.player.add(recording)
            self._parent_channel().append("recorded", recording)

    def _parent_channel(self) -> Channel:
        if self._channel is None:
            raise CassetteError(CLOSED.format(path=self.path))
        return self._channel

    def _unmatched(self, scrubbed: Request) -> UnmatchedRequest:
        """Return the error of a miss, and note it as a finding: a client may swallow the error."""
        miss = self.player.explain_miss(scrubbed)
        actual = "; ".join([miss.headline, *(line.strip() for line in miss.details)])
        finding = clause("request-not-recorded").finding("request", "a recording that matches it", actual, miss.advice)
        self.results.add([finding], Exchange(scrubbed, None))
        return UnmatchedRequest(str(miss), finding)


def _size_of(request: Request, response: Response | None) -> int:
    return len(request.body) + (len(response.body) if response is not None else 0)


class _Pending(threading.local):
    """The scrubbed form of the request that this thread sent last."""

    value: SentRequest | None = None

    def take(self, request: Request) -> SentRequest | None:
        scrubbed, self.value = self.value, None
        return scrubbed if scrubbed is not None and scrubbed.original is request else None
