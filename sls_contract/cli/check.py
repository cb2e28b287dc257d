"""``sls-contract check``: judge recorded exchanges, and say what they prove."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING

from sls_contract import __version__
from sls_contract.errors import UsageError
from sls_contract.reports import Report, Target, as_document, finding_lines, plural, table, write_json
from sls_contract.spec import CLAUSES, Level

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from sls_contract.cassettes.audit import Audit
    from sls_contract.spec import Finding

NOTHING_CHECKED = 2


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "check",
        help="judge recorded exchanges against the contract",
        description="Judge every exchange of cassettes (ours or vcrpy's) against the contract, verify signatures and "
        "digests, and scan the files for secrets: those of the environment, and key-shaped strings.",
        epilog="Exit codes: 0 conforming, 1 a violation was found, 2 nothing was checked or a path is wrong.",
    )
    command.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="a cassette, or a folder of cassettes")
    command.add_argument("--strict", action="store_true", help="warnings fail, too")
    command.add_argument("--json", metavar="PATH", help="also write the findings as JSON; - for standard output")
    command.set_defaults(run=run)


def run(
    arguments: argparse.Namespace,
    *,
    environ: Mapping[str, str],
    stdin: IO[str],  # noqa: ARG001 - every command takes the same streams
    stdout: IO[str],
    stderr: IO[str],
) -> int:
    """Check every cassette below the paths; return the exit code."""
    from sls_contract.cassettes.audit import audit, cassettes_below
    from sls_contract.signing import credentials_from_environment

    paths = [cassette for path in arguments.paths for cassette in cassettes_below(_existing(path))]
    key = credentials_from_environment(environ)
    audits = [audit(path, [key] if key else []) for path in dict.fromkeys(paths)]
    report = _report(audits)
    if arguments.json:
        write_json(as_document(report, __version__), arguments.json, stdout)
    print(*_text(audits, report), sep="\n", file=stderr if arguments.json == "-" else stdout)
    if report.failed(strict=arguments.strict):
        return 1
    return 0 if report.exchanges else NOTHING_CHECKED


def _existing(path: Path) -> Path:
    if not path.exists() and not path.with_name(path.name + ".journal").exists():
        msg = f"no such file or folder: {path}. How to fix: name a cassette, or a folder of cassettes."
        raise UsageError(msg)
    return path


def _report(audits: Sequence[Audit]) -> Report:
    from sls_contract.cassettes.recording import weakest

    report = Report("check", clauses_total=len(CLAUSES))
    for audit in audits:
        report.exchanges += audit.tally.exchanges
        report.exercised |= audit.tally.exercised
        for finding, exchange in audit.placed:
            report.add([finding], cassette=str(audit.path), exchange=exchange)
    report.target = Target(None, weakest(audit.evidence for audit in audits if audit.evidence is not None))
    return report


def _text(audits: Sequence[Audit], report: Report) -> Iterator[str]:
    rows = [
        (str(audit.path), audit.evidence or "-", audit.tally.exchanges, sum(_shown(one) for one, _ in audit.placed))
        for audit in audits
    ]
    if rows:
        yield from table(("cassette", "evidence", "exchanges", "findings"), rows)
        yield ""
    for finding, where in report.located:
        if _shown(finding):
            number = "" if where["exchange"] is None else f" exchange {where['exchange']}"
            yield from (*finding_lines(finding, f"{where['cassette']}{number}"), "")
    counts = [plural(report.count(level), str(level)) for level in (Level.VIOLATION, Level.WARNING)]
    yield (
        f"{plural(len(rows), 'cassette')}, {plural(report.exchanges, 'exchange')}: {', '.join(counts)}, "
        f"{report.count(Level.UNSPECIFIED)} unspecified; "
        f"{len(report.exercised)} of {report.clauses_total} clauses exercised"
    )
    if not report.exchanges:
        yield "Nothing was checked: no exchange below the paths. How to fix: name cassettes, such as cassettes/."


def _shown(finding: Finding) -> bool:
    """Unspecified findings are counted, not listed: no source says what is right."""
    return finding.level is not Level.UNSPECIFIED
