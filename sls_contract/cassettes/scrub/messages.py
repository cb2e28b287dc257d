"""Bodies in their content coding, and the headers that depend on them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sls_contract.cassettes.scrub.containers import Packed, archive_format, undeflated, unpacked
from sls_contract.checks.content_coding import compressed, decompressed
from sls_contract.headers import Headers

_RECODED = ("lz4", "zstd")
_DIGESTS = ("content-md5", "x-log-content-sha256")


class _Recoded(NamedTuple):
    """A coding that is decoded and encoded as a whole."""

    coding: str

    def pack(self, content: bytes) -> bytes:
        return compressed(content, self.coding)


@dataclass(frozen=True, slots=True)
class Body:
    """A body, as sent and decoded.

    Attributes:
        wire: the bytes as sent.
        content: the decoded bytes; the same as ``wire`` without a coding, or if it cannot be decoded.
        unscanned: the coding or archive that could not be decoded, so that its content was not scrubbed; else None.

    """

    wire: bytes
    content: bytes
    packed: Packed | _Recoded | None = None
    unscanned: str | None = None

    @classmethod
    def of(cls, headers: Headers, wire: bytes) -> Body:
        """Decode a body whose headers name a known coding, or whose bytes begin like gzip."""
        coding = headers.get("content-encoding", "").strip().lower()
        sls = headers.get("x-log-compresstype", "").strip().lower()
        named = coding if coding not in ("", "identity") else sls
        if not wire or not (named or wire.startswith(b"\x1f\x8b")):
            return cls(wire, wire, None, archive_format(wire))
        if named in _RECODED and (content := decompressed(wire, named)) is not None:
            return cls(wire, content, _Recoded(named), archive_format(content))
        packed = undeflated(wire) if "deflate" in (coding, sls) else unpacked(wire)
        if packed and packed.rest:
            return cls(wire, wire)  # so that the bytes after its end are scrubbed, too
        if packed:
            return cls(wire, packed.content, packed, archive_format(packed.content))
        return cls(wire, wire, None, named if named and _looks_encoded(wire) else None)

    def with_content(self, content: bytes) -> Body:
        """Return the body with other content in the same coding; itself if the content is equal."""
        if content == self.content:
            return self
        return Body(self.packed.pack(content) if self.packed else content, content, self.packed, self.unscanned)


def adapted_headers(headers: Headers, old: Body, new: Body) -> Headers:
    """Return headers adapted to the new body: lengths are shifted, digests recomputed.

    A wrong length keeps its difference; a wrong digest stays.
    """
    if old.wire == new.wire:
        return headers
    shifts = {"content-length": len(new.wire) - len(old.wire), "x-log-bodyrawsize": len(new.content) - len(old.content)}
    pairs = []
    for name, value in headers.pairs:
        key = name.lower()
        if key in shifts:
            value = _shifted(value, shifts[key])  # noqa: PLW2901 - the new value of the pair
        elif key in _DIGESTS:
            value = _digest(value, old.wire, new.wire)  # noqa: PLW2901 - the new value of the pair
        pairs.append((name, value))
    return Headers(pairs)


def _shifted(value: str, by: int) -> str:
    text = value.strip()
    return str(max(0, int(text) + by)) if text.isascii() and text.isdigit() and len(text) < 20 else value  # noqa: PLR2004 - 64 bits


_DIGEST_FORMS: tuple[Callable[[bytes], str], ...] = (
    lambda body: hashlib.md5(body, usedforsecurity=False).hexdigest().upper(),
    lambda body: hashlib.md5(body, usedforsecurity=False).hexdigest(),
    lambda body: base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
    lambda body: hashlib.sha256(body).hexdigest(),
    lambda body: hashlib.sha256(body).hexdigest().upper(),
)


def _digest(value: str, old: bytes, new: bytes) -> str:
    form = next((form for form in _DIGEST_FORMS if form(old) == value.strip()), None)
    return form(new) if form else value


def _looks_encoded(wire: bytes) -> bool:
    """Return whether bytes with an unknown coding are encoded at all: plain text under a wrong name is scrubbed."""
    try:
        return not wire.decode().isprintable() and wire.lstrip()[:1] not in (b"{", b"[", b"<", b'"')
    except UnicodeDecodeError:
        return True
