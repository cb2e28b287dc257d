"""Ways in which an answer with status 200 and a list of checkpoints can be wrong: conforming answer in, broken out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from sls_contract.exchange import Response

Breakage: TypeAlias = Callable[["Response"], "Response"]
_MICRO = 1_524_224_984_800_922  # of the page's example


def with_body(response: Response, body: bytes) -> Response:
    """Return the answer with another body and its length."""
    headers = response.headers.with_field("Content-Length", str(len(body)))
    return response.replace(body=body, headers=headers)


def with_document(response: Response, document: Any) -> Response:
    """Return the answer with another JSON body, written compactly."""
    return with_body(response, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def _document(change: Callable[[Any], Any]) -> Breakage:
    return lambda response: with_document(response, change(json.loads(response.body)))


def _first(**changes: object) -> Breakage:
    """Change keys of the first entry; ``...`` takes one away."""

    def change(document: list[dict[str, Any]]) -> list[dict[str, Any]]:
        entry = {**document[0], **changes}
        return [{key: value for key, value in entry.items() if value is not ...}, *document[1:]]

    return _document(change)


def _text(change: Callable[[bytes], bytes]) -> Breakage:
    return lambda response: with_body(response, change(response.body))


def _header(name: str, value: str | None) -> Breakage:
    def change(response: Response) -> Response:
        headers = response.headers.without(name) if value is None else response.headers.with_field(name, value)
        return response.replace(headers=headers)

    return change


BREAKAGES: Mapping[str, Breakage] = {
    "wrapped": _document(lambda document: {"checkpoints": document}),
    "wrapped-as-printed": _text(lambda body: b"{" + body + b"}"),
    "one-entry": _document(lambda document: document[0]),
    "error-with-200": _document(lambda _: {"errorCode": "ConsumerGroupNotExist", "errorMessage": "no group"}),
    "null": _document(lambda _: None),
    "entry-not-object": _document(lambda document: [document[0]["shard"]]),
    "shard-string": _first(shard="0"),
    "shard-missing": _first(shard=...),
    "shard-negative": _first(shard=-1),
    "checkpoint-null": _first(checkpoint=None),
    "checkpoint-missing": _first(checkpoint=...),
    "checkpoint-number": _first(checkpoint=1524155379373908496),
    "checkpoint-not-base64": _first(checkpoint="1524155379373908496!"),
    "checkpoint-unpadded": _first(checkpoint="MTUyNDE1NTM3OTM3MzkwODQ5Ng"),
    "update-time-seconds": _first(updateTime=_MICRO // 1_000_000),
    "update-time-milliseconds": _first(updateTime=_MICRO // 1000),
    "update-time-string": _first(updateTime=str(_MICRO)),
    "update-time-float": _first(updateTime=float(_MICRO)),
    "update-time-missing": _first(updateTime=...),
    "consumer-null": _first(consumer=None),
    "shard-twice": _document(lambda document: [*document, document[0]]),
    "html": lambda response: _header("Content-Type", "text/html")(with_body(response, b"<html>busy</html>")),
    "empty": _text(lambda _: b""),
    "cut-off": _text(lambda body: body[:-1]),
    "two-texts": _text(lambda body: body + body),
    "byte-order-mark": _text(lambda body: b"\xef\xbb\xbf" + body),
    "not-a-number": _text(lambda body: body[:-1] + b",NaN]"),
    "key-twice": _text(lambda body: body.replace(b'"shard":', b'"shard":0,"shard":', 1)),
    "length-too-long": lambda response: _header("Content-Length", str(len(response.body) + 1))(response),
    "gzip-announced": _header("Content-Encoding", "gzip"),
    "request-id-missing": _header("x-log-requestid", None),
    "content-type-text": _header("Content-Type", "text/plain"),
    "date-missing": _header("Date", None),
}
"""By name."""
