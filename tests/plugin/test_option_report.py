"""--sls-report: the document for programs."""

from __future__ import annotations

import io
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from left_out import full

from sls_contract import cli

TESTS = """
    @pytest.mark.sls_cassette
    def test_right(sls):
        ask(sls)

    @pytest.mark.sls_cassette
    def test_wrong(sls):
        ask(sls, query="shardId=0")
"""


@pytest.mark.slow
def test_the_report_says_what_was_checked_and_found(project):
    """Findings with test and exchange, counts, evidence: what design and command line promise of every report."""
    allowed = "@pytest.mark.sls_allow('SLS103', reason='as it was')\n    def test_wrong"
    project.test(TESTS.replace("def test_wrong", allowed)).run("--sls-record=once").assert_outcomes(passed=2)
    project.test(TESTS).run("--sls-report=out/report.json").assert_outcomes(passed=1, failed=1)
    report = json.loads((project.path / "out/report.json").read_text("utf-8"))
    assert (report["version"], report["command"]) == (1, "pytest")
    assert report["target"] == {"endpoint": "reference", "evidence": "reference"}
    assert report["summary"]["exchanges"] == 2
    assert report["summary"]["violations"] == 1
    assert 10 < report["summary"]["clauses"]["exercised"] < report["summary"]["clauses"]["total"]
    (finding,) = [each for each in report["findings"] if each["level"] == "violation"]
    assert finding["test"] == "test_it.py::test_wrong"
    assert finding["exchange"] == 0
    assert (finding["cassette"].endswith("test_wrong.sls.yaml"), finding["line"]) == (True, 4)
    assert finding["code"].startswith("SLS1")
    assert finding["where"] == "query shardId"
    assert finding["how_to_fix"]


@pytest.mark.slow
@pytest.mark.parametrize("place", [".", "tests"])
def test_the_commands_of_a_report_repeat_the_run(project, monkeypatch, place):
    """With the options that were given, from the folder in which pytest was called; the report stays as it is."""
    project.test(TESTS, "tests/test_it.py").run("--sls-record=once", "tests").assert_outcomes(passed=1, failed=1)
    folder = project.path / place
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PYTHONPATH", str(project.path))
    named = ("-p", "no:cacheprovider", "--rootdir", str(project.path), "-c", str(project.path / "pytest.ini"))
    ids = ("tests/test_it.py::test_right", "tests/test_it.py::test_wrong")
    paths = ("test_it.py",) if place == "tests" else ids
    first = _run("pytest", *named, "--sls-strict", "--sls-report", "report.json", *paths)
    report = folder / "report.json"
    whole, wrong = (shlex.split(each) for each in json.loads(report.read_text("utf-8"))["repeat"])
    report.unlink()
    assert _run(*whole) == first
    assert _run(*wrong) == (1, {"failed": 1})
    assert whole == ["pytest", *named, "--sls-strict", *paths]
    assert wrong[:-1] == ["pytest", *named, "--sls-strict"]
    assert not report.exists()


def _run(*words):
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)
    return done.returncode, pytest.RunResult.parse_summary_nouns(done.stdout.splitlines())


def test_a_run_merged_with_its_parts_and_a_check_counts_each_exchange_once(project, monkeypatch):
    """A matrix of Python versions plays the same recordings; what was recorded anew elsewhere are other exchanges."""
    monkeypatch.chdir(project.path)
    project.test(TESTS.replace("shardId", "shard")).run("--sls-record=once").assert_outcomes(passed=2)
    for name, *options in (("whole",), ("right", "-k", "right"), ("wrong", "-k", "wrong")):
        project.run(f"--sls-report={name}.json", *options)
    sls("check", "cassettes", "--json", "check.json")
    assert exchanges_of("right", "wrong") == exchanges_of("whole", "right", "wrong") == 2
    assert exchanges_of("right", "check") == exchanges_of("check") == 2
    project.test(TESTS.replace("shardId=0", "shard=1")).run("--sls-record=all", "--sls-report=anew.json")
    assert exchanges_of("whole", "anew") == 4
    project.run("--sls-record=verify", "--sls-report=verify.json")
    assert exchanges_of("anew", "verify") == 4


def sls(*arguments):
    """Run a command of sls-contract."""
    told = io.StringIO()
    code = cli.run([*arguments], environ={}, stdin=io.StringIO(), stdout=told, stderr=told)
    assert code == 0, told.getvalue()


def exchanges_of(*names):
    """Merge reports, and return how many exchanges there are."""
    sls("merge", *(f"{name}.json" for name in names), "--json", "all.json")
    return json.loads(Path("all.json").read_text("utf-8"))["summary"]["exchanges"]


def test_a_run_without_cassettes_reports_nothing_found(project):
    """The file exists whenever it was asked for: a program need not guess."""
    project.test("def test_plain(): pass").run("--sls-report=report.json").assert_outcomes(passed=1)
    report = json.loads((project.path / "report.json").read_text("utf-8"))
    assert (report["findings"], report["summary"]["exchanges"]) == ([], 0)


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), full(("-n1",))])
def test_the_page_shows_the_exchange_of_a_test_also_from_a_worker(project, monkeypatch, options):
    """With the map of what was judged; in GitHub Actions annotations stand at the cassette's line."""
    allowed = "@pytest.mark.sls_allow('SLS103', reason='as it was')\n    def test_wrong"
    project.test(TESTS.replace("def test_wrong", allowed)).run("--sls-record=once").assert_outcomes(passed=2)
    project.test(TESTS)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = (project.spawn if options else project.run)("--sls-report=report.html", *options)
    page = (project.path / "report.html").read_text("utf-8")
    assert "consumergroups/consumer_group_test?shardId=0</mark>" in page
    assert '<th scope="row">GetCheckPoint</th>' in page
    result.stderr.fnmatch_lines(["::error title=SLS103 *,file=*test_wrong.sls.yaml,line=4::*"])


@pytest.mark.slow
def test_several_reports_and_the_ini_file(project):
    """The option is repeatable; ini sls_report lists defaults."""
    project.test(TESTS).run("--sls-record=once", "--sls-report=a.json", "--sls-report=b.json")
    assert (project.path / "a.json").read_bytes() == (project.path / "b.json").read_bytes()
    project.ini("sls_report = c.json").run()
    assert (project.path / "c.json").exists()


def test_another_suffix_is_a_usage_error(project):
    """The suffix tells the kind of report; one that nobody writes is told at once."""
    result = project.test(TESTS).run("--sls-report=report.txt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*must end in .json, *report.txt*"])


def test_a_report_that_cannot_be_written_fails_the_run(project):
    """The tests passed, the report is missing: the run says so, without a traceback, and is not green."""
    project.write("occupied", "a file where a folder is asked for")
    result = project.test("def test_plain(): pass").run("--sls-report=occupied/report.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["sls-contract: cannot write the report to occupied/report.json*How to fix*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


@pytest.mark.slow
def test_without_a_terminal_reporter_the_report_is_written(project):
    """-p no:terminal takes the summary away, nothing else."""
    project.test(TESTS).spawn("-p", "no:terminal", "--sls-record=once", "--sls-report=report.json")
    assert json.loads((project.path / "report.json").read_text("utf-8"))["summary"]["exchanges"] == 2


def test_collecting_only_opens_nothing(project):
    """--collect-only records nothing, even where recording is asked for."""
    project.test(TESTS).run("--sls-record=once", "--collect-only")
    assert project.cassettes() == []
