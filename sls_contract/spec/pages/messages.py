"""Reads printed requests and responses: with or without a start line, headers in eight notations, an optional body."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from sls_contract.spec.pages.cleaning import past_blank

TOKEN = re.compile(r"[A-Za-z][\w-]*")
"""The name of a header."""
METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")

_REQUEST_LINE = re.compile(
    rf"({'|'.join(METHODS)})\s*[:：]?\s*((?:(?<=\s)\S+?|/\S*?)(?:\s*[?？](?!\s+HTTP/\d)\s*\S.*?|\s+\w+=\S.*?)?)(?:\s+(?i:HTTP)/\d(?:\.\d)?)?\s*"
)
_BEFORE = re.compile(r"(?:request(?: line)?|请求(?:行)?)\s*[:：]\s*", re.IGNORECASE)
_BRACKETS = str.maketrans("＜＞〈〉《》？＆＝", "<><><>?&=")
_SPREAD = re.compile(r"\{\{\s*(\w+)\s*\}\}|([{<])\s+([^{}<>]*?)\s*([}>])|([{<])([^{}<>]*?)\s+([}>])")
"""A placeholder in double braces, or with blanks inside."""
_LOWER_CASE = re.compile(rf"^\s*(?:{'|'.join(METHODS).lower()})(?=\s+(?:/|https?:))", re.MULTILINE)
_HEADERS_BESIDE = re.compile(rf"\s*(?:{'|'.join(METHODS)})\s.*?\sHTTP/\d(?:\.\d)?\s+[\w-]+:")
_BEFORE_HEADER = re.compile(r"\s+(?=(?:[A-Z][\w-]*|x-[\w-]+):)")
"""A request line with headers on the same line, and the blank before each of them."""
_TARGET_GOES_ON = re.compile(r"\s*([?&]\s*\S.*?)(?:\s+HTTP/\d(?:\.\d)?)?\s*", re.IGNORECASE)
_TARGET_ENDS = re.compile(r"\s*(\w+=\S*?&?)(?:\s+HTTP/\d(?:\.\d)?)?\s*", re.IGNORECASE)
"""The continuation of a line that ends in ``&`` or ``?``."""
_STATUS_LINE = re.compile(
    r"\s*(?:HTTP/\d(?:\.\d)?\s+(\d{3})\b.*|(?:(?:HTTP )?status(?: code)?|状态码)\s*[:：]\s*(\d{3})\b.*"
    r"|([1-5]\d\d) (?:OK|Created|Accepted|No Content|Bad Request|Unauthorized|Forbidden|Not Found)\s*)",
    re.IGNORECASE,
)
_HEADER_MARK = re.compile(
    r"(?:(?:request|response)\s+)?headers?\s*[:：]?\s*(\{?)|(?:请求|响应|返回)?头(?:部)?\s*[:：]?\s*(\{?)",
    re.IGNORECASE,
)
_BODY_MARK = re.compile(
    r"(?:(?:request|response)\s+)?body\s*[:：]?\s*(.*)|(?:请求|响应|返回)?(?:消息)?体\s*[:：]\s*(.*)", re.IGNORECASE
)
_FIELD = re.compile(r"""["'“”]*([A-Za-z][A-Za-z0-9-]*)["'“”<]*\s*(?::|=|：)\s*["'“]?(.*?)["'”]?\s*[,，]?\s*""")
_VALUE = re.compile(r"""["']([^"'{}]+)["']\s*,?""")
"""The value of a header on the line below its name."""
_QUOTED = re.compile(r"""(["'])\s*([{\[].*[}\]])\s*\1""", re.DOTALL)
"""A body in quotes, as code prints it."""
_ON_ONE_LINE = re.compile(
    rf"((?:{'|'.join(METHODS)}|HTTP/)[^{{}}\n]*?)\s+(Headers?\s*[:：]?)\s*\{{([^{{}}\n]*)\}}(?:\s+(Body\s*[:：])\s*(.*))?",
    re.IGNORECASE,
)
_NEXT_FIELD = re.compile(r",\s+(?=[\"'])|\s+(?=[A-Za-z][A-Za-z-]*:\s)")
"""The separator between headers on one line."""
_CURL = re.compile(r"^\s*(?:\$ )?curl\s", re.MULTILINE)
_MAX_LINE = 10_000
"""Characters of a message on one line."""
_MAX_LINES = 100
"""Of a shell command."""
_CURL_OPTIONS = {
    **dict.fromkeys(("-X", "--request"), "method"),
    **dict.fromkeys(("-H", "--header"), "header"),
    **dict.fromkeys(("-d", "--data", "--data-raw", "--data-binary", "--json"), "body"),
    "--url": "url",
}
_HEADER_NAMES = frozenset({"host", "date", "server", "connection", "authorization", "accept", "user-agent"})
_BARE_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Message:
    """A request or a response as a page prints it.

    Attributes:
        line: its first line on the page, from 1.
        method: of a request, upper case; empty for a response, and if the page prints only an address.
        target: the text after the method, without blanks after the question mark.
        status: of a response; None if the page prints none.
        headers: names and values, in order.
        body: its text; None if there is none.

    """

    line: int
    method: str = ""
    target: str = ""
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None

    def header(self, name: str) -> str | None:
        """Return the value of the first header with a name, which is given in lower case; None if there is none."""
        return next((value for each, value in self.headers if each.lower() == name), None)


