"""--sls-record: none, once, new_episodes, all."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from advice import advised

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


SHARED = """
    import os

    class TestOfBoth:
        @pytest.mark.sls_cassette(name="both")
        def test_one(self, sls):
            ask(sls, shard=0)

    class TestOther:
        @pytest.mark.sls_cassette(name="both")
        @pytest.mark.skipif("SKIP" in os.environ, reason="not here")
        def test_two(self, sls):
            ask(sls, shard=1)
            assert "FAIL" not in os.environ
"""


@pytest.mark.parametrize(
    "way", [["-k", "one"], ["test_it.py::TestOfBoth"], ["--deselect=test_it.py::TestOther"], "SKIP", "FAIL"], ids=str
)
def test_all_keeps_a_shared_cassette_whose_other_test_does_not_record(project, monkeypatch, way):
    """What a test recorded that did not run to its end now would be lost; what the run says to do replaces it."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=2)
    before = project.cassette("both").read_bytes()
    options = [] if isinstance(way, str) else way
    with monkeypatch.context() as patch:
        if isinstance(way, str):
            patch.setenv(way, "yes")
        result = project.run("--sls-record=all", *options)
    assert project.cassette("both").read_bytes() == before
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    file = Path("cassettes/test_it/both.sls.yaml")
    result.stdout.fnmatch_lines([f"  not replaced: {file}: *", "    test_it.py::TestOther::test_two"])
    command = advised(result.stdout.str(), "until they pass: (.+)")[1].split()[1:]
    project.run(*command).assert_outcomes(passed=2)
    assert project.shards("both") == ["0", "1"]
    assert project.cassette("both").read_bytes() != before
    assert advised(result.stdout.str(), "cannot run any more, delete the file first")
    project.cassette("both").unlink()
    monkeypatch.setenv("SKIP", "for ever")
    assert project.run(*command).ret == pytest.ExitCode.OK


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "options"),
    [
        (SHARED.replace("shard=1", "shard=0"), []),
        (SHARED.partition("    class TestOther")[0], []),
        (SHARED.partition("    class TestOther")[0], ["test_it.py::TestOfBoth::test_one"]),
        (SHARED, ["-k", "one or two"]),
        (SHARED, ["test_it.py::TestOther", "test_it.py::TestOfBoth"]),
        (SHARED.replace('"SKIP" in os.environ', "True").replace("shard=0)", "shard=0), ask(sls, shard=1)"), []),
    ],
    ids=["whole file", "without the other test", "its only test, by id", "both by -k", "both by id", "nothing lost"],
)
def test_all_replaces_a_shared_cassette_where_nothing_is_lost(project, source, options):
    """A test that is gone keeps nothing, and a test that is skipped keeps nothing that is recorded again anyway."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=2)
    old = {recording.id for recording in load(project.cassette("both"))}
    result = project.test(source).run("--sls-record=all", *options)
    assert result.ret == pytest.ExitCode.OK
    new = {recording.id for recording in load(project.cassette("both"))}
    assert new
    assert not old & new


@pytest.mark.full
def test_all_keeps_a_shared_cassette_that_workers_record_in_part(project):
    """The controller decides, for all workers."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=2)
    before = project.cassette("both").read_bytes()
    result = project.spawn("--sls-record=all", "-n2", "test_it.py::TestOfBoth")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*    test_it.py::TestOther::test_two"])
    assert project.cassette("both").read_bytes() == before
    assert project.spawn("--sls-record=all", "-n2").ret == pytest.ExitCode.OK
    assert project.cassette("both").read_bytes() != before


@pytest.mark.parametrize(
    ("match_on", "replaced"),
    [("'method', 'path'", True), ("'method', 'path', lambda *_: True", False), ("'method', 'path', 'query'", False)],
)
def test_what_is_lost_of_a_shared_cassette_follows_how_requests_match(project, monkeypatch, match_on, replaced):
    """A query that does not matter is new in each recording; the test that is skipped requests nothing of its own."""
    monkeypatch.setenv("NOW", "1")
    project.test(
        f"""
        import os

        @pytest.mark.sls_cassette(name="both", match_on=[{match_on}])
        def test_one(sls): ask(sls, query="shard=" + os.environ["NOW"])

        @pytest.mark.sls_cassette(name="both", match_on=[{match_on}])
        @pytest.mark.skip
        def test_two(sls): pass
        """
    ).run("--sls-record=once").assert_outcomes(passed=1, skipped=1)
    monkeypatch.setenv("NOW", "2")
    assert (project.run("--sls-record=all").ret == pytest.ExitCode.OK) is replaced
    assert project.shards("both") == (["2"] if replaced else ["1"])


