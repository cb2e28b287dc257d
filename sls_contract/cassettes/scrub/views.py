"""Text as a reader would see it: percent, JSON, C and HTML escapes undone, every place traceable to the source.

A secret that is spelled with escapes, all of it or a few characters, stands in the clear in one of the views.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from sls_contract.exchange import wire_bytes, wire_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

LEVELS = 5  #: how many times escapes are undone: JSON in a form in JSON in a form, and one to spare

_TOKEN = re.compile(  # begins with a set of characters, for which the engine looks fast
    rb"[%\\&](?:(?<=%)(?P<again>(?:25)*)(?P<percent>[0-9A-Fa-f]{2})"
    rb"|(?<=[\\%])u(?P<unicode>[0-9A-Fa-f]{4})"
    rb"|(?<=\\)(?:[ux]\{(?P<point>[0-9A-Fa-f]{1,8})\}|U(?P<long>[0-9A-Fa-f]{8})"
    rb"|x(?P<hex>[0-9A-Fa-f]{2})|(?P<octal>[0-3][0-7]{2})|(?P<letter>[\"\\/bfnrt']))"
    rb"|(?<=&)(?:\#(?P<decimal>\d{1,7});|\#[xX](?P<number>[0-9A-Fa-f]{1,8});"
    rb"|(?P<entity>amp|quot|apos|lt|gt|plus|sol|equals|colon|period|lowbar|hyphen|comma|num|percnt|commat|nbsp|shy);))"
)
_BREAK = re.compile(rb"[=\\]?\r?\n[ \t]*")  # also with the sign of quoted-printable, or of a shell, before it
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
    """A place (byte offsets) to be replaced by ``new``; ``kind`` says what stood there."""

    start: int
    end: int
    new: bytes
    kind: str


@dataclass(frozen=True, slots=True)
class View:
    """``source`` with its escapes undone once.

    Token number ``i`` stands at ``spans[i]`` of the source and at ``starts[i]`` to ``ends[i]`` of ``text``.
    """

    source: bytes
    text: bytes
    spans: tuple[tuple[int, int], ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def back(self, edit: Edit) -> Edit:
        """Translate an edit of the text into one of the source, spelled as the source spells that place."""
        start, end = self._place(edit.start)[0], self._place(edit.end - 1)[1]
        token = _TOKEN.search(self.source, start, end)
        return Edit(start, end, spelled(edit.new, token) if token else edit.new, edit.kind)

    def _place(self, at: int) -> tuple[int, int]:
        """Return where in the source the character at ``at`` of the text begins and ends."""
        token = bisect_right(self.starts, at) - 1
        if token < 0:
            return at, at + 1
        if at < self.ends[token]:
            return self.spans[token]
        place = self.spans[token][1] + at - self.ends[token]
        return place, place + 1


def unescaped(source: bytes) -> View | None:
    """Undo every escape once; None where there is none."""
    if b"%" not in source and b"\\" not in source and b"&" not in source:
        return None
    view = _view(source, _TOKEN, _plain)
    return view if view.spans else None


def rejoined(source: bytes, holds: Callable[[bytes], bool]) -> Iterator[View]:
    """Yield the text as it was before it was broken over lines, and before it was made quoted-printable (RFC 2045).

    Only where ``holds`` says of such a text that it has what is looked for: a view of each line is dear.
    """
    if b"\n" in source and holds(_BREAK.sub(b"", source)):
        yield _view(source, _BREAK, lambda _: b"")
    if _LOOKS_QUOTED.search(source) and holds(_QUOTED.sub(_unquoted, source)):
        yield _view(source, _QUOTED, _unquoted)


def letters_of(text: bytes) -> bytes:
    """Return the letters and digits of a text, without all that stands between them."""
    return text.translate(None, _NO_LETTERS)


def letters_only(source: bytes) -> View:
    """Return the same as a view."""
    return _view(source, _BETWEEN_LETTERS, lambda _: b"")


def is_continued(source: bytes) -> bool:
    """Return whether a text has what is sure to be broken or quoted: a sign at the end of a line, or signs for others."""
    return b"\\\n" in source or b"\\\r\n" in source or _LOOKS_QUOTED.search(source) is not None


def _unquoted(token: re.Match[bytes]) -> bytes:
    return bytes.fromhex((token[1] or b"").decode())


def _view(source: bytes, tokens: re.Pattern[bytes], plain: Callable[[re.Match[bytes]], bytes]) -> View:
    pieces: list[bytes] = []
    spans, starts, ends = [], [], []
    done = length = 0
    for token in tokens.finditer(source):
        text = plain(token)
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
    """Yield the views of a text, each made of the one before, until no escape is left."""
    for _ in range(LEVELS):
        view = unescaped(source)
        if view is None:
            return
        yield view
        source = view.text


def plain(text: bytes) -> bytes:
    """Return a text with all its escapes undone: what equal secrets have in common, however they are spelled."""
    for view in views(text):
        text = view.text
    return text


def find(data: bytes, finder: Callable[[bytes], Iterable[Edit]]) -> list[Edit]:
    """Return what a finder finds in a text and in its views, as edits of the text, ordered, without overlap."""
    edits = list(finder(data))
    path: list[View] = []
    for view in views(data):
        path.append(view)
        for edit in finder(view.text):
            for step in reversed(path):
                edit = step.back(edit)  # noqa: PLW2901 - carried back level by level
            edits.append(edit)
    return disjoint(edits)


def disjoint(edits: list[Edit]) -> list[Edit]:
    """Order edits by place; of those that overlap, keep the one that begins first, and the longest of these."""
    kept: list[Edit] = []
    end = -1
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if edit.start >= end:
            kept.append(edit)
            end = edit.end
    return kept


def applied(data: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the data with ordered, disjoint edits done."""
    pieces: list[bytes] = []
    done = 0
    for edit in edits:
        pieces += (data[done : edit.start], edit.new)
        done = edit.end
    return b"".join([*pieces, data[done:]])


def spelled(new: bytes, token: re.Match[bytes]) -> bytes:
    """Spell a replacement the way of an escape that stood in its place, so that the text around stays well-formed."""
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


def _plain(token: re.Match[bytes]) -> bytes:
    """Return the bytes that an escape stands for."""
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
    """Encode text that need not come from a wire: a lone surrogate must not stop the scrub."""
    try:
        return wire_bytes(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")
