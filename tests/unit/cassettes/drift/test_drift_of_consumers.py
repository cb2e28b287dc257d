"""Two recordings of one consumer session: nothing that is meant to move alarms, and each kind of change is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.cassettes.drift import Class, compare
from sls_contract.cassettes.recording import Recording
from sls_contract.checks.content_coding import compressed
from sls_contract.checks.protobuf import BYTES, Field, encode_field
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group, encode_list
from sls_contract.exchange import Exchange, Request
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, sign

AT = datetime(2026, 1, 2, tzinfo=UTC)
HOST = "http://my-project.cn-hangzhou.log.aliyuncs.com"
LOG = Log(1_767_312_000, (("k", "v"),))
STORE = "/logstores/my-logstore"
SHARDS = f"GET {STORE}/shards_"
GROUP = f"{STORE}/consumergroups/readers"
MADE = {"consumerGroup": "readers", "timeout": 30, "order": False}
PULLS = f"{STORE}/shards/0?type=logs&count=10&cursor="
JSON = {"Content-Type": "application/json"}


def session(at: datetime, logs: int) -> list[Recording]:
    """Record what a consumer asks, at some time, of a logstore with so many logs in each of its log groups."""
    done: list[Recording] = []
    endpoint = ReferenceEndpoint(lambda: at)
    for number in range(3):
        endpoint.put_logs(0, [{"key": f"值 {number} {each}"} for each in range(logs)], topic="t", source="10.0.0.1")

    def ask(method, target, body=b"", **headers):
        fields = {name.replace("_", "-"): value for name, value in headers.items()} | (
            JSON if body[:1] in b"[{" else {}
        )
        request = sign(Request(method, HOST + target, fields, body), TEST_CREDENTIALS, at=at)
        done.append(Recording(Exchange(request, endpoint(request))))
        return done[-1].exchange.response

    ask("POST", f"{STORE}/consumergroups", json.dumps(MADE).encode())
    ask("GET", f"{STORE}/consumergroups")
    ask("GET", f"{STORE}/shards")
    ask("POST", f"{GROUP}?type=heartbeat&consumer=c", b"[]")
    ask("GET", f"{GROUP}?shard=0")
    cursor = json.loads(ask("GET", f"{STORE}/shards/0?type=cursor&from=begin").body)["cursor"]
    for coding in ("lz4", "zstd", ""):
        ask("GET", PULLS + cursor, Accept="application/x-protobuf", Accept_Encoding=coding)
    end = json.loads(ask("GET", f"{STORE}/shards/0?type=cursor&from=end").body)["cursor"]
    ask("GET", f"{STORE}/shards/0?type=cursor_time&cursor={cursor}")
    ask("POST", f"{GROUP}?type=checkpoint&consumer=c", json.dumps({"shard": 0, "checkpoint": end}).encode())
    ask("GET", GROUP)
    ask("GET", f"{STORE}/shards/9?type=cursor&from=begin")
    return done


OLD, LATER = session(AT, 2), session(AT + timedelta(days=400, microseconds=7), 5)


def position(asked: str) -> int:
    method, target = asked.split()
    requests = (each.exchange.request for each in OLD)
    return next(at for at, each in enumerate(requests) if each.method == method and target in f"{each.url}_")


def changed(asked: str, change):
    """Return the later session with the response to one request changed."""
    at = position(asked)
    request, response = LATER[at].exchange.request, change(LATER[at].exchange.response)
    response = response.replace(headers=response.headers.with_field("Content-Length", str(len(response.body))))
    return [*LATER[:at], Recording(Exchange(request, response)), *LATER[at + 1 :]]


def member(change):
    """Change the JSON of a response: the element itself, or each of a list."""

    def change_body(response):
        value = json.loads(response.body)
        body = json.dumps([change(each) for each in value] if isinstance(value, list) else change(value)).encode()
        return response.replace(body=body)

    return change_body


def pulled(groups):
    """Respond with other log groups in place of those that came."""
    raw = encode_list(groups)

    def change_body(response):
        headers = response.headers.with_field("x-log-bodyrawsize", str(len(raw)))
        return response.replace(body=compressed(raw, response.headers["x-log-compresstype"]), headers=headers)

    return change_body


def without(key):
    return member(lambda each: {name: value for name, value in each.items() if name != key})


def put(key, value):
    return member(lambda each: {**each, key: value})


def without_header(left_out):
    def change(response):
        kept = [(name, value) for name, value in response.headers.items() if name.lower() != left_out]
        return response.replace(headers=Headers(kept))

    return change


def refused(code, message):
    """Respond with 400 and an error body in the place of a success."""
    body = json.dumps({"errorCode": code, "errorMessage": message}).encode()
    kept = ("Date", "x-log-requestid", "Content-Length")

    def change(response):
        headers = [(name, value) for name, value in response.headers.items() if name in kept]
        return response.replace(status=400, headers=Headers([*headers, *JSON.items()]), body=body)

    return change


def next_cursor(cursor):
    return lambda response: response.replace(headers=response.headers.with_field("x-log-cursor", cursor))


without_time = without_header("x-log-cursor-time")


def test_a_session_of_another_day_and_other_logs_is_no_drift():
    """Cursors, times, checkpoints, ids and logs move freely; nothing is breaking, nothing is new, nothing alone."""
    for new in (LATER, list(reversed(LATER))):
        drift = compare(OLD, new)
        assert (drift.verdict, drift.unmatched) == ("benign", ()), drift.of(Class.BREAKING) + drift.of(Class.ADDITIVE)


def test_logs_are_compared_decoded():
    """Whatever their compression: a change tells the value of a log, not a number of bytes."""
    for at in [at for at, each in enumerate(OLD) if "type=logs" in each.exchange.request.url]:
        told = {change.where: (change.old, change.new) for change in compare([OLD[at]], [LATER[at]]).changes}
        old, new = told["/LogGroups/*/Logs/*/Contents/*/Value"]
        assert "值 0 1" in old
        assert "值 0 4" not in old
        assert "值 0 4" in new


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asked", "change", "slug"),
    [
        (SHARDS, without("status"), "response-member-missing"),
        (SHARDS, without("inclusiveBeginKey"), "json-shape"),
        (SHARDS, put("shardID", "0"), "response-member-type"),
        (SHARDS, put("createTime", "now"), "json-shape"),
        (SHARDS, put("shardID", 0), "response-element-unique"),
        (f"GET {STORE}/consumergroups_", without("timeout"), "response-member-missing"),
        ("POST type=heartbeat", member(str), "response-member-type"),
        ("POST type=heartbeat", lambda response: response.replace(body=b"[0, 1, 0]"), "response-element-unique"),
        ("GET type=logs", without_header("x-log-bodyrawsize"), "response-header-missing"),
        ("GET type=cursor&", put("cursor", 7), "response-member-type"),
        ("GET type=cursor&", put("cursor", "no base64"), "response-member-value"),
        ("GET type=cursor_time", put("cursor_time", 1_767_312_000_000_000), "response-time-unit"),
        ("GET type=logs", lambda response: response.replace(body=response.body[:-1]), "compress-type"),
        ("GET type=logs", pulled([b"\xff"] * 3), "returned-message"),
        ("GET type=logs", pulled([]), "returned-count"),
        ("GET type=logs", next_cursor("1524155379373908496"), "response-header-value"),
        ("GET type=logs", next_cursor("bm8gY3Vyc29y"), "response-form"),
        ("GET /shards/9?", put("errorCode", "ShardIsGone"), "response-error-unknown"),
        ("GET /shards/9?", lambda response: response.replace(status=409), "response-error-status"),
    ],
)
def test_what_breaks_a_consumer_is_breaking(asked, change, slug):
    """A key that is gone, another type, unit or form, a wrong count, another code: by its clause where one says so."""
    drift = compare(OLD, changed(asked, change))
    assert slug in {each.slug for each in drift.of(Class.BREAKING)}, drift.changes


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        (SHARDS, put("zone", "b")),
        ("GET type=cursor_time", put("zone", "b")),
        ("GET type=logs", pulled([encode_group(LogGroup((LOG,))) + encode_field(Field(9, BYTES, b"new"))] * 3)),
    ],
)
def test_what_a_consumer_may_ignore_is_additive(asked, change):
    """A key that the contract does not name; a field of log groups that nobody knows."""
    drift = compare(OLD, changed(asked, change))
    assert drift.verdict == "additive", drift.of(Class.BREAKING)
    assert "new-key" in {each.slug for each in drift.of(Class.ADDITIVE)}


@pytest.mark.parametrize(
    ("asked", "change"),
    [
        (SHARDS, put("createTime", None)),
        (SHARDS, lambda response: response.replace(body=json.dumps(json.loads(response.body)[::-1]).encode())),
        ("GET type=logs", pulled([encode_group(LogGroup((LOG,)))] * 3)),
    ],
)
def test_what_the_contract_allows_is_benign(asked, change):
    """A null where one is as good as a value, another order of the shards, log groups without topic and source."""
    assert compare(OLD, changed(asked, change)).verdict == "benign"


@pytest.mark.parametrize(
    ("asked", "code", "message"),
    [
        ("GET type=logs", "ParameterInvalid", "Parameter Cursor is not valid"),
        ("GET type=cursor_time", "InvalidCursor", "This cursor is invalid"),
        ("POST type=checkpoint", "ConsumerNotMatch", "consumer does not hold the shard"),
        ("POST type=heartbeat", "NotExistConsumerWithBody", "non-exist consumer with non-empty body"),
    ],
)
def test_a_cursor_or_consumer_of_its_time_is_a_state(asked, code, message):
    """The request is right, and met expired logs, or a consumer that another replaced: no change of the service."""
    drift = compare(OLD, changed(asked, refused(code, message)))
    assert (drift.verdict, drift.other_outcome) == ("benign", 1), drift.of(Class.BREAKING)


@pytest.mark.parametrize(
    ("asked", "code", "message", "clause"),
    [
        ("GET type=logs", "ParameterInvalid", "ParameterCount should be in [0-1000].", "SLS444"),
        ("POST type=checkpoint", "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.", "SLS444"),
        (SHARDS, "InvalidAPIVersion", "x-log-apiversion 0.6.0 is unsupported.", "SLS456"),
    ],
)
def test_a_refusal_of_what_was_served_breaks_the_clause_about_its_cause(asked, code, message, clause):
    """A 400 of the operation's own table is not about the signature."""
    drift = compare(OLD, changed(asked, refused(code, message)))
    assert [each.code for each in drift.of(Class.BREAKING)] == [clause]


