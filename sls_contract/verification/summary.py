"""Present a run: lines for a terminal, a report for programs, results by operation, curl commands."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sls_contract.checks.sequence_outcomes import error_code
from sls_contract.exchange import Request, split_url
from sls_contract.reports import Report, as_document, plural, table
from sls_contract.reports import Target as ReportTarget
from sls_contract.reports.benches import area_table, by_verdict, titled
from sls_contract.reports.examples import first_example
from sls_contract.reports.group_lines import MOST_PLACES, first_few, group_lines, reason_lines
from sls_contract.reports.text import printable
from sls_contract.scenarios.documented import NOT_PROVABLE
from sls_contract.scenarios.documented_errors import NOT_TRIGGERED
from sls_contract.scenarios.documented_operations import REQUESTS
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, access_key_id
from sls_contract.spec import CLAUSES, Level, operation_of
from sls_contract.spec.registry import registry
from sls_contract.verification.plan import ABOUT, GENERATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.verification.outcome import Performed, Run
    from sls_contract.verification.target import Target


VERDICTS = ("passed", "failed", "not proven", "not provable", "not supported")
_JUDGED_HERE = tuple(code for code, each in CLAUSES.items() if code[3] in "24" and each.level is Level.VIOLATION)
_NEVER_PROVABLE = [f"{what}: {why}" for what, why in NOT_PROVABLE]
_MOST_REPEATED = 10  # commands
_MOST_REASONS = 3  # of one verdict, without --verbose
_MOST_REQUEST_LISTS = 3  # documented scenarios that failed, with their requests


def as_report(run: Run, target: Target) -> Report:
    """Convert the run to the report that all commands share."""
    from sls_contract.cassettes.scrub import Scrubber

    report = Report("verify", ReportTarget(target.endpoint, target.evidence), run.seed)
    scrubber = Scrubber(target.keys().values())
    for each in run.located:
        report.add([each.finding], scenario=each.scenario, exchange=each.exchange)
        exchange, _ = run.sent[each.exchange - 1]
        first_example(report.examples, each.finding, exchange, lambda shown: scrubber.exchange(shown).exchange)
    report.map.merge((operation, target.evidence, *rest) for operation, _, *rest in run.map.as_plain())
    failed = [_command(each, run, target) for each in run.performed if each.verdict == "failed"]
    report.repeat = [target.command_line.text(seed=("--seed", str(run.seed))), *failed[:_MOST_REPEATED]]
    report.exchanges, report.scenarios = len(run.sent), run.judged()
    report.exercised, report.clauses_total = run.judged_clauses(), len(CLAUSES)
    report.not_provable = [*_reasons(run, "not provable"), *_NEVER_PROVABLE]
    report.not_supported = _reasons(run, "not supported")
    report.facts = [*run.facts, *([f"run incomplete: {run.incomplete}"] if run.incomplete else [])]
    report.leftovers, report.not_judged = list(run.leftovers), list(run.not_judged)
    return report


def document(run: Run, target: Target, version: str) -> dict[str, Any]:
    """Return the JSON document: the shared report, and the result of each scenario and operation."""
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
    return {
        **shared,
        "not_proven": _reasons(run, "not proven"),
        "left_out": [{"scenario": name, "area": ABOUT[name][0]} for name in run.left_out],
        "operations": [asdict(each) for each in by_operation(run)],
        "outcomes": outcomes,
    }


def lines(run: Run, target: Target, *, verbose: bool = False, columns: int | None = None) -> Iterator[str]:
    """Yield the lines that a terminal shows.

    Args:
        run: the results.
        target: the endpoint.
        verbose: show every finding, scenario and request; otherwise what fits on a screen.
        columns: width of the terminal; None for no limit.

    """
    yield f"{target.endpoint} (evidence: {target.evidence}), seed {run.seed}"
    yield from run.facts if verbose else ()
    areas = ((each.scenario.area, each.verdict) for each in run.performed)
    brief = bool(run.located) and not verbose  # findings fill a screen
    most_areas = MOST_PLACES if brief else None
    yield from (
        ("", *area_table(VERDICTS, areas, columns)) if verbose else by_verdict(VERDICTS, areas, columns, most_areas)
    )
    if not brief:
        yield from _operations(run, columns, verbose=verbose)
    commands = {} if verbose else {each.scenario.name: _command(each, run, target) for each in run.performed}
    yield from group_lines(as_report(run, target).plain_findings(), partial(_again, commands), verbose=verbose)
    if verbose:
        yield from _requests(run, target)
    most = None if verbose else _MOST_REASONS
    yield from _by_reason("run, but not proven:", _reasons(run, "not proven"), most)
    if not brief:
        yield from _by_reason("not provable here:", _reasons(run, "not provable"), most)
        yield from _by_reason("not supported by this endpoint:", _reasons(run, "not supported"), most)
        yield from _never_provable(verbose=verbose)
    if run.not_judged:
        named = first_few(run.not_judged, len(run.not_judged) if verbose else MOST_PLACES)
        yield from ("", f"not judged, left out by --only or --skip: {named}")
    if not brief:
        yield from _clauses(run, verbose=verbose)
    yield from titled("left behind, delete by hand:", run.leftovers)
    if run.incomplete:
        yield from ("", f"the run is incomplete: {run.incomplete}")
    yield from ("", _verdict(run))
    if brief:
        yield "--verbose also shows what is not provable, and failed requests as curl commands."


def _operations(run: Run, columns: int | None, *, verbose: bool) -> Iterator[str]:
    """Yield a table of the results by operation; ``verbose``: also the errors that were not triggered."""
    operations = list(by_operation(run))
    rows = [
        (
            each.operation,
            f"{each.passed} of {each.scenarios}",
            f"{len(each.proven)} of {len(each.proven) + len(each.not_proven)}",
            f"{len(each.errors)} of {len(each.errors) + len(each.missing)}",
        )
        for each in operations
    ]
    yield from ("", *table(("operation", "scenarios passed", "clauses proven", "errors shown"), rows, columns))
    if verbose:
        missing = [f"{each.operation} {error}" for each in operations for error in each.missing]
        yield from _by_reason("errors that were not triggered:", missing, None)


def _never_provable(*, verbose: bool) -> Iterator[str]:
    """Yield what no run can prove; in one line unless ``verbose``."""
    if verbose:
        yield from titled("not provable anywhere:", _NEVER_PROVABLE)
    else:
        yield from ("", f"not provable anywhere: {first_few([what for what, _ in NOT_PROVABLE])}")


def _again(commands: dict[str, str], finding: Mapping[str, Any]) -> Iterator[str]:
    """Yield the command that repeats the scenario of a finding, once for each scenario."""
    if command := commands.pop(finding["scenario"], ""):
        yield printable(f"  again: {command} --verbose")


def _command(performed: Performed, run: Run, target: Target) -> str:
    name = performed.scenario.name
    examples = ("--examples", str(performed.planned)) if name in GENERATED else ()
    return target.command_line.text(scenario=("--scenario", name), examples=examples, seed=("--seed", str(run.seed)))


def _requests(run: Run, target: Target) -> Iterator[str]:
    """Yield, of each failed scenario to show, the requests up to the last one with a finding."""
    failed = [each for each in run.performed if each.verdict == "failed"]
    documented = [each for each in failed if each.scenario.name not in GENERATED]
    generated = [each for each in failed if each.scenario.name in GENERATED]
    for performed in (*generated, *documented[:_MOST_REQUEST_LISTS]):
        scenario = performed.scenario
        yield from ("", f"{scenario.name}: {scenario.expects} ({scenario.source})")
        yield printable(f"  again: {_command(performed, run, target)}")
        last = max(at for at, done in enumerate(performed.done) if done.findings)
        for done in performed.done[: last + 1]:
            response = done.exchange.response.status if done.exchange.response else "no response"
            codes = ", ".join(finding.code for finding in done.findings)
            yield printable(f"  {done.number}. {curl_line(done.exchange.request, target)}")
            yield f"     -> {response}{f'  {codes}' if codes else ''}"


def _clauses(run: Run, *, verbose: bool) -> Iterator[str]:
    missed = [code for code in _JUDGED_HERE if code not in run.judged_clauses()]
    exercised = len(_JUDGED_HERE) - len(missed)
    yield ""
    yield f"{exercised} of {len(_JUDGED_HERE)} clauses about responses and behaviour exercised"
    if missed and verbose:
        yield f"  not exercised: {', '.join(f'{code} {CLAUSES[code].slug}' for code in missed)}"


def _by_reason(title: str, items: list[str], most: int | None) -> Iterator[str]:
    """Yield each reason once, with the names that have it."""
    lines = [*reason_lines(items, None if most is None else MOST_PLACES)]
    rest = [f"and {plural(len(lines) - most, 'other reason')}"] if most is not None and len(lines) > most else []
    yield from titled(title, lines[:most] + rest)


def _reasons(run: Run, verdict: str) -> list[str]:
    return [f"{each.scenario.name}: {each.reason}" for each in run.performed if each.verdict == verdict]


def _verdict(run: Run) -> str:
    unproven = [f"{count} not proven"] if (count := run.unproven()) else []
    counts = [plural(len(run.sent), "exchange"), plural(run.judged(), "scenario"), *unproven]
    return run.closing_line(", ".join(counts))


_PUBLIC = frozenset({TEST_CREDENTIALS.access_key_id, TEST_STS_CREDENTIALS.access_key_id})
_SECRET = frozenset({"authorization", "x-acs-security-token"})


def curl_line(request: Request, target: Target) -> str:
    """Return the curl command that sends the request; its signature is valid for 15 minutes.

    On loopback the URL is without the project, because a name such as ``my-project.127.0.0.1`` does not resolve.
    """
    authority = target.authority if target.loopback else split_url(request.url)[1]
    parts = ["curl", "-sSi", "-X", request.method, f"{target.scheme}://{authority}{request.target}"]
    public = access_key_id(request) in _PUBLIC
    for name, value in request.headers.pairs:
        shown = value if public or name.lower() not in _SECRET else "***"
        parts += ["-H", f"{name}: {shown}" if shown else f"{name};"]
    if request.body:
        parts += ["--data-binary", request.body.decode("utf-8", "backslashreplace")]
    return shlex.join(parts)


_DEFAULT_OPERATION = "GetCheckPoint"  # of scenarios whose area is not an operation
_REFUSED = range(400, 600)


@dataclass(frozen=True, slots=True)
class OperationResult:
    """The results of a run for one operation.

    Attributes:
        operation: its name.
        passed: how many of its scenarios passed.
        scenarios: how many scenarios it has in the run.
        proven: codes of the clauses that its passed scenarios prove.
        not_proven: codes of the clauses that only its other scenarios prove.
        errors: errorCodes of its page that the endpoint returned.
        missing: the other errorCodes of its page, each with the reason why it did not occur.

    """

    operation: str
    passed: int
    scenarios: int
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]
    errors: tuple[str, ...]
    missing: tuple[str, ...]


def by_operation(run: Run) -> Iterator[OperationResult]:
    """Yield the results of each operation that has a scenario in the run."""
    areas: dict[str, list[Performed]] = {}
    for each in run.performed:
        areas.setdefault(each.scenario.area if each.scenario.area in REQUESTS else _DEFAULT_OPERATION, []).append(each)
    returned = _returned(run)
    for operation, performed in areas.items():
        passed = [each for each in performed if each.verdict == "passed"]
        proven = {code for each in passed for code in each.scenario.proves}
        wanted = {code for each in performed for code in each.scenario.proves}
        yield OperationResult(
            operation,
            len(passed),
            len(performed),
            tuple(sorted(proven)),
            tuple(sorted(wanted - proven)),
            *_errors(operation, returned.get(operation, set())),
        )


def _returned(run: Run) -> dict[str, set[str]]:
    """Return the errorCodes that each operation returned."""
    codes: dict[str, set[str]] = {}
    for exchange, _ in run.sent:
        if exchange.response is not None and exchange.response.status in _REFUSED:
            contract, code = operation_of(exchange.request), error_code(exchange.response)
            if contract is not None and code is not None:
                codes.setdefault(contract.operation, set()).add(code)
    return codes


def _errors(operation: str, returned: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    contract = registry().named(operation)
    table = dict.fromkeys(each.code for each in contract.errors) if contract else {}
    missing = (
        f"{code}: {NOT_TRIGGERED.get((operation, code), 'no response of this run had it')}"
        for code in table
        if code not in returned
    )
    return tuple(code for code in table if code in returned), tuple(missing)
