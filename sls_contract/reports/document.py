"""The JSON document that every command writes with ``--json`` and the plugin with ``--sls-report``.

Its version 1 is stable: keys are added, never renamed or removed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sls_contract.checks.contract_map import ContractMap
from sls_contract.errors import UsageError
from sls_contract.locale import for_programs
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sls_contract.exchange import Exchange
    from sls_contract.spec import Finding


@dataclass(frozen=True, slots=True)
class Target:
    """What was judged: ``endpoint`` names it, ``evidence`` says what it proves (its weakest part)."""

    endpoint: str | None = None
    evidence: str | None = None


@dataclass(slots=True)
class Report:
    """What one run found; counts are of exchanges and clauses, never of bytes or seconds.

    ``located`` holds a finding with the keys that say where it came from (``scenario``, ``exchange``, ``cassette``).
    ``not_listed`` counts, by code and level, the findings that are too many to be held.
    ``examples`` holds the exchange of the first finding of each clause and level (`sls_contract.reports.examples`),
    ``repeat`` the commands that do it again.
    ``not_judged`` says what the user left out.
    """

    command: str
    target: Target = field(default_factory=Target)
    seed: int | None = None
    located: list[tuple[Finding, Mapping[str, Any]]] = field(default_factory=list)
    not_listed: Counter[tuple[str, Level]] = field(default_factory=Counter)
    exchanges: int = 0
    scenarios: int = 0
    exercised: set[str] = field(default_factory=set)
    clauses_total: int = 0
    not_provable: list[Any] = field(default_factory=list)
    not_supported: list[Any] = field(default_factory=list)
    not_judged: list[str] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    leftovers: list[Any] = field(default_factory=list)
    examples: list[Any] = field(default_factory=list)
    map: ContractMap = field(default_factory=ContractMap)
    repeat: list[str] = field(default_factory=list)

    def add(self, findings: Iterable[Finding], **where: Any) -> None:
        """Take findings over, with where they came from."""
        self.located.extend((finding, where) for finding in findings)

    def show(self, finding: Finding, exchange: Exchange, scrub: Callable[[Exchange], Exchange] | None = None) -> None:
        """Keep the exchange of a finding, where it is the first of its clause and level; ``scrub`` cleans it."""
        from sls_contract.reports.examples import first_example

        first_example(self.examples, finding, exchange, scrub)

    def add_examples(self, examples: Iterable[dict[str, Any]]) -> None:
        """Take over examples that another process found, where they are the first of their clause and level."""
        from sls_contract.reports.examples import join_examples

        join_examples(self.examples, examples)

    def count(self, level: Level) -> int:
        """Count the findings of one level."""
        listed = sum(finding.level is level for finding, _ in self.located)
        return listed + sum(count for (_, its), count in self.not_listed.items() if its is level)

    def plain_findings(self) -> list[dict[str, Any]]:
        """Give the findings as plain JSON values."""
        return [{**_plain(finding), "scenario": None, "exchange": None, **where} for finding, where in self.located]

    def failed(self, *, strict: bool) -> bool:
        """Tell whether a violation (``strict``: or a warning) was found."""
        return bool(self.count(Level.VIOLATION) or (strict and self.count(Level.WARNING)))


def as_document(report: Report, version: str) -> dict[str, Any]:
    """Give the report as plain JSON values; ``version`` is the tool's."""
    return {
        "version": 1,
        "tool": {"name": "sls-contract", "version": version},
        "command": report.command,
        "target": {"endpoint": report.target.endpoint, "evidence": report.target.evidence},
        "seed": report.seed,
        "findings": report.plain_findings(),
        "not_listed": plain_counts(report.not_listed),
        "exercised": sorted(report.exercised),
        "not_provable": report.not_provable,
        "not_supported": report.not_supported,
        "not_judged": report.not_judged,
        "facts": report.facts,
        "leftovers": report.leftovers,
        "examples": report.examples,
        "contract_map": [*report.map.rows(), *_of_no_operation(report)],
        "repeat": report.repeat,
        "summary": {
            "exchanges": report.exchanges,
            "scenarios": report.scenarios,
            "violations": report.count(Level.VIOLATION),
            "warnings": report.count(Level.WARNING),
            "unspecified": report.count(Level.UNSPECIFIED),
            "clauses": {"total": report.clauses_total, "exercised": len(report.exercised)},
        },
    }


def _of_no_operation(report: Report) -> Iterator[dict[str, Any]]:
    """Yield what was judged of no single operation: across exchanges, of the client, of the recordings."""
    seen = {code for row in report.map.rows() for code in row["clauses"]}
    if others := sorted(report.exercised - seen):
        evidence = report.target.evidence or "unknown"
        yield {"operation": None, "evidence": str(evidence), "validated": None, "clauses": others, "errors": []}


def plain_counts(counts: Mapping[tuple[str, Level], int]) -> list[dict[str, Any]]:
    """Give counts by code and level as plain JSON values."""
    return [{"code": code, "level": str(level), "count": count} for (code, level), count in sorted(counts.items())]


def write_json(document: Mapping[str, Any], path: str, stdout: IO[str]) -> None:
    """Write the document to ``path`` (``-``: ``stdout``), whole or not at all; raises `UsageError` where it cannot.

    A pipe or device (``/dev/stdout``) is written to, never replaced; a file keeps its mode, a link stays a link.
    """
    write_json_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", path, stdout)


def write_json_text(text: str, path: str, stdout: IO[str]) -> None:
    """Write JSON, or lines of it, as `write_json` does."""
    if path == "-":
        print_json(text.encode("utf-8", "backslashreplace").decode(), stdout)
    else:
        write_text(text, path)


def write_text(text: str, path: str) -> None:
    """Write a report's text to ``path``, whole or not at all; raises `UsageError` where it cannot."""
    try:
        _put(Path(path), text.encode("utf-8", "backslashreplace").decode())
    except OSError as error:
        msg = f"cannot write the report to {path}: {error.strerror}. How to fix: name a file where you may write."
        raise UsageError(msg) from error


def print_json(text: str, stream: IO[str]) -> None:
    """Write JSON text so that it stays JSON in a stream whose encoding lacks some of its characters."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-")
    whole = text.isascii() or encoding in {"utf-8", "utf8"}
    for_programs(stream).write(
        text if whole else "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in text)
    )


def _put(path: Path, text: str) -> None:
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    real = path.resolve()
    real.parent.mkdir(parents=True, exist_ok=True)
    _replace(real, text)


def _replace(path: Path, text: str) -> None:
    spare = path.with_name(f".sls-contract-{os.getpid()}.writing")  # of this process; short where the name is long
    try:
        spare.write_text(text, encoding="utf-8", newline="\n")
        if path.exists():
            shutil.copymode(path, spare)
        spare.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            spare.unlink()
        raise


def _plain(finding: Finding) -> dict[str, str | None]:
    return asdict(finding) | {"level": str(finding.level), "operation": finding.operation or None}
