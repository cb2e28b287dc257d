"""Encodings that hide text inside other text: base64 (also folded over lines), hex, gzip and zlib."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

MAX_CONTENT = 32 * 1024 * 1024  #: bytes; the limit of one decompressed text
_MIN_LENGTH = 11  # characters: the base64 of eight bytes
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
_GZIP_WINDOW = 31  # zlib: 16 for gzip, plus 15 for the largest window
_MAX_MEMBERS = 100  # decompressed as one text; further ones count as another
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_PROBE_BYTES = 4096  # enough bytes to see whether data is compressed
_EMBEDDED_MAGIC = (b"\x1f\x8b\x08", b"\x78\x9c", b"\x78\xda")  # the other signatures are also plain text
_LZMA = b"\x5d\0\0"  # too short to be searched for
#: Name, a text that is found fast, and how the archive begins.
_ARCHIVES = (
    ("zip", b"PK\x03\x04", re.compile(rb"PK\x03\x04[\x0a-\x3f]\x00")),
    ("bzip2", b"1AY&SY", re.compile(rb"BZh[1-9]1AY&SY")),
    ("xz", b"\xfd7zXZ\0", re.compile(rb"\xfd7zXZ\x00")),
    ("7z", b"7z\xbc\xaf\x27\x1c", re.compile(rb"7z\xbc\xaf\x27\x1c")),
    ("rar", b"Rar!\x1a\x07", re.compile(rb"Rar!\x1a\x07")),
    ("zstd", b"\x28\xb5\x2f\xfd", re.compile(rb"\x28\xb5\x2f\xfd")),
    ("lz4", b"\x04\x22\x4d\x18", re.compile(rb"\x04\x22\x4d\x18[\x40-\x7f]")),
)
_IN_BASE64 = (
    ("zip", b"UEsDB", re.compile(rb"UEsDB[A-D][0-9A-Za-z+/_-]A")),
    ("bzip2", b"FBWSZTW", re.compile(rb"Qlpo[MNO][0-9A-Za-z]FBWSZTW")),
    ("xz", b"Td6WFoA", re.compile(rb"Td6WFoA")),
    ("7z", b"N3q8ryccA", re.compile(rb"N3q8ryccA")),
    ("rar", b"UmFyIRoH", re.compile(rb"UmFyIRoH")),
    ("zstd", b"KLUv", re.compile(rb"(?<![0-9A-Za-z+/_-])KLUv[/_][Q-T]")),
    ("lz4", b"BCJNG", re.compile(rb"(?<![0-9A-Za-z+/_-])BCJNG[E-H]")),
)
_QUANTUM = 4
_GAP = b"AAAA"
_SLICE = 1024 * 1024
_HEX_DIGITS = b"0123456789ABCDEFabcdef"
_GZIP_WORD = b"H4sI"
_LOOKS_PACKED = re.compile(rb"H4sI|e[JNAF]").match  # how gzip and zlib begin in base64


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text that can be decoded; ``encode`` writes other content in the same encoding."""

    start: int
    end: int
    content: bytes
    fold: bytes
    width: int
    alphabet: str
    padded: bool

    def encode(self, content: bytes) -> bytes:
        """Encode content like the run: alphabet, padding, letter case, line length."""
        if self.alphabet in ("hex", "HEX"):
            return content.hex().encode() if self.alphabet == "hex" else content.hex().upper().encode()
        text = binascii.b2a_base64(content, newline=False)
        text = text if self.padded else text.rstrip(b"=")
        text = text.translate(_URL_SAFE) if self.alphabet == "url-safe" else text
        return (
            self.fold.join(text[at : at + self.width] for at in range(0, len(text), self.width)) if self.fold else text
        )


def decoded_words(text: bytes) -> bytes:
    """Return all words that may be base64 or hex, decoded at each alignment and joined; for detection only.

    Folded base64 is also included undecoded, without its line breaks. Each word is decoded once, however often the text
    repeats it: recordings repeat most words.
    """
    long_words = _long_words(text)
    words = [word for word in long_words if word != word.lower()]
    pieces = [_decode_joined([word[shift:] for word in words]) for shift in range(_QUANTUM)] if words else []
    folded = [_FOLD.sub(b"", run) for run in _folded(text)]
    pieces += [*folded, *map(_decoded, folded)]
    tails = [tail for word in words for _, tail in _gzip_suffixes(word)] if _GZIP_WORD in text else []
    packed = map(unpacked, map(_decoded, [*filter(_LOOKS_PACKED, [*words, *folded]), *tails]))
    pieces += (each.content for each in packed if each)
    pieces += (bytes.fromhex(word[: len(word) & ~1].decode()) for word in long_words if not word.strip(_HEX_DIGITS))
    return b"\0\0".join(pieces)


