"""Split a stream of bytes into chunks of whole exchanges, in one pass; exchanges are parsed only to find their ends.

A chunk is a contiguous part of the file, so lines and secrets keep their places. Its limits depend on the file alone,
not on the engine, and so do the findings.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Literal, TypeAlias

from sls_contract.cassettes.file.parsing import NotReadable, not_json
from sls_contract.errors import EXPORT_AGAIN, CassetteDamaged

Kind: TypeAlias = Literal["cassette", "har", "lines", "flows"]
Span: TypeAlias = "tuple[int, int]"
Piece: TypeAlias = "tuple[str | bytes, list[Span]]"

_AGAIN: dict[Kind, str] = {
    "har": EXPORT_AGAIN,
    "lines": "restore the file from version control, or write it again, one exchange a line (docs/captures.md)",
    "flows": "restore the file from version control, or save the flows again, with mitmproxy 7 or later",
}
_MOST_EXCHANGES = 500  # per chunk; they take some tenths of a second to judge
_MOST_SIZE = 1024 * 1024  # bytes or characters per chunk, unless one exchange is larger
_LARGEST = 64 * 1024 * 1024  # bytes or characters per exchange
_NO_HAR = "no HAR: the list log.entries is missing"
_SPACE = re.compile(r"[ \t\r\n]*")
_DIGITS = re.compile(rb"([0-9]{1,12}):")
_DECODE = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive exchanges of a capture, as raw text.

    Attributes:
        source: path or URL of the capture.
        kind: the format of the capture.
        line: the line, counted from 1, at which ``data`` begins; None in formats without lines.
        data: the text of the file; empty for a cassette, which is read as a whole.
        size: the approximate number of bytes to judge.
        spans: start and end of each exchange in ``data``.
        whole: whether this is the only chunk of the capture.
        last: whether this is the last chunk of the capture.
        damage: line and reason, if the file is damaged after ``data``.
        failure: why the rest of a file that may be whole could not be read.

    """

    source: str
    kind: Kind
    line: int | None = None
    data: str | bytes = b""
    spans: tuple[Span, ...] = ()
    size: int = 0
    whole: bool = False
    last: bool = False
    damage: tuple[int | None, str] | None = None
    failure: str | None = None

    def damaged(self, line: int | None, reason: str) -> CassetteDamaged:
        """Return the error that names the place of the damage and how to restore a file of this format."""
        return CassetteDamaged(self.source, line, reason, _AGAIN.get(self.kind, ""))

    def placed(self) -> Iterator[tuple[int | None, Span]]:
        """Yield the line at which each exchange begins, and its span."""
        line, at = self.line, 0
        for start, end in self.spans:
            if line is not None:
                line += self.data[at:start].count("\n" if isinstance(self.data, str) else b"\n")  # type: ignore[arg-type]  # str or bytes, as data
            at = start
            yield line, (start, end)


