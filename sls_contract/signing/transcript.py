"""Read a request as people paste it: raw HTTP with CRLF or LF, or what ``curl -v`` prints.

Tolerated, since it happens when text is copied: a byte order mark, blank lines before and after, indentation,
``HTTP 1.1``, a missing version, a Content-Length that does not fit.
"""

from __future__ import annotations

import re

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, wire_bytes, wire_text

_REQUEST_LINE = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]+([^ \t]+)[ \t]+HTTP[/ ][0-9](?:\.[0-9])?[ \t]*|([A-Z]+)[ \t]+([^ \t]+)[ \t]*"
)
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*(.*)")
_CURL_LINE = re.compile(r"(?m)^[ \t]*> ?[A-Z]+ [^ ]+ HTTP")
_CURL_NOISE = re.compile(r"[ \t]*(?:\*|<|[{}] \[|  % Total)")
_BOM = "\ufeff"

_Line = tuple[int, str]  # its number from 1, and its text without line ending


def parse_transcript(data: bytes) -> Request:
    """Return the request that a pasted text holds; of a ``curl -v`` transcript with several, the first.

    Raises:
        UsageError: naming the line, what was expected there, and the mend. No header value is repeated.

    """
    text = wire_text(data).removeprefix(_BOM)
    numbered = [(number, line.removesuffix("\r")) for number, line in enumerate(text.split("\n"), start=1)]
    if _CURL_LINE.search(text):
        return _from_curl(numbered)
    start = next((index for index, (_, line) in enumerate(numbered) if line.strip()), len(numbered))
    end = next((i for i in range(start, len(numbered)) if not numbered[i][1].strip()), len(numbered))
    head = numbered[start:end]
    indent = min((len(line) - len(line.lstrip()) for _, line in head), default=0)
    # The body keeps its own line endings; only the indentation of the whole is taken off.
    body = [_outdent(line, indent) for line in text.split("\n")[end + 1 :]]
    return _request([(number, line[indent:]) for number, line in head], wire_bytes("\n".join(body)))


def _from_curl(lines: list[_Line]) -> Request:
    """Take the lines that ``curl -v`` marks as sent, and what stands unmarked after them as the body."""
    sent = [(number, line.lstrip()) for number, line in lines]
    start = next(index for index, (_, line) in enumerate(sent) if line.startswith(">") and line[1:].strip())
    head: list[_Line] = []
    index = start
    while index < len(sent) and sent[index][1].startswith(">") and sent[index][1][1:].strip():
        head.append((sent[index][0], sent[index][1][1:].strip()))
        index += 1
    body = []
    for _, line in lines[index + 1 :]:
        if _CURL_NOISE.match(line) or line.lstrip().startswith(">"):
            break
        body.append(line)
    request = _request(head, wire_bytes("\n".join(body)))
    announced = _announced_length(request)
    if announced and not request.body:
        msg = (
            f"line {lines[start][0]}: expected the {announced} body bytes that Content-Length announces, got none: "
            "curl -v does not print them. How to fix: put the body, unmarked, after the '>' lines."
        )
        raise UsageError(msg)
    return request


def _request(head: list[_Line], body: bytes) -> Request:
    if not head:
        msg = "line 1: expected a request line such as 'GET /path HTTP/1.1', got nothing. How to fix: paste a request."
        raise UsageError(msg)
    number, line = head[0]
    found = _REQUEST_LINE.fullmatch(line)
    if not found or line.startswith("HTTP/"):
        came = "the status line of an answer" if line.startswith("HTTP/") else f"{_word(line)!r} …"
        msg = (
            f"line {number}: expected a request line such as 'GET /path HTTP/1.1', got {came}. "
            "How to fix: paste the request from its first line on, the target percent-encoded."
        )
        raise UsageError(msg)
    headers = _headers(head[1:])
    method, target = found[1] or found[3], found[2] or found[4]
    request = Request(method, _url(number, target, headers), headers, body)
    return request.replace(body=_trimmed(body, _announced_length(request)))


def _headers(lines: list[_Line]) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    for number, line in lines:
        if line[:1] in " \t" and headers:  # a folded value (RFC 9112 section 5.2)
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
            continue
        found = _HEADER.fullmatch(line)
        if not found:
            msg = (
                f"line {number}: expected a header 'Name: value', got {_word(line)!r} …. "
                "How to fix: write the header's name and a colon before its value; an empty line ends the headers."
            )
            raise UsageError(msg)
        headers.append((found[1], found[2].rstrip(" \t")))
    return headers


def _url(number: int, target: str, headers: list[tuple[str, str]]) -> str:
    """Return the absolute URL: the target itself (through a proxy), or the Host header and the target."""
    if re.match(r"(?i)https?://", target):
        return target
    if not target.startswith("/"):
        msg = (
            f"line {number}: expected a target that begins with '/' or 'http://', got {_word(target)!r}. "
            "How to fix: write it as sent, '/logstores/…?shard=0'."
        )
        raise UsageError(msg)
    host = next((value for name, value in headers if name.lower() == "host" and value), None)
    if host is None:
        msg = (
            f"line {number + 1}: expected a Host header among the headers, got none. "
            "How to fix: add 'Host: <project>.<endpoint>'."
        )
        raise UsageError(msg)
    return f"http://{host}{target}"


def _trimmed(body: bytes, announced: int | None) -> bytes:
    """Return the body without what pasting put behind it; a Content-Length that fits decides."""
    if announced is not None and announced <= len(body):
        return body[:announced]
    if not body.strip():
        return b""
    return body.removesuffix(b"\n").removesuffix(b"\r")


def _announced_length(request: Request) -> int | None:
    text = request.headers.get("content-length", "").strip()
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def _outdent(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line


def _word(line: str) -> str:
    """Return the first word of a line, short: the rest may be a secret."""
    return (line.split() or [""])[0][:20]
