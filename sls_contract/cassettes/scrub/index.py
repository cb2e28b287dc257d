"""Finds the secrets in a text, at a cost that does not grow with their number.

A text is read in chunks that begin at every fourth byte. A needle of eleven bytes or more contains a whole chunk of
eight bytes, which begins at one of its first four bytes. So each needle is indexed by four chunks, and a text costs one
hash lookup per chunk. Shorter needles are indexed by chunks of four bytes.
"""

from __future__ import annotations

import sys
import threading
from itertools import chain
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.cassettes.scrub.spellings import Secret

_STEP = 4  # bytes between the beginnings of two chunks
_MAX_SCANNED = 12  # secrets; up to this number, searching for each is faster


class SecretIndex:
    """Secrets by the chunks of their spellings. `add` and `discard` take a lock; reading is safe without it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[bytes, Secret] = {}
        self._folded = _Needles()
        self._exact = _Needles()

    def add(self, secret: Secret) -> None:
        """Index a secret by all of its spellings."""
        with self._lock:
            self._folded.add(_folded(secret))
            self._exact.add(_exact(secret))
            self._secrets[secret.value] = secret

    def discard(self, value: bytes) -> Secret | None:
        """Remove a secret and return it; None if it is not indexed."""
        with self._lock:
            if secret := self._secrets.pop(value, None):
                self._folded.discard(_folded(secret))
                self._exact.discard(_exact(secret))
            return secret

    def within(self, data: bytes, lowered: bytes) -> list[Secret]:
        """Return the secrets with a spelling in a text; ``lowered`` is the text in lower case."""
        if len(self._secrets) <= _MAX_SCANNED:
            return [secret for secret in self._secrets.copy().values() if secret.occurs_in(data, lowered)]
        found = chain(self._folded.places(lowered), self._exact.places(data))
        return list({needle.secret.value: needle.secret for *_, needle in found}.values())

    def places(self, lowered: bytes) -> Iterator[tuple[int, int, bytes, Secret]]:
        """Yield each place (start, end) of a secret in lower-cased text, with its replacement and the secret."""
        if len(self._secrets) <= _MAX_SCANNED:
            for secret in self._secrets.copy().values():
                yield from ((*place, secret) for place in secret.places(lowered))
            return
        for start, end, needle in self._folded.places(lowered):
            if needle.new is not None and needle.secret.is_place(lowered, start, end):
                yield start, end, needle.new, needle.secret


class _Needle(NamedTuple):
    """One spelling of a secret, and its replacement; None if only `containers` can replace it."""

    text: bytes
    new: bytes | None
    secret: Secret


class _Needles:
    """An index of needles by chunks of eight bytes, or of four for shorter needles."""

    def __init__(self) -> None:
        self._by_size = {8: _Chunks(8, "Q"), 4: _Chunks(4, "I")}

    def add(self, needles: Iterable[_Needle]) -> None:
        for needle in needles:
            self._chunks_of(needle).add(needle)

    def discard(self, needles: Iterable[_Needle]) -> None:
        for needle in needles:
            self._chunks_of(needle).discard(needle)

    def places(self, text: bytes) -> Iterator[tuple[int, int, _Needle]]:
        for chunks in self._by_size.values():
            yield from chunks.places(text)

    def _chunks_of(self, needle: _Needle) -> _Chunks:
        return self._by_size[8 if len(needle.text) >= 8 + _STEP - 1 else 4]


class _Chunks:
    """An index by chunks of one size; a needle is indexed by its least common chunks, as tokens share prefixes.

    A chunk says where needles with it begin and end. A dictionary then says whether that text is one of them, so a
    chunk that thousands of needles share costs no more than one that has a single needle.
    """

    def __init__(self, size: int, code: Literal["Q", "I"]) -> None:
        self._size, self._code = size, code
        self._spans: dict[int, tuple[tuple[int, int, int], ...]] = {}  # by chunk: its place, needle's length, how many
        self._needles: dict[bytes, tuple[int, tuple[_Needle, ...]]] = {}  # by text: place of the first chunk, and all

    def add(self, needle: _Needle) -> None:
        first, others = self._needles.get(needle.text, (-1, ()))
        if others:
            self._needles[needle.text] = first, (*others, needle)
            return
        unique = (keys for keys in self._places(needle.text) if not self._how_common(keys))
        keys = next(unique, None) or min(self._places(needle.text), key=self._how_common)
        self._needles[needle.text] = keys[0][0], (needle,)
        for at, key in keys:
            self._count(key, at, len(needle.text), 1)

    def discard(self, needle: _Needle) -> None:
        first, known = self._needles.get(needle.text, (-1, ()))
        others = tuple(each for each in known if each.secret is not needle.secret)
        if others:
            self._needles[needle.text] = first, others
        elif known:
            del self._needles[needle.text]
            for at, key in self._chunks(needle.text, first):
                self._count(key, at, len(needle.text), -1)

    def places(self, text: bytes) -> Iterator[tuple[int, int, _Needle]]:
        """Yield each place (start, end) of a needle once: one of the chunks that index it is at a multiple of four."""
        if not self._spans:
            return
        for start in range(0, self._size, _STEP):
            chunks = memoryview(text)[start : start + (len(text) - start) // self._size * self._size].cast(self._code)
            if self._spans.keys().isdisjoint(chunks):
                continue
            for number, key in enumerate(chunks):
                for at, length, _ in self._spans.get(key, ()):
                    yield from self._at(text, start + number * self._size - at, at, length)

    def _at(self, text: bytes, place: int, at: int, length: int) -> Iterator[tuple[int, int, _Needle]]:
        """Yield the needles that begin at a place of the text and are indexed by their chunk ``at``."""
        if place < 0 or place + length > len(text):
            return
        first, needles = self._needles.get(text[place : place + length], (0, ()))
        if first <= at < first + _STEP:  # else it is found by another of its chunks
            yield from ((place, place + length, needle) for needle in needles)

    def _count(self, key: int, at: int, length: int, change: int) -> None:
        """Count the needles of a length that have a chunk at a place; readers see the old tuple or the new one."""
        counts = {(at, length): count for at, length, count in self._spans.get(key, ())}
        counts[at, length] = counts.get((at, length), 0) + change
        if spans := tuple((*span, count) for span, count in counts.items() if count):
            self._spans[key] = spans
        else:
            self._spans.pop(key, None)

    def _how_common(self, places: tuple[tuple[int, int], ...]) -> int:
        return sum(count for _, key in places for *_, count in self._spans.get(key, ()))

    def _places(self, needle: bytes) -> Iterator[tuple[tuple[int, int], ...]]:
        """Yield the chunks of the needle's end, middle and beginning, each with its place."""
        last = len(needle) - self._size - _STEP + 1
        for start in (last, last // 2, 0):
            yield self._chunks(needle, start)

    def _chunks(self, needle: bytes, start: int) -> tuple[tuple[int, int], ...]:
        """Return four successive chunks, each with its place."""
        return tuple(
            (at, int.from_bytes(needle[at : at + self._size], sys.byteorder)) for at in range(start, start + _STEP)
        )


def _folded(secret: Secret) -> Iterator[_Needle]:
    """Yield the spellings in lower-cased text."""
    yield from (_Needle(text, new, secret) for text, new in secret.folded)
    if secret.hexadecimal:
        yield _Needle(secret.hexadecimal, None, secret)


def _exact(secret: Secret) -> Iterator[_Needle]:
    """Yield the spellings in text as it is."""
    return (_Needle(window, None, secret) for window in secret.windows)
