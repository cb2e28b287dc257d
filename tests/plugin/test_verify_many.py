"""Record mode verify over many tests: parameters, classes, shared cassettes, workers, kills."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from advice import advised
from left_out import full

from sls_contract import load_cassette
from sls_contract.exit_codes import INCOMPLETE

MANY = """
    from post import post

    pytestmark = pytest.mark.sls_cassette

    @pytest.mark.parametrize("shard", [0, 1], ids=["甲", "乙"])
    def test_reads(sls, shard):
        assert ask(sls, shard=shard).status_code == 200

    class TestState:
        def test_writes_and_reads(self, sls):
            update = {"shard": 0, "checkpoint": "MTA=", "forceSuccess": True}
            assert post(sls, "type=checkpoint&forceSuccess=true", update).status_code == 200
            assert ask(sls).json()[0]["shard"] == 0
"""
POST = """
import json
from datetime import UTC, datetime
import requests
from sls_contract import Request, sign

def post(sls, query, value):
    path = f"/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}?{query}"
    url = sls.url.replace("://", f"://{sls.project}.") + path
    request = Request("POST", url, {"Content-Type": "application/json"}, json.dumps(value).encode())
    signed = sign(request, sls.credentials, region=sls.region, at=datetime.now(UTC))
    return requests.post(signed.url, data=signed.body, headers=dict(signed.headers), timeout=60)
"""
SHARED = """
    pytestmark = pytest.mark.sls_cassette(name="shared")

    @pytest.mark.parametrize("shard", [0, 1])
    def test_reads(sls, shard):
        assert ask(sls, shard=shard).status_code == 200
