"""Hypothesis strategies of messages for every operation, from its contract: correct ones, errors, and broken ones.

For a test of your own parser::

    from hypothesis import given
    from sls_contract.scenarios import strategies

    @given(strategies.responses("PullLogs"))
    def test_my_parser_reads_every_correct_response(response):
        my_parser(response.headers, response.body)

    @given(strategies.broken_responses("PullLogs", kinds=["syntax", "coding"]))
    def test_my_parser_refuses_a_broken_response(drawn):
        breach, response = drawn
        with pytest.raises(MyError):
            my_parser(response.headers, response.body)

An operation is named as in API 2020-12-30 or by an alias, or given as a `Contract`. `check` has no finding for correct
messages; a broken message breaks one rule, which its `Breach` names.
"""

from sls_contract.scenarios.strategies.breaches import Breach
from sls_contract.scenarios.strategies.consumer import sequences
from sls_contract.scenarios.strategies.messages import (
    broken_requests,
    broken_responses,
    errors,
    exchanges,
    requests,
    responses,
)
from sls_contract.scenarios.strategies.values import cursors, times

answers, broken_answers = responses, broken_responses  # earlier names

__all__ = [
    "Breach",
    "broken_requests",
    "broken_responses",
    "cursors",
    "errors",
    "exchanges",
    "requests",
    "responses",
    "sequences",
    "times",
]
