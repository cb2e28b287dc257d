"""What is counted while a cassette is open, what fails a test, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sls_contract import Exchange, Request, Response
from sls_contract.cassettes.results import Breach, Results, failing, message
from sls_contract.checks import judge
from sls_contract.spec import CLAUSES, Level, clause

URL = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/x/consumergroups/g?shard=0"
EXCHANGE = Exchange(Request("GET", URL), Response(200, {"Content-Type": "application/json"}, b"[]"))


def of_level(level, slug="update-time-unit"):
    return replace(clause(slug).finding("/0/updateTime", "µs", "s", "multiply"), level=level)


def test_counts():
    """Exchanges, operations, evidence and clauses add up; exchanges are kept only where asked."""
    results, keeping = Results(), Results(keep=True)
    other = Exchange(Request("POST", URL.partition("/consumergroups")[0] + "/shards/0/split"), None)
    foreign = Exchange(Request("GET", "https://oss-cn-hangzhou.aliyuncs.com/x"), None)
    for each in (EXCHANGE, other, foreign):
        for one in (results, keeping):
            one.count(each, [judge(each)], "reference", 0)
    assert (results.exchanges, results.evidence) == (3, {"reference": 3})
    assert (results.extents, results.not_judged) == ({"full": 1, "part": 1}, 1)
    assert 0 < len(results.exercised) <= len(CLAUSES)
    assert (results.seen, keeping.seen) == ([], [EXCHANGE, other, foreign])


@pytest.mark.parametrize(
    "extents", [["full", "part"], ["part", "full"], ["derivation", "part"], ["part"]], ids="-".join
)
def test_halves_of_which_one_is_judged_in_part(extents):
    """The exchange is judged in part, whichever half that is."""
    results = Results()
    results.count(EXCHANGE, [replace(judge(EXCHANGE), extent=each) for each in extents], "reference", 0)
    assert results.extents == {"part": 1}


def test_phases_see_their_own_breaches():
    """Since gives what is new, and the mark for the next time; errors are taken once."""
    results = Results()
    results.add([of_level(Level.VIOLATION)], EXCHANGE)
    first, mark = results.since(0)
    results.add([of_level(Level.WARNING)], EXCHANGE, 3)
    second, _ = results.since(mark)
    assert [breach.finding.level for breach in (*first, *second)] == ["violation", "warning"]
    assert second[0].position == 3
    results.fail("disk full")
    assert (results.take_errors(), results.take_errors()) == (["disk full"], [])


def test_what_fails():
    """Violations do, warnings only where strict, unspecified never; an accepted code does not."""
    breaches = [Breach(of_level(level), EXCHANGE) for level in (Level.VIOLATION, Level.WARNING, Level.UNSPECIFIED)]
    assert failing(breaches) == breaches[:1]
    assert failing(breaches, strict=True) == breaches[:2]
    assert failing(breaches, allowed=[breaches[0].finding.code]) == []
    assert failing(breaches, allowed=["SLS999"]) == breaches[:1]


def test_the_message_shows_each_exchange_once():
    """Findings of one exchange stand together above it."""
    one, two = of_level(Level.VIOLATION), of_level(Level.VIOLATION, "checkpoint-decimal")
    other = Exchange(Request("GET", URL + "1"), None)
    third = replace(one, actual="minutes")
    text = message([Breach(one, EXCHANGE), Breach(two, EXCHANGE), Breach(third, other)], "x.yaml")
    assert text.startswith("3 breaches of the contract in x.yaml\n")
    assert text.count("> GET ") == 2
    assert text.count("How to fix: multiply") == 3
    assert " times" not in text
    assert message([Breach(one, other)], "x.yaml").startswith("1 breach of the contract in x.yaml\n")


def test_the_message_tells_alike_breaches_once():
    """Two hundred exchanges with one mistake are one mistake; of many mistakes the first twenty are enough to go on."""
    finding = of_level(Level.VIOLATION)
    breaches = [Breach(finding, Exchange(Request("GET", f"{URL}{number}"), None)) for number in range(200)]
    text = message(breaches, "x.yaml")
    assert text.startswith("200 breaches of the contract in x.yaml\n")
    assert "  200 times; the first is shown\n" in text
    assert text.count("> GET ") == text.count("How to fix: multiply") == 1
    assert "shard=00\n" in text
    many = message([Breach(replace(finding, actual=str(number)), EXCHANGE) for number in range(25)], "x.yaml")
    assert many.count("How to fix: multiply") == 20
    assert many.endswith("… and 5 more that differ from these")
