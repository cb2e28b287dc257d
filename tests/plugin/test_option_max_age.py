"""--sls-max-age: recordings that have not been validated for long."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from left_out import full

from sls_contract import load_cassette
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recording import Evidence

READS = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        assert ask(sls).status_code == 200
"""


@pytest.fixture
def aged(project):
    """Record test_reads; ``aged(days)`` says that it was validated so long ago, and changes what else is given."""
    project.test(READS).run("--sls-record=once").assert_outcomes(passed=1)

    def age(days, **changes):
        path = project.cassette("test_reads")
        (recording,) = load_cassette(path).recordings
        when = datetime.now(UTC) - timedelta(days=days)
        made = replace(recording.provenance, validated_at=when)  # the response's own Date fits the time of recording
        path.unlink()
        write(path, [replace(recording, provenance=replace(made, **changes))])
        return project

    return age


@pytest.mark.slow
@pytest.mark.parametrize(("age", "days"), [("12w", 85), full("90d", 91)])
def test_an_old_recording_warns_and_fails_where_warnings_do(aged, age, days):
    """Shown with its age by default; an error with --sls-strict; recorded again in neither case."""
    project = aged(days)
    before = project.cassette("test_reads").read_bytes()
    result = project.run(f"--sls-max-age={age}", "--sls-report=report.json")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  warning SLS605 recording-age: 1 time, first in test_it.py::test_reads"])
    (finding,) = json.loads((project.path / "report.json").read_text("utf-8"))["findings"]
    assert (finding["code"], finding["actual"], finding["exchange"]) == ("SLS605", f"more than {days} days ago", 0)
    result = project.run(f"--sls-max-age={age}", "--sls-strict")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["SLS605 recording-age (warning) at recording", "*--sls-record=verify*"])
    assert project.cassette("test_reads").read_bytes() == before


@pytest.mark.slow
def test_a_young_recording_and_no_limit_say_nothing(aged):
    """As old as allowed is not too old; without the option nothing is."""
    aged(89).run("--sls-max-age=90d", "--sls-strict").assert_outcomes(passed=1)
    aged(9000).run("--sls-strict").assert_outcomes(passed=1)


def test_what_counts_is_the_last_validation(aged):
    """A recording of long ago that was verified yesterday is young."""
    project = aged(1, recorded_at=datetime.now(UTC) - timedelta(days=400))
    result = project.run("--sls-max-age=90d", "--sls-strict", "--sls-report=report.json")
    report = json.loads((project.path / "report.json").read_text("utf-8"))
    assert [finding["code"] for finding in report["findings"]] == ["SLS255"]  # the response's Date was not moved along
    assert report["exit_code"] == result.ret == 1


@pytest.mark.slow
def test_verifying_makes_it_young_again(aged):
    """What the warning advises takes the warning away."""
    project = aged(400)
    project.run("--sls-record=verify", "--sls-max-age=90d", "--sls-strict").assert_outcomes(passed=1)
    project.run("--sls-max-age=90d", "--sls-strict").assert_outcomes(passed=1)


def test_an_unknown_age_is_told_and_fails_nothing(aged):
    """Another tool's recording has no date."""
    project = aged(0, recorded_at=None, validated_at=None)
    result = project.run("--sls-max-age=1d", "--sls-strict", "--sls-report=report.json")
    result.assert_outcomes(passed=1)
    report = json.loads((project.path / "report.json").read_text("utf-8"))
    assert [each["level"] for each in report["findings"] if each["code"] == "SLS609"] == ["unspecified"]
    assert report["exit_code"] == 0


@pytest.mark.parametrize("evidence", [Evidence.DOCUMENT, full(Evidence.SYNTHETIC)])
def test_what_no_service_sent_does_not_age(aged, evidence):
    """The example of a page is as good as the page."""
    aged(9000, evidence=evidence).run("--sls-max-age=1d", "--sls-strict").assert_outcomes(passed=1)


@pytest.mark.parametrize("text", ["3m", *map(full, ["90", "-1d", "d", "1.5d", "999999d"])])
def test_what_is_no_age_is_a_usage_error(project, text):
    """Told before any test runs, on the command line and in the ini file."""
    project.test(READS)
    for option in (f"--sls-max-age={text}", f"-osls_max_age={text}"):
        result = project.run(option)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([f"*--sls-max-age: an age is a number of days or weeks, such as *, got '{text}'"])


@pytest.mark.slow
def test_the_ini_file_can_set_the_age(aged):
    """Setting sls_max_age is the default of the option."""
    project = aged(91).ini("sls_max_age = 90d")
    project.run("--sls-strict").assert_outcomes(failed=1)
    project.run("--sls-strict", "--sls-max-age=100d").assert_outcomes(passed=1)
