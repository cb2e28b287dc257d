"""How fast are large captures judged?

    python -m benchmarks.scale [EXCHANGES] [--rounds N] [--kill]

40 exchanges of the capture break a clause. It is judged on one core, two cores, two Dask workers and two Ray workers,
in each round in turn; smaller captures show the cost per exchange. Each line has the findings, exchanges a second, the
CPU time of the command's process and of all its processes, and the peak memory of both. The last lines compare the
engines: the median of the rounds, in each of which they ran one after the other. With ``--kill`` one worker of each is
killed during the run. At the end a HAR is judged by check and by Schemathesis (SCHEMATHESIS_PYTHON names another
environment that has it). docs/scale.md has figures and conclusions. Close other programs first.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from benchmarks.material import recordings
from sls_contract.captures.lines import line_of

AT = datetime(2026, 1, 2, tzinfo=UTC)
BREACHES = 40
DIFFERENT = 1000  # exchanges; the capture repeats them with other request ids
SMALL = 1000
KILLED_AFTER = 5  # seconds of processor time
WORKERS = (b"spawn_main", b"loky", b"ray::")  # parts of their command lines
ENGINES = {"two cores": (), "two of Dask": ("--engine", "dask"), "two of Ray": ("--engine", "ray")}
MODULES = {"two of Dask": "distributed", "two of Ray": "ray"}
SCRIPT = Path(sys.executable).with_name("sls-contract")


def planted(count: int) -> list[int]:
    """Return the positions of the exchanges that break a clause."""
    return [(2 * number + 1) * count // (2 * BREACHES) for number in range(BREACHES)]


def write_capture(path: Path, count: int) -> None:
    """Write JSON Lines of correct exchanges, except for 40 responses with the shard as text."""
    lines = [line_of(each) for each in recordings(range(DIFFERENT), AT)]
    ids = [json.loads(line)["response"]["headers"][-1][1] for line in lines]
    broken = set(planted(count))
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            line, request_id = lines[number % DIFFERENT], ids[number % DIFFERENT]
            if number in broken:
                response = json.loads(line)
                response["response"]["body"] = response["response"]["body"].replace('"shard": 0', '"shard":"0"')
                response["response"]["headers"][2][1] = str(int(response["response"]["headers"][2][1]) + 1)
                line = json.dumps(response) + "\n"
            file.write(line.replace(request_id, f"{request_id[:8]}{number:016X}"))


def stat_of(pid: int | str) -> list[int]:
    """Return the fields of /proc/PID/stat from the parent's id on; zeros if the process has ended."""
    try:
        return [int(each) for each in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1:]]
    except OSError:
        return [0] * 50


def family_of(root: int) -> set[int]:
    """Return the ids of a process and all of its descendants."""
    parents = {int(each.name): stat_of(each.name)[0] for each in Path("/proc").iterdir() if each.name.isdigit()}
    family = {root}
    for _ in range(4):
        family |= {pid for pid, parent in parents.items() if parent in family}
    return family


def memory_of(pid: int) -> int:
    """Return the resident memory of a process, in KiB."""
    return stat_of(pid)[20] * os.sysconf("SC_PAGE_SIZE") // 1024


def processor_time(pid: int) -> float:
    """Return the seconds of CPU time of a process, without its children."""
    return sum(stat_of(pid)[10:12]) / os.sysconf("SC_CLK_TCK")


def kill_a_worker(root: int) -> bool:
    """Kill a worker that has worked for some seconds; return whether there was one."""
    for pid in family_of(root) - {root}:
        name = Path(f"/proc/{pid}/cmdline").read_bytes()
        if any(each in name for each in WORKERS) and processor_time(pid) > KILLED_AFTER:
            os.kill(pid, signal.SIGKILL)
            return True
    return False


