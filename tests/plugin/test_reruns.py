"""A test that failed is run again, as pytest-rerunfailures does: what it recorded before is taken back."""

from __future__ import annotations

import pytest
from left_out import full

from sls_contract import load_cassette

RERUNS = """
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    for _ in range(2):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if all(report.passed for report in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    return True
"""
FLAKY = """
    pytestmark = pytest.mark.sls_cassette(name="shared")
    runs = []

    def test_steady(sls):
        ask(sls)

    def test_flaky(sls):
        runs.append(1)
        ask(sls, shard=1)
        assert len(runs) > 1
        ask(sls, shard=2)
"""


@pytest.mark.parametrize("record", ["once", full("new_episodes"), full("all")])
def test_the_last_run_is_what_was_recorded(project, record):
    """Not a request twice, and none of another test is lost; what is recorded plays to its end."""
    project.write("conftest.py", RERUNS)
    project.test(FLAKY).run(f"--sls-record={record}").assert_outcomes(passed=2)
    assert sorted(project.shards("shared")) == ["0", "1", "2"]
    assert not list(project.path.rglob("*.journal"))
    result = project.run("--sls-strict")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*SLS61*")


@pytest.mark.slow
def test_only_the_last_run_is_proposed(project, service):
    """The first met a breaking response, and is over; the second one's alone is taken over."""
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.test("@pytest.mark.sls_cassette\ndef test_reads(sls):\n    ask(sls)")
    project.run("--sls-record=once", *options).assert_outcomes(passed=1)
    project.write("conftest.py", RERUNS)
    responses = [b"[]"]

    def change(response):
        body = responses.pop() if responses else response.body.replace(b'"shard"', b'"lag":7,"shard"')
        return response.replace(body=body, headers=response.headers.without("Content-Length"))

    service.change = change
    result = project.run("--sls-record=verify", "--sls-accept=additive,benign", *options)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*verified 1 cassette: 1 additive (accepted); 1 replaced by the proposal"])
    (exchange,) = load_cassette(project.cassette("test_reads")).exchanges
    assert b'"lag":7' in exchange.response.body
