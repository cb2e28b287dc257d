"""How shards are shared: what holds after any sequence of heartbeats."""

from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from sls_contract.endpoint.state.consumer_groups import (
    SECOND,
    ConsumerGroup,
    entries,
    holder,
    live_consumers,
    with_checkpoint,
    with_heartbeat,
    with_holder,
)

BEATS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 8), st.booleans()), max_size=30)


@given(shards=st.integers(1, 7), beats=BEATS)
def test_no_shard_is_ever_held_twice_and_none_is_lost(shards, beats):
    """Obedient consumers that come and go hold disjoint shards; two beats each later, all is shared evenly."""
    group, now, held = ConsumerGroup(timeout=10, order=False), 0, {}
    for consumer, pause, leaves in beats:
        now += pause * SECOND
        held = {name: kept for name, kept in held.items() if name in live_consumers(group, now)}
        group, assigned = with_heartbeat(group, consumer, held.get(consumer, ()), range(shards), now)
        others = {shard for name, kept in held.items() if name != consumer for shard in kept}
        assert not others & set(assigned)
        held[consumer] = () if leaves else assigned
    live = sorted(live_consumers(group, now) | {"a"})
    for _ in range(2 * len(live)):
        for consumer in live:
            group, held[consumer] = with_heartbeat(group, consumer, held.get(consumer, ()), range(shards), now)
    assert sorted(shard for consumer in live for shard in held[consumer]) == list(range(shards))
    counts = [len(held[consumer]) for consumer in live]
    assert max(counts) - min(counts) <= 1
    assert all(holder(group, shard, now) == name for name in live for shard in held[name])


@given(shards=st.integers(1, 7), consumers=st.integers(1, 4))
def test_settled_shards_do_not_wander(shards, consumers):
    """Once shared, more heartbeats change nothing."""
    group, held = ConsumerGroup(timeout=10, order=False), {}
    names = [str(number) for number in range(consumers)]

    def round_of_beats():
        nonlocal group
        for name in names:
            group, held[name] = with_heartbeat(group, name, held.get(name, ()), range(shards), 0)
        return dict(held)

    for _ in range(3):
        settled = round_of_beats()
    assert round_of_beats() == settled


def test_who_holds_the_odd_shard_keeps_it():
    """A consumer that joins, whatever its name, does not take the only shard from the one that has it."""
    group, _ = with_heartbeat(ConsumerGroup(10, order=False), "b", (), (0,), 0)
    group, joined = with_heartbeat(group, "a", (), (0,), 1)
    group, kept = with_heartbeat(group, "b", (0,), (0,), 2)
    assert (joined, kept) == ((), (0,))


def test_a_shard_that_is_gone_is_not_assigned():
    """Shards that the logstore no longer has pass out of every assignment."""
    group = with_holder(ConsumerGroup(10, order=False), 9, "a", 0)
    group, assigned = with_heartbeat(group, "a", (9,), (0, 1), 0)
    assert assigned == (0, 1)
    assert dict(group.holders) == {0: "a", 1: "a"}


@given(times=st.lists(st.integers(0, 2**53), min_size=1, max_size=10))
def test_update_time_only_grows(times):
    """Whatever the clock does, every write moves updateTime forward."""
    group, seen = ConsumerGroup(10, order=False), [0]
    for now in times:
        group = with_checkpoint(group, 0, "MTI=", now)
        seen.append(entries(group, (0,), now)[0]["updateTime"])
    assert all(before < after for before, after in pairwise(seen))


def test_writing_returns_a_new_group():
    """A group that somebody holds never changes under them."""
    before = ConsumerGroup(10, order=False)
    with_checkpoint(before, 0, "MTI=", 1)
    with_heartbeat(before, "a", (), (0,), 1)
    assert before == ConsumerGroup(10, order=False)
