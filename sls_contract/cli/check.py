"""``sls-contract check``: judge recorded exchanges, and report what they prove."""

from __future__ import annotations

from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.cli.options import add_contract, add_jobs, add_reports, add_strict, add_verbose
from sls_contract.cli.progress import Pace, progress
from sls_contract.cli.terminal import Console, columns
from sls_contract.clock import utc_now
from sls_contract.exit_codes import INCOMPLETE, interruption
from sls_contract.reports import Report, Target, as_document, judged_line, narrowed_lines, plain_counts, plural, table
from sls_contract.reports.group_lines import group_lines
from sls_contract.reports.groups import origin_of
from sls_contract.reports.text import NOTHING, on_one_line
from sls_contract.spec import CLAUSES, Level, clause

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import timedelta

    from sls_contract.captures.judging import Part, Whole
    from sls_contract.captures.splitting import Chunk
    from sls_contract.cassettes.audit import AuditSettings

_DAMAGED = clause("recording-damaged").code
_COLUMNS = ("cassette", "evidence", "region", "client", "exchanges", "last validated", "findings")
_LONGEST_NAME = 24  # characters of a client's name
_MOST_ROWS = 12  # cassettes that fit on a screen, with the other lines


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "check",
        help="judge recorded exchanges against the contract",
        description="Judge every exchange of cassettes (ours or vcrpy's) and HARs against the contract, verify "
        "signatures and digests, scan the files for secrets (those of the environment, and key-shaped strings), and "
        "report what each file proves, and its age.",
        epilog="Exit codes: 0 conforming, 1 a violation was found, 2 nothing, or not everything, could be checked. "
        "Example: sls-contract check cassettes/ --max-age 90d",
    )
    command.add_argument(
        "paths", nargs="+", metavar="PATH", help="a cassette or capture, a folder or pattern of them, or a URL (s3://…)"
    )
    add_strict(command)
    add_verbose(command, "show every cassette and finding")
    command.add_argument("--max-age", metavar="AGE", help="warn of exchanges last validated longer ago: 90d, 12w")
    command.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="CODE",
        help="accept findings of this clause, as sls_allow does in a test; repeatable",
    )
    add_reports(command)
    add_contract(command)
    add_jobs(command)
    command.set_defaults(run=run, parser=command)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Check every cassette at the paths; return the exit code."""
    from sls_contract.cassettes.audit import AuditSettings
    from sls_contract.cassettes.ledger import parse_age

    allowed = frozenset(clause(code).code for code in arguments.allow)
    max_age = parse_age(arguments.max_age) if arguments.max_age is not None else None
    settings = AuditSettings(now=utc_now(), credentials=console.keys(), max_age=max_age)
    outcome = _Outcome()
    paths = outcome.find(arguments.paths)
    with progress(len(paths), console) as update:
        outcome.judge(paths, settings, arguments, update)
    report = _report(outcome, allowed)
    report.repeat = [arguments.parser.command_line(arguments).text(*arguments.paths)]
    stream = console.text_stream(arguments)
    console.show(_text(outcome, report, columns(stream), verbose=arguments.verbose), stream)
    if report.failed(strict=arguments.strict):
        code = 1
    else:
        code = outcome.interrupted or (0 if outcome.judged() and not outcome.not_checked else INCOMPLETE)
    console.report(as_document(report, __version__) | _ledger(outcome, allowed), arguments, code)
    return code


@dataclass(slots=True)
class _Outcome:
    """The audits, captures that could not be checked (path and reason), and an interruption's exit code (0: none)."""

    audits: list[Part] = field(default_factory=list)
    not_checked: list[tuple[str, str]] = field(default_factory=list)
    interrupted: int = 0

    def find(self, paths: Iterable[str]) -> list[str]:
        """Return every capture at the paths, each once, even if several paths lead to it."""
        from sls_contract.captures.reading import captures_at

        return captures_at(paths, "checked", self._missed)

    def judge(
        self,
        paths: Sequence[str],
        settings: AuditSettings,
        arguments: argparse.Namespace,
        update: Callable[[int, str], None],
    ) -> None:
        """Judge the captures; an interruption ends it and keeps the results so far."""
        from sls_contract.captures.engine import in_order
        from sls_contract.captures.judging import judge_chunk
        from sls_contract.captures.reading import chunks_of

        submitted: deque[Chunk] = deque()  # chunks whose results have not come yet, in order

        def chunks() -> Iterator[Chunk]:
            for path in paths:
                for chunk in chunks_of(path):
                    submitted.append(chunk)
                    yield chunk

        work = partial(judge_chunk, settings=settings, contracts=arguments.contract)

        def join() -> None:
            with closing(in_order(work, chunks(), arguments.engine, arguments.jobs, lambda chunk: chunk.size)) as parts:
                self._join(((part, submitted.popleft()) for part in parts), settings, update)

        self.interrupted = interruption(join)
        self.not_checked += [(each.source, each.failure) for each in self.audits if each.failure is not None]
        if self.interrupted:
            self.not_checked.append((f"{len(paths) - len(self.audits)} of {len(paths)} cassettes", "interrupted"))

    def _join(
        self, parts: Iterable[tuple[Part, Chunk]], settings: AuditSettings, update: Callable[[int, str], None]
    ) -> None:
        """Join the results of the chunks of each capture, which come in order."""
        from sls_contract.captures.judging import Whole

        pace = Pace(update)
        whole: Whole | None = None
        try:
            for part, chunk in parts:
                whole = whole or Whole(part.source, settings)
                whole.add(part, chunk)
                pace.done += part.exchanges
                pace(len(self.audits), part.source)
                if part.last:
                    self.audits.append(whole.part)
                    whole = None
        finally:
            if whole is not None:
                whole.part.failure = "interrupted"
                self.audits.append(whole.part)

    @property
    def evidences(self) -> Counter[str]:
        """The number of exchanges of each kind of evidence."""
        return sum(
            (Counter({str(kind): n for kind, n in each.entry.evidences.items()}) for each in self.audits), Counter()
        )

    def judged(self) -> int:
        """Return the number of exchanges that the contract covers: requests to SLS."""
        return sum(audit.exchanges - audit.not_judged for audit in self.audits)

    def _missed(self, error: OSError) -> None:
        self.not_checked.append((str(error.filename), error.strerror or str(error)))


