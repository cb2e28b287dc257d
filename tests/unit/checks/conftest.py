"""A correct exchange to start from: every test changes one thing in it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, Credentials, http_date, sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

AT = datetime(2024, 11, 25, 10, 9, 42, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
PATH = "/logstores/my-logstore/consumergroups/consumer_group_test"
ENTRY = {
    "shard": 0,
    "checkpoint": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
    "updateTime": 1524224984800922,
    "consumer": "consumer_1",
}


def compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogateescape")


def make_request(  # noqa: PLR0913 - each part of a request is some test's point
    target: str = f"{PATH}?shard=0",
    *,
    scheme: Any = "v1",
    key: Credentials = TEST_CREDENTIALS,
    headers: Mapping[str, str] | None = None,
    signed: bool = True,
    method: str = "GET",
    host: str = HOST,
    body: bytes = b"",
    at: datetime = AT,
    region: str | None = None,
) -> Request:
    request = Request(method, f"http://{host}{target}", {"Host": host, **(headers or {})}, body)
    return sign(request, key, scheme=scheme, at=at, region=region) if signed else request


def make_response(
    body: Any = (ENTRY,), status: int = 200, headers: Mapping[str, str | None] | None = None, *, wire: bool = True
) -> Response:
    raw = body if isinstance(body, bytes) else compact(body)
    fields = {
        "Server": "AliyunSLS",
        "Content-Type": "application/json",
        "Content-Length": str(len(raw)),
        "Connection": "keep-alive",
        "Access-Control-Allow-Origin": "*",
        "Date": http_date(AT),
        "x-log-time": str(int(AT.timestamp())),
        "x-log-requestid": f"{int(AT.timestamp()):08X}05099546E07A82E8",
        **(headers or {}),
    }
    return Response(status, [(name, value) for name, value in fields.items() if value is not None], raw, wire)


def make_error(status: int, code: str, message: str, **more: Any) -> Response:
    return make_response({"errorCode": code, "errorMessage": message, **more}, status)


class Maker:
    """Builds requests, responses and exchanges, correct but for what is asked to differ."""

    at = AT
    path = PATH
    entry: Mapping[str, Any] = ENTRY
    request: Callable[..., Request] = staticmethod(make_request)
    response: Callable[..., Response] = staticmethod(make_response)
    error: Callable[..., Response] = staticmethod(make_error)

    def exchange(self, response: Response | None = None, **options: Any) -> Exchange:
        return Exchange(make_request(**options), response or make_response())

    def listed(self, *entries: Any, target: str = PATH) -> Exchange:
        return Exchange(make_request(target), make_response(list(entries)))

    def changed(self, **fields: Any) -> Exchange:
        entry = {name: value for name, value in {**ENTRY, **fields}.items() if value is not ...}
        return self.listed(entry)

    def body(self, raw: bytes, **headers: str | None) -> Exchange:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        return Exchange(make_request(PATH), make_response(raw, headers=fields))


@pytest.fixture
def make() -> Maker:
    return Maker()
