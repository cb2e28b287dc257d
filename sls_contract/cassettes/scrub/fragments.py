"""Finds the run's key in encodings without visible escapes, whole or split by other text.

Only letters and digits are compared. So blanks, quotes, tags, line prefixes and the columns of a dump between two
pieces do not matter. The special characters of an alphabet need not be known, either.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.cassettes.scrub.names import MASK, Kind, looks_random
from sls_contract.cassettes.scrub.views import letters_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.scrub.spellings import Secret

_MIN_SECRET = 16  # bytes; a piece of a shorter secret could be other text
_CHUNK = 8  # letters per lookup
_STEP = 4  # letters between two chunks of a text: a piece of eleven letters contains a whole chunk
_STARTS = (0, _STEP)
_SEQUENCES = b"01234567890123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # common in any text
_PIECE = 12  # letters or digits
_DIGIT = re.compile(rb"[0-9]")
_WORD = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+|[0-9]")
_WORD_LENGTH = 3.5  # letters; a random text has shorter words on average
_MIN_DISTINCT = 5  # different letters among `_MIN_SECRET`


class _Spelling(NamedTuple):
    """A secret in one alphabet: its letters and digits, how many of them identify it, and the replacement."""

    letters: bytes
    minimum: int
    public: bytes
    kind: Kind
    chunks: frozenset[int]


class _Alphabet(NamedTuple):
    """An encoding of bytes.

    Attributes:
        write: encodes bytes.
        minimum: the number of characters with the information of `_PIECE` letters.
        group: how many bytes are encoded together in how many characters; (0, 0): each byte by itself.
        caseless: whether letter case has no meaning.

    """

    write: Callable[[bytes], bytes]
    minimum: int = _PIECE
    group: tuple[int, int] = (0, 0)
    caseless: bool = False


def _bytewise(form: str) -> Callable[[bytes], bytes]:
    """Return a function that formats each byte; ``{0}`` is its index, ``{1}`` its value, ``{2}`` its character."""
    return lambda data: "".join(form.format(at, byte, chr(byte)) for at, byte in enumerate(data)).encode("latin-1")


def _little_endian_words(data: bytes) -> bytes:
    """Return words of two bytes as hex numbers, as ``od -x`` and ``hexdump`` print them."""
    return b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2)).hex().encode()


def _translated(encode: Callable[[bytes], bytes], old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    table = bytes.maketrans(old, new)
    return lambda data: encode(data).translate(table)


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE85 = (
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",  # ZeroMQ
)
_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"abcdefghijklmnopqrstuvwxyz"


def _base58(data: bytes) -> bytes:
    number, digits = int.from_bytes(data, "big"), b""
    while number:
        number, digit = divmod(number, len(_BASE58))
        digits = _BASE58[digit : digit + 1] + digits
    return digits


_ALPHABETS = (
    _Alphabet(base64.b64encode, group=(3, 4)),
    _Alphabet(base64.b64encode, 16, (3, 4), caseless=True),  # base64 in names that were lower-cased
    _Alphabet(_base58),
    _Alphabet(_translated(bytes, b"".join(_LETTERS), b"".join(each[13:] + each[:13] for each in _LETTERS))),  # rot13
    _Alphabet(_translated(base64.b64encode, _BASE64, bytes(range(32, 96))), group=(3, 4)),  # uuencode
    _Alphabet(base64.b32encode, 16, (5, 8), caseless=True),
    _Alphabet(_translated(base64.b32encode, _BASE32, b"0123456789ABCDEFGHIJKLMNOPQRSTUV"), 16, (5, 8), caseless=True),
    _Alphabet(base64.b85encode, group=(4, 5)),
    _Alphabet(_translated(base64.b85encode, *_BASE85), group=(4, 5)),
    _Alphabet(base64.a85encode, group=(4, 5)),
    _Alphabet(_little_endian_words, 2 * _PIECE, (2, 4), caseless=True),
    _Alphabet(lambda data: data[::-1]),
    *(_Alphabet(_bytewise(form), 30) for form in ("{1}", "{1:03}", "{1:o}", "{1:03o}", "0{1:o}", "{0}{1}", "chr{1}")),
    _Alphabet(_bytewise("{0}{2}"), 24),
)


@dataclass(frozen=True)
class Fragments:
    """Finds the remains of secrets in text that was cut, wrapped, marked up or written in another alphabet."""

    secrets: tuple[Secret, ...]

    def any_in(self, text: bytes) -> bool:
        """Return whether one of the secrets is in the letters and digits of a text."""
        return bool(self.secrets) and any(True for _ in self.places(letters_of(text)))

    def places(self, letters: bytes) -> Iterator[tuple[int, int, bytes, str]]:
        """Yield each place (start, end), with its replacement and the kind of secret."""
        spellings, known = self._spellings
        if len(letters) < _PIECE or all(known.isdisjoint(_chunks(letters, start)) for start in _STARTS):
            return  # by far the most common case
        hits = [
            (start + _CHUNK * at, chunk)
            for start in _STARTS
            for at, chunk in enumerate(_chunks(letters, start))
            if chunk in known
        ]
        for spelling in spellings:
            yield from _pieces(letters, (place for place, chunk in hits if chunk in spelling.chunks), spelling)

    @cached_property
    def _spellings(self) -> tuple[tuple[_Spelling, ...], frozenset[int]]:
        return _all_spellings(self.secrets)


@lru_cache(maxsize=2)  # all files of a run are searched for the same secrets
def _all_spellings(secrets: tuple[Secret, ...]) -> tuple[tuple[_Spelling, ...], frozenset[int]]:
    spellings = tuple(spelling for secret in secrets for spelling in _spellings(secret))
    return spellings, frozenset().union(*(spelling.chunks for spelling in spellings)) - _every_chunk(_SEQUENCES)


def _spellings(secret: Secret) -> Iterator[_Spelling]:
    """Yield the spellings of a secret; a non-random one only verbatim and in hex, as a whole."""
    value, public, kind = secret.value, secret.public, secret.kind
    if len(value) < _MIN_SECRET:
        return
    if not looks_random(value) or _is_partly_regular(letters_of(value)):
        yield from _whole_spelling(letters_of(value), public, kind)
        yield from _whole_spelling(value.hex().encode(), public.hex().encode(), kind)
        return
    for text, new, minimum in _encodings(value, public):
        if len(letters := letters_of(text)) >= minimum:
            yield _Spelling(letters, minimum, new, kind, _every_chunk(letters))


def _whole_spelling(letters: bytes, public: bytes, kind: Kind) -> Iterator[_Spelling]:
    if len(letters) >= _MIN_SECRET and _DIGIT.search(letters) and not letters.isdigit():
        yield _Spelling(letters, len(letters), public, kind, _every_chunk(letters))


def _encodings(value: bytes, public: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield a secret in each alphabet, with its replacement and the number of characters that identify it."""
    yield value, public, _PIECE
    yield value.hex().encode(), public.hex().encode(), 2 * _PIECE
    yield value.hex().upper().encode(), public.hex().upper().encode(), 2 * _PIECE
    for write, minimum, group, caseless in _ALPHABETS:
        for offset in range(group[0] or 1):
            text = _own_groups(write(bytes(offset) + value), offset, len(value), *group)
            for cased in {text, text.lower(), text.upper()} if caseless else {text}:
                yield cased, MASK.encode(), minimum


