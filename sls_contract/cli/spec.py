"""``sls-contract spec``: derive claims from sources, and build, show, compare and export contracts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sls_contract.cli import contracts, spec_diff, spec_export
from sls_contract.cli.options import add_json
from sls_contract.cli.spec_sources import derived
from sls_contract.errors import UsageError
from sls_contract.exit_codes import INCOMPLETE
from sls_contract.reports.document import write_json_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from sls_contract.cli.terminal import Console
    from sls_contract.spec.pages import Page

_MOST_LISTED = 20
"""Files that a command names one by one."""


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its actions."""
    command = subparsers.add_parser(
        "spec",
        help="derive, build, list, show, compare and export the contracts of operations",
        description="Derive, build and show the contracts that exchanges are judged by. A contract merges the claims "
        "of its sources; rulings decide where they disagree.",
        epilog="Exit codes: 0 done; 1 build --check found files that are out of date, or diff something breaking; "
        "2 wrong use, or a source without facts. Example: sls-contract spec show GetCheckPoint",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    derive = actions.add_parser(
        "derive",
        help="read the facts of an operation out of its page, or out of an SDK",
        description="Read the facts of operations: route, parameters, body, response, errors. FILE is a page of the "
        "API reference (Markdown as published, of any year, in Chinese or English), OpenAPI metadata (.json), or the "
        "folder of an installed alibabacloud_sls20201230, which is read and not run. Contradictions, and what cannot "
        "be read, are listed as problems.",
        epilog="Example: sls-contract spec derive GetCheckPoint.md --json -",
    )
    derive.set_defaults(run=run)
    derive.add_argument("files", nargs="*", type=Path, metavar="FILE", help="a page, metadata, or the SDK's folder")
    derive.add_argument("--sdk", action="store_true", help="read the alibabacloud-sls20201230 that is installed here")
    derive.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="NAME",
        help="read only this operation of an SDK or of metadata; repeatable",
    )
    derive.add_argument("--out", type=Path, metavar="DIR", help="write the claims into this folder, a file each")
    derive.add_argument("--source", metavar="ID", help="id of the source (default: of its family, date and language)")
    derive.add_argument("--date", help="when the page was published (default: by its name, such as 2021-01-21.en.md)")
    derive.add_argument("--language", help="language of the page (default: by its name)")
    derive.add_argument("--family", help="handbook (pages up to 2021), openapi (later ones, SDKs), clients, recordings")
    add_json(derive, "write a JSON object for each operation, one per line; - for standard output")
    for each in (contracts, spec_diff, spec_export):
        each.configure(actions)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Derive claims from the sources.

    Exit 0: every source was read; 2: a source has nothing that can be derived. Raises `UsageError` for a source that
    cannot be read, and for an operation that it does not have.
    """
    sources = [*arguments.files, *([_installed()] if arguments.sdk else [])]
    if not sources:
        msg = "expected a page, metadata or the SDK's folder, got none\nHow to fix: name a file, or pass --sdk."
        raise UsageError(msg)
    pages = [(path, page) for path in sources for page in derived(path, arguments.operation)]
    if arguments.json:
        text = "".join(f"{json.dumps(page.as_plain(), ensure_ascii=False)}\n" for _, page in pages)
        write_json_text(text, arguments.json, console.stdout)
    if arguments.out:
        _write_claims(pages, arguments, console.stdout if arguments.json != "-" else console.stderr)
    elif arguments.json != "-":
        for path, page in pages:
            console.write(_lines(path, page))
    for path, page in pages:
        if note := _note(path, page):
            print(note, file=console.stderr)
    return INCOMPLETE if any(page.is_empty for _, page in pages) else 0


def _note(path: Path, page: Page) -> str:
    """Return what a reader must know of a page beside its claims; empty text for most pages."""
    if page.is_empty:
        return (
            f"{path}: expected a page of the API reference, found no request line and no table\n"
            "How to fix: pass the page's Markdown, with its tables and code blocks."
        )
    if page.host and _is_foreign(page.host):
        return f"{path}: note: the host {page.host} may be of another service"
    return ""


def _is_foreign(host: str) -> bool:
    """Return whether a printed host is of another service: it has no part ``log`` or ``sls``, and is no example."""
    parts = re.split(r"[.-]", host)
    return not host.startswith("{") and not {"log", "sls", "example"} & {*parts}


def _write_claims(pages: Sequence[tuple[Path, Page]], arguments: argparse.Namespace, stdout: IO[str]) -> None:
    """Write the claims into a folder, one subfolder for each source."""
    from sls_contract.spec.merge import source_of, write_claims

    given = {name: getattr(arguments, name) for name in ("family", "language", "date")} | {"id": arguments.source}
    sources = {path: source_of(path, given) for path, _ in pages}
    written = write_claims(arguments.out, [(sources[path], page) for path, page in pages if not page.is_empty])
    problems = [f"{path}:{line[1:]}" for path, page in pages for line in _problems(page)]
    lines = [f"wrote {file}" for file in written[:_MOST_LISTED]]
    if len(written) > _MOST_LISTED:
        lines.append(f"and {len(written) - _MOST_LISTED} more files of claims")
    lines += problems[:_MOST_LISTED]
    if len(problems) > _MOST_LISTED:
        lines.append(f"and {len(problems) - _MOST_LISTED} more problems; leave out --out to list them all")
    if problems:
        lines.append(
            "How to fix: derive another page of the operation, too; or rule on what a problem leaves open, in "
            f"{arguments.out / 'rulings'} (docs/spec.md)."
        )
    stdout.writelines(f"{line}\n" for line in lines)


def _installed() -> Path:
    from sls_contract.spec.models import installed_sdk

    folder = installed_sdk()
    if folder is None:
        msg = (
            "expected an installed alibabacloud-sls20201230, found none\n"
            "How to fix: pip install alibabacloud-sls20201230, or pass the folder of its package."
        )
        raise UsageError(msg)
    return folder


def _lines(path: Path, page: Page) -> Iterator[str]:
    """Yield the claims of a page in a few lines, then its problems."""
    yield f"{path}: {page.operation or 'operation not named'}"
    yield f"  {page.method or '(no method)'} {page.path or '(no path)'}  host {page.host or '(not printed)'}"
    typed = [f"{name} ({kind})" if (kind := page.path_types.get(name)) else name for name in page.path_parameters]
    for title, names in (("path parameters", typed), ("query", page.query), ("headers", page.headers)):
        if names:
            yield f"  {title}: {', '.join(names)}"
    for title, body in (("request body", page.body), ("response body", page.response)):
        members = ", ".join(dict.fromkeys(name for _, name in body.members))
        proof = f", proven by its {body.digest}" if body.digest else ""
        if body.shape or members:
            yield f"  {title}: {body.shape or 'shape unknown'}{proof}{': ' + members if members else ''}"
    if page.errors:
        yield f"  errors: {', '.join(f'{status} {code}' for status, code in page.errors)}"
    yield from _problems(page)


def _problems(page: Page) -> Iterator[str]:
    from sls_contract.spec.claims import MEANINGS

    for problem in sorted(page.problems):
        meaning = MEANINGS[problem.kind]
        yield f"  problem {problem.kind} at line {problem.line}: {problem.where}: {problem.says} ({meaning})"
