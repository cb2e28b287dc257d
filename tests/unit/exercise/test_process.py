"""Processes: what is kept of them, and that none is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sls_contract.errors import UsageError
from sls_contract.exercise.process import MOST_STDERR, MOST_STDOUT, Processes, Stopped


def python(code: str) -> Processes:
    return Processes([sys.executable, "-c", code])


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return state.rpartition(")")[2].split()[0] != "Z"  # a zombie has ended


def gone(pid: int) -> bool:
    deadline = time.monotonic() + 60
    while is_there(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_there(pid)


def test_exit_code_stdout_and_stderr():
    """As the process left them; it has no input, and the environment that it was given."""
    code = "import os,sys; print(os.environ['名'], sys.stdin.read()); sys.stderr.write('oh'); sys.exit(3)"
    ending = python(code).run({**os.environ, "名": "值", "PYTHONUTF8": "1"}, 30)
    assert (ending.exit_code, ending.stdout, ending.stderr) == (3, "值 \n".encode(), b"oh")
    assert 0 < ending.seconds < 30


def test_a_signal_is_below_zero():
    """A crash is no exit code."""
    assert python("import os; os.kill(os.getpid(), 9)").run(os.environ, 30).exit_code == -signal.SIGKILL


def test_only_the_end_of_much_output_is_kept():
    """A client that never stops talking fills no memory, and is not blocked."""
    code = "import sys; sys.stdout.write('x' * 3_000_000 + 'end'); sys.stderr.write('y' * 100_000 + 'END')"
    ending = python(code).run(os.environ, 30)
    assert ending.exit_code == 0
    assert (len(ending.stdout), ending.stdout[-4:]) == (MOST_STDOUT, b"xend")
    assert (len(ending.stderr), ending.stderr[-4:]) == (MOST_STDERR, b"yEND")


@pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="this system does not tell who waited for a processor"
)
def test_who_waits_for_a_processor_has_more_time():
    """A client is not late where others take its processor: here it gets a fifth, or less."""
    spin = "import os, time; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nwhile time.process_time() < "
    others = [subprocess.Popen([sys.executable, "-c", f"{spin}600: pass"]) for _ in range(4)]
    try:
        ending = python(f"{spin}1.5: pass").run(os.environ, 3)
    finally:
        for each in others:
            each.kill()
            each.wait()
    assert ending.exit_code == 0
    assert ending.seconds > 3


@pytest.mark.slow
def test_the_whole_group_ends_when_its_time_is_over():
    """Children included; what was printed by then is kept."""
    ending = Processes(["sh", "-c", "sleep 600 & echo $!; wait"]).run(os.environ, 3.0)
    assert ending.exit_code is None
    assert 3.0 <= ending.seconds < 60
    assert gone(int(ending.stdout))


@pytest.mark.slow
def test_who_ignores_being_asked_is_ended_all_the_same():
    """A process that ignores SIGTERM, and one that cleans up on it."""
    stubborn = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    assert python(stubborn).run(os.environ, 0.5).exit_code is None
    tidy = ["sh", "-c", "trap 'echo tidied; exit 0' TERM; while :; do sleep 0.05; done"]
    assert Processes(tidy).run(os.environ, 3.0).stdout == b"tidied\n"


@pytest.mark.slow
def test_what_a_process_leaves_behind_is_ended():
    """A child that outlives its parent does not keep the run waiting."""
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    begun = time.monotonic()
    ending = python(code).run(os.environ, 60)
    assert time.monotonic() - begun < 120
    assert gone(int(ending.stdout))


@pytest.mark.parametrize("command", [["/no/such/program"], ["/"], ["a\0b"]])
def test_what_cannot_be_started_is_told(command):
    """The message names the program and the reason."""
    with pytest.raises(UsageError, match=r"cannot run .*How to fix"):
        Processes(command).run(os.environ, 5)


@pytest.mark.slow
def test_stop_ends_what_runs_and_starts_no_more():
    """From another thread, within a second or two."""
    processes = python("import time; print(1, flush=True); time.sleep(600)")
    raised = []

    def work():
        with pytest.raises(Stopped):
            processes.run(os.environ, 600)
        raised.append(True)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    begun = time.monotonic()
    processes.stop()
    for thread in threads:
        thread.join(60)
    assert raised == [True, True]
    assert time.monotonic() - begun < 60
    with pytest.raises(Stopped):
        processes.run(os.environ, 60)
