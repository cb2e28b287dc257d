"""Parse HTTP messages from text: a start line, headers, an empty line, a body; and pair requests with responses."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sls_contract.errors import UsageError
from sls_contract.exchange import Request, Response, wire_bytes

METHODS = "GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE"
REQUEST_LINE = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]+([^ \t]+)[ \t]+HTTP[/ ][0-9](?:\.[0-9])?[ \t]*|([A-Z]+)[ \t]+([^ \t]+)[ \t]*"
)
STATUS_LINE = re.compile(r"HTTP[/ ][0-9](?:\.[0-9])?[ \t]+([0-9]{3})(?:[ \t]+(.*))?")
_BARE_STATUS_LINE = re.compile(r"(?:HTTP[/ ][0-9](?:\.[0-9])?[ \t]+)?([1-5][0-9]{2})(?:[ \t]+(.*))?")
HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*(.*)")
_ABSOLUTE = re.compile(r"(?i)https?://")
_LENGTH = re.compile("[0-9]{1,18}")
_SECRET = re.compile(r"[\"']?(?=[A-Za-z+/]*[0-9])(?=[0-9+/]*[A-Za-z])[A-Za-z0-9+/=]{12,}")  # keys and signatures
_MOST_HEADERS = 1000
_CUT_OUT = "How to fix: cut out the request, from its first line to the end of its body."
_FIRST_FINAL = 200
_HASHES: Mapping[str, Callable[[bytes], Any]] = {
    "content-md5": partial(hashlib.md5, usedforsecurity=False),
    "x-log-content-sha256": hashlib.sha256,
}
_NO_BODY = (b"", b"None", b"<nil>")  # printed for a missing body


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message: its number in the text, from 1; whether the client sent it; its text without line end."""

    number: int
    sent: bool
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A request in a transcript, the response beside it (None if none is shown), and its first line, from 1."""

    request: Request
    response: Response | None = None
    line: int = 1


@dataclass(slots=True)
class _Message:
    sent: bool
    head: list[tuple[int, str]] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    ended: bool = False

    def add(self, line: Line) -> None:
        if self.ended:
            self.body.append(line.text)
        elif line.text.strip():
            self.head.append((line.number, line.text))
        else:
            self.ended = True


def entries_of(lines: Iterable[Line]) -> list[Entry]:
    """Return every request among directed lines, with its response; a CONNECT and its response are skipped.

    Raises `UsageError` with the line of a message that cannot be read.
    """
    found: list[Entry] = []
    tunnel = False
    for message in _messages(lines):
        body = wire_bytes("\n".join(message.body))
        if message.sent:
            tunnel = message.head[0][1].startswith("CONNECT ")
            if not tunnel:
                request = request_of(message.head, body)
                if found and found[-1].response is None and found[-1].request == request:
                    found.pop()  # two handlers of a logger print it twice
                found.append(Entry(request, None, message.head[0][0]))
        elif found and not tunnel and found[-1].response is None:
            response = response_of(message.head, body)
            if response.status >= _FIRST_FINAL:
                found[-1] = Entry(found[-1].request, response, found[-1].line)
    return found


def _messages(lines: Iterable[Line]) -> list[_Message]:
    """Split lines into messages: each begins with a sent request line or a received status line."""
    messages: list[_Message] = []
    for line in lines:
        text = line.text.strip()
        starts_message = is_request_line(text) if line.sent else _BARE_STATUS_LINE.fullmatch(text) is not None
        same_side = bool(messages) and messages[-1].sent is line.sent
        is_header = same_side and not messages[-1].ended and HEADER.fullmatch(text)
        in_response = same_side and messages[-1].ended and not line.sent and not text.startswith("HTTP")
        if starts_message and not is_header and not in_response:
            messages.append(_Message(line.sent))
        if messages and messages[-1].sent is line.sent:
            messages[-1].add(line)
    return messages


def is_request_line(text: str) -> bool:
    """Return whether a line is a request line: a method, a target, and usually a version."""
    found = REQUEST_LINE.fullmatch(text)
    if found is None or text.startswith("HTTP/"):
        return False
    target = found[2] or found[4]
    return bool(found[2]) or target.startswith(("/", "http://", "https://"))


def request_of(head: Sequence[tuple[int, str]], body: bytes) -> Request:
    """Return the request of a head, each line with its number, and a body.

    Raises `UsageError` with the line, the expected content and a fix. No header value is repeated.
    """
    if not head:
        msg = "line 1: expected a request line such as 'GET /path HTTP/1.1', got nothing. How to fix: paste a request."
        raise UsageError(msg)
    number, line = head[0]
    found = REQUEST_LINE.fullmatch(line.strip())
    if not found or line.startswith("HTTP/"):
        actual = "the status line of a response" if line.startswith("HTTP/") else f"{first_word(line)!r} …"
        msg = (
            f"line {number}: expected a request line such as 'GET /path HTTP/1.1', got {actual}. "
            "How to fix: paste the request from its first line on, the target percent-encoded."
        )
        raise UsageError(msg)
    if len(head) > _MOST_HEADERS:
        msg = f"line {number}: expected at most {_MOST_HEADERS} header lines, got {len(head) - 1}. {_CUT_OUT}"
        raise UsageError(msg)
    headers = headers_of(head[1:])
    method, target = found[1] or found[3], found[2] or found[4]
    request = Request(method, _url(number, target, headers), headers, body)
    return request.replace(body=_trimmed(body, announced_length(request) or _hashed_length(request, body)))


def response_of(head: Sequence[tuple[int, str]], body: bytes) -> Response:
    """Return the response of a head and a body, which may differ from the wire; ignore lines that are not headers."""
    status = _BARE_STATUS_LINE.fullmatch(head[0][1].strip())
    assert status is not None
    headers = [(found[1], found[2].rstrip()) for _, line in head[1:] if (found := HEADER.fullmatch(line.strip()))]
    return Response(int(status[1]), headers, body.strip(), wire=False)


def headers_of(lines: Iterable[tuple[int, str]]) -> list[tuple[str, str]]:
    """Parse header lines; a line that begins with white space continues the value before (RFC 9112 section 5.2)."""
    headers: list[tuple[str, str]] = []
    for number, line in lines:
        if line[:1] in " \t" and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
            continue
        found = HEADER.fullmatch(line)
        if not found:
            msg = (
                f"line {number}: expected a header 'Name: value', got {first_word(line)!r} …. "
                "How to fix: write the header's name and a colon before its value; an empty line ends the headers."
            )
            raise UsageError(msg)
        headers.append((found[1], found[2].rstrip(" \t")))
    return headers


def _url(number: int, target: str, headers: list[tuple[str, str]]) -> str:
    """Return the absolute URL: the target itself (through a proxy), or the Host header and the target."""
    if _ABSOLUTE.match(target):
        return target
    if not target.startswith("/"):
        msg = (
            f"line {number}: expected a target that begins with '/' or 'http://', got {first_word(target)!r}. "
            "How to fix: write it as sent, from the slash after the host on."
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
    """Return the body without trailing text that was pasted with it; a possible Content-Length decides."""
    if announced is not None and announced <= len(body):
        return body[:announced]
    if body.strip() in _NO_BODY:
        return b""
    return body.removesuffix(b"\n").removesuffix(b"\r")


def announced_length(request: Request) -> int | None:
    """Return the number of body bytes in Content-Length; None if there is none."""
    text = request.headers.get("content-length", "").strip()
    return int(text) if _LENGTH.fullmatch(text) else None


def _hashed_length(request: Request, body: bytes) -> int | None:
    """Return x-log-bodyrawsize if the hash in the headers confirms it; later bytes are not part of the body."""
    text = request.headers.get("x-log-bodyrawsize", "").strip()
    if not _LENGTH.fullmatch(text):
        return None
    return int(text) if hash_confirms(request, body[: int(text)]) else None


def hash_confirms(request: Request, body: bytes) -> bool | None:
    """Return whether a hash in the headers is that of the body; None if they have no hash."""
    sent = {name: text for name in _HASHES if (text := request.headers.get(name, "").strip().lower())}
    return any(_HASHES[name](body).hexdigest() == text for name, text in sent.items()) if sent else None


def first_word(line: str) -> str:
    """Return the first word of a line, shortened, for a message; a word that may be a secret is hidden."""
    word = (line.split() or [""])[0]
    return "…" if _SECRET.match(word) else word[:20]