@pytest.mark.parametrize(
    ("target", "verdict"),
    [
        ("shards/0?type=cursor&from=begin", "breaking"),
        ("shards/abc?type=cursor&from=begin", "benign"),
        ("shards/4294967296?type=cursor&from=begin", "benign"),
        ("shards/0?type=cursor&from=begin&x=1", "benign"),
    ],
)
def test_the_refusal_of_what_no_source_specifies_is_benign(target, verdict):
    """Of any operation: a malformed shard in the path, an unknown query key."""
    request = sign(Request("GET", f"{HOST}{STORE}/{target}"), TEST_CREDENTIALS, at=AT)
    served = OLD[position("GET type=cursor&")].exchange.response
    new = refused("ParameterInvalid", "Parameter From is not valid.")(served)
    new = new.replace(headers=new.headers.with_field("Content-Length", str(len(new.body))))
    assert compare(*([Recording(Exchange(request, each))] for each in (served, new))).verdict == verdict


@pytest.mark.parametrize("body", [b"{}", b"<html>ok</html>"])
def test_a_body_where_there_was_none_is_additive(body):
    """In any form: clients that read none may ignore it."""
    drift = compare(OLD, changed("POST type=checkpoint", lambda response: response.replace(body=body)))
    assert [each.slug for each in drift.of(Class.ADDITIVE)] == ["new-body"]


