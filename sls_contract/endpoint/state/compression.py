"""Compress the answers of PullLogs as asked for, and take the compression off the bodies of PutLogs.

Sources: CommonRequestHeaders page, Accept-Encoding and x-log-compresstype; PullLogs and PutLogs pages; LZ4 block format
(lz4_Block_format.md of the LZ4 project); aliyun-log-python-sdk, ``compress.py``, for zstd, which no page documents.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import plain_body
from sls_contract.endpoint.state import answers
from sls_contract.exchange import Response

if TYPE_CHECKING:
    from sls_contract.exchange import Request

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of logs in one request or answer, not compressed (source: PostBodyTooLarge in the table of 2026-01)."""

_MORE, _FULL = 15, 255  # a length of 15 or more goes on in bytes, as long as they are full


def accepted_coding(request: Request) -> str:
    """Return ``lz4``, ``deflate``, ``zstd`` or ``""``: the first of these that Accept-Encoding names.

    The official SDKs name one of lz4 and zstd alone. Clients that list zstd behind deflate mean Content-Encoding, and
    got deflate before. ``gzip`` is documented on no page as what PullLogs can be asked for: then the data is plain.
    """
    named = {part.partition(";")[0].strip().lower() for part in request.headers.get("Accept-Encoding", "").split(",")}
    return next((coding for coding in ("lz4", "deflate", "zstd") if coding in named), "")


def compressed(data: bytes, coding: str) -> bytes:
    """Return the data in a coding that `accepted_coding` returned; nothing stays nothing, as clients expect it."""
    if coding == "lz4" and data:
        return _lz4_block(data)
    if coding == "zstd" and data:
        from zstandard import ZstdCompressor

        return ZstdCompressor(level=1).compress(data)
    return zlib.compress(data) if coding and data else data


def decompressed_body(request: Request) -> bytes:
    """Return a request's body as it was before compression, or raise the `ServiceError` that refuses it."""
    kind = request.headers.get("x-log-compresstype", "").strip()
    if kind and "x-log-bodyrawsize" not in request.headers:
        raise answers.missing_header(name="x-log-bodyrawsize")
    plain = plain_body(Response(200, request.headers, request.body))  # the same headers announce the same codings
    if plain.unknown:
        raise answers.invalid_compress_type(plain.unknown)
    if plain.data is None:
        raise answers.post_body_uncompress_error()
    if plain.compress_flaw:
        raise answers.invalid_body_raw_size(request.headers.get("x-log-bodyrawsize", ""))
    if len(plain.data) > LARGEST_BODY:
        raise answers.post_body_too_large(len(plain.data))
    return plain.data


def _lz4_block(data: bytes) -> bytes:
    """Return a block of one sequence without a match: every decoder reads it, and no client can tell the difference."""
    length = len(data)
    if length < _MORE:
        return bytes([length << 4]) + data
    full, rest = divmod(length - _MORE, _FULL)
    return bytes([_MORE << 4]) + b"\xff" * full + bytes([rest]) + data
