"""What a test's forked children do is played, recorded and judged as if the test did it; others are named."""

from __future__ import annotations

import concurrent.futures.process  # noqa: F401 - runs in this process must not load it anew; the same below
import multiprocessing.popen_fork
import multiprocessing.popen_spawn_posix  # noqa: F401
import os
import sys

import pytest
from left_out import full

from sls_contract.cassettes.file.journal import journal_of

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),  # Python 3.12 and later
]

CHILDREN = """
    import multiprocessing
    import os
    import signal
    from concurrent.futures import ProcessPoolExecutor

    forking = multiprocessing.get_context("fork")

    def forked(act, *args, **changes):
        pid = os.fork()
        if not pid:
            try:
                act(*args, **changes)
            finally:
                os._exit(0)
        return os.waitpid(pid, 0)[1]

    def process(act, *args, **changes):
        child = forking.Process(target=act, args=args, kwargs=changes)
        child.start()
        child.join()
        return child.exitcode

    def killed(sls):
        ask(sls, 3)
        os.kill(os.getpid(), signal.SIGKILL)

    def swallowed(sls, *args, **changes):
        try:
            ask(sls, *args, **changes)
        except Exception:
            pass
"""


def asking(*bodies):
    tests = [f"\n    @pytest.mark.sls_cassette\n    def test_{name}(sls):\n        {body}\n" for name, body in bodies]
    return CHILDREN + "".join(tests)


GOOD = asking(
    ("only_in_children", "assert forked(ask, sls, 1) == process(ask, sls, 2) == 0"),
    ("everywhere", "ask(sls), process(ask, sls), forked(forked, ask, sls), ask(sls, 1)"),
    ("killed", "assert process(killed, sls) == -signal.SIGKILL"),
    (
        "pool",
        """with ProcessPoolExecutor(3, mp_context=forking) as pool:
            assert {each.status_code for each in pool.map(ask, [sls] * 4, [0, 1, 0, 1])} == {200}""",
    ),
)
NAMES = ("everywhere", "killed", "only_in_children", "pool")


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), full(("-n2",))])
def test_what_children_ask_is_recorded_and_played(project, options):
    """By os.fork, multiprocessing, a pool, and up to a kill: one whole cassette, all of it played, each once."""
    project.test(GOOD)
    result = project.run("--sls-record=once", "--sls-strict")
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["*11 exchanges checked*0 findings*11 exchanges recorded*"])
    assert project.cassettes() == [f"cassettes/test_it/test_{name}.sls.yaml" for name in NAMES]  # and no journal
    assert [sorted(project.shards(f"test_{name}")) for name in NAMES] == [list("0001"), ["3"], ["1", "2"], list("0011")]
    assert not [name for name in NAMES if "unfinished" in project.cassette(f"test_{name}").read_text("utf-8")]
    result = project.run("--sls-strict", *options)
    result.assert_outcomes(passed=4)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["*11 exchanges checked*0 findings*"])
    result = project.run("--sls-record=verify")
    result.assert_outcomes(passed=4)
    assert project.cassettes() == [f"cassettes/test_it/test_{name}.sls.yaml" for name in NAMES]


@pytest.mark.slow
def test_what_children_do_wrong_fails_the_test(project):
    """A breach, a miss and a play too many, in children that swallow every error; a test that asks no more is told."""
    project.test(asking(("breach", "ask(sls)"), ("miss", "ask(sls)"), ("twice", "ask(sls)"), ("left", "ask(sls)")))
    project.run("--sls-record=once").assert_outcomes(passed=4)
    project.test(
        asking(
            ("breach", "process(swallowed, sls, Date='yesterday')"),
            ("miss", "ask(sls), forked(swallowed, sls, 7)"),
            ("twice", "ask(sls), process(swallowed, sls)"),
            ("left", "forked(print)"),
        )
    )
    result = project.run("--sls-strict")
    reports = {
        report.nodeid.partition("::test_")[2]: report.longreprtext
        for report in result.reprec.getreports("pytest_runtest_logreport")
        if report.failed
    }
    assert "SLS111" in reports["breach"]
    assert "SLS607" in reports["miss"]
    assert "It was recorded once" in reports["twice"]
    assert "SLS614" in reports["left"]


def test_a_child_that_outlives_its_cassette_is_refused(project):
    """A pool of an earlier test would play that test's cassette: its requests fail, and say why."""
    project.test(
        CHILDREN
        + """
    pool = ProcessPoolExecutor(1, mp_context=forking)

    @pytest.mark.sls_cassette
    def test_first(sls):
        assert pool.submit(ask, sls).result().status_code == 200

    @pytest.mark.sls_cassette
    def test_second(sls):
        with pytest.raises(Exception, match="(?s)forked while .*test_first.*start pools inside it"):
            pool.submit(ask, sls).result()
        ask(sls)
        pool.shutdown()
    """
    )
    project.run("--sls-record=once").assert_outcomes(passed=2)
    assert project.shards("test_first") == ["0"]
    assert not journal_of(project.cassette("test_first")).exists()


def test_other_processes_are_named(project):
    """Nothing of ours is in a program or a spawned process that a test starts: the summary says so."""
    project.write("quiet.py", "def nothing(): pass\n")
    project.test(
        f"""
        import multiprocessing
        import subprocess
        from quiet import nothing

        @pytest.mark.sls_cassette
        def test_starts(sls):
            ask(sls)
            subprocess.run([{sys.executable!r}, "-c", "", "secretArgument"], check=True)
            child = multiprocessing.get_context("spawn").Process(target=nothing)
            child.start()
            child.join()

        def test_without_cassette():
            subprocess.run([{sys.executable!r}, "-c", ""], check=True)
        """
    )
    result = project.run("--sls-record=once")
    result.assert_outcomes(passed=2)
    program = os.path.basename(sys.executable)  # noqa: PTH119 - as the summary names it
    wanted = f"*requests of 2 programs that tests started (multiprocessing spawn, {program}), first in*test_starts*"
    result.stdout.fnmatch_lines([wanted])
    assert "secretArgument" not in result.stdout.str()


