"""Properties of judging: it never raises, never contradicts itself, and finds what was put in."""

from __future__ import annotations

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sls_contract.checks import CHECKS, check, judge
from sls_contract.checks.content_coding import plain_body
from sls_contract.checks.lz4_block import decompress_block
from sls_contract.checks.meanings import FORMS
from sls_contract.checks.presentation import masked
from sls_contract.checks.strict_json import read_json, read_thoroughly
from sls_contract.checks.subject import FOREIGN, Subject
from sls_contract.exchange import Exchange, Request, Response, wire_text
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, http_date, sign
from sls_contract.spec import CLAUSES
from sls_contract.spec.export import operation_schemas
from sls_contract.spec.registry import registry

RESPONSE = Draft202012Validator(operation_schemas([registry().named("GetCheckPoint")])["GetCheckPoint.response.json"])
AT = datetime(2024, 11, 25, 10, 9, 42, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g"
GOOD = sign(Request("GET", URL, {"Accept-Encoding": "gzip, deflate, lz4"}), TEST_CREDENTIALS, at=AT)

PULL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/shards/0?type=logs&cursor=MTIz&count=10"
PULLED = sign(Request("GET", PULL), TEST_CREDENTIALS, at=AT)
SIGNED = (
    GOOD,
    *(
        sign(Request("GET", url), TEST_CREDENTIALS, at=AT, scheme=scheme)
        for url in (URL, PULL)
        for scheme in ("v1", "v1-sha256", "v4")
    ),
    sign(Request("POST", URL.partition("/consumergroups")[0] + "/shards/lb", {}, b"1"), TEST_CREDENTIALS, at=AT),
)

NAMES = (
    "authorization", "date", "host", "x-log-date", "x-log-apiversion", "x-log-signaturemethod", "x-log-bodyrawsize",
    "x-log-compresstype", "x-log-requestid", "content-length", "content-encoding", "content-md5", "content-type",
    "accept-encoding", "transfer-encoding", "x-acs-security-token", "x-log-content-sha256",
)  # fmt: skip
SLS4 = "SLS4-HMAC-SHA256 Credential=testAccessKeyId/20241125/cn-hangzhou/sls/aliyun_v4_request,Signature="
VALUES = (
    "", "gzip", "deflate", "lz4", "br", "identity;q=0", "*", "LOG a:b", "LOG testAccessKeyId:" + 27 * "A" + "=",
    "0.6.0",
    SLS4 + 64 * "0",
    "20241125T100942Z", http_date(AT), "Mon, 99 Foo 0000 99:99:99 GMT", "Mon, 01 Jan 0001 00:00:00 +2359",
    "hmac-sha256",
    "99999999999999999999", "-1", "FFFFFFFF05099546E07A82E8", "application/json", "٣", "[::1]:80",
)  # fmt: skip

wire = st.binary(max_size=30).map(wire_text)
headers = st.lists(st.tuples(st.sampled_from(NAMES) | wire, st.sampled_from(VALUES) | wire), max_size=12).map(Headers)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(2**64) | st.just(-0.0),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["shard", "checkpoint", "updateTime", "consumer", "errorCode", "errorMessage"])
            | st.text(max_size=3),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
bodies = st.binary(max_size=60) | json_like.map(lambda value: json.dumps(value).encode())
paths = st.sampled_from(
    ["/", "/logstores/l/consumergroups/g?shard=0", "/logstores//consumergroups/", "/%ff?%=%&shardid"]
)
requests = st.builds(
    lambda method, path, fields, body: Request(method, f"http://p.cn-hangzhou.log.aliyuncs.com{path}", fields, body),
    st.sampled_from(["GET", "HEAD", "POST", "", "gEt"]) | wire,
    paths | wire.map(lambda text: "/" + text),
    headers,
    st.binary(max_size=5),
)
responses = st.builds(
    Response,
    st.sampled_from([200, 204, 304, 401, 404, 500, 0, -1, 999]) | st.integers(),
    headers,
    bodies,
    st.booleans(),
)
times = st.none() | st.datetimes(timezones=st.just(UTC))


