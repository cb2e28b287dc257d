"""``sls-contract explain``: what a clause says, how much it matters, and where it comes from."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import IO, TYPE_CHECKING

from sls_contract.reports import plural
from sls_contract.spec import CLAUSES, clause

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.spec import Clause

_NARROWEST, _WIDEST = 40, 100
_MARGIN = "  "
_CHAPTERS = {
    "SLS1": "the request",
    "SLS2": "the response",
    "SLS3": "the signature",
    "SLS4": "behaviour across exchanges",
    "SLS5": "a client's behaviour",
    "SLS6": "recordings",
}


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    command = subparsers.add_parser(
        "explain",
        help="say what a clause of the contract means",
        description="Print clauses of the contract: statement, level, sources. Without a name, list all of them.",
    )
    command.add_argument("names", nargs="*", metavar="CODE|SLUG", help="SLS204, or update-time-unit")
    command.add_argument("--markdown", action="store_true", help="as a Markdown document")
    command.set_defaults(run=run)


def run(
    arguments: argparse.Namespace, *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]
) -> int:
    """Print the clauses asked for, or the list; an unknown one is a `UsageError` before anything is printed."""
    del environ, stdin, stderr
    asked = [clause(name) for name in arguments.names]
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    if arguments.markdown:
        lines = _document(asked or list(CLAUSES.values()))
    else:
        lines = _pages(asked, width) if asked else _list()
    stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _list() -> Iterator[str]:
    longest = max(len(each.slug) for each in CLAUSES.values())
    for each in CLAUSES.values():
        yield f"{each.code}  {each.slug:{longest}}  {each.level:11}  {each.title}"


def _pages(clauses: list[Clause], width: int) -> Iterator[str]:
    for number, each in enumerate(clauses):
        if number:
            yield ""
        yield from _page(each, width)


def _page(each: Clause, width: int) -> Iterator[str]:
    yield f"{each.code} {each.slug} ({each.level})"
    yield from textwrap.wrap(each.title, width)
    yield ""
    yield from textwrap.wrap(each.text, width, initial_indent=_MARGIN, subsequent_indent=_MARGIN)
    yield ""
    yield "Sources:"
    for source in each.sources:
        yield from textwrap.wrap(source, width, initial_indent=f"{_MARGIN}- ", subsequent_indent=f"{_MARGIN}  ")


def _document(clauses: list[Clause]) -> Iterator[str]:
    """Yield the clauses as Markdown, a chapter for each hundred of codes."""
    yield from ("# The clauses", "", f"Written by `sls-contract explain --markdown`: {plural(len(clauses), 'clause')}.")
    chapter = ""
    for each in clauses:
        if each.code[:4] != chapter:
            chapter = each.code[:4]
            yield from ("", f"## {chapter}xx: {_CHAPTERS[chapter]}")
        yield from ("", f"### {each.code} `{each.slug}`", "", f"**{_plain(each.title)}** ({each.level})", "")
        yield from (_plain(each.text), "", *(f"- {_plain(source)}" for source in each.sources))


def _plain(text: str) -> str:
    """Escape what Markdown would take for a tag or for emphasis."""
    return re.sub(r"[<*\\]", r"\\\g<0>", text)
