"""What `verify` generates, and how it searches for the smallest failure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.scenarios import SCENARIOS, Create, HeartBeat, Read, step_strategies
from sls_contract.scenarios.exploration import explore


@given(step_strategies.sequences(3, ("main", "other"), tokens=True), step_strategies.near_misses(3))
def test_sequences_begin_with_a_group_and_end_with_a_read(steps, flawed):
    """A generated sequence is never about nothing; a near miss stands between two correct reads."""
    assert (steps[0], steps[1], steps[-1]) == (Create(), HeartBeat(), Read())
    before, wrong, after = flawed
    assert before == after == Read(before.shard)
    assert wrong.shard in {before.shard, None}
    assert wrong.variant.flaw is not None


def test_scenarios_tell_what_they_are_about():
    """Each has words for its expectation and a source; what it needs follows from its steps."""
    assert len(SCENARIOS) > 60
    assert all(each.expects and each.source and each.area for each in SCENARIOS.values())
    assert SCENARIOS["many-shards"].shards_needed == 256
    assert SCENARIOS["token-v4"].keys == {"own", "sts"}


def test_a_search_finds_the_smallest_failure_and_stays_repeatable():
    """The same seed tries the same values; after a failure smaller ones are tried, to the smallest."""

    def tried(seed: int) -> list[int]:
        values: list[int] = []

        def passes(value: int) -> bool:
            values.append(value)
            return value < 1000

        explore(st.integers(0, 10**6), passes, examples=50, seed=seed)
        return values

    assert tried(1) == tried(1) != tried(2)
    assert min(value for value in tried(1) if value >= 1000) == 1000


def test_a_search_ends_when_its_tries_are_used_up():
    """Shrinking stops after so many tries: on a live service each costs requests."""
    failures: list[int] = []

    def passes(value: int) -> bool:
        if value >= 1000:
            failures.append(value)
        return value < 1000

    explore(st.integers(0, 10**9), passes, examples=50, seed=1, shrinks=3)
    assert 1 <= len(failures) <= 4


def test_whatever_a_try_raises_leaves_the_search():
    """An interruption is no failing value, and is not tried again."""
    calls = []

    def passes(value: int) -> bool:
        calls.append(value)
        raise SystemExit(143)

    with pytest.raises(SystemExit):
        explore(st.integers(), passes, examples=50, seed=1)
    assert len(calls) == 1


def test_an_endpoint_that_fails_now_and_then_does_not_confuse_a_search():
    """A failure that does not come again ends the search without an error."""
    calls = []

    def passes(value: int) -> bool:
        calls.append(value)
        return len(calls) != 5

    explore(st.integers(0, 10**6), passes, examples=20, seed=1)
    assert len(calls) >= 5
