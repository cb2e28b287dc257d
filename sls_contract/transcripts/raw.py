"""Raw HTTP as people paste it: fenced, quoted, indented, behind the prefix of a log, out of a packet dump.

Tolerated, since it happens when text is copied: blank lines before, after and between all lines, comments,
``HTTP 1.1``, a missing version, a Content-Length that does not fit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes
from sls_contract.transcripts.message import (
    HEADER,
    METHODS,
    STATUS_LINE,
    Seen,
    announced_length,
    is_request_line,
    request_of,
    response_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BEHIND = re.compile(rf"(.*?)((?:{METHODS}) (?:https?://|/)\S*(?: HTTP[/ ][0-9.]+)?[ \t]*)")
_NOISE = re.compile(r"\s*(?:```.*|~~~.*|#.*|//.*|-{3,}.*|={3,}.*|)")
_FENCE = re.compile(r"\s*(?:```|~~~|-{5})")
_ESCAPED_END = re.compile(r"(?:\\r)?\\n$")
_DOUBLED = 3  # blank lines that alternate with header lines, from which on the text is double-spaced
MOST_REQUESTS = 1000
_AT_LEAST = 60  # characters of a line that may have been wrapped


def read_raw(text: str) -> list[Seen]:
    """Return every request in a text, with the answer that follows it; raises `UsageError` where the first is none."""
    whole = text.split("\n")
    lines = _without_prefix(_single_spaced([line.removesuffix("\r") for line in whole]))
    lines = [*_with_empty_line(lines)]
    if len(lines) != len(whole):
        whole = lines
    found: list[Seen] = []
    at = 0
    while at < len(lines):
        start = _next_start(lines, at, first=not found)
        if start is None:
            break
        end = next((i for i in range(start, len(lines)) if not lines[i].strip() or _FENCE.match(lines[i])), len(lines))
        indent = min((len(line) - len(line.lstrip()) for line in lines[start:end]), default=0)
        head = _unwrapped([(i + 1, lines[i][indent:]) for i in range(start, end)])
        stop = end + 1 if _FENCE.match("".join(lines[end : end + 1])) else _body_end(lines, end + 1)
        # A prefix before the empty line stands before the lines of the body too; without it they are the body's own.
        bare = end < len(lines) and lines[end] != whole[end].removesuffix("\r")
        body = "\n".join(_outdented(line, indent) for line in (lines if bare else whole)[end + 1 : stop])
        if found and STATUS_LINE.fullmatch(head[0][1].strip()):
            if found[-1].response is None:
                found[-1] = Seen(found[-1].request, response_of(head, wire_bytes(body)), found[-1].line)
        else:
            request = request_of(head, wire_bytes(body))
            found.append(_one_more(found, Seen(request, None, start + 1)))
            if request.body and len(request.body) == announced_length(request):
                stop = end + 2 + request.body.count(b"\n")
        at = max(stop, end + 1)
    if not found:
        request_of([], b"")
    return found


def _with_empty_line(lines: Sequence[str]) -> Iterator[str]:
    """Put the empty line before a body of JSON that a page or a paste shows right behind the headers."""
    headers = False
    for line in lines:
        if headers and line.startswith(("{", "[", '"')):
            yield ""
        headers = HEADER.fullmatch(line) is not None
        yield line


def _one_more(found: Sequence[Seen], seen: Seen) -> Seen:
    if len(found) >= MOST_REQUESTS:
        msg = (
            f"line {seen.line}: expected at most {MOST_REQUESTS} requests, got more. "
            "How to fix: paste the request in question alone."
        )
        raise UsageError(msg)
    return seen


def begins_raw(text: str) -> bool:
    """Tell whether a text begins with a request line and a header: what follows is its body, whatever it looks like."""
    lines = [line.strip() for line in text.split("\n", 20)[:20] if not _NOISE.fullmatch(line)][:2]
    return len(lines) > 1 and is_request_line(lines[0]) and HEADER.fullmatch(lines[1]) is not None


def _next_start(lines: Sequence[str], at: int, *, first: bool) -> int | None:
    """Return where the next message begins; where there was none yet, the first line that says anything."""
    said = [i for i in range(at, len(lines)) if not _NOISE.fullmatch(lines[i])]
    begins = next((i for i in said if _begins(lines, i)), None)
    return said[0] if begins is None and first and said else begins


def _begins(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()
    return is_request_line(line) or STATUS_LINE.fullmatch(line) is not None


def _body_end(lines: Sequence[str], start: int) -> int:
    """Return where the body that begins at a line ends: before the next message behind an empty line, or a fence."""
    for i in range(start, len(lines)):
        versioned = "HTTP" in lines[i] and _begins(lines, i)
        if versioned or _FENCE.match(lines[i]):
            return i
    return len(lines)


def _without_prefix(lines: list[str]) -> list[str]:
    """Take off what a log, a quotation or a packet dump puts before each line; lines without it stay."""
    shape = None
    plain = []
    for at, line in enumerate(lines):
        behind = _BEHIND.fullmatch(line)
        if behind and behind[1].strip() and _goes_on(lines, at):
            shape = re.compile(re.sub(r"(?:\\ )*[0-9]+", " *[0-9]+", re.escape(behind[1])))
            plain.append(behind[2])
            continue
        prefix = shape.match(line) if shape else None
        plain.append(line[prefix.end() :] if prefix else line)
    if any(line.endswith("\\n") for line in plain):  # the packet tree of Wireshark spells line ends out
        plain = [_ESCAPED_END.sub("", line).strip() for line in plain if _ESCAPED_END.search(line)]
    return plain


def _goes_on(lines: Sequence[str], at: int) -> bool:
    """Tell whether a header or the end of the head comes behind a request line: a summary of it has none."""
    return at + 1 >= len(lines) or not lines[at + 1].strip() or HEADER.search(lines[at + 1]) is not None


def _single_spaced(lines: list[str]) -> list[str]:
    """Take out the empty lines of a text in which they alternate with all others, as when line ends were doubled."""
    first = next((i for i, line in enumerate(lines) if _begins(lines, i)), 0)
    head = lines[first + 1 : first + 2 * _DOUBLED + 1]
    doubled = len(head) == 2 * _DOUBLED and not any(line.strip() for line in head[::2])
    if not doubled or not all(HEADER.fullmatch(line.strip()) for line in head[1::2]):
        return lines
    return lines[: first + 1] + lines[first + 2 :: 2]


def _unwrapped(head: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Join lines that a terminal or mail program broke; what cannot have been broken stays and is refused later."""
    joined: list[tuple[int, str]] = []
    for number, line in head:
        before = joined[-1][1] if len(joined) > 1 else ""
        cut = before.endswith(": LOG") or (len(before) >= _AT_LEAST and not HEADER.fullmatch(line))
        if cut and line[:1] not in " \t":
            gap = " " if before.endswith((":", "LOG", ",")) else ""
            joined[-1] = (joined[-1][0], f"{before}{gap}{line}")
        else:
            joined.append((number, line))
    return joined


def _outdented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip() else line
