"""Two runs that record the same tests at the same time: the recordings of one stay, so that all of them are played."""

from __future__ import annotations

import pytest
from left_out import full

from sls_contract.cassettes.file.recording_file import load

SOURCE = """
    import os, subprocess, sys

    @pytest.mark.sls_cassette
    def test_asks(sls):
        if "SECOND_RUN" not in os.environ and "{when}" == "before":
            second_run()
        ask(sls)
        if "SECOND_RUN" not in os.environ and "{when}" == "between":
            second_run()
        ask(sls)

    def second_run():
        again = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--sls-record={mode}"]
        assert subprocess.run(again, env=os.environ | {{"SECOND_RUN": "1"}}, check=False).returncode == 0
"""


@pytest.mark.parametrize(
    ("mode", "when", "kept"), [("once", "between", 3), full("once", "before", 2), full("all", "before", 2)]
)
def test_what_both_recorded_is_there_once(project, monkeypatch, mode, when, kept):
    """The run that ends last drops what the other has whole; one that went on with the first leaves it all."""
    project.test(SOURCE.format(mode=mode, when=when)).run(f"--sls-record={mode}").assert_outcomes(passed=1)
    file = load(project.cassette("test_asks"))
    assert (len(file), file.unfinished) == (kept, ())
    monkeypatch.setenv("SECOND_RUN", "1")
    project.run("--sls-strict" if kept == 2 else "-v").assert_outcomes(passed=1)
