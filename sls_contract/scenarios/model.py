"""What the service must know after what it accepted and refused: a model of groups, consumers, checkpoints and logs.

It follows the answers: what was answered with 200 happened, anything else did not. It shares no code with the
reference endpoint, so that each can find the other's mistakes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.checks.sequence import ExpectedEntry, LastRead, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sls_contract.scenarios.log_messages import PulledLog


_SURELY_GONE = 3  # timeouts


class GroupKey(NamedTuple):
    """A group by its real names."""

    logstore: str
    group: str
    project: str = ""


class Settings(NamedTuple):
    """What a group was made with, or given since; the timeout in seconds."""

    timeout: int
    order: bool


_USUAL = Settings(300, order=False)


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
    seen: LastRead | None = None
    moved: bool = True


@dataclass(slots=True)
class _Group:
    """A group from its creation to its deletion; ``version`` counts what changed it."""

    settings: Settings
    cells: dict[int, _Cell] = field(default_factory=dict)
    assigned: dict[str, frozenset[int]] = field(default_factory=dict)
    consumers: set[str] = field(default_factory=set)
    beats: dict[str, datetime | None] = field(default_factory=dict)
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
        self._gone: set[GroupKey] = set()

    def exists(self, key: GroupKey) -> bool:
        """Tell whether the group was made and not deleted."""
        return key in self._groups

    def has_groups(self, project: str) -> bool:
        """Tell whether any group of a project was made and not deleted."""
        return any(key.project == project for key in self._groups)

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

    def is_alive(self, key: GroupKey, consumer: str, at: datetime) -> bool | None:
        """Tell whether a consumer's last heartbeat is younger than the timeout; None where that is not certain.

        A consumer is gone after three times the timeout: no page says how soon after it the service deletes one.
        """
        group = self._groups.get(key)
        last = group.beats.get(consumer) if group else None
        if group is None or last is None:
            return None
        silent, timeout = (at - last).total_seconds(), group.settings.timeout
        if silent < timeout - 1:
            return True
        return False if silent > _SURELY_GONE * timeout else None

    def holds_surely(self, key: GroupKey, shard: int, consumer: str, at: datetime) -> bool:
        """Tell whether a consumer is alive and the only one that was assigned a shard."""
        group = self._groups.get(key)
        alone = group is not None and group.only_holder(shard) == consumer
        return alone and self.is_alive(key, consumer, at) is True

    def created(self, key: GroupKey, settings: Settings = _USUAL) -> None:
        """Take note of an accepted CreateConsumerGroup."""
        self._groups[key] = _Group(settings)
        self._gone.discard(key)

    def updated(self, key: GroupKey, timeout: int | None, order: bool | None) -> None:  # noqa: FBT001 - as in the body
        """Take note of an accepted UpdateConsumerGroup; None was not named."""
        group = self._groups.get(key)
        if group is not None:
            before = group.settings
            group.settings = Settings(
                before.timeout if timeout is None else timeout, before.order if order is None else order
            )

    def listing(self, logstore: str, project: str) -> tuple[dict[str, Settings], frozenset[str]]:
        """Return the groups that a logstore must list, by name, and names that it must not list."""
        there = {
            key.group: group.settings
            for key, group in self._groups.items()
            if (key.logstore, key.project) == (logstore, project)
        }
        # names are the run's own: what is only elsewhere, or no longer here, cannot be here
        return there, frozenset({key.group for key in (*self._groups, *self._gone)} - there.keys())

    def deleted(self, key: GroupKey) -> None:
        """Take note of an accepted DeleteConsumerGroup; what was written becomes what must not come back."""
        gone = self._groups.pop(key, None)
        self._gone.add(key)
        for shard, cell in gone.cells.items() if gone else ():
            written = cell.earlier | ({cell.checkpoint} if cell.writes else set())
            self._former.setdefault((key, shard), set()).update(written)

    def assigned(self, key: GroupKey, consumer: str, shards: frozenset[int], at: datetime | None = None) -> None:
        """Take note of an accepted HeartBeat and its answer; ``at`` is when it was sent."""
        group = self._groups.get(key)
        if group is None:
            return
        group.version += 1
        group.beats[consumer] = at
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
        if group is None:
            self._gone.add(key)
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
        cell.seen = LastRead(update_time, cell.writes, cell.answered_at)

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


class Logstore(NamedTuple):
    """A logstore by its real names."""

    logstore: str
    project: str


class Written(NamedTuple):
    """A log that PutLogs was sent with.

    Attributes:
        where: the logstore.
        shard: the one whose range holds the hash key; None where none was sent.
        numbers: for each time that it was written, how many logs were written before.
        log: its contents.
        taken: whether PutLogs was answered with 200.
        answered_at: the server's time then.

    """

    where: Logstore
    shard: int | None
    numbers: tuple[int, ...]
    log: PulledLog
    taken: bool
    answered_at: datetime


class Found(NamedTuple):
    """Where a log was pulled: the shard, the cursor that was asked for, and the next one."""

    shard: int
    cursor: str
    following: str


@dataclass(slots=True)
class _Followed:
    """A logstore whose shards are pulled: where the next pull of each begins, and the last log found in it."""

    cursors: dict[int, str] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)


class LogModel:
    """The books of the logs of one run."""

    def __init__(self) -> None:
        """Know of nothing."""
        self._written: dict[str, Written] = {}
        self._found: dict[str, list[Found]] = {}
        self._count = 0
        self._followed: dict[Logstore, _Followed] = {}

    def follow(self, where: Logstore, shard: int, cursor: str) -> None:
        """Pull a shard from a cursor on."""
        self._followed.setdefault(where, _Followed()).cursors[shard] = cursor

    def cursors(self, where: Logstore) -> dict[int, str]:
        """Return where the next pull of each followed shard begins."""
        return dict(self._followed.get(where, _Followed()).cursors)

    def put(
        self, where: Logstore, shard: int | None, logs: dict[str, PulledLog], answered_at: datetime, *, taken: bool
    ) -> None:
        """Take note of a PutLogs, its logs by what marks them; one that is refused the second time is there once."""
        for mark, log in logs.items():
            before = self._written.get(mark)
            if before is None or taken:
                numbers = (*(before.numbers if before and before.taken else ()), self._count)
                self._written[mark] = Written(where, shard, numbers, log, taken, answered_at)
            self._count += 1

    def outstanding(self, where: Logstore) -> dict[str, Written]:
        """Return what was taken in a followed logstore and not pulled yet, or not as often as it was written."""
        return {
            mark: each
            for mark, each in self._written.items()
            if each.taken and each.where == where and len(self._found.get(mark, ())) < len(each.numbers)
        }

    def refused(self, where: Logstore) -> bool:
        """Tell whether a PutLogs to a logstore was refused, so that its logs must not be there."""
        return any(not each.taken and each.where == where for each in self._written.values())

    def written(self, mark: str) -> Written | None:
        """Return what was written under a mark."""
        return self._written.get(mark)

    def pull(self, where: Logstore, mark: str, found: Found) -> tuple[bool, bool]:
        """Take note of a pulled log; tell whether it had to come once more, and behind those written before it.

        Which of several that are alike it is nobody can tell, so they come in any order.
        """
        last = self._followed.setdefault(where, _Followed()).last
        numbers, before = self._written[mark].numbers, self._found.setdefault(mark, [])
        first, alike = len(before) < len(numbers), len(numbers) > 1
        behind = alike or numbers[0] > last.get(found.shard, -1)
        before.append(found)
        if not alike:
            last[found.shard] = max(numbers[0], last.get(found.shard, -1))
        return first, behind

    def found_in(self, where: Logstore, shard: int) -> dict[str, Found]:
        """Return where each log of a shard that was pulled once is, by what marks it, in the order of pulling."""
        return {
            mark: found[0]
            for mark, found in self._found.items()
            if len(found) == 1 and found[0].shard == shard and self._written[mark].where == where
        }

    def found_before(self, found: Found) -> str | None:
        """Return the cursor of the log that was pulled before that of another cursor, in the same shard."""
        cursors = [each.cursor for all_of in self._found.values() for each in all_of if each.following == found.cursor]
        return cursors[-1] if cursors else None

    def last_found(self) -> tuple[Written, Found] | None:
        """Return the log that was pulled last, and where."""
        if not self._found:
            return None
        mark = next(reversed(self._found))
        return self._written[mark], self._found[mark][-1]
