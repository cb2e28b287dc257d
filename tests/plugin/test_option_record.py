"""--sls-record: none, once, new_episodes, all."""

from __future__ import annotations

import textwrap

import pytest

from sls_contract.cassettes.file.recording_file import load


def asks(*shards: int, then: str = "") -> str:
    calls = "; ".join(f"ask(sls, shard={shard})" for shard in shards)
    return f"""
    @pytest.mark.sls_cassette
    def test_asks(sls):
        {calls}
        {then}
    """


def test_none_writes_nothing(project):
    """The default replays, and leaves the file as it was, byte for byte."""
    project.test(asks(0)).run("--sls-record=once")
    before = project.cassette("test_asks").read_bytes()
    project.run("--sls-record=none").assert_outcomes(passed=1)
    assert project.cassette("test_asks").read_bytes() == before


def test_once_does_not_add_to_a_finished_recording(project):
    """What was recorded whole stays as it is; a new request is a miss, as it will be in CI."""
    project.test(asks(0)).run("--sls-record=once").assert_outcomes(passed=1)
    result = project.test(asks(0, 1)).run("--sls-record=once")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no recording in *matches GET *shard=1*"])
    assert project.shards("test_asks") == ["0"]


@pytest.mark.slow
def test_once_goes_on_where_a_recording_broke_off(project):
    """A test that left off while recording keeps what it has; the next run replays that and records the rest."""
    project.test(asks(0, then="pytest.skip('later')")).run("--sls-record=once").assert_outcomes(skipped=1)
    assert load(project.cassette("test_asks")).unfinished
    result = project.test(asks(0, 1)).run("--sls-record=once")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["sls-contract: 2 exchanges checked *, 1 exchange recorded*"])
    assert project.shards("test_asks") == ["0", "1"]
    assert not load(project.cassette("test_asks")).unfinished
    project.run().assert_outcomes(passed=1)


@pytest.mark.slow
def test_once_lets_two_tests_of_one_run_record_into_one_cassette(project):
    """A cassette that is new when the run begins is recorded by every test that names it."""
    source = """
    @pytest.mark.sls_cassette(name="both")
    @pytest.mark.parametrize("shard", [0, 1])
    def test_asks(sls, shard):
        ask(sls, shard=shard)
    """
    project.test(source).run("--sls-record=once").assert_outcomes(passed=2)
    assert project.shards("both") == ["0", "1"]
    project.run().assert_outcomes(passed=2)


def test_new_episodes_adds_what_is_missing(project):
    """What is recorded is replayed; only the new request is recorded."""
    project.test(asks(0)).run("--sls-record=once")
    result = project.test(asks(0, 1)).run("--sls-record=new_episodes")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*1 exchange recorded*"])
    assert project.shards("test_asks") == ["0", "1"]


@pytest.mark.slow
def test_all_replaces_the_old_recordings(project):
    """Everything is recorded again; nothing of before stays."""
    project.test(asks(0, 1)).run("--sls-record=once")
    project.test(asks(1)).run("--sls-record=all").assert_outcomes(passed=1)
    assert project.shards("test_asks") == ["1"]
    project.run().assert_outcomes(passed=1)


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["assert not 'at all'", "ask(sls, query='shardId=0')"])
def test_all_keeps_the_old_recordings_where_the_test_fails(project, broken):
    """A run that goes wrong, by itself or by a finding, does not cost the recording that worked."""
    project.test(asks(0)).run("--sls-record=once")
    before = project.cassette("test_asks").read_bytes()
    project.test(asks(1, then=broken)).run("--sls-record=all").assert_outcomes(failed=1)
    assert project.cassette("test_asks").read_bytes() == before
    assert project.cassettes() == ["cassettes/test_it/test_asks.sls.yaml"]


@pytest.mark.slow
def test_all_keeps_what_another_test_of_the_run_recorded(project):
    """Two tests that share a cassette both record it anew; the second does not drop the first."""
    source = """
    @pytest.mark.sls_cassette(name="both")
    @pytest.mark.parametrize("shard", [0, 1])
    def test_asks(sls, shard):
        ask(sls, shard=shard)
    """
    project.test(source).run("--sls-record=once")
    project.run("--sls-record=all").assert_outcomes(passed=2)
    assert project.shards("both") == ["0", "1"]


FOREIGN = """
    interactions:
    - request:
        body: null
        headers: {}
        method: GET
        uri: https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/consumer_group_test?shard=7
      response:
        body: {string: '[]'}
        headers: {Content-Type: [application/json]}
        status: {code: 200, message: OK}
    version: 1
"""


def test_all_works_over_a_cassette_of_plain_vcrpy(project):
    """Re-recording a third party's cassette leaves ours in its place."""
    project.test(asks(0)).write("cassettes/test_it/test_asks.sls.yaml", textwrap.dedent(FOREIGN))
    project.run("--sls-record=all").assert_outcomes(passed=1)
    assert project.shards("test_asks") == ["0"]


def test_a_wrong_mode_is_a_usage_error(project):
    """A typo is told before any test runs, on the command line and in the ini file."""
    project.test(asks(0))
    for option in ("--sls-record=allways", "-osls_record=allways"):
        result = project.run(option)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["*allways*"])


@pytest.mark.slow
def test_the_ini_file_can_set_the_mode(project):
    """The setting sls_record is the default; the command line wins over it."""
    project.ini("sls_record = once").test(asks(0)).run("--sls-record=none").assert_outcomes(failed=1)
    project.run().assert_outcomes(passed=1)
    assert project.shards("test_asks") == ["0"]
