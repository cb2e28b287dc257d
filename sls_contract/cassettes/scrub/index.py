"""Finds the secrets in a text, at a cost that does not grow with their number.

A text is read in chunks that begin at every fourth byte. A needle of eleven bytes or more contains a whole chunk of
eight bytes, which begins at one of its first four bytes. So each needle is indexed by four chunks, and a text costs one
hash lookup per chunk. Shorter needles are indexed by chunks of four bytes.
"""

from __future__ import annotations

import sys
import threading
from itertools import chain
from typing import TYPE_CHECKING, Literal

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

    def __len__(self) -> int:
        return len(self._secrets)

    def add(self, secret: Secret) -> None:
        """Index a secret by all of its spellings."""
        with self._lock:
            self._folded.add(secret, secret.needles)
            self._exact.add(secret, secret.windows)
            self._secrets[secret.value] = secret

    def discard(self, value: bytes) -> Secret | None:
        """Remove a secret and return it; None if it is not indexed."""
        with self._lock:
            if secret := self._secrets.pop(value, None):
                self._folded.discard(secret, secret.needles)
                self._exact.discard(secret, secret.windows)
            return secret

    def within(self, data: bytes, lowered: bytes) -> list[Secret]:
        """Return the secrets with a spelling in a text; ``lowered`` is the text in lower case."""
        if len(self._secrets) <= _MAX_SCANNED:
            candidates: Iterable[Secret] = self._secrets.copy().values()
        else:
            candidates = {one.value: one for one in chain(self._folded.hits(lowered), self._exact.hits(data))}.values()
        return [secret for secret in candidates if secret.occurs_in(data, lowered)]


class _Needles:
    """An index of needles by chunks of eight bytes, or of four for shorter needles."""

    def __init__(self) -> None:
        self._by_size = {8: _Chunks(8, "Q"), 4: _Chunks(4, "I")}

    def add(self, secret: Secret, needles: Iterable[bytes]) -> None:
        for chunks, needle in self._with_chunks(needles):
            chunks.add(needle, secret)

    def discard(self, secret: Secret, needles: Iterable[bytes]) -> None:
        for chunks, needle in self._with_chunks(needles):
            chunks.discard(needle, secret)

    def hits(self, text: bytes) -> Iterator[Secret]:
        for chunks in self._by_size.values():
            yield from chunks.hits(text)

    def _with_chunks(self, needles: Iterable[bytes]) -> Iterator[tuple[_Chunks, bytes]]:
        for needle in needles:
            yield self._by_size[8 if len(needle) >= 8 + _STEP - 1 else 4], needle


class _Chunks:
    """An index by chunks of one size; a needle is indexed by its least common chunks, as tokens share prefixes."""

    def __init__(self, size: int, code: Literal["Q", "I"]) -> None:
        self._size, self._code = size, code
        self._secrets: dict[int, tuple[Secret, ...]] = {}

    def add(self, needle: bytes, secret: Secret) -> None:
        single = (secret,)
        for key in min(self._places(needle), key=lambda keys: sum(len(self._secrets.get(key, ())) for key in keys)):
            self._secrets[key] = self._secrets.get(key, ()) + single

    def discard(self, needle: bytes, secret: Secret) -> None:
        for key in chain.from_iterable(self._places(needle)):
            others = tuple(one for one in self._secrets.pop(key, ()) if one is not secret)
            if others:
                self._secrets[key] = others

    def hits(self, text: bytes) -> Iterator[Secret]:
        """Yield the secrets that share a chunk with a text."""
        if not self._secrets:
            return
        for start in range(0, self._size, _STEP):
            chunks = memoryview(text)[start : start + (len(text) - start) // self._size * self._size].cast(self._code)
            if not self._secrets.keys().isdisjoint(chunks):
                yield from chain.from_iterable(self._secrets.get(key, ()) for key in set(chunks))

    def _places(self, needle: bytes) -> Iterator[tuple[int, ...]]:
        """Yield the chunks of the needle's end, middle and beginning."""
        last = len(needle) - self._size - _STEP + 1
        for start in (last, last // 2, 0):
            yield tuple(
                int.from_bytes(needle[at : at + self._size], sys.byteorder) for at in range(start, start + _STEP)
            )
