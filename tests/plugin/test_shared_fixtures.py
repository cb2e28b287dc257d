"""Fixtures of a wider scope: what they ask is theirs, so that order, workers and single tests do not matter."""

from __future__ import annotations

import pytest
from left_out import full

from sls_contract import load_cassette
from sls_contract.cassettes.file.recording_file import load

CONFTEST = """
    import pytest
    from client import ask

    @pytest.fixture(scope="session")
    def service(sls_session):
        assert ask(sls_session, shard=5).status_code == 200
        yield sls_session
        assert ask(sls_session, shard=6).status_code == 200
"""
GROUP = """
    import json
    from dataclasses import replace
    from datetime import UTC, datetime
    import requests
    from sls_contract import Request, sign

    pytestmark = pytest.mark.sls_cassette

    def send(service, method, path="", body=b""):
        url = f"{service.url}/logstores/{service.logstore}/consumergroups{path}"
        headers = {"Content-Type": "application/json"} if body else {}
        request = Request(method, url.replace("://", f"://{service.project}."), headers, body)
        signed = sign(request, service.credentials, at=datetime.now(UTC))
        return requests.request(method, signed.url, headers=dict(signed.headers), data=body, timeout=60).status_code

    @pytest.fixture(scope="module", params=["readers", "writers"])
    def group(service, request):
        made = {"consumerGroup": request.param, "timeout": 60, "order": False}
        assert send(service, "POST", body=json.dumps(made).encode()) == 200
        yield replace(service, consumer_group=request.param)
        assert send(service, "DELETE", f"/{request.param}") == 200

    def test_first(service):
        assert ask(service, shard=0).status_code == 200

    def test_second(service):
        assert ask(service, shard=1).status_code == 200

    def test_group(group):
        assert ask(group).status_code == 200

    def test_only_looks_at_what_the_fixture_got(service):
        assert service.consumer_group == "consumer_group_session"
"""


@pytest.mark.slow
def test_no_order_of_tests_matters(project):
    """Recorded in one order, each test plays alone, in the reverse order and in two workers; nothing is unused."""
    project.write("conftest.py", CONFTEST)
    project.test(GROUP).run("--sls-record=once").assert_outcomes(passed=5)
    queries = [
        each.request.query
        for each in load_cassette(project.path / "cassettes/conftest/service@session.sls.yaml").exchanges
    ]
    assert queries == ["shard=5", "shard=6"]
    names = {name.removeprefix("cassettes/test_it/") for name in project.cassettes()}
    assert {"group[readers]@module.sls.yaml", "group[writers]@module.sls.yaml", "test_group[readers].sls.yaml"} < names
    assert project.shards("test_first") == ["0"]

    replayed = project.run("--sls-strict")
    replayed.assert_outcomes(passed=5)
    replayed.stdout.fnmatch_lines(["sls-contract: 10 exchanges checked *"])
    for test, passed in (("test_it.py::test_second", 1), ("test_it.py::test_group", 2)):
        project.run("--sls-strict", test).assert_outcomes(passed=passed)
    project.write("reverse.py", "def pytest_collection_modifyitems(items): items.reverse()\n")
    project.run("--sls-strict", "-p", "reverse").assert_outcomes(passed=5)
    project.test(GROUP + "\n    def test_new(group): ask(group, shard=1)\n").run("--sls-record=once").assert_outcomes(
        passed=7
    )
    project.run("--sls-strict").assert_outcomes(passed=7)
    project.run("--sls-record=verify").assert_outcomes(passed=7)


