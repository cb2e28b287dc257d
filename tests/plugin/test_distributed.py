"""pytest-xdist: many processes, one session."""

from __future__ import annotations

import json

SHARED = """
    @pytest.mark.sls_cassette(name="shared")
    @pytest.mark.parametrize("shard", range(40))
    def test_asks(sls, shard):
        ask(sls, shard=shard)
"""


def test_four_workers_lose_nothing_in_one_cassette(project):
    """40 tests that share a cassette under -n 4: 40 recordings; replayed by two workers, counted by the controller."""
    result = project.test(SHARED).spawn("--sls-record=once", "-n4")
    result.assert_outcomes(passed=40)
    result.stdout.fnmatch_lines(["sls-contract: 40 exchanges checked *, 40 exchanges recorded*"])
    assert sorted(map(int, project.shards("shared"))) == list(range(40))
    assert project.cassettes() == ["cassettes/test_it/shared.sls.yaml"]
    result = project.spawn("-n2", "--sls-report=report.json")
    result.assert_outcomes(passed=40)
    assert json.loads((project.path / "report.json").read_text("utf-8"))["summary"]["exchanges"] == 40


def test_findings_and_counts_come_from_all_workers(project):
    """Each test's own cassette, findings of both workers in one report, also where -x cuts the run short."""
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.parametrize("shard", range(4))
        def test_wrong(sls, shard):
            ask(sls, query=f"shardId={shard}")
        """
    )
    project.spawn("--sls-record=once", "-n2", "--sls-report=report.json").assert_outcomes(failed=4)
    report = json.loads((project.path / "report.json").read_text("utf-8"))
    wrong = {each["test"] for each in report["findings"] if each["level"] == "violation"}
    assert wrong == {f"test_it.py::test_wrong[{shard}]" for shard in range(4)}
    assert len(project.cassettes()) == 4
    project.spawn("-n2", "-x", "--sls-report=short.json")
    assert json.loads((project.path / "short.json").read_text("utf-8"))["summary"]["violations"] >= 1
