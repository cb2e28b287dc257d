"""Text with percent, JSON, C and HTML escapes undone; each place can be traced to the source.

A secret with some or all characters escaped is plain text in one of the views.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_from_bytes

from sls_contract.exchange import wire_bytes, wire_text

MAX_LEVELS = 5  #: of escaping: JSON in a form in JSON in a form, and one more

_TOKEN = re.compile(  # begins with a character set, which the engine finds fast
    rb"[%\\&](?:(?<=%)(?P<again>(?:25)*)(?P<percent>[0-9A-Fa-f]{2})"
    rb"|(?<=[\\%])u(?P<unicode>[0-9A-Fa-f]{4})"
    rb"|(?<=\\)(?:[ux]\{(?P<point>[0-9A-Fa-f]{1,8})\}|U(?P<long>[0-9A-Fa-f]{8})"
    rb"|x(?P<hex>[0-9A-Fa-f]{2})|(?P<octal>[0-3][0-7]{2})|(?P<letter>[\"\\/bfnrt']))"
    rb"|(?<=&)(?:\#(?P<decimal>\d{1,7});|\#[xX](?P<number>[0-9A-Fa-f]{1,8});"
    rb"|(?P<entity>amp|quot|apos|lt|gt|plus|sol|equals|colon|period|lowbar|hyphen|comma|num|percnt|commat|nbsp|shy);))"
)
_BREAK = re.compile(rb"[=\\]?\r?\n[ \t]*")  # also after = (quoted-printable) or \ (shell)
_QUOTED = re.compile(rb"=(?:\r?\n|([0-9A-Fa-f]{2}))")
_LOOKS_QUOTED = re.compile(rb"=(?:\r?\n|3[Dd]|2[BbFf]|(?:[0-9A-Fa-f]{2}=){2}[0-9A-Fa-f]{2})")
_LETTERS = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_ENTITIES = dict(
    zip(
        b"amp quot apos lt gt plus sol equals colon period lowbar hyphen comma num percnt commat nbsp shy".split(),
        (bytes([code]) for code in b"&\"'<>+/=:._-,#%@  "),
        strict=True,
    )
)
_BETWEEN_LETTERS = re.compile(rb"[^0-9A-Za-z]+")
_NO_LETTERS = b"".join(_BETWEEN_LETTERS.findall(bytes(range(256))))
_LARGEST = 0x10FFFF
_UNSAFE = re.compile(r"[^0-9A-Za-z*._-]")


@dataclass(frozen=True, slots=True)
class Edit:
    """A place (byte offsets) to be replaced by ``new``; ``kind`` is the kind of secret there."""

    start: int
    end: int
    new: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class View:
    """``source`` with its escapes undone once.

    Token number ``i`` is at ``spans[i]`` of the source and at ``starts[i]`` to ``ends[i]`` of ``text``.
    """

    source: bytes
    text: bytes
    spans: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def to_source(self, edit: Edit) -> Edit:
        """Translate an edit of the text into an edit of the source, with the escapes of the source."""
        start, end = self._place(edit.start)[0], self._place(edit.end - 1)[1]
        token = _TOKEN.search(self.source, start, end)
        return Edit(start, end, escaped_like(edit.new, token) if token else edit.new, edit.kind)

    def _place(self, at: int) -> tuple[int, int]:
        """Return where the character at ``at`` of the text begins and ends in the source."""
        token = bisect_right(self.starts, at) - 1
        if token < 0:
            return at, at + 1
        if at < self.ends[token]:
            return self.spans[token]
        place = self.spans[token][1] + at - self.ends[token]
        return place, place + 1


def unescaped(source: bytes) -> View | None:
    """Undo every escape once; None without escapes."""
    if b"%" not in source and b"\\" not in source and b"&" not in source:
        return None
    view = _view(source, _TOKEN, _decoded_escape)
    return view if view.spans else None


def joined_views(source: bytes, predicate: Callable[[bytes], bool]) -> Iterator[View]:
    """Yield the text without line breaks, and with quoted-printable (RFC 2045) decoded.

    A view is expensive, so it is made only if ``predicate`` returns true for its text.
    """
    if b"\n" in source and predicate(_BREAK.sub(b"", source)):
        yield _view(source, _BREAK, lambda _: b"")
    if _LOOKS_QUOTED.search(source) and predicate(_QUOTED.sub(_unquoted, source)):
        yield _view(source, _QUOTED, _unquoted)


def letters_of(text: bytes) -> bytes:
    """Return the letters and digits of a text."""
    return text.translate(None, _NO_LETTERS)


def letters_view(source: bytes) -> View:
    """Return the letters and digits of a text as a view."""
    return _view(source, _BETWEEN_LETTERS, lambda _: b"")


def is_continued(source: bytes) -> bool:
    """Return whether a text has backslashes at line ends, or quoted-printable escapes."""
    return b"\\\n" in source or b"\\\r\n" in source or _LOOKS_QUOTED.search(source) is not None


def _unquoted(token: re.Match[bytes]) -> bytes:
    return bytes.fromhex((token[1] or b"").decode())


def _view(source: bytes, tokens: re.Pattern[bytes], replacement: Callable[[re.Match[bytes]], bytes]) -> View:
    pieces: list[bytes] = []
    spans, starts, ends = [], [], []
    done = length = 0
    for token in tokens.finditer(source):
        text = replacement(token)
        start, end = token.span()
        pieces += (source[done:start], text)
        length += start - done
        spans.append((start, end))
        starts.append(length)
        length += len(text)
        ends.append(length)
        done = end
    pieces.append(source[done:])
    return View(source, b"".join(pieces), tuple(spans), tuple(starts), tuple(ends))


def views(source: bytes) -> Iterator[View]:
    """Yield the views of a text, each made from the one before, until no escape is left."""
    for _ in range(MAX_LEVELS):
        view = unescaped(source)
        if view is None:
            return
        yield view
        source = view.text


def fully_unescaped(text: bytes) -> bytes:
    """Return a text with all its escapes undone, which is equal for all spellings of a secret."""
    for view in views(text):
        text = view.text
    return text


def find(data: bytes, finder: Callable[[bytes], Iterable[Edit]]) -> list[Edit]:
    """Return the edits that a finder yields for a text and its views, as edits of the text; ordered, disjoint."""
    edits = list(finder(data))
    path: list[View] = []
    for view in views(data):
        path.append(view)
        for edit in finder(view.text):
            for step in reversed(path):
                edit = step.to_source(edit)  # noqa: PLW2901 - translated level by level
            edits.append(edit)
    return disjoint(edits)


def disjoint(edits: list[Edit]) -> list[Edit]:
    """Order edits by place; of those that overlap, keep the one that begins first, and the longest of these."""
    disjoint_edits: list[Edit] = []
    end = -1
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if edit.start >= end:
            disjoint_edits.append(edit)
            end = edit.end
    return disjoint_edits


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the data with ordered, disjoint edits applied."""
    pieces: list[bytes] = []
    done = 0
    for edit in edits:
        pieces += (data[done : edit.start], edit.new)
        done = edit.end
    return b"".join([*pieces, data[done:]])


