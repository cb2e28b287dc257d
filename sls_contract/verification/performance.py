"""One scenario carried out: each step sent, judged alone and against the model of what was done before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from sls_contract.checks.sequence import COARSE_CLOCK, Judged, judge_entry
from sls_contract.checks.sequence_lists import judge_agreement, judge_list
from sls_contract.checks.sequence_outcomes import Outcome, error_code, judge_outcome, not_tried
from sls_contract.scenarios.model import GroupKey, Model
from sls_contract.scenarios.steps import (
    PLAIN,
    UNKNOWN_SHARDS,
    Connect,
    Create,
    Delete,
    HandOver,
    HeartBeat,
    Place,
    Read,
    RequestVariant,
    Step,
    WaitForClock,
    Write,
    with_variant,
)
from sls_contract.scenarios.wire_forms import WIRE_FORMS
from sls_contract.spec import Finding, Level, clause
from sls_contract.verification.answered import answered, assigned_by, entries_of
from sls_contract.verification.expected import is_correct, nowhere, refusal
from sls_contract.verification.wire import AnswerLost, OneAtATime, Sent, Wire, lost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sls_contract.exchange import Exchange, Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import ShardRef
    from sls_contract.verification.groups import Groups

Verdict = Literal["passed", "failed", "not proven", "not provable", "not supported"]

_OK = 200
_REFUSALS = range(400, 500)
_ROUNDS = 6  # of heartbeats, until shards have passed from one consumer to another
# Checkpoints that the run chooses look like cursors, are never the same twice, and go up and down.
_SMALLEST_VALUE, _VALUES, _STRIDE = 10**18, 2**62, 0x9E3779B97F4A7C15


_PASSED: tuple[ShardRef, ShardRef] = ("kept", "handed over")
_Request: TypeAlias = "Create | Delete | HeartBeat | Write | Read"


class NotSupported(Exception):
    """An operation that brings states about is not there; what needs it cannot be judged."""


class NotProvable(Exception):
    """The service had no time or quota for the request, or does not do what no page promises."""


@dataclass(frozen=True, slots=True)
class Done:
    """One request of a scenario: its number in the run, the exchange, and what it broke."""

    number: int
    exchange: Exchange
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Performance:
    """A scenario under way.

    Attributes:
        bench: names and keys.
        wire: sends and judges alone.
        groups: the books of what must be cleaned up.
        baseline: how requests are dressed that do not say.
        spared: whether a busy answer (503, quota) is an excuse.
        judges: tells whether findings of a clause, named by its code, count.
        done: every request so far.
        exercised: codes of the clauses that could have failed.

    """

    bench: Bench
    wire: Wire
    groups: Groups
    baseline: RequestVariant = PLAIN
    spared: bool = False
    judges: Callable[[str], bool] = lambda _: True
    done: list[Done] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    _model: Model = field(default_factory=Model)
    _shown: dict[tuple[GroupKey, int], tuple[int, bool, Mapping[str, Any]]] = field(default_factory=dict)
    _refused: dict[GroupKey, type[Step]] = field(default_factory=dict)
    _passed: dict[ShardRef, int] = field(default_factory=dict)
    _beaten: bool = False
    _assigned_any: bool = False
    _granted: bool = False

    @property
    def unassigned(self) -> bool:
        """Whether a heartbeat was accepted and no shard was ever assigned."""
        return self._beaten and not self._assigned_any

    @property
    def findings(self) -> Iterator[tuple[Finding, int]]:
        """Every finding, with the number of its exchange."""
        return ((finding, done.number) for done in self.done for finding in done.findings)

    @property
    def violated(self) -> bool:
        """Whether a violation was found."""
        return any(finding.level is Level.VIOLATION for finding, _ in self.findings)

    def perform(self, steps: Iterable[Step]) -> None:
        """Carry out the steps.

        Raises `NotSupported`, `NotProvable`, and `EndpointGone` from the wire.
        """
        try:
            for step in steps:
                self.step(step if step.variant != PLAIN else with_variant(step, self.baseline))
        except OneAtATime as error:
            msg = "the endpoint answers one connection at a time"
            raise NotProvable(msg) from error
        except AnswerLost as error:
            sent = error.sent
            framing = (finding for finding in sent.findings if finding.code == "SLS261")  # the rest follows from it
            findings = tuple(finding for finding in (*framing, lost(error)) if self.judges(finding.code))
            self.done.append(Done(sent.number, sent.exchange, findings))

    def take_for_granted(self, place: Place) -> None:
        """Expect a group that exists; others may write to it, so that nothing is known of what it holds."""
        self._model.created(self._key(place))
        self._granted = True

    def held(self, consumer: str, place: Place) -> tuple[int, ...]:
        """Return the shards that a consumer was last told to hold."""
        return self._model.held(self._key(place), consumer)

    def step(self, step: Step) -> None:
        """Carry out one step."""
        if isinstance(step, (WaitForClock, HandOver, Connect)):
            self._arrange(step)
            return
        step, key = self._resolved(step), self._key(step.at)
        held = self._model.held(key, step.consumer) if isinstance(step, HeartBeat) else ()
        value = str(_SMALLEST_VALUE + len(self.wire.sent) * _STRIDE % _VALUES)
        known = self.groups.knows(step.at, self.bench)
        if isinstance(step, Create):
            self.groups.begin(step.at, self.bench)
        sent = self.wire(lambda at: self.bench.request(step, at, held=held, value=value))
        if self.spared and not_tried(sent.response):
            self.done.append(Done(sent.number, sent.exchange, sent.findings))
            raise NotProvable(answered(step, sent.response))
        if isinstance(step, Create) and not known and sent.response.status in _REFUSALS:
            self.groups.refuse(step.at, self.bench)
        judged = self._judged(step, key, sent, value)
        found = (*self._forgiven(sent.findings, step, key, sent), *judged.findings)
        self.exercised |= sent.exercised | judged.exercised | {finding.code for finding in found} | {"SLS462"}
        findings = tuple(finding for finding in found if self.judges(finding.code))
        self.done.append(Done(sent.number, sent.exchange, findings))
        self._expect_support(step, key, sent)

    def _key(self, place: Place) -> GroupKey:
        return GroupKey(self.bench.logstores[place.logstore], self.bench.group(place), self.bench.project_of(place))

    def _resolved(self, step: _Request) -> _Request:
        """Put the place of a shard for what a `HandOver` made of it."""
        if not isinstance(step, (Read, Write)) or step.shard not in self._passed:
            return step
        return replace(step, shard=self._passed[step.shard])

    def _judged(self, step: Step, key: GroupKey, sent: Sent, value: str) -> Judged:
        outcome = self._outcome(step, key)
        found = {finding.code for finding in sent.findings}
        if isinstance(step, Read):
            return self._judge_read(step, key, sent, outcome)
        self._book(step, key, sent, value)
        refused = outcome in {"signature", "malformed", "key", "token", "clock"}
        if not refused and not self._misjudged(step, key, sent.response):
            return Judged((), frozenset())
        return judge_outcome(outcome if refused else "served", sent.response, found)

    def _misjudged(self, step: Step, key: GroupKey, response: Response) -> bool:
        """Tell a correct write that is refused for no reason from one whose operation is not offered.

        The signature of a write is made like that of a read, and a group that was made is there for every operation.
        """
        code = error_code(response) if is_correct(step) and response.status != _OK else None
        return code == "SignatureNotMatch" or (code == "ConsumerGroupNotExist" and self._model.exists(key))

    def _outcome(self, step: Step, key: GroupKey) -> Outcome:
        """Say what the contract wants to come of a request."""
        refused = refusal(step.variant) or nowhere(step.at)
        if refused is not None:
            return refused
        if not self._model.exists(key):
            return "group-missing"
        unknown = isinstance(step, (Read, Write)) and step.shard in UNKNOWN_SHARDS
        return "unknown-shard" if unknown else "served"

    def _judge_read(self, step: Read, key: GroupKey, sent: Sent, outcome: Outcome) -> Judged:
        judged = judge_outcome(outcome, sent.response, {finding.code for finding in sent.findings})
        judged = replace(judged, exercised=judged.exercised | self._also_exercised(step, key, outcome))
        if judged.findings:
            return self._explained(judged, step.at, sent.response)
        if outcome not in {"served", "unknown-shard"} or sent.response.status != _OK:
            return judged
        return _both(judged, *self._judge_entries(step, key, sent))

    def _also_exercised(self, step: Read, key: GroupKey, outcome: Outcome) -> set[str]:
        """Name what the answer shows by what was refused before, or by a time that is another than it could be."""
        variant = step.variant
        timed = outcome == "served" and (variant.shift or (variant.flaw is None and WIRE_FORMS[variant.form].date_off))
        return ({"SLS406"} if key in self._refused else set()) | ({"SLS457"} if timed else set())

    def _explained(self, judged: Judged, place: Place, response: Response) -> Judged:
        """Blame a refused request where it seems to have had its effect all the same."""
        key = self._key(place)
        refused = self._refused.get(key)
        gone = refused is Delete and error_code(response) == "ConsumerGroupNotExist"
        listed = response.status == _OK and bool(entries_of(response)[0])
        made = refused is Create and listed and not self._model.exists(key)
        if not (gone or made):
            return judged
        if made:
            self.groups.confirm(place, self.bench)
        word = "deletion" if gone else "creation"
        finding = clause("SLS406").finding(
            "status",
            f"the group as it was before a {word} that was refused",
            f"{response.status}: the {word} took place",
            "Check a request before it changes anything.",
        )
        return Judged((finding,), judged.exercised | {"SLS406"})

    def _judge_entries(self, step: Read, key: GroupKey, sent: Sent) -> Iterator[Judged]:
        entries, whole = entries_of(sent.response)
        asked = None if step.shard is None else self.bench.shard(step.shard, step.at.logstore)
        shards = self.bench.shards.get(step.at.logstore, ())
        if whole:
            yield judge_list([entry for _, entry in entries], asked, shards)
        if self._granted:
            return
        if asked is not None:
            entries = [(at, entry) for at, entry in entries if entry["shard"] == asked]
        told = {finding.where for finding in sent.findings if finding.level is Level.VIOLATION}
        for at, entry in entries:
            if entry["shard"] in shards:
                judged = judge_entry(entry, self._model.expect(key, entry["shard"]), f"/{at}")
                yield replace(judged, findings=tuple(each for each in judged.findings if each.where not in told))
                self._model.read(key, entry["shard"], entry["updateTime"])
                yield from self._agreement(key, entry, f"/{at}", filtered=asked is not None)

    def _agreement(self, key: GroupKey, entry: Mapping[str, Any], where: str, *, filtered: bool) -> Iterator[Judged]:
        version = self._model.version(key)
        before = self._shown.get((key, entry["shard"]))
        if before is not None and before[0] == version and before[1] != filtered:
            yield judge_agreement(entry, before[2], where, filtered=not filtered)
        self._shown[key, entry["shard"]] = (version, filtered, entry)

    def _book(self, step: Step, key: GroupKey, sent: Sent, value: str) -> None:
        """Enter into the model what a write of any kind did, or did not do."""
        accepted = sent.response.status == _OK
        if not accepted:
            self._book_refusal(step, key, value)
        elif isinstance(step, Create):
            if self._model.exists(key) and is_correct(step):
                msg = "CreateConsumerGroup of a group that exists was answered 200"
                raise NotSupported(msg)
            self._model.created(key)
            self.groups.confirm(step.at, self.bench)
            self._forget(key)
        elif isinstance(step, Delete):
            self._model.deleted(key)
            self.groups.end(step.at, self.bench)
            self._forget(key)
        elif isinstance(step, HeartBeat):
            self._beaten, assigned = True, assigned_by(sent.response)
            self._assigned_any |= bool(assigned)
            self._model.assigned(key, step.consumer, assigned)
        else:
            assert isinstance(step, Write)
            shard = self.bench.shard(step.shard, step.at.logstore)
            checkpoint = self.bench.checkpoint(step, value)
            self._model.written(key, shard, checkpoint, step.consumer, sent.sent_at, sent.answered_at)

    def _book_refusal(self, step: Step, key: GroupKey, value: str) -> None:
        self._refused[key] = type(step)
        if isinstance(step, Write):
            shard = self.bench.shard(step.shard, step.at.logstore)
            self._model.write_refused(key, shard, self.bench.checkpoint(step, value))
        elif isinstance(step, Create):
            self._model.create_refused(key)

    def _forget(self, key: GroupKey) -> None:
        """Begin anew with a group that was made or deleted."""
        self._refused.pop(key, None)
        self._shown = {place: shown for place, shown in self._shown.items() if place[0] != key}

    def _forgiven(self, findings: tuple[Finding, ...], step: Step, key: GroupKey, sent: Sent) -> Iterator[Finding]:
        """Leave out the warning that a checkpoint is no number where we wrote what is none."""
        entries = dict(entries_of(sent.response)[0]) if isinstance(step, Read) and self._model.exists(key) else {}
        for finding in findings:
            entry = entries.get(int(finding.where.split("/")[1])) if finding.code == "SLS207" and entries else None
            if entry is None or entry["checkpoint"] != self._model.expect(key, entry["shard"]).checkpoint:
                yield finding

    def _expect_support(self, step: Step, key: GroupKey, sent: Sent) -> None:
        """End the scenario where what it needs is not offered."""
        response = sent.response
        if response.status == _OK or not is_correct(step) or not self._should_succeed(step, key):
            return
        if not (isinstance(step, Create) and error_code(response) == "ConsumerGroupAlreadyExist"):
            raise NotSupported(answered(step, response))

    def _should_succeed(self, step: Step, key: GroupKey) -> bool:
        """Tell whether a refusal can only mean that the operation is not offered: nothing in the state asks for it."""
        if isinstance(step, Write):  # others than the holder may be refused, forced or not
            shard = self.bench.shard(step.shard, step.at.logstore)
            return self._model.exists(key) and shard in self._model.held(key, step.consumer)
        return isinstance(step, Create) or (not isinstance(step, Read) and self._model.exists(key))

    def _arrange(self, step: WaitForClock | HandOver | Connect) -> None:
        if isinstance(step, Connect):
            self.wire.connect(step.over)
        elif isinstance(step, HandOver):
            self._hand_over(step)
        else:
            self._linger(step)

    def _hand_over(self, step: HandOver) -> None:
        """Let both consumers send heartbeats until each shard is one's alone; `NotProvable` where none passes."""
        key, known = self._key(step.at), self.bench.shards.get(step.at.logstore, ())
        for consumer in (step.taker, step.giver) * _ROUNDS:
            self.step(HeartBeat(consumer, step.at, step.variant))
            divided = self._model.divided(key, step.giver, step.taker)
            if divided is not None:
                written = self._model.written_shards(key)
                for ref, shards in zip(_PASSED, divided, strict=True):
                    self._passed[ref] = known.index(
                        max(shards & set(known), key=lambda shard: (shard in written, shard))
                    )
                return
        msg = f"no shard passed from one consumer to another within {2 * _ROUNDS} heartbeats"
        raise NotProvable(msg)

    def _linger(self, step: WaitForClock) -> None:
        """Where the time of the last write looks as before, let a second pass, write again and look again."""
        key, shard = self._key(step.at), self.bench.shard(step.shard, step.at.logstore)
        if self._model.moved(key, shard):
            return
        self.wire.sleep(COARSE_CLOCK.total_seconds() * 1.1)
        self.step(Write(step.shard, step.value, at=step.at, variant=step.variant))
        self.step(Read(step.shard, step.at, step.variant))


def _both(*parts: Judged) -> Judged:
    findings = tuple(finding for part in parts for finding in part.findings)
    return Judged(findings, frozenset().union(*(part.exercised for part in parts)))
