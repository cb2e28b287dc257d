"""``sls-contract explain``: what a clause says, how much it matters, where it comes from; what an errorCode means."""

from __future__ import annotations

import html
import re
import shutil
from difflib import get_close_matches
from typing import TYPE_CHECKING

from sls_contract.cli.options import add_contract
from sls_contract.errors import UsageError
from sls_contract.locale import translated
from sls_contract.reports import plural
from sls_contract.reports.text import wrapped
from sls_contract.spec import CLAUSES, clause, codes_saying, errors_with, known_codes, statuses_of
from sls_contract.spec.common_errors import MEANINGS

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.cli.terminal import Console
    from sls_contract.spec import Clause

_COMMAND = "sls-contract signature request.txt"
"""What shows a request as it was sent, and judges it."""

_OF_OTHER_SERVICES = frozenset(
    {"SignatureDoesNotMatch", "IncompleteSignature", "InvalidTimeStamp.Expired", "SignatureNonceUsed", "AccessDenied"}
)
"""Codes that OSS and the RPC interfaces answer, and this service does not."""

_NARROWEST, _WIDEST = 40, 100
_MARGIN = "  "
_WORD = re.compile(r"[A-Za-z][A-Za-z.]+")
_LABELLED = re.compile(r"(?i)(?:error[_ -]?code|(?<![a-z])code|错误码)[^\w\n]{1,12}([a-z][a-z.]{3,60})(?![\w+/=])")
_MESSAGE = re.compile(r"(?i)message[^\w\n]{1,8}([^\"\\\n<>}]{4,300})")
_REASON = re.compile(r"(?m)^\W*HTTP/\S+ [0-9]{3}.*$|\b[45][0-9]{2}\W{1,3}(?:Client Error\W{1,3})?Unauthorized\b")
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
        help="explain a clause or an error code",
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
    add_contract(command)
    command.add_argument("--markdown", action="store_true", help="as a Markdown document")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is asked for, or the list; an unknown name is a `UsageError` before anything is printed."""
    names = [each for name in arguments.names for each in (_codes_in(console.read()) if name == "-" else [name])]
    topics = [_topic(name) for name in names]
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    if arguments.markdown:
        clauses = [each for each in topics if not isinstance(each, str)]
        lines = _document(clauses or list(CLAUSES.values()))
    else:
        lines = _pages(topics, width) if topics else _list()
    console.tell(lines)
    return 0


def _topic(name: str) -> Clause | str:
    """Return the clause of a name, or the error code; raises `UsageError` that names the closest of both."""
    try:
        return clause(name)  # first: error codes stand in all contracts, which take longer to read than all else
    except UsageError as error:
        codes = _by_lower_case()
        if (code := codes.get(name.strip().lower())) is not None:
            return code
        if name.strip() in _OF_OTHER_SERVICES:
            raise UsageError(_of_another_service(name.strip())) from None
        close = [codes[each] for each in get_close_matches(name.strip().lower(), codes, n=2, cutoff=0.75)]
        raise UsageError(f"{error} Error codes like it: {', '.join(close)}." if close else str(error)) from None


def _by_lower_case() -> dict[str, str]:
    return {code.lower(): code for code in sorted(known_codes()) if code}


def _codes_in(data: bytes) -> list[str]:
    """Return the error codes that a pasted answer names, as JSON, XML, an exception's text, or escaped."""
    from sls_contract.transcripts.encoding import text_of

    text = html.unescape(text_of(data))
    known = _by_lower_case()
    labelled = [found.rstrip(".") for found in _LABELLED.findall(text)]
    body = _REASON.sub("", text)  # whose words, 401 Unauthorized, are those of HTTP
    exactly = [word for word in _words(body) if known.get(word.lower()) == word]
    anyhow = [word for word in _words(body) or _words(text) if word.lower() in known]
    for words in (labelled, exactly, anyhow, _words(text)):
        if found := [known[each.lower()] for each in words if each.lower() in known]:
            return [*dict.fromkeys(found)]
    if said := [code for found in _MESSAGE.findall(text) for code in codes_saying(found)]:
        return [*dict.fromkeys(said)]
    raise UsageError(_no_code(labelled[0] if labelled else "", known))


def _words(text: str) -> list[str]:
    """Return the words that may be codes, also those that the SDK for Node makes names of errors of."""
    words = [word.rstrip(".") for word in _WORD.findall(text)]
    return [each for word in words for each in (word, word.removesuffix("Error"))]


