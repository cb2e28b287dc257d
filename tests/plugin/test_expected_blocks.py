"""Who expects that a request is stopped, in whatever words a test says so, and who only swallows it."""

from __future__ import annotations

import pytest

CLIENTS = """
    import asyncio, threading, unittest
    import requests
    from aliyun.log import LogClient, LogException
    from sls_contract import errors
    from sls_contract.errors import NetworkBlocked as Blocked

    HOST = "cn-hangzhou.log.aliyuncs.com"
    EXPECTED = (ValueError, Blocked)

    def go():
        requests.get(f"http://my-project.{HOST}/", timeout=60)

    def official(source):
        LogClient(HOST, "id", "secret", source=source).get_check_point("my-project", "logs", "readers", shard=0)
"""


@pytest.mark.slow
def test_whoever_expects_the_block_is_green(project):
    """By a helper, a tuple, a parameter, a function, unittest, a group of errors, or the cause of an SDK's error."""
    project.test(
        CLIENTS
        + """
    def stopped():
        return pytest.raises(Blocked)

    def test_helper():
        with stopped():
            go()

    def test_tuple():
        with pytest.raises(EXPECTED):
            go()

    @pytest.mark.parametrize("error", [Blocked, errors.SlsContractError])
    def test_parameter(error):
        with pytest.raises(error):
            go()

    @pytest.mark.parametrize("expectation", [pytest.raises(Blocked)])
    def test_expectation(expectation):
        with expectation:
            go()

    def test_function():
        pytest.raises(errors.NetworkBlocked, go)

    class TestOld(unittest.TestCase):
        def test_it(self):
            with self.assertRaises(errors.NetworkBlocked):
                go()
            self.assertRaises(Blocked, go)

    def test_other_thread():
        met = []
        def work():
            try:
                go()
            except Blocked as error:
                met.append(error)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert met

    @pytest.mark.parametrize("source", [None, "test"])
    def test_official_client(source):
        with pytest.raises(LogException) as caught:
            official(source)
        assert isinstance(caught.value.__context__, Blocked)

    @pytest.mark.sls_allow("SLS616", reason="the client raises its own error")
    def test_allowed():
        with pytest.raises(LogException, match="blocked"):
            official("test")
    """
    )
    for mode in ("none", "once"):
        project.run(f"--sls-record={mode}", "--sls-strict").assert_outcomes(passed=11)


ELSEWHERE = """
    import dataclasses, typing
    import expectations

    @dataclasses.dataclass(slots=True)
    class Slots:
        error: type

    @dataclasses.dataclass
    class Data:
        error: type

    class Row(typing.NamedTuple):
        error: type

    @pytest.mark.parametrize("case", [Slots(expectations.IT), Data(expectations.IT), Row(expectations.IT)])
    def test_case(case):
        with pytest.raises(case.error):
            go()

    def test_module():
        with pytest.raises(expectations.IT):
            go()

    class TestIt:
        it = expectations.IT
        raises = pytest.raises(expectations.IT)

        def test_self(self):
            with pytest.raises((ValueError, self.it)):
                go()

        def test_caught(self):
            try:
                go()
            except type(self).it:
                pass

        def test_raises(self):
            with self.raises:
                go()

        def test_task(self):
            async def all_of_it():
                return await asyncio.gather(asyncio.to_thread(go), return_exceptions=True)
            assert isinstance(asyncio.run(all_of_it())[0], self.it)

    class TestOld(unittest.TestCase):
        def setUp(self):
            self.it = expectations.IT

        def test_it(self):
            with self.assertRaises(self.it):
                go()
"""


def test_the_expected_error_may_be_bound_elsewhere(project):
    """In a module, a class, a case's field: whatever is bound there counts, so any error still says nothing."""
    project.test(
        CLIENTS.replace("from sls_contract.errors import NetworkBlocked as Blocked", "Blocked = OSError") + ELSEWHERE
    )
    project.write("expectations.py", "from sls_contract.errors import NetworkBlocked as IT\n")
    project.run().assert_outcomes(passed=9)
    project.write("expectations.py", "IT = Exception\n")
    project.spawn().assert_outcomes(failed=9)


def test_whoever_expects_any_error_is_red(project):
    """The words that catch everything, or an SDK's own error, say nothing of a block; the advice names both ways."""
    project.test(
        CLIENTS
        + """
    def test_any():
        with pytest.raises(Exception):
            go()

    class TestOld(unittest.TestCase):
        def test_any(self):
            with self.assertRaises(BaseException):
                go()

    @pytest.mark.parametrize("source", [None, "test"])
    def test_official_client(source):
        with pytest.raises(LogException):
            official(source)
    """
    )
    result = project.run()
    result.assert_outcomes(failed=4)
    assert result.stdout.str().count("@pytest.mark.sls_allow('SLS616', reason='…')") >= 4