def _report(outcome: _Outcome, allowed: frozenset[str]) -> Report:
    from sls_contract.cassettes.recording import weakest
    from sls_contract.reports.examples import join_examples

    report = Report("check", clauses_total=len(CLAUSES), allowed=allowed)
    for audit in outcome.audits:
        report.exchanges += audit.exchanges
        report.exercised |= audit.exercised
        report.not_listed.update(audit.not_listed)
        for finding, exchange, line in audit.placed:
            report.add([finding], cassette=str(audit.source), exchange=exchange, line=line)
        join_examples(report.examples, audit.examples)
        report.map.update(audit.map)
    evidences = [audit.entry.evidence for audit in outcome.audits if audit.entry.evidence is not None]
    report.target = Target(None, weakest(evidences) if evidences else None)
    report.not_provable = [{"cassette": path, "reason": reason} for path, reason in outcome.not_checked]
    return report


def _text(outcome: _Outcome, report: Report, columns: int | None, *, verbose: bool) -> Iterator[str]:
    if outcome.audits:
        rows = [_row(audit) for audit in _shown(outcome.audits, verbose=verbose)]
        yield from table(_COLUMNS, rows, columns, name_last=True)
        if rest := len(outcome.audits) - len(rows):
            yield f"and {plural(rest, 'cassette')} more (--verbose lists all)"
    specified = (finding for finding in report.plain_findings() if finding["level"] != Level.UNSPECIFIED)
    yield from group_lines(specified, verbose=verbose)
    yield ""
    for path, reason in outcome.not_checked:
        yield on_one_line(f"not checked: {path}: {reason}")
    counts = f"{plural(len(outcome.audits), 'cassette')}, {plural(report.exchanges, 'exchange')}"
    yield f"{counts}: {judged_line(report)}"
    for (code, _), count in sorted(report.not_listed.items()):
        yield f"{code}: {plural(count, 'more finding')} not listed"
    extents = sum((audit.extents for audit in outcome.audits), Counter[str]())
    yield from narrowed_lines(extents, not_judged=0, unverified=0)
    yield from _evidence_lines(outcome)
    yield from narrowed_lines(
        {},
        not_judged=sum(audit.not_judged for audit in outcome.audits),
        unverified=sum(audit.unverified for audit in outcome.audits),
    )
    if not outcome.judged():
        yield on_one_line(f"Nothing was checked: {_why_nothing(outcome, report)}")


