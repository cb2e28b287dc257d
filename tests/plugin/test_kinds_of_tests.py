"""Every kind of test that pytest runs: classes, unittest, asyncio, threads, skips, expected failures."""

from __future__ import annotations

import pytest
from left_out import full

from sls_contract.cassettes.file.recording_file import load


def twice(project, **outcomes):
    """Record, then replay; both with the same outcomes. Returns the replay's terminal."""
    project.run("--sls-record=once").assert_outcomes(**outcomes)
    result = project.run()
    result.assert_outcomes(**outcomes)
    return result


@pytest.mark.slow
def test_classes_unittest_and_wider_fixtures(project):
    """A marked unittest.TestCase, and fixtures of class and module scope, with cassettes of their own."""
    project.test(
        """
        import unittest
        from types import SimpleNamespace
        from sls_contract.signing import TEST_CREDENTIALS

        NAMES = SimpleNamespace(url="https://cn-hangzhou.log.aliyuncs.com", region="cn-hangzhou", project="my-project",
            logstore="my-logstore", consumer_group="consumer_group_test", credentials=TEST_CREDENTIALS)

        @pytest.fixture(scope="module")
        def in_module():
            return ask(NAMES, shard=0).status_code

        @pytest.fixture(scope="class")
        def in_class():
            return ask(NAMES, shard=1).status_code

        @pytest.mark.sls_cassette
        class TestScopes:
            def test_first(self, in_module, in_class):
                assert (in_module, in_class) == (200, 200)

            def test_second(self, in_module, in_class, sls):
                assert ask(sls, shard=0).status_code == 200

        @pytest.mark.sls_cassette
        class TestOld(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _names(self, sls):
                self.sls = sls

            def setUp(self):
                self.before = ask(self.sls).json()

            def test_reads(self):
                self.assertEqual(ask(self.sls).json(), self.before)
        """
    )
    result = twice(project, passed=3)
    result.stdout.fnmatch_lines(["sls-contract: 5 exchanges checked *"])


@pytest.mark.slow
def test_asyncio_tests(project):
    """Httpx and aiohttp in pytest-asyncio tests, also many at once in one test."""
    project.ini("asyncio_mode = auto").test(
        """
        import asyncio
        from datetime import UTC, datetime
        import aiohttp
        import httpx
        from sls_contract import Request, sign

        pytestmark = pytest.mark.sls_cassette

        def signed(sls, shard):
            url = f"https://{sls.project}.{sls.endpoint}/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}"
            return sign(Request("GET", f"{url}?shard={shard}"), sls.credentials, at=datetime.now(UTC))

        async def test_httpx(sls):
            async with httpx.AsyncClient() as client:
                async def get(shard):
                    request = signed(sls, shard)
                    return (await client.get(request.url, headers=dict(request.headers))).json()
                responses = await asyncio.gather(*(get(shard % 2) for shard in range(20)))
            assert [response[0]["shard"] for response in responses] == [0, 1] * 10

        async def test_aiohttp(sls):
            async with aiohttp.ClientSession() as client:
                request = signed(sls, 1)
                async with client.get(request.url, headers=dict(request.headers)) as response:
                    assert (await response.json())[0]["shard"] == 1
        """
    )
    result = project.spawn("-pasyncio", "--sls-record=once")  # anyio, loaded and forgotten, harms later tests
    result.assert_outcomes(passed=2)
    result = project.spawn("-pasyncio")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["sls-contract: 21 exchanges checked *"])


@pytest.mark.slow
@pytest.mark.parametrize("each", [4, full(40)])
def test_eight_threads_lose_nothing(project, each):
    """All that 8 threads ask is recorded and replayed, to each thread with its own responses."""
    project.test(
        f"""
        from concurrent.futures import ThreadPoolExecutor

        @pytest.mark.sls_cassette
        def test_many(sls):
            def work(thread):
                return [ask(sls, shard=thread * {each} + n, scheme="v1").status_code for n in range({each})]
            with ThreadPoolExecutor(8) as pool:
                assert sum(pool.map(work, range(8)), []) == [200] * {8 * each}
        """
    )
    result = twice(project, passed=1)
    result.stdout.fnmatch_lines([f"sls-contract: {8 * each} exchanges checked *"])
    assert sorted(map(int, project.shards("test_many"))) == list(range(8 * each))


