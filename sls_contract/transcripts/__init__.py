"""Requests out of whatever people hold: one reader per form, in one table; the form is recognised, and named.

A new form is a function and a line in `READERS`; a form that holds no whole request is a line in `HINTS`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, wire_bytes
from sls_contract.transcripts import directed
from sls_contract.transcripts.capture import is_capture, read_capture
from sls_contract.transcripts.command import IS_CURL, read_curl
from sls_contract.transcripts.encoding import text_of
from sls_contract.transcripts.fields import read_fields, with_body
from sls_contract.transcripts.literals import read_dotnet, read_go, read_structure
from sls_contract.transcripts.long_logs import pieces
from sls_contract.transcripts.message import Line, Seen, announced_length, exchanges_of
from sls_contract.transcripts.powershell import IS_POWERSHELL, read_powershell
from sls_contract.transcripts.raw import MOST_REQUESTS, begins_raw, read_raw
from sls_contract.transcripts.wrappings import unwrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["READERS", "Reader", "Seen", "Transcript", "read_transcript", "transcript_of"]


@dataclass(frozen=True, slots=True)
class Reader:
    """A form of text that holds requests.

    Attributes:
        form: what it is called, for messages (``curl -v``).
        fits: whether a text looks like it.
        read: the requests in it; raises `UsageError` where one cannot be read.

    """

    form: str
    fits: Callable[[str], bool]
    read: Callable[[str], list[Seen]]


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a text holds: the form in which it was read, and its requests, at least one."""

    form: str
    seen: tuple[Seen, ...]


def _directed(read: Callable[[Sequence[str]], Iterator[Line]]) -> Callable[[str], list[Seen]]:
    return lambda text: _with_bodies(exchanges_of(read([line.removesuffix("\r") for line in text.split("\n")])))


def _with_bodies(seen: list[Seen]) -> list[Seen]:
    """Refuse requests whose body was announced and is not there: logs of headers leave it out."""
    for each in seen:
        announced = announced_length(each.request)
        if announced and not each.request.body:
            msg = (
                f"line {each.line}: expected the {announced} body bytes that Content-Length announces, got none: this "
                "form does not print them. How to fix: put the body, unmarked, after the '>' lines."
            )
            raise UsageError(msg)
    return seen


def _has(pattern: str) -> Callable[[str], bool]:
    return re.compile(pattern).search  # type: ignore[return-value]


READERS = (
    Reader("curl --trace", _has(r"(?m)^(?:[0-9:.]+ )?=> Send "), _directed(directed.curl_trace)),
    Reader("Apache HttpClient's log", _has(r"\b(?:wire|headers)\b.{0,400}>> "), _directed(directed.apache)),
    Reader("OkHttp's log", _has(r"(?m)--> [A-Z]+ https?://"), _directed(directed.okhttp)),
    Reader("http.client's debug output", _has(r"(?m)\bsend: ?b?['\"][A-Z]+ "), _directed(directed.http_client)),
    Reader("Net::HTTP's debug output", _has(r'(?m)^[ \t]*<- "[A-Z]+ '), _directed(directed.ruby)),
    Reader("curl -v", directed.has_curl_marks, _directed(directed.curl_verbose)),
    Reader("curl command", _has(IS_CURL.pattern), read_curl),
    Reader("PowerShell command", _has(IS_POWERSHELL.pattern), read_powershell),
    Reader("Go's http.Request", _has(r"Method:\S* URL:\S+ .{0,2000}Header:map\["), read_go),
    Reader(".NET's HttpRequestMessage", _has(r"Method: \w+, RequestUri: '"), read_dotnet),
    Reader("structure of a client", lambda text: not begins_raw(text), read_structure),
    Reader("raw request", lambda _: True, read_raw),
)
_LAST = READERS[-1]
"""The first whose form fits and who finds a request reads the text."""

HINTS = (
    (r"\A[0-9]+:[0-9]+:\w+[;,]", "flows of mitmproxy; 'sls-contract signature FILE' reads them"),
    (r"\A\x1f", "a compressed file; unpack it first"),
    (r"(?m)^UNDICI [0-9]+: ", "the log of NODE_DEBUG=undici, which holds no headers"),
    (r"(?m)^HTTP [0-9]+: ", "the log of NODE_DEBUG=http, which holds no path"),
    (r"send_request_headers\.started", "the log of httpcore, which holds no headers"),
    (r'HTTP Request: [A-Z]+ \S+ "HTTP/', "the log of httpx, which holds no headers"),
    (r"RestTemplate.*HTTP [A-Z]+ https?://", "the log of Spring's RestTemplate, which holds no headers"),
    (r'https?://\S+ "[A-Z]+ \S+ HTTP/[0-9.]+" [0-9]{3}', "the log of urllib3, which holds no headers"),
    (r"<PreparedRequest \[|<Request \[", "the repr of a request, which holds neither URL nor headers"),
    (r'(?m)^\S+ \S+ \S+ \[.*\] "[A-Z]+ ', "an access log, which holds no headers"),
    (r"(?i)\berror_?code\b|<Code>", "an error alone; 'sls-contract explain -' reads it and says what it means"),
)
"""Forms that hold no whole request: how to know one, and what it lacks."""


