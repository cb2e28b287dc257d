"""Success and error responses, with the headers that the service was seen to send.

Error texts are those seen live if there are any, else the page's. Sources: the error tables of the operations' pages,
the table of general error codes of 2026-01, and messages quoted in public issues of the official SDKs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sls_contract.exchange import Response
from sls_contract.headers import Headers
from sls_contract.signing import http_date

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sls_contract.exchange import Request

_JSON = "application/json"
_PHRASES = {int(status): status.phrase for status in HTTPStatus}
_ID_STEP = 0x9E3779B97F4A7C15  # odd, so that multiplying by it modulo 2**64 never gives one number twice
_ID_SPACE = 1 << 64


@dataclass(frozen=True, slots=True)
class Payload:
    """The status and body of a response, and the headers of its operation; the endpoint adds those of every response.

    If ``content_type`` is None, it is that of JSON, and there is none for an empty body.
    """

    body: bytes = b""
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200


class ServiceError(Exception):
    """An error response of the service: HTTP status, ``errorCode`` and ``errorMessage``.

    Raised by the endpoint to refuse a request; `ReferenceEndpoint.respond_next` takes it as a scripted response.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class NotServed(Exception):
    """A request that this endpoint does not support; its response is not the service's, and is never recorded."""

    def __init__(self, request: str) -> None:
        """Take the method and path of the request, or a description."""
        super().__init__(
            f"the reference endpoint of sls-contract does not serve {request}; this is its limit, not the service's. "
            "How to fix: record this request at a live endpoint, or script its response (respond_next, serve --fault)."
        )


def _error(status: int, code: str, message: str) -> Callable[..., ServiceError]:
    """Return a function that takes the values for the message's placeholders and returns the error."""
    return lambda *values, **named: ServiceError(status, code, message.format(*values, **named))


