"""``sls-contract explain``: print clauses (statement, level, sources) and the meaning of error codes."""

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
from sls_contract.spec import CLAUSES, Clause, clause, codes_saying, errors_with, known_codes, statuses_of
from sls_contract.spec.common_errors import MEANINGS
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from sls_contract.cli.terminal import Console

_OF_OTHER_SERVICES = frozenset(
    {"SignatureDoesNotMatch", "IncompleteSignature", "InvalidTimeStamp.Expired", "SignatureNonceUsed", "AccessDenied"}
)
"""Codes of OSS and of the RPC interfaces of other services; SLS never returns them."""

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
    """Print clauses and error codes by name, or list all; raises `UsageError` for an unknown name before any output."""
    names = [each for name in arguments.names for each in (_codes_in(console.read()) if name == "-" else [name])]
    topics = [_topic(name) for name in names]
    width = min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)
    if arguments.markdown:
        clauses = [each for each in topics if not isinstance(each, str)]
        lines = _document(clauses or list(CLAUSES.values()))
    else:
        lines = _pages(topics, width) if topics else _list()
    console.write(lines)
    return 0


def _topic(name: str) -> Clause | str:
    """Return the clause or the error code of a name; raises `UsageError` with the most similar names."""
    try:
        return clause(name)  # first, because known error codes need all contracts, which take long to read
    except UsageError as error:
        codes = _by_lower_case()
        if (code := codes.get(name.strip().lower())) is not None:
            return code
        if name.strip() in _OF_OTHER_SERVICES:
            raise UsageError(_other_service_message(name.strip())) from None
        operations = {each.lower(): each for each in registry().names_and_aliases}
        if operation := operations.get(name.strip().lower()):
            command = registry().show_command(operation)
            msg = f"expected a clause or an errorCode, got the operation {operation}\nHow to fix: {command}"
            raise UsageError(msg) from None
        close = [codes[each] for each in get_close_matches(name.strip().lower(), codes, n=2, cutoff=0.75)]
        raise UsageError(f"{error} Error codes like it: {', '.join(close)}." if close else str(error)) from None


def _by_lower_case() -> dict[str, str]:
    return {code.lower(): code for code in sorted(known_codes()) if code}


def _codes_in(data: bytes) -> list[str]:
    """Return the error codes in a response that was pasted as JSON, XML, escaped, or as the text of an exception.

    The first of these that is known: values labelled as code, words spelled exactly as a code, words in any casing, and
    codes whose error message is quoted. Raises `UsageError` if there is none.
    """
    from sls_contract.transcripts.encoding import text_of

    text = html.unescape(text_of(data))
    known = _by_lower_case()
    labelled = [found.rstrip(".") for found in _LABELLED.findall(text)]
    body = _REASON.sub("", text)  # Unauthorized, the reason phrase of 401, is an errorCode, too
    exact = [word for word in _words(body) if known.get(word.lower()) == word]
    any_case = [word for word in _words(body) or _words(text) if word.lower() in known]
    for words in (labelled, exact, any_case, _words(text)):
        if found := [known[each.lower()] for each in words if each.lower() in known]:
            return [*dict.fromkeys(found)]
    if quoted := [code for found in _MESSAGE.findall(text) for code in codes_saying(found)]:
        return [*dict.fromkeys(quoted)]
    raise UsageError(_no_code_message(labelled[0] if labelled else "", known))


def _words(text: str) -> list[str]:
    """Return the words that may be codes, also without the suffix ``Error`` that the SDK for Node adds."""
    words = [word.rstrip(".") for word in _WORD.findall(text)]
    return [each for word in words for each in (word, word.removesuffix("Error"))]


def _other_service_message(code: str) -> str:
    return (
        f"expected an errorCode of SLS, got {code}, which OSS and the RPC interfaces of other services return. "
        "How to fix: send the request to <project>.<region>.log.aliyuncs.com, and sign it for SLS."
    )


def _no_code_message(labelled: str, known: Mapping[str, str]) -> str:
    if labelled in _OF_OTHER_SERVICES:
        return _other_service_message(labelled)
    close = get_close_matches(labelled.lower(), known, n=1, cutoff=0.75)
    unknown = f"the unknown errorCode {labelled}" if labelled else "none"
    got = f"{labelled}; did you mean {known[close[0]]}?" if close else unknown
    return (
        f"expected an error body with a known errorCode, got {got}. "
        "How to fix: paste the body of the response, or name the code: sls-contract explain SignatureNotMatch."
    )


def _error_page(code: str, width: int) -> Iterator[str]:
    """Yield the description of an error code."""
    errors, meaning = errors_with(code), MEANINGS.get(code)
    statuses = " or ".join(str(status) for status in sorted(statuses_of(code)))
    yield f"{code} ({statuses or 'no source gives its status'})"
    if meaning is not None:
        yield from wrapped(translated(f"{meaning.says}."), width)
    operations = sorted({name for error in errors for name in error.operations})
    yield f"Returned by: {'any operation' if any(not each.operations for each in errors) else ', '.join(operations)}"
    command = meaning.command if meaning is not None else ""
    command = command or (registry().show_command(operations[0]) if operations else "")
    mentioned = [f"{each.code} {each.slug}" for each in CLAUSES.values() if re.search(rf"\b{code}\b", each.text)]
    wordings = [wording for error in errors for wording in error.wordings]
    sources = [source for error in errors for source in error.sources]
    for title, listed in (("Wordings", wordings), ("Clauses", mentioned), ("Sources", sources)):
        if listed:
            yield from ("", f"{title}:")
        for each in dict.fromkeys(listed):
            yield from wrapped(each if title == "Wordings" else translated(each), width, f"{_MARGIN}- ", f"{_MARGIN}  ")
    yield ""
    then = meaning.then if meaning is not None else "compare the request with the contract of the operation"
    yield from wrapped(translated(f"Next: {then}."), width)
    if command:
        yield f"Run: {command}"


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
    """Yield the clauses as Markdown, with a chapter for each hundred of codes."""
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
    """Return the text in the language of the reader, with the characters that Markdown interprets escaped."""
    return re.sub(r"[<*\\]", r"\\\g<0>", translated(text))
