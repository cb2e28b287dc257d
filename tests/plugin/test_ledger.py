"""What nobody plays: exchanges that no test asks for, and cassettes that belong to no test; never a false alarm."""

from __future__ import annotations

import json
import os
import shutil
import time

import pytest
from left_out import full

TWO = """
    @pytest.mark.sls_cassette
    def test_one(sls):
        ask(sls)
        {more}

    @pytest.mark.sls_cassette
    def test_two(sls):
        ask(sls)
"""
UNPLAYED = "  warning SLS610 recording-unplayed: cassettes/test_it/test_one.sls.yaml exchange 1"
ORPHAN = "  warning SLS611 recording-orphaned: cassettes/test_it/test_two.sls.yaml"


def two(more="pass"):
    return TWO.format(more=more)


def older(project):
    """Let the cassettes be of an earlier run."""
    long_ago = time.time() - 3600
    for path in project.path.rglob("*.sls.yaml"):
        os.utime(path, (long_ago, long_ago))
    return project


@pytest.fixture
def recorded(project):
    """Record two tests, of which the first asks twice."""
    project.test(two("ask(sls, shard=1)")).run("--sls-record=once").assert_outcomes(passed=2)
    return older(project)


WORKERS = [(), full(("-n2",))]
"""Runs in one process; with SLS_FULL=1 in two xdist workers, too, whose counts one test below sees in any case."""


def silent(result):
    result.stdout.no_fnmatch_line("*SLS61*")
    return result


