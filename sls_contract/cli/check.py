"""``sls-contract check``: judge recorded exchanges, and say what they prove."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.errors import UsageError
from sls_contract.reports import Report, Target, as_document, finding_lines, plural, table, write_json
from sls_contract.reports.text import on_one_line
from sls_contract.spec import CLAUSES, Level

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sls_contract.cassettes.audit import Audit
    from sls_contract.signing import Credentials
    from sls_contract.spec import Finding

NOTHING_CHECKED = 2
_INTERRUPTED = 130


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "check",
        help="judge recorded exchanges against the contract",
        description="Judge every exchange of cassettes (ours or vcrpy's) against the contract, verify signatures and "
        "digests, and scan the files for secrets: those of the environment, and key-shaped strings.",
        epilog="Exit codes: 0 conforming, 1 a violation was found, 2 nothing, or not everything, could be checked.",
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
    from sls_contract.signing import credentials_from_environment

    key = credentials_from_environment(environ)
    outcome = _Outcome()
    paths = outcome.find(arguments.paths)
    outcome.judge(paths, [key] if key else [], _progress(stderr))
    report = _report(outcome)
    print(*_text(outcome, report), sep="\n", file=stderr if arguments.json == "-" else stdout)
    if arguments.json:
        write_json(as_document(report, __version__), arguments.json, stdout)
    if report.failed(strict=arguments.strict):
        return 1
    return outcome.interrupted or (0 if outcome.judged() and not outcome.not_checked else NOTHING_CHECKED)


@dataclass(slots=True)
class _Outcome:
    """What was judged, what could not be (path and reason), and the exit code of an interruption (0: none)."""

    audits: list[Audit] = field(default_factory=list)
    not_checked: list[tuple[str, str]] = field(default_factory=list)
    interrupted: int = 0

    def find(self, paths: Iterable[Path]) -> list[Path]:
        """Return every cassette below the paths, once, whatever name it goes by."""
        from sls_contract.cassettes.audit import cassettes_below

        found: dict[str, Path] = {}
        for path in paths:
            for cassette in cassettes_below(_existing(path), self._missed):
                found.setdefault(os.path.realpath(cassette), cassette)
        return list(found.values())

    def judge(self, paths: Sequence[Path], keys: Sequence[Credentials], progress: Callable[[str], None]) -> None:
        """Judge the cassettes; an interruption ends it, and keeps what was found."""
        from sls_contract.cassettes.audit import audit

        try:
            for path in paths:
                progress(str(path))
                judged = audit(path, keys)
                self.audits.append(judged)
                if judged.failure is not None:
                    self.not_checked.append((str(path), judged.failure))
        except KeyboardInterrupt:
            self.interrupted = _INTERRUPTED
        except SystemExit as end:  # SIGTERM
            self.interrupted = int(end.code or 0)
        progress("")
        if self.interrupted:
            self.not_checked.append((f"{len(paths) - len(self.audits)} of {len(paths)} cassettes", "interrupted"))

    def judged(self) -> int:
        """Count the exchanges that the contract says anything about: those of SLS."""
        return sum(audit.tally.exchanges - audit.tally.not_judged for audit in self.audits)

    def _missed(self, error: OSError) -> None:
        self.not_checked.append((str(error.filename), error.strerror or str(error)))


def _progress(stderr: IO[str]) -> Callable[[str], None]:
    """Show which file is being judged, on a terminal only."""
    if not stderr.isatty():
        return lambda _: None
    return lambda path: print(f"\r\x1b[K{on_one_line(path)}" if path else "\r\x1b[K", end="", file=stderr, flush=True)


def _existing(path: Path) -> Path:
    try:
        if path.is_file() or path.is_dir() or path.with_name(path.name + ".journal").is_file():
            return path
        reason = "it is neither a file nor a folder" if path.exists() else "there is no such file or folder"
    except OSError as error:
        reason = error.strerror or str(error)
    msg = f"{path} cannot be checked: {reason}. How to fix: name a cassette, or a folder of cassettes."
    raise UsageError(msg)


def _report(outcome: _Outcome) -> Report:
    from sls_contract.cassettes.recording import weakest

    report = Report("check", clauses_total=len(CLAUSES))
    for audit in outcome.audits:
        report.exchanges += audit.tally.exchanges
        report.exercised |= audit.tally.exercised
        for finding, exchange, line in audit.placed:
            report.add([finding], cassette=str(audit.path), exchange=exchange, line=line)
    evidences = [audit.evidence for audit in outcome.audits if audit.evidence is not None]
    report.target = Target(None, weakest(evidences) if evidences else None)
    report.not_provable = [{"cassette": path, "reason": reason} for path, reason in outcome.not_checked]
    return report


def _text(outcome: _Outcome, report: Report) -> Iterator[str]:
    if outcome.audits:
        yield from table(("cassette", "evidence", "exchanges", "findings"), map(_row, outcome.audits))
        yield ""
    for finding, where in report.located:
        if _shown(finding):
            yield from (*finding_lines(finding, _place(where)), "")
    for path, reason in outcome.not_checked:
        yield on_one_line(f"not checked: {path}: {reason}")
    counts = [plural(report.count(level), str(level)) for level in (Level.VIOLATION, Level.WARNING)]
    yield (
        f"{plural(len(outcome.audits), 'cassette')}, {plural(report.exchanges, 'exchange')}: {', '.join(counts)}, "
        f"{report.count(Level.UNSPECIFIED)} unspecified; "
        f"{len(report.exercised)} of {report.clauses_total} clauses exercised"
    )
    yield from _narrowed(outcome)
    if not outcome.judged():
        yield "Nothing was checked: no SLS exchange below the paths. How to fix: name cassettes, such as cassettes/."


def _narrowed(outcome: _Outcome) -> Iterator[str]:
    """Say what was judged by some clauses only, or by none."""
    tallies = [audit.tally for audit in outcome.audits]
    if others := sum(tally.other_operations for tally in tallies):
        yield f"{plural(others, 'exchange')} of other operations: common clauses only"
    if foreign := sum(tally.not_judged for tally in tallies):
        yield f"{plural(foreign, 'exchange')} of other services: not judged"
    if unverified := sum(tally.unverified for tally in tallies):
        yield f"{plural(unverified, 'signature')} not verified"


def _row(audit: Audit) -> tuple[object, ...]:
    findings = sum(_shown(finding) for finding, _, _ in audit.placed)
    return str(audit.path), audit.evidence or "-", audit.tally.exchanges, findings


def _place(where: Mapping[str, Any]) -> str:
    """Say where a finding comes from: ``file:line``, and the position of the exchange, counted from 0."""
    line = "" if where["line"] is None else f":{where['line']}"
    number = "" if where["exchange"] is None else f" exchange {where['exchange']}"
    return f"{where['cassette']}{line}{number}"


def _shown(finding: Finding) -> bool:
    """Unspecified findings are counted, not listed: no source says what is right."""
    return finding.level is not Level.UNSPECIFIED
