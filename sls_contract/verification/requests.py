"""The requests of one scenario: each sent, judged alone and against the model of what was done before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from sls_contract.checks.sequence import Judged
from sls_contract.checks.sequence_groups import judge_alive, judge_assigned, judge_groups
from sls_contract.checks.sequence_outcomes import Outcome, error_code, judge_documented, judge_outcome, not_tried
from sls_contract.scenarios.model import GroupKey, Model, Settings
from sls_contract.scenarios.steps import (
    GROUP_TIMEOUT,
    PLAIN,
    UNKNOWN_SHARDS,
    Call,
    Create,
    Delete,
    HeartBeat,
    Kept,
    ListGroups,
    Place,
    Put,
    Read,
    Request,
    RequestVariant,
    Step,
    Update,
    Write,
    documented_refusal,
    named_group,
    operation_name,
)
from sls_contract.spec import Finding, Level
from sls_contract.verification.answered import answered, assigned_by, contract_of, objects_of
from sls_contract.verification.calls import CallJudge
from sls_contract.verification.correctness import is_correct, nowhere, refusal
from sls_contract.verification.reads import NOTHING, ReadJudge, both
from sls_contract.verification.refusals import RefusalJudge
from sls_contract.verification.wire import NOT_OFFERED, absence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sls_contract.exchange import Exchange, Response
    from sls_contract.exchange import Request as HttpRequest
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import ShardRef
    from sls_contract.verification.groups import Groups
    from sls_contract.verification.wire import Sent, Wire

Verdict = Literal["passed", "failed", "not proven", "not provable", "not supported"]

_OK = 200
_REFUSALS = range(400, 500)
# Checkpoints that the run chooses look like cursors, are never the same twice, and go up and down.
_SMALLEST_VALUE, _VALUES, _STRIDE = 10**18, 2**62, 0x9E3779B97F4A7C15


class NotSupported(Exception):
    """An operation that brings states about is not there; what needs it cannot be judged."""


class NotProvable(Exception):
    """The service does not do what no page promises."""


class Busy(Exception):
    """The service had no time or quota for the request."""


@dataclass(frozen=True, slots=True)
class Done:
    """One request of a scenario: its number in the run, the exchange, and what it broke."""

    number: int
    exchange: Exchange
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is about to be sent: its step and group, what it writes, and whether its group was made before."""

    step: Request
    key: GroupKey
    value: str
    make: Callable[[datetime], HttpRequest]
    known: bool


