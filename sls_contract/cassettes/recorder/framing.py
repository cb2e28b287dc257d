"""Convert HTTP/1.1 bytes to `Request` and `Response`, and back: all message framing (RFC 9112) is here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from sls_contract.exchange import Request, Response, split_url, wire_bytes, wire_text
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sls_contract.cassettes.recorder.handler import Broken

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS_LINE = re.compile(rb"HTTP/\d\.\d +(\d{3})(?: +(.*?))?\s*")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_NO_BODY = frozenset({101, 204, 304})
_SPACES = " \t\n\r\v\f"
_MAX_LINE = 65536  # bytes; the limit of http.client
_MAX_FIELDS = 100  # http.client accepts fewer: it counts the empty line
_MAX_DIGITS = 18  # of a length: fits a signed 64-bit integer

MALFORMED = b"MALFORMED RESPONSE\r\n\r\n"
"""The bytes that a client gets if the recorded response was not HTTP."""


def request_from_wire(data: bytes, scheme: str, authority: str) -> Request:
    """Parse one request as sent; ``scheme`` and ``authority`` are the connection's, used where it names none.

    The URL is the same for origin-form and absolute-form (through a proxy): the Host header names the authority.
    """
    head, _, body = data.partition(b"\r\n\r\n")
    line, *rest = wire_text(head).split("\r\n")
    method, _, tail = line.partition(" ")
    headers = _parse_fields(rest)
    url = absolute_url(scheme, authority, tail.rpartition(" ")[0], headers)
    if is_chunked(headers):
        body = dechunk(body)
    return Request(method, url, headers, body)


def wire_of(request: Request) -> bytes:
    """Return the bytes of a request in origin form, its fields unchanged: the input of `request_from_wire`."""
    fields = "".join([f"{name}: {value}\r\n" for name, value in request.headers.pairs])
    return wire_bytes(f"{request.method} {request.target} HTTP/1.1\r\n{fields}\r\n") + request.body


def absolute_url(scheme: str, authority: str, target: str, headers: Headers) -> str:
    """Join scheme, the Host header (else ``authority``) and the target exactly as sent."""
    if _ABSOLUTE.match(target):
        scheme, authority, target = split_url(target)
    authority = headers.get("host", "").strip() or authority
    return f"{scheme}://{authority}{target if target.startswith('/') else '/' + target}"


def host_from_head(lines: Iterable[bytes]) -> str | None:
    """Return the value of the Host header in the lines of a head; None without that header."""
    for line in lines:
        if line[:5].lower() == b"host:":
            return wire_text(line[5:].strip())
    return None


def is_chunked(headers: Headers) -> bool:
    """Return whether chunked is the last transfer coding."""
    return headers.get("transfer-encoding", "").lower().rpartition(",")[2].strip() == "chunked"


def dechunk(data: bytes) -> bytes:
    """Decode the chunked coding; bytes that are no valid chunk end the body."""
    return bytes(_Chunks(data).body)


class RequestReader:
    """Collects one request as a client writes it, and detects when it is complete."""

    def __init__(self, scheme: str, authority: str) -> None:
        """Set the connection's scheme and authority, used where the request names none."""
        self.raw = bytearray()
        self.complete = False
        self._origin = (scheme, authority)
        self._body_at: int | None = None
        self._length: int | None = None
        self._chunks = _Chunks(self.raw)
        self._expects_continue = False

    def feed(self, data: bytes) -> None:
        """Add bytes as the client writes them."""
        self.raw += data
        if self._body_at is None and (end := self.raw.find(b"\r\n\r\n")) >= 0:
            headers = _parse_fields(wire_text(bytes(self.raw[:end])).split("\r\n")[1:])
            self._body_at = self._chunks.at = end + 4
            self._length = None if is_chunked(headers) else int(headers.get("content-length", "0"))
            self._expects_continue = headers.get("expect", "").lower() == "100-continue"
        if self._body_at is not None:
            self.complete = self._is_complete(self._body_at)

    def wants_continue(self) -> bool:
        """Return, once, whether the client waits for 100 Continue before it sends the body."""
        waits, self._expects_continue = self._expects_continue, False
        return waits

    def request(self) -> Request:
        """Return the request."""
        return request_from_wire(bytes(self.raw), *self._origin)

    def _is_complete(self, at: int) -> bool:
        if self._length is not None:
            return len(self.raw) - at >= self._length
        self._chunks.read()
        return self._chunks.complete


