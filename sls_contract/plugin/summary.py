"""What a run tells at its end: a line or two on the terminal, a document for programs."""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.cassettes.recorder.uncovered import uncovered
from sls_contract.cassettes.recording import Evidence, weakest
from sls_contract.clock import utc_now
from sls_contract.plugin.blocking import REMEDY
from sls_contract.plugin.key_masking import each_text, without_key
from sls_contract.plugin.naming import shown
from sls_contract.reports import Report, Target, as_document, exercised, narrowed_lines, plural, writing
from sls_contract.reports.groups import grouped
from sls_contract.reports.text import on_one_line
from sls_contract.spec import CLAUSES, Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.outcome import Outcome
    from sls_contract.plugin.totals import Totals

NAMES_OF_OTHERS = "names-of-others"
MOST_LINES = 10
"""How many cassettes, and exchanges of each, are named; the report has all."""


def summary_lines(totals: Totals, outcome: Outcome) -> list[str]:
    """Return the lines of the terminal summary."""
    told = [*_stopped(totals), *_foreign(totals)]
    if totals.exchanges or totals.cassettes:
        told = [
            _counts(totals, outcome),
            *_noticed(totals),
            *_outside(totals),
            *_unused(outcome),
            *_verified(outcome),
            *_uncovered(),
            *told,
        ]
    return [without_key(line, os.environ) for line in told]


def _counts(totals: Totals, outcome: Outcome) -> str:
    evidence = ", ".join(f"{count} {name}" for name, count in sorted(totals.evidence.items())) or "none"
    parts = [
        f"{plural(totals.exchanges, 'exchange')} checked (evidence: {evidence})",
        plural(len(totals.findings), "finding"),
        exercised(len(totals.exercised), len(CLAUSES)),
    ]
    if totals.recorded:
        parts.append(f"{plural(totals.recorded, 'exchange')} recorded")
    parts += narrowed_lines(totals.extents, not_judged=totals.not_judged, unverified=totals.unverified)
    if unused := sum(exchange is None for _, _, exchange in outcome.unused):
        parts.append(f"{plural(unused, 'cassette')} unused")
    return "sls-contract: " + ", ".join(parts)


def _uncovered() -> Iterator[str]:
    """Name the libraries in use whose requests cannot be seen."""
    if names := uncovered():
        yield f"  not covered: {', '.join(names)}: their requests are neither recorded nor blocked"


def _stopped(totals: Totals) -> Iterator[str]:
    """Name the requests to owned hosts that no cassette took, with the test that made them."""
    counted: Counter[tuple[str, str]] = Counter()
    for each in totals.stopped:
        counted[each["test"], each["host"]] += each["times"]
    if counted:
        requests = plural(counted.total(), "request")
        yield f"sls-contract: blocked, because no cassette was open for them: {requests} to owned hosts"
        lines = [
            on_one_line(f"  {host} in {test or 'between tests'}: {plural(times, 'time')}")
            for (test, host), times in counted.items()
        ]
        yield from lines[:MOST_LINES]
        if len(lines) > MOST_LINES:
            yield f"  +{len(lines) - MOST_LINES} more"
        yield f"  How to fix: {REMEDY}"


def _foreign(totals: Totals) -> Iterator[str]:
    """Name the hosts on other machines that were asked past an open cassette."""
    asked: dict[str, list[str]] = {}
    for plain in totals.findings:
        if plain["finding"]["slug"] == "foreign-host-asked":
            asked.setdefault(plain["finding"]["actual"], []).append(plain["test"])
    hosts = [f"{host} ({plural(len(tests), 'test')}, first {tests[0]})" for host, tests in asked.items()]
    if hosts:
        more = f", +{len(hosts) - MOST_LINES} more" if len(hosts) > MOST_LINES else ""
        yield on_one_line(
            "sls-contract: requests to other hosts while a cassette was open, not recorded and not judged "
            "(ini sls_hosts adds hosts): "
            f"{', '.join(hosts[:MOST_LINES])}{more}"
        )


