"""The exchanges that the service's own pages print, as `Exchange` values.

They are as printed: the Authorization holds the page's placeholder, which no signature can ever be. Only what a page
leaves out is supplied, and said so.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sls_contract.exchange import Exchange, Request, Response

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEHOLDER = "LOG yourAccessKeyId:yourSignature"
"""What the pages print for an Authorization header."""

_URL = "http://my-project.cn-shanghai.log.aliyuncs.com/logstores/my-logstore/consumergroups/consumer_group_test?shard=0"
_DATE = "Fri, 04 May 2018 09:26:53 GMT"
_REQUEST_ID = "5AEC275D1FFC036AB254B20C"
_REQUEST_HEADERS = (
    ("Authorization", PLACEHOLDER),
    ("x-log-bodyrawsize", "0"),
    ("User-Agent", "sls-java-sdk-v-0.6.1"),
    ("x-log-apiversion", "0.6.0"),
    ("Host", "my-project.cn-shanghai.log.aliyuncs.com"),
    ("x-log-signaturemethod", "hmac-sha1"),
    ("Date", _DATE),
    ("Content-Type", "application/x-protobuf"),
    ("Connection", "Keep-Alive"),
)
_ENTRY = {
    "shard": 0,
    "checkpoint": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
    "updateTime": 1524224984800922,
    "consumer": "consumer_1",
}
_ERRORS = {
    "ProjectNotExist": (404, "The Project does not exist : my-project."),
    "LogStoreNotExist": (404, "logstore my-logstore dose not exist."),
    "ConsumerGroupNotExist": (404, "consumer group not exist."),
    "InternalServerError": (500, "Specified Server Error Message."),
}


def request() -> Request:
    """Return the page's request; the scheme of the URL is ours, the page has none."""
    return Request("GET", _URL, _REQUEST_HEADERS)


def success() -> Exchange:
    """Return the page's success.

    The body is the compact bare array of 111 bytes that the printed Content-Length counts; the page prints it
    over several lines and inside a stray pair of braces, which is not JSON.
    """
    return _with_response(200, [_ENTRY])


def errors() -> Mapping[str, Exchange]:
    """Return the page's errors by code.

    The page gives status, code and message, with placeholders for the names; the names of its request stand there
    instead, and the headers are those of its success.
    """
    return {
        code: _with_response(status, {"errorCode": code, "errorMessage": message})
        for code, (status, message) in _ERRORS.items()
    }


def _with_response(status: int, value: object) -> Exchange:
    body = json.dumps(value, separators=(",", ":")).encode()
    headers = (
        ("Server", "nginx/1.12.1"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
        ("Access-Control-Allow-Origin", "*"),
        ("Date", _DATE),
        ("x-log-requestid", _REQUEST_ID),
    )
    return Exchange(request(), Response(status, headers, body))
