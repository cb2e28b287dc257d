"""What the service must know after what it accepted and refused: a model of groups, consumers and checkpoints.

It follows the answers: what was answered with 200 happened, anything else did not. It shares no code with the
reference endpoint, so that each can find the other's mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.sequence import ExpectedEntry, Origin, Seen

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class GroupKey(NamedTuple):
    """A group by its real names."""

    logstore: str
    group: str
    project: str = ""


@dataclass(slots=True)
class _Cell:
    """A shard of one group, from its creation on."""

    checkpoint: str = ""
    writes: int = 0
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    writer: str | None = None
    earlier: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    seen: Seen | None = None
    moved: bool = True


@dataclass(slots=True)
class _Group:
    """A group from its creation to its deletion; ``version`` counts what changed it."""

    cells: dict[int, _Cell] = field(default_factory=dict)
    assigned: dict[str, frozenset[int]] = field(default_factory=dict)
    consumers: set[str] = field(default_factory=set)
    version: int = 0

    def cell(self, shard: int) -> _Cell:
        return self.cells.setdefault(shard, _Cell())

    def only_holder(self, shard: int) -> str | None:
        holders = [name for name, held in self.assigned.items() if shard in held]
        return holders[0] if len(holders) == 1 else None


class Model:
    """The books of one run."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._groups: dict[GroupKey, _Group] = {}
        self._former: dict[tuple[GroupKey, int], set[str]] = {}
        self._origins: dict[str, set[tuple[GroupKey, int]]] = {}

    def exists(self, key: GroupKey) -> bool:
        """Tell whether the group was made and not deleted."""
        return key in self._groups

    def version(self, key: GroupKey) -> int:
        """Return a number that changes with whatever changes the group."""
        return self._groups[key].version

    def held(self, key: GroupKey, consumer: str) -> tuple[int, ...]:
        """Return what the consumer was last told to hold."""
        group = self._groups.get(key)
        return tuple(sorted(group.assigned.get(consumer, ()))) if group else ()

    def divided(self, key: GroupKey, giver: str, taker: str) -> tuple[frozenset[int], frozenset[int]] | None:
        """Return what each of two consumers holds alone; None where they share a shard, or one has none."""
        group = self._groups.get(key)
        kept, passed = (group.assigned.get(name, frozenset()) if group else frozenset() for name in (giver, taker))
        return (kept, passed) if kept and passed and not kept & passed else None

    def written_shards(self, key: GroupKey) -> frozenset[int]:
        """Return the shards of a group that a checkpoint was written to."""
        group = self._groups.get(key)
        return frozenset(shard for shard, cell in group.cells.items() if cell.writes) if group else frozenset()

    def created(self, key: GroupKey) -> None:
        """Take note of an accepted CreateConsumerGroup."""
        self._groups[key] = _Group()

    def deleted(self, key: GroupKey) -> None:
        """Take note of an accepted DeleteConsumerGroup; what was written becomes what must not come back."""
        gone = self._groups.pop(key, _Group())
        for shard, cell in gone.cells.items():
            written = cell.earlier | ({cell.checkpoint} if cell.writes else set())
            self._former.setdefault((key, shard), set()).update(written)

    def assigned(self, key: GroupKey, consumer: str, shards: frozenset[int]) -> None:
        """Take note of an accepted HeartBeat and its answer."""
        group = self._groups.get(key)
        if group is None:
            return
        group.version += 1
        group.consumers.add(consumer)
        group.assigned[consumer] = shards
        for shard, cell in group.cells.items():
            if cell.writer != group.only_holder(shard):
                cell.writer = None

    def written(
        self, key: GroupKey, shard: int, checkpoint: str, consumer: str, sent_at: datetime, answered_at: datetime
    ) -> None:
        """Take note of an accepted UpdateCheckPoint."""
        self._origins.setdefault(checkpoint, set()).add((key, shard))
        group = self._groups.get(key)
        if group is None:
            return
        group.version += 1
        group.consumers.add(consumer)
        cell = group.cell(shard)
        if cell.writes:
            cell.earlier.add(cell.checkpoint)
        cell.earlier.discard(checkpoint)
        cell.refused.discard(checkpoint)
        cell.checkpoint, cell.writes = checkpoint, cell.writes + 1
        cell.sent_at, cell.answered_at = sent_at, answered_at
        cell.writer = consumer if consumer and group.only_holder(shard) == consumer else None

    def write_refused(self, key: GroupKey, shard: int, checkpoint: str) -> None:
        """Take note of a refused UpdateCheckPoint."""
        group = self._groups.get(key)
        if group is not None and group.cell(shard).checkpoint != checkpoint:
            group.cell(shard).refused.add(checkpoint)

    def create_refused(self, key: GroupKey) -> None:
        """Take note of a refused CreateConsumerGroup: the group that is there keeps what it has."""
        group = self._groups.get(key)
        for cell in group.cells.values() if group else ():
            if cell.writes:
                cell.refused.add("")

    def moved(self, key: GroupKey, shard: int) -> bool:
        """Tell whether the last read of a shard showed another time than the read before its last write."""
        group = self._groups.get(key)
        return group is None or group.cell(shard).moved

    def read(self, key: GroupKey, shard: int, update_time: int) -> None:
        """Take note of what a read showed."""
        cell = self._groups[key].cell(shard)
        before = cell.seen
        if before is None or before.writes != cell.writes:
            cell.moved = before is None or before.update_time != update_time
        cell.seen = Seen(update_time, cell.writes, cell.answered_at)

    def expect(self, key: GroupKey, shard: int) -> ExpectedEntry:
        """Return what a read of a shard of an existing group must show."""
        group = self._groups[key]
        cell = group.cell(shard)
        return ExpectedEntry(
            shard,
            cell.checkpoint,
            cell.writes,
            cell.sent_at,
            cell.writer,
            frozenset(group.consumers),
            frozenset(cell.earlier),
            frozenset(self._former.get((key, shard), ())),
            frozenset(cell.refused),
            self._foreign(key, shard),
            cell.seen,
        )

    def _foreign(self, key: GroupKey, shard: int) -> Mapping[str, Origin]:
        """Return every checkpoint written elsewhere, and the nearest place where it was."""
        nearest: dict[str, Origin] = {}
        for value, places in self._origins.items():
            distances = {_distance(place, (key, shard)) for place in places} - {None}
            for origin in ("shard", "group", "logstore", "project"):
                if origin in distances:
                    nearest[value] = origin
                    break
        return nearest


def _distance(place: tuple[GroupKey, int], here: tuple[GroupKey, int]) -> Origin | None:
    (key, shard), (own, own_shard) = place, here
    if key.project != own.project:
        return "project"
    if key.logstore != own.logstore:
        return "logstore"
    if key.group != own.group:
        return "group"
    return "shard" if shard != own_shard else None