# Wording seen live since 2022-12.
project_not_exist = _error(404, "ProjectNotExist", "The Project does not exist: {}")
# Wording that the Java SDK's live test asserts.
logstore_not_exist = _error(404, "LogStoreNotExist", "logstore {} does not exist")
# Source: GetCheckPoint page, error table.
consumer_group_not_exist = _error(404, "ConsumerGroupNotExist", "consumer group not exist.")
# Source: CreateConsumerGroup page, error table.
consumer_group_already_exist = _error(400, "ConsumerGroupAlreadyExist", "consumer group already exist.")
# Source: CreateConsumerGroup and UpdateConsumerGroup pages, error tables.
json_info_invalid = _error(400, "JsonInfoInvalid", "{}")
# Source: general error codes (2026-01).
post_body_invalid = _error(400, "PostBodyInvalid", "The request body is not valid JSON object.")
# Source: HeartBeat page, error table.
not_exist_consumer_with_body = _error(
    400, "NotExistConsumerWithBody", "non-exist consumer with non-empty body of heartbeat message."
)
# Source: UpdateCheckPoint page, error table.
invalid_shard_checkpoint = _error(400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")
shard_not_exist = _error(404, "ShardNotExist", "shard not exist.")
consumer_not_exist = _error(404, "ConsumerNotExist", "consumer not exist in the consumer group")
# On no page; the Go and Java consumers check for the code. Status and wording are invented.
consumer_not_match = _error(400, "ConsumerNotMatch", "consumer does not hold the shard")
# Wording seen live for an empty group name.
invalid_method = _error(405, "InvalidMethod", "invalid request method : {}")
# Source: general error codes (2026-01).
invalid_host = _error(400, "InvalidHost", "Host header {} is invalid.")
# Source: general error codes (2026-01), which have several messages under this code.
unauthorized = _error(401, "Unauthorized", "{}")
# Wording seen live.
signature_not_match = _error(401, "SignatureNotMatch", "signature {} not match")
# Source: general error codes of 2021; the table of 2026 does not list it.
missing_api_version = _error(400, "MissingAPIVersion", "x-log-apiversion does not exist in http header.")
invalid_api_version = _error(400, "InvalidAPIVersion", "x-log-apiversion {} is unsupported.")
# Source: general error codes (2026-01).
invalid_request_time = _error(400, "InvalidRequestTime", "Request time {} not follow RFC822 spec.")
request_time_expired = _error(400, "RequestTimeExpired", "Request time {} has been expired while server time is {}.")
# Source: general error codes of 2021.
request_time_too_skewed = _error(400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes.")
# Source: general error codes (2026-01).
missing_query_key = _error(400, "MissingParameter", "Missing query key : {key}.")
missing_header = _error(400, "MissingParameter", "Missing http extend header key : {name}.")
invalid_authorization = _error(400, "ParameterInvalid", "Http extend authorization : {} pair is invalid.")
invalid_signature_method = _error(400, "ParameterInvalid", "x-log-signaturemethod: {} pair is invalid.")
# Code: general error codes (2026-01); form of the text: seen live in another operation.
invalid_parameter = _error(400, "ParameterInvalid", "The parameter {key} must be {expected}")
# 400, not 404 as in UpdateCheckPoint; source: PullLogs, GetCursor and GetCursorTime pages, error tables.
shard_of_logs_not_exist = _error(400, "ShardNotExist", "Shard {} does not exist.")
# Source: SplitShard and MergeShards pages, error tables.
invalid_shard_id = _error(400, "ParameterInvalid", "invalid shard id.")
# Source: SplitShard page, error table.
invalid_mid_hash = _error(400, "ParameterInvalid", "invalid mid hash.")
# Source: MergeShards page, error table.
cannot_merge_the_last_shard = _error(400, "ParameterInvalid", "can not merge the last shard.")
# Source: GetCursor page, error table.
invalid_from = _error(400, "ParameterInvalid", "Parameter From is not valid.")
# Source: PullLogs page, error table.
invalid_cursor = _error(400, "ParameterInvalid", "Invalid cursor {}.")
# Source: PullLogs page of 2019, error table; the Python SDK checks for the code if a cursor may be too old.
cursor_out_of_range = _error(400, "InvalidCursor", "This cursor is invalid")
# Source: PullLogs page, error table.
invalid_count = _error(400, "ParameterInvalid", "ParameterCount should be in [0-1000].")
# Source: PutLogs page, error table.
logs_cannot_be_parsed = _error(400, "PostBodyInvalid", "Protobuffer content cannot be parsed.")
invalid_encoding = _error(400, "InvalidEncoding", "Non-UTF8 characters are in logs.")
post_body_uncompress_error = _error(400, "PostBodyUncompressError", "Failed to decompress logs.")
# Source: general error codes (2026-01).
post_body_too_large = _error(413, "PostBodyTooLarge", "Body size {} must little than 10485760.")
invalid_compress_type = _error(400, "ParameterInvalid", "Http extend x-log-compresstype : {} pair is invalid.")
invalid_body_raw_size = _error(400, "ParameterInvalid", "Http extend x-log-bodyrawsize : {} pair is invalid.")


def response(request: Request, result: Any, now: datetime, count: int) -> Response:
    """Return the response with a result: a `Payload`, a `ServiceError`, a JSON value, or None for an empty body.

    Its headers are those of one captured on 2024-11-25, in the same order and casing.
    """
    payload = _payload(result)
    content_type = _JSON if payload.content_type is None and payload.body else payload.content_type
    closing = "close" in request.headers.get("Connection", "").lower()
    fields = Headers.from_pairs(
        (
            ("Server", "AliyunSLS"),
            *((("Content-Type", content_type),) if content_type else ()),
            ("Content-Length", str(len(payload.body))),
            ("Connection", "close" if closing else "keep-alive"),
            ("Access-Control-Allow-Origin", "*"),
            ("Date", http_date(now)),
            ("x-log-time", str(int(now.timestamp()))),
            ("x-log-requestid", request_id(now, count)),
            *payload.headers,
        )
    )
    return Response(payload.status, fields, payload.body, reason=_PHRASES.get(payload.status, ""))


def _payload(result: Any) -> Payload:
    """Return a result as a payload; bytes of the request that are not UTF-8 are echoed as question marks."""
    if isinstance(result, Payload):
        return result
    status, document = 200, result
    if isinstance(result, ServiceError):
        status, document = result.status, {"errorCode": result.code, "errorMessage": result.message}
    elif result is None:
        return Payload()
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Payload(text.encode("utf-8", "replace"), status=status)


def request_id(now: datetime, count: int) -> str:
    """Return 24 upper-case hexadecimal digits: Unix seconds, then a number of the request (form: observed ids)."""
    return f"{int(now.timestamp()):08X}{count * _ID_STEP % _ID_SPACE:016X}"
