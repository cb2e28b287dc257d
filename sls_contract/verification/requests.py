"""Send the requests of one scenario; judge each alone and against a model of the earlier requests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sls_contract.checks.sequence import ClauseResults
from sls_contract.checks.sequence_groups import judge_alive, judge_assigned, judge_groups, judge_in_order
from sls_contract.checks.sequence_outcomes import Outcome, error_code, is_overloaded, judge_documented, judge_outcome
from sls_contract.scenarios.bench import contract_of
from sls_contract.scenarios.model import GroupKey, Model, Settings
from sls_contract.scenarios.scenario import CHANGES_SHARDS
from sls_contract.scenarios.steps import (
    GROUP_TIMEOUT,
    PLAIN,
    UNKNOWN_SHARDS,
    Call,
    Create,
    Delete,
    HeartBeat,
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
    needs_group,
    operation_name,
)
from sls_contract.spec import Finding, Level
from sls_contract.transport import TransportError
from sls_contract.verification.calls import CallJudge
from sls_contract.verification.correctness import is_correct, place_refusal, variant_refusal
from sls_contract.verification.outcome import Busy, Done, NotProvable, NotSupported, PendingRequest
from sls_contract.verification.reads import NO_FINDINGS, ReadJudge, combined
from sls_contract.verification.refusals import RefusalJudge
from sls_contract.verification.resolving import hash_key_of, with_real_names
from sls_contract.verification.responses import assigned_by, describe_response, objects_of
from sls_contract.verification.unavailable import NOT_OFFERED, absence
from sls_contract.verification.wire import ResponseLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sls_contract.exchange import Request as HttpRequest
    from sls_contract.exchange import Response
    from sls_contract.scenarios.bench import Bench
    from sls_contract.scenarios.steps import ShardRef
    from sls_contract.verification.groups import Groups
    from sls_contract.verification.wire import Sent, Wire

_REFUSALS = range(400, 500)
# Checkpoints that the run chooses look like cursors, never repeat, and both increase and decrease.
_SMALLEST_VALUE, _VALUES, _STRIDE = 10**18, 2**62, 0x9E3779B97F4A7C15


@dataclass(slots=True)
class Requests:
    """The requests of a running scenario.

    Attributes:
        bench: resolves the names of steps, and has the keys.
        wire: sends each request and judges its exchange.
        groups: the groups to delete at the end.
        baseline: the variant of requests that name none.
        busy_allowed: whether a busy response (503, quota) raises `Busy` and is not a finding.
        judges: returns whether findings of a clause, given by its code, are reported.
        done: every request so far.
        exercised: codes of the clauses that could have failed.

    """

    bench: Bench
    wire: Wire
    groups: Groups
    baseline: RequestVariant = PLAIN
    busy_allowed: bool = False
    judges: Callable[[str], bool] = lambda _: True
    done: list[Done] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    _model: Model = field(default_factory=Model)
    _reads: ReadJudge = field(init=False)
    _calls: CallJudge = field(init=False)
    _refusals: RefusalJudge = field(init=False)
    _resolved_shards: dict[ShardRef, int] = field(default_factory=dict)
    _signed_at: dict[Step, datetime] = field(default_factory=dict)
    _last_put: str = ""
    _heartbeat_accepted: bool = False
    _any_assigned: bool = False
    _name_taken: bool = False

    def __post_init__(self) -> None:
        """Create the judges of reads, calls and refusals."""
        self._reads = ReadJudge(self.bench, self._model, self.groups)
        self._calls = CallJudge(self.bench)
        self._refusals = RefusalJudge(self.bench, self._model, self.wire.served, self.baseline)

    @property
    def hindrance(self) -> str:
        """Why a correct endpoint may not have exercised a clause; empty where no reason is known."""
        if self._heartbeat_accepted and not self._any_assigned:
            return "HeartBeat assigned no shard"
        return "another logstore of the project has a group of this name" if self._name_taken else ""

    @property
    def findings(self) -> Iterator[tuple[Finding, int]]:
        """All findings, each with the number of its exchange."""
        return ((finding, done.number) for done in self.done for finding in done.findings)

    @property
    def violated(self) -> bool:
        """Whether a violation was found."""
        return any(finding.level is Level.VIOLATION for finding, _ in self.findings)

    def assume_exists(self, place: Place) -> None:
        """Expect that a group exists; its checkpoints are unknown, because other clients may write to it."""
        self._model.created(self._key(place))
        self._reads.shared = True

    def exists(self, place: Place) -> bool:
        """Return whether the group exists, by the responses so far."""
        return self._model.exists(self._key(place))

    def held(self, consumer: str, place: Place) -> tuple[int, ...]:
        """Return the shards that the last HeartBeat assigned to a consumer."""
        return self._model.held(self._key(place), consumer)

    def request(self, step: Request) -> None:
        """Send the request of one step, and judge the response."""
        pending = self.prepare(step)
        self.receive(pending, self.wire(pending.make))

    def prepare(self, step: Request, number: int = 0) -> PendingRequest:
        """Return the request of one step; ``number`` is its index among requests that are sent in parallel."""
        self.wire.expect_success()
        step, key = self._resolve(step), self._key(step.at)
        held = self._model.held(key, step.consumer) if isinstance(step, HeartBeat) else ()
        if isinstance(step, HeartBeat) and step.refused and self._model.exists(key) and not (held or step.lists):
            msg = f"HeartBeat assigned no shard to {step.consumer}"
            raise NotProvable(msg)
        value = str(_SMALLEST_VALUE + (len(self.wire.sent) + number) * _STRIDE % _VALUES)
        if isinstance(step, Put):
            value = self._last_put = self._last_put if step.again else value
        created_before = self.groups.has(step.at, self.bench)
        if isinstance(step, Create):
            self.groups.add(step.at, self.bench)
        return PendingRequest(step, key, value, self._request_maker(step, held, value), created_before)

    def receive(self, pending: PendingRequest, sent: Sent) -> None:
        """Judge the response to a request, and update the model with its effect.

        Raises `Busy`, `NotSupported`, and `ResponseLost` for a request that was handled before a reset.
        """
        step, key = pending.step, pending.key
        self._expect_effect(pending, sent)
        refused = sent.response.status in {*_REFUSALS, *NOT_OFFERED}
        if isinstance(step, Create) and refused and not pending.created_before:
            self.groups.mark_refused(step.at, self.bench)
        self._expect_possible(step, key, sent)
        twice = isinstance(step, Create) and self._model.exists(key) and is_correct(step)
        self._expect_offer(step, key, sent)
        judged = self._judged(step, key, sent, pending.value)
        self.done.append(Done(sent.number, sent.exchange, ()))
        unexpected = tuple(self._reads.unexpected(sent.findings, step, key, sent))
        self._add_result(combined(ClauseResults(unexpected, sent.exercised), judged))
        # After a second creation that succeeded the content of the group is unknown.
        if (twice and sent.response.is_ok) or self._refusals.is_unsupported(step, key, sent.response):
            raise NotSupported(describe_response(step, sent.response))

    def _expect_effect(self, pending: PendingRequest, sent: Sent) -> None:
        """Raise `Busy` or `ResponseLost` where an attempt had its effect without saying so, or the service is busy."""
        step, key = pending.step, pending.key
        repeated = (sent.resent or sent.repeats) and self._is_repeated(step, key, sent.response)
        if repeated:
            served = replace(sent.exchange, response=sent.response.replace(status=200))
            self._update_model(step, key, replace(sent, exchange=served), pending.value)
            if sent.resent:
                raise ResponseLost(TransportError("reset", sent.exchange.request.host), sent)
            if sent.failed is not None and not is_overloaded(sent.failed.response):
                self.done.append(Done(sent.failed.number, sent.failed.exchange, ()))
                self._add_result(judge_outcome("served", sent.failed.response))
        if repeated or (self.busy_allowed and is_overloaded(sent.response)):
            self.done.append(Done(sent.number, sent.exchange, sent.findings))
            raise Busy(describe_response(step, sent.response))

    def _expect_possible(self, step: Request, key: GroupKey, sent: Sent) -> None:
        """Raise `NotProvable` or `NotSupported` where a limit or a name is refused that no page promises."""
        response = sent.response
        if self._refusals.is_limit(step, key, response):
            self.done.append(Done(sent.number, sent.exchange, ()))
            msg = f"{describe_response(step, response)}: the logstore has as many consumer groups as it may have"
            raise NotProvable(msg)
        if self._refusals.is_about_a_name(step, key, response):
            self.done.append(Done(sent.number, sent.exchange, sent.findings))
            raise NotSupported(describe_response(step, response))

    def _request_maker(self, step: Request, held: tuple[int, ...], value: str) -> Callable[[datetime], HttpRequest]:
        """Return a function that makes the request for a time; a reused signature keeps its original time."""
        signed_as, plain = step.variant.signed_as, replace(step, variant=PLAIN)
        first_signed_at = self._signed_at.get(signed_as) if signed_as is not None else None

        def make(at: datetime) -> HttpRequest:
            self._signed_at[plain] = at
            return self.bench.request(step, first_signed_at or at, held=held, value=value)

        return make

    def _expect_offer(self, step: Request, key: GroupKey, sent: Sent) -> None:
        """Raise `NotSupported` where a response shows that the endpoint does not offer the operation."""
        name, response = operation_name(step), sent.response
        served = name in self.wire.served
        if isinstance(step, Read) or response.is_ok or (served and is_correct(step)):
            return
        if (
            not served
            and self._refusals.is_unsupported(step, key, response)
            and not self._refusals.is_wrong(step, key, sent)
        ):
            self.wire.absent |= absence(name, response)
            if response.status in _REFUSALS:
                names = CHANGES_SHARDS if name in CHANGES_SHARDS else {name}  # without a split, no merge is tried
                self.wire.refused |= {(each, response.status, error_code(response)) for each in names}
        absent = self.wire.is_absent(name, response)
        if absent or response.status in NOT_OFFERED:
            self.done.append(Done(sent.number, sent.exchange, () if absent else sent.findings))
            raise NotSupported(describe_response(step, response))

    def _add_result(self, judged: ClauseResults) -> None:
        """Add findings to the last request."""
        self.exercised |= judged.exercised | {finding.code for finding in judged.findings} | {"SLS462"}
        findings = tuple(finding for finding in judged.findings if self.judges(finding.code))
        last = self.done[-1]
        self.done[-1] = replace(last, findings=(*last.findings, *findings))

    def _key(self, place: Place) -> GroupKey:
        return GroupKey(self.bench.logstores[place.logstore], self.bench.group(place), self.bench.project_of(place))

    def _resolve(self, step: Request) -> Request:
        """Replace what a step names by what earlier responses contained."""
        resolved = with_real_names(step, self._resolved_shards, self._calls)
        if isinstance(resolved, Put) and resolved.shard is not None:
            hash_key = hash_key_of(resolved.shard, resolved.at, self._calls)
            self.bench = replace(self.bench, hash_keys={**self.bench.hash_keys, resolved.shard: hash_key})
        return resolved

    def _judged(self, step: Request, key: GroupKey, sent: Sent, value: str) -> ClauseResults:
        outcome, documented = self._expected_outcome(step, key), self._expected_errors(step, key)
        if isinstance(step, Read):
            return self._reads.judge(step, key, sent, outcome)
        lists = isinstance(step, HeartBeat) and self._lists_shards(step, key)
        alive = self._is_alive(step, key, sent) if isinstance(step, HeartBeat) and lists else None
        self._update_model(step, key, sent, value)
        if outcome == "group-missing" and isinstance(step, Delete) and self._may_delete_nothing(sent.response):
            return NO_FINDINGS
        if outcome not in {"served", "unknown-shard"}:
            return judge_outcome(outcome, sent.response, {finding.code for finding in sent.findings})
        judged = judge_alive(error_code(sent.response), sent.response.status, alive=alive)
        late = lists and alive is None and not documented and error_code(sent.response) == "NotExistConsumerWithBody"
        if judged.exercised or late:
            return judged
        return self._refused(step, documented, sent) if documented else self._judge_served(step, key, sent)

    def _may_delete_nothing(self, response: Response) -> bool:
        """Return whether a response to the deletion of a missing group is right, or is no response of the operation.

        The pages of 2018 to 2020 say that it succeeds; the service was seen to return ConsumerGroupNotExist.
        """
        return response.is_ok or ("DeleteConsumerGroup" not in self.wire.served and response.status in _REFUSALS)

    def _refused(self, step: Request, documented: frozenset[str], sent: Sent) -> ClauseResults:
        """Judge the response to a request that must be refused with one of these errors."""
        statuses = [each.status for each in contract_of(step).errors if each.code in documented]
        known = () if None in statuses else {status for status in statuses if status}
        return judge_documented(documented, known, sent.response, {finding.code for finding in sent.findings})

    def _judge_served(self, step: Request, key: GroupKey, sent: Sent) -> ClauseResults:
        if sent.response.is_ok:
            return combined(judge_outcome("served", sent.response), self._judge_contents(step, key, sent))
        if not self._refusals.is_wrong(step, key, sent):
            return NO_FINDINGS
        return judge_outcome("served", sent.response, documented=self._refusals.meanings(step, sent.response))

    def _lists_shards(self, step: HeartBeat, key: GroupKey) -> bool:
        return bool(self._model.held(key, step.consumer) if step.lists is None else step.lists)

    def _is_alive(self, step: HeartBeat, key: GroupKey, sent: Sent) -> bool | None:
        """Return whether the consumer of a HeartBeat is alive whenever the service handles it; None: uncertain."""
        first, last = (self._model.is_alive(key, step.consumer, at) for at in (sent.sent_at, sent.responded_at))
        return first if first == last else None

    def _expected_errors(self, step: Request, key: GroupKey) -> frozenset[str]:
        """Return the errorCodes of which the response must have one; empty where the request must succeed."""
        exists = isinstance(step, Create) and not step.refused and self._model.exists(key)
        return frozenset((documented_refusal(step) if not exists else "ConsumerGroupAlreadyExist").split())

    def _judge_contents(self, step: Request, key: GroupKey, sent: Sent) -> ClauseResults:
        """Judge the body of a success."""
        if isinstance(step, Call):
            judged, role = self._calls.judge(step, sent), step.at.logstore
            shards = dict.fromkeys((*self.bench.shards.get(role, ()), *sorted(self._calls.writable(step.at))))
            bench = self.bench.with_shards(role, tuple(shards))
            self.bench = self._calls.bench = self._reads.bench = self._refusals.bench = bench
            return judged
        if isinstance(step, Put):
            return self._calls.judge_put(step)
        if isinstance(step, ListGroups) and not self._reads.shared:  # the settings of a shared group are unknown
            return judge_groups(objects_of(sent.response), *self._model.listing(key.logstore, key.project))
        if isinstance(step, HeartBeat):
            assigned = assigned_by(sent.response)
            listed = self._calls.listed.get(self._calls.logstore_of(step.at), frozenset())
            ordered, checkpoints = self._model.is_ordered(key), self._model.checkpoints(key)
            waiting = self._calls.waiting(step.at, checkpoints) if ordered else frozenset()
            return combined(
                judge_assigned(assigned, listed | waiting) if listed else NO_FINDINGS,
                judge_in_order(assigned, waiting) if waiting else NO_FINDINGS,
            )
        return NO_FINDINGS

    def _expected_outcome(self, step: Request, key: GroupKey) -> Outcome:
        """Return the outcome that the contract requires of a request."""
        refused = variant_refusal(step.variant) or place_refusal(step.at)
        if refused is not None:
            return refused
        if needs_group(step) and not self._model.exists(key):
            return "group-missing"
        unknown = isinstance(step, (Read, Write)) and step.shard in UNKNOWN_SHARDS
        return "unknown-shard" if unknown else "served"

    def _update_model(self, step: Request, key: GroupKey, sent: Sent, value: str) -> None:
        """Update the model with the effect of a request."""
        if isinstance(step, (Call, Put)):
            self._record_call(step, sent, value)
        elif not sent.response.is_ok:
            self._record_refusal(step, key, value, sent.response)
        elif isinstance(step, Create):
            timeout = step.timeout if isinstance(step.timeout, int) else GROUP_TIMEOUT
            self._model.created(key, Settings(timeout, step.order))
            self.groups.mark_existing(step.at, self.bench)
            self._reads.forget(key)
        elif isinstance(step, Delete):
            self._model.deleted(key)
            self.groups.remove(step.at, self.bench)
            self._reads.forget(key)
        elif isinstance(step, Update):
            self._model.updated(key, step.timeout if isinstance(step.timeout, int) else None, step.order)
        elif isinstance(step, HeartBeat):
            self._heartbeat_accepted, assigned = True, assigned_by(sent.response)
            self._any_assigned |= bool(assigned)
            self._model.assigned(key, step.consumer, assigned, sent.sent_at)
        elif isinstance(step, Write):
            self._record_write(step, key, sent, value)

    def _record_write(self, step: Write, key: GroupKey, sent: Sent, value: str) -> None:
        shard = self.bench.shard(step.shard, step.at.logstore)
        checkpoint = self.bench.checkpoint(step, value)
        if step.force.lower() == "true" and shard not in self._model.held(key, step.consumer):
            self._refusals.forced.add((key, shard, step.consumer))
        self._model.written(key, shard, checkpoint, step.consumer, sent.sent_at, sent.responded_at)

    def _record_call(self, step: Call | Put, sent: Sent, value: str) -> None:
        """Record written logs, or a change of shards; the shard in its path is then readonly."""
        if isinstance(step, Put):
            self._calls.put(step, sent, value)
        elif step.operation in CHANGES_SHARDS and step.shard is not None:
            accepted = sent.response.is_ok
            self._calls.record_change(step, accepted=accepted)
            if accepted and not step.refused and place_refusal(step.at) is None:
                role = step.at.logstore
                self._resolved_shards["readonly"] = self.bench.shards[role].index(self.bench.shard(step.shard, role))

    def _record_refusal(self, step: Request, key: GroupKey, value: str, response: Response) -> None:
        if needs_group(step) or isinstance(step, Create):
            self._reads.refused[key] = type(step)
        if isinstance(step, Write):
            shard = self.bench.shard(step.shard, step.at.logstore)
            self._model.write_refused(key, shard, self.bench.checkpoint(step, value))
        elif isinstance(step, HeartBeat) and error_code(response) == "NotExistConsumerWithBody":
            self._model.gone(key, step.consumer)
        elif isinstance(step, Create):
            self._name_taken |= is_correct(step) and self._model.exists_elsewhere(key)
            self._model.create_refused(key)

    def _is_repeated(self, step: Request, key: GroupKey, response: Response) -> bool:
        """Return whether a request that was sent twice is refused because the first one had its effect."""
        if operation_name(step) in CHANGES_SHARDS:
            repeated = response.status in _REFUSALS and not is_overloaded(response)
        else:
            codes = {Create: "ConsumerGroupAlreadyExist", Delete: "ConsumerGroupNotExist"}
            repeated = error_code(response) == codes.get(type(step), "")
        expected = self._expected_outcome(step, key) == "served" and not self._expected_errors(step, key)
        return repeated and expected
