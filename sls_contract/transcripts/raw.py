"""Read raw HTTP as people paste it: fenced, quoted, indented, with the prefix of a log, or from a packet dump.

Tolerated, because copies of text have them: blank lines before, after and between all lines, comments, ``HTTP 1.1``, a
missing version, a Content-Length that does not match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes
from sls_contract.transcripts.message import (
    HEADER,
    METHODS,
    STATUS_LINE,
    Entry,
    announced_length,
    is_request_line,
    request_of,
    response_of,
)

_PREFIXED = re.compile(rf"(.*?)((?:{METHODS}) (?:https?://|/)\S*(?: HTTP[/ ][0-9.]+)?[ \t]*)")
_NOISE = re.compile(r"\s*(?:```.*|~~~.*|#.*|//.*|-{3,}.*|={3,}.*|)")  # fences, comments, rules, blank lines
_FENCE = re.compile(r"\s*(?:```|~~~|-{5})")
_ESCAPED_END = re.compile(r"(?:\\r)?\\n$")
_DOUBLED = 3  # so many blank lines between headers mean that the text is double-spaced
MOST_REQUESTS = 1000
_AT_LEAST = 60  # characters; a shorter line was not wrapped


def read_raw(text: str) -> list[Entry]:
    """Return every request in a text, with the response after it; raises `UsageError` if none can be read."""
    original = text.split("\n")
    lines = _without_prefix(_single_spaced([line.removesuffix("\r") for line in original]))
    lines = [*_with_empty_line(lines)]
    if len(lines) != len(original):
        original = lines
    found: list[Entry] = []
    at = 0
    while at < len(lines):
        start = _next_start(lines, at, first=not found)
        if start is None:
            break
        end = next((i for i in range(start, len(lines)) if not lines[i].strip() or _FENCE.match(lines[i])), len(lines))
        indent = min((len(line) - len(line.lstrip()) for line in lines[start:end]), default=0)
        head = _unwrapped([(i + 1, lines[i][indent:]) for i in range(start, end)])
        stop = end + 1 if _FENCE.match("".join(lines[end : end + 1])) else _body_end(lines, end + 1)
        # If a prefix was removed from the empty line, the lines of the body have it, too; else they are unchanged.
        prefixed = end < len(lines) and lines[end] != original[end].removesuffix("\r")
        body = "\n".join(_outdented(line, indent) for line in (lines if prefixed else original)[end + 1 : stop])
        if found and STATUS_LINE.fullmatch(head[0][1].strip()):
            if found[-1].response is None:
                found[-1] = Entry(found[-1].request, response_of(head, wire_bytes(body)), found[-1].line)
        else:
            request = request_of(head, wire_bytes(body))
            found.append(_within_limit(found, Entry(request, None, start + 1)))
            if request.body and len(request.body) == announced_length(request):
                stop = end + 2 + request.body.count(b"\n")
        at = max(stop, end + 1)
    if not found:
        request_of([], b"")
    return found


def _with_empty_line(lines: Sequence[str]) -> Iterator[str]:
    """Insert the empty line before a JSON body that directly follows the headers."""
    headers = False
    for line in lines:
        if headers and line.startswith(("{", "[", '"')):
            yield ""
        headers = HEADER.fullmatch(line) is not None
        yield line


def _within_limit(found: Sequence[Entry], entry: Entry) -> Entry:
    if len(found) >= MOST_REQUESTS:
        msg = (
            f"line {entry.line}: expected at most {MOST_REQUESTS} requests, got more. "
            "How to fix: paste the request in question alone."
        )
        raise UsageError(msg)
    return entry


def begins_raw(text: str) -> bool:
    """Return whether a text begins with a request line and a header, so that the rest is its body."""
    lines = [line.strip() for line in text.split("\n", 20)[:20] if not _NOISE.fullmatch(line)][:2]
    return len(lines) > 1 and is_request_line(lines[0]) and HEADER.fullmatch(lines[1]) is not None


def _next_start(lines: Sequence[str], at: int, *, first: bool) -> int | None:
    """Return the start of the next message; for the first one, otherwise the first line that is not noise."""
    content = [i for i in range(at, len(lines)) if not _NOISE.fullmatch(lines[i])]
    start = next((i for i in content if _starts_message(lines, i)), None)
    return content[0] if start is None and first and content else start


def _starts_message(lines: Sequence[str], at: int) -> bool:
    line = lines[at].strip()
    return is_request_line(line) or STATUS_LINE.fullmatch(line) is not None


def _body_end(lines: Sequence[str], start: int) -> int:
    """Return the end of the body that begins at a line: before the next message with a version, or a fence."""
    for i in range(start, len(lines)):
        versioned = "HTTP" in lines[i] and _starts_message(lines, i)
        if versioned or _FENCE.match(lines[i]):
            return i
    return len(lines)


def _without_prefix(lines: list[str]) -> list[str]:
    """Remove the prefix of a log, a quotation or a packet dump from each line that has it."""
    shape = None
    plain = []
    for at, line in enumerate(lines):
        prefixed = _PREFIXED.fullmatch(line)
        if prefixed and prefixed[1].strip() and _starts_head(lines, at):
            shape = re.compile(re.sub(r"(?:\\ )*[0-9]+", " *[0-9]+", re.escape(prefixed[1])))
            plain.append(prefixed[2])
            continue
        prefix = shape.match(line) if shape else None
        plain.append(line[prefix.end() :] if prefix else line)
    if any(line.endswith("\\n") for line in plain):  # the packet tree of Wireshark spells line ends out
        plain = [_ESCAPED_END.sub("", line).strip() for line in plain if _ESCAPED_END.search(line)]
    return plain


def _starts_head(lines: Sequence[str], at: int) -> bool:
    """Return whether a header or the end of the head follows a line; otherwise the line is only a summary."""
    return at + 1 >= len(lines) or not lines[at + 1].strip() or HEADER.search(lines[at + 1]) is not None


def _single_spaced(lines: list[str]) -> list[str]:
    """Remove the empty lines of a text in which every second line is empty, because line ends were doubled."""
    first = next((i for i, line in enumerate(lines) if _starts_message(lines, i)), 0)
    head = lines[first + 1 : first + 2 * _DOUBLED + 1]
    doubled = len(head) == 2 * _DOUBLED and not any(line.strip() for line in head[::2])
    if not doubled or not all(HEADER.fullmatch(line.strip()) for line in head[1::2]):
        return lines
    return lines[: first + 1] + lines[first + 2 :: 2]


def _unwrapped(head: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Join lines that a terminal or mail program broke; other wrong lines stay, and are refused later."""
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