@pytest.mark.full
def test_two_workers_record_one(project):
    """Each worker makes the fixture, and one recording of it is kept; both workers play it."""
    project.write("conftest.py", CONFTEST)
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.parametrize("shard", range(4))
        def test_asks(service, shard):
            assert ask(service, shard=shard).status_code == 200
        """
    )
    project.spawn("-n2", "--dist=each", "--sls-record=once")
    shared = load(project.path / "cassettes/conftest/service@session.sls.yaml")
    assert [each.exchange.request.query for each in shared] == ["shard=5", "shard=6"]
    assert not shared.unfinished
    result = project.run("--sls-strict")
    result.assert_outcomes(passed=4)


def test_what_a_fixture_breaks_is_told_where_it_is_made(project):
    """A finding fails the setup of the test that came first, and one of its teardown the teardown of the last."""
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette(empty=True)

        @pytest.fixture(scope="class")
        def wrong(sls_session):
            ask(sls_session, query="shardId=0")

        @pytest.fixture(scope="class")
        def wrong_at_last(sls_session):
            yield
            ask(sls_session, query="shardId=1")

        class TestOne:
            def test_a(self, wrong): pass

        class TestTwo:
            def test_b(self, wrong_at_last): pass
        """
    )
    result = project.run("--sls-record=once")
    result.assert_outcomes(passed=1, errors=2)
    result.stdout.fnmatch_lines(["*ERROR at setup of TestOne.test_a*", "*SLS103 query-shard-key*"])
    result.stdout.fnmatch_lines(["*ERROR at teardown of TestTwo.test_b*", "*SLS103 query-shard-key*"])
    assert load(project.cassette("TestOne.wrong@class")).failed


