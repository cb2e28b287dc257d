"""A mark that a recording failed goes with what it was about, wherever the run was started."""

from __future__ import annotations

import pytest

from sls_contract import use_cassette
from sls_contract.cassettes.conversion import Losses
from sls_contract.cassettes.file.recording_file import load

OWN = """
    @pytest.mark.sls_cassette
    def test_asks(sls):
        ask(sls, shard=0)
        {rest}
"""
SHARED = """
    @pytest.mark.sls_cassette(name="both")
    def test_one(sls):
        ask(sls, shard=0)

    @pytest.mark.sls_cassette(name="both")
    def test_{two}(sls):
        ask(sls, shard=1)
        assert {holds}
"""


@pytest.mark.slow
def test_a_run_from_another_folder_ends_what_failed(project):
    """The test is the same, whatever pytest takes for the root; its cassette is whole then, and can be verified."""
    project.test(OWN.format(rest="ask(sls, shard=1); assert 0"), "sub/test_it.py")
    project.run("--sls-record=once").assert_outcomes(failed=1)
    project.test(OWN.format(rest=""), "sub/test_it.py")
    project.run("--sls-record=once", f"--rootdir={project.path / 'sub'}").assert_outcomes(passed=1)
    file = load(project.path / "sub" / "cassettes" / "test_it" / "test_asks.sls.yaml")
    assert (file.unfinished, file.failed, len(file)) == ((), {}, 1)
    project.run("--sls-record=verify").assert_outcomes(passed=1)


@pytest.mark.slow
def test_a_test_that_no_longer_asks_ends_what_failed(project):
    """What it asks for was recorded before; the exchange that failed is asked for no more."""
    project.test(OWN.format(rest="")).run("--sls-record=once").assert_outcomes(passed=1)
    before = project.cassette("test_asks").read_bytes()
    project.test(OWN.format(rest="ask(sls, shard=1); assert 0")).run("--sls-record=new_episodes")
    assert load(project.cassette("test_asks")).failed
    project.test(OWN.format(rest="")).run("--sls-record=once").assert_outcomes(passed=1)
    assert project.cassette("test_asks").read_bytes() == before


@pytest.mark.slow
def test_a_shared_cassette_says_why_it_is_not_played(project):
    """Also where the other tests of it have recordings; a test under a new name is no owner, so all records anew."""
    project.test(SHARED.format(two="two", holds="0")).run("--sls-record=once").assert_outcomes(passed=1, failed=1)
    result = project.test(SHARED.format(two="renamed", holds="1")).run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*is not played, since its test failed: test_it.py::test_two: *"])
    project.run("--sls-record=all").assert_outcomes(passed=2)
    file = load(project.cassette("both"))
    assert (file.unfinished, file.failed, len(file)) == ((), {}, 2)


def test_plain_python_ends_what_failed(project):
    """`use_cassette` knows no tests: who records into a file whose recording failed stands for all of them."""
    project.test(OWN.format(rest="assert 0")).run("--sls-record=once").assert_outcomes(failed=1)
    with use_cassette(project.cassette("test_asks"), record="new_episodes"):
        pass
    assert not load(project.cassette("test_asks")).failed


def test_a_conversion_tells_that_the_mark_of_a_failed_test_is_lost(project):
    """What it writes would be played."""
    project.test(OWN.format(rest="assert 0, 'on purpose'")).run("--sls-record=once").assert_outcomes(failed=1)
    assert any("test_it.py::test_asks: " in each for each in Losses().lost(load(project.cassette("test_asks"))))
