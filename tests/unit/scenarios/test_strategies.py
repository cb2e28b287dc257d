"""The public strategies, drawn from a contract: what is always there, what is tied to what, what shrinks to what."""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, find, given, seed, settings
from hypothesis import strategies as st
from started_processes import FULL

from sls_contract.checks.content_coding import plain_body
from sls_contract.checks.protobuf import read_fields
from sls_contract.errors import UsageError
from sls_contract.exchange import Response, decode_path
from sls_contract.scenarios import strategies
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, verify_signature
from sls_contract.spec import Level
from sls_contract.spec.contract import Contract

EVERY_LEVEL = tuple(Level)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

LIST = Contract.from_plain(
    {
        "operation": "ListThings",
        "coverage": "full",
        "method": "GET",
        "path": "/stores/{store}/things/{thing}",
        "discriminator": {"type": ["thing", "things"]},
        "path_parameters": {"store": {"type": "string", "pattern": "[a-z]{3,9}"}},
        "query": {
            "shard": {"type": "integer", "minimum": 0, "maximum": 9, "aliases": ["shardId"]},
            "from": {"type": "string", "required": "violation", "values": ["begin", "end"]},
        },
        "body": {"content": "none"},
        "response_headers": {"x-log-total": {"type": "integer", "required": "violation"}},
        "response": {
            "value": {
                "type": "array",
                "unique_by": "shard",
                "items": {
                    "type": "object",
                    "members": {
                        "shard": {
                            "type": "integer",
                            "required": "violation",
                            "filtered_by": "query.shard",
                            "minimum": 0,
                        },
                        "cursor": {"type": "string", "required": "violation", "form": "base64-cursor"},
                        "time": {"type": "integer", "required": "violation", "unit": "microseconds"},
                        "note": {"type": "string", "nullable": True},
                    },
                },
            }
        },
        "errors": [{"status": 404, "code": "StoreNotExist", "messages": ["store {name} does not exist"]}],
    }
)
PUT = Contract.from_plain(
    {
        "operation": "PutThings",
        "method": "POST",
        "path": "/stores/{store}",
        "headers": {"x-log-compresstype": {"type": "string", "values": ["lz4", "zstd", "deflate"]}},
        "body": {"content": "protobuf", "message": "LogGroup"},
        "response": {"content": "none"},
    }
)
PULL = Contract.from_plain(
    {
        "operation": "PullThings",
        "method": "GET",
        "path": "/stores/{store}",
        "headers": {
            "Accept-Encoding": {"type": "string", "required": "violation", "values": ["lz4", "zstd", "identity"]}
        },
        "response_headers": {
            "x-log-count": {"type": "integer", "required": "violation", "equals": "body.log_groups"},
            "x-log-bodyrawsize": {"type": "integer", "required": "violation", "equals": "body.raw_size"},
        },
        "response": {"content": "protobuf", "message": "LogGroupList"},
    }
)
few = settings(deadline=None, suppress_health_check=list(HealthCheck))


def drawn(strategy, count=60):
    """Return examples, the same in every run."""
    found = []

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @seed(1)
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found


@few
@given(strategies.requests(LIST))
def test_a_request_has_what_is_required_and_fits_the_contract(request):
    """Required keys stand in every request, each value is one that the contract allows, and the signature verifies."""
    query = dict(request.query_pairs())
    assert verify_signature(request, TEST_CREDENTIALS) is None
    assert query["type"] in {"thing", "things"}
    assert query["from"] in {"begin", "end"}
    assert 0 <= int(query.get("shard", 0)) <= 9
    assert request.body == b""


@pytest.mark.slow
def test_optional_parameters_are_there_sometimes_and_free_names_are_unusual():
    """Among some requests are those with and without an optional key, and names that must be percent-encoded."""
    requests = drawn(strategies.requests(LIST))
    assert {"shard" in dict(request.query_pairs()) for request in requests} == {True, False}
    names = {decode_path(request.path.split("/")[4]) for request in requests}
    assert any("数" in name or "据" in name for name in names)
    assert any("/" in name or "%" in name for name in names)


def test_key_host_scheme_and_time_are_those_of_the_caller():
    """What a caller gives stands in every request."""
    strategy = strategies.requests(
        LIST, credentials=TEST_STS_CREDENTIALS, scheme="v4", project="mine", endpoint="http://127.0.0.1:8080", at=AT
    )
    for request in drawn(strategy, 5):
        assert request.url.startswith("http://mine.127.0.0.1:8080/stores/")
        assert request.headers["x-log-date"] == "20260102T030405Z"
        assert verify_signature(request, TEST_STS_CREDENTIALS, at=AT) is None


