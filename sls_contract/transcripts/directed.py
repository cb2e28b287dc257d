"""Read forms that mark each line as sent or received: debug output of clients, and traces."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from sls_contract.exchange import wire_text
from sls_contract.transcripts.message import METHODS, Line, is_request_line

_CLOCK = r"(?:[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]+ )?"
_MARKED = re.compile(rf"[ \t]*{_CLOCK}([<>])(?: (.*)|[ \t]*)")
_CURL_NOISE = re.compile(rf"[ \t]*{_CLOCK}(?:\*|[{{}}] \[|  % Total)")

_APACHE = re.compile(r'(wire|headers)\b.{0,400}?(>>|<<) (?:"(.*)"|(.*))')
_ENDS = re.compile(r"(?:\[\\r\])?\[\\n\]$")

_OKHTTP = re.compile(rf"(.*?)(?:(-->) ((?:{METHODS}) \S+)(?: http/\S+)?|(<--) ([0-9]{{3}})(?: .*)?)", re.IGNORECASE)
_OKHTTP_END = re.compile(r".*?(?:-->|<--) END\b.*")

_SECTION = re.compile(rf"{_CLOCK}(=>|<=|==) (?:(?:Send|Recv) (header|data)|Info|\S+ SSL data)")
_DUMPED = re.compile("([0-9a-f]{4,}): (.*)")
_HEX = re.compile("(?:[0-9a-f]{2} )+(?:   )*")
_HEX_WIDTH = 48  # sixteen columns of two digits and a space

_HTTP_CLIENT = re.compile(r"""(?:.*?\b)?(send|reply|header): ?(b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|.*)""")
_RUBY = re.compile(r'(<-|->) ("(?:[^"\\]|\\.)*")')


def curl_verbose(lines: Sequence[str]) -> Iterator[Line]:
    """Read the output of ``curl -v``, also with ``--trace-time``, and the debug log of the Tea SDKs and Guzzle.

    Unmarked lines after a head are the body of that message.
    """
    sent, ended = True, False
    for number, line in enumerate(lines, start=1):
        marked = _MARKED.fullmatch(line)
        if marked:
            text = (marked[2] or "").strip()
            sent, ended = marked[1] == ">", not text
            yield Line(number, sent, text)
        elif ended and not _CURL_NOISE.match(line):
            yield Line(number, sent, line)


def apache(lines: Sequence[str]) -> Iterator[Line]:
    """Read the wire log of Apache HttpClient 4 and 5, or its header log if there is no wire log."""
    found = [(number, match) for number, line in enumerate(lines, start=1) if (match := _APACHE.search(line))]
    kind = "wire" if any(match[1] == "wire" for _, match in found) else "headers"
    pending = ""
    for number, match in found:
        if match[1] != kind:
            continue
        text = match[3] if match[3] is not None else match[4]
        complete = kind == "headers" or _ENDS.search(text) is not None
        pending += _ENDS.sub("", text)
        if complete or match[3] is None:
            yield Line(number, match[2] == ">>", pending)
            pending = ""
    if pending:
        yield Line(len(lines), sent=found[-1][1][2] == ">>", text=pending)


def okhttp(lines: Sequence[str]) -> Iterator[Line]:
    """Read the output of OkHttp's logging interceptor at level HEADERS or BODY, after any prefix of the logger."""
    prefix, sent, inside = "", True, False
    for number, line in enumerate(lines, start=1):
        start = _OKHTTP.fullmatch(line)
        if _OKHTTP_END.fullmatch(line):
            inside = False
        elif start:
            prefix, sent, inside = start[1], start[2] is not None, True
            yield Line(number, sent, start[3] if sent else f"HTTP/1.1 {start[5]}")
        elif inside:
            yield Line(number, sent, line.removeprefix(prefix) if prefix else line)


def curl_trace(lines: Sequence[str]) -> Iterator[Line]:
    """Read ``curl --trace`` (hexadecimal) and ``--trace-ascii``, which breaks long lines after 64 characters."""
    for number, sent, header, dumped in _sections(lines):
        if all(_is_hex(text) for _, text in dumped):
            text = wire_text(b"".join(bytes.fromhex(text[:_HEX_WIDTH]) for _, text in dumped))
        else:
            text = _unbroken(dumped)
        yield from (
            Line(number, sent, part.removesuffix("\r"))
            for part in (text.removesuffix("\n") if header else text).split("\n")
        )


def _sections(lines: Sequence[str]) -> Iterator[tuple[int, bool, bool, list[tuple[int, str]]]]:
    """Yield each section with data: its line, whether it was sent, whether it is a head, its offsets and texts."""
    number, sent, header = 0, True, False
    dumped: list[tuple[int, str]] = []
    for at, line in enumerate([*lines, "== Info"], start=1):
        section, data = _SECTION.match(line), _DUMPED.fullmatch(line)
        if section:
            if dumped:
                yield number, sent, header, dumped
            number, sent, header, dumped = at, section[1] == "=>", section[2] == "header", []
        elif data:
            dumped.append((int(data[1], 16), data[2]))


def _is_hex(text: str) -> bool:
    """Return whether a line is a dump: sixteen columns of two digits, of which the last may be empty."""
    return len(text) >= _HEX_WIDTH and _HEX.fullmatch(text[:_HEX_WIDTH]) is not None


def _unbroken(dumped: list[tuple[int, str]]) -> str:
    """Join texts; if one ends at the offset of the next, there was no line end between them."""
    text, expected = dumped[0][1], dumped[0][0] + len(dumped[0][1])
    for offset, more in dumped[1:]:
        text += more if offset == expected else f"\n{more}"
        expected = offset + len(more)
    return text if len(dumped) == 1 or dumped[-1][1] else f"{text}\n"


def http_client(lines: Sequence[str]) -> Iterator[Line]:
    """Read the output of Python's http.client with ``debuglevel``: ``send: b'…'``, ``reply: '…'``, ``header: …``."""
    for number, line in enumerate(lines, start=1):
        found = _HTTP_CLIENT.fullmatch(line)
        if found is None:
            continue
        kind, text = found.groups()
        if kind == "header":
            yield Line(number, sent=False, text=text)
            continue
        for part in _literal(text).removesuffix("\r\n").split("\r\n" if kind == "reply" else "\n"):
            yield Line(number, kind == "send", part.removesuffix("\r"))


def ruby(lines: Sequence[str]) -> Iterator[Line]:
    """Read the output of Ruby's Net::HTTP with ``set_debug_output``: ``<- "…"`` is sent, ``-> "…"`` is received."""
    for number, line in enumerate(lines, start=1):
        found = _RUBY.fullmatch(line.strip())
        if found:
            for part in _literal(found[2]).removesuffix("\n").split("\n"):
                yield Line(number, found[1] == "<-", part.removesuffix("\r"))


def _literal(text: str) -> str:
    """Return the value of a quoted text; any other text unchanged."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return wire_text(value) if isinstance(value, bytes) else str(value)


def has_curl_marks(text: str) -> bool:
    """Return whether a text has a marked request line."""
    marked = (_MARKED.fullmatch(line) for line in text.split("\n"))
    return any(each is not None and each[1] == ">" and is_request_line((each[2] or "").strip()) for each in marked)
