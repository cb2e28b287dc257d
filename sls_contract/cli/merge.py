"""``sls-contract merge``: join the reports of shards, machines and suites."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.cli.options import add_reports, add_strict
from sls_contract.errors import UsageError
from sls_contract.exit_codes import INCOMPLETE, VIOLATED
from sls_contract.reports import exercised, plural
from sls_contract.reports.group_lines import first_few
from sls_contract.reports.groups import grouped
from sls_contract.reports.text import on_one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.cli.terminal import Console


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "merge",
        help="join the JSON reports of shards, machines and suites",
        description="Join reports that --json, --report and --sls-report wrote as JSON: a capture that several "
        "reports of check have counts once, and so does a report that is given twice; findings and exercised clauses "
        "are united, ages are kept. A merged report can be merged again, in any order.",
        epilog="Exit codes: 0 no violation, 1 a violation, 2 a file that is not a report, or no exchange was judged. "
        "A report of a run that ended with 1, or was incomplete (2), makes the merge end with 1 or 2, too. "
        "Example: sls-contract merge a.json b.json --report all.md",
    )
    command.add_argument("sources", nargs="+", metavar="REPORT", help="a report as JSON: a path or a URL")
    add_strict(command)
    add_reports(command, "write the merged report as JSON; - for standard output")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Merge the reports; return the exit code."""
    from sls_contract.reports.merging import merged

    reports = {source: _read(source) for source in arguments.sources}
    document = merged([*reports.values()], __version__)
    console.write(map(on_one_line, _lines(document, reports)), console.text_stream(arguments))
    summary = document["summary"]
    violated = summary["violations"] or (arguments.strict and summary["warnings"])
    code = VIOLATED if violated else document["exit_code"]
    console.report(document, arguments, code)  # that of the runs: merged with others, it is not without an exchange
    return code or (0 if summary["exchanges"] else INCOMPLETE)


def _read(source: str) -> Mapping[str, Any]:
    from sls_contract.captures.compression import plain_blocks
    from sls_contract.captures.storage import reading
    from sls_contract.cassettes.file.parsing import NotReadable
    from sls_contract.reports.merging import expect_report

    try:
        with reading(source) as file:
            value = json.loads(b"".join(plain_blocks(file)))
    except OSError as error:
        msg = f"{source} cannot be read: {error.strerror or error}. How to fix: name a report that exists."
        raise UsageError(msg) from error
    except NotReadable as error:
        msg = f"{source} cannot be read: {error.reason}. How to fix: copy the whole report again."
        raise UsageError(msg) from error
    except (ValueError, RecursionError):
        value = None
    return expect_report(value, source)


def _lines(document: Mapping[str, Any], reports: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for group in grouped(document["findings"]):
        if group.level != "unspecified":
            yield (
                f"{group.first['code']} {group.first['slug']} ({group.level}), {plural(group.count, 'time')}: "
                f"{first_few(list(group.places))}"
            )
    summary, clauses = document["summary"], document["summary"]["clauses"]
    yield (
        f"{plural(len(reports), 'report')}, {plural(summary['exchanges'], 'exchange')}: "
        f"{plural(summary['violations'], 'violation')}, {plural(summary['warnings'], 'warning')}, "
        f"{summary['unspecified']} unspecified; {exercised(clauses['exercised'], clauses['total'])}"
    )
    for source, report in reports.items():
        if code := report.get("exit_code"):
            yield f"{source}: the run ended with exit code {code}"
    if not summary["exchanges"]:
        yield "Nothing was judged: the reports contain no exchange."
    ages = document["ages"]
    if ages["oldest_days"] is not None:
        oldest, median = plural(ages["oldest_days"], "day"), plural(ages["median_days"], "day")
        yield f"last validated: median {median} ago, oldest {oldest} ago"
