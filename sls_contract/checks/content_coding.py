"""Decode bodies: Content-Encoding first, then ``x-log-compresstype``. Never raises; limits the decompressed size.

Sources: RFC 9110 section 8.4; RFC 1950 to 1952; RFC 8878; CommonRequestHeaders page, Accept-Encoding and
x-log-compresstype; aliyun-log-python-sdk, for zstd in that header.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from sls_contract.checks.lz4_block import compress_block, decompress_block
from sls_contract.checks.zstd_frames import compress_frame, decompress_frames
from sls_contract.exchange import Request, Response

LARGEST_BODY = 32 * 1024 * 1024
"""The most bytes of a decompressed body; a larger one is a finding, and is not decompressed further."""

_GZIP, _ZLIB, _RAW = 31, 15, -15  # the wbits argument of zlib for each container


class PlainBody(NamedTuple):
    """A body without its encodings.

    Attributes:
        data: the bytes; None if they cannot be decoded.
        encoding_flaw: why Content-Encoding is wrong; empty if it is right.
        compress_flaw: why x-log-compresstype or x-log-bodyrawsize is wrong; empty if both are right. If there is
            ``data``, the size is wrong.
        unknown: an encoding that is not supported; empty if all are.

    """

    data: bytes | None
    encoding_flaw: str = ""
    compress_flaw: str = ""
    unknown: str = ""


def content_codings(response: Response) -> tuple[str, ...]:
    """Return the codings of Content-Encoding in lower case, in the order in which they were applied."""
    sent = response.headers.lowered.get("content-encoding")
    if not sent:
        return ()
    names = (part.strip().lower() for part in sent.split(","))
    return tuple(name for name in names if name not in ("", "identity"))


def compress_type(response: Response) -> str:
    """Return the value of x-log-compresstype in lower case; empty if it is absent."""
    return response.headers.lowered.get("x-log-compresstype", "").strip().lower()


def plain_body(response: Response) -> PlainBody:
    """Decode a body; if another tool already decoded the recording (``wire`` False), its body is taken as it is."""
    announced = response.headers.lowered
    if "content-encoding" not in announced and "x-log-compresstype" not in announced:
        return PlainBody(response.body)
    plain, compressed = without_content_coding(response), compress_type(response)
    return _without_compress_type(response, plain.data, compressed) if compressed and plain.data else plain


def plain_request_body(request: Request) -> PlainBody:
    """Decode the body of a request; its headers announce codings as those of a response do."""
    return plain_body(Response(200, request.headers, request.body))


def json_body(response: Response) -> Any:
    """Return the JSON value of a body after decoding; None if there is none."""
    return json_value(plain_body(response).data)


def json_value(data: bytes | None) -> Any:
    """Return the JSON value of some bytes, read leniently; None if they are not JSON."""
    try:
        return json.loads(data) if data else None  # most requests have no body, and errors are slow
    except (ValueError, RecursionError):
        return None


def without_content_coding(response: Response) -> PlainBody:
    """Remove the encodings that Content-Encoding names; as in `plain_body`."""
    data: bytes | None = response.body
    for coding in reversed(content_codings(response) if data else ()):
        data, flaw = _decoded(data, coding, _CONTENT)
        if data is None and not response.wire:
            return PlainBody(response.body)
        if data is None:
            return PlainBody(None, encoding_flaw=flaw, unknown="" if flaw else coding)
    return PlainBody(data)


def decompressed(data: bytes, coding: str) -> bytes | None:
    """Return data without one coding, as either header names it; None if it is unknown or wrong."""
    return _decoded(data, coding, _COMPRESS | _CONTENT)[0]


def compressed(data: bytes, coding: str) -> bytes:
    """Return data in a coding (``lz4``, ``zstd``, ``deflate``); unchanged if the coding or the data is empty."""
    if not data or not coding:
        return data
    return _PACKERS[coding](data)


def _without_compress_type(response: Response, packed: bytes, compressed: str) -> PlainBody:
    data, flaw = _decoded(packed, compressed, _COMPRESS)
    if data is None and not flaw:
        return PlainBody(None, unknown=compressed)
    size = response.headers.lowered.get("x-log-bodyrawsize")
    if data is not None and size is not None and size.strip() != str(len(data)):
        flaw = f"x-log-bodyrawsize says {size.strip()}, the decompressed body has {len(data)} bytes"
    if flaw and not response.wire:
        return PlainBody(packed if data is None else data)
    return PlainBody(data, compress_flaw=flaw)


def _decoded(data: bytes | None, coding: str, known: dict[str, Callable[[bytes], bytes]]) -> tuple[bytes | None, str]:
    """Return the decoded bytes and ``""``, or None and the reason; the reason is empty for an unknown coding."""
    decode = known.get(coding)
    if decode is None or data is None:
        return None, ""
    try:
        return decode(data), ""
    except ValueError as error:
        return None, f"the body is not {coding}: {error}"
    except zlib.error:
        return None, f"the body is not {coding}: it is damaged, or in another format"


def _inflated(data: bytes, container: int) -> bytes:
    """Decompress every member of a stream; raises ValueError or zlib.error if it is incomplete or too large."""
    out, rest = bytearray(), data
    while rest:
        member = zlib.decompressobj(container)
        out += member.decompress(rest, LARGEST_BODY + 1 - len(out))
        if len(out) > LARGEST_BODY:
            msg = f"more than {LARGEST_BODY} bytes when decompressed"
            raise ValueError(msg)
        if not member.eof:
            msg = "cut off"
            raise ValueError(msg)
        rest = member.unused_data
        if rest and container != _GZIP:
            msg = f"{len(rest)} bytes after its end"
            raise ValueError(msg)
    return bytes(out)


def _deflate(data: bytes) -> bytes:
    """Decompress zlib, which RFC 9110 means by deflate, or the raw form that many servers send."""
    try:
        return _inflated(data, _ZLIB)
    except zlib.error:
        return _inflated(data, _RAW)


_gzip = partial(_inflated, container=_GZIP)
_lz4 = partial(decompress_block, limit=LARGEST_BODY)
_zstd = partial(decompress_frames, limit=LARGEST_BODY)

_CONTENT: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "x-gzip": _gzip, "deflate": _deflate, "zstd": _zstd}
_COMPRESS: dict[str, Callable[[bytes], bytes]] = {"lz4": _lz4, "zstd": _zstd, "deflate": _deflate, "gzip": _gzip}
_PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": compress_block,
    "zstd": compress_frame,
    "deflate": zlib.compress,
}
