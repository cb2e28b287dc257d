"""Read requests from pasted text and logs: one reader per form, in one table; the form is recognised and named.

A new form is a function and a line in `READERS`; a form without a complete request is a line in `HINTS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, wire_bytes
from sls_contract.transcripts import directed
from sls_contract.transcripts.capture import is_capture, read_capture
from sls_contract.transcripts.command import IS_CURL, read_curl
from sls_contract.transcripts.encoding import text_of
from sls_contract.transcripts.fields import read_fields, with_body
from sls_contract.transcripts.literals import read_dotnet, read_go, read_structure
from sls_contract.transcripts.long_logs import pieces
from sls_contract.transcripts.message import Entry, Line, announced_length, entries_of
from sls_contract.transcripts.powershell import IS_POWERSHELL, read_powershell
from sls_contract.transcripts.raw import MOST_REQUESTS, begins_raw, read_raw
from sls_contract.transcripts.wrappings import unwrapped

__all__ = ["READERS", "Entry", "Reader", "Transcript", "read_transcript", "transcript_of"]

_LONGEST = 64 << 20  # bytes
_LONGEST_LOG = 1 << 18  # characters; only a text that begins with a request is read as a whole if it is longer
_MOST_UNREADABLE = 10  # parts of a long log; after so many more that cannot be read, the search ends
_STRUCTURES = ("[", "{")  # first characters of JSON
_BEGINNING = 8192  # characters in which the form of a long text is recognised
_MOST_TRIED = 40  # unwrapped texts
_QUOTES = ("'", '"')
_AUTHORIZATION = re.compile(r"[\"']?[A-Za-z][!-~]* [ -~]+")  # a client may send quotes around the whole value
_REMEDY = (
    "How to fix: record the request with 'sls-contract proxy', or paste what 'curl -v', http.client's debuglevel or a "
    "wire log prints."
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A form of text that contains requests.

    Attributes:
        form: its name, for messages (``curl -v``).
        fits: returns whether a text looks like it.
        read: returns the requests in the text; raises `UsageError` if one cannot be read.

    """

    form: str
    fits: Callable[[str], bool]
    read: Callable[[str], list[Entry]]


@dataclass(frozen=True, slots=True)
class Transcript:
    """The form of a text and its requests, at least one."""

    form: str
    entries: tuple[Entry, ...]


def _line_reader(read: Callable[[Sequence[str]], Iterator[Line]]) -> Callable[[str], list[Entry]]:
    return lambda text: _with_bodies(entries_of(read([line.removesuffix("\r") for line in text.split("\n")])))


def _with_bodies(entries: list[Entry]) -> list[Entry]:
    """Refuse requests whose announced body is missing, as logs of headers leave it out."""
    for each in entries:
        announced = announced_length(each.request)
        if announced and not each.request.body:
            msg = (
                f"line {each.line}: expected the {announced} body bytes that Content-Length announces, got none: this "
                "form does not print them. How to fix: put the body, unmarked, after the '>' lines."
            )
            raise UsageError(msg)
    return entries


def _has(pattern: str) -> Callable[[str], bool]:
    return re.compile(pattern).search  # type: ignore[return-value]


READERS = (
    Reader("curl --trace", _has(r"(?m)^(?:[0-9:.]+ )?=> Send "), _line_reader(directed.curl_trace)),
    Reader("Apache HttpClient's log", _has(r"\b(?:wire|headers)\b.{0,400}>> "), _line_reader(directed.apache)),
    Reader("OkHttp's log", _has(r"(?m)--> [A-Z]+ https?://"), _line_reader(directed.okhttp)),
    Reader("http.client's debug output", _has(r"(?m)\bsend: ?b?['\"][A-Z]+ "), _line_reader(directed.http_client)),
    Reader("Net::HTTP's debug output", _has(r'(?m)^[ \t]*<- "[A-Z]+ '), _line_reader(directed.ruby)),
    Reader("curl -v", directed.has_curl_marks, _line_reader(directed.curl_verbose)),
    Reader("curl command", _has(IS_CURL.pattern), read_curl),
    Reader("PowerShell command", _has(IS_POWERSHELL.pattern), read_powershell),
    Reader("Go's http.Request", _has(r"Method:\S* URL:\S+ .{0,2000}Header:map\["), read_go),
    Reader(".NET's HttpRequestMessage", _has(r"Method: \w+, RequestUri: '"), read_dotnet),
    Reader("structure of a client", lambda text: not begins_raw(text), read_structure),
    Reader("raw request", lambda _: True, read_raw),
)
"""A text is read by the first reader whose form fits and that finds a request."""
_LAST = READERS[-1]

