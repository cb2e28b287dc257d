"""Read the queries, headers and bodies of the operations, and refuse them as the pages define; no state is needed here.

Sources of compression: CommonRequestHeaders page, Accept-Encoding and x-log-compresstype; PullLogs and PutLogs pages;
aliyun-log-python-sdk, ``compress.py``, for zstd, which no page documents.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any, TypeGuard

from sls_contract.checks.content_coding import plain_request_body
from sls_contract.endpoint.state import responses

if TYPE_CHECKING:
    from sls_contract.endpoint.state.responses import ServiceError
    from sls_contract.exchange import Request

LARGEST_BODY = 10 * 1024 * 1024
"""Bytes of logs in one request or response, uncompressed (source: PostBodyTooLarge in the table of 2026-01)."""

MOST_GROUPS = 1000  #: log groups in one response of PullLogs, and the default (source: PullLogs page)

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_HASH = re.compile("[0-9a-fA-F]{32}")
_BOOLEANS = {"true": True, "false": False}  # compared in lower case: the Python SDK sends True and False
_AN_MD5 = "an MD5 sum in 32 hexadecimal digits"
_ONCE, _A_BOOLEAN = "given once, in UTF-8", "true or false"
_MOST_SHARDS = 256
_LONGEST_TIMEOUT = 2**31 - 1  # seconds; an int32 in the OpenAPI model
_CREATE_REFUSED = "consumerGroup or timeout is of error format."
_UPDATE_REFUSED = "timeout is of error value type."


def query_value(request: Request, key: str) -> str | None:
    """Return the key's value, None if it is absent; a repeated key or invalid UTF-8 is refused (no source)."""
    values = [value for name, value in request.query_pairs() if name == key]
    if len(values) > 1 or not all(_is_text(value) for value in values):
        raise responses.invalid_parameter(key=key, expected=_ONCE)
    return values[0] if values else None


def shard_filter(request: Request) -> int | None:
    """Return the shard in GetCheckPoint's query, None for all; anything but an integer is refused (no source)."""
    value = query_value(request, "shard")
    return None if value is None else shard_number(value)


def consumer_name(request: Request) -> str:
    """Return the consumer in the query; ``""`` if there is none."""
    return query_value(request, "consumer") or ""


def is_forced(request: Request) -> bool:
    """Return ``forceSuccess``; false if it is absent."""
    value = (query_value(request, "forceSuccess") or "false").lower()
    if value not in _BOOLEANS:
        raise responses.invalid_parameter(key="forceSuccess", expected=_A_BOOLEAN)
    return _BOOLEANS[value]


def shard_number(text: str) -> int:
    """Return the shard in a path or a query; anything but an integer is refused (no source)."""
    if not _INTEGER.fullmatch(text):
        raise responses.invalid_parameter(key="shard", expected="an integer")
    return int(text)


def required(request: Request, key: str) -> str:
    """Return the key's value, or refuse the request; source: general error codes (2026-01)."""
    value = query_value(request, key)
    if value is None:
        raise responses.missing_query_key(key=key)
    return value


def from_time(request: Request) -> str | int:
    """Return ``begin``, ``end`` or seconds since 1970 UTC; source: GetCursor page."""
    value = required(request, "from")
    if value in ("begin", "end"):
        return value
    if not _INTEGER.fullmatch(value):
        raise responses.invalid_from()
    return int(value)


def group_count(request: Request) -> int:
    """Return the maximum number of log groups for PullLogs, by default the largest allowed; source: its page."""
    value = query_value(request, "count") or str(MOST_GROUPS)
    if not (_INTEGER.fullmatch(value) and 0 <= int(value) <= MOST_GROUPS):
        raise responses.invalid_count()
    return int(value)


def hash_key(request: Request) -> int | None:
    """Return the key that routes PutLogs, None if there is none; source: PutLogs page."""
    value = query_value(request, "key")
    if value is None:
        return None
    if not _HASH.fullmatch(value):
        raise responses.invalid_parameter(key="key", expected=_AN_MD5)
    return int(value, 16)


