"""Requests to owned hosts that no cassette takes: stopped in every mode, told with the test's name, never swallowed."""

from __future__ import annotations

import json
import os

import pytest
from advice import advised
from left_out import full

OWNED = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores"
UNMARKED = f"""
    import threading
    from contextlib import suppress
    import requests
    from sls_contract.errors import NetworkBlocked, SlsContractError

    def go():
        requests.get({OWNED!r}, timeout=60)

    def test_swallows():
        with suppress(BaseException):
            go()

    def test_swallows_in_a_thread():
        thread = threading.Thread(target=test_swallows)
        thread.start()
        thread.join()

    def test_fails():
        go()

    def test_expects_it():
        with pytest.raises(NetworkBlocked):
            go()
        try:
            go()
        except SlsContractError:
            pass

    @pytest.mark.sls_allow("SLS616", reason="logs to the service when it can")
    def test_is_allowed():
        test_swallows()

    def test_cannot_go_on():
        try:
            go()
        except Exception:
            pytest.skip("not reachable")
"""


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["none", full("once")])
def test_a_forgotten_marker_is_red_in_every_mode(project, mode):
    """Each stopped request stands at the end of the run with its test; whoever swallows the error fails."""
    result = project.test(UNMARKED).run(f"--sls-record={mode}")
    result.assert_outcomes(passed=2, failed=3, skipped=1)
    text = result.stdout.str()
    assert text.count("SLS616 request-blocked (violation) at request") == 2
    assert "mark the test with @pytest.mark.sls_cassette" in text
    for test in ("swallows", "swallows_in_a_thread", "fails", "is_allowed", "cannot_go_on"):
        assert f"  my-project.cn-hangzhou.log.aliyuncs.com in test_it.py::test_{test}: 1 time" in text
    assert "in test_it.py::test_expects_it: 2 times" in text
    assert "blocked: 7 requests to the service" in text


@pytest.mark.slow
def test_each_advice_leads_to_green(project):
    """Marked and recorded, the same request is played; and with --sls-unmarked=allow nothing is stopped."""
    source = """
    from contextlib import suppress
    from types import SimpleNamespace
    from sls_contract.signing import TEST_CREDENTIALS

    NAMES = SimpleNamespace(url="https://cn-hangzhou.log.aliyuncs.com", region="cn-hangzhou", project="my-project",
        logstore="my-logstore", consumer_group="consumer_group_test", credentials=TEST_CREDENTIALS)

    def test_asks():
        with suppress(BaseException):
            ask(NAMES)
    """
    project.test(source).run().assert_outcomes(failed=1)
    marked = source.replace("def test_asks", "@pytest.mark.sls_cassette\n    def test_asks")
    project.test(marked).run("--sls-record=once").assert_outcomes(passed=1)
    project.run("--sls-strict").assert_outcomes(passed=1)
    project.write(
        "conftest.py", "import socket\n\ndef nowhere(*to, **how):\n    raise OSError\n\nsocket.getaddrinfo = nowhere\n"
    )
    result = project.test(source).spawn("--sls-record=once", "--sls-unmarked=allow")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*stopped*")


def test_a_client_that_is_not_recorded_is_told_what_is(project):
    """Under a cassette that records at the reference endpoint, a bare socket to an owned host is stopped, too."""
    project.test(
        """
        import socket

        @pytest.mark.sls_cassette
        def test_asks(sls):
            ask(sls)
            socket.create_connection((f"{sls.project}.{sls.endpoint}", 80), timeout=60)
        """
    )
    result = project.run("--sls-record=once", "--sls-unmarked=allow")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*was blocked: the open cassette cannot record its client."])
    result.stdout.fnmatch_lines(["*How to fix: use a client that can be recorded: requests, *"])


