"""What exercising a client found, told: as lines for a terminal, and as a report for programs."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract.exercise.outcome import VERDICTS
from sls_contract.reports import Report, as_document, finding_lines, plural, table
from sls_contract.reports import Target as ReportTarget
from sls_contract.reports.text import printable
from sls_contract.spec import CLAUSES, Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sls_contract.exercise.outcome import Located, Performed, Run
    from sls_contract.exercise.runner import Plan
    from sls_contract.spec import Finding

_NAMED = 8  # scenarios that share a finding; more are counted
_TOLD = (Level.VIOLATION, Level.WARNING)  # what is unspecified fails nothing, and is told in a line


def as_report(run: Run) -> Report:
    """Return the run as every command reports."""
    report = Report("exercise", ReportTarget(None, "reference"), run.seed)
    for performed in run.performed:
        where = {"scenario": performed.situation.name, "auth": str(performed.auth)}
        for each in performed.findings:
            report.add([each.finding], **where, exchange=each.exchange)
        report.facts += [{**where, "fact": fact.name, "value": fact.value} for fact in performed.facts]
        report.exercised |= performed.exercised
        report.exchanges += performed.requests
    report.not_supported = [_name(each) for each in run.performed if each.verdict == "not supported"]
    report.scenarios, report.clauses_total = run.judged(), len(CLAUSES)
    if run.incomplete:
        report.facts.append({"scenario": None, "auth": None, "fact": "incomplete", "value": run.incomplete})
    return report


def document(run: Run, plan: Plan, version: str) -> dict[str, Any]:
    """Return the JSON document: as of every command, with the client's command and the outcome of each run."""
    outcomes = [
        {
            "scenario": each.situation.name,
            "auth": str(each.auth),
            "area": each.situation.area,
            "answer": each.situation.answer,
            "source": each.situation.source,
            "verdict": each.verdict,
            "exit_code": each.exit_code,
            "requests": each.requests,
            "seconds": each.seconds,
            "said": each.said,
            "stderr": each.complaints,
        }
        for each in run.performed
    ]
    return {**as_document(as_report(run), version), "client": list(plan.command), "outcomes": outcomes}


def lines(run: Run, plan: Plan) -> Iterator[str]:
    """Tell the run to a person."""
    yield printable(shlex.join(plan.command))
    yield f"{plural(len(run.performed), 'run')}; {' and '.join(plan.schemes)}; seed {run.seed}"
    yield ""
    yield from table(("area", *VERDICTS), _areas(run))
    yield from _findings(run, plan)
    yield from _titled("not specified on any page:", _left_open(run))
    yield from _titled("learnt:", _facts(run))
    yield from _titled("not supported by this client:", _unsupported(run))
    if run.incomplete:
        yield from ("", printable(f"the run is incomplete: {run.incomplete}"))
    yield from ("", _verdict(run))


def _name(performed: Performed) -> str:
    return f"{performed.situation.name} ({performed.auth})"


def _areas(run: Run) -> Iterator[tuple[object, ...]]:
    counts: Counter[tuple[str, str]] = Counter((each.situation.area, each.verdict) for each in run.performed)
    for area in dict.fromkeys(each.situation.area for each in run.performed):
        yield (area, *(counts[area, verdict] for verdict in VERDICTS))


def _findings(run: Run, plan: Plan) -> Iterator[str]:
    """Tell each kind of finding once, the gravest first, with the scenarios that share it."""
    kinds: dict[tuple[str, str], list[tuple[Performed, Located]]] = {}
    for performed in run.performed:
        for each in performed.findings:
            kinds.setdefault((each.finding.code, each.finding.where), []).append((performed, each))
    for level in _TOLD:
        for shared in kinds.values():
            if shared[0][1].finding.level is level:
                yield ""
                yield from _told(shared, plan)


def _left_open(run: Run) -> list[str]:
    """Tell each kind of unspecified finding once, with the scenarios that share it."""
    kinds: dict[Finding, list[str]] = {}
    for performed in run.performed:
        for finding, _ in performed.findings:
            if finding.level is Level.UNSPECIFIED:
                kinds.setdefault(finding, []).append(_name(performed))
    return [
        f"{each.code} {each.slug} at {each.where}: {each.actual}. How to fix: {each.how_to_fix} In {_names(names)}"
        for each, names in kinds.items()
    ]


def _names(names: Sequence[str]) -> str:
    """Return a few names, each once, and how many more there are."""
    known = list(dict.fromkeys(names))
    return f"{', '.join(known[:_NAMED])}{f', and {len(known) - _NAMED} more' if len(known) > _NAMED else ''}"


def _told(shared: Sequence[tuple[Performed, Located]], plan: Plan) -> Iterator[str]:
    performed, located = shared[0]
    number = f", request {located.exchange}" if located.exchange else ""
    yield from finding_lines(located.finding, f"{_name(performed)}{number}")
    if located.exchange is None:
        yield printable(f"  the service answered: {performed.situation.answer}")
    yield from (printable(f"  | {line}") for line in performed.complaints.splitlines()[-3:])
    if shared[1:]:
        yield printable(f"  also in: {_names([_name(other) for other, _ in shared[1:]])}")
    yield printable(f"  again: {_again(performed, plan)}")


def _again(performed: Performed, plan: Plan) -> str:
    """Return the command line that repeats one scenario alone."""
    seed = ("--seed", str(plan.seed)) if plan.seed else ()
    auth = ("--auth", performed.auth.scheme)
    words = ("sls-contract", "exercise", *seed, *auth, "--scenario", performed.situation.name, "--", *plan.command)
    return shlex.join(words)


def _facts(run: Run) -> list[str]:
    """Tell each fact once, with the scenarios that share it."""
    shared: dict[str, list[str]] = {}
    for performed in run.performed:
        for fact in performed.facts:
            shared.setdefault(f"{fact.name} {fact.value}", []).append(performed.situation.name)
    return [f"{fact}: {', '.join(dict.fromkeys(names))}" for fact, names in sorted(shared.items())]


def _unsupported(run: Run) -> list[str]:
    by_auth: dict[str, list[str]] = {}
    for each in run.performed:
        if each.verdict == "not supported":
            by_auth.setdefault(str(each.auth), []).append(each.situation.name)
    return [f"{auth}: {', '.join(names)}" for auth, names in by_auth.items()]


def _titled(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from ("", title, *(f"  {printable(item)}" for item in items))


def _verdict(run: Run) -> str:
    levels = Counter(each.finding.level for performed in run.performed for each in performed.findings)
    exchanges = sum(each.requests for each in run.performed)
    counts = f"{plural(exchanges, 'exchange')}, {plural(run.judged(), 'run')} judged"
    if not run.judged():
        return f"{counts}: nothing could be judged"
    violations = plural(levels[Level.VIOLATION], "violation") if levels[Level.VIOLATION] else "no violation"
    return f"{counts}: {violations}, {plural(levels[Level.WARNING], 'warning')}"
