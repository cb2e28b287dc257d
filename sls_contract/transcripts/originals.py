"""Guess the request before a log or a copy changed it: a wrong signature may be an error of the transcript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import quote

from sls_contract.exchange import Request, wire_bytes, wire_text
from sls_contract.transcripts.wrappings import without_html

_MOST = 64
_ENTITY = re.compile(r"&(?:amp|quot|lt|gt|apos|#[0-9]+|#x[0-9a-f]+);")
_MARKDOWN = re.compile(r"\\([_*~`+=.-])")
_FIRST_KEY = re.compile(r"([A-Za-z_][\w-]*)=")
_SAFE = "/%!$&'()*+,;=:@-._~?"


def originals(request: Request) -> Iterator[tuple[str, Request]]:
    """Yield what the log may have lost, in words, with the request as it may have been sent; at most 64."""
    yield from islice(_candidates(request), _MOST)


def _candidates(request: Request) -> Iterator[tuple[str, Request]]:
    url = request.url
    yield from _escaped(request)
    if "+" in request.query:
        encoded = f"{url.partition('?')[0]}?{request.query.replace('+', '%2B')}"
        yield "the percent-encoding of +", request.replace(url=encoded)
    if "?" not in url:
        for changed in _with_question_mark(url):
            yield "the ? before the query", request.replace(url=changed)
    if request.body:
        for body in _line_ends(request.body):
            yield "line ends of the body", request.replace(body=body)


def _escaped(request: Request) -> Iterator[tuple[str, Request]]:
    url = request.url
    if not url.isascii() or " " in url:
        yield "the percent-encoding of the URL", request.replace(url=quote(wire_bytes(url), safe=_SAFE))
    if _ENTITY.search(url) or _ENTITY.search(wire_text(request.body)):
        plain = wire_bytes(without_html(wire_text(request.body)))
        yield "characters, which it escapes as HTML does", request.replace(url=without_html(url), body=plain)
    if _MARKDOWN.search(f"{url} {request.headers.get('authorization', '')}"):
        headers = [(name, _MARKDOWN.sub(r"\1", value)) for name, value in request.headers.pairs]
        plain_url = _MARKDOWN.sub(r"\1", url)
        yield "characters, which it escapes as Markdown does", request.replace(url=plain_url, headers=headers)


def _with_question_mark(url: str) -> Iterator[str]:
    """Insert a question mark at each possible start of the query."""
    before, ampersand, after = url.partition("&")
    if ampersand:
        yield f"{before}?{after}"
    key = _FIRST_KEY.search(url)
    for at in range(key.start(1), key.end(1)) if key else ():
        yield f"{url[:at]}?{url[at:]}"


def _line_ends(body: bytes) -> Iterator[bytes]:
    unix = body.replace(b"\r\n", b"\n")
    for base in (unix, unix.replace(b"\n", b"\r\n"), unix.rstrip(b"\n")):
        yield from (each for each in (base, base + b"\n", base + b"\r\n") if each != body)
