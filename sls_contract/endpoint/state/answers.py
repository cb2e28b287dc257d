"""Answers with the headers that the service was seen to send, and every error that this endpoint gives.

Error texts are the live ones where one was observed, else the page's. Sources: the error tables of the operations'
pages, the table of general error codes of 2026-01, and messages quoted in public issues of the official SDKs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sls_contract.exchange import Headers, Response

if TYPE_CHECKING:
    from sls_contract.exchange import Request

_JSON = "application/json"
_PHRASES = {int(status): status.phrase for status in HTTPStatus}
_ID_STEP = 0x9E3779B97F4A7C15  # odd, so that multiplying by it modulo 2**64 never gives one number twice
_ID_SPACE = 1 << 64


@dataclass(frozen=True, slots=True)
class Payload:
    """What a success answers that is no JSON, with the headers of its operation."""

    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class ServiceError(Exception):
    """An error answer of the service: HTTP status, ``errorCode`` and ``errorMessage``.

    Raised inside this room to refuse a request, and taken by ``answer_next`` as a scripted answer.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep the three parts."""
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class NotServed(Exception):
    """A request that the service may serve, and this endpoint does not: answered in our own voice, never recorded."""

    def __init__(self, asked: str) -> None:
        """Say what was asked for: method and path."""
        super().__init__(
            f"the reference endpoint of sls-contract does not serve {asked}; this is its limit, not the service's. "
            "How to fix: record this request at a live endpoint, or script its answer (answer_next, serve --fault)."
        )


def project_not_exist(project: str) -> ServiceError:
    """404; wording seen live since 2022-12."""
    return ServiceError(404, "ProjectNotExist", f"The Project does not exist: {project}")


def logstore_not_exist(logstore: str) -> ServiceError:
    """404; wording that the Java SDK's live test asserts."""
    return ServiceError(404, "LogStoreNotExist", f"logstore {logstore} does not exist")


def consumer_group_not_exist() -> ServiceError:
    """404; source: GetCheckPoint page, error table."""
    return ServiceError(404, "ConsumerGroupNotExist", "consumer group not exist.")


def consumer_group_already_exist() -> ServiceError:
    """400; source: CreateConsumerGroup page, error table."""
    return ServiceError(400, "ConsumerGroupAlreadyExist", "consumer group already exist.")


def json_info_invalid(message: str) -> ServiceError:
    """400; source: CreateConsumerGroup and UpdateConsumerGroup pages, error tables."""
    return ServiceError(400, "JsonInfoInvalid", message)


def post_body_invalid() -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "PostBodyInvalid", "The request body is not valid JSON object.")


def not_exist_consumer_with_body() -> ServiceError:
    """400; source: HeartBeat page, error table."""
    return ServiceError(400, "NotExistConsumerWithBody", "non-exist consumer with non-empty body of heartbeat message.")