def pieces_of_lines(blocks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield the lines of a JSON Lines file without the blank ones; raises `NotReadable`."""
    return _pieces(chain(blocks, (b"\n",)), lambda data, at: data.find(b"\n", at) + 1 or None)


def pieces_of_flows(blocks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield the flows of a mitmproxy file, which are concatenated netstrings; raises `NotReadable`."""
    return _pieces(blocks, _end_of_netstring)


def _pieces(blocks: Iterable[bytes], end_of: Callable[[bytes, int], int | None]) -> Iterator[Piece]:
    rest, spans, at = b"", list[Span](), 0
    try:
        for block in blocks:
            rest += block
            while (end := end_of(rest, at)) is not None:
                if rest[at:end].strip():
                    spans.append((at, end))
                at = end
                if len(spans) >= _MOST_EXCHANGES or at >= _MOST_SIZE:
                    yield rest[:at], spans
                    rest, spans, at = rest[at:], [], 0
            _refuse(len(rest) - at > _LARGEST, "an exchange of more than 64 MiB")
        _refuse(bool(rest[at:].strip()), "the file is cut off")
    except NotReadable:
        yield rest[:at], spans  # those before the damage
        raise
    yield rest[:at], spans


def _refuse(wrong: bool, reason: str) -> None:  # noqa: FBT001 - read as a sentence
    if wrong:
        raise NotReadable(None, reason)


def _end_of_netstring(data: bytes, at: int) -> int | None:
    """Return the end of the netstring that begins at a position; None if it has not been read completely."""
    found = _DIGITS.match(data, at)
    if found is None:
        if len(data) - at > len("123456789012:") or (data[at:] and not data[at:].isdigit()):
            raise NotReadable(None, "not a file of flows: the length that mitmproxy writes before each flow is missing")
        return None
    end = found.end() + int(found[1]) + 1  # the content and its type letter
    return end if end <= len(data) else None


def pieces_of_har(blocks: Iterable[bytes]) -> Iterator[Piece]:
    """Yield the entries of a HAR and the text around them; raises `NotReadable`."""
    text = _JsonText(blocks)
    found = False
    for key in text.members():
        if key != "log":
            text.value()
            continue
        for inner in text.members():
            if inner == "entries":
                found = True
                yield from _entries(text)
            else:
                text.value()
    text.expect_end()
    if not found:
        raise NotReadable(None, _NO_HAR)
    yield text.taken(), []


def begins_with_log(head: bytes) -> bool:
    """Return whether a text is a HAR as far as it is known: an object whose key ``log``, after any others, is one."""
    text = _JsonText([head])
    try:
        for key in text.members():
            if key == "log":
                return text.opens_object()
            text.value()
    except NotReadable:
        pass
    return False


def _entries(text: _JsonText) -> Iterator[Piece]:
    spans = list[Span]()
    try:
        for _ in text.items():
            size = text.value()
            spans.append((text.at - size, text.at))
            if len(spans) >= _MOST_EXCHANGES or text.at >= _MOST_SIZE:
                yield text.taken(), spans
                spans = []
    except NotReadable:
        yield text.taken(), spans  # those before the damage
        raise
    yield text.taken(), spans


class _JsonText:
    """A JSON text that is read as far as needed; text that was taken is discarded.

    Attributes:
        text: the text that was read and not yet taken.
        at: the position up to which it was scanned.

    """

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._line = 1
        self._ended = False
        self.text, self.at = "", 0

    def taken(self) -> str:
        """Return the scanned text and discard it."""
        taken, self.text, self.at = self.text[: self.at], self.text[self.at :], 0
        self._line += taken.count("\n")
        return taken

    def members(self) -> Iterator[str]:
        """Yield each key of an object; the caller reads the value before it continues."""
        seen: set[str] = set()
        for _ in self._parts("{", "}"):
            start = self.at
            self.value()
            try:
                key = json.loads(self.text[start : self.at])
            except ValueError:
                key = None
            if not isinstance(key, str):
                raise self._fault(start)
            if key in seen:
                raise NotReadable(self._line_at(start), f"the key {key!r} appears twice in an object")
            seen.add(key)
            self._expect(":")
            yield key

    def items(self) -> Iterator[None]:
        """Yield before each item of a list; the caller reads the item before it continues."""
        if self._next() != "[":
            raise NotReadable(None, _NO_HAR)
        yield from self._parts("[", "]")

    def value(self) -> int:
        """Read one value and return its length in characters."""
        self._next()
        while True:
            try:
                _, end = _DECODE(self.text, self.at)
            except ValueError:
                if not self._fill():
                    raise self._fault(self.at) from None
                continue
            except RecursionError:
                raise NotReadable(self._line_at(self.at), "too deeply nested") from None
            if end == len(self.text) and self._fill():  # a number may continue
                continue
            size, self.at = end - self.at, end
            return size

    def opens_object(self) -> bool:
        """Return whether an object comes next."""
        return self._next() == "{"

    def expect_end(self) -> None:
        """Raise `NotReadable` for any text after the document."""
        self._demand(not self._next(), "the end")

    def _parts(self, opening: str, closing: str) -> Iterator[None]:
        self._expect(opening)
        if self._next() == closing:
            self.at += 1
            return
        while True:
            self._next()
            yield
            mark = self._next()
            self._demand(mark in {",", closing}, f"a comma or {closing}")
            self.at += 1
            if mark == closing:
                return

    def _expect(self, mark: str) -> None:
        self._demand(self._next() == mark, mark)
        self.at += 1

    def _next(self) -> str:
        """Return the next character that is not whitespace; empty at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._fill():
                return ""

    def _fill(self) -> bool:
        """Read at least as much text as is already pending, so that the time for a long value stays linear."""
        waiting = len(self.text) - self.at
        if self._ended or waiting > _LARGEST:
            return False
        parts, size = [self.text], 0
        while size <= min(waiting, _LARGEST - waiting) and not self._ended:
            parts.append(self._decoded())
            size += len(parts[-1])
        self.text = "".join(parts)
        return size > 0

    def _decoded(self) -> str:
        block = next(self._blocks, b"")
        self._ended = not block
        try:
            return self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            line = self._line_at(len(self.text)) + error.object.count(b"\n", 0, error.start)
            raise NotReadable(line, f"not UTF-8: byte 0x{error.object[error.start]:02x}") from None

    def _demand(self, right: bool, expected: str) -> None:  # noqa: FBT001 - read as a sentence
        if not right:
            raise NotReadable(self._line_at(self.at), f"not JSON: expected {expected}")

    def _fault(self, at: int) -> NotReadable:
        """Return the error for the text from a position on."""
        if len(self.text) - at > _LARGEST:
            return NotReadable(self._line_at(at), "a value of more than 64 MiB")
        fault = not_json(self.text[at:])
        return NotReadable(self._line_at(at) + (fault.line or 1) - 1, fault.reason)

    def _line_at(self, at: int) -> int:
        return self._line + self.text.count("\n", 0, at)
