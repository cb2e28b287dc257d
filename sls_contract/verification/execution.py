"""Run the steps of one scenario: single requests, and arrangements of several."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sls_contract.checks.sequence import COARSE_CLOCK
from sls_contract.checks.sequence_groups import judge_all_assigned
from sls_contract.checks.sequence_logs import judge_missing
from sls_contract.exchange import Response
from sls_contract.scenarios.steps import (
    PLAIN,
    AtOnce,
    Call,
    Connect,
    Consume,
    Create,
    Drain,
    Follow,
    HandOver,
    HeartBeat,
    HoldAll,
    Kept,
    PassTime,
    Read,
    ShardRef,
    Step,
    WaitForClock,
    Write,
)
from sls_contract.verification.outcome import Busy, Done, NotProvable, PendingRequest
from sls_contract.verification.requests import Requests
from sls_contract.verification.responses import entries_of, lost
from sls_contract.verification.unavailable import is_failure
from sls_contract.verification.wire import OneAtATime, ResponseLost

_LONGEST_WAIT = 2  # seconds to wait where the clock cannot be set
_MOST_FOLLOWED = 32  # shards
_MOST_PULLS = 200  # of one shard in a row
_UNTIL_FOUND = (0, 0.2, 0.4, 0.8, 1, 1)  # seconds before each pull of missing logs; GetLogs may lag by three
_ROUNDS = 6  # heartbeats of each consumer until shards pass from one to the other
_BETWEEN_HEARTBEATS = 0.5  # seconds, after one that assigned no further shard
_HANDED_OVER: tuple[ShardRef, ShardRef] = ("kept", "handed over")


class Execution(Requests):
    """One execution of a scenario's steps."""

    def perform(self, steps: Iterable[Step]) -> None:
        """Run the steps.

        Raises `Stopped`, and `EndpointGone` from the wire.
        """
        try:
            for step in steps:
                variant = step.variant if step.variant != PLAIN else self.baseline
                _ARRANGEMENTS.get(type(step), Execution.request)(self, replace(step, variant=variant))
        except OneAtATime as error:
            msg = "the endpoint serves one connection at a time"
            raise NotProvable(msg) from error
        except ResponseLost as error:
            sent = error.sent
            findings = tuple(finding for finding in lost(error) if self.judges(finding.code))
            self.done.append(Done(sent.number, sent.exchange, findings))

    @property
    def only_server_failures(self) -> bool:
        """Whether all findings are about responses of 5xx or busy, which any service gives at times."""
        responses = ((done.number, done.exchange.response) for done in self.done)
        failed = {number for number, each in responses if each and is_failure(each)}
        return {number for _, number in self.findings} <= failed

    def _connect(self, step: Connect) -> None:
        self.wire.connect(step.over)

    def _send_at_once(self, step: AtOnce) -> None:
        """Send requests in parallel, and judge the responses in the order of the requests.

        After checkpoints, read the group: of two for one shard, the one that the read shows counts as the later. Of two
        creations of one group, the one that was accepted counts as the earlier.
        """
        steps = (replace(each, variant=step.variant) for each in step.requests)
        pending = [self.prepare(each, number) for number, each in enumerate(steps)]
        creates = any(isinstance(each, Create) for each in step.requests)
        attempts = self.wire.send_parallel([each.make for each in pending], once=creates)
        if creates and 0 < sum(each.failure is not None for each in attempts) < len(attempts):
            msg = "the endpoint was busy or failed for one of two creations of a group, and served the other one"
            raise Busy(msg)
        sent = list(zip(pending, attempts, strict=True))
        if any(isinstance(each, Write) for each in step.requests):
            read = self.prepare(Read(at=step.at, variant=step.variant), len(pending))
            (last,) = self.wire.send_parallel([read.make])
            entries = entries_of(last.response)[0] if isinstance(last.response, Response) else []
            shown = {entry["checkpoint"] for _, entry in entries}
            sent.sort(key=lambda each: self._checkpoint_of(each[0]) in shown)
            sent.append((read, last))
        if creates:
            sent.sort(key=lambda each: isinstance(each[1].response, Response) and not each[1].response.is_ok)
        for each, attempt in sent:
            self.receive(each, self.wire.judge(attempt))

    def _checkpoint_of(self, pending: PendingRequest) -> str:
        """Return the checkpoint that a request writes; empty where it writes none."""
        step = pending.step
        return self.bench.checkpoint(step, pending.value) if isinstance(step, Write) else ""

    def _pass_time(self, step: PassTime) -> None:
        """Set the endpoint's clock, or wait."""
        seconds = step.seconds
        if self.wire.advance is not None:
            self.wire.advance(seconds)
        elif seconds <= _LONGEST_WAIT:
            self.wire.sleep(seconds)
        else:
            msg = f"needs {seconds} seconds to pass, and the clock of this endpoint cannot be set"
            raise NotProvable(msg)

    def _follow(self, step: Follow) -> None:
        where = self._calls.logstore_of(step.at)
        for place, shard in self._shards_of(step, writable=True):
            cursor = self._end_of(place, step)
            if cursor is not None:
                self._calls.logs.follow(where, shard, cursor)

    def _consume(self, step: Consume) -> None:
        for place, _ in self._shards_of(step, writable=False):
            if self._end_of(place, step) is not None:
                self.request(Write(place, Kept("end"), at=step.at, variant=step.variant))

    def _shards_of(self, step: Follow | Consume, *, writable: bool) -> list[tuple[int, int]]:
        """Return the writable or the readonly shards of a logstore, each with its index among all."""
        shards = self.bench.shards.get(step.at.logstore, ())
        if len(shards) > _MOST_FOLLOWED:
            msg = f"logs may be in any of {len(shards)} shards; at most {_MOST_FOLLOWED} are pulled"
            raise NotProvable(msg)
        known = self._calls.writable(step.at) or shards
        return [(place, shard) for place, shard in enumerate(shards) if (shard in known) == writable]

    def _end_of(self, place: int, step: Follow | Consume) -> str | None:
        """Get the cursor after the last log of a shard; None where the endpoint returned none."""
        self._calls.kept.pop("end", None)
        self.request(Call("GetCursor", place, (("from", "end"),), at=step.at, variant=step.variant, keep="end"))
        return self._calls.kept.get("end")

    def _drain(self, step: Drain) -> None:
        """Pull until every accepted log is found; wait a little for late ones."""
        where, logs = self._calls.logstore_of(step.at), self._calls.logs
        for seconds in _UNTIL_FOUND:
            self.wire.sleep(seconds)
            for shard in logs.cursors(where):
                self._pull(step, shard)
            if not logs.outstanding(where):
                break
        self._add_result(judge_missing([*logs.outstanding(where)], logs.cursors(where)))
        self.exercised |= {"SLS406"} if logs.refused(where) else set()
        last, known = logs.last_found(), self.bench.shards.get(step.at.logstore, ())
        if last is not None and last[0].where == where:
            self._resolved_shards["written"] = known.index(last[1].shard)

    def _pull(self, step: Drain, shard: int) -> None:
        """Pull a shard until its cursor does not change."""
        place = self.bench.shards[step.at.logstore].index(shard)
        where = self._calls.logstore_of(step.at)
        headers = (("Accept", "application/x-protobuf"), ("Accept-Encoding", step.coding or "identity"))
        for _ in range(_MOST_PULLS):
            cursor = self._calls.logs.cursors(where)[shard]
            query = (("type", step.kind), ("cursor", cursor), ("count", str(step.count)))
            self.request(Call("PullLogs", place, query, headers, step.at, step.variant))
            if self._calls.logs.cursors(where)[shard] == cursor:
                return

    def _hand_over(self, step: HandOver) -> None:
        """Send heartbeats of both consumers until each shard has one holder; raise `NotProvable` where none passes."""
        key, known = self._key(step.at), self.bench.shards.get(step.at.logstore, ())
        for consumer in (step.taker, step.giver) * _ROUNDS:
            self.request(HeartBeat(consumer, step.at, step.variant))
            divided = self._model.divided(key, step.giver, step.taker)
            parts = [shards & set(known) for shards in divided or ()]
            if parts and all(parts):
                written = self._model.checkpoints(key)
                for ref, shards in zip(_HANDED_OVER, parts, strict=True):
                    self._resolved_shards[ref] = known.index(max(shards, key=lambda shard: (shard in written, shard)))
                return
        msg = f"no shard passed from one consumer to another within {2 * _ROUNDS} heartbeats"
        raise NotProvable(msg)

    def _hold_all(self, step: HoldAll) -> None:
        """Send heartbeats of the consumers until they are assigned all shards, or none more in several rounds.

        At least as many rounds as consumers: a shard passes to another one when its holder's next heartbeat omits it.
        """
        key = self._key(step.at)
        wanted = self._calls.writable(step.at) | (self._calls.unread(step.at) - self._model.checkpoints(key).keys())
        missing, idle, rounds = wanted, 0, 0
        while wanted and (rounds < len(step.consumers) or (missing and idle < _ROUNDS)):
            self.wire.sleep(_BETWEEN_HEARTBEATS if idle else 0)
            for consumer in step.consumers:
                self.request(HeartBeat(consumer, step.at, step.variant))
            remaining = wanted.difference(*(self._model.held(key, consumer) for consumer in step.consumers))
            missing, idle = remaining, 0 if len(remaining) < len(missing) else idle + 1
            rounds += 1
        if wanted:
            self._add_result(judge_all_assigned(missing, wanted))

    def _wait_for_clock(self, step: WaitForClock) -> None:
        """Wait a second, write and read again where the last write did not change updateTime."""
        key, shard = self._key(step.at), self.bench.shard(step.shard, step.at.logstore)
        if self._model.moved(key, shard):
            return
        self.wire.sleep(COARSE_CLOCK.total_seconds() * 1.1)
        self.request(Write(step.shard, step.value, force=step.force, at=step.at, variant=step.variant))
        self.request(Read(step.shard, step.at, step.variant))


_ARRANGEMENTS: Mapping[type[Step], Callable[[Execution, Any], None]] = {
    Connect: Execution._connect,  # noqa: SLF001 - of this module, as all of these
    HandOver: Execution._hand_over,  # noqa: SLF001
    HoldAll: Execution._hold_all,  # noqa: SLF001
    Follow: Execution._follow,  # noqa: SLF001
    Consume: Execution._consume,  # noqa: SLF001
    Drain: Execution._drain,  # noqa: SLF001
    PassTime: Execution._pass_time,  # noqa: SLF001
    AtOnce: Execution._send_at_once,  # noqa: SLF001
    WaitForClock: Execution._wait_for_clock,  # noqa: SLF001
}
"""The function that runs each type of step that is not one request."""
