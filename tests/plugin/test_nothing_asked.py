"""A marked test that passes without any exchange: nothing was looked at, so it is not green."""

from __future__ import annotations

import json

import pytest

ELSEWHERE = """
    import socket
    from contextlib import suppress
    import requests

    def elsewhere(host):
        with suppress(Exception):
            requests.get(f"http://{host}/", timeout=60)
"""


def told_of(result, test: str) -> str:
    """Return what was told at a test's teardown."""
    return result.stdout.str().partition(f"ERROR at teardown of {test} ")[2].partition("____")[2].partition("\n____")[0]


def test_a_marked_test_that_asks_elsewhere_or_nothing_fails_in_every_mode(project):
    """The hosts that were asked are named, with the setting that would own them; whatever client asked them."""
    project.test(
        ELSEWHERE
        + """
    @pytest.mark.sls_cassette
    def test_asks_elsewhere(sls):
        elsewhere("gateway.invalid")

    @pytest.mark.sls_cassette
    def test_asks_by_a_socket():
        with suppress(OSError):
            socket.create_connection(("other.invalid", 80), timeout=60)

    @pytest.mark.sls_cassette
    def test_asks_nothing(): pass

    @pytest.mark.sls_cassette
    def test_asks_an_address():
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", 1), timeout=10)

    @pytest.mark.sls_cassette(empty=True)
    def test_means_it(): pass

    @pytest.mark.sls_allow("SLS614", reason="asks nothing on this platform")
    @pytest.mark.sls_cassette
    def test_is_allowed(): pass
    """
    )
    for mode in ("none", "once"):
        result = project.run(f"--sls-record={mode}", "--sls-report=report.json")
        result.assert_outcomes(passed=6, errors=4)
        assert "gateway.invalid" in told_of(result, "test_asks_elsewhere")
        assert "add it to ini sls_hosts" in told_of(result, "test_asks_elsewhere")
        assert "other.invalid" in told_of(result, "test_asks_by_a_socket")
        assert "the test called 127.0.0.1, which is not a host of the service" in told_of(
            result, "test_asks_an_address"
        )
        assert "SLS614 no-request (violation)" in told_of(result, "test_asks_nothing")
        result.stdout.fnmatch_lines(
            ["sls-contract: requests to other hosts while a cassette was open, *gateway.invalid (1 test, first *"]
        )
        found = json.loads((project.path / "report.json").read_bytes())["findings"]
        assert {(each["code"], each["test"].partition("::")[2]) for each in found if each["code"] == "SLS615"} == {
            ("SLS615", "test_asks_elsewhere"),
            ("SLS615", "test_asks_by_a_socket"),
        }
    assert project.cassettes() == []


@pytest.mark.slow
def test_each_advice_leads_to_green(project):
    """Owning the host and recording, taking the marker away, and empty=True: what the message says works."""
    asks = """
    from dataclasses import replace

    @pytest.mark.sls_cassette
    def test_asks(sls):
        try:
            ask(replace(sls, url="https://sls.gateway.invalid", endpoint="sls.gateway.invalid"))
        except OSError:
            pass
    """
    project.test(asks).run().assert_outcomes(passed=1, errors=1)
    project.ini("sls_hosts = *.gateway.invalid").run("--sls-record=once").assert_outcomes(passed=1)
    project.run("--sls-strict").assert_outcomes(passed=1)
    project.ini().test(asks.replace("sls_cassette", "sls_cassette(empty=True)")).run().assert_outcomes(passed=1)


STARTS = """
    import json, os, subprocess, sys
    from datetime import UTC, datetime
    from sls_contract import Request, sign

    PROGRAM = (
        "import json, sys, urllib.request as client; url, headers = json.loads(sys.argv[1])\\n"
        "try: client.urlopen(client.Request(url, headers=headers), timeout=60)\\n"
        "except OSError: pass"
    )

    def start(names, **environ):
        path = f"/logstores/{names.logstore}/consumergroups"
        request = Request("GET", f"http://{names.project}.{names.endpoint}{path}")
        signed = sign(request, names.credentials, at=datetime.now(UTC))
        given = json.dumps([signed.url, {**dict(signed.headers), "Connection": "close"}])
        subprocess.run([sys.executable, "-c", PROGRAM, given], env=os.environ | environ, check=True)
"""


