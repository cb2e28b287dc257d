"""What a consumer group is and how it changes: pure functions over immutable values.

Times are microseconds since 1970 UTC, as in ``updateTime`` (the pages' example 1524224984800922 fits no other unit).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SECOND = 1_000_000  #: microseconds

Entry: TypeAlias = dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where consumption of a shard stands.

    Attributes:
        value: base64 as the client wrote it; ``""`` where the shard was never consumed.
        update_time: microseconds since 1970 UTC of the last write; 0 where there was none.

    """

    value: str = ""
    update_time: int = 0


NEVER_CONSUMED = Checkpoint()


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """A consumer group of one logstore.

    Attributes:
        timeout: seconds without a heartbeat after which a consumer is gone.
        order: whether shards that came of others wait until those are consumed.
        checkpoints: by shard, for the shards that were written.
        heartbeats: by consumer, the time of its last heartbeat.
        holders: by shard, the consumer that it was handed to.

    """

    timeout: int
    order: bool
    checkpoints: Mapping[int, Checkpoint] = field(default_factory=dict)
    heartbeats: Mapping[str, int] = field(default_factory=dict)
    holders: Mapping[int, str] = field(default_factory=dict)


def live_consumers(group: ConsumerGroup, now: int) -> frozenset[str]:
    """Return the consumers whose last heartbeat is at most ``timeout`` seconds old."""
    oldest = now - group.timeout * SECOND
    return frozenset(name for name, seen in group.heartbeats.items() if seen >= oldest)


def holder(group: ConsumerGroup, shard: int, now: int) -> str:
    """Return the live consumer that holds the shard, ``""`` where nobody does."""
    name = group.holders.get(shard, "")
    return name if name in live_consumers(group, now) else ""


def entries(group: ConsumerGroup, shards: Collection[int], now: int) -> list[Entry]:
    """Return GetCheckPoint's entries for the shards, keys in the order of the page's 111-byte example."""
    live = live_consumers(group, now)
    return [_entry(group, shard, live) for shard in shards]


def with_checkpoint(group: ConsumerGroup, shard: int, value: str, now: int) -> ConsumerGroup:
    """Return the group after a checkpoint was written; its ``updateTime`` always moves forward."""
    before = group.checkpoints.get(shard, NEVER_CONSUMED).update_time
    return replace(group, checkpoints={**group.checkpoints, shard: Checkpoint(value, max(now, before + 1))})


def with_holder(group: ConsumerGroup, shard: int, consumer: str, now: int) -> ConsumerGroup:
    """Return the group after the shard was handed to a consumer seen just now."""
    return replace(group, heartbeats={**group.heartbeats, consumer: now}, holders={**group.holders, shard: consumer})


def with_heartbeat(
    group: ConsumerGroup,
    consumer: str,
    held: Collection[int],
    shards: Collection[int],
    now: int,
    finished: Collection[int] = (),
) -> tuple[ConsumerGroup, tuple[int, ...]]:
    """Return the group after a heartbeat, and the shards the consumer shall hold from now on.

    Shards are shared evenly among the live consumers. A consumer that has too many is told fewer, and what it must
    give up passes to another only once a heartbeat no longer lists it (``held``) or the consumer timed out, so that
    two consumers never hold one shard. ``finished`` shards are told to nobody; who still lists one holds it until it no
    longer does, so that its last checkpoint is taken. Source: heartbeat semantics of the Java consumer library's
    README; how the service divides the shards is written nowhere.
    """
    beats = {name: group.heartbeats[name] for name in sorted(live_consumers(group, now))} | {consumer: now}
    holders = {shard: name for shard, name in group.holders.items() if name in beats and shard in shards}
    mine = sorted((shard for shard, name in holders.items() if name == consumer), key=lambda s: (s not in held, s))
    quota = _quota(consumer, beats, holders, len(shards))
    given_up = [shard for shard in mine[quota:] if shard not in held]
    holders = {shard: name for shard, name in holders.items() if shard not in given_up}
    free = [shard for shard in sorted(shards) if shard not in holders]
    leaving = {
        shard: name
        for shard, name in group.holders.items()
        if shard in finished and name in beats and (name != consumer or shard in held)
    }
    assigned = mine[:quota] + free[: max(0, quota - len(mine))]
    holders |= leaving | dict.fromkeys(assigned, consumer)
    return replace(group, heartbeats=beats, holders=holders), tuple(sorted(assigned))


def _entry(group: ConsumerGroup, shard: int, live: frozenset[str]) -> Entry:
    checkpoint = group.checkpoints.get(shard, NEVER_CONSUMED)
    name = group.holders.get(shard, "")
    return {
        "shard": shard,
        "checkpoint": checkpoint.value,
        "updateTime": checkpoint.update_time,
        "consumer": name if name in live else "",
    }


def _quota(consumer: str, consumers: Collection[str], holders: Mapping[int, str], shards: int) -> int:
    """Return how many shards the consumer gets; who holds most keeps the odd ones, so that shards do not wander."""
    share, odd = divmod(shards, len(consumers))
    counts = {name: sum(1 for other in holders.values() if other == name) for name in consumers}
    ranked = sorted(consumers, key=lambda name: (-counts[name], name))
    return share + (ranked.index(consumer) < odd)
