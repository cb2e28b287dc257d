"""The JSON document that every command writes with ``--json`` and the plugin with ``--sls-report``.

Its version 1 is stable: keys are added, never renamed or removed.
"""

from __future__ import annotations

import errno
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from sls_contract.checks.contract_map import ContractMap
from sls_contract.errors import UsageError
from sls_contract.files import replace_file
from sls_contract.locale import for_programs
from sls_contract.spec import Finding, Level

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Target:
    """The judged target: ``endpoint`` is its name, ``evidence`` its weakest evidence."""

    endpoint: str | None = None
    evidence: str | None = None


@dataclass(slots=True)
class Report:
    """The findings of one run; counts are of exchanges and clauses, never of bytes or seconds.

    Attributes:
        located: findings, each with the keys of its origin (``scenario``, ``exchange``, ``cassette``); ``allowed`` is
            set if the test or the user accepts the clause.
        not_listed: by code and level, the number of findings beyond those in ``located``.
        examples: the exchange of the first finding of each clause, level and operation (`reports.examples`).
        repeat: the commands that repeat the run.
        not_judged: what the user excluded.
        allowed: the codes of clauses that the user accepts in the whole run.

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
    allowed: frozenset[str] = frozenset()

    def add(self, findings: Iterable[Finding], **where: Any) -> None:
        """Add findings, with their origin."""
        for finding in findings:
            self.located.append((finding, where | {"allowed": True} if finding.code in self.allowed else where))

    def count(self, level: Level) -> int:
        """Count the findings of one level that are not allowed."""
        listed = sum(finding.level is level and not where.get("allowed") for finding, where in self.located)
        left = (count for (code, its), count in self.not_listed.items() if its is level and code not in self.allowed)
        return listed + sum(left)

    def count_allowed(self) -> int:
        """Count the findings that are allowed."""
        listed = sum(bool(where.get("allowed")) for _, where in self.located)
        return listed + sum(count for (code, _), count in self.not_listed.items() if code in self.allowed)

    def plain_findings(self) -> list[dict[str, Any]]:
        """Return the findings as plain JSON values."""
        return [
            asdict(finding)
            | {"level": str(finding.level), "operation": finding.operation or None, "scenario": None, "exchange": None}
            | dict(where)
            for finding, where in self.located
        ]

    def failed(self, *, strict: bool) -> bool:
        """Return whether a violation (``strict``: or a warning) was found."""
        return bool(self.count(Level.VIOLATION) or (strict and self.count(Level.WARNING)))


def as_document(report: Report, version: str) -> dict[str, Any]:
    """Return the report as plain JSON values; ``version`` is the tool's."""
    return {
        "version": 1,
        "tool": {"name": "sls-contract", "version": version},
        "command": report.command,
        "target": {"endpoint": report.target.endpoint, "evidence": report.target.evidence},
        "seed": report.seed,
        "findings": report.plain_findings(),
        "not_listed": plain_counts(report.not_listed, report.allowed),
        "exercised": sorted(report.exercised),
        "not_provable": report.not_provable,
        "not_supported": report.not_supported,
        "not_judged": report.not_judged,
        "facts": report.facts,
        "leftovers": report.leftovers,
        "examples": report.examples,
        "contract_map": [*report.map.rows(), *_across_operations(report)],
        "repeat": report.repeat,
        "summary": {
            "exchanges": report.exchanges,
            "scenarios": report.scenarios,
            "violations": report.count(Level.VIOLATION),
            "warnings": report.count(Level.WARNING),
            "unspecified": report.count(Level.UNSPECIFIED),
            "allowed": report.count_allowed(),
            "clauses": {"total": report.clauses_total, "exercised": len(report.exercised)},
        },
    }


def _across_operations(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the clauses that concern no single operation: those across exchanges, of clients and of recordings."""
    seen = {code for row in report.map.rows() for code in row["clauses"]}
    if others := sorted(report.exercised - seen):
        evidence = report.target.evidence or "unknown"
        yield {"operation": None, "evidence": str(evidence), "validated": None, "clauses": others, "errors": []}


def plain_counts(counts: Mapping[tuple[str, Level], int], allowed: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return counts by code and level as plain JSON values; the level of ``allowed`` codes is ``allowed``."""
    return [
        {"code": code, "level": "allowed" if code in allowed else str(level), "count": count}
        for (code, level), count in sorted(counts.items())
    ]


def write_json(document: Mapping[str, Any], path: str, stdout: IO[str]) -> None:
    """Write the document to ``path`` (``-``: ``stdout``), completely or not at all; raises `UsageError` if it cannot.

    A pipe or device (``/dev/stdout``) is written to, never replaced; a file keeps its mode, a link stays a link.
    """
    write_json_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", path, stdout)


def write_json_text(text: str, path: str, stdout: IO[str]) -> None:
    """Write JSON text, or JSON lines, like `write_json`."""
    if path == "-":
        print_json(text.encode("utf-8", "backslashreplace").decode(), stdout)
    else:
        write_text(text, path)


def write_text(text: str, path: str) -> None:
    """Write a report's text to ``path``, completely or not at all; raises `UsageError` if it cannot."""
    target, data = Path(path), text.encode("utf-8", "backslashreplace").decode()
    try:
        if target.exists() and not target.is_file() and not target.is_dir():
            target.write_text(data, encoding="utf-8", newline="\n")
        else:
            target.resolve().parent.mkdir(parents=True, exist_ok=True)
            replace_file(target, data)
    except OSError as error:
        msg = f"cannot write the report to {path}: {error.strerror}. " + (
            "How to fix: free space on the disk, or name a file on another one."
            if error.errno in _DISK_FULL
            else "How to fix: name a file where you may write."
        )
        raise UsageError(msg) from error


def print_json(text: str, stream: IO[str]) -> None:
    """Write JSON text, with escapes for characters that the encoding of the stream lacks."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-")
    if not text.isascii() and encoding not in {"utf-8", "utf8"}:
        text = "".join(char if char.isascii() else json.dumps(char)[1:-1] for char in text)
    for_programs(stream).write(text)
