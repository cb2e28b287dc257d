"""The key of the run in alphabets that no escape gives away, whole or in pieces with other text between.

Only letters and digits are compared. So blanks, quotes, tags, line prefixes and the columns of a dump
between two pieces do not count, and the signs of an alphabet need not be known.
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

_SURE = 16  # bytes of a secret, of which a piece is sure to be a piece of it
_CHUNK = 8  # letters that are looked up at once
_STEP = 4  # letters between the beginnings of two chunks of a text: a piece of eleven letters holds one of them
_STARTS = (0, _STEP)
_SEQUENCES = b"01234567890123456789abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # in any text
_PIECE = 12  # letters or digits
_DIGIT = re.compile(rb"[0-9]")
_WORD = re.compile(rb"[A-Z]?[a-z]+|[A-Z]+|[0-9]")
_WORD_LENGTH = 3.5  # letters: words of this mean length were not made by chance
_FEW = 5  # letters that differ, of `_SURE`


class _Spelling(NamedTuple):
    """A secret in one alphabet: its letters and digits, how many of them give it away, and what replaces all."""

    letters: bytes
    least: int
    public: bytes
    kind: Kind
    chunks: frozenset[int]


class _Alphabet(NamedTuple):
    """How bytes are written.

    Attributes:
        write: writes them.
        least: characters that say as much as `_PIECE` letters.
        group: how many bytes are written together in how many characters; (0, 0): each by itself.
        folded: whether the casing of letters means nothing.

    """

    write: Callable[[bytes], bytes]
    least: int = _PIECE
    group: tuple[int, int] = (0, 0)
    folded: bool = False


def _each(form: str) -> Callable[[bytes], bytes]:
    """Return what writes each byte in a form; ``{0}`` is its place, ``{1}`` its number, ``{2}`` its character."""
    return lambda data: "".join(form.format(at, byte, chr(byte)) for at, byte in enumerate(data)).encode("latin-1")


def _swapped(data: bytes) -> bytes:
    """Write words of two bytes as numbers in hex, as ``od -x`` and ``hexdump`` do."""
    return b"".join(data[at : at + 2][::-1] for at in range(0, len(data), 2)).hex().encode()


def _translated(encode: Callable[[bytes], bytes], old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    table = bytes.maketrans(old, new)
    return lambda data: encode(data).translate(table)


_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BASE85 = (
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",  # of ZeroMQ
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
    _Alphabet(base64.b64encode, 16, (3, 4), folded=True),  # as names in lower case hold it
    _Alphabet(_base58),
    _Alphabet(_translated(bytes, b"".join(_LETTERS), b"".join(each[13:] + each[:13] for each in _LETTERS))),  # rot13
    _Alphabet(_translated(base64.b64encode, _BASE64, bytes(range(32, 96))), group=(3, 4)),  # uuencode
    _Alphabet(base64.b32encode, 16, (5, 8), folded=True),
    _Alphabet(_translated(base64.b32encode, _BASE32, b"0123456789ABCDEFGHIJKLMNOPQRSTUV"), 16, (5, 8), folded=True),
    _Alphabet(base64.b85encode, group=(4, 5)),
    _Alphabet(_translated(base64.b85encode, *_BASE85), group=(4, 5)),
    _Alphabet(base64.a85encode, group=(4, 5)),
    _Alphabet(_swapped, 2 * _PIECE, (2, 4), folded=True),
    _Alphabet(lambda data: data[::-1]),
    *(_Alphabet(_each(form), 30) for form in ("{1}", "{1:03}", "{1:o}", "{1:03o}", "0{1:o}", "{0}{1}", "chr{1}")),
    _Alphabet(_each("{0}{2}"), 24),
)


@dataclass(frozen=True)
class Fragments:
    """Finds what is left of secrets in a text that was cut, wrapped, marked up or written in another alphabet."""

    secrets: tuple[Secret, ...]

    def show(self, text: bytes) -> bool:
        """Return whether one of the secrets stands among the letters and digits of a text."""
        return bool(self.secrets) and any(True for _ in self.places(letters_of(text)))

    def places(self, letters: bytes) -> Iterator[tuple[int, int, bytes, str]]:
        """Yield each place (start, end), with what belongs there, and what stands there."""
        spellings, known = self._spellings
        if len(letters) < _PIECE or all(known.isdisjoint(_chunks(letters, start)) for start in _STARTS):
            return  # so it is nearly always
        near = [
            (start + _CHUNK * at, chunk)
            for start in _STARTS
            for at, chunk in enumerate(_chunks(letters, start))
            if chunk in known
        ]
        for spelling in spellings:
            yield from _pieces(letters, (place for place, chunk in near if chunk in spelling.chunks), spelling)

    @cached_property
    def _spellings(self) -> tuple[tuple[_Spelling, ...], frozenset[int]]:
        return _all_spellings(self.secrets)


@lru_cache(maxsize=2)  # every file of a run is searched for the same
def _all_spellings(secrets: tuple[Secret, ...]) -> tuple[tuple[_Spelling, ...], frozenset[int]]:
    """Return the spellings of secrets, and all of their chunks."""
    spellings = tuple(spelling for secret in secrets for spelling in _spellings(secret))
    return spellings, frozenset().union(*(spelling.chunks for spelling in spellings)) - _every_chunk(_SEQUENCES)


def _spellings(secret: Secret) -> Iterator[_Spelling]:
    """Yield the spellings of a secret; one that is no random text, in its own letters and in hex, as a whole."""
    value, public, kind = secret.value, secret.public, secret.kind
    if len(value) < _SURE:
        return
    if not looks_random(value) or _is_in_part_regular(letters_of(value)):
        yield from _whole(letters_of(value), public, kind)
        yield from _whole(value.hex().encode(), public.hex().encode(), kind)
        return
    for text, new, least in _written(value, public):
        if len(letters := letters_of(text)) >= least:
            yield _Spelling(letters, least, new, kind, _every_chunk(letters))


def _whole(letters: bytes, public: bytes, kind: Kind) -> Iterator[_Spelling]:
    if len(letters) >= _SURE and _DIGIT.search(letters) and not letters.isdigit():
        yield _Spelling(letters, len(letters), public, kind, _every_chunk(letters))


def _written(value: bytes, public: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield a secret in each alphabet, with its replacement and how much of it gives it away."""
    yield value, public, _PIECE
    yield value.hex().encode(), public.hex().encode(), 2 * _PIECE
    yield value.hex().upper().encode(), public.hex().upper().encode(), 2 * _PIECE
    for write, least, group, folded in _ALPHABETS:
        for ahead in range(group[0] or 1):
            text = _cut(write(bytes(ahead) + value), ahead, len(value), *group)
            for cased in {text, text.lower(), text.upper()} if folded else {text}:
                yield cased, MASK.encode(), least


