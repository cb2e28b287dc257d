"""What hides text inside other text: base64 (also folded over lines), hex, gzip and zlib."""

from __future__ import annotations

import binascii
import re
import zlib
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 32 * 1024 * 1024  #: bytes that one compressed text may unfold to
_SHORTEST = 11  # characters: the base64 of eight bytes
_RUN = re.compile(rb"[0-9A-Za-z+/_-]{11,}(?:\r?\n[ \t]*[0-9A-Za-z+/_-]+)*={0,2}")
_FOLDED = re.compile(rb"[0-9A-Za-z+/_-]+(?:\r?\n[ \t]*[0-9A-Za-z+/_-]+)+")
_FOLDS = re.compile(rb"\n(?:(?<=[0-9A-Za-z+/_-]{11}\n)|(?<=[0-9A-Za-z+/_-]{11}\r\n))[ \t]*[0-9A-Za-z+/_-]")
_HEX = re.compile(rb"[0-9A-Fa-f]{16,}")
_FOLD = re.compile(rb"\r?\n[ \t]*")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/-_"
_SEPARATORS = bytes(code if code in _ALPHABET else 32 for code in range(256))
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31  # as zlib wants it
_MOST_MEMBERS = 100  # that are read as one text; those behind are another
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ENOUGH = 4096  # bytes of compressed text that show whether it is some
_INSIDE = (b"\x1f\x8b\x08", b"\x78\x9c", b"\x78\xda")  # the other beginnings are text, too
_ARCHIVES = (
    ("zip", b"PK\x03\x04"),
    *(("bzip2", b"BZh%d1AY&SY" % level) for level in range(1, 10)),
    ("xz", b"\xfd7zXZ\0"),
    ("lzma", b"\x5d\0\0"),
    ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("rar", b"Rar!\x1a\x07"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("lz4", b"\x04\x22\x4d\x18"),
)
_QUANTUM = 4
_GAP = b"AAAA"
_SLICE = 1024 * 1024
_HEX_DIGITS = b"0123456789ABCDEFabcdef"
_GZIP_WORD = b"H4sI"
_LOOKS_PACKED = re.compile(rb"H4sI|e[JNAF]").match  # gzip and zlib begin so in base64


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that can be decoded; ``encode`` writes other content in the same manner."""

    start: int
    end: int
    content: bytes
    fold: bytes
    width: int
    alphabet: str
    padded: bool

    def encode(self, content: bytes) -> bytes:
        """Spell content as the run was spelled: alphabet, padding, letter case, line length."""
        if self.alphabet in ("hex", "HEX"):
            return content.hex().encode() if self.alphabet == "hex" else content.hex().upper().encode()
        text = binascii.b2a_base64(content, newline=False)
        text = text if self.padded else text.rstrip(b"=")
        text = text.translate(_URL_SAFE) if self.alphabet == "url-safe" else text
        return (
            self.fold.join(text[at : at + self.width] for at in range(0, len(text), self.width)) if self.fold else text
        )


def glimpse(text: bytes) -> bytes:
    """Return all words that may be base64 or hex, decoded at each alignment, run together: enough to detect.

    What is folded over lines stands there as it is, too, without its breaks. Each word stands there once, however often
    the text repeats it: recordings are alike.
    """
    every = _long_words(text)
    words = [word for word in every if word != word.lower()]
    pieces = [_together([word[shift:] for word in words]) for shift in range(_QUANTUM)] if words else []
    folded = [_FOLD.sub(b"", run) for run in _folded(text)]
    pieces += [*folded, *map(_decoded, folded)]
    tails = [tail for word in words for _, tail in _tails(word)] if _GZIP_WORD in text else []
    packed = map(unpacked, map(_decoded, [*filter(_LOOKS_PACKED, [*words, *folded]), *tails]))
    pieces += (one.content for one in packed if one)
    pieces += (bytes.fromhex(word[: len(word) & ~1].decode()) for word in every if not word.strip(_HEX_DIGITS))
    return b"\0\0".join(pieces)


def _tails(word: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield, with its place, what may be gzip in base64 that other text runs into: a path, say."""
    at = word.find(_GZIP_WORD, 1)
    while at > 0:
        yield at, word[at:]
        at = word.find(_GZIP_WORD, at + 1)


def _long_words(text: bytes) -> set[bytes]:
    """Return every word, from lines of a megabyte at a time: all words of a large file would fill the memory."""
    found: set[bytes] = set()
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _SLICE) + 1 or len(text)
        words = set(text[start:end].translate(_SEPARATORS).split())  # recordings are alike: few words are left
        found.update(word for word in words if len(word) >= _SHORTEST)
        start = end
    return found


def _together(words: list[bytes]) -> bytes:
    return binascii.a2b_base64(_GAP.join(word + b"A" * (-len(word) % _QUANTUM) for word in words).translate(_STANDARD))


def _folded(text: bytes) -> Iterator[bytes]:
    """Yield what may be base64 folded over lines: a line that ends in it, and whatever of the alphabet goes on."""
    done = 0
    for fold in _FOLDS.finditer(text):
        if fold.start() >= done:
            line = text.rfind(b"\n", 0, fold.start()) + 1
            head = text[line : fold.start()].removesuffix(b"\r").rstrip(_ALPHABET)
            run = _FOLDED.match(text, line + len(head))
            assert run is not None
            done = run.end()
            yield run[0]