def test_a_program_that_sends_the_requests_is_named_with_a_way_to_judge_them(project):
    """Another client in the test's process would not help; with ``sls_endpoint`` the program's requests are judged."""
    started = (
        STARTS
        + """
    @pytest.mark.sls_cassette
    def test_starts(sls):
        start(sls, http_proxy="http://127.0.0.1:9")
    """
    )
    told = told_of(project.test(started).run(), "test_starts")
    assert "the test started python" in told
    assert "set its http_proxy to the url of fixture sls_endpoint" in told
    assert "use a client that can be recorded" not in told
    followed = (
        STARTS
        + """
    def test_starts(sls_endpoint):
        start(sls_endpoint.names, http_proxy=sls_endpoint.url)
    """
    )
    result = project.test(followed).run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["sls-contract: 1 exchange checked*"])


def test_a_test_that_does_not_pass_is_not_told_that_it_asked_nothing(project):
    """Skipped, expected to fail, or failed by itself: it has its own word."""
    project.test(
        """
        import unittest

        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.skip
        def test_skipped(sls): pass

        def test_skips(sls): pytest.skip("not here")

        @pytest.mark.xfail
        def test_expected(sls): assert not sls

        @pytest.mark.xfail(strict=False)
        def test_expected_in_vain(sls): pass

        def test_fails(sls): assert not sls

        class TestOld(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def names(self, sls): self.sls = sls

            def test_skips(self): self.skipTest("not here")

            @unittest.expectedFailure
            def test_expected(self): self.assertTrue(False)
        """
    )
    result = project.run()
    result.assert_outcomes(skipped=3, xfailed=2, xpassed=1, failed=1)
    result.stdout.no_fnmatch_line("*SLS614*")


@pytest.mark.slow
def test_what_a_test_does_ask_counts_wherever_it_is_asked(project):
    """In a fixture's teardown, in a thread, in a cassette of its own inside: no false alarm."""
    project.test(
        """
        import threading
        from datetime import UTC, datetime
        from sls_contract import use_cassette
        from sls_contract.endpoint import ReferenceEndpoint

        pytestmark = pytest.mark.sls_cassette

        @pytest.fixture
        def late(sls):
            yield
            ask(sls)

        def test_asks_in_teardown(late): pass

        def test_asks_in_a_thread(sls):
            thread = threading.Thread(target=ask, args=[sls])
            thread.start()
            thread.join()

        def test_asks_inside(sls, tmp_path):
            endpoint = ReferenceEndpoint(lambda: datetime.now(UTC))
            endpoint.create_consumer_group(sls.consumer_group)
            with use_cassette(tmp_path / "inner.yaml", "once", send=endpoint):
                ask(sls)

        def test_asks_our_endpoint(sls_endpoint):
            import requests
            from sls_contract import Request, sign
            names, path = sls_endpoint.names, "/logstores/my-logstore/consumergroups/readers?shard=0"
            url = f"http://{names.project}.{sls_endpoint.url.removeprefix('http://')}{path}"
            signed = sign(Request("GET", url), names.credentials, at=datetime.now(UTC))
            requests.get(sls_endpoint.url + path, headers=dict(signed.headers), timeout=60)
        """
    )
    project.run("--sls-record=once").assert_outcomes(passed=4)
    project.run("--sls-strict").assert_outcomes(passed=4)


@pytest.mark.slow
@pytest.mark.parametrize(
    "wide", ["pytestmark = pytest.mark.sls_cassette", "pytestmark = pytest.mark.sls_cassette(empty=True)"]
)
def test_a_marker_for_a_module_allows_tests_that_are_about_something_else(project, wide):
    """One that uses no fixture of ours and asks nobody is shown as a warning; empty=True on the module says it all."""
    project.test(
        f"""
        {wide}

        def test_pure(): pass

        @pytest.mark.parametrize("shard", [0, 1])
        def test_asks(sls, shard): ask(sls, shard=shard)

        def test_forgot(sls): pass
        """
    )
    meant = "empty" in wide
    result = project.run("--sls-record=once")
    result.assert_outcomes(passed=4, errors=0 if meant else 1)
    assert ("warning SLS614 no-request: 1 time" in result.stdout.str()) is not meant
    project.run("--sls-strict").assert_outcomes(passed=4, errors=0 if meant else 2)


