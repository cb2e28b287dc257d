"""A request that is stopped in a forked child: the parent's test does not stay green over it."""

from __future__ import annotations

import os

import pytest
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
