"""The page docs/clients.md as Markdown: the results of six real clients, response by response. Pure functions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from benchmarks.clients_cells import cell, made_of
from sls_contract.exercise.situations import SITUATIONS
from sls_contract.spec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from behaviours import Behaviour
    from bench import Result, Run

_HEAD = """\
# Six official clients and GetCheckPoint

Six unmodified clients, each run through every scenario by `sls-contract exercise` ([how it judges](exercise.md)).
`python -m benchmarks.clients` makes this page. The clients ran on loopback, over plain http, through a proxy (Node:
directly). Their wrappers are in [tests/clients](../tests/clients/README.md).

The responses were scripted. It is not known which of them the service ever sends: a finding says what a client does
*if* it gets one, from the service or from a device in between.
"""
_LEGEND = """\
*as sent*: the checkpoints of the response. *error*: the client failed; then what it reported of the response
(*code*, *status*). **Bold**: a finding. ×n: it sent n requests.
"""
_SUCCESSES = "documented successes"
_WHOLE_RUN = ("exit code", "run", "standard output")


def page(results: Sequence[Result], behaviours: Sequence[Behaviour], made: str) -> str:
    """Return the page; ``made`` states when and with which versions it was made."""
    parts = (
        (_HEAD, made, ""),
        _clients(results),
        _responses(results),
        *(_client(result) for result in results),
        _known(results, behaviours),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    yield _row(header)
    yield _row(["---"] * len(header))
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _clients(results: Sequence[Result]) -> Iterator[str]:
    yield from ("## The clients", "")
    header = ("client", "package and version", "called by", "runs", "right", "not supported", "findings")
    yield from table(header, map(_summary, results))


def _summary(result: Result) -> tuple[object, ...]:
    client, runs = result.client, result.runs()
    unsupported = sum(not run.supported for run in runs)
    right = sum(run.supported and not run.codes for run in runs)
    named = f"{client.package} {client.installed()}"
    return (client.name, named, f"`{client.call}`", len(runs), right, unsupported, len(result.findings))


def _responses(results: Sequence[Result]) -> Iterator[str]:
    yield from ("## Response by response", "", _LEGEND)
    columns = [{(run.scenario, run.auth): run for run in result.runs()} for result in results]
    keys = list(dict.fromkeys(key for column in columns for key in column))
    for area in dict.fromkeys(SITUATIONS[scenario].area for scenario, _ in keys):
        rows = ((key, tuple(cell(column.get(key)) for column in columns)) for key in keys if _area(key[0]) == area)
        header = ("the response", *(result.client.name for result in results))
        yield from (f"### {area.capitalize()}", "")
        yield from table(header, _merged(rows))


def _area(scenario: str) -> str:
    return SITUATIONS[scenario].area


def _merged(rows: Iterable[tuple[tuple[str, str], tuple[str, ...]]]) -> Iterator[tuple[str, ...]]:
    """Merge the rows of responses for which all clients have the same cells."""
    by_cells: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for key, cells in rows:
        by_cells.setdefault(cells, []).append(key)
    for cells, keys in by_cells.items():
        responses = dict.fromkeys(SITUATIONS[scenario].response for scenario, _ in keys)
        signed = dict.fromkeys(auth for scenario, auth in keys if SITUATIONS[scenario].multiplied)
        yield ("; ".join(responses) + (f" ({', '.join(signed)})" if signed else ""), *cells)


def _client(result: Result) -> Iterator[str]:
    client = result.client
    yield from (f"## {client.name}", "", f"`{client.call}` of {client.package} {client.installed()}.", "")
    yield from _right(result.runs())
    yield from _findings(result)
    killed = {run.scenario for run in result.runs() if run.seen.exit is None}
    yield from _facts(result.document["facts"], killed)


def _right(runs: Sequence[Run]) -> Iterator[str]:
    """Yield the number of correct runs in each area."""
    judged = [run for run in runs if run.supported]
    signed = dict.fromkeys(run.auth for run in judged if _area(run.scenario) == _SUCCESSES and not run.codes)
    yield from ("Right:", "", f"- signatures: {', '.join(signed)}")
    for area in dict.fromkeys(_area(run.scenario) for run in judged):
        passed = Counter(not run.codes for run in judged if _area(run.scenario) == area)
        yield f"- {area}: {passed[True]} of {passed.total()}"
    yield ""


def _findings(result: Result) -> Iterator[str]:
    """Yield each broken clause once, with its scenarios and the commands that repeat them."""
    yield from ("Found:", "") if result.findings else ("Nothing was found.", "")
    runs = {(run.scenario, run.auth): run for run in result.runs()}
    for code in dict.fromkeys(finding["code"] for finding in result.findings):
        yield f"- [{code} {CLAUSES[code].slug}](clauses.md#{code.lower()}-{CLAUSES[code].slug}) ({CLAUSES[code].level})"
        for finding in result.findings:
            if finding["code"] == code:
                yield from _finding(finding, runs[finding["scenario"], finding["auth"]], result)
    yield ""


def _finding(finding: Mapping[str, Any], run: Run, result: Result) -> Iterator[str]:
    situation = SITUATIONS[run.scenario]
    auth = f"--auth {run.auth.partition('-')[0]} " if situation.multiplied else ""
    yield f"  - {situation.response}: {_observed(finding, run)}  "
    yield f"    `sls-contract exercise {auth}--scenario {run.scenario} -- {result.client.shown}`"


def _observed(finding: Mapping[str, Any], run: Run) -> str:
    """Describe a finding; one about a whole run is described by the result of the run."""
    if finding["where"] in _WHOLE_RUN:
        return made_of(run)
    return f"`{finding['where']}`: {finding['actual']}; expected: {finding['expected']}"


def _facts(facts: Sequence[Mapping[str, Any]], killed: Collection[str]) -> Iterator[str]:
    """Yield how many requests the client sends, how long it waits, and to which other hosts it sends requests."""
    requests: dict[int, list[str]] = {}
    for fact in facts:
        if fact["fact"] == "requests" and fact["scenario"] not in killed:
            requests.setdefault(fact["value"], []).append(fact["scenario"])
    yield from ("Observed:", "")
    for count, scenarios in sorted(requests.items()):
        responses = "; ".join(SITUATIONS[scenario].response for scenario in scenarios)
        yield f"- {count} {'request' if count == 1 else 'requests'}: {responses}"
    for fact in facts:
        if (fact["scenario"], fact["fact"]) == ("stalled", "seconds"):
            yield f"- without a response, it ended or was killed after {fact['value']:.0f} s"
    for host in dict.fromkeys(fact["value"] for fact in facts if fact["fact"] == "foreign-host"):
        yield f"- it also sent requests to {host}"
    yield ""


AGAIN = "seen again"
"""The cell of a behaviour that every named client showed."""
OTHERWISE = "not so: "
"""The start of the cell if a named client did not show it, or was not run."""


def _known(results: Sequence[Result], behaviours: Sequence[Behaviour]) -> Iterator[str]:
    """Yield a table of the behaviours that were known beforehand, and whether this run showed them."""
    rows = [_known_row(behaviour, results) for behaviour in behaviours]
    again = sum(row[-1] == AGAIN for row in rows)
    yield from (
        "## Known behaviours",
        "",
        "These were known before this run, from the source of the clients or from raw sockets:",
        f"{again} of {len(rows)} rows were seen again, each with every client that it names.",
        "",
    )
    yield from table(("the response", "what was known", "of", "in this run"), rows)


def _known_row(behaviour: Behaviour, results: Sequence[Result]) -> tuple[str, ...]:
    runs = {result.client.name: result.run(behaviour.scenario) for result in results}
    named = {name: runs.get(name) for name in behaviour.clients}
    otherwise = [f"{name}: {cell(run)}" for name, run in named.items() if not (run and behaviour.holds(run.seen))]
    verdict = OTHERWISE + "; ".join(otherwise) if otherwise else AGAIN
    return (SITUATIONS[behaviour.scenario].response, behaviour.statement, ", ".join(named), verdict)