def write_reports(totals: Totals, outcome: Outcome, settings: Settings) -> None:
    """Write every report that was asked for."""
    report = Report(
        "pytest", Target(settings.endpoint, weakest(map(Evidence, totals.evidence)) if totals.evidence else None)
    )
    for plain in totals.findings:
        where = {name: value for name, value in plain.items() if name != "finding"}
        report.add([_finding(plain["finding"])], **where)
    report.exchanges = totals.exchanges
    report.exercised = totals.exercised
    report.examples = totals.examples
    report.map.merge(totals.map)
    tests = dict.fromkeys(plain["test"] for plain in totals.findings if plain["test"] is not None)
    report.repeat = ["pytest", *(shlex.join(["pytest", test]) for test in [*tests][:MOST_LINES])]
    report.clauses_total = len(CLAUSES)
    document = as_document(report, __version__) | {"tests": _tests(totals)}
    if settings.record == "verify":
        from sls_contract.plugin.verify_result import verified_document

        document |= verified_document(outcome.settled)
    if suite := settings.suite:  # reports are read elsewhere, where the copies on this machine are unknown
        document = each_text(document, lambda text: text.replace(f"{suite.folder}{os.sep}", f"{suite.url}/"))
    document = without_key(document, os.environ)
    around = writing.Surroundings(sys.stdout, sys.stderr, os.environ, utc_now())
    writing.write_reports(document, settings.reports, around)


def _tests(totals: Totals) -> list[dict[str, Any]]:
    """Return how many exchanges each test had, with what its cassette holds now: so `merge` knows them again."""
    from pathlib import Path

    from sls_contract.cassettes.ledger import digest_of_file, digest_with

    counts: Counter[tuple[str, str]] = Counter()
    for each in totals.tests:  # a test that was run again has several
        counts[each["cassette"], each["test"]] += each["exchanges"]
    held = {where: digest_of_file(Path(where)) for where, _ in counts}
    digests = {where: digest_with(digest) if digest else "" for where, digest in held.items()}
    return [{"test": test, "digest": digests[where], "exchanges": count} for (where, test), count in counts.items()]


def _verified(outcome: Outcome) -> Iterator[str]:
    if outcome.settled:
        from sls_contract.plugin.verify_result import verified_lines

        yield from verified_lines(outcome.settled)


def _unused(outcome: Outcome) -> Iterator[str]:
    """Name each cassette with what nobody asks for, one line each."""
    counted: dict[tuple[str, str, str], list[int]] = {}
    for finding, cassette, exchange in outcome.unused:
        places = counted.setdefault((finding.code, finding.slug, shown(cassette)), [])
        places += [] if exchange is None else [exchange]
    lines = [
        on_one_line(f"  warning {code} {slug}: {cassette}{_places(places)}")
        for (code, slug, cassette), places in counted.items()
    ]
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        yield f"  +{len(lines) - MOST_LINES} more"


def _places(exchanges: list[int]) -> str:
    if len(exchanges) <= 1:
        return "".join(f" exchange {exchange}" for exchange in exchanges)
    listed = ", ".join(map(str, exchanges[:MOST_LINES]))
    if len(exchanges) > MOST_LINES:
        return ": " + f"exchanges {listed} and {len(exchanges) - MOST_LINES} more"
    return ": " + f"exchanges {listed}"


def _noticed(totals: Totals) -> list[str]:
    """Name each clause once, with how often it was broken: a warning that nobody sees is none."""
    met = [{**plain["finding"], **plain, "scenario": None} for plain in totals.findings if plain["test"] is not None]
    return [
        f"  {group.first['level']} {group.first['code']} {group.first['slug']}: {plural(group.count, 'time')}, "
        f"first in {group.first['test']}"
        for group in grouped(each for each in met if each["level"] != Level.UNSPECIFIED)
    ] + _renames(totals)


def _renames(totals: Totals) -> list[str]:
    """Say how to hide the names of others that were recorded: in one setting for the whole run."""
    told = [plain["finding"]["how_to_fix"] for plain in totals.findings if plain["finding"]["slug"] == NAMES_OF_OTHERS]
    if not told:
        return []
    from sls_contract.cassettes.scrub.others import merged_rename_lines

    lines = [on_one_line(line) for line in merged_rename_lines(told).split("\n")]
    return ["  names that are not yours were recorded; these lines in pytest.ini hide them:", *lines]


def _outside(totals: Totals) -> list[str]:
    """Say which programs were started under cassettes: what they send is not recorded, nor judged."""
    if not totals.outside:
        return []
    programs = sorted({each["program"] for each in totals.outside})
    named = ", ".join(programs[:MOST_LINES]) + (f" +{len(programs) - MOST_LINES} more" * (len(programs) > MOST_LINES))
    started = f"{plural(len(totals.outside), 'program')} that tests started ({named})"
    return [on_one_line(f"  not seen: the requests of {started}, first in {totals.outside[0]['test']}")]


def _finding(plain: dict[str, str]) -> Finding:
    kept = {name: value for name, value in plain.items() if name != "level"}
    return Finding(level=Level(plain["level"]), **kept)
