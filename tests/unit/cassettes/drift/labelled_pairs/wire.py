"""How a pair of recordings is made: a correct exchange, and whatever differs on its sides."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sls_contract.cassettes.recording import Recording
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, Credentials, http_date, sign

AT = datetime(2024, 11, 25, 10, 9, 42, tzinfo=UTC)
LATER = AT + timedelta(days=30)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
PATH = "/logstores/my-logstore/consumergroups/consumer_group_test"
ONE = f"{PATH}?shard=0"
GROUPS = "/logstores/my-logstore/consumergroups"
E0 = {
    "shard": 0,
    "checkpoint": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
    "updateTime": 1524224984800922,
    "consumer": "consumer_1",
}
E1 = {**E0, "shard": 1, "checkpoint": "MTcz", "updateTime": 1732529382000000}
FRESH = {"shard": 0, "checkpoint": "", "updateTime": 0, "consumer": ""}
CODED = {"Accept-Encoding": "gzip, deflate"}
LIST = [{"name": "g", "timeout": 30, "order": True}]


def packed(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def response(body: Any = (E0, E1), status: int = 200, *, at=AT, wire=True, reason="", **fields: str | None) -> Response:
    raw = packed(body)
    headers = {
        "Server": "AliyunSLS",
        "Content-Type": "application/json",
        "Content-Length": str(len(raw)),
        "Connection": "keep-alive",
        "Access-Control-Allow-Origin": "*",
        "Date": http_date(at),
        "x-log-requestid": f"{int(at.timestamp()):08X}05099546E07A82E8",
        **{name.replace("_", "-"): value for name, value in fields.items()},
    }
    return Response(status, [(name, value) for name, value in headers.items() if value is not None], raw, wire, reason)


def error(status: int, code: str, message: str = "consumer group not exist.", **more: Any) -> Response:
    return response({"errorCode": code, "errorMessage": message, **more}, status)


def asked(target: str = PATH, method: str = "GET", body: bytes = b"", at=AT, key=TEST_CREDENTIALS, **fields: str):
    headers = {"Host": HOST, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return sign(Request(method, f"http://{HOST}{target}", headers, body), key, scheme="v1", at=at)


def with_entry(**fields: Any) -> Response:
    """Respond with both shards, the first changed; ``...`` takes a key away."""
    return response([{key: value for key, value in {**E0, **fields}.items() if value is not ...}, E1])


def recorded(response: Response | None, request: Request, **more: Any) -> Recording:
    return Recording(Exchange(request, response), **more)


def both(old: Any, new: Any, target: str = PATH, **request: Any) -> tuple[Recording, Recording]:
    sides = (each if isinstance(each, Recording) else recorded(each, asked(target, **request)) for each in (old, new))
    return tuple(sides)  # type: ignore[return-value]


GOOD = response()
MISSING = error(404, "ConsumerGroupNotExist")
DENIED = error(401, "SignatureNotMatch", "signature abc not match")
BUSY = error(503, "ServerBusy", "The server is busy, please try again later.")
HTML = b"<html><h1>502 Bad Gateway</h1></html>"
GZIP = response(gzip.compress(packed((E0, E1))), Content_Encoding="gzip")
LATE = asked(at=AT - timedelta(minutes=20))
STRANGER = Credentials("someKeyId", "some-secret-of-this-test")
WRONG = asked(key=Credentials("testAccessKeyId", "wrong"))
UNSIGNED = Request("GET", f"http://{HOST}{PATH}", {"Host": HOST, "x-log-apiversion": "0.6.0", "Date": http_date(AT)})