def invalid_shard_checkpoint() -> ServiceError:
    """400; source: UpdateCheckPoint page, error table."""
    return ServiceError(400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")


def shard_not_exist() -> ServiceError:
    """404; source: UpdateCheckPoint page, error table."""
    return ServiceError(404, "ShardNotExist", "shard not exist.")


def consumer_not_exist() -> ServiceError:
    """404; source: UpdateCheckPoint page, error table."""
    return ServiceError(404, "ConsumerNotExist", "consumer not exist in the consumer group")


def consumer_not_match() -> ServiceError:
    """No page has it: the Go and Java consumers look for the code; status and wording are ours."""
    return ServiceError(400, "ConsumerNotMatch", "consumer does not hold the shard")


def invalid_method(path: str) -> ServiceError:
    """405; wording seen live for an empty group name."""
    return ServiceError(405, "InvalidMethod", f"invalid request method : {path}")


def invalid_host(host: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "InvalidHost", f"Host header {host} is invalid.")


def unauthorized(message: str) -> ServiceError:
    """401; source: general error codes (2026-01), which have several messages under this code."""
    return ServiceError(401, "Unauthorized", message)


def signature_not_match(signature: str) -> ServiceError:
    """401; wording seen live."""
    return ServiceError(401, "SignatureNotMatch", f"signature {signature} not match")


def missing_api_version() -> ServiceError:
    """400; source: general error codes of 2021, the table of 2026 has no row for it."""
    return ServiceError(400, "MissingAPIVersion", "x-log-apiversion does not exist in http header.")


def invalid_api_version(version: str) -> ServiceError:
    """400; source: general error codes of 2021, the table of 2026 has no row for it."""
    return ServiceError(400, "InvalidAPIVersion", f"x-log-apiversion {version} is unsupported.")


def invalid_request_time(time: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "InvalidRequestTime", f"Request time {time} not follow RFC822 spec.")


def request_time_expired(time: str, now: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "RequestTimeExpired", f"Request time {time} has been expired while server time is {now}.")


def request_time_too_skewed() -> ServiceError:
    """400; source: general error codes of 2021."""
    return ServiceError(400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes.")


def missing_query_key(key: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "MissingParameter", f"Missing query key : {key}.")


def missing_header(name: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "MissingParameter", f"Missing http extend header key : {name}.")


def invalid_authorization(authorization: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "ParameterInvalid", f"Http extend authorization : {authorization} pair is invalid.")


def invalid_signature_method(method: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "ParameterInvalid", f"x-log-signaturemethod: {method} pair is invalid.")


def invalid_parameter(key: str, expected: str) -> ServiceError:
    """400; the code stands in the general table (2026-01), the form of the text was seen live in another operation."""
    return ServiceError(400, "ParameterInvalid", f"The parameter {key} must be {expected}")


def shard_of_logs_not_exist(shard: int) -> ServiceError:
    """400, not 404 as in UpdateCheckPoint; source: PullLogs, GetCursor and GetCursorTime pages, error tables."""
    return ServiceError(400, "ShardNotExist", f"Shard {shard} does not exist.")


def invalid_shard_id() -> ServiceError:
    """400; source: SplitShard and MergeShards pages, error tables."""
    return ServiceError(400, "ParameterInvalid", "invalid shard id.")


def invalid_mid_hash() -> ServiceError:
    """400; source: SplitShard page, error table."""
    return ServiceError(400, "ParameterInvalid", "invalid mid hash.")


def cannot_merge_the_last_shard() -> ServiceError:
    """400; source: MergeShards page, error table."""
    return ServiceError(400, "ParameterInvalid", "can not merge the last shard.")


def invalid_from() -> ServiceError:
    """400; source: GetCursor page, error table."""
    return ServiceError(400, "ParameterInvalid", "Parameter From is not valid.")


def invalid_cursor(cursor: str) -> ServiceError:
    """400; source: PullLogs page, error table."""
    return ServiceError(400, "ParameterInvalid", f"Invalid cursor {cursor}.")


def cursor_out_of_range(cursor: str) -> ServiceError:
    """No page has it: the Python SDK looks for the code where a cursor may be too old; status and wording are ours."""
    return ServiceError(400, "InvalidCursor", f"cursor {cursor} is out of the range of the shard")


def invalid_count() -> ServiceError:
    """400; source: PullLogs page, error table."""
    return ServiceError(400, "ParameterInvalid", "ParameterCount should be in [0-1000].")


def logs_cannot_be_parsed() -> ServiceError:
    """400; source: PutLogs page, error table."""
    return ServiceError(400, "PostBodyInvalid", "Protobuffer content cannot be parsed.")


def invalid_encoding() -> ServiceError:
    """400; source: PutLogs page, error table."""
    return ServiceError(400, "InvalidEncoding", "Non-UTF8 characters are in logs.")


def post_body_uncompress_error() -> ServiceError:
    """400; source: PutLogs page, error table."""
    return ServiceError(400, "PostBodyUncompressError", "Failed to decompress logs.")


def post_body_too_large(size: int) -> ServiceError:
    """413; source: general error codes (2026-01)."""
    return ServiceError(413, "PostBodyTooLarge", f"Body size {size} must little than 10485760.")


def invalid_compress_type(kind: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "ParameterInvalid", f"Http extend x-log-compresstype : {kind} pair is invalid.")


def invalid_body_raw_size(size: str) -> ServiceError:
    """400; source: general error codes (2026-01)."""
    return ServiceError(400, "ParameterInvalid", f"Http extend x-log-bodyrawsize : {size} pair is invalid.")


def success(request: Request, body: Any, now: datetime, count: int) -> Response:
    """Answer 200 with compact JSON, a `Payload`, or, where ``body`` is None, nothing and no ``Content-Type``."""
    if body is None:
        return with_variant(request, 200, Payload(b"", ""), now, count)
    payload = body if isinstance(body, Payload) else Payload(_compact(body), _JSON)
    return with_variant(request, 200, payload, now, count)


def failure(request: Request, error: ServiceError, now: datetime, count: int) -> Response:
    """Answer with an error; bytes of the request that are no UTF-8 are echoed as question marks."""
    body = _compact({"errorCode": error.code, "errorMessage": error.message})
    return with_variant(request, error.status, Payload(body, _JSON), now, count)


def content(request: Request, status: int, body: bytes, now: datetime, count: int) -> Response:
    """Answer with any body, which is announced as JSON unless it is empty."""
    return with_variant(request, status, Payload(body, _JSON if body else ""), now, count)


def request_id(now: datetime, count: int) -> str:
    """Return 24 upper-case hexadecimal digits: Unix seconds, then the request's own number (form: observed ids)."""
    return f"{int(now.timestamp()):08X}{count * _ID_STEP % _ID_SPACE:016X}"


def http_date(now: datetime) -> str:
    """Return the time as RFC 1123 in GMT."""
    return format_datetime(now.astimezone(UTC), usegmt=True)


def _compact(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def with_variant(request: Request, status: int, payload: Payload, now: datetime, count: int) -> Response:
    """Head a body of any kind as the answer captured on 2024-11-25 was headed, in its order and casing."""
    closing = "close" in request.headers.get("Connection", "").lower()
    content_type = [("Content-Type", payload.content_type)] if payload.content_type else []
    fields = Headers.of_texts(
        (
            ("Server", "AliyunSLS"),
            *content_type,
            ("Content-Length", str(len(payload.body))),
            ("Connection", "close" if closing else "keep-alive"),
            ("Access-Control-Allow-Origin", "*"),
            ("Date", http_date(now)),
            ("x-log-time", str(int(now.timestamp()))),
            ("x-log-requestid", request_id(now, count)),
            *payload.headers,
        )
    )
    return Response(status, fields, payload.body, reason=_PHRASES.get(status, ""))