def test_the_size_of_a_body_that_is_not_compressed_may_be_missing():
    """A client needs it to unpack lz4 only."""
    at = position("GET type=logs") + 2
    assert "x-log-compresstype" not in OLD[at].exchange.response.headers
    response = without_header("x-log-bodyrawsize")(OLD[at].exchange.response)
    assert compare([OLD[at]], [Recording(Exchange(OLD[at].exchange.request, response))]).verdict in ("none", "benign")


@pytest.mark.parametrize(("asked", "verdict"), [("GET type=logs", "benign"), (SHARDS, "additive")])
def test_a_header_is_new_where_the_contract_does_not_name_it(asked, verdict):
    """Of a pull, the time of its cursor may be told at any time; of shards, nobody knows such a header."""

    def told(response):
        return response.replace(headers=response.headers.with_field("x-log-cursor-time", "1767312000"))

    assert compare(changed(asked, without_time), changed(asked, told)).verdict == verdict


def test_elements_are_compared_each_with_itself():
    """A key that one shard had and has no more is gone, though another shard never had it."""
    old, new = (
        changed(
            SHARDS,
            member(
                lambda each, lacking=lacking: (
                    {**each, "createTime": 1}
                    if each["shardID"] != lacking
                    else {key: value for key, value in each.items() if key != "createTime"}
                )
            ),
        )
        for lacking in (1, 0)
    )
    assert [(each.where, each.new) for each in compare(old, new).of(Class.BREAKING)] == [("/0/createTime", None)]