def test_whoever_keeps_what_was_caught_is_red(project):
    """Its class comes from the error itself: of the one who caught any error, it says nothing."""
    project.test(
        CLIENTS.replace("from sls_contract.errors import NetworkBlocked as Blocked", "Blocked = OSError")
        + """
    import sys
    from concurrent.futures import ThreadPoolExecutor

    def test_all_of_it():
        try:
            go()
        except Exception:
            kind, value, trace = sys.exc_info()

    def test_tuple():
        last = None
        for _ in range(2):
            try:
                go()
            except Exception as error:
                last = type(error), error

    def test_class():
        with pytest.raises(Exception) as caught:
            go()
        kind = caught.type

    def test_other_thread():
        with ThreadPoolExecutor() as workers:
            try:
                workers.submit(go).result()
            except Exception as error:
                kind = type(error)
    """
    )
    project.run().assert_outcomes(failed=4)


def test_a_doctest_that_shows_the_error_expects_it(project):
    """It has no other way to say so; one that shows something else swallowed it."""
    project.write(
        "documented.py",
        """
        import requests

        def go():
            '''
            >>> go()  # doctest: +IGNORE_EXCEPTION_DETAIL
            Traceback (most recent call last):
            NetworkBlocked: a request was blocked
            '''
            requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)

        def swallow():
            '''
            >>> swallow()
            '''
            try:
                go()
            except Exception:
                pass
        """,
    )
    project.spawn("-pdoctest", "--doctest-modules", "documented.py").assert_outcomes(passed=1, failed=1)


def test_a_test_that_names_the_error_may_get_it_from_a_thread_or_a_task(project):
    """Not only raised: as a result. A fixture that swallows one is red all the same."""
    project.test(
        CLIENTS
        + """
    from concurrent.futures import ThreadPoolExecutor

    def test_future():
        with ThreadPoolExecutor() as workers:
            assert isinstance(workers.submit(go).exception(), Blocked)

    def test_gathered():
        async def both():
            return await asyncio.gather(asyncio.to_thread(go), return_exceptions=True)
        (error,) = asyncio.run(both())
        assert isinstance(error, Blocked)

    def test_all_futures():
        with ThreadPoolExecutor() as workers:
            assert all(isinstance(each.exception(), Blocked) for each in [workers.submit(go), workers.submit(go)])

    def test_inner_coroutine():
        async def both():
            (error,) = await asyncio.gather(asyncio.to_thread(go), return_exceptions=True)
            assert isinstance(error, Blocked)
        asyncio.run(both())

    def test_collected():
        errors = []
        def work():
            try:
                go()
            except Exception as error:
                errors.append(error)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert isinstance(errors[0], Blocked)

    @pytest.mark.parametrize("error", [Blocked])
    def test_parameter(error):
        with ThreadPoolExecutor() as workers:
            assert isinstance(workers.submit(go).exception(), error)

    def swallow():
        try:
            go()
        except Exception:
            pass

    def test_beside_a_worker_that_swallows():
        worker = threading.Thread(target=swallow)
        worker.start()
        with pytest.raises(Blocked):
            go()
        worker.join()

    def test_in_vain():
        with ThreadPoolExecutor() as workers:
            assert workers.submit(go).exception()

    @pytest.fixture
    def swallows():
        with ThreadPoolExecutor() as workers:
            assert workers.submit(go).exception()

    def test_of_a_fixture(swallows):
        assert Blocked
    """
    )
    project.run().assert_outcomes(passed=6, failed=2, errors=1)


def test_a_method_may_say_which_error_is_expected(project):
    project.test(
        CLIENTS
        + """
    from concurrent.futures import ThreadPoolExecutor

    class Base:
        def stopped(self):
            return pytest.raises(Blocked)

        @staticmethod
        def static():
            return pytest.raises(Blocked)

        @classmethod
        def of_class(cls):
            return pytest.raises(Blocked)

        def any_error(self):
            return pytest.raises(Exception)

    class TestStopped(Base):
        def test_method(self):
            with self.stopped():
                go()

        def test_other_thread(self):
            with ThreadPoolExecutor() as workers, self.stopped():
                workers.submit(go).result()

        def test_static(self):
            with self.static():
                go()

        def test_of_class(self):
            with self.of_class():
                go()

        def test_any(self):
            with self.any_error():
                go()
    """
    )
    project.run().assert_outcomes(passed=4, failed=1)