def _why_nothing(outcome: _Outcome, report: Report) -> str:
    """Return why nothing was judged, and how to fix it: the first reason that applies."""
    damaged = [finding for finding in report.plain_findings() if finding["code"] == _DAMAGED]
    if damaged:
        place, *others = map(origin_of, damaged)
        more = f" (and {plural(len(others), 'more place')})" if others else ""
        return f"{place}: {damaged[0]['actual']}{more}. How to fix: {damaged[0]['how_to_fix']}."
    if outcome.not_checked:
        return "no file could be read. How to fix: see the reasons above, or name other cassettes."
    if report.exchanges:
        fix = "record requests to an endpoint of SLS, such as cn-hangzhou.log.aliyuncs.com"
        return f"none of the exchanges ({report.exchanges}) is of SLS. How to fix: {fix}."
    return "no SLS exchange below the paths. How to fix: name cassettes, such as cassettes/."


def _shown(audits: Sequence[Part], *, verbose: bool) -> Sequence[Part]:
    """Return all audits with ``verbose``, else as many as fit on a screen, those with the most findings first."""
    if verbose or len(audits) <= _MOST_ROWS:
        return audits
    return sorted(audits, key=_findings, reverse=True)[:_MOST_ROWS]


def _findings(audit: Part) -> int:
    """Return the number of listed findings: without unspecified ones, for which no source states the correct value."""
    return sum(finding.level is not Level.UNSPECIFIED for finding, _, _ in audit.placed)


def _row(audit: Part) -> tuple[object, ...]:
    entry = audit.entry
    return (
        str(audit.source),
        entry.evidence or NOTHING,
        _first_of(entry.regions),
        _first_of([_product(client) for client in entry.clients]),
        audit.exchanges,
        NOTHING if entry.oldest is None else f"{entry.now - entry.oldest:%Y-%m-%d} ({_days(entry.oldest)})",
        _findings(audit),
    )


def _first_of(names: Collection[str]) -> str:
    """Return the first name, and the number of the others: ``cn-hangzhou +2``."""
    others = f" +{len(names) - 1}" if len(names) > 1 else ""
    return next(iter(names), NOTHING) + others


def _product(client: str) -> str:
    """Return the product in a User-Agent, its first word: ``aliyun-log-sdk-v-0.9.1``."""
    short = client.replace(",", " ").strip().partition(" ")[0]
    return short if len(short) <= _LONGEST_NAME else short[: _LONGEST_NAME - 1] + "…"


def _evidence_lines(outcome: _Outcome) -> Iterator[str]:
    """Yield the evidence of all exchanges, and their age."""
    from sls_contract.cassettes.ledger import median_age

    if counts := outcome.evidences:
        yield "evidence: " + ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    median = median_age(audit.entry for audit in outcome.audits)
    aged = [(audit.entry.oldest, str(audit.source)) for audit in outcome.audits if audit.entry.oldest is not None]
    if median is not None:
        oldest, path = max(aged)
        yield on_one_line(f"last validated: median {_days(median)} ago, oldest {_days(oldest)} ago ({path})")
    if dateless := sum(audit.entry.dateless for audit in outcome.audits):
        yield f"{plural(dateless, 'exchange')} of unknown age"


def _days(age: timedelta) -> str:
    return plural(age.days, "day")


def _ledger(outcome: _Outcome, allowed: frozenset[str]) -> dict[str, Any]:
    """Return the ledger as plain JSON values."""
    from sls_contract.reports.merging import ages

    ledger = [_ledger_entry(audit, allowed) for audit in outcome.audits]
    return {"ledger": ledger, "ages": ages(ledger)}


def _ledger_entry(audit: Part, allowed: frozenset[str]) -> dict[str, Any]:
    entry = audit.entry
    return {
        "cassette": str(audit.source),
        "evidence": entry.evidence,
        "evidences": dict(entry.evidences),
        "regions": list(entry.regions),
        "clients": list(entry.clients),
        "exchanges": audit.exchanges,
        "last_validated": None if entry.oldest is None else (entry.now - entry.oldest).isoformat(),
        "age_days": None if entry.oldest is None else entry.oldest.days,
        "ages": {str(days): count for days, count in sorted(entry.ages.items())},
        "dateless": entry.dateless,
        "digest": audit.digest,
        "not_listed": plain_counts(audit.not_listed, allowed),
        "findings": len(audit.placed) + audit.not_listed.total(),
    }