def test_hosts_on_this_machine_are_nothing_to_tell(project):
    """A database or a double on loopback under a cassette is a test's own business."""
    project.test(
        """
        import http.server, threading, requests

        @pytest.mark.sls_cassette
        def test_asks(sls):
            with http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler) as server:
                threading.Thread(target=server.handle_request, daemon=True).start()
                requests.get(f"http://localhost:{server.server_port}/", timeout=60)
            ask(sls)
        """
    )
    result = project.run("--sls-record=once", "--sls-strict")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*asked past*")


def test_what_every_test_of_a_class_gets_says_nothing_of_one(project):
    """Names that an autouse fixture sets, as unittest needs it, make no test ask; its own arguments do."""
    project.test(
        """
        import unittest

        @pytest.fixture
        def client(sls): return sls

        @pytest.mark.sls_cassette
        class TestOld(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def names(self, client): self.sls = client

            def test_asks(self): ask(self.sls)

            def test_pure(self): pass

        @pytest.mark.sls_cassette
        class TestNew:
            @pytest.fixture(autouse=True)
            def names(self, sls): self.sls = sls

            def test_pure(self): pass

            def test_forgot(self, client): pass

            @pytest.mark.usefixtures("client")
            def test_forgot_too(self): pass
        """
    )
    result = project.run("--sls-record=once")
    result.assert_outcomes(passed=5, errors=2)
    assert "warning SLS614 no-request: 2 times" in result.stdout.str()


@pytest.mark.slow
def test_what_a_shared_fixture_asks_at_the_end_is_not_the_last_tests(project):
    """Its teardown happens inside whichever test comes last, which asked nothing all the same; alone, too."""
    project.test(
        """
        @pytest.fixture(scope="module")
        def group(sls_session):
            ask(sls_session)
            yield
            ask(sls_session)

        @pytest.fixture(scope="module")
        def cleaned(sls_session):
            yield
            ask(sls_session)

        @pytest.mark.sls_cassette
        def test_asks(group, sls_session): ask(sls_session)

        @pytest.mark.sls_cassette
        def test_user(group, cleaned): pass

        @pytest.mark.sls_cassette
        def test_last(): pass
        """
    )
    for options in (["--sls-record=once"], [], ["-k", "test_last"]):
        result = project.run(*options)
        assert "SLS614 no-request (violation)" in told_of(result, "test_last")
        result.assert_outcomes(passed=3 if "-k" not in options else 1, errors=1, deselected=2 if "-k" in options else 0)


def test_a_fixture_that_asks_with_one_parameter_only_does_not_speak_for_the_others(project):
    project.test(
        """
        @pytest.fixture(scope="module", params=["asks", "silent"])
        def client(request, sls_session): return ask(sls_session) if request.param == "asks" else None

        @pytest.mark.sls_cassette
        def test_it(client): pass
        """
    )
    for options in (["--sls-record=once"], []):
        result = project.run(*options)
        assert "SLS614 no-request (violation)" in told_of(result, "test_it[silent]")
        result.assert_outcomes(passed=2, errors=1)


def test_a_fixture_that_asks_speaks_for_its_own_users_only(project):
    """Another fixture of the same name does not, in any order; one that the test requests while it runs does."""
    project.test(
        """
        @pytest.fixture(scope="module")
        def client(sls_session): return ask(sls_session)

        @pytest.mark.sls_cassette
        def test_looks_at_it(client): assert client.ok

        @pytest.mark.sls_cassette
        def test_requests_it(request): assert request.getfixturevalue("client").ok

        class TestOther:
            @pytest.fixture(scope="class")
            @classmethod
            def client(cls, sls_session): return sls_session

            @pytest.mark.sls_cassette
            def test_asks_nothing(self, client): assert client

        class TestMore:
            @pytest.fixture
            def client(self, client): return client

            @pytest.mark.sls_cassette
            def test_looks_at_it(self, client): assert client.ok
        """
    )
    for options in (["--sls-record=once"], [], ["-k", "TestOther or TestMore"]):
        result = project.run(*options)
        assert "SLS614 no-request (violation)" in told_of(result, "TestOther.test_asks_nothing")
        passed = 2 if "-k" in options else 4
        result.assert_outcomes(passed=passed, errors=1, deselected=4 - passed)
