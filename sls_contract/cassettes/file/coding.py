"""Content codings: what a reviewer reads in place of compressed bytes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.exchange import Response

_GZIP, _ZLIB, _RAW = 31, 15, -15  # window bits as zlib wants them
_WINDOWS: dict[str, tuple[int, ...]] = {"gzip": (_GZIP,), "x-gzip": (_GZIP,), "deflate": (_ZLIB, _RAW)}
_MAX_DECODED = 64 * 1024 * 1024
"""Bytes; what unpacks to more stays packed in the file, so that a bomb cannot fill a disk."""


def readable(response: Response) -> Response:
    """Return the answer as plain vcrpy should replay it.

    A body that was coded on the wire, and decodes cleanly, stands decoded: then ``Content-Encoding`` goes, and
    ``Content-Length`` tells the new length, or a client would decode once more or wait for bytes that never come.
    Any other answer comes back as it is.
    """
    body = decoded(response)
    if body is None:
        return response
    headers = response.headers.without("content-encoding")
    if "content-length" in headers:
        headers = headers.with_field("Content-Length", str(len(body)))
    return response.replace(headers=headers, body=body)


def decoded(response: Response) -> bytes | None:
    """Return the decoded body; None where nothing is coded, or the bytes are not what the header promises."""
    if not (response.wire and response.body and "content-encoding" in response.headers):
        return None
    windows = _WINDOWS.get(response.headers["content-encoding"].strip().lower(), ())
    return next(_attempts(response.body, windows), None)


def _attempts(body: bytes, windows: Iterable[int]) -> Iterator[bytes]:
    for bits in windows:
        unpacker = zlib.decompressobj(bits)
        try:
            plain = unpacker.decompress(body, _MAX_DECODED)
        except zlib.error:
            continue
        if unpacker.eof and not unpacker.unused_data:
            yield plain
