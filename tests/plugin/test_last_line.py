"""What a run failed for, and which options it did not use: said where nobody overlooks it."""

from __future__ import annotations

import pytest
from advice import advised


@pytest.mark.slow
def test_the_last_line_says_what_a_run_failed_for(project):
    """Exit 1 under "passed" explains itself, with and without -q; a run that failed by its tests has no such line."""
    project.test(
        """
        @pytest.mark.sls_cassette
        def test_asks(sls):
            ask(sls)
            ask(sls, shard=1)
        """
    ).run("--sls-record=once")
    project.test("@pytest.mark.sls_cassette\ndef test_asks(sls):\n    ask(sls)\n")
    told = "sls-contract: the run failed (exit 1): 1 warning SLS610 recording-unplayed (--sls-strict)"
    for quiet in ((), ("-q",)):
        result = project.run("--sls-strict", *quiet)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert [line for line in result.outlines if line][-1] == told
    assert project.run().ret == pytest.ExitCode.OK
    project.test("@pytest.mark.sls_cassette\ndef test_asks(sls):\n    ask(sls)\n    assert not sls\n")
    project.run("--sls-strict").stdout.no_fnmatch_line("*the run failed*")


def test_names_that_are_not_used_are_said_so(project):
    """--sls-project and its like do nothing in replay and at the reference endpoint; a setting in a file waits."""
    project.ini("sls_project = real-project").test("@pytest.mark.sls_cassette\ndef test_asks(sls):\n    ask(sls)\n")
    for mode in ("once", "none"):
        result = project.run(f"--sls-record={mode}", "--sls-logstore=events", "--sls-region=cn-beijing")
        result.assert_outcomes(passed=1)
        result.stdout.fnmatch_lines(["sls-contract: not used: --sls-logstore, --sls-region; *"])
        assert advised(result.stdout.str(), "or remove the option")
        project.run(f"--sls-record={mode}").stdout.no_fnmatch_line("*not used*")