def _own_groups(text: bytes, offset: int, size: int, group: int, width: int) -> bytes:
    """Return the groups of characters that do not depend on the bytes around a secret."""
    return text if not group else text[-(-offset // group) * width : (offset + size) // group * width]


def _every_chunk(letters: bytes) -> frozenset[int]:
    return frozenset(chunk for start in range(_CHUNK) for chunk in _chunks(letters, start))


def _chunks(letters: bytes, start: int) -> memoryview[int]:
    return memoryview(letters)[start : start + (len(letters) - start) // _CHUNK * _CHUNK].cast("Q")


def _pieces(letters: bytes, places: Iterable[int], spelling: _Spelling) -> Iterator[tuple[int, int, bytes, str]]:
    done = 0
    for place in sorted(places):
        if place < done:
            continue
        start, end = max(_extents(letters, place, spelling.letters), key=lambda found: found[1] - found[0])
        piece = letters[start:end]
        is_whole = piece == spelling.letters
        if end - start >= spelling.minimum and not _is_sequence(piece) and (is_whole or not _is_words(piece)):
            done = end
            yield start, end, spelling.public if is_whole else MASK.encode(), spelling.kind


def _extents(letters: bytes, place: int, secret: bytes) -> Iterator[tuple[int, int]]:
    """Yield how far a text agrees with a secret around a chunk, for each place of the chunk in the secret."""
    chunk = letters[place : place + _CHUNK]
    at = secret.find(chunk)
    while at >= 0:
        before = _common_prefix(letters[max(0, place - at) : place][::-1], secret[:at][::-1])
        after = _common_prefix(letters[place + _CHUNK : place + len(secret)], secret[at + _CHUNK :])
        yield place - before, place + _CHUNK + after
        at = secret.find(chunk, at + 1)


def _is_sequence(letters: bytes) -> bool:
    """Return whether it is like ``0123456789ab`` or ``00000000``, which occur in any text and in made-up keys."""
    steps = [after - before for before, after in pairwise(letters)]
    return sum(step in (0, 1) for step in steps) * 2 > len(steps)


def _is_partly_regular(letters: bytes) -> bool:
    """Return whether a key contains a sequence or few letters: lists of numbers contain parts of it."""
    parts = (letters[at : at + _MIN_SECRET] for at in range(max(1, len(letters) - _MIN_SECRET + 1)))
    return any(len(set(part)) <= _MIN_DISTINCT or _is_sequence(part) for part in parts)


def _is_words(piece: bytes) -> bool:
    """Return whether it consists of words, like ``ConsumerGroup``: any text may share these with a made-up key."""
    return len(_WORD.findall(piece)) * _WORD_LENGTH <= len(piece)


def _common_prefix(one: bytes, other: bytes) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