def _gzip_suffixes(word: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield suffixes that may be gzip in base64 with other text before them (a path, for example), with their place."""
    at = word.find(_GZIP_WORD, 1)
    while at > 0:
        yield at, word[at:]
        at = word.find(_GZIP_WORD, at + 1)


def _long_words(text: bytes) -> set[bytes]:
    """Return every long word, reading a megabyte at a time: all words of a large file would fill the memory."""
    found: set[bytes] = set()
    start = 0
    while start < len(text):
        end = text.find(b"\n", start + _SLICE) + 1 or len(text)
        words = set(text[start:end].translate(_SEPARATORS).split())  # a set, since recordings repeat most words
        found.update(word for word in words if len(word) >= _MIN_LENGTH)
        start = end
    return found


def _decode_joined(words: list[bytes]) -> bytes:
    return binascii.a2b_base64(_GAP.join(word + b"A" * (-len(word) % _QUANTUM) for word in words).translate(_STANDARD))


def _folded(text: bytes) -> Iterator[bytes]:
    """Yield text that may be base64 folded over lines: the end of a line and the following lines of the alphabet."""
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
    """Yield each word that may be base64 or hex, with its runs at each alignment, the likeliest first."""
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
        for at, tail in _gzip_suffixes(match[0]):
            yield from islice(_aligned(tail, match.start() + at, b"", 0), 1)
        yield from _aligned(match[0], match.start(), b"", 0)
        return
    joined = _FOLD.sub(b"", match[0])
    yield from _aligned(joined, match.start(), fold[0], fold.start(), length=len(match[0]))
    place = match.start()
    for line in _FOLD.split(match[0]):
        at = match.string.index(line, place)
        place = at + len(line)
        if len(line) >= _MIN_LENGTH:
            yield from _aligned(line, at, b"", 0)


def _aligned(text: bytes, start: int, fold: bytes, width: int, length: int | None = None) -> Iterator[Run]:
    """Yield the runs decoded from each of the first four characters; only the first can be folded."""
    stripped = text.rstrip(b"=")
    alphabet = "url-safe" if b"-" in stripped or b"_" in stripped else "standard"
    padded = len(stripped) != len(text) or len(stripped) % _QUANTUM == 0
    for shift in range(_QUANTUM):
        usable = len(stripped) - (1 if (len(stripped) - shift) % _QUANTUM == 1 else 0)
        if usable - shift < _MIN_LENGTH:
            return
        end = start + (length or len(text)) if usable == len(stripped) else start + (length or usable)
        yield Run(start + shift, end, _decoded(stripped[shift:usable]), fold, width, alphabet, padded)
        if fold:
            return


def _decoded(text: bytes) -> bytes:
    """Decode base64 of either alphabet; surplus characters at the end are ignored."""
    text = text.translate(_STANDARD)
    rest = len(text) % _QUANTUM
    text = text[:-1] if rest == 1 else text + b"=" * (-len(text) % _QUANTUM)
    return binascii.a2b_base64(text)


@dataclass(frozen=True, slots=True)
class Packed:
    """Decompressed text: content, compression, whether its end was present, and the bytes after it."""

    content: bytes
    window: int
    complete: bool
    rest: bytes

    def pack(self, content: bytes, rest: bytes = b"") -> bytes:
        """Compress other content the same way; truncated data stays truncated. Equal content gives equal bytes."""
        packer = zlib.compressobj(wbits=self.window)
        end = zlib.Z_FINISH if self.complete else zlib.Z_SYNC_FLUSH
        return packer.compress(content) + packer.flush(end) + rest


def is_packed(data: bytes) -> bool:
    """Return whether data begins like gzip or zlib."""
    return data.startswith((_GZIP, *_ZLIB))


def archive_format(data: bytes) -> str | None:
    """Return the name of an archive or compression format in the data that is not decompressed here; None without one.

    It may be the data, a part of it (of a form, of a message), or base64 in it.
    """
    if data.startswith(_LZMA):
        return "lzma"
    kinds = _IN_BASE64 if data.isascii() else _ARCHIVES + _IN_BASE64
    return next((name for name, stem, pattern in kinds if stem in data and pattern.search(data)), None)


def unpacked(data: bytes) -> Packed | None:
    """Return the content of gzip or zlib data; None if it is neither, damaged, or larger than 32 MiB."""
    if data.startswith(_GZIP):
        return _unpack(data, _GZIP_WINDOW)
    return _unpack(data, 15) if data.startswith(_ZLIB) else None


def embedded(data: bytes) -> Iterator[tuple[int, int, Packed]]:
    """Yield gzip and zlib data inside other data, such as a field of a message, with start and end."""
    for magic in _EMBEDDED_MAGIC:
        at = data.find(magic, 1)
        while at > 0:
            packed = unpacked(data[at:]) if unpacked(data[at : at + _PROBE_BYTES]) else None
            end = at + 1 if packed is None else len(data) - len(packed.rest)
            if packed:
                yield at, end, packed
            at = data.find(magic, end)


def undeflated(data: bytes) -> Packed | None:
    """Return the content of a body in the deflate coding, with or without the zlib wrapper; None as in `unpacked`."""
    return _unpack(data, 15) or _unpack(data, -15)


def _unpack(data: bytes, window: int) -> Packed | None:
    """Decompress once. Gzip may have several members, which form one text (source: RFC 1952, 2.2)."""
    content, unpacker = b"", zlib.decompressobj(wbits=window)
    try:
        content = unpacker.decompress(data, MAX_CONTENT)
        for _ in range(_MAX_MEMBERS):
            if not (unpacker.eof and window == _GZIP_WINDOW and unpacker.unused_data.startswith(_GZIP)):
                break
            member = zlib.decompressobj(wbits=window)
            content += member.decompress(unpacker.unused_data, MAX_CONTENT)
            unpacker = member
    except zlib.error:
        if not content:
            return None
    if unpacker.unconsumed_tail or len(content) > MAX_CONTENT or not (content or unpacker.eof):
        return None
    return Packed(content, window, unpacker.eof, unpacker.unused_data)