def request_of(text: str, line: int) -> Message | None:
    """Read the first request in a code block that begins at ``line``; None if there is none."""
    text = _unfolded(text)
    if found := _CURL.search(text):
        return _curl_request(text[found.end() :], line + text.count("\n", 0, found.start()))
    lines = _LOWER_CASE.sub(lambda method: method[0].upper(), text).split("\n")
    lines = [part for each in lines for part in _with_headers_below(each)]
    for at, each in enumerate(lines):
        printed = _start_line(each)
        found = _REQUEST_LINE.fullmatch(printed)
        address = _BARE_URL.fullmatch(printed)
        if found or address:
            target, after = _whole_target(found[2] if found else printed, lines, at + 1)
            headers, body = _headers_and_body(lines[after:])
            return Message(line + at, found[1].upper() if found else "", target, None, headers, body)
    return None


def _with_headers_below(line: str) -> list[str]:
    """Split a request line from the headers that are printed on the same line."""
    return _BEFORE_HEADER.sub("\n", line).split("\n") if _HEADERS_BESIDE.match(line) else [line]


def _curl_request(text: str, line: int) -> Message | None:
    """Read the arguments of a curl command; None if they are incomplete, have no address, or pipe to a shell."""
    words = _arguments(text.split("\n"))
    if any(pipe == "|" and (program == "sudo" or program.endswith("sh")) for pipe, program in pairwise(words)):
        return None
    options: dict[str, list[str]] = {}
    for option, value in pairwise(["", *words, ""]):
        options.setdefault(_CURL_OPTIONS.get(option, ""), []).append(value)
    address = next((word for word in (*options.get("url", ()), *words) if _BARE_URL.fullmatch(word)), "")
    body = "&".join(options["body"]) if "body" in options else None
    method = options.get("method", ["GET" if body is None else "POST"])[0].upper()
    headers = tuple(
        (name.strip(), value.strip()) for name, _, value in (each.partition(":") for each in options.get("header", ()))
    )
    return Message(line, method, address, None, headers, body) if address else None


def _arguments(lines: Sequence[str]) -> list[str]:
    """Return the words of a shell command, over as many lines as it has; empty if a quote is not closed."""
    for end in range(1, min(len(lines), _MAX_LINES) + 1):
        if not lines[end - 1].rstrip().endswith("\\"):
            with suppress(ValueError):  # a quote is still open
                return shlex.split("\n".join(lines[:end]))
    return []


def _start_line(line: str) -> str:
    """Return a line with ASCII brackets, and with placeholders in single braces without blanks inside."""
    plain = html.unescape(_BEFORE.sub("", line.strip(), count=1)).translate(_BRACKETS)
    return _SPREAD.sub(
        lambda found: f"{{{found[1]}}}" if found[1] else "".join(filter(None, found.groups()[1:])),
        plain,
    )


def is_response(text: str) -> bool:
    """Return whether a code block is a response by itself: it begins with a status line, headers or JSON."""
    first = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return bool(_STATUS_LINE.fullmatch(first) or _HEADER_MARK.fullmatch(first)) or first.startswith(("{", "["))