def split_place(request: Request) -> tuple[int | None, int]:
    """Return the key at which SplitShard divides, None for evenly, and the number of new shards.

    Sources: SplitShard page of API 2020-12-30; split-shard-by-sdk (an empty key). No page defines both at once: not
    served. No page limits the number: at most the 256 that a logstore may have (CreateLogstore, maxSplitShard).
    """
    key, count = query_value(request, "key") or "", query_value(request, "shardCount") or "2"
    if not (_INTEGER.fullmatch(count) and 2 <= int(count) <= _MOST_SHARDS):  # noqa: PLR2004 - two halves
        raise responses.invalid_parameter(key="shardCount", expected=f"from 2 to {_MOST_SHARDS}")
    if key and int(count) != 2:  # noqa: PLR2004 - two halves
        operation = "SplitShard with a key and a shardCount other than 2"
        raise responses.NotServed(operation)
    return key_to_split_at(key), int(count)


def key_to_split_at(text: str) -> int | None:
    """Return the key at which a shard is divided, None for its middle."""
    if text and not _HASH.fullmatch(text):
        raise responses.invalid_mid_hash()
    return int(text, 16) if text else None


def refuse_processing(request: Request) -> None:
    """Refuse PullLogs with a query: a response that ignores it would look like its result."""
    for key in ("query", "queryId", "processor"):
        if query_value(request, key):
            operation = f"PullLogs with a {key}"
            raise responses.NotServed(operation)


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


def new_group(request: Request) -> tuple[str, int, bool]:
    """Return name, timeout (seconds) and order of a group to create; source: CreateConsumerGroup page."""
    refused = responses.json_info_invalid(_CREATE_REFUSED)
    document = _object(request.body, refused)
    name, timeout, order = document.get("consumerGroup"), document.get("timeout"), document.get("order", False)
    if not (isinstance(name, str) and name and _is_text(name) and isinstance(order, bool)) or not _is_timeout(timeout):
        raise refused
    return name, timeout, order


def group_changes(request: Request) -> dict[str, int | bool]:
    """Return the settings to change, at least one; source: UpdateConsumerGroup page."""
    refused = responses.json_info_invalid(_UPDATE_REFUSED)
    document = _object(request.body, refused)
    changes: dict[str, int | bool] = {key: document[key] for key in ("timeout", "order") if key in document}
    if not changes or not _is_timeout(changes.get("timeout", 1)) or not isinstance(changes.get("order", True), bool):
        raise refused
    return changes


def held_shards(request: Request) -> frozenset[int]:
    """Return the shards in a heartbeat's body; an empty body is an empty list.

    The page prints ``{"shards": [0]}``, but its Content-MD5 and lengths are those of the bare array.
    """
    document = _json(request.body or b"[]", responses.post_body_invalid())
    if not isinstance(document, list) or not all(type(shard) is int for shard in document):
        raise responses.post_body_invalid()
    return frozenset(document)


def new_checkpoint(request: Request) -> tuple[int, str]:
    """Return the shard and the checkpoint to write, which must be canonical base64 (source: UpdateCheckPoint page)."""
    document = _object(request.body, responses.post_body_invalid())
    shard, checkpoint = document.get("shard"), document.get("checkpoint")
    if type(shard) is not int:
        raise responses.post_body_invalid()
    if not (isinstance(checkpoint, str) and _is_base64(checkpoint)):
        raise responses.invalid_shard_checkpoint()
    return shard, checkpoint


def _object(body: bytes, refused: ServiceError) -> dict[str, Any]:
    document = _json(body, refused)
    if not isinstance(document, dict):
        raise refused
    return document


def _json(body: bytes, refused: ServiceError) -> Any:
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a too long number, too deep nesting
        raise refused from None


def _is_timeout(value: object) -> TypeGuard[int]:
    return type(value) is int and 0 < value <= _LONGEST_TIMEOUT


def _is_base64(text: str) -> bool:
    try:
        data = base64.b64decode(text.encode("ascii"))
    except (UnicodeEncodeError, binascii.Error):
        return False
    return base64.b64encode(data).decode("ascii") == text


def _is_text(value: str) -> bool:
    """Return whether JSON in UTF-8 can contain the text: it has no surrogates, which invalid bytes become, too."""
    return not any("\ud800" <= char <= "\udfff" for char in value)
