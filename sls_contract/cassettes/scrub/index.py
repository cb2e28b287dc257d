"""Which of many secrets may stand in a text, at a cost that does not grow with their number.

A text is read in chunks that begin at every fourth byte. Wherever a needle of eleven bytes or more stands, one chunk of
eight bytes lies within it, and begins at one of its first four bytes. So each needle is filed under four chunks, and a
text costs one hash lookup for each of its chunks. Shorter needles are filed under chunks of four bytes.
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
_FEW = 12  # secrets; so many are found faster by searching for each


class SecretIndex:
    """Secrets by the chunks of their spellings. Reading is safe beside one `add` or `discard`; these take a lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[bytes, Secret] = {}
        self._folded = _Needles()
        self._exact = _Needles()

    def __len__(self) -> int:
        """Return how many secrets are filed."""
        return len(self._secrets)

    def add(self, secret: Secret) -> None:
        """File a secret under all of its spellings."""
        with self._lock:
            self._folded.add(secret, secret.needles)
            self._exact.add(secret, secret.windows)
            self._secrets[secret.value] = secret

    def discard(self, value: bytes) -> Secret | None:
        """Forget a secret, and return it; None where it is not filed."""
        with self._lock:
            if secret := self._secrets.pop(value, None):
                self._folded.discard(secret, secret.needles)
                self._exact.discard(secret, secret.windows)
            return secret

    def within(self, data: bytes, lowered: bytes) -> list[Secret]:
        """Return the secrets of which a spelling stands in a text; ``lowered`` is the text in lower case."""
        if len(self._secrets) <= _FEW:
            candidates: Iterable[Secret] = self._secrets.copy().values()
        else:
            candidates = {one.value: one for one in chain(self._folded.near(lowered), self._exact.near(data))}.values()
        return [secret for secret in candidates if secret.stands_in(data, lowered)]


class _Needles:
    """Needles by their chunks: of eight bytes, or of four where a needle is too short for these."""

    def __init__(self) -> None:
        self._by_size = {8: _Chunks(8, "Q"), 4: _Chunks(4, "I")}

    def add(self, secret: Secret, needles: Iterable[bytes]) -> None:
        for chunks, needle in self._filed(needles):
            chunks.add(needle, secret)

    def discard(self, secret: Secret, needles: Iterable[bytes]) -> None:
        for chunks, needle in self._filed(needles):
            chunks.discard(needle, secret)

    def near(self, text: bytes) -> Iterator[Secret]:
        for chunks in self._by_size.values():
            yield from chunks.near(text)

    def _filed(self, needles: Iterable[bytes]) -> Iterator[tuple[_Chunks, bytes]]:
        for needle in needles:
            yield self._by_size[8 if len(needle) >= 8 + _STEP - 1 else 4], needle


class _Chunks:
    """Secrets by chunks of one size, each filed where its needle differs most from others: tokens begin alike."""

    def __init__(self, size: int, code: Literal["Q", "I"]) -> None:
        self._size, self._code = size, code
        self._filed: dict[int, tuple[Secret, ...]] = {}

    def add(self, needle: bytes, secret: Secret) -> None:
        alone = (secret,)
        for key in min(self._places(needle), key=lambda keys: sum(len(self._filed.get(key, ())) for key in keys)):
            self._filed[key] = self._filed.get(key, ()) + alone

    def discard(self, needle: bytes, secret: Secret) -> None:
        for key in chain.from_iterable(self._places(needle)):
            others = tuple(one for one in self._filed.pop(key, ()) if one is not secret)
            if others:
                self._filed[key] = others

    def near(self, text: bytes) -> Iterator[Secret]:
        """Yield the secrets that share a chunk with a text."""
        if not self._filed:
            return
        for start in range(0, self._size, _STEP):
            chunks = memoryview(text)[start : start + (len(text) - start) // self._size * self._size].cast(self._code)
            if not self._filed.keys().isdisjoint(chunks):
                yield from chain.from_iterable(self._filed.get(key, ()) for key in set(chunks))

    def _places(self, needle: bytes) -> Iterator[tuple[int, ...]]:
        """Yield the chunks of its ending, its middle and its beginning."""
        last = len(needle) - self._size - _STEP + 1
        for start in (last, last // 2, 0):
            yield tuple(
                int.from_bytes(needle[at : at + self._size], sys.byteorder) for at in range(start, start + _STEP)
            )