BARE = """
    import os, socket
    from contextlib import suppress
    from pathlib import Path
    from sls_contract import use_cassette
    from sls_contract.errors import NetworkBlocked

    def connect():
        socket.create_connection(("my-project.cn-hangzhou.log.aliyuncs.com", 80), timeout=60)

    def swallow():
        with suppress(BaseException):
            connect()

    def in_child(work):
        child = os.fork()
        if not child:
            work()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_client_that_is_not_recorded_is_no_matter_of_the_marker(project):
    """Where a cassette is open, whoever opened it and in whatever process: finding and summary name the clients."""
    project.test(
        BARE
        + """
    @pytest.mark.sls_cassette
    def test_marked(sls):
        ask(sls)
        swallow()

    @pytest.mark.sls_cassette
    def test_marked_in_a_child(sls):
        ask(sls)
        in_child(swallow)

    def test_use_cassette():
        with use_cassette("none.sls.yaml"):
            swallow()

    def test_use_cassette_in_a_child():
        with use_cassette("none.sls.yaml"):
            in_child(swallow)

    def test_expected():
        with use_cassette("none.sls.yaml"), pytest.raises(NetworkBlocked):
            connect()
    """
    )
    for options in (["--sls-record=once"], ["--sls-record=once", "--sls-unmarked=allow"]):
        result = project.run(*options)
        result.assert_outcomes(passed=1, failed=4)
        text = result.stdout.str()
        assert text.count("expected: a client that can be recorded") == 4
        assert advised(text, r"use a client that can be recorded \(requests, .*\), or remove the request\. If the test")
        assert "mark the test with" not in text
    recordable = BARE.replace("import os, socket", "import os, requests").replace(
        'socket.create_connection(("my-project.cn-hangzhou.log.aliyuncs.com", 80)',
        'requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/"',
    )
    project.test(
        recordable
        + """
    def test_use_cassette():
        with pytest.raises(Exception, match="SLS607"), use_cassette("none.sls.yaml"):
            swallow()
    """
    ).run().assert_outcomes(passed=1)


def test_a_recording_by_use_cassette_waits_for_a_run_that_may_send(project):
    """Swallowed in a run that only replays, the finding says so; the marker would change nothing."""
    project.test(
        BARE
        + """
    import requests

    def test_records():
        with use_cassette("new.sls.yaml", "once"), suppress(BaseException):
            requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)
    """
    )
    result = project.run()
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "expected: a run that may send requests" in text
    assert "mark the test with" not in text


def test_a_host_that_the_open_cassette_does_not_count_as_the_services(project):
    """It is of the run's sls_hosts, and no other client would change that: use_cassette must know it, too."""
    source = """
        from contextlib import suppress
        import requests
        from sls_contract import Response, use_cassette

        OURS = dict(send=lambda request: Response(404, {}, b""))

        def test_raises():
            with use_cassette("a.sls.yaml", "once", **OURS):
                requests.get("http://logs.example/robots.txt", timeout=60)

        def test_swallows():
            with use_cassette("b.sls.yaml", "once", **OURS), suppress(BaseException):
                requests.get("http://logs.example/robots.txt", timeout=60)
    """
    options = ["-o", "sls_hosts=logs.example", "--sls-record=once"]
    result = project.test(source).run(*options)
    result.assert_outcomes(failed=2)
    text = result.stdout.str()
    assert "a request to logs.example was blocked: the open cassette does not record this host." in text
    assert "expected: a cassette that records the host" in text
    assert "a client that can be recorded" not in text
    assert advised(text, r"^pass the host to use_cassette, too \(hosts=\[…\]\)")
    project.test(source.replace("dict(", 'dict(hosts=["logs.example"], ')).run(*options).assert_outcomes(passed=2)


def test_a_test_case_that_does_not_pass_swallows_nothing(project):
    """It stores its error, skip or expected failure, and raises nothing: no finding speaks of a catch."""
    project.test(
        """
        import unittest
        import requests

        def go():
            requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)

        class TestOld(unittest.TestCase):
            def test_raises(self):
                go()

            def test_cannot_go_on(self):
                try:
                    go()
                except Exception:
                    self.skipTest("not reachable")

            @unittest.expectedFailure
            def test_is_expected_to_fail(self):
                go()
        """
    )
    result = project.run("--sls-report=report.json")
    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    assert json.loads((project.path / "report.json").read_text("utf-8"))["findings"] == []
    result.stdout.fnmatch_lines(["*blocked: 3 requests*"])


def between_tests(project):
    project.write(
        "conftest.py",
        """
        import socket

        def pytest_runtest_logfinish():
            try:
                socket.getaddrinfo("my-project.cn-hangzhou.log.aliyuncs.com", 443)
            except BaseException:
                pass
    """,
    )
    return project.test(f"""
        import requests
        from contextlib import suppress

        def test_plain(): pass

        def test_swallows():
            with suppress(BaseException):
                requests.get({OWNED!r}, timeout=60)
    """)


def test_between_tests(project):
    """What no test asked fails none, and is told all the same; with --sls-strict the last line says what for."""
    result = between_tests(project).run("-k", "plain")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["  my-project.*.aliyuncs.com in between tests: 1 time", "  How to fix: move the *"])
    result.stdout.no_fnmatch_line("*mark the test*")  # there is none to mark
    result = project.run("-k", "plain", "--sls-strict")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert result.outlines[-1] == (
        "sls-contract: the run failed (exit 1): 1 request blocked between tests (--sls-strict)"
    )


@pytest.mark.full
def test_in_workers(project):
    """What a test there asked is told as here, and what was asked between tests fails none."""
    result = between_tests(project).spawn("-n1")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*.aliyuncs.com in test_it.py::test_swallows: 1 time"])


def test_a_stopped_request_that_a_failed_subtest_shows_is_not_swallowed(project):
    """The subtest fails with the error itself; a request that the test swallows beside a failed subtest is found."""
    pytest.importorskip("_pytest.subtests", reason="subtests came with pytest 9")
    result = project.test(f"""
        import unittest
        import requests

        def go():
            requests.get({OWNED!r}, timeout=60)

        def test_shows(subtests):
            with subtests.test():
                go()

        class Test(unittest.TestCase):
            def test_shows_too(self):
                with self.subTest():
                    go()

        def test_swallows(subtests):
            with subtests.test():
                assert not "related"
            with subtests.test():
                try:
                    go()
                except Exception:
                    pytest.skip("no network")
    """).run("-psubtests", "-punittest")
    found = {
        report.nodeid.partition("::")[2]
        for report in result.reprec.getreports("pytest_runtest_logreport")
        if report.failed and "SLS616" in report.longreprtext
    }
    assert found == {"test_swallows"}
    assert result.stdout.str().count("SUBFAILED") == 3
