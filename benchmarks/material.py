"""The recordings and requests of every engine: the same exchanges in our layout and in that of plain vcrpy."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import yaml

from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, http_date, sign
from sls_contract.spec.version import CONTRACT_VERSION

HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
CLIENT = "python-requests"
_ALWAYS = [("User-Agent", CLIENT), ("Accept-Encoding", "gzip, deflate"), ("Accept", "*/*"), ("Connection", "close")]


def url_of(number, origin=f"http://{HOST}"):
    return f"{origin}/logstores/my-logstore/consumergroups/group-{number:05}?shard=0"


def request_of(number, at, origin=f"http://{HOST}", host=HOST):
    return sign(Request("GET", url_of(number, origin), [("Host", host), *_ALWAYS]), TEST_CREDENTIALS, at=at)


def response_of(number, at):
    entry = {"shard": 0, "checkpoint": "MTUyNDE1NTM3OTM0MzYwODEzNw==", "updateTime": 1524224984800922 + number}
    body = json.dumps([entry | {"consumer": "consumer-1"}]).encode()
    request_id = f"{int(at.timestamp()):08X}{number * 7919 + 1:016X}"
    headers = {"Server": "nginx", "Content-Type": "application/json", "Content-Length": str(len(body))}
    headers |= {"Connection": "close", "Date": http_date(at), "x-log-requestid": request_id}
    return Response(200, headers, body, reason="OK")


def recordings(numbers, at):
    endpoint = "http://cn-hangzhou.log.aliyuncs.com"
    origin = Provenance(Evidence.REFERENCE, endpoint, "cn-hangzhou", CLIENT, at, at, CONTRACT_VERSION)
    for number in numbers:
        exchange = Exchange(request_of(number, at), response_of(number, at))
        yield Recording(exchange, origin, SignatureNote("verified"))


def write_ours(path, numbers, at):
    Path(path).unlink(missing_ok=True)
    write(path, recordings(numbers, at))


def write_vcrpys(path, numbers, at):
    """Write the file that plain vcrpy records of the same exchanges."""
    listed = [_interaction(each.exchange) for each in recordings(numbers, at)]
    dumper = getattr(yaml, "CDumper", yaml.Dumper)
    Path(path).write_text(yaml.dump({"interactions": listed, "version": 1}, Dumper=dumper), encoding="utf-8")


def _interaction(exchange):
    request, response = exchange.request, exchange.response
    status = {"code": response.status, "message": response.reason}
    return {
        "request": {"method": request.method, "uri": request.url, "body": None, "headers": _fields(request)},
        "response": {"status": status, "headers": _fields(response), "body": {"string": response.body.decode()}},
    }


def _fields(message):
    return {name: [value] for name, value in message.headers.pairs}


def plan(path, numbers, **more):
    """Write the plan of a measurement: requests signed now, and the responses for the floor."""
    at = datetime.now(UTC)
    sent = [(url_of(number), dict(request_of(number, at).headers.pairs)) for number in numbers]
    responses = [(url_of(number), response_of(number, at)) for number in numbers]
    common = {
        "sent": sent,
        "responses": [(url, list(response.headers.pairs), response.body.decode()) for url, response in responses],
        "length": len(responses[0][1].body),
        "hosts": [],
        "clock": "process_time",
    }
    Path(path).write_text(json.dumps(common | more), encoding="utf-8")
    return path
