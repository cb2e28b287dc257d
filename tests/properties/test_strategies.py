"""Strategies and checks agree on every contract: what is drawn correct has no finding, what is drawn broken has one."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sls_contract.checks import check
from sls_contract.checks.consumption import Consumption
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange
from sls_contract.scenarios import strategies
from sls_contract.signing import TEST_CREDENTIALS, request_time, verify_signature
from sls_contract.spec import Level
from sls_contract.spec.finding import weakest
from sls_contract.spec.registry import registry

FULL = bool(os.environ.get("SLS_FULL"))
EVERY_LEVEL = tuple(Level)
NAMES = [name for name in registry().names if FULL or registry().named(name).coverage != "model"]
"""Operations that are known from SDK models alone are many, and alike: they are left to long runs."""

few = settings(max_examples=200 if FULL else 4, deadline=None, suppress_health_check=list(HealthCheck))


def every_operation(test):
    """Try all of them; without SLS_FULL each third."""
    return pytest.mark.full(keep=3)(pytest.mark.parametrize("operation", NAMES)(test))


@pytest.mark.slow
@every_operation
def test_correct_exchanges_have_no_finding(operation):
    """A request asks for its operation and verifies; it has no finding, nor have its responses and errors."""

    @few
    @given(st.data())
    def holds(data):
        request = data.draw(strategies.requests(operation))
        assert registry().operation_of(request).operation == operation
        assert verify_signature(request, TEST_CREDENTIALS) is None
        response = data.draw(st.one_of(strategies.responses(operation, request), strategies.errors(operation, request)))
        assert check(Exchange(request, response)) == ()

    holds()


@pytest.mark.slow
@every_operation
def test_a_broken_request_has_a_finding_where_it_is_broken(operation):
    """Whatever rule of the contract a request breaks is found at its place, as grave as said."""

    @few
    @given(strategies.broken_requests(operation, levels=EVERY_LEVEL))
    def holds(drawn):
        breach, request = drawn
        assert breach.level in levels_at(breach.where, check(Exchange(request, None)))

    holds()


@every_operation
def test_a_broken_response_has_a_finding_where_it_is_broken(operation):
    """Whatever rule of the contract a response breaks is found at its place, as grave as said."""

    @few
    @given(st.data())
    def holds(data):
        request = data.draw(strategies.requests(operation))
        breach, response = data.draw(strategies.broken_responses(operation, request, levels=EVERY_LEVEL))
        findings = check(Exchange(request, response))
        assert breach.level in levels_at(breach.where, findings)
        assert {each.operation for each in findings} == {operation}

    holds()


@settings(max_examples=300 if FULL else 10, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.sequences())
def test_sequences_of_a_consumer_have_no_finding(exchanges):
    """Every exchange of a generated sequence keeps the contract of its operation, and fits those before it."""
    books = Consumption(alone=True, in_order=True)
    for exchange in exchanges:
        assert check(exchange) == ()
        assert books.judge(exchange, request_time(exchange.request)).findings == ()


def test_every_operation_can_be_broken():
    """Also one that only the models of an SDK describe."""
    unbroken = []
    for operation in registry().names:
        for broken in (strategies.broken_requests, strategies.broken_responses):
            try:
                broken(operation)
            except UsageError as error:
                unbroken.append(str(error))
    assert unbroken == []


def levels_at(where, findings):
    """Return the levels that were found at a place, and those below; an unknown query key is quoted there."""
    found = [finding.level for finding in findings if finding.where.replace('"', "") == where]
    return {level for level in Level for each in found if weakest(level, each) == level}