@given(requests | st.just(GOOD), st.none() | responses, times)
def test_judging_never_raises(request, response, at):
    """Whatever bytes, headers and numbers come: findings that can be printed, of clauses that were exercised."""
    verdict = judge(Exchange(request, response), at=at)
    for finding in verdict.findings:
        assert finding.code in verdict.exercised
        str(finding).encode("utf-8")
    assert verdict.exercised <= CLAUSES.keys()


@example(PULLED, Response(200, {}, b"no message"), None)
@given(requests | st.sampled_from(SIGNED), responses, times)
def test_every_check_that_applies_is_exercised(request, response, at):
    """A clause is exercised exactly where its check, asked alone, says that it could have been broken."""
    verdict, subject = judge(Exchange(request, response), at=at), Subject(request, response, None, at)
    if verdict.operation != FOREIGN:
        applies = {each.code for each in CHECKS if each.find(subject) is not None}
        assert verdict.exercised & {each.code for each in CHECKS} == applies


USUAL = {
    "Content-Type": "application/json",
    "Date": http_date(AT),
    "x-log-requestid": f"{int(AT.timestamp()):08X}05099546E07A82E8",
}
changes = st.lists(st.tuples(st.sampled_from([*NAMES, *USUAL]), st.none() | st.sampled_from(VALUES) | wire), max_size=2)


def changed(fields, made):
    for name, value in made:
        fields = fields.without(name) if value is None else fields.with_field(name, value)
    return fields


@example(GOOD, 200, b"[]", [], [], [])
@example(GOOD, 200, b"[]", [], [("Content-Type", "text/plain")], [])
@example(GOOD, 200, b"[]", [], [("Content-Length", "3")], [])
@example(GOOD, 200, b"[]", [], [("content-md5", "AA")], [])
@example(GOOD, 200, b"[]", [], [("x-log-requestid", "FF")], [])
@example(GOOD, 200, b"[]", [], [("Date", None)], [])
@example(GOOD, 200, b"[]", [("x-log-date", "20241125T100942Z")], [], [])
@example(GOOD, 200, b"[]", [("x-log-bodyrawsize", "x")], [], [])
@example(GOOD, 200, b"[]", [("x-log-apiversion", None)], [], [])
@example(GOOD, 200, b"[]", [("host", "log.aliyuncs.com")], [], [])
@example(GOOD, 200, b"[]", [("x-log-signaturemethod", None)], [], [])
@example(GOOD, 200, b"[]", [("authorization", None)], [], [])
@example(GOOD, 200, b'[{"a":1,"a":2}]', [], [], [])
@given(
    st.sampled_from(SIGNED),
    st.sampled_from([200, 200, 200, 201, 400, 500]),
    st.sampled_from([b"", b"[]", b'[{"a":1,"a":2}]', b"no JSON", b'{"errorCode":"a","errorMessage":"b"}']),
    changes,
    changes,
    st.just([]) | changes,
)
def test_what_is_nearly_usual_is_judged_as_by_each_clause_alone(request, status, body, sent, returned, more):
    """The quick look at a usual exchange overlooks nothing: the same findings and clauses as each check gives."""
    fields = changed(Headers({**USUAL, "Content-Length": str(len(body))}), [*returned, *more])
    exchange = Exchange(request.replace(headers=changed(request.headers, sent)), Response(status, fields, body))
    verdict, subject = judge(exchange, at=AT), Subject(exchange.request, exchange.response, None, AT)
    if verdict.operation != FOREIGN:
        alone = {each.code: each.find(subject) for each in CHECKS}
        assert verdict.exercised & alone.keys() == {code for code, flaws in alone.items() if flaws is not None}
        told = [finding.code for finding in verdict.findings if finding.code in alone]
        assert sorted(told) == [code for code, flaws in alone.items() for _ in flaws or ()]


@example(["MT=="])
@example(["MQ==\nMQ=="])
@given(
    st.lists(
        st.text("MTIzAQg=9 \n", max_size=8)
        | st.integers(0, 2**64).map(lambda number: base64.b64encode(str(number).encode()).decode()),
        min_size=1,
        max_size=4,
    )
)
def test_cursors_fit_together_as_each_alone(texts):
    """A list of cursors has its form exactly where each of them has it."""
    form = FORMS["base64-cursor"]
    assert form.fits(texts) == all(form.misfit(each) is None for each in texts)


