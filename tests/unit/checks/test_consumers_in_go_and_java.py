"""What the official consumers in Go and Java send and receive, by hand from their public source: nothing is found.

Sources: aliyun-log-go-sdk: client_consumer.go, log_store.go, request.go, model.go; aliyun-log-java-sdk: Client.java.
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
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group
from sls_contract.exchange import Exchange, Request
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, sign
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