@pytest.mark.parametrize("ids", [["one", "two"], ["one"]])
def test_all_collects_no_test_a_second_time(project, ids):
    """A second collection may find other tests: of a generator nothing is left, and a conftest may count."""
    project.write(
        "conftest.py",
        """
        shards = iter([0, 1])

        def pytest_generate_tests(metafunc):
            if "shard" in metafunc.fixturenames:
                metafunc.parametrize("shard", [next(shards)])
        """,
    )
    source = """
        @pytest.mark.sls_cassette(name="both")
        def test_one(sls, shard): ask(sls, shard=shard)

        @pytest.mark.sls_cassette(name="both")
        def test_two(sls, shard): ask(sls, query=f"shard={shard}")
        """
    project.test(source).spawn("--sls-record=once").assert_outcomes(passed=2)
    before = project.cassette("both").read_bytes()
    result = project.spawn("--sls-record=all", *(f"test_it.py::test_{each}" for each in ids))
    result.assert_outcomes(passed=len(ids))
    assert result.ret == (pytest.ExitCode.OK if len(ids) > 1 else pytest.ExitCode.TESTS_FAILED)
    assert (project.cassette("both").read_bytes() != before) is (len(ids) > 1)
    assert project.shards("both") == ["0", "1"]


def test_all_keeps_a_shared_cassette_beside_a_class_that_cannot_be_collected(project):
    """Nobody knows what its tests recorded."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=2)
    before = project.cassette("both").read_bytes()
    broken = "def pytest_generate_tests(metafunc):\n    assert metafunc.cls.__name__ != 'TestOther'"
    project.write("conftest.py", broken)
    result = project.run("--sls-record=all", "test_it.py::TestOfBoth")
    assert project.cassette("both").read_bytes() == before
    result.stdout.fnmatch_lines(["  not replaced: *both.sls.yaml: *"])


@pytest.mark.full
def test_all_leaves_nothing_of_workers_whose_tests_went_on_after_an_interrupt(project):
    """The controller stops at Ctrl-C; it does not hear that further tests recorded to their end."""
    source = """
        @pytest.mark.parametrize("shard", range(6))
        @pytest.mark.sls_cassette(name="both")
        def test_one(sls, shard): ask(sls, shard=shard)
        """
    project.test(source).run("--sls-record=once").assert_outcomes(passed=6)
    before = project.cassette("both").read_bytes()
    project.write(
        "conftest.py",
        """
        def pytest_runtest_logreport(report):
            if report.when == "teardown" and hasattr(report, "node"):  # in the controller
                raise KeyboardInterrupt
        """,
    )
    assert project.spawn("--sls-record=all", "-n2").ret == pytest.ExitCode.INTERRUPTED
    assert project.cassette("both").read_bytes() == before


def test_all_fails_no_test_for_a_secret_in_what_it_replaces(project):
    """That the whole file is scanned for each test would also take the square of the time."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=2)
    path = project.cassette("both")
    path.write_text(path.read_text("utf-8").replace("shard=1", "shard=1&key=LTAI5tMadeUpKey00001"), encoding="utf-8")
    project.run("--sls-record=all").assert_outcomes(passed=2)
    assert "LTAI5tMadeUpKey00001" not in path.read_text("utf-8")


def test_all_says_why_a_shared_cassette_could_not_be_replaced(project):
    """Something else damaged the file before the end of the run, when the old recordings are removed."""
    project.test(SHARED).run("--sls-record=once").assert_outcomes(passed=2)
    project.write(
        "conftest.py",
        """
        from pathlib import Path
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_sessionfinish():
            Path("cassettes/test_it/both.sls.yaml").write_text("interactions: [", encoding="utf-8")
        """,
    )
    result = project.run("--sls-record=all")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["  not replaced: *both.sls.yaml*", "How to fix: *", "*the run failed*was not replaced"]
    )
