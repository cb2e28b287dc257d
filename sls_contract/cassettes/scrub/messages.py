"""Bodies in their content coding, and the headers that must stay true of them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.cassettes.scrub.containers import Packed, archive, undeflated, unpacked
from sls_contract.checks.content_coding import compressed, decompressed
from sls_contract.exchange import Headers

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP = ("gzip", "x-gzip")
_RECODED = ("lz4", "zstd")
_DIGESTS = ("content-md5", "x-log-content-sha256")


class _Recoded(NamedTuple):
    """A coding that is taken off and put on as a whole."""

    coding: str

    def pack(self, content: bytes) -> bytes:
        return compressed(content, self.coding)


@dataclass(frozen=True, slots=True)
class Body:
    """A body and its content with the coding off.

    Attributes:
        wire: the bytes as sent.
        content: what they say; the same bytes where nothing is coded, or the coding cannot be opened.
        closed: names the coding or archive that could not be opened: what it hides was not scrubbed. None otherwise.

    """

    wire: bytes
    content: bytes
    packed: Packed | _Recoded | None = None
    closed: str | None = None

    @classmethod
    def of(cls, headers: Headers, wire: bytes) -> Body:
        """Take the coding off where the headers name one that can be opened, or the bytes begin as gzip."""
        coding = headers.get("content-encoding", "").strip().lower()
        sls = headers.get("x-log-compresstype", "").strip().lower()
        named = coding if coding not in ("", "identity") else sls
        if not wire or not (named or wire.startswith(b"\x1f\x8b")):
            return cls(wire, wire, None, archive(wire))
        if named in _RECODED and (content := decompressed(wire, named)) is not None:
            return cls(wire, content, _Recoded(named), archive(content))
        packed = undeflated(wire) if "deflate" in (coding, sls) else unpacked(wire)
        if packed and packed.rest:
            return cls(wire, wire)  # what stands behind the end is searched for, too
        if packed:
            return cls(wire, packed.content, packed, archive(packed.content))
        return cls(wire, wire, None, named if named and _looks_coded(wire) else None)

    def with_content(self, content: bytes) -> Body:
        """Return the body that says something else, in the same coding; itself where nothing differs."""
        if content == self.content:
            return self
        return Body(self.packed.pack(content) if self.packed else content, content, self.packed, self.closed)


def told_true(headers: Headers, old: Body, new: Body) -> Headers:
    """Return headers that are as true of the new body as they were of the old: lengths shifted, digests renewed.

    A length that lied keeps the difference by which it lied; a digest that was wrong stays.
    """
    if old.wire == new.wire:
        return headers
    shifts = {
        "content-length": len(new.wire) - len(old.wire),
        "x-log-bodyrawsize": len(new.content) - len(old.content),
    }
    pairs = []
    for name, value in headers.pairs:
        key = name.lower()
        if key in shifts:
            value = _shifted(value, shifts[key])  # noqa: PLW2901 - the pair is written anew
        elif key in _DIGESTS:
            value = _digest(value, old.wire, new.wire)  # noqa: PLW2901 - the pair is written anew
        pairs.append((name, value))
    return Headers(pairs)


def _shifted(value: str, by: int) -> str:
    text = value.strip()
    return str(max(0, int(text) + by)) if text.isascii() and text.isdigit() and len(text) < 20 else value  # noqa: PLR2004 - 64 bit


_FORMS: tuple[Callable[[bytes], str], ...] = (
    lambda body: hashlib.md5(body, usedforsecurity=False).hexdigest().upper(),
    lambda body: hashlib.md5(body, usedforsecurity=False).hexdigest(),
    lambda body: base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
    lambda body: hashlib.sha256(body).hexdigest(),
    lambda body: hashlib.sha256(body).hexdigest().upper(),
)


def _digest(value: str, old: bytes, new: bytes) -> str:
    form = next((form for form in _FORMS if form(old) == value.strip()), None)
    return form(new) if form else value


def _looks_coded(wire: bytes) -> bool:
    """Tell whether bytes under a coding we cannot open are coded at all: plain text under a wrong name is scrubbed."""
    try:
        return not wire.decode().isprintable() and wire.lstrip()[:1] not in (b"{", b"[", b"<", b'"')
    except UnicodeDecodeError:
        return True