POOL = (
    CHILDREN
    + """
    @pytest.fixture(scope="module")
    def pool():
        with ProcessPoolExecutor(1, mp_context=forking) as pool:
            assert pool.submit(int).result() == 0
            yield pool

    @pytest.mark.sls_cassette
    @pytest.mark.parametrize("shard", [0, 1])
    def test_asks(pool, sls, shard):
        assert pool.submit(ask, sls, shard).result().ok

    @pytest.mark.sls_cassette
    def test_may_skip(pool, sls):
        if "SKIP" in os.environ:
            pytest.skip()
        LAST
    """
)


@pytest.mark.parametrize("mode", ["none", "verify"])
@pytest.mark.parametrize(
    "options",
    [
        ["-k", "asks"],
        full(["test_it.py::test_may_skip"]),
        ["skip"],
        ["-n2"],
        full(["--deselect=test_it.py::test_asks"]),
    ],
    ids=" ".join,
)
def test_a_pool_of_a_fixture_plays_for_the_tests_that_run(project, monkeypatch, mode, options):
    """What tests of other runs and workers play is not missed; what none plays any more is named by a whole run."""
    project.test(POOL.replace("LAST", "assert pool.submit(ask, sls).result().ok")).run("--sls-record=once")
    if options == ["skip"]:
        monkeypatch.setenv("SKIP", "1")
    given = [f"--sls-record={mode}", "--sls-strict"]
    result = project.spawn(*given, *(each for each in options if each != "skip"))
    assert result.ret == 0
    assert "failed" not in result.parseoutcomes()
    assert "SLS610" not in result.stdout.str()
    if options == ["-n2"]:
        project.test(POOL.replace("LAST", "pass"))
        result = project.spawn(*given)
        assert result.ret == 1
        told = (
            "SLS610 recording-unplayed: *pool@module.sls.yaml exchange 2"
            if mode == "none"
            else "*that no test requested"
        )
        result.stdout.fnmatch_lines([f"*{told}*"])


OTHERS = """
    @pytest.mark.skip
    def test_never(ARGUMENTS): pass

    @pytest.mark.xfail
    def test_in_vain(ARGUMENTS): assert not "now"
"""


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        ("", True),
        full("tmp_path, capsys", True),
        full("pool", False),
        ("request", False),
        full("asking", False),
    ],
)
def test_what_no_test_requests_of_a_pool_is_missed_beside_tests_without_it(project, arguments, reported):
    """A test that is always skipped, or fails as expected, hides nothing unless it may use the fixture itself."""
    asking = "    @pytest.fixture\n    def asking(request): pass\n"
    source = asking + POOL.replace("skip()", "fail()") + OTHERS.replace("ARGUMENTS", arguments)
    project.test(source.replace("LAST", "assert pool.submit(ask, sls).result().ok"))
    project.spawn("--sls-record=once").assert_outcomes(passed=3, skipped=1, xfailed=1)
    result = project.test(source.replace("LAST", "pass")).spawn()
    assert ("SLS610 recording-unplayed: " in result.stdout.str()) is reported
    assert project.spawn("--sls-record=all").ret == (0 if reported else 1)


def test_a_pool_of_which_some_tests_run_is_not_recorded_again(project):
    """What its processes sent for the other tests would be gone."""
    project.test(POOL.replace("LAST", "assert pool.submit(ask, sls).result().ok"))
    project.spawn("--sls-record=once").assert_outcomes(passed=3)
    before = project.cassette("pool@module").read_bytes()
    result = project.spawn("--sls-record=all", "-k", "skip")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["  not replaced: *pool@module.sls.yaml: *", "*--sls-record=all test_it.py"])
    assert project.cassette("pool@module").read_bytes() == before
    assert project.spawn("--sls-record=all").ret == 0
    assert project.cassette("pool@module").read_bytes() != before


@pytest.mark.parametrize(
    "asks",
    [
        "def test_asks(pool, sls_session):",
        full(
            "@pytest.mark.sls_cassette\n    def test_asks(request, sls_session):"
            "\n        pool = request.getfixturevalue('pool')"
        ),
    ],
    ids=["without the marker", "while it runs"],
)
@pytest.mark.parametrize("mode", ["none", "verify"])
def test_what_no_test_requests_of_a_pool_is_missed_however_it_is_used(project, asks, mode):
    """A test needs no marker where a fixture's process sends its requests, and may request the fixture late."""
    source = f"""
    {asks}
        for shard in SHARDS:
            assert pool.submit(ask, sls_session, shard).result().ok
    """
    pool = POOL.partition("    @pytest.mark.sls_cassette")[0].replace("def pool()", "def pool(sls_session)")
    project.test(pool + source.replace("SHARDS", "(0, 1)")).spawn("--sls-record=once").assert_outcomes(passed=1)
    given = [f"--sls-record={mode}", "--sls-strict"]
    assert project.spawn(*given).ret == 0
    project.test(pool + source.replace("SHARDS", "(0,)"))
    result = project.spawn(*given)
    assert result.ret == 1
    told = "SLS610 recording-unplayed: *" if mode == "none" else "that no test requested"
    result.stdout.fnmatch_lines([f"*{told}*"])
    assert project.spawn(*given, "test_it.py::test_asks").ret == 0