class ResponseReader:
    """Reads one response to a request with ``method``, piece by piece, and detects when it is complete.

    ``raw`` keeps every byte, interim (1xx) responses included. ``malformed`` is set where the bytes cannot be HTTP.
    """

    def __init__(self, method: str) -> None:
        self.raw = bytearray()
        self.complete = False
        self.malformed = False
        self._method = method
        self._start = 0
        self._body_at: int | None = None
        self._head: Response | None = None
        self._framing: int | Literal["chunked", "eof"] = "eof"
        self._chunks = _Chunks(self.raw)

    def feed(self, data: bytes) -> None:
        """Add bytes as they come from the peer."""
        self.raw += data
        if self._body_at is None:
            self._read_head()
        if self._body_at is not None and not self.complete:
            self._read_body(self._body_at)

    def feed_eof(self) -> None:
        """Add the end of the stream, which completes a response without a length."""
        if self._body_at is not None and self._framing == "eof":
            self.complete = True

    @property
    def is_reusable(self) -> bool:
        """Whether the connection may carry another request (RFC 9112 section 9.3)."""
        if not self.complete or self.malformed or self._head is None or self._framing == "eof":
            return False
        connection = self._head.headers.get("connection", "").lower()
        if self.raw[self._start : self._start + 8] == b"HTTP/1.0":
            return "keep-alive" in connection
        return self.raw[self._start : self._start + 7] == b"HTTP/1." and "close" not in connection

    @property
    def is_canonical(self) -> bool:
        """Whether it is one final response with a head as `render` writes it, so that all parsers read the same."""
        if self._head is None or self._body_at is None or self._start or self._body_at > _MAX_LINE:
            return False
        return len(self._head.headers.pairs) < _MAX_FIELDS and self.raw[: self._body_at] == _head_bytes(self._head)

    def response(self) -> Response | None:
        """Return the response received so far; None before a whole status line."""
        if self._body_at is None or self._head is None:
            return _parse_head(bytes(self.raw[self._start : self.raw.rfind(b"\n") + 1]))  # whole lines only
        return self._head.replace(body=self._body(self._body_at))

    def _read_head(self) -> None:
        while (end := _HEAD_END.search(self.raw, self._start)) is not None:
            self._head = _parse_head(bytes(self.raw[self._start : end.start()]))
            if self._head is None:
                break
            if self._head.status >= 200 or self._head.status == 101:  # noqa: PLR2004 - final, or a switch (RFC 9110)
                self._body_at = end.end()
                self._framing = framing_of(self._method, self._head)
                self._chunks.at = end.end()
                return
            self._start = end.end()
        first, newline, _ = bytes(self.raw[self._start : self._start + _MAX_LINE + 1]).partition(b"\n")
        if (newline and not _STATUS_LINE.fullmatch(first)) or len(first) > _MAX_LINE:
            self.malformed = self.complete = True

    def _read_body(self, at: int) -> None:
        if isinstance(self._framing, int):
            self.complete = len(self.raw) - at >= self._framing
        elif self._framing == "chunked":
            self._chunks.read()
            self.malformed = self._chunks.malformed
            self.complete = self._chunks.complete or self.malformed

    def _body(self, at: int) -> bytes:
        if self._framing == "chunked":
            return bytes(self._chunks.body + self._chunks.partial())
        return bytes(self.raw[at : at + self._framing] if isinstance(self._framing, int) else self.raw[at:])


