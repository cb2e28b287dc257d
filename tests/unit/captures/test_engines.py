"""Captures judged by processes of this machine and by clusters: the same findings in the same order, whoever dies."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import wait
from operator import neg
from pathlib import Path

import pytest
from advice import advised

from sls_contract.captures.engine import LARGE, WorkerLost, _Local, in_order
from sls_contract.captures.lines import line_of
from sls_contract.captures.reading import chunks_of
from sls_contract.exercise import SITUATIONS

SCRIPT = Path(sys.executable).with_name("sls-contract")
SHARE = 8 * 1024 * 1024  # of this size, work is worth processes


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """Let processes that are started afresh import this file, however pytest was started."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


def square(number):
    return number * number


def square_or_die(item):
    """End the worker at the first attempt on one number; a file says that it was tried."""
    number, mark = item
    if number == 3 and (mark is None or not Path(mark).exists()):
        if mark is not None:
            Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def large(_item) -> int:
    return SHARE


@pytest.mark.full
def test_results_come_in_the_order_of_the_work():
    """More items than workers."""
    assert list(in_order(square, range(20), "local", 2, large)) == [number**2 for number in range(20)]


def test_the_garbage_collector_is_as_before_once_the_work_is_done_or_given_up():
    before = gc.get_threshold()
    done = [*in_order(neg, range(3), "local", 1, lambda _: 1)]
    given_up = in_order(neg, range(3), "local", 1, lambda _: 1)
    next(given_up)
    given_up.close()
    assert (done, gc.get_threshold()) == ([0, -1, -2], before)
    first, second = (in_order(neg, range(3), "local", 1, lambda _: 1) for _ in range(2))
    started = next(first), next(second)  # two at once: the first to begin sets it back
    first.close()
    second.close()
    assert (started, gc.get_threshold()) == ((0, 0), before)