"""
PATH = "cassettes/test_it/shared.sls.yaml"


def validated(project, name="shared"):
    return [recording.provenance.validated_at for recording in load_cassette(project.cassette(name)).recordings]


@pytest.fixture
def shared(project, service):
    """Record a cassette that two tests share."""
    project.test(SHARED)
    project.verify = lambda *options, record="verify": project.run(
        f"--sls-record={record}", f"--sls-endpoint={service.url}", *service.options, *options
    )
    project.verify(record="once").assert_outcomes(passed=2)
    return project


@pytest.mark.parametrize("options", [(), full(("-n2",))])
def test_the_embedded_endpoint_gives_the_same_responses(project, options):
    """What was recorded in `once` against it is reproducible: nothing breaks, whoever runs the tests."""
    project.write("post.py", POST)
    project.test(MANY).run("--sls-record=once").assert_outcomes(passed=3)
    names = sorted(path.stem for path in project.path.rglob("*.sls.yaml"))
    result = (project.spawn if options else project.run)("--sls-record=verify", *options)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["sls-contract: verified 3 cassettes: *; 3 validated again"])
    assert sorted(path.stem for path in project.path.rglob("*.sls.yaml")) == names
    assert not list(project.path.rglob("*.proposed*"))
    project.run().assert_outcomes(passed=3)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, full(2)])
def test_each_worker_s_differences_reach_the_controller(project, service, workers):
    """Two cassettes: one summary, one line for both proposals, however many workers."""
    project.write("post.py", POST)
    project.test(MANY.partition("    class")[0])
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.run("--sls-record=once", *options).assert_outcomes(passed=2)
    service.moved(checkpoint="", updateTime=0, consumer="", lag=7)
    result = project.spawn("--sls-record=verify", f"-n{workers}", *options)
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*verified 2 cassettes: 2 additive; 2 unchanged, proposal written beside it"])
    (line,) = [line for line in result.outlines if line.startswith("  proposal ")]
    assert ".proposed and 1 more: sls-contract diff" in line
    assert len(list(project.path.rglob("*.proposed"))) == 2


def test_a_shared_cassette_is_settled_once(shared, service):
    """Each test compares what it asks; together they renew every exchange, or put both into one proposal."""
    before = validated(shared)
    shared.verify().stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    assert all(new > old for new, old in zip(validated(shared), before, strict=True))
    service.moved(checkpoint="", updateTime=0, consumer="", lag=7)
    result = shared.verify("--sls-accept=additive,benign")
    result.stdout.fnmatch_lines(["*verified 1 cassette: 1 additive (accepted); 1 replaced by the proposal"])
    assert sorted(shared.shards("shared")) == ["0", "1"]
    shared.run().assert_outcomes(passed=2)


@pytest.mark.parametrize("only", [("-k", "1"), full(("test_it.py::test_reads[1]",))])
def test_a_part_of_a_shared_cassette_renews_that_part(shared, service, only):
    """Nothing is said of what the other tests ask for, and the whole is not replaced by a part."""
    before = validated(shared)
    result = shared.verify(*only)
    result.assert_outcomes(passed=1, deselected=int(only[0] == "-k"))
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    assert [new > old for new, old in zip(validated(shared), before, strict=True)] == [False, True]
    service.moved(checkpoint="", updateTime=0, consumer="", lag=7)
    result = shared.verify("--sls-accept=additive,benign", *only)
    result.stdout.fnmatch_lines(
        [
            "*1 unchanged, proposal written beside it",
            "*; to accept it: run all tests of its file, with the same options *",
        ]
    )
    assert sorted(shared.shards("shared")) == ["0", "1"]
    result = shared.verify("--sls-accept=additive,benign", "test_it.py")
    result.stdout.fnmatch_lines(["*verified 1 cassette: 1 additive (accepted); 1 replaced by the proposal"])


@pytest.mark.slow
def test_tests_that_share_a_cassette_may_ask_the_same(shared, service):
    """Each compares with the first recording of its kind, and nothing is left over: so it was recorded."""
    same = SHARED.replace("shard=shard", "shard=0")
    shared.test(same)
    shared.verify(record="all").assert_outcomes(passed=2)
    result = shared.verify()
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    assert result.ret == pytest.ExitCode.OK
    shared.test(same.replace("[0, 1]", "[0]"))
    result = shared.verify()
    result.stdout.fnmatch_lines([f"  unmatched {PATH} old exchange 1: GET *"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.slow
def test_what_nobody_asks_for_any_more_fails_the_run(shared):
    """An exchange of a shared cassette is missed by no single test: the end of the run tells it, and is not green."""
    shared.test(SHARED.replace("[0, 1]", "[0]"))
    result = shared.verify()
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines([f"  unmatched {PATH} old exchange 1: GET *shard=1"])
    assert shared.verify("test_it.py").ret == pytest.ExitCode.TESTS_FAILED
    mode = advised(result.stdout.str(), r"record it again \(pytest --sls-record=(all)\), with all tests of its file")
    before = (shared.path / PATH).read_bytes()
    shared.verify(record=mode.group(1)).assert_outcomes(passed=1)
    assert shared.verify().ret == pytest.ExitCode.OK
    (shared.path / PATH).write_bytes(before)
    silent = SHARED.replace("assert ask(sls, shard=shard).status_code == 200", "pass")
    silent = silent.replace('name="shared"', 'name="shared", empty=True')
    shared.test(silent)
    result = shared.verify()
    result.stdout.fnmatch_lines([f"  unmatched {PATH} old exchange {number}: *" for number in (0, 1)])
    assert result.ret == INCOMPLETE
    shared.test(silent.replace('"shared"', '"none"'))
    assert shared.verify().ret == INCOMPLETE
    shared.test(SHARED.replace("[0, 1]", "[0, pytest.param(1, marks=pytest.mark.skip)]"))
    assert shared.verify().ret == pytest.ExitCode.OK


@pytest.mark.slow
def test_a_repeated_recording_stands_for_all_that_come_after_it(project, service):
    """repeat='last': asking more or less often than recorded is no difference; a changed response is."""
    polls = """
    @pytest.mark.sls_cassette(repeat="last")
    def test_polls(sls):
        for _ in range({times}):
            assert ask(sls).status_code == 200
    """
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.test(polls.format(times=2)).run("--sls-record=once", *options).assert_outcomes(passed=1)
    for times in (1, 2, 4):
        project.test(polls.format(times=times)).run("--sls-record=verify", *options).assert_outcomes(passed=1)
    service.respond_with(b"[]")
    project.run("--sls-record=verify", *options).assert_outcomes(failed=1)


def test_an_expected_failure_stays_one(project, service):
    """A breaking difference in a test marked xfail is an expected failure, and told in the summary."""
    source = """
    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_reads(sls):
        ask(sls)
    """
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.test(source).run("--sls-record=once", *options).assert_outcomes(xpassed=1)
    service.respond_with(b"[]")
    result = project.run("--sls-record=verify", *options)
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["  breaking: SLS422*"])


@pytest.mark.full
@pytest.mark.parametrize("end", ["assert False", full("pytest.xfail('not yet')")])
def test_an_expected_failure_is_the_end_of_a_test(project, service, end):
    """What it asks for until then is all that it asks for: renewed and replaced as any other, unless the rest fails."""
    source = """
    @pytest.fixture
    def after():
        yield
        assert not {broken}

    @pytest.mark.xfail
    @pytest.mark.sls_cassette
    def test_reads(sls, after):
        ask(sls)
        {end}
    """
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.test(source.format(end=end, broken=False))
    project.run("--sls-record=once", *options).assert_outcomes(xfailed=1)
    before = validated(project, "test_reads")
    result = project.run("--sls-record=verify", *options)
    result.stdout.fnmatch_lines(["sls-contract: verified 1 cassette: 1 benign; 1 validated again"])
    assert validated(project, "test_reads") > before
    service.moved(checkpoint="", updateTime=0, consumer="", lag=7)
    verify = ("--sls-record=verify", "--sls-accept=additive,benign", *options)
    project.test(source.format(end=end, broken=True))
    project.run(*verify).stdout.fnmatch_lines(["*1 unchanged: one of its tests failed or was skipped"])
    project.test(source.format(end=end, broken=False))
    project.run(*verify).stdout.fnmatch_lines(["*1 replaced by the proposal"])


@pytest.mark.full
def test_unittest_s_own_failures_are_told_from_differences(project, service):
    """A difference alone leaves a proposal; a test that failed by itself leaves none."""
    source = """
    import unittest

    @pytest.mark.sls_cassette
    class TestReads(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _sls(self, sls):
            self.sls = sls

        def test_reads(self):
            ask(self.sls)
            {more}
    """
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.test(source.format(more="")).run("--sls-record=once", *options).assert_outcomes(passed=1)
    service.respond_with(b"[]")
    project.run("--sls-record=verify", *options).assert_outcomes(failed=1)
    assert list(project.path.rglob("*.proposed"))
    project.test(source.format(more="self.fail()")).run("--sls-record=verify", *options).assert_outcomes(failed=1)
    assert not list(project.path.rglob("*.proposed"))


@pytest.mark.slow
def test_a_kill_leaves_the_old_file_as_it_is(project, service):
    """SIGKILL in the middle of a verification; the next run goes over what was left."""
    project.test(
        """
        import os, time

        @pytest.mark.sls_cassette
        def test_reads(sls):
            ask(sls)
            if os.environ.get("SLEEP"):
                open("asked", "w").close()
                time.sleep(60)
        """
    )
    options = (f"--sls-endpoint={service.url}", *service.options)
    project.run("--sls-record=once", *options).assert_outcomes(passed=1)
    before = project.cassette("test_reads").read_bytes()
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--sls-record=verify", *options]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=project.path, env={**os.environ, "SLEEP": "1"}, **quiet)
    deadline = time.monotonic() + 60
    while not (project.path / "asked").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert project.cassette("test_reads").read_bytes() == before
    project.run("--sls-record=verify", *options).stdout.fnmatch_lines(["*1 validated again"])
    assert [path.name for path in project.cassette("test_reads").parent.iterdir()] == ["test_reads.sls.yaml"]
