"""How captures are judged: ``python -m benchmarks.scale [EXCHANGES]`` (default: a million, of which 40 break).

Judges one capture with one core, two cores and two Dask workers, and a smaller one for the cost per exchange. Each line
tells what was found, exchanges a second, and the peak memory of the command's own process and of all it started.
docs/scale.md has figures and what follows from them. Close other programs first.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from benchmarks.material import recordings
from sls_contract.captures.lines import line_of

AT = datetime(2026, 1, 2, tzinfo=UTC)
BREACHES = 40
DIFFERENT = 1000  # exchanges; the capture repeats them with other request ids
SMALL = 1000
SCRIPT = Path(sys.executable).with_name("sls-contract")


def planted(count: int) -> list[int]:
    """Return the positions of the exchanges that break a clause."""
    return [(2 * number + 1) * count // (2 * BREACHES) for number in range(BREACHES)]


def write_capture(path: Path, count: int) -> None:
    """Write JSON Lines of correct exchanges, in which 40 answers give the shard as text."""
    lines = [line_of(each) for each in recordings(range(DIFFERENT), AT)]
    ids = [json.loads(line)["response"]["headers"][-1][1] for line in lines]
    broken = set(planted(count))
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            line, name = lines[number % DIFFERENT], ids[number % DIFFERENT]
            if number in broken:
                answer = json.loads(line)
                answer["response"]["body"] = answer["response"]["body"].replace('"shard": 0', '"shard":"0"')
                answer["response"]["headers"][2][1] = str(int(answer["response"]["headers"][2][1]) + 1)
                line = json.dumps(answer) + "\n"
            file.write(line.replace(name, f"{name[:8]}{number:016X}"))


def memory(root: int) -> tuple[int, int]:
    """Return the resident memory, in KiB, of a process, and of all that it started."""
    parents, sizes = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(stat[1])
                sizes[int(folder.name)] = int(stat[21]) * os.sysconf("SC_PAGE_SIZE") // 1024
            except OSError:
                continue  # it ended meanwhile
    family = {root}
    for _ in range(4):
        family |= {pid for pid, parent in parents.items() if parent in family}
    return sizes.get(root, 0), sum(sizes.get(pid, 0) for pid in family - {root})


def check(capture: Path, *options: str) -> dict[str, float]:
    """Judge a capture by the installed command, and return what was found and what it took."""
    report = capture.with_suffix(".report.json")
    begun, own, others = time.monotonic(), 0, 0
    command = [str(SCRIPT), "check", str(capture), "--json", str(report), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            its_own, started = memory(process.pid)
            own, others = max(own, its_own), max(others, started)
            time.sleep(0.1)
    took = time.monotonic() - begun
    document = json.loads(report.read_text(encoding="utf-8"))
    found = [each["exchange"] for each in document["findings"] if each["level"] == "violation"]
    count = document["summary"]["exchanges"]
    assert found == planted(count), found
    return {"exchanges": count, "seconds": took, "rate": count / took, "own": own / 1024, "others": others / 1024}


def tell(name: str, result: dict[str, float]) -> None:
    print(
        f"{name:16} {result['exchanges']:9.0f} exchanges, {len(planted(1))} breaches found, each once: "
        f"{result['seconds']:7.1f} s, {result['rate']:6.0f}/s; peak {result['own']:4.0f} MiB, "
        f"others {result['others']:4.0f} MiB",
        flush=True,
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        for size in sorted({SMALL, max(SMALL, count // 100), count}):
            capture = Path(folder, f"{size}.jsonl")
            write_capture(capture, size)
            one = check(capture, "--jobs", "1")
            tell("one core", one)
        two = check(capture, "--jobs", "2")
        tell("two cores", two)
        print(f"two cores are {two['rate'] / one['rate']:.2f} times one", flush=True)
        if find_spec("distributed"):
            dask = check(capture, "--jobs", "2", "--engine", "dask")
            tell("two Dask workers", dask)
            print(f"two Dask workers are {dask['rate'] / one['rate']:.2f} times one core", flush=True)


if __name__ == "__main__":
    main()
