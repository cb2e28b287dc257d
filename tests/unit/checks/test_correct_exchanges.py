"""Unusual but correct exchanges: nothing is found, not even a warning."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest

from sls_contract.checks import check, judge, judge_request, judge_response
from sls_contract.exchange import Request
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, http_date

GZIP = {"Accept-Encoding": "gzip, deflate", "Accept": "*/*"}
JSON_ASKED = {"accept": "application/json", "content-type": "application/json", "accept-encoding": "identity"}


def recased(request: Request, how) -> Request:
    return replace(request, headers=Headers([(how(name), value) for name, value in request.headers.pairs]))


def extended(request: Request, **fields: str) -> Request:
    headers = request.headers
    for name, value in fields.items():
        headers = headers.with_field(name.replace("_", "-"), value)
    return replace(request, headers=headers)


#: The wire forms of the official clients, each as it was captured.
CLIENTS = {
    "pylog v1": lambda make: extended(
        make.request(headers={**GZIP, "Content-Length": "0"}), x_log_date=http_date(make.at)
    ),
    "pylog v4": lambda make: make.request(scheme="v4", headers=GZIP),
    "pytea v1": lambda make: recased(
        make.request(scheme="v1-sha256", headers={**JSON_ASKED, "content-md5": ""}), str.lower
    ),
    "pytea v4": lambda make: recased(make.request(scheme="v4", headers=JSON_ASKED), str.lower),
    "nodelog v1": lambda make: make.request(f"{make.path}?", headers={"content-type": "application/json"}),
    "nodetea v1": lambda make: recased(make.request(scheme="v1-sha256", headers={"content-md5": ""}), str.lower),
    "nodetea v4": lambda make: recased(make.request(scheme="v4"), str.lower),
    "go v1": lambda make: recased(make.request(make.path, headers={"Accept-Encoding": "gzip"}), str.title),
    "go v4": lambda make: recased(make.request(make.path, scheme="v4", headers={"Accept-Encoding": "gzip"}), str.title),
    "java v1": lambda make: make.request(headers={"Content-Type": "application/x-protobuf", "Content-Length": "0"}),
    "sts": lambda make: make.request(key=TEST_STS_CREDENTIALS),
    "sts v4": lambda make: make.request(key=TEST_STS_CREDENTIALS, scheme="v4"),
    "upper case": lambda make: recased(make.request(), str.upper),
    "chinese names": lambda make: make.request("/logstores/%E6%97%A5%E5%BF%97/consumergroups/a%20b%2Fc?shard=0"),
    "intranet": lambda make: make.request(host="p.cn-hangzhou-intranet.log.aliyuncs.com", scheme="v4"),
    "ipv6 and ipv4": lambda make: make.request(host="p.cn-hangzhou.dualstack.log.aliyuncs.com", scheme="v4"),
    "region or endpoint": lambda make: make.request(
        host="p.cn-shenzhen-finance.log.aliyuncs.com", scheme="v4", region="cn-shenzhen-finance-1"
    ),
    "capitals and a final dot": lambda make: make.request(host="My-Project.CN-Hangzhou.log.aliyuncs.com."),
    "older name": lambda make: make.request(host="my-project.cn-hangzhou.sls.aliyuncs.com"),
    "share": lambda make: make.request(host="p.zhangbei-corp-share.log.aliyuncs.com"),
    "gateway of a company": lambda make: make.request(host="sls.my_gateway.internal.example.com:8443"),
    "acceleration": lambda make: make.request(host="p.log-global.aliyuncs.com"),
    "own domain, port": lambda make: make.request(host="p.sls.example.com:8443"),
    "loopback": lambda make: make.request(host="my-project.127.0.0.1:8080", scheme="v4", region="cn-hangzhou"),
    "page's own date": lambda make: extended(make.request(), Date="Mon, 25 Nov 2024 10:09:42 GMT"),
}

RESPONSES = {
    "empty list": lambda make: make.response([]),
    "all shards": lambda make: make.response([{**make.entry, "shard": shard} for shard in (0,)]),
    "never consumed": lambda make: make.response([{"shard": 0, "checkpoint": "", "updateTime": 0, "consumer": ""}]),
    "other key order": lambda make: make.response([dict(reversed(make.entry.items()))]),
    "white space": lambda make: make.response(
        b' [ {"consumer":"\xe6\xb6\x88\xe8\xb4\xb9\xe8\x80\x85", "shard": 0,\r\n'
        b'\t"updateTime" : 0, "checkpoint": "" } ]\n'
    ),
    "escapes": lambda make: make.response(
        b'[{"shard":0,"checkpoint":"","updateTime":0,"consumer":"\\u6d88\\ud83d\\ude00\\"-0"}]'
    ),
    "minus zero in a name": lambda make: make.response([{**make.entry, "consumer": "c-0, [-0: -0"}]),
    "2018": lambda make: make.response(headers={"Server": "nginx/1.12.1", "x-log-time": None, "Connection": "close"}),
    "2020": lambda make: make.response(headers={"Server": "Tengine", "x-log-time": None}),
    "charset": lambda make: make.response(headers={"Content-Type": "Application/JSON; Charset=UTF-8"}),
    "chunked": lambda make: make.response(headers={"Content-Length": None, "Transfer-Encoding": "chunked"}),
    "zeros ahead of the length": lambda make: make.response(headers={"Content-Length": "000111"}),
    "until close": lambda make: make.response(headers={"Content-Length": None}),
    "length twice": lambda make: make.response([], headers={"Content-Length": "2, 2"}),
    "content md5": lambda make: make.response([], headers={"Content-MD5": hashlib.md5(b"[]").hexdigest().upper()}),
    "gzip": lambda make: make.response(gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"}),
    "gzip members": lambda make: make.response(
        gzip.compress(b"[") + gzip.compress(b"]"), headers={"Content-Encoding": "GZIP"}
    ),
    "zlib": lambda make: make.response(zlib.compress(b"[]"), headers={"Content-Encoding": "deflate"}),
    "raw deflate": lambda make: make.response(zlib.compress(b"[]", wbits=-15), headers={"Content-Encoding": "deflate"}),
    "decoded by a recorder": lambda make: make.response(
        headers={"Content-Encoding": "gzip", "Content-Length": "90"}, wire=False
    ),
    "kept coded": lambda make: make.response(gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"}, wire=False),
    "upper-case header": lambda make: replace(
        make.response(), headers=Headers([(n.upper(), v) for n, v in make.response().headers.pairs])
    ),
    "busy": lambda make: make.error(503, "ServerBusy", "The server is busy, please try again later."),
    "quota": lambda make: make.error(403, "ReadQuotaExceed", "Read quota is exceeded."),
    "project, page": lambda make: make.error(404, "ProjectNotExist", "The Project does not exist : my-project."),
    "project, 2022": lambda make: make.error(404, "ProjectNotExist", "The Project does not exist: my-project"),
    "project, 2018": lambda make: make.error(404, "ProjectNotExist", "Project 日志 does not exist."),
    "logstore, page": lambda make: make.error(404, "LogStoreNotExist", "logstore my-logstore dose not exist."),
    "logstore, english": lambda make: make.error(404, "LogStoreNotExist", "Logstore my-logstore dose not exist."),
    "logstore, live": lambda make: make.error(404, "LogStoreNotExist", "logstore my-logstore does not exist"),
    "group": lambda make: make.error(404, "ConsumerGroupNotExist", "consumer group not exist"),
    "internal": lambda make: make.error(500, "InternalServerError", "anything at all"),
    "denied": lambda make: make.error(
        401,
        "Unauthorized",
        "denied by sts or ram, action: log:GetConsumerGroupCheckPoint, resource: acs:log:x",
        accessDeniedDetail={},
    ),
    "expired": lambda make: make.error(
        400,
        "RequestTimeExpired",
        "request timeThu, 15 Oct 2020 00:00:00 GMT has been expired while server time is Thu, 15 Oct 2020 15:13:44 GMT",
    ),
    "signature": lambda make: make.error(401, "SignatureNotMatch", "signature +zjvhBkmHLLvPPjj5po4S002IVM= not match"),
    "method": lambda make: make.error(405, "InvalidMethod", "invalid request method : /logstores/l/consumergroups/g"),
}


@pytest.mark.parametrize("form", CLIENTS)
def test_no_client_is_accused(make, form):
    """What an official client sends is correct in every form."""
    verdict = judge_request(CLIENTS[form](make), at=make.at)
    assert verdict.findings == ()
    assert verdict.operation == "GetCheckPoint"
    assert "SLS310" in verdict.exercised


@pytest.mark.parametrize("kind", RESPONSES)
def test_no_response_is_accused(make, kind):
    """Each of these responses was documented or observed, or is as good as those that were."""
    exchange = make.exchange(RESPONSES[kind](make), headers={"Accept-Encoding": "gzip, deflate"})
    assert check(exchange, at=make.at) == ()
    assert check(exchange) == ()
    assert judge_response(exchange, at=make.at).findings == ()


def test_update_time_uses_its_64_bits(make):
    """A time late in the century needs more than 53 bits to be exact, and is correct."""
    assert check(make.changed(updateTime=4_000_000_000_000_001)) == ()


def test_lz4_block_is_read(make):
    """A body in one LZ4 block, with a match that overlaps itself, is decompressed and judged."""
    plain = b"[" + b" " * 300 + b"]"
    # literals "[ ", match of 299 at offset 1, literal "]"
    block = b"\x2f[ " + b"\x01\x00" + bytes([255, 299 - 4 - 15 - 255]) + b"\x10]"
    fields = {"x-log-compresstype": "lz4", "x-log-bodyrawsize": str(len(plain))}
    exchange = make.exchange(make.response(block, headers=fields), headers={"Accept-Encoding": "lz4"})
    verdict = judge(exchange)
    assert verdict.findings == ()
    assert {"SLS201", "SLS265"} <= verdict.exercised
    off = make.exchange(
        make.response(block, headers=fields | {"x-log-bodyrawsize": "9"}), headers={"Accept-Encoding": "lz4"}
    )
    assert [(each.code, each.where) for each in check(off)] == [("SLS265", "header x-log-bodyrawsize")]


def test_clock_allows_fifteen_minutes(make):
    """A request is in time up to and with the fifteenth minute, on either side."""
    for minutes in (-15, 15):
        assert judge_request(make.request(at=make.at + timedelta(minutes=minutes)), at=make.at).findings == ()


def test_a_late_request_is_refused_for_its_time(make):
    """The refusal has the server's time; without the time of the exchange, it is not measured by the request's."""
    late = make.request(at=make.at - timedelta(hours=8))
    assert judge_response(replace(make.exchange(RESPONSES["expired"](make)), request=late)).findings == ()


def test_nonsense_may_get_any_known_response(make):
    """No source says what a malformed shard gets: only the request is remarked on."""
    for error in (("ParameterInvalid", "The parameter shard must be an integer", 400), ("ShardNotExist", "no", 404)):
        exchange = make.exchange(make.error(error[2], *error[:2]), target=f"{make.path}?shard=abc")
        assert [finding.slug for finding in check(exchange)] == ["query-shard-value"]


def test_head_has_no_body(make):
    """A response to HEAD has a Content-Length and no body; only the method is noted."""
    exchange = make.exchange(make.response(b"", headers={"Content-Length": "111"}), method="HEAD")
    assert [finding.slug for finding in check(exchange)] == ["request-method"]


@pytest.mark.parametrize("body", [b"", b"\x00\x01protobuf", b'[{"name":"a"}]'])
def test_other_operations_keep_their_bodies(make, body):
    """Of a success of an operation without a contract only headers and framing are judged."""
    exchange = make.exchange(
        make.response(body, headers={"Content-Type": "application/x-protobuf"}), target="/nowhere/my-logstore"
    )
    verdict = judge(exchange)
    assert verdict.findings == ()
    assert verdict.operation == "other"
    assert {"SLS251", "SLS310"} <= verdict.exercised
    assert not verdict.exercised & {"SLS201", "SLS221", "SLS231"}


def test_sibling_operations_are_named(make):
    """A heartbeat is told from the other operations on the same path."""
    headers = {"Content-Type": "application/json"}
    target = f"{make.path}?type=heartbeat&consumer=c"
    exchange = make.exchange(make.response([0]), target=target, method="POST", body=b"[]", headers=headers)
    verdict = judge(exchange)
    assert (verdict.findings, verdict.operation) == ((), "ConsumerGroupHeartBeat")


def test_web_tracking_is_not_signed(make):
    """Web tracking is anonymous: no signature, no version, no date is asked for."""
    request = Request("GET", "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/track?APIVersion=0.6.0&a=b")
    verdict = judge(replace(make.exchange(make.response(b"")), request=request), at=make.at)
    assert verdict.findings == ()
    assert "SLS301" not in verdict.exercised


def test_foreign_traffic_is_not_judged(make):
    """What is no SLS is left alone."""
    exchange = replace(make.exchange(make.response(b"<html>")), request=Request("GET", "https://example.com/"))
    verdict = judge(exchange)
    assert (verdict.findings, verdict.exercised, verdict.operation) == ((), frozenset(), "foreign")


@pytest.mark.parametrize("slip", [", Signature", ",SignedHeaders=host,Signature"])
def test_a_slip_in_authorization_is_not_told_as_one_of_the_date(make, slip):
    """Where the scheme cannot be read, x-log-date may be written as either scheme has it."""
    request = make.request(scheme="v4")
    request = extended(request, Authorization=request.headers["authorization"].replace(",Signature", slip))
    assert [finding.slug for finding in judge_request(request, at=make.at).findings] == ["signature-authorization"]


def test_nothing_is_not_compressed(make):
    """The end of the data is pulled with the header of the compression and no body: nothing was to be asked for."""
    exchange = make.exchange(make.response(b"", headers={"x-log-compresstype": "lz4"}), target="/nowhere/l")
    assert check(exchange) == ()


def test_a_signature_of_v4_in_capitals_may_be_served(make):
    """No page says whether; only the client is told, whose signature differs from that of the official SDKs."""
    request = make.request(scheme="v4")
    head, mark, digest = request.headers["Authorization"].rpartition("Signature=")

    def found(signature: str) -> set[str]:
        sent = extended(request, Authorization=head + mark + signature)
        judged = judge_response(replace(make.exchange(), request=sent), credentials=(TEST_CREDENTIALS,), at=make.at)
        return {each.code for each in judged.findings}

    assert found(digest.upper()) == set()
    assert found(digest.upper()[::-1]) == {"SLS239"}