def check(capture: Path, *options: str, kill: bool = False) -> dict[str, float]:
    """Judge a capture with the installed command; return the number of exchanges and the costs."""
    report = capture.with_suffix(".report.json")
    report.unlink(missing_ok=True)
    start, own, others, spent = time.monotonic(), 0, 0, 0.0
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(SCRIPT), "check", str(capture), "--json", str(report), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            own = max(own, memory_of(process.pid))
            others = max(others, sum(map(memory_of, family_of(process.pid) - {process.pid})))
            spent = max(spent, processor_time(process.pid))
            time.sleep(1)
            kill = kill and not kill_a_worker(process.pid)
    assert not kill, "the command ended before a worker could be killed"
    took = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    everything = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    document = json.loads(report.read_text(encoding="utf-8"))
    found = [each["exchange"] for each in document["findings"] if each["level"] == "violation"]
    count = document["summary"]["exchanges"]
    assert found == planted(count), found
    cost = {"command": spent / count * 1e6, "all": everything / count * 1e6}
    memories = {"own": own / 1024, "others": others / 1024}
    return {"exchanges": count, "seconds": took, "rate": count / took, **memories, **cost}


def print_result(name: str, result: dict[str, float]) -> None:
    print(
        f"{name:16} {result['exchanges']:9.0f} exchanges, {len(planted(1))} breaches found, each once: "
        f"{result['seconds']:7.1f} s, {result['rate']:6.0f}/s; processor time of an exchange {result['all']:5.0f} µs, "
        f"of the command itself {result['command']:5.0f} µs; "
        f"peak {result['own']:4.0f} MiB, others {result['others']:4.0f} MiB; load {os.getloadavg()[0]:.0f}",
        flush=True,
    )


def main() -> None:
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.scale", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("exchanges", nargs="?", type=int, default=1_000_000, help="default: %(default)s")
    command.add_argument("--rounds", type=int, default=1, help="how often each engine runs; default: %(default)s")
    command.add_argument("--kill", action="store_true", help="kill one worker of each engine during its run")
    arguments = command.parse_args()
    if arguments.rounds < 1:
        command.error(f"--rounds must be at least 1, not {arguments.rounds}")
    count, engines = arguments.exchanges, dict(ENGINES)
    for name, module in MODULES.items():
        if not find_spec(module):
            print(f"{name} skipped: not installed")
            del engines[name]
    times = {name: list[float]() for name in engines}  # as fast as one core, in each round
    with tempfile.TemporaryDirectory() as folder:
        for size in sorted({SMALL, max(SMALL, count // 100)} - {count}):
            capture = Path(folder, f"{size}.jsonl")
            write_capture(capture, size)
            print_result("one core", check(capture, "--jobs", "1"))
        capture = Path(folder, f"{count}.jsonl")
        write_capture(capture, count)
        for _ in range(arguments.rounds):
            one = check(capture, "--jobs", "1")
            print_result("one core", one)
            for name, options in engines.items():
                result = check(capture, "--jobs", "2", *options, kill=arguments.kill)
                print_result(name, result)
                times[name].append(result["rate"] / one["rate"])
        for name, found in times.items():
            print(f"{name}: {median(found):.2f} times one core ({min(found):.2f} to {max(found):.2f})", flush=True)
        beside_schemathesis(Path(folder))


def beside_schemathesis(folder: Path) -> None:
    """Judge a HAR with check, and with Schemathesis against the contracts as OpenAPI; print both costs."""
    python = os.environ.get("SCHEMATHESIS_PYTHON", sys.executable)
    script = Path(__file__).with_name("schemathesis_responses.py")
    if subprocess.run([python, "-c", "import schemathesis"], capture_output=True, check=False).returncode:
        print("Schemathesis skipped: not installed; SCHEMATHESIS_PYTHON may name a Python that has it")
        return
    lines, har = folder / "har.jsonl", folder / "responses.har"
    write_capture(lines, DIFFERENT * 2)
    for words in (["convert", lines, har], ["spec", "export", "--format", "openapi", "--out", folder]):
        subprocess.run([SCRIPT, *words], stdout=subprocess.DEVNULL, check=True)
    ours = check(har, "--jobs", "1")
    done = subprocess.run([python, script, folder / "openapi.json", har], stdout=subprocess.PIPE, check=True)
    peer = json.loads(done.stdout)
    theirs = peer["seconds"] / peer["exchanges"] * 1e6
    print(
        f"Schemathesis refused {peer['refused']} of {peer['exchanges']} responses, {theirs:.0f} µs each; check found "
        f"all {BREACHES}, in {ours['all']:.0f} µs each, {ours['all'] / theirs:.2f} times as much, start included"
    )


if __name__ == "__main__":
    main()
