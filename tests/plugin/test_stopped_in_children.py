"""A request that is stopped in a forked child: the parent's test does not stay green over it."""

from __future__ import annotations

import os

import pytest
from advice import advised
from left_out import full

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.mark.parametrize("options", [[], full(["--sls-record=once"]), full(["-n2"])])
def test_children_tell_what_was_stopped_and_swallowed(project, options):
    """Forked by hand or by a pool; one that expects the block is green; no test fails for another's child."""
    project.test(
        """
        import multiprocessing, os
        from contextlib import suppress
        import requests
        from sls_contract.errors import NetworkBlocked

        def go(*ignored):
            requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)

        def swallow(*ignored):
            with suppress(BaseException):
                go()

        def in_child(work):
            child = os.fork()
            if not child:
                work()
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0

        def test_swallows():
            in_child(swallow)

        def test_asks_nothing(): pass

        def test_swallows_in_a_pool():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                pool.map(swallow, range(4))

        def test_expects_it():
            def work():
                with pytest.raises(NetworkBlocked):
                    go()
            in_child(work)

        def test_forks_for_something_else():
            in_child(lambda: None)
        """
    )
    result = project.spawn(*options)
    result.assert_outcomes(passed=3, failed=2)
    text = result.stdout.str()
    assert "my-project.cn-hangzhou.log.aliyuncs.com in test_it.py::test_swallows: 1 time" in text
    assert "my-project.cn-hangzhou.log.aliyuncs.com in test_it.py::test_swallows_in_a_pool: 4 times" in text
    assert text.count("SLS616 request-blocked (violation) at request") == 2


POOL = """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from contextlib import suppress
    import requests

    def swallow():
        with suppress(Exception):
            requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)

    def start(): return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork"))

    @pytest.fixture(scope="module")
    def pool():
        with start() as workers:
            workers.submit(int).result()
            yield workers
"""


@pytest.mark.parametrize("options", [[], full(["--sls-record=once"])])
def test_a_pool_outlives_the_test_that_started_it(project, options):
    """What its processes swallow fails the test that ran then, not the first one, nor none; as told, it is recorded."""
    project.test(
        POOL
        + """
    def test_starts_it(pool): assert pool.submit(int).result() == 0

    def test_swallows_in_it(pool): pool.submit(swallow).result()

    def test_goes_on(pool): assert pool.submit(int).result() == 0
    """
    )
    result = project.spawn(*options)
    result.assert_outcomes(passed=2, failed=1)
    text = result.stdout.str()
    assert "my-project.cn-hangzhou.log.aliyuncs.com in test_it.py::test_swallows_in_it: 1 time" in text
    found = advised(
        text, r"mark the test with (@\S+), start the process inside the test, and record it \(pytest (.*?)\)"
    )
    project.test(
        POOL
        + f"""
    {found[1]}
    def test_asks_in_it(sls):
        with start() as inside:
            assert inside.submit(ask, sls).result().ok
    """
    )
    project.spawn(found[2]).assert_outcomes(passed=1)
    project.spawn().assert_outcomes(passed=1)


def test_a_pool_of_a_fixture_asks_for_the_tests_that_use_it(project):
    """Its exchanges are in the fixture's cassette: a test that asks only there did ask, in any order."""
    project.test(
        POOL
        + """
    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("shard", [0, 1])
    def test_asks(pool, sls, shard): assert pool.submit(ask, sls, shard=shard).result().ok

    @pytest.mark.sls_cassette
    def test_asks_nothing(): pass
    """
    )
    for options in (["--sls-record=once"], []):
        result = project.spawn(*options)
        result.assert_outcomes(passed=3, errors=1)
        assert "ERROR at teardown of test_asks_nothing" in result.stdout.str()


ONE_PROCESS_EACH = """
    import os, pickle
    import pytest
    from _pytest.runner import runtestprotocol

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(item, nextitem):
        hook, config = item.ihook, item.config
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            plain = [hook.pytest_report_to_serializable(config=config, report=each) for each in reports]
            os.write(writer, pickle.dumps(plain))
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            plain = pickle.loads(file.read())
        os.waitpid(child, 0)
        for each in plain:
            report = hook.pytest_report_from_serializable(config=config, data=each)
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True
"""


def test_a_test_in_a_process_of_its_own_is_no_child(project):
    """As pytest-forked runs them: each block is listed once, and no test is told to start a process inside itself."""
    project.write("one_process_each.py", ONE_PROCESS_EACH)
    project.test(
        """
        from contextlib import suppress
        import requests

        def test_raises():
            requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)

        def test_swallows():
            with suppress(BaseException):
                requests.get("http://my-project.cn-hangzhou.log.aliyuncs.com/", timeout=60)

        def test_asks_nothing(): pass
        """
    )
    result = project.spawn("-p", "one_process_each")
    result.assert_outcomes(passed=1, failed=2)
    text = result.stdout.str()
    assert text.count("test_swallows: 1 time") == text.count("test_raises: 1 time") == 1
    assert "between tests" not in text
    assert "start the process inside the test" not in text
