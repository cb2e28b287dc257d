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
WRONG = """
    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("shard", range(4))
    def test_wrong(sls, shard):
        ask(sls, query=f"shardId={shard}")
"""


@pytest.mark.parametrize("workers", [2, full(4)])
def test_what_workers_record_and_find_is_all_there(project, workers):
    """40 recordings in one cassette, each test's own cassette beside it, and the findings of all in one report."""
    result = project.test(SHARED + WRONG).spawn("--sls-record=once", f"-n{workers}", "--sls-report=report.json")
    result.assert_outcomes(passed=40, failed=4)
    result.stdout.fnmatch_lines(["sls-contract: 44 exchanges checked *, 44 exchanges recorded*"])
    assert sorted(map(int, project.shards("shared"))) == list(range(40))
    assert len(project.cassettes()) == 5
    report = json.loads((project.path / "report.json").read_text("utf-8"))
    wrong = {each["test"] for each in report["findings"] if each["level"] == "violation"}
    assert wrong == {f"test_it.py::test_wrong[{shard}]" for shard in range(4)}
    assert report["exit_code"] == 1
    project.run("-k", "asks").assert_outcomes(passed=40, deselected=4)


@pytest.mark.full
def test_two_workers_replay_one_cassette(project):
    """Whoever plays which part, the controller counts the whole."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=40)
    result = project.spawn("-n2", "--sls-report=report.json")
    result.assert_outcomes(passed=40)
    assert json.loads((project.path / "report.json").read_text("utf-8"))["summary"]["exchanges"] == 40


@pytest.mark.full
def test_findings_come_from_all_workers_where_the_run_is_cut_short(project):
    """With -x the first of them ends the run, and is in the report."""
    project.test(WRONG).run("--sls-record=once").assert_outcomes(failed=4)
    project.spawn("-n2", "-x", "--sls-report=short.json")
    assert json.loads((project.path / "short.json").read_text("utf-8"))["summary"]["violations"] >= 1
