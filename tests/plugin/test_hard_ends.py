"""What ends a recording before its time: an interrupt, a damaged file, a full disk, a thread that comes too late."""

from __future__ import annotations

import pytest
from advice import advised
from left_out import full

from sls_contract.cassettes.file.recording_file import load

ASKS = """
    @pytest.mark.sls_cassette
    def test_asks(sls):
        ask(sls)
"""


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_recorded(project):
    """Ctrl-C in a test: the exchange is in the file, marked as unfinished, and the next run goes on."""
    project.test(ASKS + "        raise KeyboardInterrupt\n")
    assert project.spawn("--sls-record=once").ret == pytest.ExitCode.INTERRUPTED
    assert project.shards("test_asks") == ["0"]
    assert load(project.cassette("test_asks")).unfinished
    project.test(ASKS).run("--sls-record=once").assert_outcomes(passed=1)
    assert not load(project.cassette("test_asks")).unfinished


@pytest.mark.slow
def test_an_interrupt_on_a_full_disk_is_told(project):
    """What cannot be kept after an interrupt is said, without a traceback of ours; the run ends as interrupted."""
    project.test(
        """
        import shutil

        @pytest.mark.sls_cassette
        def test_asks(sls):
            ask(sls)
            shutil.rmtree("cassettes")
            open("cassettes", "w").close()
            raise KeyboardInterrupt
        """
    )
    result = project.spawn("--sls-record=once")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stderr.fnmatch_lines(["sls-contract: *cassettes*test_asks.sls.yaml*"])
    result.stderr.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("mode", ["none", "all", full("once"), full("new_episodes")])
def test_a_damaged_cassette_is_never_recorded_over(project, mode):
    """Conflict markers are named with their line, in every mode; the file stays as it is."""
    project.test(ASKS).run("--sls-record=once")
    path = project.cassette("test_asks")
    damaged = path.read_text("utf-8").replace("interactions:", "<<<<<<< ours\ninteractions:")
    path.write_text(damaged, encoding="utf-8")
    line = damaged.splitlines().index("<<<<<<< ours") + 1
    result = project.run(f"--sls-record={mode}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*test_asks.sls.yaml:{line}: *", "*How to fix: keep one side (git checkout *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert path.read_text("utf-8") == damaged


@pytest.mark.slow
def test_a_full_disk_fails_the_test_and_harms_nothing(project):
    """What the disk does not take fails the test, swallowed or not; what was there before stays."""
    project.test(ASKS).run("--sls-record=once")
    before = project.cassette("test_asks").read_bytes()
    project.test(
        """
        import contextlib, resource, signal

        @pytest.mark.sls_cassette
        def test_asks(sls):
            ask(sls)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, resource.RLIM_INFINITY))
            with contextlib.suppress(Exception):
                ask(sls, shard=1)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        """
    )
    result = project.spawn("--sls-record=new_episodes")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*CassetteError: *"])
    result.stdout.no_fnmatch_line("*exchange* recorded*")
    assert project.cassette("test_asks").read_bytes() == before
    project.test(ASKS).run().assert_outcomes(passed=1)


def test_a_thread_that_comes_too_late_leaves_no_file_behind(project):
    """A response after the test's end belongs to no recording: the thread gets an error, and no journal is left."""
    project.write(
        "conftest.py",
        """
        import threading
        from sls_contract.cassettes.session import Session

        held, closed, met = threading.Event(), threading.Event(), []
        record = Session._record

        def slow(self, request, *rest):
            if request.query == "shard=1":
                held.set()
                closed.wait(5)
            return record(self, request, *rest)

        Session._record = slow
        """,
    )
    project.test(
        """
        import threading
        from conftest import closed, held, met

        def late(sls):
            try:
                ask(sls, shard=1)
            except Exception as error:
                met.append(error)

        @pytest.mark.sls_cassette
        def test_asks(sls):
            ask(sls)
            thread = threading.Thread(target=late, args=[sls])
            thread.start()
            held.wait(5)
            met.append(thread)

        def test_afterwards():
            closed.set()
            met[0].join(5)
            print(met[1])
        """
    )
    result = project.spawn("--sls-record=once", "-s")
    result.assert_outcomes(passed=2)
    assert advised(result.stdout.str(), "wait for threads and tasks before the test")  # as the test below does
    assert project.cassettes() == ["cassettes/test_it/test_asks.sls.yaml"]
    assert project.shards("test_asks") == ["0"]


def test_a_thread_that_ends_with_the_test_is_judged(project):
    """A breach that comes in while the cassette is being closed still fails the test."""
    project.write(
        "conftest.py",
        """
        import threading
        from sls_contract.cassettes.session import Session

        held, closing, threads = threading.Event(), threading.Event(), []
        record, close = Session._record, Session.close

        def slow(self, *arguments):
            held.set()
            closing.wait(5)
            return record(self, *arguments)

        def after_the_thread(self, **how):
            closing.set()
            threads[0].join(5)
            return close(self, **how)

        Session._record, Session.close = slow, after_the_thread
        """,
    )
    project.test(
        """
        import threading
        from conftest import held, threads

        @pytest.mark.sls_cassette
        def test_asks(sls):
            threads.append(threading.Thread(target=ask, args=[sls], kwargs={"query": "shardId=0"}))
            threads[0].start()
            held.wait(5)
        """
    )
    result = project.spawn("--sls-record=once")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_asks*", "*(violation) at query shardId*"])