def test_the_simplest_request_is_as_simple_as_it_can_be():
    """Shrinking ends without optional keys, at the first value, in v1, with short names."""
    request = find(strategies.requests(LIST), lambda _: True)
    assert request.query == "type=thing&from=begin"
    assert request.headers["Authorization"].startswith("LOG ")
    assert len(request.path) <= len("/stores/aaa/things/a")


def test_earlier_names_stay():
    """Suites that were written with them go on."""
    assert drawn(strategies.answers(LIST), 3) == drawn(strategies.responses(LIST), 3)
    assert drawn(strategies.broken_answers(LIST), 3) == drawn(strategies.broken_responses(LIST), 3)


@pytest.mark.slow
def test_the_same_seed_draws_the_same():
    """A failure can be brought about again."""
    for strategy in (strategies.requests(LIST), strategies.responses(LIST), strategies.broken_responses(LIST)):
        assert drawn(strategy, 10) == drawn(strategy, 10)


@few
@given(st.data())
def test_a_response_is_filtered_unique_and_of_its_time(data):
    """Elements are of the shard that was asked for, no two of one shard, their times in the unit of the contract."""
    request = data.draw(strategies.requests(LIST))
    response = data.draw(strategies.responses(LIST, request))
    elements = json.loads(response.body)
    shards = [element["shard"] for element in elements]
    asked = dict(request.query_pairs()).get("shard")
    assert len(set(shards)) == len(shards)
    assert asked is None or set(shards) <= {int(asked)}
    assert all(10**15 < element["time"] < 4 * 10**15 for element in elements)
    assert int(response.headers["x-log-total"]) >= 0
    assert response.headers["Content-Length"] == str(len(response.body))


@few
@given(strategies.requests(PUT))
def test_logs_are_compressed_as_announced(request):
    """A LogGroup decompresses to as many bytes as x-log-bodyrawsize says, and holds logs."""
    plain = plain_body(Response(200, request.headers, request.body))
    assert plain.compress_flaw == ""
    assert request.headers["x-log-bodyrawsize"] == str(len(plain.data))
    assert any(field.number == 1 for field in read_fields(plain.data))


def compression_of(request):
    return request.headers.get("x-log-compresstype", "")


@pytest.mark.slow
def test_logs_are_sent_in_every_compression():
    """Every compression that the contract names is drawn, and none as well."""
    for kind in ("", "lz4", "zstd", "deflate"):
        request = find(strategies.requests(PUT), lambda each, kind=kind: compression_of(each) == kind)
        assert compression_of(request) == kind


@few
@given(st.data())
def test_pulled_logs_are_compressed_as_asked_and_counted(data):
    """The compression is what Accept-Encoding names; count and raw size are those of the body."""
    request = data.draw(strategies.requests(PULL))
    response = data.draw(strategies.responses(PULL, request))
    accepted = request.headers["Accept-Encoding"]
    plain = plain_body(response)
    assert response.headers.get("x-log-compresstype", "identity") == accepted
    assert response.headers["x-log-bodyrawsize"] == str(len(plain.data))
    assert response.headers["x-log-count"] == str(len(list(read_fields(plain.data))))


@few
@given(strategies.errors(LIST))
def test_errors_are_filled_in(response):
    """An error has its status, a code and a message in which nothing is left to fill in."""
    body = json.loads(response.body)
    assert response.status >= 400
    assert body["errorCode"]
    assert "{" not in body["errorMessage"]


@pytest.mark.slow
def test_every_kind_of_breach_of_a_request_is_drawn():
    """Each rule that the contract states for a request is broken in some example, at its place."""
    breaches = {
        (breach.kind, breach.where) for breach, _ in drawn(strategies.broken_requests(LIST, levels=EVERY_LEVEL), 250)
    }
    assert {
        ("value", "path store"),
        ("type", "query shard"),
        ("value", "query shard"),
        ("alias", "query shardId"),
        ("repeated", "query shard"),
        ("missing", "query from"),
        ("value", "query from"),
        ("unknown", "query noSuchMember"),
        ("unwanted", "body"),
        ("signature", "signature"),
        ("value", "header x-log-apiversion"),
    } <= breaches


@pytest.mark.slow
def test_every_kind_of_breach_of_a_response_is_drawn():
    """Each rule that the contract states for a response is broken in some example; in a short run, most are."""
    request = find(strategies.requests(LIST), lambda each: "shard" in dict(each.query_pairs()))
    strategy = strategies.broken_responses(LIST, request, levels=EVERY_LEVEL)
    kinds = {breach.kind for breach, _ in drawn(strategy, 1_000 if FULL else 100)}
    wanted = {
        *("missing", "type", "form", "unit", "unique", "filter", "unknown", "syntax", "length", "status"),
        *("content-type", "error-code", "error-status"),
    }
    assert len(kinds & wanted) >= (len(wanted) if FULL else 7)


@few
@given(strategies.broken_responses(LIST))
def test_breaches_are_violations_unless_others_are_asked_for(example):
    """By default nothing is broken that a lenient client may overlook."""
    assert example[0].level is Level.VIOLATION


