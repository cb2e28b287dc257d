"""What a failed test recorded is evidence of nothing: it is not played, and is recorded anew."""

from __future__ import annotations

import pytest
from left_out import full

from sls_contract.cassettes.file.recording_file import load

WRONG_KEY = """
    from dataclasses import replace
    from sls_contract import Credentials

    @pytest.mark.sls_cassette
    def test_asks(sls):
        wrong = Credentials("LTAI5tMadeUpKey00001", "MadeUpSecret0123456789abcdefgh")
        response = ask(replace(sls, credentials=wrong))
        assert response.status_code == 200, response.text
"""
RIGHT_KEY = "    @pytest.mark.sls_cassette\n    def test_asks(sls):\n        assert ask(sls).status_code == 200\n"


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["once", full("new_episodes")])
def test_a_wrong_key_costs_one_run(project, mode):
    """The 401 is not played; the message says that the recording failed and why, and its advice leads to green."""
    result = project.test(WRONG_KEY).run(f"--sls-record={mode}")
    result.assert_outcomes(failed=1)
    assert "AccessKeyId not found: ***" in result.stdout.str()
    assert "testAccessKeyId" not in result.stdout.str()

    result = project.test(RIGHT_KEY).run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*is not played, since its test failed: *AccessKeyId not found: *"])
    result.stdout.fnmatch_lines(["*How to fix: fix the test, then record it again (pytest --sls-record=once)*"])

    result = project.run(f"--sls-record={mode}")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 exchange recorded*"])
    file = load(project.cassette("test_asks"))
    assert (file.unfinished, file.failed, len(file)) == ((), {}, 1)
    project.run("--sls-strict").assert_outcomes(passed=1)


def test_what_passed_beside_it_stays(project):
    """Tests that share a cassette: what the others recorded plays on, and only the failed one is recorded anew."""
    source = """
    @pytest.mark.sls_cassette(name="shared")
    @pytest.mark.parametrize("shard", [0, 1, 2])
    def test_asks(sls, shard):
        ask(sls, shard=shard)
        assert {condition}
    """
    project.test(source.format(condition="shard != 1")).run("--sls-record=once").assert_outcomes(passed=2, failed=1)
    assert list(load(project.cassette("shared")).failed.values()) == [
        "test_it.py::test_asks[1]: AssertionError: assert 1 != 1"
    ]
    project.run("-k", "not 1").assert_outcomes(passed=2)
    project.run("--sls-record=once", "-k", "not 1").assert_outcomes(passed=2)
    assert load(project.cassette("shared")).failed
    again = project.test(source.format(condition="True")).run("--sls-record=once")
    again.assert_outcomes(passed=3)
    again.stdout.fnmatch_lines(["*1 exchange recorded*"])
    assert sorted(project.shards("shared")) == ["0", "1", "2"]
    project.run("--sls-strict").assert_outcomes(passed=3)


def test_every_way_to_fail_counts_and_none_that_is_no_failure(project):
    """A finding, a failing setup or teardown, a unittest; not a skip (which is unfinished) nor an expected failure."""
    project.test(
        """
        import unittest

        pytestmark = pytest.mark.sls_cassette

        def test_breaks(sls):
            ask(sls, query="shardId=0")

        @pytest.fixture
        def broken(sls):
            ask(sls)
            raise RuntimeError("消费组\\n第二行")

        def test_in_setup(broken): pass

        @pytest.fixture
        def breaking(sls):
            yield
            ask(sls)
            raise RuntimeError("late")

        def test_in_teardown(breaking): pass

        class TestOld(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def names(self, sls): self.sls = sls

            def test_old(self):
                ask(self.sls)
                self.fail("by hand")

        def test_skips(sls):
            ask(sls)
            pytest.skip("enough")

        @pytest.mark.xfail
        def test_expected(sls):
            ask(sls)
            assert not "now"
        """
    )
    project.run("--sls-record=once")
    reasons = {
        "test_breaks": "test_it.py::test_breaks: SLS103 query-shard-key (violation) at query shardId of GetCheckPoint",
        "test_in_setup": "test_it.py::test_in_setup: RuntimeError: 消费组",
        "test_in_teardown": "test_it.py::test_in_teardown: RuntimeError: late",
        "TestOld.test_old": "test_it.py::TestOld::test_old: AssertionError: by hand",
    }
    assert {name: "".join(load(project.cassette(name)).failed.values()) for name in reasons} == reasons
    for name in ("test_skips", "test_expected"):
        assert not load(project.cassette(name)).failed
    assert load(project.cassette("test_skips")).unfinished