@dataclass(slots=True)
class Requests:
    """The requests of a scenario under way.

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
    _reads: ReadJudge = field(init=False)
    _calls: CallJudge = field(init=False)
    _refusals: RefusalJudge = field(init=False)
    _passed: dict[ShardRef, int] = field(default_factory=dict)
    _signed_at: dict[Step, datetime] = field(default_factory=dict)
    _last_put: str = ""
    _beaten: bool = False
    _assigned_any: bool = False

    def __post_init__(self) -> None:
        """Begin with empty books."""
        self._reads = ReadJudge(self.bench, self._model, self.groups)
        self._calls = CallJudge(self.bench)
        self._refusals = RefusalJudge(self.bench, self._model, self.wire.served, self.baseline)

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

    def take_for_granted(self, place: Place) -> None:
        """Expect a group that exists; others may write to it, so that nothing is known of what it holds."""
        self._model.created(self._key(place))
        self._reads.granted = True

    def held(self, consumer: str, place: Place) -> tuple[int, ...]:
        """Return the shards that a consumer was last told to hold."""
        return self._model.held(self._key(place), consumer)

    def request(self, step: Request) -> None:
        """Send the request of one step, and judge what comes."""
        asked = self.prepared(step)
        self.received(asked, self.wire(asked.make))

    def prepared(self, step: Request, number: int = 0) -> Asked:
        """Return the request of one step; ``number`` counts those that are sent side by side."""
        self.wire.expect_success()
        step, key = self._resolved(step), self._key(step.at)
        held = self._model.held(key, step.consumer) if isinstance(step, HeartBeat) else ()
        value = str(_SMALLEST_VALUE + (len(self.wire.sent) + number) * _STRIDE % _VALUES)
        if isinstance(step, Put):
            value = self._last_put = self._last_put if step.again else value
        known = self.groups.knows(step.at, self.bench)
        if isinstance(step, Create):
            self.groups.begin(step.at, self.bench)
        return Asked(step, key, value, self._maker(step, held, value), known=known)

    def received(self, asked: Asked, sent: Sent) -> None:
        """Judge what came, and take note of what it did."""
        step, key = asked.step, asked.key
        if self.spared and not_tried(sent.response):
            self.done.append(Done(sent.number, sent.exchange, sent.findings))
            raise Busy(answered(step, sent.response))
        if isinstance(step, Create) and not asked.known and sent.response.status in {*_REFUSALS, *NOT_OFFERED}:
            self.groups.refuse(step.at, self.bench)
        twice = isinstance(step, Create) and self._model.exists(key) and is_correct(step)
        self._expect_offer(step, key, sent)
        judged = self._judged(step, key, sent, asked.value)
        self.done.append(Done(sent.number, sent.exchange, ()))
        self._conclude(
            both(Judged(tuple(self._reads.forgiven(sent.findings, step, key, sent)), sent.exercised), judged)
        )
        if twice and sent.response.status == _OK:
            raise NotSupported(answered(step, sent.response))  # what the group holds is anybody's guess
        self._expect_support(step, key, sent)

    def _maker(self, step: Request, held: tuple[int, ...], value: str) -> Callable[[datetime], HttpRequest]:
        """Return what makes the request; a signature that was sent before is lent as it was, with its time."""
        lender, plain = step.variant.signed_as, replace(step, variant=PLAIN)
        lent_at = self._signed_at.get(lender) if lender is not None else None

        def make(at: datetime) -> HttpRequest:
            self._signed_at[plain] = at
            return self.bench.request(step, lent_at or at, held=held, value=value)

        return make

    def _expect_offer(self, step: Request, key: GroupKey, sent: Sent) -> None:
        """End the scenario where an answer shows that its operation is not offered at all: no page is about that."""
        name, response = operation_name(step), sent.response
        served = name in self.wire.served
        if isinstance(step, Read) or response.status == _OK or (served and is_correct(step)):
            return
        if not served and self._is_unsupported(step, key, response) and not self._refusals.is_wrong(step, key, sent):
            self.wire.absent |= absence(name, response)
        absent = self.wire.is_absent(name, response)
        if absent or response.status in NOT_OFFERED:
            self.done.append(Done(sent.number, sent.exchange, () if absent else sent.findings))
            raise NotSupported(answered(step, response))

    def _conclude(self, judged: Judged) -> None:
        """Add what was found to the last request."""
        self.exercised |= judged.exercised | {finding.code for finding in judged.findings} | {"SLS462"}
        findings = tuple(finding for finding in judged.findings if self.judges(finding.code))
        last = self.done[-1]
        self.done[-1] = replace(last, findings=(*last.findings, *findings))

    def _key(self, place: Place) -> GroupKey:
        return GroupKey(self.bench.logstores[place.logstore], self.bench.group(place), self.bench.project_of(place))

    def _resolved(self, step: Request) -> Request:
        """Put in what the run knows: the shard that a `HandOver` or a `Drain` named, and what was kept."""
        if isinstance(step, Put) and step.shard is not None:
            self._expect_hash_key(step)
        if isinstance(step, (Read, Write, Call)) and step.shard in self._passed:
            step = replace(step, shard=self._passed[step.shard])
        if isinstance(step, HeartBeat) and step.lists:
            step = replace(step, lists=tuple(self._passed.get(shard, shard) for shard in step.lists))
        if isinstance(step, Call) and step.shard == "lowest":
            step = self._of_lowest(step)
        if isinstance(step, Call):
            lender = step.variant.signed_as
            known = replace(step, query=tuple((key, self._text(value)) for key, value in step.query))
            if isinstance(lender, Call):
                return replace(known, variant=replace(step.variant, signed_as=self._resolved(lender)))
            return known
        return step

    def _of_lowest(self, step: Call) -> Call:
        lowest, role = self._calls.lowest(step.at), step.at.logstore
        if lowest is None:
            msg = "ListShards names no readwrite shard with its range of hash keys"
            raise NotProvable(msg)
        known = tuple(dict.fromkeys((*self.bench.shards.get(role, ()), lowest[0])))
        self.bench = self._calls.bench = self.bench.knowing(role, known)
        return replace(step, shard=known.index(lowest[0]))

    def _text(self, value: str | Kept) -> str:
        text = self._calls.value(value.name) if isinstance(value, Kept) else value
        if text is None:
            msg = f"{value.name if isinstance(value, Kept) else value} is not known: no answer gave it"
            raise NotProvable(msg)
        return text

    def _expect_hash_key(self, step: Put) -> None:
        assert step.shard is not None
        shard = self.bench.shard(step.shard, step.at.logstore)
        key = self._calls.hash_keys.get((self._calls.where(step.at), shard))
        if key is None:
            msg = f"ListShards names no range of hash keys for shard {shard}"
            raise NotProvable(msg)
        self.bench = replace(self.bench, hash_keys={**self.bench.hash_keys, step.shard: key})

    def _judged(self, step: Request, key: GroupKey, sent: Sent, value: str) -> Judged:
        outcome, documented = self._outcome(step, key), self._documented(step, key)
        if isinstance(step, Read):
            return self._reads.judge(step, key, sent, outcome)
        alive = self._alive(step, key, sent) if isinstance(step, HeartBeat) else None
        self._book(step, key, sent, value)
        if outcome == "group-missing" and isinstance(step, Delete):
            return NOTHING  # no page says what comes of it
        if outcome not in {"served", "unknown-shard"}:
            return judge_outcome(outcome, sent.response, {finding.code for finding in sent.findings})
        judged = judge_alive(error_code(sent.response), sent.response.status, alive=alive)
        if judged.exercised:
            return judged
        return self._refused(step, documented, sent) if documented else self._served(step, key, sent)

    def _refused(self, step: Request, documented: frozenset[str], sent: Sent) -> Judged:
        """Judge what had to be refused with one of some errors."""
        statuses = {each.status for each in contract_of(step).errors if each.code in documented}
        known = frozenset() if None in statuses else statuses
        return judge_documented(documented, [status for status in known if status], sent.response)

    def _served(self, step: Request, key: GroupKey, sent: Sent) -> Judged:
        if sent.response.status == _OK:
            return both(judge_outcome("served", sent.response), self._contents(step, key, sent))
        if not self._refusals.is_wrong(step, key, sent):
            return NOTHING
        return judge_outcome("served", sent.response, documented=self._refusals.own_errors(step))

    def _alive(self, step: HeartBeat, key: GroupKey, sent: Sent) -> bool | None:
        """Tell whether the consumer of a heartbeat with shards is there; None where that is not certain."""
        lists = self._model.held(key, step.consumer) if step.lists is None else step.lists
        return self._model.is_alive(key, step.consumer, sent.sent_at) if lists else None

    def _documented(self, step: Request, key: GroupKey) -> frozenset[str]:
        """Return the errorCodes of which one must come; none where the request must be served."""
        exists = isinstance(step, Create) and not step.refused and self._model.exists(key)
        return frozenset((documented_refusal(step) if not exists else "ConsumerGroupAlreadyExist").split())

    def _contents(self, step: Request, key: GroupKey, sent: Sent) -> Judged:
        """Judge what a success says."""
        if isinstance(step, Call):
            return self._calls.judge(step, sent)
        if isinstance(step, Put):
            return self._calls.judge_put(step)
        if isinstance(step, ListGroups) and not self._reads.granted:  # of a group of others no settings are known
            return judge_groups(objects_of(sent.response), *self._model.listing(key.logstore, key.project))
        if isinstance(step, HeartBeat):
            listed = self._calls.listed.get(self._calls.where(step.at), frozenset())
            return judge_assigned(assigned_by(sent.response), listed) if listed else NOTHING
        return NOTHING

    def _outcome(self, step: Request, key: GroupKey) -> Outcome:
        """Say what the contract wants to come of a request."""
        refused = refusal(step.variant) or nowhere(step.at)
        if refused is not None:
            return refused
        if named_group(step) and not self._model.exists(key):
            return "group-missing"
        unknown = isinstance(step, (Read, Write)) and step.shard in UNKNOWN_SHARDS
        return "unknown-shard" if unknown else "served"

    def _book(self, step: Request, key: GroupKey, sent: Sent, value: str) -> None:
        """Enter into the model what a write of any kind did, or did not do."""
        if isinstance(step, Put):
            self._calls.put(step, sent, value)
        elif sent.response.status != _OK:
            self._book_refusal(step, key, value)
        elif isinstance(step, Create):
            timeout = step.timeout if isinstance(step.timeout, int) else GROUP_TIMEOUT
            self._model.created(key, Settings(timeout, step.order))
            self.groups.confirm(step.at, self.bench)
            self._reads.forget(key)
        elif isinstance(step, Delete):
            self._model.deleted(key)
            self.groups.end(step.at, self.bench)
            self._reads.forget(key)
        elif isinstance(step, Update):
            changed = step.timeout if isinstance(step.timeout, int) else None
            self._model.updated(key, changed, step.order)
        elif isinstance(step, HeartBeat):
            self._beaten, assigned = True, assigned_by(sent.response)
            self._assigned_any |= bool(assigned)
            self._model.assigned(key, step.consumer, assigned, sent.sent_at)
        elif isinstance(step, Write):
            shard = self.bench.shard(step.shard, step.at.logstore)
            checkpoint = self.bench.checkpoint(step, value)
            self._model.written(key, shard, checkpoint, step.consumer, sent.sent_at, sent.answered_at)

    def _book_refusal(self, step: Request, key: GroupKey, value: str) -> None:
        if named_group(step) or isinstance(step, Create):
            self._reads.refused[key] = type(step)
        if isinstance(step, Write):
            shard = self.bench.shard(step.shard, step.at.logstore)
            self._model.write_refused(key, shard, self.bench.checkpoint(step, value))
        elif isinstance(step, Create):
            self._model.create_refused(key)

    def _expect_support(self, step: Request, key: GroupKey, sent: Sent) -> None:
        """End the scenario where what it needs is not offered."""
        if self._is_unsupported(step, key, sent.response):
            raise NotSupported(answered(step, sent.response))

    def _is_unsupported(self, step: Request, key: GroupKey, response: Response) -> bool:
        """Tell whether a correct request was refused, and nothing in the state asks for it."""
        if response.status == _OK or not is_correct(step) or not self._should_succeed(step, key):
            return False
        exists = isinstance(step, Create) and error_code(response) == "ConsumerGroupAlreadyExist"
        return not exists or self._refusals.is_denied(key)

    def _should_succeed(self, step: Request, key: GroupKey) -> bool:
        """Tell whether a refusal can only mean that the operation is not offered: nothing in the state asks for it."""
        if isinstance(step, Write):  # others than the holder may be refused, forced or not
            shard = self.bench.shard(step.shard, step.at.logstore)
            return self._model.exists(key) and shard in self._model.held(key, step.consumer)
        if not named_group(step):
            return True
        return not isinstance(step, Read) and self._model.exists(key)
