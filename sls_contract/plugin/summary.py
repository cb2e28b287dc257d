"""The summary of a run: a few lines on the terminal, and a document for programs."""

from __future__ import annotations

import os
import shlex
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.cassettes.recorder.wiring import unguarded_libraries
from sls_contract.cassettes.recording import Evidence, weakest
from sls_contract.clock import utc_now
from sls_contract.locale import translated
from sls_contract.plugin.key_masking import each_text, without_key
from sls_contract.plugin.naming import shown
from sls_contract.plugin.repeating import commands_for
from sls_contract.reports import Report, Target, as_document, exercised, narrowed_lines, plural, writing
from sls_contract.reports.group_lines import first_few
from sls_contract.reports.groups import grouped
from sls_contract.reports.text import on_one_line
from sls_contract.spec import CLAUSES, Finding, Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pytest

    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.outcome import Outcome
    from sls_contract.plugin.totals import Totals

_RECORD_OR_DO_NOT_RUN = (
    "restore or delete damaged files and record these tests (pytest --sls-record=once), "
    "or do not run them: xfail(run=False)."
)
NAMES_OF_OTHERS = "names-of-others"
MOST_LINES = 10
"""How many cassettes, and exchanges of each, are listed; the report contains all."""


def summary_lines(totals: Totals, outcome: Outcome) -> list[str]:
    """Return the lines of the terminal summary."""
    lines = [*_blocked(totals), *_foreign(totals)]
    if totals.exchanges or totals.cassettes or totals.unchecked:
        lines = [
            _counts(totals, outcome),
            *_finding_lines(totals),
            *_program_lines(totals),
            *_unchecked(totals),
            *_unused(outcome),
            *_kept(outcome),
            *_verified(outcome),
            *_uncovered(),
            *lines,
        ]
    return [without_key(line, os.environ) for line in lines]


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


def _unchecked(totals: Totals) -> Iterator[str]:
    """Yield lines about tests that failed as expected, but for their recording: nothing of them was checked."""
    if totals.unchecked:
        yield f"  not checked: {plural(len(totals.unchecked), 'expected failure')} (xfail) without a usable recording"
        yield from _first_lines(f"    {each['test']}: {translated(each['reason'])}" for each in totals.unchecked)
        yield f"    How to fix: {_RECORD_OR_DO_NOT_RUN}"


def _uncovered() -> Iterator[str]:
    """Yield a line that names the libraries in use whose requests cannot be intercepted."""
    if names := unguarded_libraries():
        yield f"  not covered: {', '.join(names)}: their requests are neither recorded nor blocked"


def _blocked(totals: Totals) -> Iterator[str]:
    """Yield lines about blocked requests to owned hosts, with the tests that made them."""
    counted: Counter[tuple[str, str]] = Counter()
    for each in totals.blocked:
        counted[each["test"], each["host"]] += each["times"]
    if counted:
        requests = plural(counted.total(), "request")
        yield f"sls-contract: blocked: {requests} to the service"
        yield from _first_lines(
            f"  {host} in {test or 'between tests'}: {plural(times, 'time')}" for (test, host), times in counted.items()
        )
        yield from (f"  How to fix: {remedy}" for remedy in dict.fromkeys(each["remedy"] for each in totals.blocked))


def _first_lines(lines: Iterable[str]) -> Iterator[str]:
    """Yield the first lines, and how many more there are."""
    kept = [*map(on_one_line, lines)]
    yield from kept[:MOST_LINES]
    if len(kept) > MOST_LINES:
        yield f"  +{len(kept) - MOST_LINES} more"


def _foreign(totals: Totals) -> Iterator[str]:
    """Yield a line about hosts on other machines that were called while a cassette was open."""
    tests_of_hosts: dict[str, list[str]] = {}
    for plain in totals.findings:
        if plain["finding"]["slug"] == "foreign-host-called":
            tests_of_hosts.setdefault(plain["finding"]["actual"], []).append(plain["test"])
    hosts = [f"{host} ({plural(len(tests), 'test')}, first {tests[0]})" for host, tests in tests_of_hosts.items()]
    if hosts:
        yield on_one_line(
            "sls-contract: requests to other hosts while a cassette was open, not recorded and not judged "
            f"(ini sls_hosts adds hosts): {first_few(hosts, MOST_LINES)}"
        )