@given(bodies)
@example(b"\xff\xfe")
@example(b'[{"a":"-0"}]')
@example(b'[{"a":"-0","b":-0}]')
@example(b'[{"a":1,"a":""}]')
@example(b'[{"a":"\\u0061"}]')
@example(b'[{"a":NaN}]')
@example(b'[{"a":1.0}]')
def test_quick_and_thorough_readers_agree(body):
    """The reader that counts quotes never differs from the one that looks at every object."""
    quick, thorough = read_json(body), read_thoroughly(body)
    assert repr(quick) == repr(thorough)


members = st.lists(
    st.tuples(
        st.sampled_from(["shard", "consumer", "x", "é"]),
        st.sampled_from(['""', '"\\""', "1", "-0", "1.0", '"a,\\u0022"', "{}", "[]"]),
    ),
    max_size=5,
)


@given(st.lists(members, max_size=4))
def test_no_duplicate_key_slips_through(objects):
    """A key that comes twice is always found, whatever values stand around it."""
    text = "[" + ",".join("{" + ",".join(f'"{key}":{value}' for key, value in pairs) + "}" for pairs in objects) + "]"
    twice = any(len({key for key, _ in pairs}) < len(pairs) for pairs in objects)
    read = read_json(text.encode())
    assert bool(read.repeated) == twice
    assert repr(read) == repr(read_thoroughly(text.encode()))


entry = st.fixed_dictionaries(
    {
        "checkpoint": st.just("") | st.integers(0, 10**20).map(lambda n: base64.b64encode(str(n).encode()).decode()),
        "updateTime": st.just(0) | st.integers(1_000_000_000_000_000, 4_102_444_799_999_999),
        "consumer": st.text(max_size=10),
    }
)
lists = st.dictionaries(st.integers(0, 2**31 - 1), entry, max_size=6).map(
    lambda found: [{"shard": shard, **fields} for shard, fields in found.items()]
)


def returned(body: bytes) -> Exchange:
    fields = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Date": http_date(AT),
        "x-log-requestid": f"{int(AT.timestamp()):08X}05099546E07A82E8",
    }
    return Exchange(GOOD, Response(200, fields, body))


@given(lists, st.booleans())
def test_correct_lists_are_not_accused(entries, ascii_only):
    """Any list that keeps the contract has no finding, however its text is escaped."""
    assert check(returned(json.dumps(entries, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")), at=AT) == ()


@given(st.lists(json_like, max_size=3))
def test_schema_and_clauses_agree(entries):
    """A list has a finding about objects or fields exactly where the schema refuses it."""
    exchange = returned(json.dumps(entries).encode())
    value = read_json(exchange.response.body).value
    if value is None:
        return
    about_types = {"SLS202", "SLS203", "SLS205", "SLS206", "SLS208"}
    found = {finding.code for finding in check(exchange, at=AT)} & about_types
    assert bool(found) == (not RESPONSE.is_valid(value))


@given(st.binary(max_size=60))
def test_damaged_lz4_never_does_worse_than_valueerror(block):
    """Any bytes either decompress within the limit or are refused."""
    with suppress(ValueError):
        assert len(decompress_block(block, 5000)) <= 5000


@given(headers, st.binary(max_size=60), st.booleans())
def test_taking_encodings_off_never_raises(fields, body, as_on_the_wire):
    """Any headers over any bytes give bytes, a flaw, or the name of an encoding."""
    plain = plain_body(Response(200, fields, body, as_on_the_wire))
    assert plain.data is not None or plain.encoding_flaw or plain.compress_flaw or plain.unknown


@given(st.text(), st.text("abc日/+=", min_size=6))
def test_masking_leaves_nothing(text, secret):
    """A secret is gone from wherever it stood, and what is left can be printed."""
    shown = masked(f"{secret}{text}{secret} {secret}", [secret])
    assert shown.isprintable()
    assert secret not in shown


def test_deep_nesting_is_judged():
    """A list nested beyond any parser is a finding."""
    with pytest.raises(RecursionError):
        json.loads("[" * 100_000)
    (finding,) = check(returned(b"[" * 100_000), at=AT)
    assert finding.slug == "json-text"
