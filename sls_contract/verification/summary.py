"""A run told: as lines for a terminal, and as a report for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract.reports import Report, as_document, finding_lines, plural, table
from sls_contract.reports import Target as ReportTarget
from sls_contract.reports.text import printable
from sls_contract.spec import CLAUSES, Level
from sls_contract.verification.curl import curl_line
from sls_contract.verification.runner import GENERATED, not_provable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.verification.outcome import Performed, Run
    from sls_contract.verification.target import Target

VERDICTS = ("passed", "failed", "not proven", "not provable", "not supported")
_JUDGED_HERE = tuple(code for code, each in CLAUSES.items() if code[3] in "24" and each.level is Level.VIOLATION)
_MOST_REPEATED = 10  # commands
_TOLD_STEP_BY_STEP = 3  # documented scenarios that failed; more are named only


def as_report(run: Run, target: Target) -> Report:
    """Return the run as every command reports."""
    from sls_contract.cassettes.scrub import Scrubber

    report = Report("verify", ReportTarget(target.endpoint, target.evidence), run.seed)
    scrubber = Scrubber(target.keys().values())
    for each in run.located:
        report.add([each.finding], scenario=each.scenario, exchange=each.exchange)
        report.show(each.finding, run.sent[each.exchange - 1][0], lambda shown: scrubber.exchange(shown).exchange)
    report.map.merge((operation, target.evidence, *rest) for operation, _, *rest in run.map.as_plain())
    report.repeat = [*dict.fromkeys(_again(run, target, each) for each in run.performed if each.verdict == "failed")]
    report.repeat = [_command(run, target), *report.repeat[:_MOST_REPEATED]]
    report.exchanges, report.scenarios = len(run.sent), run.judged()
    report.exercised, report.clauses_total = run.judged_clauses(), len(CLAUSES)
    report.not_provable = [*_reasons(run, "not provable"), *not_provable()]
    report.not_supported = _reasons(run, "not supported")
    report.facts = [*run.facts, *([f"run incomplete: {run.incomplete}"] if run.incomplete else [])]
    report.leftovers = list(run.leftovers)
    return report


def document(run: Run, target: Target, version: str) -> dict[str, Any]:
    """Return the JSON document: as of every command, with what came of each scenario and what it proves."""
    outcomes = [
        {
            "scenario": each.scenario.name,
            "area": each.scenario.area,
            "expects": each.scenario.expects,
            "source": each.scenario.source,
            "proves": list(each.scenario.proves),
            "verdict": each.verdict,
            "reason": each.reason,
            "requests": len(each.done),
        }
        for each in run.performed
    ]
    shared = as_document(as_report(run, target), version)
    return {**shared, "not_proven": _reasons(run, "not proven"), "outcomes": outcomes}


def lines(run: Run, target: Target) -> Iterator[str]:
    """Tell the run to a person."""
    yield f"{target.endpoint} (evidence: {target.evidence}), seed {run.seed}"
    yield from run.facts
    yield ""
    yield from table(("area", *VERDICTS), _areas(run))
    yield from _failures(run, target)
    yield from _titled("not proven, though carried out:", _reasons(run, "not proven"))
    yield from _titled("not provable here:", [*_reasons(run, "not provable"), *not_provable()])
    yield from _titled("not supported by this endpoint:", _reasons(run, "not supported"))
    yield from _clauses(run)
    yield from _titled("left behind, delete by hand:", run.leftovers)
    if run.incomplete:
        yield from ("", f"the run is incomplete: {run.incomplete}")
    yield from ("", _verdict(run))


def _areas(run: Run) -> Iterator[tuple[object, ...]]:
    counts: Counter[tuple[str, str]] = Counter((each.scenario.area, each.verdict) for each in run.performed)
    for area in dict.fromkeys(each.scenario.area for each in run.performed):
        yield (area, *(counts[area, verdict] for verdict in VERDICTS))


def _failures(run: Run, target: Target) -> Iterator[str]:
    for each in run.located:
        yield ""
        yield from finding_lines(each.finding, f"{each.scenario or 'setting up'}, exchange {each.exchange}")
    failed = [each for each in run.performed if each.verdict == "failed"]
    named = [each for each in failed if each.scenario.name not in GENERATED]
    shown = [each for each in failed if each.scenario.name in GENERATED] + named[:_TOLD_STEP_BY_STEP]
    for performed in shown:
        yield from _step_by_step(performed, run, target)


def _step_by_step(performed: Performed, run: Run, target: Target) -> Iterator[str]:
    scenario = performed.scenario
    yield ""
    yield f"{scenario.name}: {scenario.expects} ({scenario.source})"
    yield printable(f"  again: {_again(run, target, performed)}")
    last = max(at for at, done in enumerate(performed.done) if done.findings)
    for done in performed.done[: last + 1]:
        answer = done.exchange.response.status if done.exchange.response else "no answer"
        codes = ", ".join(finding.code for finding in done.findings)
        yield printable(f"  {done.number}. {curl_line(done.exchange.request, target)}")
        yield f"     -> {answer}{f'  {codes}' if codes else ''}"


def _again(run: Run, target: Target, performed: Performed) -> str:
    """Return the command that carries out one scenario alone."""
    name = performed.scenario.name
    examples = f" --examples {performed.planned}" if name in GENERATED else ""
    return _command(run, target, f" --scenario {name}{examples}")


def _command(run: Run, target: Target, more: str = "") -> str:
    named = f" {target.options}" if target.options else ""
    return f"sls-contract verify{named}{more} --seed {run.seed}"


def _clauses(run: Run) -> Iterator[str]:
    missed = [code for code in _JUDGED_HERE if code not in run.judged_clauses()]
    exercised = len(_JUDGED_HERE) - len(missed)
    yield ""
    yield f"{exercised} of {len(_JUDGED_HERE)} clauses about answers and behaviour exercised"
    if missed:
        yield f"  not exercised: {', '.join(f'{code} {CLAUSES[code].slug}' for code in missed)}"


def _titled(title: str, items: list[str]) -> Iterator[str]:
    if items:
        yield from ("", title, *(f"  {printable(item)}" for item in items))


def _reasons(run: Run, verdict: str) -> list[str]:
    return [f"{each.scenario.name}: {each.reason}" for each in run.performed if each.verdict == verdict]


def _verdict(run: Run) -> str:
    levels = Counter(each.finding.level for each in run.located)
    counts = f"{plural(len(run.sent), 'exchange')}, {plural(run.judged(), 'scenario')}"
    counts += f", {run.unproven()} not proven" if run.unproven() else ""
    if levels[Level.VIOLATION]:
        return f"{counts}: {plural(levels[Level.VIOLATION], 'violation')}, {plural(levels[Level.WARNING], 'warning')}"
    if not run.judged():
        return f"{counts}: nothing could be judged"
    return f"{counts}: no violation, {plural(levels[Level.WARNING], 'warning')}"