def test_skipped_tests(project):
    """A skipped test opens nothing; one that skips itself keeps what it recorded, as unfinished, and is judged."""
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.skip
        def test_never(sls):
            ask(sls)

        def test_skips_itself(sls):
            ask(sls)
            pytest.skip("seen enough")

        def test_hides_a_breach(sls):
            ask(sls, query="shardId=0")
            pytest.skip("nothing to see")
        """
    )
    result = project.run("--sls-record=once", "-rs")
    result.assert_outcomes(skipped=2, failed=1)
    result.stdout.fnmatch_lines(["*(violation) at query shardId*", "SKIPPED *seen enough*"])
    assert not project.cassette("test_never").exists()
    assert load(project.cassette("test_skips_itself")).unfinished


def test_no_skip_hides_that_nothing_was_recorded(project):
    """Whether it is raised after the client's error, because of it, or in a fixture: pytest shows no cause."""
    project.test(
        """
        import unittest

        pytestmark = pytest.mark.sls_cassette

        def test_cannot_go_on(sls):
            try:
                ask(sls)
            except Exception:
                pytest.skip("not reachable")

        def test_says_why(sls):
            try:
                ask(sls)
            except Exception as error:
                raise pytest.skip.Exception("not reachable") from error

        def test_says_it_as_unittest_does(sls):
            try:
                ask(sls)
            except Exception:
                raise unittest.SkipTest("not reachable")

        @pytest.fixture
        def reachable(sls):
            try:
                ask(sls)
            except Exception:
                pytest.skip("not reachable")

        def test_needs_it(reachable): pass
        """
    )
    result = project.run()
    result.assert_outcomes(failed=3, errors=1)
    assert result.stdout.str().count("SLS607 request-not-recorded (violation)") == 4
    project.run("--sls-record=once").assert_outcomes(passed=4)
    project.run("--sls-strict").assert_outcomes(passed=4)


def test_expected_failures(project):
    """A finding is a failure that xfail may expect; strict xfail still fails where nothing is found."""
    project.test(
        """
        pytestmark = pytest.mark.sls_cassette

        @pytest.mark.xfail(reason="known")
        def test_breaks(sls):
            ask(sls, query="shardId=0")

        @pytest.mark.xfail(reason="repaired", strict=True)
        def test_right(sls):
            ask(sls)

        def test_gives_up(sls):
            ask(sls, query="shardId=0")
            pytest.xfail("not today")

        @pytest.mark.xfail(raises=ZeroDivisionError)
        @pytest.mark.parametrize("query", ["shard=0", "shardId=0"])
        def test_expects_another(sls, query):
            ask(sls, query=query)
            1 / 0

        RaisesExc = getattr(pytest, "RaisesExc", None)
        raises = RaisesExc(ZeroDivisionError) if RaisesExc else ZeroDivisionError

        @pytest.mark.xfail(raises=raises)
        @pytest.mark.parametrize("query", ["shard=0", "shardId=0"])
        def test_expects_what_matches(sls, query):
            ask(sls, query=query)
            1 / 0
        """
    )
    project.run("--sls-record=once").assert_outcomes(xfailed=4, failed=3)
    assert not load(project.cassette("test_breaks")).unfinished
    result = project.run()
    result.assert_outcomes(xfailed=4, failed=3)
    result.stdout.no_fnmatch_line("*TypeError*")


def test_unittest_hides_nothing(project):
    """TestCase stores failures and skips past the call: findings are shown all the same, and no skip hides them."""
    project.test(
        """
        import unittest

        @pytest.mark.sls_cassette
        class TestOld(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _names(self, sls):
                self.sls = sls

            def test_fails(self):
                ask(self.sls, query="shardId=0")
                self.assertEqual(1, 2, "my own reason")

            def test_fails_after_recording(self):
                ask(self.sls)
                self.fail("half way")

            def test_skips(self):
                ask(self.sls, query="shardId=1")
                self.skipTest("nothing to see")
        """
    )
    result = project.run("--sls-record=once")
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(["*my own reason*", "*Captured sls-contract call*", "*at query shardId*"])
    result.stdout.fnmatch_lines(["*TestOld.test_skips*", "*at query shardId*"])
    assert load(project.cassette("TestOld.test_fails_after_recording")).unfinished
