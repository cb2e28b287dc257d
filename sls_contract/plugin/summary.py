"""What a run tells at its end: a line or two on the terminal, a document for programs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sls_contract import __version__
from sls_contract.cassettes.recording import Evidence, weakest
from sls_contract.reports import Report, Target, as_document, plural, write_json
from sls_contract.spec import CLAUSES, Finding, Level

if TYPE_CHECKING:
    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.totals import Totals


def summary_lines(totals: Totals) -> list[str]:
    """Return the lines of the terminal summary."""
    evidence = ", ".join(f"{count} {name}" for name, count in sorted(totals.evidence.items())) or "none"
    parts = [
        f"{plural(totals.exchanges, 'exchange')} checked (evidence: {evidence})",
        plural(len(totals.findings), "finding"),
        f"{len(totals.exercised)} of {len(CLAUSES)} clauses exercised",
    ]
    if totals.recorded:
        parts.append(f"{plural(totals.recorded, 'exchange')} recorded")
    if totals.other_operations:
        parts.append(f"{plural(totals.other_operations, 'exchange')} of other operations: common clauses")
    if totals.not_judged:
        parts.append(f"{plural(totals.not_judged, 'exchange')} of other services: not judged")
    if totals.unverified:
        parts.append(f"{plural(totals.unverified, 'signature')} not verified")
    return ["sls-contract: " + ", ".join(parts), *_noticed(totals)]


def write_reports(totals: Totals, settings: Settings) -> None:
    """Write every report that was asked for."""
    report = Report(
        "pytest", Target(settings.endpoint, weakest(map(Evidence, totals.evidence)) if totals.evidence else None)
    )
    for plain in totals.findings:
        report.add([_finding(plain["finding"])], test=plain["test"], exchange=plain["exchange"])
    report.exchanges = totals.exchanges
    report.exercised = totals.exercised
    report.clauses_total = len(CLAUSES)
    for path in settings.reports:
        write_json(as_document(report, __version__), path, sys.stdout)


def _noticed(totals: Totals) -> list[str]:
    """Name each warning once, with how often it was met: a warning that nobody sees is none."""
    counted: dict[tuple[str, str], list[str]] = {}
    for plain in totals.findings:
        finding = plain["finding"]
        if finding["level"] == Level.WARNING:
            counted.setdefault((finding["code"], finding["slug"]), []).append(plain["test"])
    return [
        f"  warning {code} {slug}: {plural(len(tests), 'time')}, first in {tests[0]}"
        for (code, slug), tests in sorted(counted.items())
    ]


def _finding(plain: dict[str, str]) -> Finding:
    kept = {name: value for name, value in plain.items() if name != "level"}
    return Finding(level=Level(plain["level"]), **kept)
