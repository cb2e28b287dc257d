"""Choose the compression of PullLogs responses, and decompress the bodies of PutLogs.

Sources: CommonRequestHeaders page, Accept-Encoding and x-log-compresstype; PullLogs and PutLogs pages;
aliyun-log-python-sdk, ``compress.py``, for zstd, which no page documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import plain_request_body
from sls_contract.endpoint.state import responses

if TYPE_CHECKING:
    from sls_contract.exchange import Request

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of logs in one request or response, uncompressed (source: PostBodyTooLarge in the table of 2026-01)."""


def accepted_coding(request: Request) -> str:
    """Return ``lz4``, ``deflate``, ``zstd`` or ``""``: the first of these that Accept-Encoding contains.

    The official SDKs send only lz4 or only zstd. Clients that list zstd after deflate mean Content-Encoding, and got
    deflate before. No page documents ``gzip`` for PullLogs, so such a request gets plain data.
    """
    named = {part.partition(";")[0].strip().lower() for part in request.headers.get("Accept-Encoding", "").split(",")}
    return next((coding for coding in ("lz4", "deflate", "zstd") if coding in named), "")


def decompressed_body(request: Request) -> bytes:
    """Return a request's body before compression, or raise the `ServiceError` that refuses it."""
    kind = request.headers.get("x-log-compresstype", "").strip()
    if kind and "x-log-bodyrawsize" not in request.headers:
        raise responses.missing_header(name="x-log-bodyrawsize")
    plain = plain_request_body(request)
    if plain.unknown:
        raise responses.invalid_compress_type(plain.unknown)
    if plain.data is None:
        raise responses.post_body_uncompress_error()
    if plain.compress_flaw:
        raise responses.invalid_body_raw_size(request.headers.get("x-log-bodyrawsize", ""))
    if len(plain.data) > LARGEST_BODY:
        raise responses.post_body_too_large(len(plain.data))
    return plain.data