@pytest.mark.parametrize("options", WORKERS)
def test_an_exchange_that_no_test_asks_for_is_named(recorded, options):
    """A warning, in the summary and in the report; with --sls-strict the run fails though every test passed."""
    run = recorded.spawn if options else recorded.run
    recorded.test(two())
    result = run("--sls-report=report.json", *options)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*, 1 finding, *", UNPLAYED])
    (finding,) = json.loads((recorded.path / "report.json").read_text("utf-8"))["findings"]
    assert (finding["code"], finding["level"], finding["exchange"]) == ("SLS610", "warning", 1)
    assert finding["cassette"].endswith("test_one.sls.yaml")
    result = run("--sls-strict", *options)
    result.assert_outcomes(passed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.full
def test_two_workers_count_together(recorded):
    """What neither of them played nobody asked for."""
    result = recorded.test(two()).spawn("--sls-strict", "-n2")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([UNPLAYED])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("options", [*WORKERS, full((".",))])
def test_a_cassette_that_no_test_plays_is_named(recorded, options):
    """The test was removed, its cassette was not."""
    recorded.test(two("ask(sls, shard=1)").partition("    @pytest.mark.sls_cassette\n    def test_two")[0])
    run = recorded.spawn if "-n2" in options else recorded.run
    result = run(*options)
    result.assert_outcomes(passed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*, 1 cassette unused", ORPHAN])
    assert run("--sls-strict", *options).ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.slow
def test_the_cassettes_of_a_removed_file_are_named(recorded):
    """No test file has the name of the folder any more; one that exists and was not collected keeps its cassettes."""
    recorded.test(two("ask(sls, shard=1)"), "test_new.py")
    shutil.copytree(recorded.path / "cassettes/test_it", recorded.path / "cassettes/test_new")
    older(recorded)
    silent(recorded.run("--ignore=test_it.py"))
    silent(recorded.run("test_new.py"))
    silent(recorded.run("-p", "no:python", "--co"))
    silent(recorded.run()).assert_outcomes(passed=4)
    (recorded.path / "test_it.py").rename(recorded.path / "test_it.py.txt")
    silent(recorded.run()).assert_outcomes(passed=2)
    (recorded.path / "test_it.py.txt").unlink()
    result = recorded.spawn()  # this process has loaded them before
    result.stdout.fnmatch_lines(["*2 cassettes unused", "*cassettes/test_it/test_one.sls.yaml", ORPHAN])


@pytest.mark.slow
def test_one_folder_for_all_cassettes(project):
    """With ini sls_cassette_dir only a run of the whole project can tell what belongs to nobody."""
    project.ini("sls_cassette_dir = all").write("sub/test_sub.py", "def test_plain(): pass")
    project.test(two()).run("--sls-record=once").assert_outcomes(passed=3)
    for stem in ("test_gone", "test_sub", "documents"):
        shutil.copytree(project.path / "all/test_it", project.path / "all" / stem)
    older(project)
    silent(project.run("sub"))
    silent(project.run("test_it.py", "sub"))
    result = project.run()
    told = sorted(line.split()[-1] for line in result.outlines if "SLS611" in line)
    assert told == [
        f"all/{stem}/{name}.sls.yaml" for stem in ("test_gone", "test_sub") for name in ("test_one", "test_two")
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("assert not 'at all'", "failed"),
        full("pytest.skip('now')", "skipped"),
        ("pytest.xfail('now')", "xfailed"),
        full("ask(sls, shard=7)", "failed"),
    ],
)
def test_a_test_that_does_not_come_to_its_end_says_nothing(recorded, body, outcome):
    """Failed, skipped or expected to fail: what it would have asked for is not known."""
    recorded.test(two(body))
    silent(recorded.run("--sls-strict")).assert_outcomes(passed=1, **{outcome: 1})


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [("skip", "skipped"), full("skipif(True, reason='here')", "skipped"), full("xfail(run=False)", "xfailed")],
)
def test_a_test_that_does_not_run_keeps_its_cassette(recorded, mark, outcome):
    """Neither its exchanges nor its file is unused."""
    recorded.test(f"    pytestmark = pytest.mark.{mark}\n" + two("ask(sls, shard=1)"))
    silent(recorded.run("--sls-strict")).assert_outcomes(**{outcome: 2})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "passed"),
    [
        (("-k", "test_one"), 1),
        full(("test_it.py::test_one",), 1),
        (("--sls-record=once",), 2),
        full(("--collect-only",), 0),
        full(("-k", "test_two"), 0),
        full(("test_it.py",), 2),
        full(("--deselect", "test_it.py::test_one"), 1),
        full(("--ignore", "other"), 2),
        full(("--sls-record=new_episodes",), 2),
    ],
)
def test_a_part_of_the_run_says_nothing_of_the_rest(recorded, options, passed):
    """A selection, single files, and record modes name no file as unused."""
    recorded.test(two("ask(sls, shard=1)").replace("test_two", "test_three"))
    recorded.write("cassettes/test_it/test_three.sls.yaml", recorded.cassette("test_two").read_text("utf-8"))
    older(recorded)
    result = silent(recorded.run(*options))
    assert result.parseoutcomes().get("passed", 0) == passed


@pytest.mark.slow
@pytest.mark.parametrize("how", ["tryfirst", full("trylast"), full("wrapper")])
def test_what_a_conftest_takes_out_is_no_orphan(recorded, how):
    """Sharding plugins and conftests drop tests without a word, in any order of hooks."""
    recorded.write(
        "conftest.py",
        f"""
        import pytest

        @pytest.hookimpl({how}=True)
        def pytest_collection_modifyitems(items):
            items[:] = [item for item in items if item.name != "test_two"]
            {"yield" if how == "wrapper" else ""}
        """,
    )
    result = recorded.run()
    result.assert_outcomes(passed=1)
    silent(result)


def test_a_file_that_skips_itself_keeps_its_cassettes(recorded):
    """A missing library, say: none of its tests was collected."""
    recorded.write("test_plain.py", "def test_plain(): pass")
    recorded.test("    pytest.importorskip('no_such_library')\n" + two("ask(sls, shard=1)"))
    result = recorded.run()
    result.assert_outcomes(passed=1, skipped=1)
    silent(result)