def _of_another_service(code: str) -> str:
    return (
        f"expected an errorCode of SLS, got {code}, which OSS and the RPC interfaces of other services answer. "
        "How to fix: send the request to <project>.<region>.log.aliyuncs.com, signed as this service asks."
    )


def _no_code(labelled: str, known: Mapping[str, str]) -> str:
    if labelled in _OF_OTHER_SERVICES:
        return _of_another_service(labelled)
    close = get_close_matches(labelled.lower(), known, n=1, cutoff=0.75)
    unknown = "one that no source names" if labelled else "none"
    got = f"{labelled}; did you mean {known[close[0]]}?" if close else unknown
    return (
        f"expected an error body with an errorCode that is known, got {got}. "
        "How to fix: paste the answer's body, or name the code: sls-contract explain SignatureNotMatch."
    )


def _error_page(code: str, width: int) -> Iterator[str]:
    """Yield what is known of an error code."""
    errors, meaning = errors_with(code), MEANINGS.get(code)
    statuses = " or ".join(str(status) for status in sorted(statuses_of(code)))
    yield f"{code} ({statuses or 'no source gives its status'})"
    if meaning is not None:
        yield from wrapped(translated(f"{meaning.says}."), width)
    operations = sorted({name for error in errors for name in error.operations})
    yield f"Answered by: {'any operation' if any(not each.operations for each in errors) else ', '.join(operations)}"
    command = meaning.command if meaning is not None else ""
    command = command or (f"sls-contract spec show {operations[0]}" if operations else _COMMAND)
    mentioned = [f"{each.code} {each.slug}" for each in CLAUSES.values() if re.search(rf"\b{code}\b", each.text)]
    wordings = [wording for error in errors for wording in error.wordings]
    sources = [source for error in errors for source in error.sources]
    for title, listed in (("Wordings", wordings), ("Clauses", mentioned), ("Sources", sources)):
        if listed:
            yield from ("", f"{title}:")
        for each in dict.fromkeys(listed):
            yield from wrapped(each if title == "Wordings" else translated(each), width, f"{_MARGIN}- ", f"{_MARGIN}  ")
    yield ""
    then = meaning.then if meaning is not None else "compare what was sent with what the operation takes"
    yield from (*wrapped(translated(f"Next: {then}."), width), f"Run: {command}")


def _list() -> Iterator[str]:
    longest = max(len(each.slug) for each in CLAUSES.values())
    for each in CLAUSES.values():
        yield f"{each.code}  {each.slug:{longest}}  {each.level:11}  {translated(each.title)}"
    yield from ("", "Error codes of the service:")
    yield from wrapped(", ".join(_by_lower_case().values()), _WIDEST, _MARGIN, _MARGIN)


def _pages(topics: list[Clause | str], width: int) -> Iterator[str]:
    for number, each in enumerate(topics):
        if number:
            yield ""
        yield from _error_page(each, width) if isinstance(each, str) else _page(each, width)


def _page(each: Clause, width: int) -> Iterator[str]:
    yield f"{each.code} {each.slug} ({each.level})"
    yield from wrapped(translated(each.title), width)
    yield ""
    yield from wrapped(translated(each.text), width, _MARGIN, _MARGIN)
    yield ""
    yield "Sources:"
    for source in each.sources:
        yield from wrapped(translated(source), width, f"{_MARGIN}- ", f"{_MARGIN}  ")


def _document(clauses: list[Clause]) -> Iterator[str]:
    """Yield the clauses as Markdown, a chapter for each hundred of codes."""
    yield from (
        f"# {translated('The clauses')}",
        "",
        f"Written by `sls-contract explain --markdown`: {plural(len(clauses), 'clause')}.",
    )
    chapter = ""
    for each in clauses:
        if each.code[:4] != chapter:
            chapter = each.code[:4]
            yield from ("", f"## {chapter}xx: {translated(_CHAPTERS[chapter])}")
        yield from (
            "",
            f"### {each.code} `{each.slug}`",
            "",
            f"**{_plain(each.title)}** ({translated(each.level, alone=True)})",
            "",
        )
        yield from (_plain(each.text), "", *(f"- {_plain(source)}" for source in each.sources))


def _plain(text: str) -> str:
    """Return the text in the language of the reader, with what Markdown takes for a tag or for emphasis escaped."""
    return re.sub(r"[<*\\]", r"\\\g<0>", translated(text))
