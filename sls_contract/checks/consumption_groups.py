"""``SLS401`` and ``SLS435`` to ``SLS438``: the consumers of one group, the shards they hold, and its checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.presentation import shown
from sls_contract.checks.sequence import ClauseResults
from sls_contract.spec import Finding, Level, clause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sls_contract.checks.consumption_time import Moment

_OK = 200
_REFUSALS = range(400, 500)
_NO_SHARDS: frozenset[int] = frozenset()
_TIMEOUTS_UNTIL_GONE = 3  # no page says how soon a silent consumer is removed
_LEAST_UNIT = 1000  # the factor between two units of time
_MOST_CONSUMERS = 256  # of a group; the one that was silent longest is dropped


@dataclass(slots=True)
class _Consumer:
    """A consumer after its last heartbeat that got a response.

    Attributes:
        listed: the shards that it listed.
        assigned: the shards that it was assigned.
        moment: when.
        rivals: by name of the other consumer, the shards that were assigned to that consumer since.

    """

    listed: frozenset[int]
    assigned: frozenset[int]
    moment: Moment
    rivals: dict[str, frozenset[int]] = field(default_factory=dict)


class _Read(NamedTuple):
    """A shard as GetCheckPoint returned it."""

    checkpoint: str
    update_time: int
    moment: Moment


@dataclass(slots=True)
class _Checkpoint:
    """The last read of a shard, and the write since; ``unsure`` if another write may still take effect."""

    read: _Read | None = None
    written: tuple[str, Moment] | None = None
    unsure: bool = False


@dataclass(slots=True)
class GroupState:
    """The state of one consumer group.

    Attributes:
        created: whether the creation of the group was seen.
        alone: whether no other client can use it.
        timeout: in seconds; None if unknown.
        former: the shards that consumers may still list from an earlier group of this name, by consumer.
        unseen: whether it may have consumers that are not known here: an earlier group of this name had some that were
            never seen, or there are too many to remember.

    """

    created: bool = False
    alone: bool = False
    timeout: float | None = None
    former: Mapping[str, frozenset[int]] = field(default_factory=dict)
    unseen: bool = False
    _consumers: dict[str, _Consumer] = field(default_factory=dict)
    _checkpoints: dict[int, _Checkpoint] = field(default_factory=dict)

    def deleted(self, *, existed: bool) -> GroupState:
        """Return the state after the group was deleted; its consumers run on, and are not told.

        ``existed``: the deletion succeeded, so that there was a group.
        """
        held = {name: each.listed | each.assigned for name, each in self._consumers.items()}
        former = {**self.former, **held}
        unseen = self.unseen or (existed and not self.created) or len(former) > _MOST_CONSUMERS
        return GroupState(alone=self.alone, former=dict([*former.items()][-_MOST_CONSUMERS:]), unseen=unseen)

    def judge_listed(self, consumer: str, listed: frozenset[int]) -> ClauseResults:
        """Judge the shards that a heartbeat lists."""
        before = self._consumers.get(consumer)
        if before is None and (not self.created or (self.unseen and consumer not in self.former)):
            return ClauseResults()
        allowed = before.listed | before.assigned if before else self.former.get(consumer, _NO_SHARDS)
        findings = []
        if listed - allowed:
            known = f"some of {_listed(allowed)}"
            expected = known if allowed or before else "[]: the consumer's first heartbeat in this group"
            fix = "list the shards of the last response, and those before it that are not given up yet."
            findings.append(clause("heartbeat-subset").finding("request body", expected, _listed(listed), fix))
        return ClauseResults(tuple(findings), frozenset({"SLS435"}))

    def judge_unknown_consumer(self, consumer: str, listed: frozenset[int], *, accepted: bool) -> ClauseResults:
        """Judge the response to a heartbeat with shards from a consumer that does not exist."""
        if not (self.created and self.alone and listed) or consumer in self._consumers:
            return ClauseResults()
        fix = "refuse shards from a consumer that does not exist."
        expected = "400 NotExistConsumerWithBody: the consumer does not exist"
        found = clause("unknown-consumer-with-shards").finding("status", expected, "200", fix)
        return ClauseResults((found,) if accepted else (), frozenset({"SLS436"}))

    def judge_assigned(
        self, consumer: str, listed: frozenset[int], assigned: frozenset[int], moment: Moment
    ) -> ClauseResults:
        """Record the response to a heartbeat; judge the shards that its sender held since its last heartbeat."""
        before = self._consumers.get(consumer)
        judged = ClauseResults() if before is None else _judge_rivals(consumer, before, listed)
        for name, other in self._consumers.items():
            if name != consumer and self._is_live(other, moment):
                other.rivals[consumer] = other.rivals.get(consumer, _NO_SHARDS) | assigned
        self._consumers.pop(consumer, None)
        self._consumers[consumer] = _Consumer(listed, assigned, moment)
        if len(self._consumers) > _MOST_CONSUMERS:
            del self._consumers[next(iter(self._consumers))]
            self.unseen = True
        return judged

    def judge_unforced(self, consumer: str, shard: int, moment: Moment, outcome: str) -> ClauseResults:
        """Judge an unforced write by a consumer that may not hold the shard; ``outcome`` is an errorCode, or 200."""
        sender = self._consumers.get(consumer)
        if sender is None:
            expected = "ConsumerNotExist: it never sent a heartbeat" if self.created and self.alone else ""
        elif self._is_gone(sender, moment):
            expected = (
                "" if outcome == "ConsumerNotMatch" else "ConsumerNotExist: it sent no heartbeat for three timeouts"
            )
        else:
            held = sender.assigned | sender.listed
            holder = None if shard in held else self._certain_holder(shard, moment)
            expected = f"ConsumerNotMatch: {shown(holder)} holds the shard" if holder else ""
            if self._holds_alone(consumer, shard, moment):
                expected = "200: no other consumer was assigned the shard"
        if not expected:
            return ClauseResults()
        fix = "take an unforced checkpoint from the shard's holder only."
        found = clause("unforced-write-of-others").finding("status", expected, f"{outcome} for {shown(consumer)}", fix)
        wrong = {"200", "ConsumerNotExist", "ConsumerNotMatch"} - {expected.partition(":")[0]}
        return ClauseResults((found,) if outcome in wrong else (), frozenset({"SLS438"}))

    def record_write(self, shard: int, checkpoint: str, moment: Moment, status: int | None) -> None:
        """Record a write and its status."""
        state = self._checkpoints.setdefault(shard, _Checkpoint())
        if status == _OK:
            state.written = (checkpoint, moment)
        elif status not in _REFUSALS:
            state.unsure = True

    def judge_read(self, shard: int, checkpoint: str, update_time: int, moment: Moment) -> ClauseResults:
        """Judge a read by the one before it: its time, and whether it shows the write in between."""
        state = self._checkpoints.setdefault(shard, _Checkpoint())
        before, written, now = state.read, state.written, _Read(checkpoint, update_time, moment)
        if written is not None and not moment.follows(written[1]):
            return ClauseResults()
        state.read, state.written = now, None
        if before is None:
            return ClauseResults()
        if _is_back(now, before):
            return ClauseResults((_back_finding(now, before),), frozenset({"SLS411"}))
        later = frozenset({"SLS411"} if moment.follows(before.moment) and before.update_time else ())
        if written is None or state.unsure or written[0] == before.checkpoint:
            return ClauseResults((), later)
        if not written[1].follows(before.moment):
            return ClauseResults((), later)
        stale = now[:2] == before[:2]
        return ClauseResults((_stale_finding(now, written[0]),) if stale else (), later | {"SLS401"})

    def _certain_holder(self, shard: int, moment: Moment) -> str | None:
        return next(
            (
                name
                for name, each in self._consumers.items()
                if shard in each.assigned and self._is_live(each, moment) and moment.follows(each.moment)
            ),
            None,
        )

    def _holds_alone(self, consumer: str, shard: int, moment: Moment) -> bool:
        """Return whether a consumer was assigned a shard that no other consumer listed or was assigned last."""
        sender = self._consumers[consumer]
        others = [each for name, each in self._consumers.items() if name != consumer]
        alone = self.created and self.alone and not any(shard in each.assigned | each.listed for each in others)
        return alone and shard in sender.assigned and self._is_live(sender, moment) and moment.follows(sender.moment)

    def _is_gone(self, consumer: _Consumer, moment: Moment) -> bool:
        if not (self.created and self.alone) or self.timeout is None:
            return False
        return moment.is_beyond(_TIMEOUTS_UNTIL_GONE * self.timeout, consumer.moment)

    def _is_live(self, consumer: _Consumer, moment: Moment) -> bool:
        return self.timeout is not None and moment.is_within(self.timeout, consumer.moment)


def _judge_rivals(consumer: str, before: _Consumer, listed: frozenset[int]) -> ClauseResults:
    """Judge whether shards that a consumer held between its last two heartbeats were assigned to others."""
    held = before.assigned & listed
    if not held or not before.rivals:
        return ClauseResults()
    findings = (
        clause("shard-held-once").finding(
            f"consumer {shown(rival)}",
            f"none of {_listed(shards)}: {shown(consumer)} is alive and holds it",
            f"a heartbeat of {shown(rival)} returned {_listed(shards)} in between",
            "give a shard away once its holder's heartbeat no longer lists it, or its timeout is over.",
        )
        for rival, assigned in before.rivals.items()
        if (shards := held & assigned)
    )
    return ClauseResults(tuple(findings), frozenset({"SLS437"}))


def _is_back(now: _Read, before: _Read) -> bool:
    """Return whether updateTime decreased; 0 may be a recreated group's, and units are judged elsewhere."""
    decreased = before.update_time // _LEAST_UNIT < now.update_time < before.update_time
    return decreased and now.moment.follows(before.moment)


def _back_finding(now: _Read, before: _Read) -> Finding:
    """Report an updateTime that decreased; a write by anybody, also after the group was recreated, is later."""
    expected = f"{before.update_time} or later, as read before"
    return clause("update-time-back").finding(
        "/updateTime",
        expected,
        str(now.update_time),
        "return the last write on every read; never let updateTime decrease.",
    )


def _stale_finding(judge_read: _Read, written: str) -> Finding:
    """Report a write that a read does not show; a warning if updateTime is 0: the group may have been recreated."""
    found = clause("read-after-write").finding(
        "/checkpoint",
        f"{shown(written)}, which was written since the last read",
        f"{shown(judge_read.checkpoint)}, all as in the last read",
        "make a write visible before you respond to it; drop caches on a write.",
    )
    return found if judge_read.update_time else replace(found, level=Level.WARNING)


def _listed(shards: Iterable[int]) -> str:
    return shown(str(sorted(shards)))[1:-1]