class _Chunks:
    """Decodes the chunked coding of a buffer that may still grow (RFC 9112 section 7.1); trailers are dropped."""

    def __init__(self, raw: bytes | bytearray) -> None:
        self.raw = raw
        self.at = 0
        self.body = bytearray()
        self.complete = False
        self.malformed = False
        self._incomplete: tuple[int, int] | None = None
        if isinstance(raw, bytes):
            self.read()
            self.body += self.partial()

    def read(self) -> None:
        """Decode every whole chunk."""
        self._incomplete = None
        while not (self.complete or self.malformed) and (end := self.raw.find(b"\n", self.at)) >= 0:
            size_text = bytes(self.raw[self.at : end]).partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size_text):
                self.malformed = True
            elif (size := int(size_text, 16)) == 0:
                start = end + 1  # of the trailers
                self.complete = self.raw[start : start + 2] == b"\r\n" or self.raw.find(b"\r\n\r\n", start) >= 0
                return
            elif not self._take(end + 1, size):
                return

    def partial(self) -> bytes:
        """Return the received part of an incomplete chunk."""
        if self._incomplete is None:
            return b""
        start, size = self._incomplete
        return bytes(self.raw[start : start + size])

    def _take(self, start: int, size: int) -> bool:
        if len(self.raw) < start + size + 2:
            self._incomplete = (start, size)
            return False
        self.body += self.raw[start : start + size]
        self.at = start + size + 2
        return True


def render(response: Response, method: str) -> bytes:
    """Return the bytes of a response as the network would carry it: same fields, framed as the fields say.

    Where the body is stored decoded, the fields that would contradict it are fixed first.
    """
    response = with_true_framing(response)
    if not _may_have_body(method, response):
        return _head_bytes(response)
    body = response.body
    if is_chunked(response.headers):
        body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return _head_bytes(response) + body


def render_broken(broken: Broken) -> bytes:
    """Return the bytes that precede a failure; a chunked body stops inside a chunk, so it cannot seem complete."""
    partial, malformed = broken.partial, broken.kind == "malformed"
    if partial is None:
        return MALFORMED if malformed else b""
    if not is_chunked(partial.headers):
        cut_head = broken.kind == "truncated" and not partial.body and framing_of("GET", partial) == "eof"
        return _head_bytes(partial)[:-2] if cut_head else _head_bytes(partial) + partial.body
    missing = 0 if malformed else 1
    chunk = b"%x\r\n%b" % (len(partial.body) + missing, partial.body) if partial.body else b""
    end = b"" if not malformed else b"\r\n" + MALFORMED if chunk else MALFORMED
    return _head_bytes(partial) + chunk + end


def delivered(response: Response, method: str) -> tuple[bytes, int | None]:
    """Return the body that a client gets, and the announced length where the body is shorter (else None)."""
    framing = framing_of(method, response)
    if not isinstance(framing, int):
        return response.body, None
    return response.body[:framing], framing if len(response.body) < framing else None


def with_true_framing(response: Response) -> Response:
    """Fix the headers of a body that is stored decoded (``wire=False``): no coding, the true length."""
    if response.wire:
        return response
    headers = response.headers.without("content-encoding", "transfer-encoding")
    if "content-length" in headers:
        headers = headers.with_field("Content-Length", str(len(response.body)))
    return response.replace(headers=headers)


def _parse_head(head: bytes) -> Response | None:
    line, *rest = wire_text(head).replace("\r\n", "\n").split("\n")
    match = _STATUS_LINE.fullmatch(wire_bytes(line))
    if match is None:
        return None
    return Response(int(match[1]), _parse_fields(rest), reason=wire_text(match[2] or b""))


def _head_bytes(response: Response) -> bytes:
    lines = [
        f"HTTP/1.1 {response.status} {response.reason}",
        *(f"{name}: {value}" for name, value in response.headers.pairs),
    ]
    return wire_bytes("\r\n".join(lines)) + b"\r\n\r\n"


def _parse_fields(lines: Sequence[str]) -> Headers:
    pairs: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if pairs and line.startswith((" ", "\t")):  # obsolete line folding (RFC 9112 section 5.2)
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]} {line.strip(_SPACES)}")
        elif colon:
            pairs.append((name, value.strip(" \t")))
    return Headers.from_pairs(tuple(pairs))


def _may_have_body(method: str, response: Response) -> bool:
    return method != "HEAD" and response.status not in _NO_BODY


def framing_of(method: str, response: Response) -> int | Literal["chunked", "eof"]:
    """Return the announced length of a response's body, or ``"chunked"``, or ``"eof"`` for the end of the stream."""
    if not _may_have_body(method, response):
        return 0
    if is_chunked(response.headers):
        return "chunked"
    length = response.headers.get("content-length", "").partition(",")[0].strip()
    return int(length) if length.isascii() and length.isdecimal() and len(length) <= _MAX_DIGITS else "eof"
