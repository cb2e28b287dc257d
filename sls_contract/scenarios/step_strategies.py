"""Hypothesis strategies for `verify`: steps in any order, and signatures that are almost correct."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from sls_contract.scenarios.near_misses import NEAR_MISSES
from sls_contract.scenarios.steps import (
    Call,
    Create,
    Delete,
    Drain,
    Follow,
    HeartBeat,
    Kept,
    ListGroups,
    Place,
    Put,
    Read,
    RequestVariant,
    Role,
    Step,
    Update,
    Write,
)
from sls_contract.scenarios.wire_forms import forms_for
from sls_contract.signing import SCHEMES


def variants(*, tokens: bool = False) -> st.SearchStrategy[RequestVariant]:
    """Every signature scheme in every client's form; ``tokens``: also with a temporary key."""
    keys = ("own", "sts") if tokens else ("own",)
    return st.sampled_from([RequestVariant(s, form, key) for s in SCHEMES for form in forms_for(s) for key in keys])  # type: ignore[arg-type]  # both are of the literal types


def places(roles: Sequence[Role] = ("main",)) -> st.SearchStrategy[Place]:
    """Two groups in each of the given logstores."""
    return st.sampled_from([Place(group, role) for role in roles for group in ("a", "b")])


def steps(shard_count: int, roles: Sequence[Role] = ("main",), *, tokens: bool = False) -> st.SearchStrategy[Step]:
    """One operation on one of a few groups, shards and consumers; reads in any variant."""
    at, consumers = places(roles), st.sampled_from(["consumer_1", "consumer_2"])
    known = st.integers(0, max(0, min(shard_count, 3) - 1))
    wanted = st.one_of(st.none(), known, st.sampled_from(["next", "far"]))
    forced = st.builds(Write, known, st.none(), consumers, st.sampled_from(["true", "True"]), at)
    any_write = st.builds(Write, known, st.none(), consumers, st.sampled_from(["true", "false", "True"]), at)
    return st.one_of(
        st.builds(Read, wanted, at, variants(tokens=tokens)),
        any_write,
        st.builds(HeartBeat, consumers, at),
        st.builds(Create, at),
        st.builds(Read, wanted, at),
        forced,
        st.builds(Delete, at),
        st.builds(_update_or_list, st.sampled_from([None, 60, 600]), st.sampled_from([None, True, False]), at),
    )


def _update_or_list(timeout: int | None, order: bool | None, at: Place) -> Step:  # noqa: FBT001 - as in the body
    """Return an UpdateConsumerGroup, or a ListConsumerGroup where nothing would change."""
    return ListGroups(at) if timeout is None and order is None else Update(timeout, order, at)


def sequences(
    shard_count: int, roles: Sequence[Role] = ("main",), *, tokens: bool = False
) -> st.SearchStrategy[tuple[Step, ...]]:
    """Operations in any order, after a group and its consumer were created; the last step reads every shard.

    The minimum length is drawn first: otherwise Hypothesis prefers lists of about five, too short for many states.
    """
    each = steps(shard_count, roles, tokens=tokens)
    middle = st.integers(0, 16).flatmap(lambda least: st.lists(each, min_size=least, max_size=24))
    return middle.map(lambda chosen: (Create(), HeartBeat(), *chosen, Read()))


def log_sequences(shard_count: int) -> st.SearchStrategy[tuple[Step, ...]]:
    """Write logs in any compression and pull some; the last steps pull the rest."""
    puts = st.builds(Put, st.integers(1, 3), st.sampled_from(["", "lz4", "deflate"]))
    drains = st.builds(
        Drain, st.sampled_from([1, 2, 100]), st.sampled_from(["", "lz4"]), st.sampled_from(["log", "logs"])
    )
    known = st.integers(0, max(0, min(shard_count, 3) - 1))
    times = st.sampled_from(["begin", "end", "0", "4102444800"])
    cursors = st.builds(lambda shard, time: Call("GetCursor", shard, (("from", time),)), known, times)
    each = st.one_of(puts, drains, puts, cursors, st.just(Call("ListShards")))
    found = (
        *(Call("GetCursor", "written", (("from", time),)) for time in ("begin", "end")),
        Call("GetCursorTime", "written", (("cursor", Kept("log")),)),
    )
    return st.lists(each, max_size=8).map(lambda chosen: (Follow(), Put(), *chosen, Drain(), *found))


def near_misses(shard_count: int, *, tokens: bool = False) -> st.SearchStrategy[tuple[Step, ...]]:
    """Draw a read or a write with a signature that is almost correct, between two correct reads."""
    keys = ("own", "sts") if tokens else ("own",)
    flawed = [
        RequestVariant(scheme, form, key, flaw=flaw.name)  # type: ignore[arg-type]  # both are of the literal types
        for flaw in NEAR_MISSES.values()
        for scheme in flaw.schemes
        for form in ("bare", "go", "upper", "plain")
        if form in forms_for(scheme)
        for key in keys
    ]
    known = st.integers(0, max(0, shard_count - 1))
    return st.builds(_near_miss, known, st.sampled_from(flawed), st.sampled_from(["one shard", "every shard", "write"]))


def _near_miss(shard: int, variant: RequestVariant, kind: str) -> tuple[Step, ...]:
    flaw = NEAR_MISSES[str(variant.flaw)]
    step: Step = Read(shard, variant=variant)
    if flaw.on_writes or kind == "write":
        step = Write(shard, variant=variant)
    elif kind == "every shard" and not flaw.needs_query:
        step = Read(variant=variant)
    return (Read(shard), step, Read(shard))
