"""One client through ``sls-contract exercise``, and what the command wrote of it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from behaviours import Seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from roster import Client

_JUDGED = {0, 1}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a client: `codes` are the clauses that it broke, `seen` is what came of it."""

    scenario: str
    auth: str
    supported: bool
    seconds: float
    codes: tuple[str, ...]
    seen: Seen


@dataclass(frozen=True, slots=True)
class Result:
    """What the command wrote of one client: each run, each finding, and the whole document."""

    client: Client
    document: Mapping[str, Any]

    @property
    def findings(self) -> list[Mapping[str, Any]]:
        """The violations and warnings, in the order of the report."""
        return [each for each in self.document["findings"] if each["level"] != "unspecified"]

    def runs(self) -> list[Run]:
        """Return every run, in the order of the report."""
        return [self._run(each) for each in self.document["outcomes"]]

    def run(self, scenario: str) -> Run | None:
        """Return the first run of a scenario that the client supports; None where there was none."""
        return next((run for run in self.runs() if run.scenario == scenario and run.supported), None)

    def _run(self, record: Mapping[str, Any]) -> Run:
        place = (record["scenario"], record["auth"])
        codes = {each["code"] for each in self.findings if (each["scenario"], each["auth"]) == place}
        seen = Seen(record["exit_code"], _value(record["said"]), record["requests"], record["stderr"])
        return Run(*place, record["verdict"] != "not supported", record["seconds"], tuple(sorted(codes)), seen)


def _value(line: str) -> object:
    """Return what the wrapper printed as its last line, parsed; None where it was stopped before."""
    try:
        return json.loads(line) if line else None
    except ValueError:  # a report keeps the beginning of a very long line
        return line


def in_its_own_process(words: list[str]) -> tuple[int, str]:
    """Run our command line; return the exit code and whatever it said."""
    command = [sys.executable, "-m", "sls_contract", *words]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.returncode, f"{done.stdout}\n{done.stderr}"


def exercise(
    client: Client,
    scenarios: Iterable[str] = (),
    *,
    timeout: float = 30,
    jobs: int = 2,
    run: Callable[[list[str]], tuple[int, str]] = in_its_own_process,
) -> Result:
    """Run a client through these scenarios (none: all); raises `RuntimeError` where the command could not judge it."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--json", str(report), "--timeout", str(timeout), "--jobs", str(jobs)]
        options += [word for name in scenarios for word in ("--scenario", name)]
        code, said = run(["exercise", *options, "--", *client.command()])
        if code not in _JUDGED:
            msg = f"{client.name}: exit code {code}\n{said}"
            raise RuntimeError(msg)
        return Result(client, json.loads(report.read_text(encoding="utf-8")))
