"""``sls-contract signature [FILE|-]``: name the wrong step of a request's signature.

Reads raw HTTP, curl commands, debug output and logs of clients, traces, structures, HARs and cassettes. Prints the
detected form, and for each request the steps, the string to sign and the verdict. The key comes from the environment.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract import __version__
from sls_contract.captures.flows import are_flows, read_flows
from sls_contract.cli.options import add_reports, at_least
from sls_contract.cli.signature_verdict import Sample, Verdict, judge
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange
from sls_contract.reports import Report, Target, as_document, plural
from sls_contract.signing import Credentials, credentials_from_environment, parse_http_date
from sls_contract.signing.environment import ID, SECRET, TOKEN
from sls_contract.signing.mismatch import safe_text
from sls_contract.transcripts import transcript_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from sls_contract.cli.terminal import Console

_HAR = re.compile(rb'[\xef\xbb\xbf\s]*\{\s*"log"\s*:\s*\{')
_BEGINNING = 4096  # bytes in which a cassette names its interactions
_LOG_DATE = re.compile("([0-9]{2})/([A-Za-z]{3})/([0-9]{4}):([0-9:]{8}) ([+-][0-9]{4})")


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    command = subparsers.add_parser(
        "signature",
        help="name the wrong step of a request's signature",
        description="Verify the signature of each HTTP request in a text and name the first wrong step. Reads raw "
        "HTTP, curl commands, the output of curl -v and --trace, logs of HTTP clients (Python, Go, Java, Ruby, .NET, "
        "Node), packet dumps, HAR files and cassettes.",
        epilog=f"The key comes from {ID}, {SECRET} and {TOKEN}. "
        "Exit codes: 0 all verify, 1 one does not, 2 nothing could be judged. "
        "Example: sls-contract signature request.txt",
    )
    command.add_argument(
        "file", metavar="FILE", nargs="?", default="-", help="file with the request; -: standard input"
    )
    command.add_argument(
        "--at",
        metavar="TIME",
        help="judge the clock too: when the server received the request (ISO 8601, RFC 1123, Unix)",
    )
    command.add_argument("--region", help="region of v4's scope, if the endpoint's host names none")
    command.add_argument("--request", metavar="N", type=at_least(1), help="of several requests, only the Nth")
    add_reports(command)
    command.set_defaults(run=run, parser=command)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Judge the requests; exit 0: all verify, 1: one does not. Raises `UsageError` (exit 2) if nothing was judged."""
    at = _read_at(arguments.at)
    key = credentials_from_environment(console.environ)
    form, samples = _samples(arguments.file, console)
    if arguments.request is not None:
        samples = [_nth(samples, arguments.request)]
    verdicts = [judge(each, _key_for(each, key), at=at, region=arguments.region) for each in samples]
    secrets = (key.access_key_secret, key.security_token) if key else ()
    console.write((safe_text(line, secrets) for line in _lines(form, verdicts)), console.text_stream(arguments))
    report = _report(form, verdicts, (key,) if key else ())
    report.repeat = [arguments.parser.command_line(arguments).text(arguments.file)]
    code = 0 if all(each.good for each in verdicts) else 1
    console.report(as_document(report, __version__), arguments, code)
    return code


def _key_for(sample: Sample, key: Credentials | None) -> Credentials:
    """Return the key to verify a request with: the public test key that it names, else the environment's."""
    public = sample.public_key()
    if public is not None and (key is None or key.access_key_id != public.access_key_id):
        return public
    if key is None:
        msg = f"expected the key in {ID} and {SECRET}; they are not set. How to fix: export both."
        raise UsageError(msg)
    return key


def _read_at(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = _parse_time(text.strip())
    if at is None:
        msg = (
            f"--at: expected a time with its zone, got {text!r}. "
            "How to fix: write it as 2026-01-02T03:04:05Z, 'Fri, 02 Jan 2026 03:04:05 GMT', or seconds since 1970."
        )
        raise UsageError(msg)
    return at


def _parse_time(text: str) -> datetime | None:
    """Parse a time in any form that the service and HTTP clients print; return None if it is none, or has no zone."""
    if text.isascii() and text.isdecimal() and 10 <= len(text) <= 19:  # noqa: PLR2004 - seconds to nanoseconds
        return datetime.fromtimestamp(int(text[:10]), UTC)
    if (http := parse_http_date(text)) is not None:
        return http
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        log = _LOG_DATE.fullmatch(text)
        return parse_http_date(f"{log[1]} {log[2]} {log[3]} {log[4]} {log[5]}") if log else None
    return at if at.tzinfo is not None else None


def _samples(name: str, console: Console) -> tuple[str, list[Sample]]:
    """Return the form of the input, and the requests in it."""
    data, suffix = _read(name, console), Path(name).suffix.lower()
    if suffix == ".har" or _HAR.match(data):
        from sls_contract.cassettes.har.archive import HarFile

        return "recording" if suffix == ".har" else "HAR", [Sample.recorded(each) for each in HarFile(name, data)]
    if suffix in (".yaml", ".yml", ".json") and b"interactions" in data[:_BEGINNING]:
        from sls_contract.cassettes import load_cassette

        return "recording", [Sample.recorded(each) for each in load_cassette(name).recordings]  # with its journal
    if are_flows(data):
        return "flows of mitmproxy", [
            replace(Sample.recorded(each), place=f"flow {number}")
            for number, each in enumerate(read_flows(data), start=1)
        ]
    transcript = transcript_of(data)
    return transcript.form, [Sample(each.request, each.response, f"line {each.line}") for each in transcript.entries]


def _nth(samples: list[Sample], number: int) -> Sample:
    if number > len(samples):
        msg = f"--request: expected a number from 1 to {len(samples)}, got {number}. How to fix: use one of these."
        raise UsageError(msg)
    return samples[number - 1]


def _read(name: str, console: Console) -> bytes:
    if name == "-":
        return console.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        msg = f"cannot read {name}: {error.strerror}. How to fix: name a file with an HTTP request, or -."
        raise UsageError(msg) from error


def _report(form: str, verdicts: Sequence[Verdict], keys: Sequence[Credentials]) -> Report:
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.reports.examples import first_example

    scrubber = Scrubber(keys)
    report = Report("signature", Target(endpoint=verdicts[0].sample.request.host), exchanges=len(verdicts))
    for position, verdict in enumerate(verdicts):
        report.facts.append({"form": form, "place": verdict.sample.place, **verdict.facts()})
        report.add(verdict.findings(), exchange=position)
        exchange = Exchange(verdict.sample.request, verdict.sample.response)
        for finding in verdict.findings():
            first_example(report.examples, finding, exchange, lambda shown: scrubber.exchange(shown).exchange)
    return report


def _lines(form: str, verdicts: Sequence[Verdict]) -> list[str]:
    lines = [f"read as: {form}, {plural(len(verdicts), 'request')}"]
    for number, verdict in enumerate(verdicts, start=1):
        if len(verdicts) > 1:
            lines += ["", f"request {number} of {len(verdicts)}, {verdict.sample.place}"]
        lines += verdict.lines()
    if len(verdicts) > 1:
        good = sum(each.good for each in verdicts)
        lines += ["", f"{good} of {plural(len(verdicts), 'request')} right"]
    return lines