def escaped_like(new: bytes, token: re.Match[bytes]) -> bytes:
    """Escape a replacement like the token that it replaces, so that the text around it stays well-formed."""
    if token["percent"] is not None:
        for _ in range(1 + len(token["again"]) // 2):
            new = quote_from_bytes(new, safe="*").encode()
        return new
    escape: Callable[[str], str] = _html if token[0].startswith(b"&") else _json
    return _UNSAFE.sub(lambda char: escape(char[0]), wire_text(new)).encode("utf-8", "surrogateescape")


def _html(char: str) -> str:
    return f"&#{ord(char)};" if char.isascii() else char


def _json(char: str) -> str:
    if not char.isascii():
        return char
    return "\\/" if char == "/" else char if char.isprintable() and char not in '"\\' else f"\\u{ord(char):04x}"


def _decoded_escape(token: re.Match[bytes]) -> bytes:
    group = token.lastgroup
    assert group is not None
    text = token[group]
    if group in ("percent", "hex"):
        return bytes([int(text, 16)])
    if group == "letter":
        return _LETTERS.get(text, text)
    if group == "entity":
        return _ENTITIES[text]
    if group == "octal":
        return bytes([int(text, 8)])
    code = int(text, 10 if group == "decimal" else 16)
    return chr(min(code, _LARGEST)).encode("utf-8", "surrogatepass")


def safe_bytes(text: str) -> bytes:
    """Encode any text, even with lone surrogates, which must not stop the scrub."""
    try:
        return wire_bytes(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