def _cut(text: bytes, ahead: int, size: int, group: int, width: int) -> bytes:
    """Return the groups of characters that say nothing of the bytes around a secret."""
    return text if not group else text[-(-ahead // group) * width : (ahead + size) // group * width]


def _every_chunk(letters: bytes) -> frozenset[int]:
    return frozenset(chunk for start in range(_CHUNK) for chunk in _chunks(letters, start))


def _chunks(letters: bytes, start: int) -> memoryview[int]:
    return memoryview(letters)[start : start + (len(letters) - start) // _CHUNK * _CHUNK].cast("Q")


def _pieces(letters: bytes, places: Iterable[int], spelling: _Spelling) -> Iterator[tuple[int, int, bytes, str]]:
    """Yield the pieces around the places where a chunk of a spelling stands."""
    done = 0
    for place in sorted(places):
        if place < done:
            continue
        start, end = max(_grown(letters, place, spelling.letters), key=lambda found: found[1] - found[0])
        piece = letters[start:end]
        whole = piece == spelling.letters
        if end - start >= spelling.least and not _is_sequence(piece) and (whole or not _is_of_words(piece)):
            done = end
            yield start, end, spelling.public if whole else MASK.encode(), spelling.kind


def _grown(letters: bytes, place: int, secret: bytes) -> Iterator[tuple[int, int]]:
    """Yield how far a text agrees with a secret around a chunk, for each place where the secret has the chunk."""
    chunk = letters[place : place + _CHUNK]
    at = secret.find(chunk)
    while at >= 0:
        before = _alike(letters[max(0, place - at) : place][::-1], secret[:at][::-1])
        after = _alike(letters[place + _CHUNK : place + len(secret)], secret[at + _CHUNK :])
        yield place - before, place + _CHUNK + after
        at = secret.find(chunk, at + 1)


def _is_sequence(letters: bytes) -> bool:
    """Tell ``0123456789ab`` and ``00000000``, which stand in texts of any kind, and in keys that somebody made up."""
    steps = [after - before for before, after in pairwise(letters)]
    return sum(step in (0, 1) for step in steps) * 2 > len(steps)


def _is_in_part_regular(letters: bytes) -> bool:
    """Tell a key that holds a sequence or few letters: lists of numbers hold a part of it in some alphabet."""
    parts = (letters[at : at + _SURE] for at in range(max(1, len(letters) - _SURE + 1)))
    return any(len(set(part)) <= _FEW or _is_sequence(part) for part in parts)


def _is_of_words(piece: bytes) -> bool:
    """Tell ``ConsumerGroup``, which any text may hold beside a key that somebody made of words."""
    return len(_WORD.findall(piece)) * _WORD_LENGTH <= len(piece)


def _alike(one: bytes, other: bytes) -> int:
    """Return how many bytes two texts have in common at their beginnings."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
