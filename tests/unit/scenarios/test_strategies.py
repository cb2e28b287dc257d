"""The public strategies: what conforms is found to conform, what is broken is found to be broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sls_contract.checks import judge
from sls_contract.exchange import Exchange, Request
from sls_contract.scenarios import SCENARIOS, Beat, Create, Read, strategies
from sls_contract.scenarios.breakages import BREAKAGES
from sls_contract.scenarios.exploration import explore
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, verify_signature
from sls_contract.spec import Level, operation_of

KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
PLAIN = Request("GET", "http://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g")


def violations(exchange: Exchange) -> list[str]:
    found = judge(exchange, credentials=()).findings
    return [finding.code for finding in found if finding.level is Level.VIOLATION and finding.code.startswith("SLS2")]


@settings(max_examples=60, deadline=None)
@given(strategies.requests())
def test_requests_are_signed_reads(drawn):
    """Every request asks for GetCheckPoint and verifies at its time, whatever the names in it."""
    request, at = drawn
    assert operation_of(request).operation == "GetCheckPoint"
    assert verify_signature(request, KEYS, at=at) is None


@settings(max_examples=60, deadline=None)
@given(strategies.exchanges())
def test_exchanges_conform(exchange):
    """No clause is violated, on either side."""
    found = judge(exchange, credentials=KEYS).findings
    assert [str(finding) for finding in found if finding.level is Level.VIOLATION] == []


@settings(max_examples=60, deadline=None)
@given(strategies.error_answers())
def test_error_answers_conform(answer):
    """Documented errors violate nothing."""
    assert violations(Exchange(PLAIN, answer)) == []


@settings(max_examples=100, deadline=None)
@given(strategies.broken_answers())
def test_broken_answers_do_not_conform(answer):
    """Every breakage violates a clause about answers."""
    assert violations(Exchange(PLAIN, answer)) != []


@settings(max_examples=60, deadline=None)
@given(st.one_of(strategies.group_names(), strategies.group_names(awkward=False), strategies.logstore_names()))
def test_names_are_not_empty(name):
    """Names can be put into a path: not empty, not only dots."""
    assert name.strip(".")


@settings(max_examples=30, deadline=None)
@given(strategies.sequences(3, ("main", "other"), tokens=True), strategies.near_misses(3))
def test_sequences_begin_with_a_group_and_end_with_a_read(steps, flawed):
    """A generated sequence is never about nothing; a near miss stands between two correct reads."""
    assert (steps[0], steps[1], steps[-1]) == (Create(), Beat(), Read())
    before, wrong, after = flawed
    assert before == after == Read(before.shard)
    assert wrong.shard in {before.shard, None}
    assert wrong.dress.flaw is not None


def test_scenarios_tell_what_they_are_about():
    """Each has words for its expectation and a source; what it needs follows from its steps."""
    assert len(SCENARIOS) > 60
    assert all(each.expects and each.source and each.area for each in SCENARIOS.values())
    assert SCENARIOS["many-shards"].shards_needed == 256
    assert SCENARIOS["token-v4"].keys == {"own", "sts"}
    assert BREAKAGES


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