def test_a_run_that_was_cut_short_says_nothing(recorded):
    """-x, --maxfail and an interrupt leave tests behind."""
    recorded.test(
        """
        @pytest.mark.sls_cassette
        def test_one(sls):
            ask(sls)

        def test_last():
            {end}
        """.format(end="assert not 'at all'")
    )
    silent(recorded.run("-x")).assert_outcomes(passed=1, failed=1)
    recorded.test("def test_last(): raise KeyboardInterrupt\n" + two().replace("\n    ", "\n"), "test_it.py")
    assert silent(recorded.spawn()).ret == pytest.ExitCode.INTERRUPTED


@pytest.mark.slow
def test_a_failure_in_a_file_silences_its_orphans(recorded):
    """Parameters that were renamed: the new ones fail for want of a recording, and the old files may be theirs."""
    recorded.test(two("ask(sls, shard=1)").replace("test_two", "test_renamed"))
    result = recorded.run()
    result.assert_outcomes(passed=1, failed=1)
    silent(result)


def test_a_marker_that_means_nothing_silences_its_file(recorded):
    """The test errors; which cassette it wanted is not known."""
    recorded.test(
        two("ask(sls, shard=1)").replace("sls_cassette\n    def test_two", "sls_cassette('x')\n    def test_two")
    )
    result = recorded.run()
    result.assert_outcomes(passed=1, errors=1)
    silent(result)


@pytest.mark.full
def test_workers_without_cassettes_say_nothing(project):
    """Neither in the summary nor in the report."""
    result = project.test("def test_plain(): pass").spawn("-n1")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*sls-contract: *")


@pytest.mark.full
@pytest.mark.parametrize("workers", [1, 2])
def test_a_crashed_worker_says_nothing(recorded, workers):
    """What it had played is not known."""
    recorded.test(two("import os; os._exit(1)"))
    result = silent(recorded.spawn(f"-n{workers}"))
    result.assert_outcomes(passed=1, failed=1)


@pytest.mark.slow
@pytest.mark.parametrize("options", WORKERS)
def test_a_shared_cassette_counts_what_all_its_tests_play(project, options):
    """Each test plays a part; only what none of them plays is named, and only when all of them ran to their end."""
    shared = """
    pytestmark = pytest.mark.sls_cassette(name="shared")

    @pytest.mark.parametrize("shard", [{shards}])
    def test_reads(sls, shard):
        ask(sls, shard=shard)
    """
    project.test(shared.format(shards="0, 1, 2")).run("--sls-record=once").assert_outcomes(passed=3)
    older(project)
    silent(project.run())
    silent(project.run("-k", "1"))
    silent(project.run("test_it.py::test_reads[1]"))
    project.test(shared.format(shards="0, 1"))
    result = project.spawn(*options) if options else project.run()
    result.stdout.fnmatch_lines(["  warning SLS610 recording-unplayed: cassettes/test_it/shared.sls.yaml exchange 2"])
    project.test(shared.format(shards="0, pytest.param(1, marks=pytest.mark.skip)"))
    silent(project.run())


@pytest.mark.slow
@pytest.mark.parametrize("options", WORKERS)
def test_tests_that_share_a_cassette_may_ask_the_same(project, options):
    """Each recorded an exchange of its own, and replays the first: two asked for both; a third is named."""
    same = """
    pytestmark = pytest.mark.sls_cassette(name="shared")

    def test_one(sls):
        ask(sls)

    def test_two(sls):
        {more}
        ask(sls)
    """
    project.test(same.format(more="ask(sls)")).run("--sls-record=once").assert_outcomes(passed=2)
    older(project)
    run = project.spawn if options else project.run
    assert silent(run("--sls-strict", *options)).ret == pytest.ExitCode.OK
    project.test(same.format(more="pass")).run().stdout.fnmatch_lines(
        ["  warning SLS610 recording-unplayed: cassettes/test_it/shared.sls.yaml exchange 2"]
    )
    project.test(same.format(more="ask(sls, shard=1)")).run("--sls-record=new_episodes")
    older(project).run().stdout.fnmatch_lines(["* cassettes/test_it/shared.sls.yaml exchange 2"])