def write_reports(totals: Totals, outcome: Outcome, settings: Settings, config: pytest.Config, exit_code: int) -> None:
    """Write all configured reports."""
    report = Report(
        "pytest", Target(settings.endpoint, weakest(map(Evidence, totals.evidence)) if totals.evidence else None)
    )
    for plain in totals.findings:
        finding = Finding(**plain["finding"] | {"level": Level(plain["finding"]["level"])})
        report.add([finding], **{name: value for name, value in plain.items() if name != "finding"})
    report.exchanges = totals.exchanges
    report.exercised = totals.exercised
    report.examples = totals.examples
    report.map.merge(totals.map)
    tests = dict.fromkeys(plain["test"] for plain in totals.findings if plain["test"] is not None)
    report.repeat = commands_for(config, [*tests][:MOST_LINES])
    report.clauses_total = len(CLAUSES)
    document = as_document(report, __version__) | {"tests": _tests(totals), "exit_code": exit_code}
    if settings.record == "verify":
        from sls_contract.plugin.verify_result import verified_document

        document |= verified_document(outcome.verified)
    if suite := settings.suite:  # readers of a report elsewhere do not have this machine's copies
        document = each_text(document, lambda text: text.replace(f"{suite.folder}{os.sep}", f"{suite.url}/"))
    document = without_key(document, os.environ)
    around = writing.Surroundings(sys.stdout, sys.stderr, os.environ, utc_now())
    writing.write_reports(document, settings.reports, around)


def _tests(totals: Totals) -> list[dict[str, Any]]:
    """Return the number of exchanges of each test, with a digest of its cassette, by which `merge` identifies it."""
    from pathlib import Path

    from sls_contract.cassettes.ledger import digest_of_file, digest_with

    counts: Counter[tuple[str, str]] = Counter()
    for each in totals.tests:  # a test that was run again has several entries
        counts[each["cassette"], each["test"]] += each["exchanges"]
    found = {where: digest_of_file(Path(where)) for where, _ in counts}
    digests = {where: digest_with(digest) if digest else "" for where, digest in found.items()}
    return [{"test": test, "digest": digests[where], "exchanges": count} for (where, test), count in counts.items()]


def _kept(outcome: Outcome) -> Iterator[str]:
    """Yield lines about cassettes whose old recordings were kept in record mode ``all``."""
    for each in outcome.kept:
        if each.failure:
            yield from map(on_one_line, f"  not replaced: {each.failure}".split("\n"))
            continue
        yield on_one_line(
            f"  not replaced: {shown(each.path)}: tests that share it did not run to their end, and some of its "
            "requests were not recorded again"
        )
        yield from _first_lines(f"    {test}" for test in each.missing)
        command = shlex.join(["pytest", "--sls-record=all", *map(shown, each.files)])
        yield f"    How to fix: run all tests that share it until they pass: {command}"
        yield "    If one of them cannot run any more, delete the file first."


def _verified(outcome: Outcome) -> Iterator[str]:
    if outcome.verified:
        from sls_contract.plugin.verify_result import verified_lines

        yield from verified_lines(outcome.verified)


def _unused(outcome: Outcome) -> Iterator[str]:
    """Yield a line for each cassette with unused exchanges."""
    counted: dict[tuple[str, str, str], list[int]] = {}
    for finding, cassette, exchange in outcome.unused:
        places = counted.setdefault((finding.code, finding.slug, shown(cassette)), [])
        places += [] if exchange is None else [exchange]
    yield from _first_lines(
        f"  warning {code} {slug}: {cassette}{_places(places)}" for (code, slug, cassette), places in counted.items()
    )


def _places(exchanges: list[int]) -> str:
    if len(exchanges) <= 1:
        return "".join(f" exchange {exchange}" for exchange in exchanges)
    listed = ", ".join(map(str, exchanges[:MOST_LINES]))
    if len(exchanges) > MOST_LINES:
        return ": " + f"exchanges {listed} and {len(exchanges) - MOST_LINES} more"
    return ": " + f"exchanges {listed}"


def _finding_lines(totals: Totals) -> list[str]:
    """Return a line for each broken clause, with its number of findings."""
    found = [{**plain["finding"], **plain, "scenario": None} for plain in totals.findings if plain["test"] is not None]
    return [
        f"  {group.level} {group.first['code']} {group.first['slug']}: {plural(group.count, 'time')}, "
        f"first in {group.first['test']}"
        for group in grouped(each for each in found if each["level"] != Level.UNSPECIFIED)
    ] + _rename_lines(totals)


def _rename_lines(totals: Totals) -> list[str]:
    """Return ini settings that hide the recorded foreign names, for the whole run at once."""
    fixes = [plain["finding"]["how_to_fix"] for plain in totals.findings if plain["finding"]["slug"] == NAMES_OF_OTHERS]
    if not fixes:
        return []
    from sls_contract.cassettes.scrub.others import merged_rename_lines

    lines = map(on_one_line, merged_rename_lines(fixes).split("\n"))
    return ["  names that are not yours were recorded; these lines in pytest.ini hide them:", *lines]


def _program_lines(totals: Totals) -> list[str]:
    """Return a line about programs that were started while a cassette was open: their requests are not recorded."""
    if not totals.outside:
        return []
    named = first_few(sorted({each["program"] for each in totals.outside}), MOST_LINES)
    started = f"{plural(len(totals.outside), 'program')} that tests started ({named})"
    return [on_one_line(f"  not recorded: requests of {started}, first in {totals.outside[0]['test']}")]
