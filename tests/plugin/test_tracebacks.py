"""The traceback of a request without a recording: it ends where the reader can change something."""

from __future__ import annotations

import pytest

ASKS = """
    import requests

    class Wrapped(Exception):
        pass

    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("wraps", [False, True])
    def test_asks(sls, wraps):
        try:
            requests.get(f"https://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}")  # the line
        except Exception as error:
            if wraps:
                raise Wrapped from error
            raise
"""


@pytest.fixture
def output(project, request):
    return project.test(ASKS).run(*getattr(request, "param", ())).stdout.str()


def test_a_traceback_ends_at_the_line_of_the_test(output):
    """No frame of sls-contract or of the HTTP client is shown, also where the test wraps the error."""
    assert ">           requests.get(" in output
    assert ">               raise Wrapped from error" in output
    assert "session.py" not in output
    assert "sessions.py" not in output  # of requests


@pytest.mark.parametrize("output", [["--full-trace"]], indirect=True)
def test_full_trace_shows_every_frame(output):
    """Who looks for a mistake in sls-contract itself gets all of it."""
    assert "session.py" in output


def test_a_recording_that_cannot_be_written_ends_at_the_line_of_the_test(project, monkeypatch):
    """The reason and the fix are shown, and no line of sls-contract; the next run with room records the test."""
    limited = """
        import os, resource

        @pytest.mark.sls_cassette
        def test_writes(sls):
            unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
            if "FULL" in os.environ:
                resource.setrlimit(resource.RLIMIT_FSIZE, (10, unlimited[1]))
            try:
                ask(sls)  # the line
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    """
    monkeypatch.setenv("FULL", "1")
    result = project.test(limited).run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*ask(sls)  # the line", "E*cannot be written: *", "E*How to fix: free space *"])
    result.stdout.no_fnmatch_line("*journal.py*")
    result.stdout.no_fnmatch_line("*direct cause*")
    monkeypatch.delenv("FULL")
    project.run("--sls-record=once").assert_outcomes(passed=1)
    project.run("--sls-strict").assert_outcomes(passed=1)
