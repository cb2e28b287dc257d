"""Hypothesis strategies for every operation, drawn from its contract: correct messages, errors, and broken ones.

For a test of your own parser::

    from hypothesis import given
    from sls_contract.scenarios import strategies

    @given(strategies.answers("PullLogs"))
    def test_my_parser_reads_every_correct_answer(answer):
        my_parser(answer.headers, answer.body)

    @given(strategies.broken_answers("PullLogs", kinds=["syntax", "coding"]))
    def test_my_parser_refuses_a_broken_answer(drawn):
        breach, answer = drawn
        with pytest.raises(MyError):
            my_parser(answer.headers, answer.body)

Operations go by the names of API 2020-12-30 or their aliases; a `Contract` of your own does as well. Correct messages
have no finding in `check`; a broken one breaks one rule, and `Breach` says which.
"""

from __future__ import annotations

from sls_contract.scenarios.strategies.breaches import Breach
from sls_contract.scenarios.strategies.consumer import sequences
from sls_contract.scenarios.strategies.messages import (
    answers,
    broken_answers,
    broken_requests,
    errors,
    exchanges,
    requests,
)
from sls_contract.scenarios.strategies.values import cursors, times

__all__ = [
    "Breach",
    "answers",
    "broken_answers",
    "broken_requests",
    "cursors",
    "errors",
    "exchanges",
    "requests",
    "sequences",
    "times",
]
