"""The plugin's main road: record once, replay offline."""

from __future__ import annotations

import re

import pytest

READS = """
    @pytest.mark.sls_cassette
    def test_reads(sls):
        response = ask(sls)
        assert response.json() == [{"shard": 0, "checkpoint": "", "updateTime": 0, "consumer": ""}]
"""


def test_what_once_records_none_replays(project):
    """A cassette recorded by one run is played in the next one, which opens no socket."""
    project.test(READS)
    recorded = project.run("--sls-record=once")
    recorded.assert_outcomes(passed=1)
    assert project.cassettes() == ["cassettes/test_it/test_reads.sls.yaml"]

    replayed = project.run()
    replayed.assert_outcomes(passed=1)
    replayed.stdout.fnmatch_lines(["sls-contract: 1 exchange checked (evidence: 1 reference), 0 findings, *"])


@pytest.mark.slow
def test_replay_opens_no_socket(project):
    """In replay nothing is even connected to: a connect anywhere in the process would fail the test."""
    project.test(READS)
    project.run("--sls-record=once").assert_outcomes(passed=1)
    project.write(
        "conftest.py",
        """
        import socket

        def no_connection(self, address):
            raise AssertionError(f"a socket was opened to {address}")

        socket.socket.connect = socket.socket.connect_ex = no_connection
        """,
    )
    project.spawn().assert_outcomes(passed=1)


@pytest.mark.slow
def test_nothing_is_recorded_by_default(project):
    """Without --sls-record, a request without a recording fails, names the remedy, and leaves no file."""
    result = project.test(READS).run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no recording in *test_reads.sls.yaml (which does not exist) matches GET *"])
    result.stdout.fnmatch_lines(["*How to fix: record it (pytest --sls-record=once)*"])
    assert project.cassettes() == []


def test_a_swallowed_miss_still_fails(project):
    """A client that hides the error of a missing recording does not hide it from the test."""
    result = project.test(
        """
        @pytest.mark.sls_cassette
        def test_swallows(sls):
            try:
                ask(sls)
            except Exception:
                pass
        """
    ).run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*SLS607 request-not-recorded (violation) at request*"])


def test_a_missing_recording_is_told_once(project):
    """By the error, where the test ends with it; an earlier miss, which the client hid, is told beside it."""
    project.test(
        """
        @pytest.mark.sls_cassette
        def test_ends_with_it(sls):
            try:
                ask(sls, shard=7)
            except Exception:
                pass
            try:
                ask(sls, shard=8)
            except Exception as error:
                raise ValueError("no response") from error

        @pytest.mark.sls_cassette
        def test_hides_it(sls):
            try:
                ask(sls, shard=9)
            except Exception as error:
                raise ValueError("no response") from None
        """
    )
    out = project.run().stdout.str()
    told = re.findall(r"(?:Request: |actual: +|at request: )no recording in .*shard=(\d)", out)
    assert sorted(told) == ["7", "8", "9"]


def test_a_miss_names_the_closest_recording(project):
    """Asking for another shard than was recorded says which recording is closest and what differs."""
    project.test(READS).run("--sls-record=once")
    result = project.test(READS.replace("ask(sls)", "ask(sls, shard=1)")).run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*The closest is exchange 0: GET *shard=0*", "*query: 'shard=1' here, 'shard=0' recorded*"]
    )


@pytest.mark.slow
def test_each_recording_plays_once(project):
    """Asking twice for what was recorded once fails, unless the marker says repeat='last'."""
    project.test(READS).run("--sls-record=once")
    twice = READS.replace("response = ask(sls)", "response = ask(sls); response = ask(sls)")
    result = project.test(twice).run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*It was recorded once, and has been played once.*"])
    project.test(twice.replace("sls_cassette", "sls_cassette(repeat='last')")).run().assert_outcomes(passed=1)


@pytest.mark.slow
def test_identical_requests_play_in_recorded_order(project):
    """Two equal requests with different responses replay in the order in which they were recorded."""
    project.test(
        """
        import base64, json
        from datetime import UTC, datetime
        import requests
        from sls_contract import Request, sign

        def write(sls, checkpoint):
            body = json.dumps({"shard": 0, "checkpoint": checkpoint}).encode()
            url = f"https://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}"
            request = Request("POST", url + "?type=checkpoint&consumer=&forceSuccess=true",
                              {"Content-Type": "application/json"}, body)
            request = sign(request, sls.credentials, at=datetime.now(UTC))
            response = requests.post(request.url, data=body, headers=dict(request.headers), timeout=60)
            assert response.status_code == 200, response.text

        @pytest.mark.sls_cassette
        def test_moves(sls):
            before = ask(sls).json()[0]["checkpoint"]
            write(sls, "MTAw")
            after = ask(sls).json()[0]["checkpoint"]
            assert (before, after) == ("", "MTAw")
        """
    )
    project.run("--sls-record=once").assert_outcomes(passed=1)
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["sls-contract: 3 exchanges checked * judged: 3 in full"])
