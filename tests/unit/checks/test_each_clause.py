"""For every clause a broken exchange that it, and it alone, catches: switched off, the breach goes unnoticed."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from advice import speaks_of_its_breach

from sls_contract.checks import CHECKS, judge
from sls_contract.exchange import Exchange, Request
from sls_contract.signing import Credentials, http_date
from sls_contract.spec import CLAUSES
from sls_contract.spec.clauses import TABLES
from sls_contract.spec.registry import registry

GENERIC = {each.code for each in CLAUSES.values() if each.breaches}
STS = Credentials("STS.NQabcdefghijklmnop", "secret-of-this-test", None)
OTHER = Credentials("anotherKeyId", "another-secret-of-this-test")


def asked(request: Request) -> Exchange:
    """Only the request is judged."""
    return Exchange(request, None)


def headed(request: Request, **fields: str | None) -> Exchange:
    """Change header fields after signing; None takes one away."""
    headers = request.headers
    for name, value in fields.items():
        field = name.replace("_", "-")
        headers = headers.without(field) if value is None else headers.with_field(field, value)
    return asked(replace(request, headers=headers))


def returned(exchange: Exchange, **fields: str | None) -> Exchange:
    """Change header fields of the response; None takes one away."""
    assert exchange.response is not None
    headers = exchange.response.headers
    for name, value in fields.items():
        field = name.replace("_", "-")
        headers = headers.without(field) if value is None else headers.with_field(field, value)
    return replace(exchange, response=replace(exchange.response, headers=headers))


def of_proxy(make, status: int, **fields: str):
    """Return the page of a forward proxy, as it sends it in place of the service."""
    given = {name.replace("_", "-"): value for name, value in fields.items()}
    page = {"x-log-requestid": None, "Content-Type": "text/html", "Date": None}
    return make.response(b"<html>no</html>", status, page | given)


def retargeted(request: Request, target: str) -> Exchange:
    return asked(replace(request, url=request.url.partition("?")[0] + target))


def counted(make, scheme: str, length: str) -> Exchange:
    """A body of 9 characters and 11 bytes, under any Content-Length."""
    headers = {"Content-Type": "application/json", "Content-Length": length}
    return asked(make.request("/nowhere", method="POST", body='["g_消_1"]'.encode(), headers=headers, scheme=scheme))


#: slug, how to break it, arguments of `judge`
REQUESTS = [
    ("request-path", lambda make: asked(make.request("/logstores/my-logstore/consumergroups/")), {}),
    ("request-path", lambda make: asked(make.request("/logstores//consumergroups/group")), {}),
    ("request-path", lambda make: asked(make.request(make.path + "/")), {}),
    ("request-method", lambda make: asked(make.request(method="HEAD")), {}),
    ("query-shard-key", lambda make: asked(make.request(f"{make.path}?shardId=0")), {}),
    ("query-shard-key", lambda make: asked(make.request(f"{make.path}?Shard=0")), {}),
    ("query-shard-value", lambda make: asked(make.request(f"{make.path}?shard=-1")), {}),
    ("query-shard-value", lambda make: asked(make.request(f"{make.path}?shard=")), {}),
    ("query-shard-value", lambda make: asked(make.request(f"{make.path}?shard=0&shard=1")), {}),
    ("query-shard-value", lambda make: asked(make.request(f"{make.path}?shard=2147483648")), {}),
    ("query-unknown-key", lambda make: asked(make.request(f"{make.path}?shard=0&offset=1")), {}),
    (
        "request-body",
        lambda make: asked(make.request(body=b"{}", headers={"Content-Type": "application/json"})),
        {},
    ),
    ("api-version", lambda make: asked(make.request(headers={"x-log-apiversion": "0.4.0"})), {}),
    ("api-version", lambda make: headed(make.request(), x_log_apiversion=None), {"credentials": ()}),
    ("signature-method", lambda make: headed(make.request(), x_log_signaturemethod="md5"), {"credentials": ()}),
    ("signature-method", lambda make: headed(make.request(), x_log_signaturemethod=None), {"credentials": ()}),
    ("request-date", lambda make: headed(make.request(), Date=None), {"credentials": ()}),
    ("request-date", lambda make: headed(make.request(scheme="v4"), x_log_date=None), {"credentials": ()}),
    ("request-date-header", lambda make: headed(make.request(), x_log_date=http_date(make.at), Date=None), {}),
    ("request-date-form", lambda make: headed(make.request(), Date="2024-11-25T10:09:42Z"), {"credentials": ()}),
    (
        "request-date-form",
        lambda make: headed(make.request(), Date="Mon, 25 Nov 2024 18:09:42 +0800"),
        {"credentials": ()},
    ),
    (
        "request-date-form",
        lambda make: headed(make.request(), Date="周一, 25 11月 2024 10:09:42 GMT"),
        {"credentials": ()},
    ),
    ("body-raw-size", lambda make: asked(make.request(headers={"x-log-bodyrawsize": "none"})), {}),
    ("request-host", lambda make: asked(make.request(host="cn-hangzhou.log.aliyuncs.com")), {}),
    ("request-host", lambda make: asked(make.request(host="cn-hangzhou.dualstack.log.aliyuncs.com")), {}),
    ("request-host", lambda make: asked(make.request(host="cn-hangzhou.log.aliyuncs.com.:80")), {}),
    ("request-host", lambda make: asked(make.request(host="127.0.0.1:8080")), {}),
    ("request-host", lambda make: asked(make.request(host="localhost:8080")), {}),
    ("request-host", lambda make: asked(make.request(host="[::1]:8080")), {}),
    ("request-host", lambda make: asked(make.request(host="p.p.cn-hangzhou.log.aliyuncs.com")), {}),
    ("request-host", lambda make: asked(make.request(host="my.project.log-global.aliyuncs.com")), {}),
    ("request-host", lambda make: asked(make.request(host="<project>.cn-hangzhou.log.aliyuncs.com")), {}),
    ("request-host", lambda make: asked(make.request(host="p.oss-cn-hangzhou.aliyuncs.com")), {}),
    ("request-host", lambda make: asked(make.request(host="p.cn-hangzhou.log.aliyun.com")), {}),
    ("request-host-form", lambda make: asked(make.request(host="my_project.cn-hangzhou.log.aliyuncs.com")), {}),
    ("request-host-form", lambda make: asked(make.request(host="p.cn_hangzhou.log.aliyuncs.com")), {}),
    ("request-host-form", lambda make: asked(make.request(host="p.cn_hangzhou.dualstack.log.aliyuncs.com")), {}),
    ("request-host-form", lambda make: asked(make.request(host="p-.cn-hangzhou.sls.aliyuncs.com")), {}),
    ("request-host-form", lambda make: asked(make.request(host="p.sls.cn-hangzhou.aliyuncs.com")), {}),
    ("request-host-form", lambda make: asked(make.request(host="undefined.cn-hangzhou.log.aliyuncs.com")), {}),
    ("security-token", lambda make: asked(make.request(key=STS)), {"credentials": STS}),
    ("request-operation", lambda make: asked(make.request("/logstores/l/consumergroups", method="PUT")), {}),
    ("request-operation", lambda make: asked(make.request(f"{make.path}?type=lock", method="POST")), {}),
    ("request-operation", lambda make: asked(make.request(f"{make.path}?consumer=c", method="POST")), {}),
    ("request-operation", lambda make: asked(make.request("/logstores/l/shards/0")), {}),
    ("request-operation", lambda make: asked(make.request("/logstores/l/shards/0?count=5")), {}),
    ("request-operation", lambda make: asked(make.request("/logstore/l/shards")), {}),
    ("request-operation", lambda make: asked(make.request("/logstores/l/shards/")), {}),
    ("request-operation", lambda make: asked(make.request("/logstores//shards")), {}),
    ("request-operation", lambda make: asked(make.request(f"/{make.path}?shard=0")), {}),
    ("request-operation", lambda make: asked(make.request("//logstores/l/shards/0?type=cursor&from=end")), {}),
    ("request-operation", lambda make: asked(make.request("/logstores/l/./shards")), {}),
    ("request-operation", lambda make: asked(make.request(f"/my-project{make.path}")), {}),
    ("request-operation", lambda make: asked(make.request("/sls/v1/logstores/l/shards")), {}),
    ("request-content-type", lambda make: asked(make.request("/nowhere", method="POST", body=b"{}")), {}),
    *[
        ("request-content-length", lambda make, scheme=scheme: counted(make, scheme, "9"), {})
        for scheme in ("v1", "v4")
    ],
    (
        "request-content-type",
        lambda make: asked(make.request("/nowhere", method="POST", body=b"{}", headers={"Content-Type": ""})),
        {},
    ),
]

SIGNATURES = [
    ("signature-authorization", lambda make: headed(make.request(), Authorization=None), {}),
    ("signature-authorization", lambda make: headed(make.request(), Authorization="SLS id:c2lnbmF0dXJl"), {}),
    (
        "signature-authorization",
        lambda make: headed(make.request(key=OTHER), Authorization="LOG x:short"),
        {"credentials": ()},
    ),
    (
        "signature-authorization",
        lambda make: headed(make.request(), Authorization="LOG :" + 27 * "A" + "="),
        {"credentials": ()},
    ),
    ("signature-access-key", lambda make: asked(make.request(key=OTHER)), {"credentials": STS}),
    ("signature-date", lambda make: headed(make.request(), x_log_date=http_date(make.at + timedelta(seconds=1))), {}),
    ("signature-content-md5", lambda make: headed(make.request(), Content_MD5=32 * "A"), {}),
    ("signature-content-type", lambda make: headed(make.request(), Content_Type="application/json"), {}),
    ("signature-header-list", lambda make: headed(make.request(), x_acs_security_token="a-token-of-this-test"), {}),
    ("signature-resource", lambda make: retargeted(make.request(make.path), "?shard=0"), {}),
    ("signature-scope", lambda make: asked(make.request(scheme="v4", region="cn-shanghai")), {}),
    ("signature-scope", lambda make: asked(make.request(scheme="v4", region="cn_hangzhou")), {}),
    (
        "signature-scope",
        lambda make: asked(make.request(scheme="v4", region="cn-shanghai", key=OTHER)),
        {"credentials": ()},
    ),
    ("signature-payload-hash", lambda make: headed(make.request(scheme="v4"), x_log_content_sha256=64 * "0"), {}),
    ("signature-digest", lambda make: asked(make.request(key=Credentials("testAccessKeyId", "wrong"))), {}),
    ("request-clock", lambda make: asked(make.request(at=make.at - timedelta(minutes=15, seconds=1))), {"at": ...}),
    ("request-clock", lambda make: asked(make.request(at=make.at + timedelta(minutes=16))), {"at": ...}),
    ("signature-not-verified", lambda make: asked(make.request(key=OTHER)), {}),
    ("signature-not-verified", lambda make: asked(make.request(key=OTHER)), {"credentials": (STS,)}),
]

ENTRIES = [
    ("body-array", lambda make: make.body(b'{"checkpoints":[],"count":0}'), {}),
    ("body-array", lambda make: make.body(b'{"errorCode":"ProjectNotExist","errorMessage":"none"}'), {}),
    ("body-array", lambda make: make.body(b"null"), {}),
    ("body-array", lambda make: make.body(b"9" * 5000), {}),
    ("entry-object", lambda make: make.listed(make.entry, 7), {}),
    ("entry-object", lambda make: make.listed(make.entry, [make.entry]), {}),
    ("entry-shard", lambda make: make.changed(shard="0"), {}),
    ("entry-shard", lambda make: make.changed(shard=...), {}),
    ("entry-shard", lambda make: make.changed(shard=-1), {}),
    ("entry-shard", lambda make: make.changed(shard=True), {}),
    ("entry-shard", lambda make: make.changed(shard=2**31), {}),
    ("update-time-unit", lambda make: make.changed(updateTime=1524224984), {}),
    ("update-time-unit", lambda make: make.changed(updateTime=1524224984800), {}),
    ("update-time-unit", lambda make: make.changed(updateTime=1524224984800922000), {}),
    ("update-time-unit", lambda make: make.changed(updateTime=10**17), {}),
    ("update-time-type", lambda make: make.changed(updateTime="1524224984800922"), {}),
    ("update-time-type", lambda make: make.changed(updateTime=...), {}),
    ("update-time-type", lambda make: make.changed(updateTime=None), {}),
    ("update-time-type", lambda make: make.changed(updateTime=2**63), {}),
    ("update-time-type", lambda make: make.changed(updateTime=-1), {}),
    ("entry-checkpoint", lambda make: make.changed(checkpoint=None), {}),
    ("entry-checkpoint", lambda make: make.changed(checkpoint=...), {}),
    ("entry-checkpoint", lambda make: make.changed(checkpoint="MTUyNDE1NTM3OTM3MzkwODQ5Nh=="), {}),
    ("entry-checkpoint", lambda make: make.changed(checkpoint="MTUyNDE1NTM3OTM3MzkwODQ5Ng"), {}),
    ("entry-checkpoint", lambda make: make.changed(checkpoint="1524155379373908496"), {}),
    ("entry-checkpoint", lambda make: make.changed(checkpoint="MTUy\n"), {}),
    ("checkpoint-decimal", lambda make: make.changed(checkpoint="YWJj"), {}),
    ("entry-consumer", lambda make: make.changed(consumer=None), {}),
    ("entry-consumer", lambda make: make.changed(consumer=["consumer_1"]), {}),
    ("consumer-missing", lambda make: make.changed(consumer=...), {}),
    ("duplicate-shard", lambda make: make.listed(make.entry, make.entry), {}),
    ("shard-filter", lambda make: make.listed(make.entry, target=f"{make.path}?shard=1"), {}),
    ("entry-additive-key", lambda make: make.changed(status="ok"), {}),
    ("entry-additive-key", lambda make: make.changed(consumer_id="c", **{"a/b~c": 1}), {}),
]

RESPONSES = [
    ("json-text", lambda make: make.body(b""), {}),
    ("json-text", lambda make: make.body(b"<html>" + b"x" * 1_000_000), {}),
    ("json-text", lambda make: make.body(b"{[]}"), {}),
    ("json-text", lambda make: make.body(b"[][]"), {}),
    ("json-text", lambda make: make.body(b"[NaN]"), {}),
    ("json-text", lambda make: make.body(b"[" * 100_000), {}),
    ("json-utf8", lambda make: make.body(b"\xef\xbb\xbf[]"), {}),
    ("json-utf8", lambda make: make.body("[]".encode("utf-16")), {}),
    (
        "json-utf8",
        lambda make: make.body(make.response([{**make.entry, "consumer": "消费者"}]).body.decode().encode("gbk")),
        {},
    ),
    ("json-utf8", lambda make: make.body(make.response().body.replace(b"consumer_1", b"\\ud800")), {}),
    (
        "json-duplicate-key",
        lambda make: make.body(make.response().body.replace(b'{"shard":0', b'{"shard":1,"shard":0')),
        {},
    ),
    ("json-integer", lambda make: make.body(make.response().body.replace(b'"shard":0', b'"shard":0.0')), {}),
    ("json-integer", lambda make: make.body(make.response().body.replace(b'"shard":0', b'"shard":-0')), {}),
    (
        "json-integer",
        lambda make: make.body(make.response().body.replace(b"1524224984800922", b"1524224984800922e0")),
        {},
    ),
    ("success-status", lambda make: make.exchange(make.response(status=201)), {}),
    (
        "success-status",
        lambda make: make.exchange(make.response(b"", 204, {"Content-Type": None, "Content-Length": None})),
        {},
    ),
    (
        "success-status",
        lambda make: make.exchange(make.response(b"", 302, {"Content-Type": None, "Location": "/"})),
        {},
    ),
    ("error-body", lambda make: make.exchange(make.response(b"<html></html>", 404, {"Content-Type": "text/html"})), {}),
    ("error-body", lambda make: make.exchange(make.response({"errorCode": "", "errorMessage": "none"}, 404)), {}),
    ("error-body", lambda make: make.exchange(make.response({"errorCode": "ConsumerGroupNotExist"}, 404)), {}),
    ("error-body", lambda make: make.exchange(make.response({"error_code": "SLSLogStoreNotExist"}, 404)), {}),
    ("error-body", lambda make: make.exchange(make.response([], 404)), {}),
    ("server-error-body", lambda make: make.exchange(make.response(b"", 502, {"Content-Type": None})), {}),
    (
        "server-error-body",
        lambda make: make.exchange(make.response(b"<html></html>", 503, {"x-log-requestid": None, "Date": None})),
        {},
    ),
    ("server-error-body", lambda make: make.exchange(of_proxy(make, 503, Via="1.1 squid")), {}),
    ("response-of-proxy", lambda make: make.exchange(of_proxy(make, 407)), {}),
    ("response-of-proxy", lambda make: make.exchange(of_proxy(make, 403, Via="1.1 squid")), {}),
    ("response-of-proxy", lambda make: make.exchange(of_proxy(make, 401, Proxy_Authenticate="Basic")), {}),
    ("error-code-unknown", lambda make: make.exchange(make.error(404, "GroupNotFound", "none")), {}),
    ("error-code-operation", lambda make: make.exchange(make.error(404, "ShardNotExist", "shard not exist.")), {}),
    (
        "error-status",
        lambda make: make.exchange(make.error(400, "ConsumerGroupNotExist", "consumer group not exist.")),
        {},
    ),
    ("error-message", lambda make: make.exchange(make.error(404, "ConsumerGroupNotExist", "no such group")), {}),
    (
        "error-additive-key",
        lambda make: make.exchange(
            make.error(404, "ConsumerGroupNotExist", "consumer group not exist.", requestId="1")
        ),
        {},
    ),
    ("clock-served", lambda make: make.exchange(at=make.at - timedelta(minutes=16)), {}),
]

HEADERS = [
    ("request-id", lambda make: returned(make.exchange(), x_log_requestid=None), {}),
    ("request-id", lambda make: returned(make.exchange(), x_log_requestid=" "), {}),
    ("request-id-form", lambda make: returned(make.exchange(), x_log_requestid="67444ce605099546e07a82e8"), {}),
    ("request-id-form", lambda make: returned(make.exchange(), x_log_requestid="5AEC275D1FFC036AB254B20C"), {}),
    ("content-type", lambda make: returned(make.exchange(), Content_Type="text/plain"), {}),
    ("content-type", lambda make: returned(make.exchange(), Content_Type=None), {}),
    (
        "content-type",
        lambda make: make.exchange(
            make.response(
                {"errorCode": "ReadQuotaExceed", "errorMessage": "Read quota is exceeded."},
                403,
                {"Content-Type": "text/html"},
            )
        ),
        {},
    ),
    ("response-date", lambda make: returned(make.exchange(), Date=None), {}),
    ("response-date", lambda make: returned(make.exchange(), Date="2024-11-25 10:09:42"), {}),
    ("response-date", lambda make: returned(make.exchange(), Date="Mon, 25 Nov 2024 10:09:42 +0000"), {}),
    (
        "response-clock",
        lambda make: returned(
            make.exchange(make.error(503, "ServerBusy", "The server is busy, please try again later.")),
            Date="Mon, 25 Nov 2024 18:09:42 GMT",
            x_log_requestid="6744BF6605099546E07A82E8",
        ),
        {},
    ),
    ("response-clock", lambda make: returned(make.exchange(), Date="Mon, 25 Nov 2024 18:09:42 GMT"), {}),
    ("response-clock", lambda make: returned(make.exchange(), Date="Mon, 25 Nov 2024 18:09:42 GMT"), {"at": ...}),
    (
        "response-clock-unknown",
        lambda make: replace(headed(make.request(), Date=None), response=make.response()),
        {"credentials": (), "without_too": {"SLS109", "SLS312"}},
    ),
    ("content-length", lambda make: returned(make.exchange(), Content_Length="112"), {}),
    ("content-length", lambda make: returned(make.exchange(), Content_Length="+111"), {}),
    ("content-length", lambda make: returned(make.exchange(), Transfer_Encoding="chunked"), {}),
    (
        "content-length",
        lambda make: returned(make.exchange(), Content_Length="112", Transfer_Encoding="identity"),
        {},
    ),
    ("content-encoding", lambda make: make.body(make.response().body, Content_Encoding="gzip"), {"asks": "gzip"}),
    ("content-encoding", lambda make: make.body(gzip.compress(b"[]")[:-4], Content_Encoding="gzip"), {"asks": "gzip"}),
    (
        "content-encoding",
        lambda make: make.body(gzip.compress(b"0" * 40_000_000, 1), Content_Encoding="gzip"),
        {"asks": "gzip"},
    ),
    (
        "encoding-not-accepted",
        lambda make: make.body(gzip.compress(b"[]"), Content_Encoding="gzip"),
        {"asks": "identity"},
    ),
    (
        "encoding-not-accepted",
        lambda make: make.body(gzip.compress(b"[]"), Content_Encoding="gzip"),
        {"asks": "gzip;q=0, *"},
    ),
    ("encoding-not-accepted", lambda make: make.body(gzip.compress(b"[]"), Content_Encoding="gzip"), {"asks": ""}),
    ("encoding-not-requested", lambda make: make.body(gzip.compress(b"[]"), Content_Encoding="gzip"), {}),
    ("compress-type", lambda make: make.body(make.response().body, x_log_compresstype="lz4"), {"asks": "lz4"}),
    (
        "compress-type",
        lambda make: make.body(b"\x20[]", x_log_compresstype="lz4", x_log_bodyrawsize="3"),
        {"asks": "lz4"},
    ),
    ("content-md5", lambda make: returned(make.exchange(), Content_MD5="d751713988987e9331980363e24189ce"), {}),
    ("encoding-unknown", lambda make: make.body(b"\x0b\x01\x80[]\x03", Content_Encoding="br"), {"asks": "br"}),
]

SERVED = [
    ("authentication-served", "signature-authorization", lambda make: headed(make.request(), Authorization=None)),
    (
        "authentication-served",
        "signature-digest",
        lambda make: asked(make.request(key=Credentials("testAccessKeyId", "x"))),
    ),
]

MUTANTS = [*REQUESTS, *SIGNATURES, *ENTRIES, *RESPONSES, *HEADERS]


def findings(make, broken, options, without=()):
    options = dict(options)
    exchange = broken(make)
    if "asks" in options:
        asking = exchange.request.headers.with_field("Accept-Encoding", options.pop("asks"))
        exchange = replace(exchange, request=replace(exchange.request, headers=asking))
    if options.get("at") is ...:
        options["at"] = make.at
    if options.get("credentials") == ():
        without = {*without, "SLS312"}
    off = {*without, *options.pop("without_too", ())}
    return judge(exchange, without=off, **options).findings


def judged(*case):
    return {finding.slug for finding in findings(*case)}


@pytest.mark.parametrize(("slug", "broken", "options"), MUTANTS, ids=[f"{n}-{one[0]}" for n, one in enumerate(MUTANTS)])
class TestOneBreach:
    """One thing is wrong."""

    @pytest.mark.slow
    def test_is_found_by_its_clause_alone(self, make, slug, broken, options):
        """The clause finds the breach, and no other clause is dragged in."""
        assert judged(make, broken, options) == {slug}

    @pytest.mark.slow
    def test_goes_unnoticed_with_the_clause_switched_off(self, make, slug, broken, options):
        """Without the clause nothing is found: the clause cannot be done without."""
        code = next(each.code for each in CLAUSES.values() if each.slug == slug)
        assert judged(make, broken, options, {code}) == set()

    def test_is_fixed_by_what_its_finding_names(self, make, slug, broken, options):
        """The advice repeats a word of the place, of what was expected there, or of the clause."""
        for finding in findings(make, broken, options):
            assert speaks_of_its_breach(asdict(finding)), finding


@pytest.mark.parametrize(("slug", "cause", "broken"), SERVED)
def test_a_badly_signed_request_must_not_be_served(make, slug, cause, broken):
    """The request is at fault for its signature, the service for returning 200."""
    exchange = replace(broken(make), response=make.response())
    assert {finding.slug for finding in judge(exchange).findings} == {slug, cause}


@pytest.mark.parametrize("digest", [None, "00"])
def test_a_body_that_no_digest_proves_is_not_measured(make, digest):
    """Other recorders decode bodies, or leave them out."""
    exchange = headed(counted(make, "v1", "9").request, Content_MD5=digest)
    assert "request-content-length" not in {finding.slug for finding in judge(exchange, credentials=()).findings}


def test_every_clause_has_a_mutant():
    """No request, response or signature clause stands without a broken exchange that needs it."""
    proved = {one[0] for one in (*MUTANTS, *SERVED)}
    elsewhere = GENERIC | {each.code for each in TABLES["logs"]}  # test_by_contract, test_logs
    assert {each.slug for each in CLAUSES.values() if each.code < "SLS4" and each.code not in elsewhere} == proved


def test_every_clause_of_one_exchange_has_its_check():
    """Each clause of one exchange is judged by exactly one check, or by contracts."""
    own = set(re.findall("SLS[0-9]{3}", json.dumps(registry().named("GetCheckPoint").as_plain())))
    checked = [each.clause.code for each in CHECKS]
    assert sorted([*checked, *(own - set(checked)), *GENERIC]) == [code for code in CLAUSES if code < "SLS4"]
    assert own & set(checked) == {"SLS101"}


def test_response_is_not_needed_to_judge_a_request(make):
    """A request that got no response is judged, and nothing is said of the response."""
    verdict = judge(asked(make.request()))
    assert verdict.findings == ()
    assert not any(code.startswith("SLS2") for code in verdict.exercised)
