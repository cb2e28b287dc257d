"""``sls-contract spec``: what the sources of the contract say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sls_contract.cli.options import add_json
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping, Sequence

    from sls_contract.spec.pages import Page

USAGE = 2


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its actions."""
    command = subparsers.add_parser(
        "spec",
        help="read what pages of the API reference claim",
        description="Read the sources of the contract.",
        epilog="Exit codes: 0 every page was read; 2 wrong use, or a file that is no page.",
    )
    command.set_defaults(run=run)
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    derive = actions.add_parser(
        "derive",
        help="read the facts of an operation out of its page",
        description="Read pages of the API reference, Markdown as published, of any year, in Chinese or English: "
        "route, parameters, body, answer, errors. Contradictions and what cannot be read are listed as problems.",
        epilog="Example: sls-contract spec derive GetCheckPoint.md --json -",
    )
    derive.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a page, UTF-8; several are read in turn")
    add_json(derive, "write one JSON object per page, each on a line of its own")


def run(
    arguments: argparse.Namespace, *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]
) -> int:
    """Derive claims from pages.

    Exit 0: every page was read; 2: a page holds no request line and no table. Raises `UsageError` for a file that
    cannot be read.
    """
    del environ, stdin
    pages = [(path, _derived(path)) for path in arguments.files]
    if arguments.json:
        _write_json(pages, arguments.json, stdout)
    if arguments.json != "-":
        for path, page in pages:
            stdout.writelines(f"{line}\n" for line in _lines(path, page))
    empty = [path for path, page in pages if page.path is None and not page.errors]
    for path in empty:
        print(
            f"{path}: expected a page of the API reference, found no request line and no table of errors\n"
            "How to fix: pass the page's Markdown, with its tables and code blocks.",
            file=stderr,
        )
    return USAGE if empty else 0


def _derived(path: Path) -> Page:
    from sls_contract.spec.pages import derive

    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        msg = f"expected a page that can be read, got {path}: {error.strerror}"
        raise UsageError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"expected a page in UTF-8, got {path}, where byte {error.start} is none\nHow to fix: save it as UTF-8."
        raise UsageError(msg) from error
    return derive(text, path.resolve().parent.name if _names_operation(path.resolve().parent) else "")


def _names_operation(folder: Path) -> bool:
    """Tell whether a folder is named after an operation, such as ``GetCheckPoint/2024.md``."""
    return folder.name.isalpha() and folder.name[:1].isupper()


def _write_json(pages: Sequence[tuple[Path, Page]], target: str, stdout: IO[str]) -> None:
    text = "".join(f"{json.dumps(page.as_plain(), ensure_ascii=False)}\n" for _, page in pages)
    if target == "-":
        stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"expected --json to be a file that can be written, got {target}: {error.strerror}"
        raise UsageError(msg) from error


def _lines(path: Path, page: Page) -> Iterator[str]:
    """Tell what a page claims in a few lines, then each of its problems."""
    yield f"{path}: {page.operation or 'operation not named'}"
    yield f"  {page.method or '(no method)'} {page.path or '(no path)'}  host {page.host or '(not printed)'}"
    for title, names in (("query", page.query), ("headers", page.headers)):
        if names:
            yield f"  {title}: {', '.join(names)}"
    for title, body in (("body", page.body), ("answer", page.response)):
        members = ", ".join(dict.fromkeys(name for _, name in body.members))
        proof = f", proven by its {body.digest}" if body.digest else ""
        if body.shape or members:
            yield f"  {title}: {body.shape or 'shape not told'}{proof}{': ' + members if members else ''}"
    if page.errors:
        yield f"  errors: {', '.join(f'{status} {code}' for status, code in page.errors)}"
    for problem in sorted(page.problems):
        yield f"  problem {problem.kind} at line {problem.line}: {problem.where}: {problem.says}"
