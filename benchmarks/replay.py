"""How fast is replay, compared with other tools? All engines play the same recordings, in one run.

    python -m benchmarks.replay [--quick]

Compares sls-contract, with all of its checks, with vcrpy, pytest-recording, cassetter, and the floor: requests with the
response in memory. Each measurement is a separate process. Engines take turns, and ratios are taken within a turn,
because other work slows all engines of a turn. Times are CPU time, except for recording, which waits for a server.
cassetter and pytest-recording crash each other when pytest starts: each plugin runs alone, and cassetter in a virtual
environment in a temporary folder. Exit code 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import venv
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks.material import HOST, plan, request_of, url_of, write_ours, write_vcrpys
from benchmarks.suites import FLOOR, PLUGINS, seconds_of, write_suite
from sls_contract.reports import table

ENGINES = ("floor", "floor without proxies", "sls-contract", "vcrpy", "cassetter")
RECORDERS = ("bare client", "sls-contract", "vcrpy", "cassetter")
SIZES = (1, 10, 100, 1000, 10_000)
_FEWEST_REQUESTS = 300  # in one measurement of a small cassette, which is played several times
_SAMPLE = 50  # requests to vcrpy from a large cassette, where each takes long
_CASSETTER_OPENS = 5000  # recordings: its parser limits the number of YAML nodes
_RECORDED = 300
_PEER = "cassetter"
_ENGINE = str(Path(__file__).with_name("engine.py"))


class Figures:
    """The measurements: a list of records, one for each turn, by engine and size."""

    def __init__(self):
        self.runs = {}

    def add(self, engine, size, record):
        self.runs.setdefault((engine, size), []).append(record)

    def median(self, engine, size, what):
        runs = self.runs.get((engine, size))
        return median(run[what] for run in runs) if runs else None

    def ratio(self, engine, base, size, what):
        """Return the median of the ratios within each turn; None if one of the engines was not measured."""
        pairs = zip(self.runs.get((engine, size), ()), self.runs.get((base, size), ()), strict=False)
        ratios = [record[what] / other[what] for record, other in pairs if other[what]]
        return median(ratios) if ratios else None


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.replay", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer turns, no 10,000 recordings, suites of 200 tests")
    quick = parser.parse_args(arguments).quick
    with tempfile.TemporaryDirectory(prefix="sls-contract-benchmark-") as folder:
        python = _environment_of_peer(Path(folder) / "peer")
        _print_versions(python)
        figures = Figures()
        for size in SIZES[: 4 if quick else 5]:
            measure_replay(figures, Path(folder), size, python, turns=3 if quick else 7)
        print_replay(figures)
        measure_recording(figures, Path(folder), python, turns=3 if quick else 7)
        print_recording(figures)
        extra = measure_suites(Path(folder), python, tests=200 if quick else 1000, turns=2 if quick else 5)
    return judged(figures, extra)


def measure_replay(figures, folder, size, python, turns):
    at = datetime.now(UTC)
    ours, theirs = folder / f"{size}.sls.yaml", folder / f"{size}.yaml"
    small, small_theirs = folder / "warm-up.sls.yaml", folder / "warm-up.yaml"
    for path, count in ((ours, size), (small, 10)):
        write_ours(path, range(count), at)
    for path, count in ((theirs, size), (small_theirs, 10)):
        write_vcrpys(path, range(count), at)
    for turn in range(turns if size < 10_000 else max(1, turns // 2)):
        for engine in ENGINES:
            slow = engine == "vcrpy" and size >= 1000
            too_large = (engine == _PEER and size > _CASSETTER_OPENS) or (slow and size >= 10_000 and turn)
            if too_large or (engine == _PEER and python is None):
                continue
            numbers = range(0, size, size // _SAMPLE) if slow else range(size)
            warm_up = json.loads(
                plan(folder / "warm-up.json", range(10), cassettes=_three(small, small_theirs)).read_text()
            )
            passes = max(1, _FEWEST_REQUESTS // size)
            path = plan(folder / "plan.json", numbers, cassettes=_three(ours, theirs), passes=passes, warm_up=warm_up)
            figures.add(engine, size, _run(engine, path, python))


def measure_recording(figures, folder, python, turns):
    with _loopback() as port:
        origin, at = f"http://127.0.0.1:{port}", datetime.now(UTC)
        sent = [
            (url_of(number, origin), dict(request_of(number, at, origin, HOST).headers.without("connection").pairs))
            for number in range(_RECORDED)
        ]
        for turn in range(turns):
            for engine in RECORDERS:
                if engine == _PEER and python is None:
                    continue
                fresh = _three(folder / f"new-{turn}.sls.yaml", folder / f"new-{turn}-{engine}.yaml")
                warm = _three(folder / f"warm-{turn}.sls.yaml", folder / f"warm-{turn}-{engine}.yaml")
                common = {"sent": sent, "record": "all", "clock": "perf_counter", "passes": 1}
                warm_up = json.loads(plan(folder / "warm-up.json", range(30), cassettes=warm).read_text())
                warm_up |= common | {"sent": sent[:30]}
                path = plan(folder / "plan.json", range(1), cassettes=fresh, warm_up=warm_up, **common)
                figures.add(engine, "recording", _run(engine, path, python))


def measure_suites(folder, python, tests, turns):
    """Return the extra milliseconds of CPU for each test compared with a response in memory, by plugin and turn.

    The cost of a test with one request (pytest rewrites its assertion, requests creates a session) belongs to no
    plugin. It is the difference between the floor and the empty tests, which is printed, too.
    """
    names = [name for name in PLUGINS if name != _PEER or python is not None]
    extra = {name: [] for name in names}
    for turn in range(turns):
        base = {}
        for name in names:
            interpreter = python if name == _PEER else sys.executable
            suite = folder / f"suite-{turn}-{name}"
            suite.mkdir()
            write_suite(suite, name, tests)
            took = seconds_of(suite, name, tests, interpreter)
            base.setdefault(name, took)
            extra[name].append((took - base[FLOOR]) / tests * 1000)
    rows = [(name, f"{median(values):.2f}", f"{min(values):.2f}") for name, values in extra.items()]
    print(f"\npytest, {tests} tests with one request each: milliseconds of each above that with a response in memory")
    print(*table(("plugin", "median", "least"), rows), sep="\n")
    return extra


def _three(ours, theirs):
    return {"sls_contract": str(ours), "vcrpy": str(theirs), "cassetter": str(theirs)}


def _run(engine, path, python):
    command = [python if engine == _PEER else sys.executable, _ENGINE, str(path), engine]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{engine}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


@contextmanager
def _loopback():
    command = [sys.executable, "-m", "benchmarks.loopback"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1]) as server:
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def _environment_of_peer(folder):
    """Create a virtual environment with cassetter and return its Python; print why and return None if that fails."""
    venv.create(folder, with_pip=True)
    python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
    same = [f"{name}=={version(name)}" for name in ("requests", "urllib3", "pytest")]
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", _PEER, *same]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{_PEER} cannot be installed, and is left out: {done.stderr.strip().splitlines()[-1:]}")
        return None
    return python


def _print_versions(python):
    names = ("sls-contract", "vcrpy", "pytest-recording", "pytest", "requests", "urllib3", "PyYAML")
    shown = [f"{name} {version(name)}" for name in names]
    if python is not None:
        code = f"from importlib.metadata import version; print(version({_PEER!r}))"
        shown.append(f"{_PEER} {subprocess.check_output([python, '-c', code], text=True).strip()}")
    print(f"Python {platform.python_version()}, {platform.system()}; {', '.join(shown)}")


def print_replay(figures):
    sizes = sorted({size for _, size in figures.runs})
    for title, what, base, scale in (
        ("CPU microseconds for each request, and how many times the floor", "request", "floor", 1e6),
        ("the same with opening and closing the cassette", "all", "floor", 1e6),
        ("milliseconds to open", "open", None, 1e3),
        ("kilobytes of memory taken by opening", "memory", None, 1),
    ):
        print(f"\nreplay: {title}")
        rows = [(name, *(_cell(figures, name, base, size, what, scale) for size in sizes)) for name in ENGINES]
        print(*table(("engine", *(f"{size:,}" for size in sizes)), rows), sep="\n")


def print_recording(figures):
    print(f"\nrecording {_RECORDED} exchanges from loopback: microseconds for each, times a bare client; then closing")
    rows = [
        (
            name,
            _cell(figures, name, "bare client", "recording", "request", 1e6),
            _cell(figures, name, None, "recording", "close", 1e3) + " ms",
        )
        for name in RECORDERS
    ]
    print(*table(("engine", "request", "close"), rows), sep="\n")


def _cell(figures, engine, base, size, what, scale):
    value = figures.median(engine, size, what)
    if value is None:
        return "-"
    times = figures.ratio(engine, base, size, what) if base else None
    shown = f"{value * scale:,.0f}" if value * scale >= 10 else f"{value * scale:.1f}"
    return shown if times is None else f"{shown} [{times:.2f}]"


def judged(figures, extra):
    """Print each target with the measured value; return 1 if one is missed."""
    sizes = sorted(size for engine, size in figures.runs if engine == "sls-contract" and size != "recording")
    large = [size for size in sizes if size >= 100]
    ours = "sls-contract"
    rows = [
        (f"request at {size:,} over the floor", figures.ratio(ours, "floor", size, "request"), 1.3) for size in large
    ]
    rows += [
        (f"request at {size:,} over cassetter", figures.ratio(ours, _PEER, size, "request"), 1.0) for size in large
    ]
    flat = figures.ratio(ours, "floor", large[-1], "request") / figures.ratio(ours, "floor", 100, "request")
    rows.append((f"request at {large[-1]:,} over that at 100, each times its floor", flat, 1.2))
    rows.append(("opening 1,000 over cassetter", figures.ratio(ours, _PEER, 1000, "open"), 1.0))
    rows.append(("recording over a bare client", figures.ratio(ours, "bare client", "recording", "request"), 1.2))
    rows.append(("ms for each pytest test over no plugin", median(extra[ours]), 1.5))
    judged_rows = [
        (name, "-", f"{most:.2f}", "not measured")
        if got is None
        else (name, f"{got:.2f}", f"{most:.2f}", "PASS" if got <= most else "FAIL")
        for name, got, most in rows
    ]
    print("\ntargets")
    print(*table(("target", "reached", "at most", ""), judged_rows), sep="\n")
    return int(any(verdict == "FAIL" for *_, verdict in judged_rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