def transcript_of(data: bytes) -> Transcript:
    """Return the form of a pasted text or log and the requests in it, each with its answer where one stands beside it.

    Raises:
        UsageError: naming the line, what was expected there, and how to fix it; or the form, and what it lacks. No
            header value is repeated.

    """
    if is_capture(data):
        return Transcript("capture of packets", tuple(read_capture(data)))
    binary = _hint(data[:64].decode("latin-1"))
    if binary:
        raise UsageError(binary)
    if len(data) > _LONGEST:
        msg = (
            f"line 1: expected at most {_LONGEST >> 20} MiB of text, got {len(data)} bytes. "
            "How to fix: cut out the request, from its first line to the end of its body."
        )
        raise UsageError(msg)
    text = text_of(data)
    return _read(text) if len(text) <= _LONGEST_LOG or begins_raw(text[:_BEGINNING]) else _read_in_pieces(text)


def _read_in_pieces(text: str) -> Transcript:
    """Read each signed request of a long log by itself, with what stands round it."""
    if text[:_BEGINNING].lstrip()[:1] in _STRUCTURES and (whole := read_structure(text)):
        return Transcript("structure of a client", tuple(whole))
    forms: list[str] = []
    seen: list[Seen] = []
    errors: list[UsageError] = []
    for line, piece in pieces(text):
        try:
            found = _read(piece)
        except UsageError as error:
            errors.append(error)
        else:
            forms.append(found.form)
            seen += [
                replace(each, line=each.line + line)
                for each in found.seen
                if not (seen and seen[-1].request == each.request)  # two handlers of a logger print it twice
            ]
        if len(seen) > MOST_REQUESTS or len(errors) > len(seen) + _MOST_UNREAD:
            break
    if len(seen) > MOST_REQUESTS:
        msg = f"expected at most {MOST_REQUESTS} requests, got more. How to fix: paste the request in question alone."
        raise UsageError(msg)
    if not seen:
        told = (
            f"got one that cannot be read: {errors[0]}" if errors else f"got none in {len(text) >> 10} KiB. {_REMEDY}"
        )
        msg = f"line 1: expected a signed request in this log, {told}"
        raise UsageError(msg)
    return Transcript(f"{forms[0]} in a long log", tuple(seen))


def _read(text: str) -> Transcript:
    try:
        found = _as_it_stands(text)
    except UsageError as error:
        if (better := _otherwise(text)) is None:
            raise UsageError(_hint(text) or str(error)) from None
        return better
    return found if _is_signed(found) else _otherwise(text) or found


def _as_it_stands(text: str) -> Transcript:
    """Read a text with the first reader whose form it has."""
    reader, seen = next(
        (reader, seen) for reader in READERS if reader.fits(text) and ((seen := reader.read(text)) or reader is _LAST)
    )
    if not seen:
        msg = f"expected a request in this text, got none. {_REMEDY}"
        raise UsageError(msg)
    if reader.read is not read_curl and not begins_raw(text):  # those show the body where there was one
        seen = [replace(each, request=with_body(each.request, text)) for each in seen]
    return Transcript(reader.form, tuple(seen))


def _otherwise(text: str) -> Transcript | None:
    """Read a text without what it is wrapped in, then by the names of its fields; None where neither is signed."""
    for bare in islice(unwrapped(text), _MOST_TRIED):
        try:
            found = _as_it_stands(bare)
        except UsageError:
            continue
        if _is_signed(found):
            return found
    seen = next((seen for each in (text, *islice(unwrapped(text, 1), _MOST_TRIED)) if (seen := read_fields(each))), [])
    return Transcript("method, URL and headers in a text", tuple(seen)) if seen else None


def _is_signed(found: Transcript) -> bool:
    """Tell whether a request has a scheme and credentials, as a signed one has: else the text was likely misread."""
    return any(
        _AUTHORIZATION.fullmatch(value) and not (value[0] in _QUOTES and each.request.host[:1] in ("", *_QUOTES))
        for each in found.seen
        for value in [each.request.headers.get("authorization", "")]
    )


def read_transcript(text: str | bytes) -> tuple[Exchange, ...]:
    """Return the requests that a text holds, whatever its form: raw HTTP, a curl command, a log of a client, a trace.

    The answer of an exchange is the one shown beside the request, else None; its body is not as it was on the wire.
    Raises `UsageError` where the text holds no request, naming the line, or the form and what it lacks.

    >>> (exchange,) = read_transcript("curl http://my-project.example.com/logstores -H 'x-log-apiversion: 0.6.0'")
    >>> exchange.request.headers["x-log-apiversion"]
    '0.6.0'

    """
    data = wire_bytes(text) if isinstance(text, str) else text
    return tuple(Exchange(each.request, each.response) for each in transcript_of(data).seen)


_LONGEST = 64 << 20  # bytes
_LONGEST_LOG = 1 << 18  # characters of a text that is read whole, unless it begins with the request
_MOST_UNREAD = 10  # more parts of a long log than that, of which none can be read, are not tried
_STRUCTURES = ("[", "{")
_BEGINNING = 8192
_MOST_TRIED = 40
_QUOTES = ("'", '"')
_AUTHORIZATION = re.compile(r"[\"']?[A-Za-z][!-~]* [ -~]+")  # a client may send quotes round this one value
_REMEDY = (
    "How to fix: record the request with 'sls-contract proxy', or paste what 'curl -v', http.client's debuglevel or a "
    "wire log prints."
)


def _hint(text: str) -> str:
    """Say which form a text has that holds no whole request; empty where none is known."""
    for pattern, lacking in HINTS:
        if re.search(pattern, text):
            return f"expected a request with its headers, got {lacking}. {_REMEDY}"
    return ""
