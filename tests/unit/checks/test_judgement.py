"""How exchanges are judged: keys, times, halves, and what findings may show."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import page_examples as examples
import pytest

from sls_contract.checks import check, judge, judge_request, judge_response
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, Credentials
from sls_contract.spec import Level

REAL = Credentials("LTAI5tAbCdEfGhIjKlMn", "a-real-looking-secret")


def slugs(findings):
    return [finding.slug for finding in findings]


def test_the_documented_exchanges_are_correct():
    """What the page prints breaks nothing in its responses; its placeholder of a signature is none."""
    for exchange in (examples.success(), *examples.errors().values()):
        assert judge_response(exchange).findings == ()
        assert slugs(judge_request(exchange.request).findings) == ["signature-authorization", "signature-not-verified"]


def test_given_credentials_verify(make):
    """The given key verifies its own requests, and one of several that of its id."""
    for key, given in ((REAL, REAL), (TEST_CREDENTIALS, None), (TEST_CREDENTIALS, (REAL, TEST_CREDENTIALS))):
        verdict = judge_request(make.request(key=key), credentials=given)
        assert verdict.findings == ()
        assert "SLS310" in verdict.exercised
    assert slugs(judge_request(make.request(), credentials=REAL).findings) == ["signature-access-key"]


def test_one_key_must_be_the_right_one(make):
    """One given key is the one to sign with; of several the request's may be missing, and is then not verified."""
    request = make.request(key=REAL)
    other = Credentials("LTAIother", "x")
    assert slugs(judge_request(request, credentials=other).findings) == ["signature-access-key"]
    assert slugs(judge_request(request, credentials=[other]).findings) == ["signature-not-verified"]
    assert slugs(judge_request(request).findings) == ["signature-not-verified"]


def test_the_page_of_a_proxy_is_not_taken_for_the_services(make):
    """Nothing of it counts for or against the service, and it does not pass for a judged response either."""
    page = {"x-log-requestid": None, "Content-Type": "text/html", "Proxy-Authenticate": 'Basic realm="office"'}
    for status, slug in ((407, "response-of-proxy"), (504, "server-error-body")):
        verdict = judge(make.exchange(make.response(b"<html>", status, page)))
        assert (slugs(verdict.findings), verdict.extent) == ([slug], "part")
        assert "a proxy" in verdict.findings[0].actual
        assert {code for code in verdict.exercised if code.startswith("SLS2")} <= {"SLS233", "SLS257"}


@pytest.mark.parametrize("status", [200, 404, 500])
def test_what_the_service_returns_through_a_proxy_is_judged(make, status):
    """Via shows only the way that a response took; its request id or its error body is of the service."""
    error = make.error(status, {404: "ConsumerGroupNotExist", 500: "InternalServerError"}.get(status, ""), "any")
    response = make.response() if status == 200 else error
    through = make.exchange(replace(response, headers=response.headers.with_field("Via", "1.1 squid")))
    assert judge(through).extent == "full"
    assert "SLS251" in judge(through).exercised
    headers = through.response.headers.without("x-log-requestid")
    lost = slugs(judge(replace(through, response=replace(through.response, headers=headers))).findings)
    assert "request-id" in lost


PREFLIGHT = [("Origin", "https://example.com"), ("Access-Control-Request-Method", "GET")]


@pytest.mark.parametrize(
    ("method", "headers", "is_judged"),
    [("CONNECT", [], False), ("OPTIONS", PREFLIGHT, False), ("OPTIONS", PREFLIGHT[:1], True), ("GET", PREFLIGHT, True)],
)
def test_what_only_prepares_a_request_to_the_service_is_not_judged(make, method, headers, is_judged):
    """HARs list the tunnel through a proxy and a browser's preflight beside the request itself."""
    request = Request(method, make.request().url, headers)
    verdict = judge(Exchange(request, Response(200, [])))
    assert (verdict.operation != "foreign") is is_judged
    assert bool(verdict.findings) is is_judged


def test_no_keys_verify_nothing(make):
    """An empty keyring leaves even the test key's signature alone: its form is all that is judged."""
    broken = make.request(key=replace(TEST_CREDENTIALS, access_key_secret="wrong"))
    verdict = judge_request(broken, credentials=())
    assert slugs(verdict.findings) == ["signature-not-verified"]
    assert "SLS301" in verdict.exercised
    assert "SLS310" not in verdict.exercised


def test_a_key_that_we_do_not_hold_may_be_served(make):
    """The service may know a key that was not given here: a 200 is no breach."""
    exchange = make.exchange(key=REAL)
    findings = check(exchange, credentials=Credentials("LTAIother", "x"))
    assert slugs(findings) == ["signature-access-key"]


def test_responses_are_dated_by_the_best_time_known(make):
    """With a time the Date is judged by it, without one by the request's own, without either not at all."""
    exchange = make.exchange()
    late = make.at + timedelta(hours=1)
    assert slugs(judge_response(exchange, at=late).findings) == ["response-clock"]
    assert judge_response(exchange).findings == ()
    undated = Exchange(replace(exchange.request, headers=exchange.request.headers.without("Date")), exchange.response)
    assert slugs(judge_response(undated).findings) == ["response-clock-unknown"]
    assert judge_response(undated, at=make.at).findings == ()