@pytest.mark.slow
@few
@given(strategies.broken_requests(LIST))
def test_a_broken_request_is_still_signed(example):
    """The signature is right unless it is what is broken."""
    breach, request = example
    assert (verify_signature(request, TEST_CREDENTIALS) is None) == (breach.kind != "signature")


@few
@given(st.data())
def test_a_header_that_signing_writes_is_not_said_to_be_missing(data):
    """Pages list some of these; a broken request lacks what it is said to lack, and has what is said to be wrong."""
    headers = {name: {"required": "violation"} for name in ("Date", "Content-MD5", "x-log-mode")}
    headers["x-log-bodyrawsize"] = {"type": "integer", "required": "violation"}
    listed = Contract.from_plain(PUT.as_plain() | {"headers": headers})
    breach, request = data.draw(strategies.broken_requests(listed, kinds=["missing", "type"]))
    place, _, name = breach.where.partition(" ")
    if place == "header":
        assert (breach.kind, name in request.headers) in {("missing", False), ("type", True)}


def test_wrong_names_get_a_clear_error():
    """An unknown operation, an unknown scheme, an operation that no consumer calls: what was expected is said."""
    with pytest.raises(UsageError, match="no operation is named 'GetCheckpoints'"):
        strategies.requests("GetCheckpoints")
    with pytest.raises(UsageError, match="scheme must be one of v1"):
        strategies.requests("GetCheckPoint", scheme="v5")
    with pytest.raises(UsageError, match="operations of a consumer of logs"):
        strategies.sequences("DeleteLogStore")


def test_an_operation_goes_by_its_page_name_too():
    """The alias of an operation draws the same as its name."""
    by_alias, by_name = (drawn(strategies.requests(name), 5) for name in ("HeartBeat", "ConsumerGroupHeartBeat"))
    assert by_alias == by_name


@pytest.mark.slow
@few
@given(strategies.sequences())
def test_a_sequence_is_in_order_of_time_and_begins_with_its_group(exchanges):
    """The group is made first, a consumer is seen next, and no exchange is before the one ahead of it."""
    dates = [exchange.request.headers.get("x-log-date", exchange.request.headers.get("Date")) for exchange in exchanges]
    assert exchanges[0].request.method == "POST"
    assert "type=heartbeat" in exchanges[1].request.query
    assert exchanges[1].request.body == b"[]"
    assert all(before is not None for before in dates)


@few
@given(strategies.sequences("PullLogs", "GetCheckPoint", "UpdateCheckPoint"))
def test_what_a_sequence_reads_and_pulls_fits_what_was_written(exchanges):
    """A checkpoint is read back as it was written; a pull goes on behind the log groups of the last one."""
    written: dict[int, str] = {}
    cursors: dict[str, str] = {}
    for exchange in exchanges:
        request, query = exchange.request, dict(exchange.request.query_pairs())
        if query.get("type") == "checkpoint":
            document = json.loads(request.body)
            written[document["shard"]] = document["checkpoint"]
        elif request.method == "GET" and "/consumergroups/" in request.path:
            for entry in json.loads(exchange.response.body):
                assert entry["checkpoint"] == written.get(entry["shard"], "")
        elif query.get("type") in ("log", "logs"):
            following = exchange.response.headers["x-log-cursor"]
            count = int(exchange.response.headers["x-log-count"])
            assert query["cursor"] == cursors.get(request.path, query["cursor"])
            assert int(b64decode(following)) == int(b64decode(query["cursor"])) + count
            cursors[request.path] = following


@pytest.mark.slow
def test_no_shard_has_two_consumers():
    """Heartbeats of different consumers return different shards."""
    several = 0
    for exchanges in drawn(strategies.sequences("HeartBeat"), 60 if FULL else 15):
        owners: dict[int, str] = {}
        for exchange in exchanges[1:]:
            consumer = dict(exchange.request.query_pairs())["consumer"]
            for shard in json.loads(exchange.response.body):
                assert owners.setdefault(shard, consumer) == consumer
        several += len(set(owners.values())) > 1
    assert several


def test_a_sequence_is_made_of_what_was_asked_for():
    """Named operations stand in it; the others only where these need them."""
    seen = Counter(
        exchange.request.path.rpartition("/")[2]
        for example in drawn(strategies.sequences("ListShards"), 20 if FULL else 6)
        for exchange in example[2:]
    )
    assert set(seen) == {"shards"}


def test_a_short_sequence_is_the_simplest():
    """Shrinking ends at the two exchanges with which each sequence begins."""
    times = [dict(each.request.headers) for each in find(strategies.sequences(), lambda _: True)]
    assert len(times) == 2
    assert all(before["Date"] == after["Date"] for before, after in pairwise(times))
