"""pytest-xdist: many processes, one session."""

from __future__ import annotations

import json

import pytest
from left_out import full

SHARED = """
    @pytest.mark.sls_cassette(name="shared")
    @pytest.mark.parametrize("shard", range(40))
    def test_asks(sls, shard):
        ask(sls, shard=shard)
"""


@pytest.fixture
def wrong(project):
    return project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.parametrize("shard", range(4))
        def test_wrong(sls, shard):
            ask(sls, query=f"shardId={shard}")
        """
    )


@pytest.mark.parametrize("workers", [2, full(4)])
def test_workers_lose_nothing_in_one_cassette(project, workers):
    """40 tests that share a cassette: 40 recordings, counted by the controller."""
    result = project.test(SHARED).spawn("--sls-record=once", f"-n{workers}")
    result.assert_outcomes(passed=40)
    result.stdout.fnmatch_lines(["sls-contract: 40 exchanges checked *, 40 exchanges recorded*"])
    assert sorted(map(int, project.shards("shared"))) == list(range(40))
    assert project.cassettes() == ["cassettes/test_it/shared.sls.yaml"]
    project.run().assert_outcomes(passed=40)


@pytest.mark.full
def test_two_workers_replay_one_cassette(project):
    """Whoever plays which part, the controller counts the whole."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=40)
    result = project.spawn("-n2", "--sls-report=report.json")
    result.assert_outcomes(passed=40)
    assert json.loads((project.path / "report.json").read_text("utf-8"))["summary"]["exchanges"] == 40


def test_findings_and_counts_come_from_all_workers(wrong):
    """Each test's own cassette, findings of both workers in one report."""
    wrong.spawn("--sls-record=once", "-n2", "--sls-report=report.json").assert_outcomes(failed=4)
    report = json.loads((wrong.path / "report.json").read_text("utf-8"))
    tests = {each["test"] for each in report["findings"] if each["level"] == "violation"}
    assert tests == {f"test_it.py::test_wrong[{shard}]" for shard in range(4)}
    assert len(wrong.cassettes()) == 4


@pytest.mark.full
def test_findings_come_from_all_workers_where_the_run_is_cut_short(wrong):
    wrong.run("--sls-record=once").assert_outcomes(failed=4)
    wrong.spawn("-n2", "-x", "--sls-report=short.json")
    assert json.loads((wrong.path / "short.json").read_text("utf-8"))["summary"]["violations"] >= 1