def test_halves_make_the_whole(make):
    """Judging request and response apart gives what judging the exchange gives."""
    exchange = make.exchange(make.response([{}]), target=f"{make.path}?shardId=1")
    whole = judge(exchange, at=make.at)
    request = judge_request(exchange.request, at=make.at)
    response = judge_response(exchange, credentials=None, at=make.at)
    assert request.findings + response.findings == whole.findings
    assert request.exercised | response.exercised == whole.exercised
    assert judge_response(replace(exchange, response=None)).exercised == frozenset()


def test_exercised_is_what_could_have_failed(make):
    """An empty list has no entry that could be wrong, and a v1 request no scope."""
    verdict = judge(make.listed())
    assert "SLS201" in verdict.exercised
    assert not verdict.exercised & {"SLS202", "SLS203", "SLS204", "SLS210", "SLS211", "SLS308", "SLS309"}
    assert {"SLS308", "SLS309"} <= judge_request(make.request(scheme="v4")).exercised


@pytest.mark.parametrize("at", [datetime(2024, 1, 1), "2024-01-01"])  # noqa: DTZ001 - the naive time is the point
def test_a_time_without_zone_is_refused(make, at):
    """Nobody can say when a naive time is."""
    with pytest.raises(UsageError, match="aware datetime"):
        judge(make.exchange(), at=at)


def test_credentials_of_another_type_are_refused(make):
    """A pair of texts is no key."""
    with pytest.raises(UsageError, match="credentials must be Credentials"):
        judge(make.exchange(), credentials=("id", "secret"))


def test_the_unit_is_named(make):
    """A time in seconds, milliseconds or nanoseconds is recognised as such."""
    for time, unit in ((1524224984, "seconds"), (1524224984800, "milliseconds"), (1524224984800922000, "nanoseconds")):
        (finding,) = check(make.changed(updateTime=time))
        assert finding.code == "SLS204"
        assert finding.level is Level.VIOLATION
        assert finding.where == "/0/updateTime"
        assert f"in {unit} only" in finding.actual


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("text", '"text"'),
        (None, "null"),
        ({"checkpoints": []}, 'under the key "checkpoints"'),
        ({"errorCode": "X", "errorMessage": "y"}, "an error body under a status of success"),
        ({"shard": 0}, "a single element without its list"),
        ({}, "an empty object"),
    ],
)
def test_what_came_instead_of_the_array_is_named(make, value, says):
    """The usual mistakes about the list are told by name."""
    (finding,) = check(make.exchange(make.response(value)), at=make.at)
    assert finding.slug == "body-array"
    assert says in finding.actual


def test_no_finding_shows_a_secret(make):
    """Key id, token and signature are masked wherever a response or a query echoes them; the public ids stay."""
    key = Credentials("LTAI5tAbCdEfGhIjKlMn", "s", "token-of-this-test-0123456789")
    request = make.request(f"{make.path}?LTAI5tAbCdEfGhIjKlMn=1", key=key)
    signature = request.headers["authorization"].partition(":")[2]
    echo = f"{key.access_key_id} {signature} {key.security_token} LTAI5tZyXwVuTsRqPoNm"
    exchange = Exchange(request, make.error(400, echo, "x"))
    text = "\n".join(map(str, check(exchange, credentials=Credentials("other", "x"))))
    assert "***" in text
    for secret in (key.access_key_id, signature, key.security_token, "LTAI5tZyXwVuTsRqPoNm"):
        assert secret not in text
    public = make.exchange(make.error(404, "testAccessKeyId STS.testAccessKeyId", "x"))
    assert "testAccessKeyId STS.testAccessKeyId" in check(public)[0].actual


def test_findings_are_short_and_printable(make):
    """A monstrous value is cut, a control character escaped, Chinese kept."""
    long = check(make.changed(shard="0" * 100_000))[0]
    assert len(long.actual) < 200
    charset, unknown = check(make.exchange(make.error(404, "日志\x1b[31m\udc80", "x")))
    assert charset.slug == "json-utf8"
    assert unknown.actual == '"日志\\u001b[31m\\udc80"'
    huge = check(make.body(b'[{"shard":' + b"9" * 5000 + b',"checkpoint":"","updateTime":0,"consumer":""}]'))
    assert slugs(huge) == ["entry-shard"]
    assert len(huge[0].actual) < 200


def test_many_breaches_of_one_clause_are_cut(make):
    """Twenty flaws of one clause are enough to see it, however many entries have them."""
    entries = [{**make.entry, "shard": number, "updateTime": 1524224984} for number in range(500)]
    assert len(check(make.listed(*entries))) == 20


def test_headers_with_odd_bytes_are_judged(make):
    """Bytes that are not UTF-8 in header values break clauses, not the judge."""
    headers = Headers(
        [("Date", "\udcff"), ("x-log-requestid", "\udc80"), ("Content-Length", "٣"), ("Content-Type", "\udcff")]
    )
    exchange = make.exchange(replace(make.response(), headers=headers))
    assert slugs(check(exchange)) == ["request-id-form", "content-type", "response-date", "content-length"]


def test_a_request_without_authorization_is_one_finding(make):
    """An unsigned request is told once, as what it is."""
    request = Request(
        "GET", f"http://my-project.cn-hangzhou.log.aliyuncs.com{make.path}", {"x-log-apiversion": "0.6.0"}
    )
    assert slugs(judge_request(request).findings) == ["request-date", "signature-authorization"]
