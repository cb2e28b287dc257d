"""Summarize the results of a client for a terminal and for programs."""

from __future__ import annotations

import shlex
from functools import partial
from typing import TYPE_CHECKING, Any

from sls_contract.exercise.outcome import VERDICTS, Performed, Run
from sls_contract.reports import Report, as_document, plural
from sls_contract.reports import Target as ReportTarget
from sls_contract.reports.benches import area_table, by_verdict, titled
from sls_contract.reports.examples import first_example
from sls_contract.reports.group_lines import MOST_PLACES, first_few, group_lines
from sls_contract.reports.text import printable
from sls_contract.spec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.exercise.runner import Plan

_STDERR_LINES = 3  # lines of the client's stderr
_MOST_REPEATED = 10  # commands
_OUTCOMES = {  # of responses that break the contract
    "failed": "refused the response",
    "passed on": "returned the response unchanged",
    "filtered": "returned some of the entries",
    "filled in": "added values that the response does not have",
    "changed": "changed the response",
}


def as_report(run: Run) -> Report:
    """Return the run as the report that all commands share."""
    report = Report("exercise", ReportTarget(None, "reference"), run.seed)
    for performed in run.performed:
        where = {"scenario": performed.situation.name, "auth": str(performed.auth)}
        for each in performed.findings:
            report.add([each.finding], **where, exchange=each.exchange)
            if each.exchange is not None and each.exchange in performed.shown:
                first_example(report.examples, each.finding, performed.shown[each.exchange])
        report.map.update(performed.map)
        report.facts += [{**where, "fact": fact.name, "value": fact.value} for fact in performed.facts]
        report.exercised |= performed.exercised
        report.exchanges += performed.requests
    report.not_supported = [_name(each) for each in run.performed if each.verdict == "not supported"]
    report.scenarios, report.clauses_total = run.judged(), len(CLAUSES)
    if run.incomplete:
        report.facts.append({"scenario": None, "auth": None, "fact": "incomplete", "value": run.incomplete})
    return report


def document(run: Run, plan: Plan, version: str) -> dict[str, Any]:
    """Return the JSON document: the shared report, the client's command, and the outcome of each run."""
    outcomes = [
        {
            "scenario": each.situation.name,
            "auth": str(each.auth),
            "area": each.situation.area,
            "answer": each.situation.response,
            "source": each.situation.source,
            "verdict": each.verdict,
            "exit_code": each.exit_code,
            "requests": each.requests,
            "seconds": each.seconds,
            "said": each.last_line,
            "stderr": each.stderr,
        }
        for each in run.performed
    ]
    failed = [_again(each, plan) for each in run.performed if each.verdict == "failed"][:_MOST_REPEATED]
    every = _command(plan)
    shared = as_document(as_report(run), version)
    return {**shared, "client": list(plan.command), "outcomes": outcomes, "repeat": [every, *failed]}


def lines(run: Run, plan: Plan, *, verbose: bool = False, columns: int | None = None) -> Iterator[str]:
    """Format the run for a terminal: one screen of text, or every finding in full (``verbose``)."""
    yield printable(shlex.join(plan.command))
    yield f"{plural(len(run.performed), 'run')}; {' and '.join(plan.schemes)}; seed {run.seed}"
    brief = run.violated() and not verbose  # findings fill a screen
    areas = [(each.situation.area, each.verdict) for each in run.performed]
    met = [verdict for verdict in VERDICTS if any(verdict == each for _, each in areas)]
    yield from by_verdict(met, areas, columns, MOST_PLACES) if brief else ("", *area_table(met, areas, columns))
    yield from group_lines(as_report(run).plain_findings(), partial(_details, run, plan), verbose=verbose)
    yield from titled("facts:", [] if brief else _facts(run))
    yield from titled("not supported by this client:", _unsupported(run))
    if run.incomplete:
        yield from ("", printable(f"the run is incomplete: {run.incomplete}"))
    exchanges = sum(each.requests for each in run.performed)
    yield from ("", run.closing_line(f"{plural(exchanges, 'exchange')}, {plural(run.judged(), 'run')} judged"))


def _name(performed: Performed) -> str:
    return f"{performed.situation.name} ({performed.auth})"


def _details(run: Run, plan: Plan, finding: Mapping[str, Any]) -> Iterator[str]:
    """Yield the response of the service, the client's standard error, and the command that repeats the run."""
    run_key = finding["scenario"], finding["auth"]
    performed = next(each for each in run.performed if (each.situation.name, str(each.auth)) == run_key)
    if finding["exchange"] is None and performed.requests:
        yield printable(f"  the service returned: {performed.situation.response}")
    yield from (printable(f"  | {line}") for line in performed.stderr.splitlines()[-_STDERR_LINES:])
    yield printable(f"  again: {_again(performed, plan)}")


def _again(performed: Performed, plan: Plan) -> str:
    """Return the command line that repeats one scenario alone."""
    one = {"auth": ("--auth", performed.auth.scheme), "scenario": ("--scenario", performed.situation.name)}
    return _command(plan, **one)


def _command(plan: Plan, **options: tuple[str, ...]) -> str:
    return plan.command_line.text("--", *plan.command, seed=("--seed", str(plan.seed)), **options)


def _facts(run: Run) -> list[str]:
    """Return a line for each distinct fact, with the scenarios that share it."""
    shared: dict[str, list[str]] = {}
    for performed in run.performed:
        for fact in performed.facts:
            shared.setdefault(_fact_text(fact.name, fact.value), []).append(performed.situation.name)
    return [f"{fact}: {first_few([*dict.fromkeys(names)])}" for fact, names in sorted(shared.items())]


def _fact_text(name: str, value: Any) -> str:
    """Return what the client did."""
    if name == "requests":
        return f"sent {plural(value, 'request')}"
    if name == "seconds":
        return f"ran for {value} seconds"
    return f"sent a request to {value}" if name == "foreign-host" else _OUTCOMES[value]


def _unsupported(run: Run) -> list[str]:
    by_auth: dict[str, list[str]] = {}
    for each in run.performed:
        if each.verdict == "not supported":
            by_auth.setdefault(str(each.auth), []).append(each.situation.name)
    return [f"{auth}: {first_few(names)}" for auth, names in by_auth.items()]