def runs(text: bytes) -> Iterator[tuple[tuple[str, bytes], Iterator[Run]]]:
    """Yield each word that may be base64 or hex, as that, with its runs: at each alignment, the likeliest first."""
    for match in _RUN.finditer(text):
        yield ("base64", match[0]), _base64_runs(match)
    for match in _HEX.finditer(text):
        yield ("hex", match[0]), _hex_runs(match)


def _hex_runs(match: re.Match[bytes]) -> Iterator[Run]:
    for start in (match.start(), match.start() + 1):
        end = match.end() - (match.end() - start) % 2
        digits = match.string[start:end].decode()
        alphabet = "HEX" if digits.upper() == digits else "hex"
        yield Run(start, end, bytes.fromhex(digits), b"", 0, alphabet, padded=False)


def _base64_runs(match: re.Match[bytes]) -> Iterator[Run]:
    fold = _FOLD.search(match[0])
    if not fold:
        for at, tail in _tails(match[0]):
            yield from islice(_aligned(tail, match.start() + at, b"", 0), 1)
        yield from _aligned(match[0], match.start(), b"", 0)
        return
    joined = _FOLD.sub(b"", match[0])
    yield from _aligned(joined, match.start(), fold[0], fold.start(), whole=len(match[0]))
    place = match.start()
    for line in _FOLD.split(match[0]):
        at = match.string.index(line, place)
        place = at + len(line)
        if len(line) >= _SHORTEST:
            yield from _aligned(line, at, b"", 0)


def _aligned(text: bytes, start: int, fold: bytes, width: int, whole: int | None = None) -> Iterator[Run]:
    """Yield the run as decoded from each of its first four characters on; only the first can be folded."""
    bare = text.rstrip(b"=")
    alphabet = "url-safe" if b"-" in bare or b"_" in bare else "standard"
    padded = len(bare) != len(text) or len(bare) % _QUANTUM == 0
    for shift in range(_QUANTUM):
        usable = len(bare) - (1 if (len(bare) - shift) % _QUANTUM == 1 else 0)
        if usable - shift < _SHORTEST:
            return
        end = start + (whole or len(text)) if usable == len(bare) else start + (whole or usable)
        yield Run(start + shift, end, _decoded(bare[shift:usable]), fold, width, alphabet, padded)
        if fold:
            return


def _decoded(text: bytes) -> bytes:
    """Decode base64 of either alphabet; characters left over at the end do not count."""
    text = text.translate(_STANDARD)
    rest = len(text) % _QUANTUM
    text = text[:-1] if rest == 1 else text + b"=" * (-len(text) % _QUANTUM)
    return binascii.a2b_base64(text)


@dataclass(frozen=True, slots=True)
class Packed:
    """A compressed text: its content, how it was compressed, whether its end was there, what stands behind it."""

    content: bytes
    window: int
    complete: bool
    rest: bytes

    def pack(self, content: bytes, rest: bytes = b"") -> bytes:
        """Compress other content the same way; what was cut off stays cut off. The same content, the same bytes."""
        packer = zlib.compressobj(wbits=self.window)
        end = zlib.Z_FINISH if self.complete else zlib.Z_SYNC_FLUSH
        return packer.compress(content) + packer.flush(end) + rest


def is_packed(data: bytes) -> bool:
    """Return whether data begins as gzip or zlib does."""
    return data.startswith((_GZIP, *_ZLIB))


def archive(data: bytes) -> str | None:
    """Name the archive or compressed file that data begins as, where it is one that is not looked into; else None."""
    return next((name for name, beginning in _ARCHIVES if data.startswith(beginning)), None)


def unpacked(data: bytes) -> Packed | None:
    """Return the content of gzip or zlib data; None where it is neither, is damaged, or unfolds beyond 32 MiB."""
    if data.startswith(_GZIP):
        return _unpack(data, _GZIP_WINDOW)
    return _unpack(data, 15) if data.startswith(_ZLIB) else None


def embedded(data: bytes) -> Iterator[tuple[int, int, Packed]]:
    """Yield gzip and zlib that begin inside of data, such as a field of a message, with their places."""
    for sign in _INSIDE:
        at = data.find(sign, 1)
        while at > 0:
            packed = unpacked(data[at:]) if unpacked(data[at : at + _ENOUGH]) else None
            end = at + 1 if packed is None else len(data) - len(packed.rest)
            if packed:
                yield at, end, packed
            at = data.find(sign, end)


def undeflated(data: bytes) -> Packed | None:
    """Return the content of a body in the deflate coding, with or without the zlib wrapper; None as in `unpacked`."""
    return _unpack(data, 15) or _unpack(data, -15)


def _unpack(data: bytes, window: int) -> Packed | None:
    """Undo one compression. Gzip may come in several members, which say one text (source: RFC 1952, 2.2)."""
    content, unpacker = b"", zlib.decompressobj(wbits=window)
    try:
        content = unpacker.decompress(data, LARGEST)
        for _ in range(_MOST_MEMBERS):
            if not (unpacker.eof and window == _GZIP_WINDOW and unpacker.unused_data.startswith(_GZIP)):
                break
            behind = zlib.decompressobj(wbits=window)
            content += behind.decompress(unpacker.unused_data, LARGEST)
            unpacker = behind
    except zlib.error:
        if not content:
            return None
    if unpacker.unconsumed_tail or len(content) > LARGEST or not (content or unpacker.eof):
        return None
    return Packed(content, window, unpacker.eof, unpacker.unused_data)
