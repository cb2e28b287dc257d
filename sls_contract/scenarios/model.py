"""A model of the state that the service must have: groups, consumers, checkpoints and logs.

The model follows the responses: a request that got 200 had its effect, any other had none. It shares no code with
the reference endpoint, so that tests of one find mistakes of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.sequence import ExpectedEntry, LastRead, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sls_contract.scenarios.log_messages import PulledLog


_MOST_TIMEOUTS = 3  # without a heartbeat, until a consumer is certainly gone


class GroupKey(NamedTuple):
    """A group by its real names."""

    logstore: str
    group: str
    project: str = ""


class Settings(NamedTuple):
    """The current settings of a group; the timeout in seconds."""

    timeout: int
    order: bool


_DEFAULT = Settings(300, order=False)


@dataclass(slots=True)
class _Shard:
    """The state of a shard in one group since the group was created."""

    checkpoint: str = ""
    writes: int = 0
    sent_at: datetime | None = None
    responded_at: datetime | None = None
    writer: str | None = None
    earlier: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    seen: LastRead | None = None
    moved: bool = True


@dataclass(slots=True)
class _Group:
    """A group from its creation to its deletion; ``version`` counts its changes."""

    settings: Settings
    shards: dict[int, _Shard] = field(default_factory=dict)
    assigned: dict[str, frozenset[int]] = field(default_factory=dict)
    consumers: set[str] = field(default_factory=set)
    heartbeats: dict[str, datetime | None] = field(default_factory=dict)
    version: int = 0

    def state_of(self, shard: int) -> _Shard:
        return self.shards.setdefault(shard, _Shard())

    def only_holder(self, shard: int) -> str | None:
        holders = [name for name, held in self.assigned.items() if shard in held]
        return holders[0] if len(holders) == 1 else None


class Model:
    """The expected state of groups, consumers and checkpoints during one run."""

    def __init__(self) -> None:
        """Start without any group."""
        self._groups: dict[GroupKey, _Group] = {}
        self._former: dict[tuple[GroupKey, int], set[str]] = {}
        self._origins: dict[str, set[tuple[GroupKey, int]]] = {}
        self._deleted: set[GroupKey] = set()

    def exists(self, key: GroupKey) -> bool:
        """Return whether the group was created and not deleted."""
        return key in self._groups

    def has_groups(self, project: str) -> bool:
        """Return whether any group of a project was created and not deleted."""
        return any(key.project == project for key in self._groups)

    def is_ordered(self, key: GroupKey) -> bool:
        """Return whether the group exists and has order."""
        group = self._groups.get(key)
        return group is not None and group.settings.order

    def exists_elsewhere(self, key: GroupKey) -> bool:
        """Return whether another logstore of the project has a group of this name."""
        return any((each.project, each.group) == (key.project, key.group) for each in self._groups.keys() - {key})

    def version(self, key: GroupKey) -> int:
        """Return a number that increases with each change of the group."""
        return self._groups[key].version

    def held(self, key: GroupKey, consumer: str) -> tuple[int, ...]:
        """Return the shards that the last HeartBeat assigned to a consumer."""
        group = self._groups.get(key)
        return tuple(sorted(group.assigned.get(consumer, ()))) if group else ()

    def divided(self, key: GroupKey, giver: str, taker: str) -> tuple[frozenset[int], frozenset[int]] | None:
        """Return the shards of each of two consumers; None where they share a shard, or one has none."""
        group = self._groups.get(key)
        kept, passed = (group.assigned.get(name, frozenset()) if group else frozenset() for name in (giver, taker))
        return (kept, passed) if kept and passed and not kept & passed else None

    def written_shards(self, key: GroupKey) -> frozenset[int]:
        """Return the shards of a group that have a checkpoint."""
        group = self._groups.get(key)
        return frozenset(shard for shard, state in group.shards.items() if state.writes) if group else frozenset()

    def is_alive(self, key: GroupKey, consumer: str, at: datetime) -> bool | None:
        """Return whether the last heartbeat of a consumer is younger than the timeout; None where that is uncertain.

        The result is False only after three timeouts: no page says how soon the service removes a silent consumer.
        """
        group = self._groups.get(key)
        last = group.heartbeats.get(consumer) if group else None
        if group is None or last is None:
            return None
        silent, timeout = (at - last).total_seconds(), group.settings.timeout
        if silent < timeout - 1:
            return True
        return False if silent > _MOST_TIMEOUTS * timeout else None

    def certainly_holds(self, key: GroupKey, shard: int, consumer: str, at: datetime) -> bool:
        """Return whether a consumer is alive and the only one that was assigned a shard."""
        group = self._groups.get(key)
        alone = group is not None and group.only_holder(shard) == consumer
        return alone and self.is_alive(key, consumer, at) is True

    def created(self, key: GroupKey, settings: Settings = _DEFAULT) -> None:
        """Record an accepted CreateConsumerGroup."""
        self._groups[key] = _Group(settings)
        self._deleted.discard(key)

    def updated(self, key: GroupKey, timeout: int | None, order: bool | None) -> None:  # noqa: FBT001 - as in the body
        """Record an accepted UpdateConsumerGroup; None for a setting that was not sent."""
        group = self._groups.get(key)
        if group is not None:
            before = group.settings
            group.settings = Settings(
                before.timeout if timeout is None else timeout, before.order if order is None else order
            )

    def listing(self, logstore: str, project: str) -> tuple[dict[str, Settings], frozenset[str]]:
        """Return the groups that a logstore must list, by name, and the names that it must not list."""
        existing = {
            key.group: group.settings
            for key, group in self._groups.items()
            if (key.logstore, key.project) == (logstore, project)
        }
        # Only this run uses these names: a group that is elsewhere or deleted must not be listed.
        return existing, frozenset({key.group for key in (*self._groups, *self._deleted)} - existing.keys())

    def deleted(self, key: GroupKey) -> None:
        """Record an accepted DeleteConsumerGroup; the checkpoints of the group must not reappear."""
        group = self._groups.pop(key, None)
        self._deleted.add(key)
        for shard, state in group.shards.items() if group else ():
            written = state.earlier | ({state.checkpoint} if state.writes else set())
            self._former.setdefault((key, shard), set()).update(written)

    def assigned(self, key: GroupKey, consumer: str, shards: frozenset[int], at: datetime | None = None) -> None:
        """Record an accepted HeartBeat and the shards of its response; ``at`` is when it was sent."""
        group = self._groups.get(key)
        if group is None:
            return
        group.version += 1
        group.heartbeats[consumer] = at
        group.consumers.add(consumer)
        group.assigned[consumer] = shards
        for shard, state in group.shards.items():
            if state.writer != group.only_holder(shard):
                state.writer = None

    def gone(self, key: GroupKey, consumer: str) -> None:
        """Record a HeartBeat that was refused because its consumer does not exist."""
        group = self._groups.get(key)
        if group is not None:
            group.assigned.pop(consumer, None)

    def written(
        self, key: GroupKey, shard: int, checkpoint: str, consumer: str, sent_at: datetime, responded_at: datetime
    ) -> None:
        """Record an accepted UpdateCheckPoint."""
        self._origins.setdefault(checkpoint, set()).add((key, shard))
        group = self._groups.get(key)
        if group is None:
            return
        group.version += 1
        group.consumers.add(consumer)
        state = group.state_of(shard)
        if state.writes:
            state.earlier.add(state.checkpoint)
        state.earlier.discard(checkpoint)
        state.refused.discard(checkpoint)
        state.checkpoint, state.writes = checkpoint, state.writes + 1
        state.sent_at, state.responded_at = sent_at, responded_at
        state.writer = consumer if consumer and group.only_holder(shard) == consumer else None

    def write_refused(self, key: GroupKey, shard: int, checkpoint: str) -> None:
        """Record a refused UpdateCheckPoint."""
        group = self._groups.get(key)
        if group is not None and group.state_of(shard).checkpoint != checkpoint:
            group.state_of(shard).refused.add(checkpoint)

    def create_refused(self, key: GroupKey) -> None:
        """Record a refused CreateConsumerGroup; an existing group must keep its checkpoints."""
        group = self._groups.get(key)
        if group is None:
            self._deleted.add(key)
        for state in group.shards.values() if group else ():
            if state.writes:
                state.refused.add("")

    def moved(self, key: GroupKey, shard: int) -> bool:
        """Return whether updateTime changed between the reads before and after the last write of a shard."""
        group = self._groups.get(key)
        return group is None or group.state_of(shard).moved

    def read(self, key: GroupKey, shard: int, update_time: int) -> None:
        """Record the ``updateTime`` that a read returned."""
        state = self._groups[key].state_of(shard)
        before = state.seen
        if before is None or before.writes != state.writes:
            state.moved = before is None or before.update_time != update_time
        state.seen = LastRead(update_time, state.writes, state.responded_at)

    def expect(self, key: GroupKey, shard: int) -> ExpectedEntry:
        """Return the entry that a read of a shard of an existing group must return."""
        group = self._groups[key]
        state = group.state_of(shard)
        return ExpectedEntry(
            shard,
            state.checkpoint,
            state.writes,
            state.sent_at,
            state.writer,
            frozenset(group.consumers),
            frozenset(state.earlier),
            frozenset(self._former.get((key, shard), ())),
            frozenset(state.refused),
            self._foreign(key, shard),
            state.seen,
        )

    def _foreign(self, key: GroupKey, shard: int) -> Mapping[str, Origin]:
        """Return the checkpoints that were written elsewhere, each with its nearest place."""
        nearest: dict[str, Origin] = {}
        for value, places in self._origins.items():
            distances = {_distance(place, (key, shard)) for place in places} - {None}
            for origin in ("shard", "group", "logstore", "project"):
                if origin in distances:
                    nearest[value] = origin
                    break
        return nearest


def _distance(place: tuple[GroupKey, int], here: tuple[GroupKey, int]) -> Origin | None:
    (key, shard), (here_key, here_shard) = place, here
    if key.project != here_key.project:
        return "project"
    if key.logstore != here_key.logstore:
        return "logstore"
    if key.group != here_key.group:
        return "group"
    return "shard" if shard != here_shard else None


class Logstore(NamedTuple):
    """A logstore by its real names."""

    logstore: str
    project: str


class Written(NamedTuple):
    """A log that a PutLogs sent.

    Attributes:
        where: the logstore.
        shard: the shard of the hash key; None where no hash key was sent.
        numbers: its sequence number in the run, once for each time that it was written.
        log: its contents.
        accepted: whether PutLogs returned 200.
        responded_at: the server's time of that response.
        spare: how many times more it may have been written.

    """

    where: Logstore
    shard: int | None
    numbers: tuple[int, ...]
    log: PulledLog
    accepted: bool
    responded_at: datetime
    spare: int = 0


class Found(NamedTuple):
    """Where a log was pulled: the shard, the cursor of the request, and the next cursor."""

    shard: int
    cursor: str
    following: str


@dataclass(slots=True)
class _Followed:
    """The pulls of a logstore: the next cursor and the number of the last log of each shard."""

    cursors: dict[int, str] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class LogModel:
    """The logs that were written and pulled during one run."""

    def __init__(self) -> None:
        """Start without any log."""
        self._written: dict[str, Written] = {}
        self._found: dict[str, list[Found]] = {}
        self._count = 0
        self._followed: dict[Logstore, _Followed] = {}

    def follow(self, where: Logstore, shard: int, cursor: str) -> None:
        """Set the cursor of the next pull of a shard."""
        self._followed.setdefault(where, _Followed()).cursors[shard] = cursor

    def cursors(self, where: Logstore) -> dict[int, str]:
        """Return the cursor of the next pull of each followed shard."""
        return dict(self._followed.get(where, _Followed()).cursors)

    def put(
        self,
        where: Logstore,
        shard: int | None,
        logs: dict[str, PulledLog],
        responded_at: datetime,
        *,
        accepted: bool,
        perhaps_twice: bool = False,
    ) -> None:
        """Record a PutLogs, its logs by their unique values; a refused repetition does not count."""
        for mark, log in logs.items():
            before = self._written.get(mark)
            if before is None or accepted:
                numbers = (*(before.numbers if before and before.accepted else ()), self._count)
                spare = (before.spare if before else 0) + perhaps_twice
                self._written[mark] = Written(where, shard, numbers, log, accepted, responded_at, spare)
            self._count += 1

    def outstanding(self, where: Logstore) -> dict[str, Written]:
        """Return the accepted logs of a logstore that were pulled fewer times than written."""
        return {
            mark: each
            for mark, each in self._written.items()
            if each.accepted and each.where == where and len(self._found.get(mark, ())) < len(each.numbers)
        }

    def filled(self, where: Logstore) -> frozenset[int]:
        """Return the shards of a logstore that logs were accepted for by their hash key."""
        logs = (each for each in self._written.values() if each.accepted and each.where == where)
        return frozenset(each.shard for each in logs if each.shard is not None)

    def refused(self, where: Logstore) -> bool:
        """Return whether a PutLogs to a logstore was refused."""
        return any(not each.accepted and each.where == where for each in self._written.values())

    def written(self, mark: str) -> Written | None:
        """Return the log with a unique value; None where the run did not write it."""
        return self._written.get(mark)

    def pull(self, where: Logstore, mark: str, found: Found) -> tuple[bool, bool]:
        """Record a pulled log; return whether one more was expected, and whether it is in the order of writing.

        Logs that were written several times are indistinguishable, so they count as in order.
        """
        last = self._followed.setdefault(where, _Followed()).last
        numbers, before = self._written[mark].numbers, self._found.setdefault(mark, [])
        most = len(numbers) + self._written[mark].spare
        expected, repeated = len(before) < most, most > 1
        in_order = repeated or numbers[0] > last.get(found.shard, -1)
        before.append(found)
        if not repeated:
            last[found.shard] = max(numbers[0], last.get(found.shard, -1))
        return expected, in_order

    def found_in(self, where: Logstore, shard: int) -> dict[str, Found]:
        """Return the place of each log of a shard that was pulled once, by its unique value, in order of the pulls."""
        return {
            mark: found[0]
            for mark, found in self._found.items()
            if len(found) == 1 and found[0].shard == shard and self._written[mark].where == where
        }

    def found_before(self, found: Found) -> str | None:
        """Return the cursor of the log before the one at ``found``, in the same shard."""
        cursors = [each.cursor for places in self._found.values() for each in places if each.following == found.cursor]
        return cursors[-1] if cursors else None

    def last_found(self) -> tuple[Written, Found] | None:
        """Return the log whose first pull is the latest, and the place of its last pull."""
        if not self._found:
            return None
        mark = next(reversed(self._found))
        return self._written[mark], self._found[mark][-1]