def test_a_recording_of_before_plays_on(project):
    """Where a fixture has no cassette, what it asks is played by the test that came first when it was recorded."""
    project.test(
        """
        from types import SimpleNamespace
        from sls_contract.signing import TEST_CREDENTIALS

        NAMES = SimpleNamespace(url="https://cn-hangzhou.log.aliyuncs.com", region="cn-hangzhou", project="my-project",
            logstore="my-logstore", consumer_group="consumer_group_test", credentials=TEST_CREDENTIALS)

        @pytest.fixture(scope="module")
        def wide():
            return ask(NAMES).status_code

        @pytest.mark.sls_cassette
        def test_asks(wide):
            assert wide == 200
        """
    ).run("--sls-record=once").assert_outcomes(passed=1)
    project.cassette("wide@module").rename(project.cassette("test_asks"))
    project.run("--sls-strict").assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_client_of_the_whole_run_at_a_url(project, service):
    """One group is made for the run, and deleted at its end; no real name is written, and public ones play."""
    project.write("conftest.py", CONFTEST)
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.parametrize("shard", [0, 1])
        def test_asks(service, shard):
            assert ask(service, shard=shard).status_code == 200
        """
    )
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.run("--sls-record=once", *options).assert_outcomes(passed=2)
    asked = [request.method for request in service.endpoint.requests]
    assert asked == ["POST", "GET", "GET", "GET", "GET", "DELETE"]
    text = "".join(path.read_text("utf-8") for path in project.path.rglob("*.sls.yaml"))
    assert "consumer_group_session" in text
    assert not [
        real
        for real in ("real-project", "real-logstore", "sls-contract-", service.key.access_key_id)
        if f"/{real}" in text
    ]
    project.run("--sls-strict").assert_outcomes(passed=2)
    project.run("--sls-record=verify", *options).assert_outcomes(passed=2)


@pytest.mark.full
def test_old_ways_of_setting_up_have_cassettes_too(project):
    """setup_module, setup_class and setUpClass, and what takes their work back; parameters that are objects."""
    project.test(
        """
        import unittest
        from types import SimpleNamespace
        from sls_contract.signing import TEST_CREDENTIALS

        NAMES = SimpleNamespace(url="https://cn-hangzhou.log.aliyuncs.com", region="cn-hangzhou", project="my-project",
            logstore="my-logstore", consumer_group="consumer_group_test", credentials=TEST_CREDENTIALS)
        pytestmark = pytest.mark.sls_cassette

        def setup_module(): ask(NAMES, 1)
        def teardown_module(): ask(NAMES, 2)

        class TestNew:
            def setup_class(self): ask(NAMES, 3)
            def test_a(self): ask(NAMES)

        class TestOld(unittest.TestCase):
            @classmethod
            def setUpClass(cls): ask(NAMES, 4)
            @classmethod
            def tearDownClass(cls): ask(NAMES, 5)
            def test_b(self): ask(NAMES)

        @pytest.fixture(scope="module", params=[object(), dict])
        def made(request): return ask(NAMES, 6).status_code

        def test_c(made): assert made == 200
        """
    ).run("--sls-record=once").assert_outcomes(passed=4)
    names = {name.removeprefix("cassettes/test_it/").removesuffix(".sls.yaml") for name in project.cassettes()}
    fixtures = {"setup_module@module", "TestNew.setup_class@class", "TestOld.setUpClass@class"}
    assert names == {*fixtures, "made[0]@module", "made[dict]@module", "TestNew.test_a", "TestOld.test_b"}
    assert project.shards("setup_module@module") == ["1", "2"]
    assert project.shards("TestOld.setUpClass@class") == ["4", "5"]
    project.run("--sls-strict").assert_outcomes(passed=4)
    project.run("--sls-strict", "-k", "test_b").assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_marker_is_still_needed(project):
    """A test that asks with the client of the run, and has no cassette, is stopped with the remedy."""
    project.write("conftest.py", CONFTEST)
    result = project.test("def test_asks(service): ask(service)").run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*How to fix: mark the test with @pytest.mark.sls_cassette*"])
    assert project.cassettes() == ["cassettes/conftest/service@session.sls.yaml"]


def test_in_one_folder_for_all(project):
    """With sls_cassette_dir, fixtures of several conftest files stay apart."""
    project.ini("sls_cassette_dir = players", "pythonpath = .")
    for folder in ("a", "b"):
        project.write(f"{folder}/conftest.py", CONFTEST)
        project.write(
            f"{folder}/test_{folder}.py",
            """
            import pytest
            from client import ask

            @pytest.mark.sls_cassette
            def test_asks(service):
                ask(service)
            """,
        )
    project.run("--sls-record=once").assert_outcomes(passed=2)
    names = {name for name in project.cassettes() if "service" in name}
    assert names == {f"players/{folder}.conftest/service@session.sls.yaml" for folder in ("a", "b")}
    project.run("--sls-strict").assert_outcomes(passed=2)


@pytest.mark.parametrize("swallow", [True, full(False)])
def test_a_fixture_that_ends_badly_is_no_failure_that_its_last_test_expects(project, monkeypatch, swallow):
    """The fixture ends with whichever test is the last one, and that may be marked xfail."""
    monkeypatch.setenv("QUERY", "shard=0")
    project.test(
        f"""
        import os
        from contextlib import suppress

        @pytest.fixture(scope="session")
        def service(sls_session):
            yield sls_session
            with suppress({"Exception" if swallow else ""}):
                ask(sls_session, query=os.environ["QUERY"])

        @pytest.mark.sls_cassette
        @pytest.mark.xfail
        def test_asks(service):
            ask(service)
            assert not service
        """
    ).run("--sls-record=once").assert_outcomes(xfailed=1)
    project.run().assert_outcomes(xfailed=1)
    monkeypatch.setenv("QUERY", "shardId=0")
    result = project.run()
    result.assert_outcomes(xfailed=1, errors=1)
    result.stdout.fnmatch_lines(["*violation SLS607 request-not-recorded: 1 time*"])


def test_a_fixture_of_a_package_belongs_to_the_folder_that_defines_it(project):
    """It is set up once for all folders below: whichever test comes first, each one plays alone."""
    project.write("part/__init__.py", "")
    project.write("part/below/__init__.py", "")
    project.write("part/conftest.py", CONFTEST.replace('scope="session"', 'scope="package"'))
    asks = """
        import pytest
        from client import ask

        @pytest.mark.sls_cassette
        def test_asks(service):
            assert ask(service, shard=0).status_code == 200
    """
    project.write("part/below/test_low.py", asks)
    project.write("part/test_high.py", asks)
    project.run("--sls-record=once").assert_outcomes(passed=2)
    project.run("part/test_high.py").assert_outcomes(passed=1)
    project.run("part/below/test_low.py").assert_outcomes(passed=1)
    project.run("--sls-strict").assert_outcomes(passed=2)
    (found,) = project.path.rglob("service@package.sls.yaml")
    assert found.parent == project.path / "part" / "cassettes" / "conftest"
