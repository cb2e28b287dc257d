"""What the official consumers in Go and Java send and receive, by hand from their public source: nothing is found.

Sources: aliyun-log-go-sdk: client_consumer.go, log_store.go, request.go, model.go, consumer/; aliyun-log-java-sdk:
Client.java; aliyun-log-consumer-java.
"""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.checks import judge
from sls_contract.checks.consumption import Consumption
from sls_contract.checks.content_coding import compressed
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group, encode_list
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, http_date, sign
from sls_contract.spec import Level

AT = datetime(2026, 1, 2, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
STORE = "/logstores/my-logstore"
GROUP = f"{STORE}/consumergroups/readers"
LOGS = encode_group(LogGroup((Log(int(AT.timestamp()), (("k", "值"),), 7),), topic="", source="10.0.0.1"))
PROTOBUF = "application/x-protobuf"
GO = {"User-Agent": "golang-sdk-v0.1.0 go1.21", "x-log-bodyrawsize": "0", "Accept-Encoding": "gzip"}
JAVA = {"User-Agent": "aliyun-log-java-sdk-0.6.100", "x-log-bodyrawsize": "0", "Content-Type": PROTOBUF}


class Wire:
    """A client's way of writing requests; responses come from the endpoint, and every exchange is kept."""

    def __init__(self, scheme, key) -> None:
        self.scheme, self.key, self.exchanges, self.at = scheme, key, [], AT
        self.endpoint = ReferenceEndpoint(lambda: self.at)

    def send(self, method, target, headers, body=b""):
        self.at += timedelta(seconds=1)
        request = Request(method, f"http://{HOST}{target}", {"Host": HOST, **headers}, body)
        signed = sign(request, self.key, scheme=self.scheme, at=self.at)
        response = self.endpoint(signed)
        self.exchanges.append(Exchange(signed, response))
        return response


class Go(Wire):
    """Keys of the query and of JSON in order of the alphabet; net/http asks for gzip where nothing is asked for."""

    def ask(self, target):
        return json.loads(self.send("GET", target, GO).body)

    def tell(self, method, target, value):
        body = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
        return self.send(method, target, {**GO, "Content-Type": "application/json"}, body)

    def put(self, coding):
        packed = {"x-log-compresstype": coding} if coding else {}
        sizes = {"x-log-bodyrawsize": str(len(LOGS)), "Content-Type": PROTOBUF}
        self.send("POST", STORE, {**GO, **packed, **sizes}, compressed(LOGS, coding))

    def pull(self, cursor, coding):
        headers = {**GO, "Accept": PROTOBUF, "Accept-Encoding": coding}
        response = self.send(
            "GET", f"{STORE}/shards/0?count=1000&cursor={cursor.replace('=', '%3D')}&type=logs", headers
        )
        return response.headers["x-log-cursor"]

    def run(self):
        self.tell("POST", f"{STORE}/consumergroups", {"consumerGroup": "readers", "timeout": 60, "order": False})
        self.tell("POST", f"{STORE}/consumergroups", {"consumerGroup": "readers", "timeout": 60, "order": False})
        self.ask(f"{STORE}/consumergroups")
        self.tell("PUT", GROUP, {"order": False, "timeout": 30})
        for coding in ("lz4", "zstd", ""):
            self.put(coding)
        held = json.loads(self.tell("POST", f"{GROUP}?consumer=a&type=heartbeat", []).body)
        self.tell("POST", f"{GROUP}?consumer=a&type=heartbeat", held)
        self.ask(GROUP)
        cursor = self.ask(f"{STORE}/shards/0?type=cursor&from=begin")["cursor"]
        for coding in ("lz4", "zstd"):
            cursor = self.pull(cursor, coding)
        for force in ("false", "true"):
            value = {"shard": 0, "checkpoint": cursor}
            self.tell("POST", f"{GROUP}?consumer=a&forceSuccess={force}&type=checkpoint", value)
        self.ask(GROUP)


class Java(Wire):
    """Every request says Content-Type, and a length, of protobuf and 0 where it has no body."""

    def ask(self, target, **more):
        return self.send("GET", target, {**JAVA, "Content-Length": "0", **more})

    def tell(self, method, target, value):
        body = json.dumps(value, separators=(",", ":")).encode()
        return self.send(method, target, {**JAVA, "Content-Type": "application/json"}, body)

    def put(self, coding):
        body = zlib.compress(LOGS) if coding == "deflate" else compressed(LOGS, coding)
        packed = {"x-log-compresstype": coding, "x-log-bodyrawsize": str(len(LOGS))}
        self.send("POST", f"{STORE}/shards/lb", {**JAVA, **packed}, body)

    def run(self):
        self.tell("POST", f"{STORE}/consumergroups", {"consumerGroup": "readers", "timeout": 60, "order": True})
        self.ask(f"{STORE}/consumergroups")
        self.ask(f"{STORE}/shards")
        for coding in ("lz4", "deflate", "zstd"):
            self.put(coding)
        held = json.loads(self.tell("POST", f"{GROUP}?type=heartbeat&consumer=a", []).body)
        self.tell("POST", f"{GROUP}?type=heartbeat&consumer=a", held)
        self.ask(f"{GROUP}?shard=0")
        cursor = json.loads(self.ask(f"{STORE}/shards/0?type=cursor&from=begin").body)["cursor"]
        asked = {"Accept": PROTOBUF, "Accept-Encoding": "lz4"}
        for _ in range(2):
            pulled = self.ask(f"{STORE}/shards/0?cursor={cursor.replace('=', '%3D')}&count=100&type=log", **asked)
            cursor = pulled.headers["x-log-cursor"]
        value = {"shard": 0, "checkpoint": cursor}
        self.tell("POST", f"{GROUP}?type=checkpoint&consumer=a&forceSuccess=true", value)
        self.tell("POST", f"{GROUP}?type=checkpoint&forceSuccess=true", value)
        self.ask(GROUP)


@pytest.mark.parametrize("scheme", ["v1", "v4"])
@pytest.mark.parametrize("key", [TEST_CREDENTIALS, TEST_STS_CREDENTIALS], ids=["key", "sts"])
@pytest.mark.parametrize("client", [Go, Java])
def test_nothing_is_found_in_a_session(client, scheme, key):
    """No alarm, not even a warning, in any exchange by itself or over the session; each is judged in full."""
    wire = client(scheme, key)
    wire.run()
    book = Consumption()
    for exchange in wire.exchanges:
        verdict = judge(exchange, at=AT)
        told = [finding for finding in verdict.findings if finding.level is not Level.UNSPECIFIED]
        told += book.judge(exchange).findings
        assert told == [], exchange.request.url
        assert verdict.extent == "full"


def answered(method, target, headers, body, response):
    """Return one exchange of the service: its headers beside those that the contract knows, as pages print them."""
    request = sign(Request(method, f"http://{HOST}{target}", {"Host": HOST, **headers}, body), TEST_CREDENTIALS, at=AT)
    given = {
        "Server": "AliyunSLS",
        "Access-Control-Allow-Origin": "*",
        "Connection": "close",
        "Date": http_date(AT),
        "Content-Length": str(len(response.body)),
        "x-log-time": str(int(AT.timestamp())),
        "x-log-requestid": f"{int(AT.timestamp()):08X}1FFC0366B24F1C63",
    }
    return Exchange(request, response.replace(headers={**given, **dict(response.headers)}))


@pytest.mark.parametrize(("headers", "type_name"), [(GO, "logs"), (JAVA, "log")], ids=["go", "java"])
def test_a_pull_that_the_service_filters_is_not_accused(headers, type_name):
    """Go sends queryId beside the query; the service counts what it read, and tells the last cursor as a number."""
    body = encode_list([LOGS])
    counted = ("rawdatasize", "rawdatacount", "resultlines", "rawdatalines", "failedlines")
    read = {
        "Content-Type": PROTOBUF,
        "x-log-cursor": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==",
        "x-log-count": "1",
        "x-log-bodyrawsize": str(len(body)),
        "x-log-compresstype": "lz4",
        "x-log-end-of-cursor": "0",
        "x-log-cursor-time": "1524155379",
        "x-log-read-last-cursor": "1524155379373908495",
        **{f"x-log-{name}": "9" for name in counted},
    }
    query = "count=100&cursor=MTUyNDE1NTM3OTM3MzkwODQ5NA%3D%3D&pullMode=scan_on_stream&query=%2A&queryId=q1"
    asked = {**headers, "Accept": PROTOBUF, "Accept-Encoding": "lz4"}
    response = Response(200, read, compressed(body, "lz4"))
    verdict = judge(answered("GET", f"{STORE}/shards/0?{query}&type={type_name}", asked, b"", response), at=AT)
    assert (verdict.findings, verdict.extent) == ((), "full")


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("code", ["ConsumerNotMatch", "ConsumerNotExsit", "ShardNotExsit"])
def test_refusals_that_consumers_know_are_not_accused(code, status):
    """The trackers of checkpoints compare these codes, two of them misspelled; no page tells their status."""
    body = b'{"checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng==","shard":0}'
    told = json.dumps({"errorCode": code, "errorMessage": "refused"}).encode()
    refusal = Response(status, {"Content-Type": "application/json"}, told)
    target = f"{GROUP}?consumer=a&forceSuccess=false&type=checkpoint"
    exchange = answered("POST", target, {**JAVA, "Content-Type": "application/json"}, body, refusal)
    assert judge(exchange, at=AT).findings == ()


def test_a_checkpoint_without_a_consumer_is_forced():
    """The Java SDK then sends the key consumer without a value."""
    target = f"{GROUP}?consumer=&forceSuccess=true&type=checkpoint"
    body = b'{"checkpoint":"MTUyNDE1NTM3OTM3MzkwODQ5Ng==","shard":0}'
    exchange = answered("POST", target, {**JAVA, "Content-Type": "application/json"}, body, Response(200))
    assert judge(exchange, at=AT).findings == ()
