"""A model of the state that the service must have: groups, consumers and checkpoints.

The model follows the responses: a request that got 200 had its effect, any other had none. It shares no code with
the reference endpoint, so that tests of one find mistakes of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import normalize

from sls_contract.checks.sequence import ExpectedEntry, LastRead, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


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
        self._groups: dict[GroupKey, _Group] = {}
        self._former: dict[tuple[GroupKey, int], set[str]] = {}
        self._origins: dict[str, set[tuple[GroupKey, int]]] = {}
        self._deleted: set[GroupKey] = set()

    def exists(self, key: GroupKey) -> bool:
        """Return whether the group was created and not deleted."""
        return key in self._groups

    def may_be_taken(self, key: GroupKey) -> bool:
        """Return whether the project has a group whose name an endpoint may take for the same one."""
        names = (each.group for each in self._groups if each.project == key.project)
        return any(_letters(name) == _letters(key.group) for name in names)

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

    def checkpoints(self, key: GroupKey) -> dict[int, str]:
        """Return the checkpoint of each shard of a group that has one."""
        group = self._groups.get(key)
        shards = group.shards.items() if group else ()
        return {shard: state.checkpoint for shard, state in shards if state.writes}

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


def _letters(name: str) -> str:
    """Return what every comparison of names sees: letters and digits, without case, accents and width."""
    return "".join(char for char in normalize("NFKD", name).casefold() if char.isalnum())


def _distance(place: tuple[GroupKey, int], here: tuple[GroupKey, int]) -> Origin | None:
    (key, shard), (here_key, here_shard) = place, here
    if key.project != here_key.project:
        return "project"
    if key.logstore != here_key.logstore:
        return "logstore"
    if key.group != here_key.group:
        return "group"
    return "shard" if shard != here_shard else None