HINTS = (
    (r"\A[0-9]+:[0-9]+:\w+[;,]", "flows of mitmproxy; 'sls-contract signature FILE' reads them"),
    (r"\A\x1f", "a compressed file; unpack it first"),
    (r"(?m)^UNDICI [0-9]+: ", "the log of NODE_DEBUG=undici, which has no headers"),
    (r"(?m)^HTTP [0-9]+: ", "the log of NODE_DEBUG=http, which has no path"),
    (r"send_request_headers\.started", "the log of httpcore, which has no headers"),
    (r'HTTP Request: [A-Z]+ \S+ "HTTP/', "the log of httpx, which has no headers"),
    (r"RestTemplate.*HTTP [A-Z]+ https?://", "the log of Spring's RestTemplate, which has no headers"),
    (r'https?://\S+ "[A-Z]+ \S+ HTTP/[0-9.]+" [0-9]{3}', "the log of urllib3, which has no headers"),
    (r"<PreparedRequest \[|<Request \[", "the repr of a request, which has neither URL nor headers"),
    (r'(?m)^\S+ \S+ \S+ \[.*\] "[A-Z]+ ', "an access log, which has no headers"),
    (r"(?i)\berror_?code\b|<Code>", "an error alone; 'sls-contract explain -' reads it and says what it means"),
)
"""Forms without a complete request: a pattern to recognise each, and the message that says what is missing."""


def transcript_of(data: bytes) -> Transcript:
    """Return the form of a pasted text or log and its requests, each with the response shown beside it.

    Raises:
        UsageError: with the line, the expected content and a fix; or with the form, and what it lacks. No header value
            is repeated.

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
    """Read each signed request of a long log separately, with the text around it."""
    if text[:_BEGINNING].lstrip()[:1] in _STRUCTURES and (whole := read_structure(text)):
        return Transcript("structure of a client", tuple(whole))
    forms: list[str] = []
    entries: list[Entry] = []
    errors: list[UsageError] = []
    for line, piece in pieces(text):
        try:
            found = _read(piece)
        except UsageError as error:
            errors.append(error)
        else:
            forms.append(found.form)
            entries += [
                replace(each, line=each.line + line)
                for each in found.entries
                if not (entries and entries[-1].request == each.request)  # two handlers of a logger print it twice
            ]
        if len(entries) > MOST_REQUESTS or len(errors) > len(entries) + _MOST_UNREADABLE:
            break
    if len(entries) > MOST_REQUESTS:
        msg = f"expected at most {MOST_REQUESTS} requests, got more. How to fix: paste the request in question alone."
        raise UsageError(msg)
    if not entries:
        actual = (
            f"got one that cannot be read: {errors[0]}" if errors else f"got none in {len(text) >> 10} KiB. {_REMEDY}"
        )
        msg = f"line 1: expected a signed request in this log, {actual}"
        raise UsageError(msg)
    return Transcript(f"{forms[0]} in a long log", tuple(entries))


def _read(text: str) -> Transcript:
    try:
        found = _read_unchanged(text)
    except UsageError as error:
        if (better := _read_unwrapped(text)) is None:
            raise UsageError(_hint(text) or str(error)) from None
        return better
    return found if _is_signed(found) else _read_unwrapped(text) or found


def _read_unchanged(text: str) -> Transcript:
    """Read a text with the first reader whose form fits."""
    reader, entries = next(
        (reader, found) for reader in READERS if reader.fits(text) and ((found := reader.read(text)) or reader is _LAST)
    )
    if not entries:
        msg = f"expected a request in this text, got none. {_REMEDY}"
        raise UsageError(msg)
    if reader.read is not read_curl and not begins_raw(text):  # curl commands and raw requests include the body
        entries = [replace(each, request=with_body(each.request, text)) for each in entries]
    return Transcript(reader.form, tuple(entries))


def _read_unwrapped(text: str) -> Transcript | None:
    """Read a text without its wrappings, then by names of fields; None if no request in it is signed."""
    for plain in islice(unwrapped(text), _MOST_TRIED):
        try:
            found = _read_unchanged(plain)
        except UsageError:
            continue
        if _is_signed(found):
            return found
    entries = next(filter(None, map(read_fields, (text, *islice(unwrapped(text, 1), _MOST_TRIED)))), [])
    return Transcript("method, URL and headers in a text", tuple(entries)) if entries else None


def _is_signed(found: Transcript) -> bool:
    """Return whether a request has a scheme and credentials; otherwise the text was probably misread."""
    return any(
        _AUTHORIZATION.fullmatch(value) and not (value[0] in _QUOTES and each.request.host[:1] in ("", *_QUOTES))
        for each in found.entries
        for value in [each.request.headers.get("authorization", "")]
    )


def read_transcript(text: str | bytes) -> tuple[Exchange, ...]:
    """Return the requests in a text of any form: raw HTTP, a curl command, a log of a client, a trace.

    The response of an exchange is the one that the text shows for the request, else None; its body may differ from the
    bytes on the wire.
    Raises `UsageError` if the text contains no request, with the line, or with the form and what it lacks.

    >>> (exchange,) = read_transcript("curl http://my-project.example.com/logstores -H 'x-log-apiversion: 0.6.0'")
    >>> exchange.request.headers["x-log-apiversion"]
    '0.6.0'
    """
    data = wire_bytes(text) if isinstance(text, str) else text
    return tuple(Exchange(each.request, each.response) for each in transcript_of(data).entries)


def _hint(text: str) -> str:
    """Return a message for a known form without a complete request; empty for other texts."""
    for pattern, lacking in HINTS:
        if re.search(pattern, text):
            return f"expected a request with its headers, got {lacking}. {_REMEDY}"
    return ""
