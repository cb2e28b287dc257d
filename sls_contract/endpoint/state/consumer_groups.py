"""Consumer groups and their changes: pure functions over immutable values.

Times are microseconds since 1970 UTC, as in ``updateTime`` (the pages' example 1524224984800922 fits no other unit).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

SECOND = 1_000_000  #: microseconds

Entry: TypeAlias = dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The position of consumption in a shard.

    Attributes:
        value: base64 as the client wrote it; ``""`` if the shard was never consumed.
        update_time: microseconds since 1970 UTC of the last write; 0 if there was none.

    """

    value: str = ""
    update_time: int = 0


NEVER_CONSUMED = Checkpoint()


@dataclass(frozen=True, slots=True)
class ConsumerGroup:
    """A consumer group of one logstore.

    Attributes:
        timeout: seconds without a heartbeat after which a consumer is removed.
        order: whether the shards of a split or merge wait until their parents are consumed.
        checkpoints: by shard, for the shards that have one.
        heartbeats: by consumer, the time of its last heartbeat.
        holders: by shard, the consumer that it is assigned to.

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
    """Return the live consumer that holds the shard; ``""`` if there is none."""
    name = group.holders.get(shard, "")
    return name if name in live_consumers(group, now) else ""


def entries(group: ConsumerGroup, shards: Collection[int], now: int) -> list[Entry]:
    """Return GetCheckPoint's entries for the shards, keys in the order of the page's 111-byte example."""
    live = live_consumers(group, now)
    return [_entry(group, shard, live) for shard in shards]


def with_checkpoint(group: ConsumerGroup, shard: int, value: str, now: int) -> ConsumerGroup:
    """Return the group after a write of a checkpoint; its ``updateTime`` always moves forward."""
    before = group.checkpoints.get(shard, NEVER_CONSUMED).update_time
    return replace(group, checkpoints={**group.checkpoints, shard: Checkpoint(value, max(now, before + 1))})


def with_holder(group: ConsumerGroup, shard: int, consumer: str, now: int) -> ConsumerGroup:
    """Return the group after the assignment of a shard to a consumer, whose last heartbeat is now."""
    return replace(group, heartbeats={**group.heartbeats, consumer: now}, holders={**group.holders, shard: consumer})


def with_heartbeat(
    group: ConsumerGroup,
    consumer: str,
    held: Collection[int],
    shards: Collection[int],
    now: int,
    finished: Collection[int] = (),
) -> tuple[ConsumerGroup, tuple[int, ...]]:
    """Return the group after a heartbeat, and the shards that the consumer gets.

    Shards are shared evenly among the live consumers. A consumer with too many shards gets fewer. A shard that it loses
    passes to another consumer only after a heartbeat no longer lists it (``held``) or the consumer timed out, so that
    two consumers never hold one shard. ``finished`` shards are assigned to no consumer; a consumer that still lists one
    holds it, so that its last checkpoint is accepted. Source: heartbeat semantics of the Java consumer library's
    README; no page documents how the service divides the shards.
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
    """Return the consumer's number of shards; consumers with most shards get the remainder, so that few shards move."""
    share, odd = divmod(shards, len(consumers))
    counts = {name: sum(1 for other in holders.values() if other == name) for name in consumers}
    ranked = sorted(consumers, key=lambda name: (-counts[name], name))
    return share + (ranked.index(consumer) < odd)