def test_small_work_shares_the_tasks_of_a_cluster(cluster, monkeypatch):
    """Results come one by one and in order; what is large is spread over the workers, what is small is not."""
    address, _ = cluster
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    assert list(in_order(neg, range(20), "dask", 2, lambda _: LARGE // 7)) == [-number for number in range(20)]
    worker = ["sh", "-c", "sleep 0.1; echo $PPID"]
    assert len({*in_order(subprocess.check_output, [worker] * 12, "dask", 2, lambda _: 1)}) == 1
    assert len({*in_order(subprocess.check_output, [worker] * 12, "dask", 2, lambda _: LARGE)}) > 1


@pytest.mark.slow
def test_a_worker_that_dies_costs_a_retry(tmp_path):
    """No result is missing, none comes twice."""
    items = [(number, str(tmp_path / "tried")) for number in range(9)]
    assert list(in_order(square_or_die, items, "local", 2, large)) == [number**2 for number in range(9)]


def touch_and_sleep(path):
    Path(path).touch()
    time.sleep(600)


@pytest.mark.parametrize("at_work", [False, True])
def test_a_worker_ends_when_told_at_work_or_waiting(tmp_path, at_work):
    """As the pool tells the others where one of its workers died, and joins them."""
    workers = _Local(2)
    if at_work:
        begun = [tmp_path / name for name in "ab"]
        for path in begun:
            workers.submit(touch_and_sleep, str(path))
        while not all(path.exists() for path in begun):
            time.sleep(0.1)
    else:
        assert [each.result() for each in [workers.submit(square, number) for number in range(9)]][-1] == 64
    processes = list(workers._pool._processes.values())
    for each in processes:
        os.kill(each.pid, signal.SIGTERM)
    assert all(wait([each.sentinel], 60) for each in processes)
    workers.stop()


@pytest.mark.full
def test_work_that_ends_every_worker_ends_the_run():
    """Three workers are lost, and no more."""
    with pytest.raises(WorkerLost, match="3 workers died") as lost:
        list(in_order(square_or_die, [(3, None)], "local", 2, large))
    assert advised(str(lost.value), "run it with --jobs 1")


def square_slowly(number):
    time.sleep(0 if number == 1 else 600)
    return number * number


@pytest.mark.full
def test_nobody_waits_for_work_that_is_given_up():
    """However long it would have taken."""
    begun = time.monotonic()
    results = in_order(square_slowly, [1, 2, 3, 4, 5], "local", 2, large)
    assert next(results) == 1
    results.close()
    assert time.monotonic() - begun < 200


def test_little_is_done_in_this_process():
    """Its work need not even be picklable."""
    assert list(in_order(lambda number: number + 1, range(3), "local", 2, lambda _: 1)) == [1, 2, 3]


@pytest.fixture
def capture(tmp_path, workers):
    """Give a capture of several chunks: 40 times the conversation, each breaking two clauses."""
    path = tmp_path / "网关.jsonl"
    path.write_text("".join(map(line_of, workers[:12])) * 300, encoding="utf-8")
    assert len(list(chunks_of(str(path)))) > 4
    return path


def check(capture, *options, environ=None, **more):
    report = capture.with_name(f"{len(list(capture.parent.iterdir()))}.json")
    command = [str(SCRIPT), "check", str(capture), "--json", str(report), *options]
    process = subprocess.Popen(
        command, env={**os.environ, **(environ or {})}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
    )
    return process, report


def findings(process, report):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 1, err.decode()
    assert b"Traceback" not in out + err
    return json.loads(report.read_text(encoding="utf-8"))["findings"]


def test_a_cluster_of_which_a_worker_is_killed_finds_the_same(capture, cluster):
    """The findings of one process, each once, in the same order."""
    address, workers = cluster
    process, report = check(capture, "--engine", "dask", environ={"DASK_SCHEDULER_ADDRESS": address})
    from distributed import Client

    with Client(address) as client:
        deadline = time.monotonic() + 120
        while not any(client.processing().values()) and time.monotonic() < deadline:
            time.sleep(0.05)
    workers[0].kill()
    assert findings(process, report) == findings(*check(capture, "--jobs", "1"))


MANY = """
import resource
from sls_contract.captures.engine import in_order

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024  # KiB on Linux

if __name__ == "__main__":
    chunks = (str(number).encode() * 50_000 for number in range(1000))
    done = in_order(len, chunks, "dask", 2, len)
    first = [next(done) for _ in range(100)]
    before = peak()
    assert sum(done) + sum(first) > 100_000_000
    print(peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the peak of memory is told in other units")
def test_what_a_cluster_has_done_is_not_kept(tmp_path):
    """Neither by the command nor by what it starts in its own process: 140 MB go by, a part of them stays."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    script = tmp_path / "many.py"
    script.write_text(MANY, encoding="utf-8")
    grown = subprocess.run([sys.executable, str(script)], stdout=subprocess.PIPE, check=True, timeout=300).stdout
    assert int(grown) < 50


LISTENING = """
import psutil
from sls_contract.captures.engine import _Dask

if __name__ == "__main__":
    cluster = _Dask(1)
    try:
        me = psutil.Process()
        pids = {me.pid, *(each.pid for each in me.children(recursive=True))}
        ports = [each for each in psutil.net_connections("inet") if each.pid in pids and each.status == "LISTEN"]
        print(*{each.laddr.ip for each in ports})
    finally:
        cluster.stop()
"""


@pytest.mark.skipif(sys.platform == "darwin", reason="only root may list connections")
def test_a_cluster_of_its_own_listens_on_loopback_only(tmp_path):
    """Neither tasks nor pages about them are open to other machines: Dask asks for no key."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    script = tmp_path / "listening.py"
    script.write_text(LISTENING, encoding="utf-8")
    assert subprocess.check_output([sys.executable, str(script)], timeout=300).split() == [b"127.0.0.1"]


def test_ray_finds_the_same(capture):
    """The findings of one process, each once, in the same order."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    process, report = check(capture, "--engine", "ray", "--jobs", "2")
    _, err = process.communicate(timeout=600)
    if b"cannot be started" in err:
        pytest.skip("Ray does not start a cluster on this machine")
    assert process.returncode == 1
    assert json.loads(report.read_text(encoding="utf-8"))["findings"] == findings(*check(capture, "--jobs", "1"))


CLIENT = """
import json, os, sys, time, urllib.request
open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
time.sleep(float(sys.argv[2]))
sys.exit(77)
"""


def exercise(folder, seconds, *options, environ=None):
    """Exercise a client that cannot do what it is asked, twelve times."""
    script = folder / "client.py"
    script.write_text(CLIENT, encoding="utf-8")
    pids = folder / f"pids{len(list(folder.iterdir()))}"
    pids.mkdir()
    report = folder / f"{pids.name}.json"
    chosen = [each for name in list(SITUATIONS)[:3] for each in ("--scenario", name)]
    command = [str(SCRIPT), "exercise", "--json", str(report), "--timeout", "300", *chosen, *options, "--"]
    client = [sys.executable, str(script), str(pids), str(seconds)]
    environ = {**os.environ, **(environ or {})}
    process = subprocess.Popen(
        [*command, *client], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    return process, report, pids


def test_a_client_is_exercised_on_a_cluster_of_which_a_worker_is_killed(tmp_path, cluster):
    """Every run once, in the order of the scenarios, as on this machine; a client ends with its worker."""
    address, workers = cluster
    process, report, pids = exercise(tmp_path, 2, "--engine", "dask", environ={"DASK_SCHEDULER_ADDRESS": address})
    while len(list(pids.iterdir())) < 3:
        time.sleep(0.05)
    workers[0].kill()
    process.communicate(timeout=300)
    alone, other, _ = exercise(tmp_path, 0)
    alone.communicate(timeout=300)
    told, expected = (json.loads(each.read_text(encoding="utf-8"))["outcomes"] for each in (report, other))
    assert [(each["scenario"], each["auth"], each["verdict"]) for each in told] == [
        (each["scenario"], each["auth"], each["verdict"]) for each in expected
    ]


def test_ctrl_c_ends_the_clients_that_workers_run(tmp_path):
    """On a cluster of the command's own: no worker and no client is left."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    process, _, pids = exercise(tmp_path, 200, "--engine", "dask", "--jobs", "2")
    while len(list(pids.iterdir())) < 2:
        time.sleep(0.05)
    started = [*children(process.pid), *(int(each.name) for each in pids.iterdir())]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert b"Traceback" not in out + err
    assert process.returncode == 130
    assert all_ended(started)


def test_a_cluster_that_is_not_there_is_told(capture):
    """Before anything is judged."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    process, _ = check(capture, "--engine", "dask", environ={"DASK_SCHEDULER_ADDRESS": "tcp://127.0.0.1:1"})
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert b"the cluster at tcp://127.0.0.1:1 cannot be used" in err
    assert advised(err.decode(), "start it, or correct the address")


def test_a_cluster_that_does_not_start_is_told(capture):
    """Its worker is killed as soon as there is one."""
    pytest.importorskip("distributed", reason="the extra dask is not installed")
    process, _ = check(capture, "--engine", "dask", "--jobs", "1")
    while not (started := [pid for pid in children(process.pid) if b"spawn_main" in command_of(pid)]):
        time.sleep(0.01)
    os.kill(started[0], signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert b"Traceback" not in err
    assert advised(err.decode(), "run it again, or without --engine")


def all_ended(pids):
    """Tell whether processes end, be it a moment after the one that started them: the tracker of resources does."""
    for _ in range(600):
        if not any(map(running, pids)):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
def test_ctrl_c_ends_every_process(capture, workers):
    """What was found until then is told; no worker outlives the run."""
    capture.write_text("".join(map(line_of, workers[:12])) * 3000, encoding="utf-8")
    process, _ = check(capture, "--jobs", "2", start_new_session=True)
    while len(children(process.pid)) < 3:  # two workers, and multiprocessing's tracker of resources
        time.sleep(0.05)
    started = children(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert process.returncode in {1, 130}
    assert "interrupted" in out.decode()
    assert all_ended(started)


@pytest.mark.slow
def test_workers_end_with_a_run_that_is_killed(capture, workers):
    """Nobody is left behind to clean up after."""
    capture.write_text("".join(map(line_of, workers[:12])) * 3000, encoding="utf-8")
    process, _ = check(capture, "--jobs", "2")
    while len(children(process.pid)) < 3:
        time.sleep(0.05)
    started = children(process.pid)
    process.kill()
    process.communicate()
    assert all_ended(started)


def children(pid):
    if not Path("/proc/self/task").exists():
        pytest.skip("no list of child processes on this system")
    return [int(child) for each in Path(f"/proc/{pid}/task").glob("*/children") for child in each.read_text().split()]


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
