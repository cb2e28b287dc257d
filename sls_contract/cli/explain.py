"""``sls-contract explain``: what a clause says, how much it matters, where it comes from; what an errorCode means."""

from __future__ import annotations

import re
import shutil
import textwrap
from difflib import get_close_matches
from typing import IO, TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.reports import plural
from sls_contract.spec import CLAUSES, KNOWN_ERRORS, clause, errors_with, statuses_of
from sls_contract.spec.common_errors import MEANINGS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.spec import Clause

_NARROWEST, _WIDEST = 40, 100
_MARGIN = "  "
_WORD = re.compile(r"[A-Za-z][A-Za-z.]+")
_STATUS_LINE = re.compile(r"(?m)^\W*HTTP/\S+ [0-9]{3}.*$")
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
        help="say what a clause of the contract or an error code means",
        description="Print clauses of the contract (statement, level, sources) and error codes of the service (status, "
        "meaning, wordings, what to do next). Without a name, list all of them.",
        epilog="Example: sls-contract explain SLS204 SignatureNotMatch",
    )
    command.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="a code (SLS204), a slug (update-time-unit), or an errorCode; - reads an error body from standard input",
    )
    command.add_argument("--markdown", action="store_true", help="as a Markdown document")
    command.set_defaults(run=run)


def run(
    arguments: argparse.Namespace, *, environ: Mapping[str, str], stdin: IO[str], stdout: IO[str], stderr: IO[str]
) -> int:
    """Print what is asked for, or the list; an unknown name is a `UsageError` before anything is printed."""
    del environ, stderr
    names = [each for name in arguments.names for each in (_codes_in(stdin.read()) if name == "-" else [name])]
    topics = [_topic(name) for name in names]
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    if arguments.markdown:
        clauses = [each for each in topics if not isinstance(each, str)]
        lines = _document(clauses or list(CLAUSES.values()))
    else:
        lines = _pages(topics, width) if topics else _list()
    stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _topic(name: str) -> Clause | str:
    """Return the clause of a name, or the error code; raises `UsageError` that names the closest of both."""
    codes = _error_codes()
    if (code := codes.get(name.strip().lower())) is not None:
        return code
    try:
        return clause(name)
    except UsageError as error:
        close = [codes[each] for each in get_close_matches(name.strip().lower(), codes, n=2, cutoff=0.75)]
        raise UsageError(f"{error} Error codes like it: {', '.join(close)}." if close else str(error)) from None


def _error_codes() -> dict[str, str]:
    return {error.code.lower(): error.code for error in KNOWN_ERRORS if error.code}


def _codes_in(text: str) -> list[str]:
    """Return the error codes that a pasted answer names."""
    known = _error_codes()
    body = _STATUS_LINE.sub("", text)  # whose words, 401 Unauthorized, are those of HTTP
    words = (_WORD.findall(body), _WORD.findall(text))
    found = next(filter(None, ([known[each.lower()] for each in some if each.lower() in known] for some in words)), [])
    if not found:
        msg = (
            "expected an error body with an errorCode that is known, got none. "
            "How to fix: paste the answer's body, or name the code: sls-contract explain SignatureNotMatch."
        )
        raise UsageError(msg)
    return [*dict.fromkeys(found)]


def _error_page(code: str, width: int) -> Iterator[str]:
    """Yield what is known of an error code."""
    errors, meaning = errors_with(code), MEANINGS.get(code)
    statuses = " or ".join(str(status) for status in sorted(statuses_of(code)))
    yield f"{code} ({statuses or 'no source gives its status'})"
    if meaning is not None:
        yield from textwrap.wrap(f"{meaning.says}.", width)
    operations = sorted({name for error in errors for name in error.operations})
    yield f"Answered by: {'any operation' if any(not each.operations for each in errors) else ', '.join(operations)}"
    mentioned = [f"{each.code} {each.slug}" for each in CLAUSES.values() if re.search(rf"\b{code}\b", each.text)]
    wordings = [wording for error in errors for wording in error.wordings]
    sources = [source for error in errors for source in error.sources]
    for title, listed in (("Wordings", wordings), ("Clauses", mentioned), ("Sources", sources)):
        if listed:
            yield from ("", f"{title}:")
        for each in dict.fromkeys(listed):
            yield from textwrap.wrap(each, width, initial_indent=f"{_MARGIN}- ", subsequent_indent=f"{_MARGIN}  ")
    if meaning is not None:
        yield ""
        yield from textwrap.wrap(f"Next: {meaning.then}{':' if meaning.command else '.'}", width)
        yield from [f"{_MARGIN}{meaning.command}"] if meaning.command else []


def _list() -> Iterator[str]:
    longest = max(len(each.slug) for each in CLAUSES.values())
    for each in CLAUSES.values():
        yield f"{each.code}  {each.slug:{longest}}  {each.level:11}  {each.title}"
    yield from ("", "Error codes of the service:")
    yield from textwrap.wrap(
        ", ".join(sorted(_error_codes().values())), _WIDEST, initial_indent=_MARGIN, subsequent_indent=_MARGIN
    )


def _pages(topics: list[Clause | str], width: int) -> Iterator[str]:
    for number, each in enumerate(topics):
        if number:
            yield ""
        yield from _error_page(each, width) if isinstance(each, str) else _page(each, width)


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