def _unfolded(text: str) -> str:
    """Return a message that is printed on one line with a line for each of its headers, and for its body."""
    found = _ON_ONE_LINE.fullmatch(text.strip()) if len(text) <= _MAX_LINE else None
    if found is None:
        return text
    start, mark, fields, *body = found.groups("")
    return "\n".join((start, mark, "{", *_NEXT_FIELD.split(fields.strip()), "}", *body))


def begins_with_status(text: str) -> bool:
    """Return whether a code block begins with the status line of a response."""
    return re.match(r"\s*HTTP/\d", text) is not None


def response_of(text: str, line: int) -> Message:
    """Read a response; a block without a status line and headers is a body."""
    lines = _unfolded(text).split("\n")
    for at, each in enumerate(lines):
        if found := _STATUS_LINE.fullmatch(each):
            headers, body = _headers_and_body(lines[at + 1 :])
            return Message(line + at, status=int(found[found.lastindex or 1]), headers=headers, body=body)
    headers, body = _headers_and_body(lines)
    return Message(line, headers=headers, body=body)


def _whole_target(target: str, lines: Sequence[str], at: int) -> tuple[str, int]:
    """Join a target that is printed over several lines, with a parameter per line."""
    while at < len(lines):
        form = _TARGET_ENDS if target.endswith(("&", "?")) else _TARGET_GOES_ON
        more = form.fullmatch(_start_line(lines[at]))
        if not more:
            break
        target += more[1]
        at += 1
    joined = re.sub(r"\s*&\s*", "&", re.sub(r"\s*[?？]\s*", "?", target, count=1))
    return (joined if "?" in joined else re.sub(r"\s+", "?", joined, count=1)), at


def _headers_and_body(lines: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], str | None]:
    """Split the text after a start line into headers and body."""
    at = past_blank(lines, 0)
    marked = at < len(lines) and _HEADER_MARK.fullmatch(lines[at].strip())
    braced = bool(marked and (marked[1] or marked[2]))
    if marked:
        at = past_blank(lines, at + 1)
    if not braced and at < len(lines) and lines[at].strip() == "{" and (marked or _opens_headers(lines, at)):
        braced, at = True, at + 1
    fields, at = _fields(lines, at, braced=braced)
    return tuple(fields), _body(lines, at)


def _opens_headers(lines: Sequence[str], at: int) -> bool:
    """Return whether a brace contains headers rather than a body: all its members have names of headers."""
    inside = []
    for line in lines[at + 1 :]:
        if line.strip() in {"}", "},"}:
            break
        if line.strip():
            inside.append(_FIELD.fullmatch(line.strip()))
    return bool(inside) and all(found and _is_header_name(found[1]) for found in inside)


def _is_header_name(name: str) -> bool:
    return "-" in name or name.lower() in _HEADER_NAMES


def _fields(lines: Sequence[str], at: int, *, braced: bool) -> tuple[list[tuple[str, str]], int]:
    fields: list[tuple[str, str]] = []
    while at < len(lines):
        line = lines[at].strip()
        if braced and line in {"}", "},"}:
            return fields, at + 1
        if fields and line and _is_folded(lines, at, is_empty=not fields[-1][1]):
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line}".strip())
            at += 1
            continue
        if fields and not fields[-1][1] and (value := _VALUE.fullmatch(line)):
            fields[-1] = (fields[-1][0], value[1])
            at += 1
            continue
        if _BODY_MARK.fullmatch(line) or (line and not (found := _FIELD.fullmatch(line))):
            break
        if line:
            assert found is not None  # otherwise the line ends the headers
            fields.append((found[1], found[2]))
        at += 1
    return fields, at


def _is_folded(lines: Sequence[str], at: int, *, is_empty: bool) -> bool:
    """Return whether a line continues the header above: it is indented deeper, and does not begin a body."""
    above, line = lines[at - 1], lines[at]
    deeper = len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())
    return (
        deeper
        and (is_empty or not line.lstrip().startswith(("{", "[", "<")))
        and not _BODY_MARK.fullmatch(line.strip())
    )


def _body(lines: Sequence[str], at: int) -> str | None:
    at = past_blank(lines, at)
    if at < len(lines) and (found := _BODY_MARK.fullmatch(lines[at].strip())):
        lines = [*lines[:at], found[1] or found[2] or "", *lines[at + 1 :]]
    text = "\n".join(lines[at:]).strip()
    quoted = _QUOTED.fullmatch(text) if '\\"' not in text else None  # that is a JSON string
    return quoted[2] if quoted else text or None
