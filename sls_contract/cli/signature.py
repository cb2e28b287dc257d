"""``sls-contract signature FILE|-``: name the wrong step of a signature.

Takes a raw HTTP request as one pastes it, or what ``curl -v`` printed, and shows the steps, the text that is signed and
the verdict. The key comes from the environment.
"""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sls_contract import __version__
from sls_contract.cli.options import add_json
from sls_contract.errors import UsageError
from sls_contract.reports import Report, Target, as_document, write_json
from sls_contract.signing import (
    STEPS,
    Credentials,
    Examination,
    LogAuthorization,
    SignatureMismatch,
    credentials_from_environment,
    examine,
    parse_transcript,
)
from sls_contract.signing.environment import ID, SECRET, TOKEN
from sls_contract.signing.mismatch import safe_text, shown_part, shown_string
from sls_contract.spec import clause

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.exchange import Request
    from sls_contract.signing.mismatch import Step
    from sls_contract.spec import Finding

_RIGHT, _WRONG, _UNTOLD = "✓", "✗", "·"
_NEEDS_DIGEST: tuple[Step, ...] = ("content-type", "header-list", "resource", "digest")
_ONLY_V4: tuple[Step, ...] = ("scope", "payload-hash")


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    command = subparsers.add_parser(
        "signature",
        help="name the wrong step of a request's signature",
        description="Verify the signature of one HTTP request and name the first wrong step.",
        epilog=f"The key comes from {ID}, {SECRET} and {TOKEN}. "
        "Exit codes: 0 it verifies, 1 it does not, 2 nothing could be judged.",
    )
    command.add_argument("file", metavar="FILE", help="raw HTTP request or curl -v transcript; - reads standard input")
    command.add_argument("--at", metavar="ISO8601", help="judge the clock too: when the server received the request")
    command.add_argument("--region", help="region of v4's scope, where the endpoint's host names none")
    add_json(command)
    command.set_defaults(run=run)


def run(
    arguments: argparse.Namespace, *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]
) -> int:
    """Run the command: 0 verified, 1 not; raises `UsageError` (exit 2) where nothing could be judged."""
    credentials = _credentials(environ)
    at = _time(arguments.at)
    request = parse_transcript(_read(arguments.file, stdin))
    found = examine(request, credentials, at=at, region=arguments.region)
    # With --json - standard output belongs to the document.
    told = stderr if arguments.json == "-" else stdout
    for line in _lines(request, found, clock=at is not None):
        print(safe_text(line, (credentials.access_key_secret, credentials.security_token)), file=told)
    if arguments.json:
        write_json(as_document(_report(request, found), __version__), arguments.json, stdout)
    return 0 if found.mismatch is None else 1


def _credentials(environ: Mapping[str, str]) -> Credentials:
    credentials = credentials_from_environment(environ)
    if credentials is None:
        msg = f"expected the key in the environment, {ID} and {SECRET} are not set. How to fix: export both."
        raise UsageError(msg)
    return credentials


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        msg = f"--at: expected a time with its zone such as 2026-01-02T03:04:05Z, got {text!r}. How to fix: add Z."
        raise UsageError(msg)
    return at


def _read(name: str, stdin: IO[str]) -> bytes:
    if name == "-":
        return stdin.buffer.read() if isinstance(stdin, io.TextIOWrapper) else stdin.read().encode()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        msg = f"cannot read {name}: {error.strerror}. How to fix: name a file that holds one HTTP request, or -."
        raise UsageError(msg) from error


def _report(request: Request, found: Examination) -> Report:
    report = Report("signature", Target(endpoint=request.host), exchanges=1)
    facts: dict[str, object] = {"verified": found.mismatch is None}
    if found.dialect is not None:
        facts["scheme"] = found.dialect.scheme
    if found.mismatch is not None:
        facts |= _told(found.mismatch)
        report.add([_finding(found.mismatch)], exchange=0)
    report.facts.append(facts)
    return report


def _told(mismatch: SignatureMismatch) -> dict[str, object]:
    return {
        "step": mismatch.step,
        "mistakes": list(mismatch.mistakes),
        "explanation": mismatch.explanation,
        "string_to_sign": mismatch.string_to_sign,
        "client_string_to_sign": mismatch.client_string_to_sign,
    }


def _finding(mismatch: SignatureMismatch) -> Finding:
    broken = clause(f"signature-{mismatch.step}")
    return broken.finding("signature", mismatch.expected, mismatch.actual, mismatch.how_to_fix)


def _lines(request: Request, found: Examination, *, clock: bool) -> Iterator[str]:
    """Yield the checklist, the text that is signed, and the verdict."""
    yield f"{request.method} {request.path} at {request.host}"
    for step in _steps(found):
        yield f"  {_mark(step, found)} {step:<14}{_compared(step, found, clock=clock)}".rstrip()
    if found.mismatch is not None:
        yield from str(found.mismatch).split("\n")
        return
    assert found.form is not None
    assert found.dialect is not None
    yield "  the service signs:"
    yield from (f"    {line}" for line in shown_string(found.form).split("\n"))
    yield f"signature verifies ({found.dialect.scheme})"


def _steps(found: Examination) -> Iterator[Step]:
    """Yield the steps that the request's scheme has; all of them where the scheme cannot be told."""
    v1 = isinstance(found.parsed, LogAuthorization)
    yield from (step for step in STEPS if not (v1 and step in _ONLY_V4))


def _mark(step: Step, found: Examination) -> str:
    """Return whether a step is right, wrong, or cannot be told: some show only in the digest."""
    wrong = found.mismatch.step if found.mismatch is not None else None
    if step == wrong:
        return _WRONG
    if wrong is not None and STEPS.index(step) > STEPS.index(wrong):
        return _UNTOLD
    explained = found.dialect is not None or (found.mismatch is not None and found.mismatch.mistakes)
    return _RIGHT if explained or step not in _NEEDS_DIGEST else _UNTOLD


def _compared(step: Step, found: Examination, *, clock: bool) -> str:
    if found.mismatch is not None and step == found.mismatch.step:
        return f"{found.mismatch.actual}  (expected {found.mismatch.expected})"
    if found.form is None or step in ("authorization", "access-key"):
        return ""
    if step == "date" and not clock:
        return f"{shown_part(found.form, step)}  (clock not judged: no --at)"
    return shown_part(found.form, step)