@pytest.mark.slow
@pytest.mark.parametrize("change", ["write(path, [])", full("path.unlink()"), full("path.write_text('')")])
def test_a_shared_cassette_that_is_another_by_now_is_not_told_of(project, change):
    """A test took it away or wrote over it: what nobody asked for in the old one says nothing of the new."""
    source = """
    from pathlib import Path
    from sls_contract.cassettes.file.recording_file import write

    pytestmark = pytest.mark.sls_cassette(name="shared", empty=True)

    def test_one(sls):
        ask(sls)

    def test_two(sls):
        {more}
    """
    project.test(source.format(more="ask(sls, shard=1)")).run("--sls-record=once").assert_outcomes(passed=2)
    older(project).test(source.format(more=f"path = Path({str(project.cassette('shared'))!r}); {change}"))
    assert silent(project.run("--sls-strict")).ret == pytest.ExitCode.OK


@pytest.mark.parametrize("option", ["--setup-only", full("--setup-plan"), full("--setup-show")])
def test_a_test_that_never_began_asked_for_nothing(recorded, option):
    """Pytest runs the fixtures alone, or not even those: that is no sign of what the test asks for."""
    recorded.test(two("ask(sls, shard=1)"))
    assert silent(recorded.run(option, "--sls-strict")).ret == pytest.ExitCode.OK


@pytest.mark.slow
def test_repeating_plays_all_of_a_kind(project):
    """repeat='last': polling less often than recorded leaves nothing behind; another request does."""
    polls = """
    @pytest.mark.sls_cassette(repeat="last")
    def test_polls(sls):
        for _ in range({times}):
            ask(sls)
        {more}
    """
    project.test(polls.format(times=3, more="ask(sls, shard=1)")).run("--sls-record=once")
    older(project).test(polls.format(times=1, more="ask(sls, shard=1)"))
    silent(project.run())
    project.test(polls.format(times=1, more=""))
    project.run().stdout.fnmatch_lines(["*SLS610 recording-unplayed: cassettes/test_it/test_polls.sls.yaml exchange 3"])


@pytest.mark.parametrize("options", WORKERS)
def test_a_cassette_that_is_used_otherwise_is_no_orphan(recorded, options):
    """use_cassette and load_cassette may read from the same folder, from wherever a test stands."""
    for name in ("mine", "yours"):
        shutil.copy(recorded.cassette("test_two"), recorded.cassette(name))
    older(recorded).test(
        two("ask(sls, shard=1)")
        + """
    def test_others(monkeypatch):
        from sls_contract import load_cassette, use_cassette
        monkeypatch.chdir("cassettes/test_it")
        load_cassette("mine.sls.yaml")
        with use_cassette("yours.sls.yaml"):
            pass
    """
    )
    silent((recorded.spawn if options else recorded.run)(*options)).assert_outcomes(passed=3)


@pytest.mark.full
@pytest.mark.parametrize("end", ["pytest.skip('not here')", full("pytest.xfail('not yet')")])
def test_a_test_that_skips_itself_may_have_loaded_what_nobody_plays(recorded, end):
    """It is not known what it would have used; one with a cassette of its own hides nothing."""
    skips = two("ask(sls, shard=1)").replace("def test_two(sls)", "def test_gone(sls)")
    recorded.test(skips + f"\n    def test_others():\n        {end}")
    silent(recorded.run())
    recorded.test(skips.replace("        ask(sls)", f"        {end}")).run().stdout.fnmatch_lines([ORPHAN])


def test_many_are_counted_not_listed(recorded):
    """Ten lines at most; the report has all."""
    for number in range(14):
        shutil.copy(recorded.cassette("test_two"), recorded.cassette(f"test_gone_{number:02}"))
    result = older(recorded).run("--sls-report=report.json")
    result.stdout.fnmatch_lines(["*14 cassettes unused", "*test_gone_09.sls.yaml", "  +4 more"])
    assert len(json.loads((recorded.path / "report.json").read_text("utf-8"))["findings"]) == 14
