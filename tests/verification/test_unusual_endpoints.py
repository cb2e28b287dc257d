"""Endpoints that differ from ours in everything that the contract leaves free: none may be accused."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import time
from datetime import timedelta
from itertools import count
from threading import Lock
from urllib.parse import quote, unquote
from zlib import crc32

import pytest
from broken_endpoints.harness import (
    ABROAD,
    LOGSTORE,
    OTHER,
    PROJECT,
    WIDE,
    asks_for,
    correct,
    error,
    error_of,
    group_of,
    is_read,
    now,
    parameter,
    trusted,
    verify_quickly,
    with_body,
    with_document,
    with_header,
    write_of,
)
from broken_endpoints.registry import verify

from sls_contract.checks.content_coding import plain_body
from sls_contract.checks.protobuf import encode_field, read_fields
from sls_contract.endpoint import ReferenceEndpoint, ServiceError
from sls_contract.exchange import wire_text
from sls_contract.headers import Headers
from sls_contract.scenarios import SCENARIOS
from sls_contract.scenarios.log_messages import encoded_list, message, pair
from sls_contract.signing import http_date, parse_http_date
from sls_contract.spec import Level, operation_of
from sls_contract.verification import GENERATED, EndpointRefuses

FULL = os.environ.get("SLS_FULL")
TOUCHED = [name for name in SCENARIOS if not name.startswith("groups-")]
UNUSUAL = {}
APART = 37  # without SLS_FULL each unusual endpoint meets one scenario in so many, and those that it shows itself in


def unusual(*telling, unproven=()):
    """Register a function of request and response that changes nothing that the contract fixes.

    ``telling``: how the scenarios begin whose responses it changes, where those are few. ``unproven``: those that prove
    nothing of it, as it never does what they look for.
    """

    def register(change):
        mine = [name for number, name in enumerate(TOUCHED) if (number - len(UNUSUAL)) % APART == 0]
        mine += [name for name in TOUCHED if name.startswith(telling) and name not in mine]
        UNUSUAL[change.__name__] = (change, () if FULL else (*GENERATED, *mine), unproven)
        return change

    return register


def entries(change):
    def changed(request, response):
        if not is_read(request) or response.status != 200:
            return response
        return with_document(response, change(json.loads(response.body)))

    changed.__name__ = change.__name__
    return unusual()(changed)


@entries
def leaves_consumer_out_where_nobody_holds_the_shard(document):
    return [{key: value for key, value in entry.items() if key != "consumer" or value} for entry in document]


@entries
def names_a_consumer_only_after_a_write(document):
    return [{**entry, "consumer": entry["consumer"] if entry["checkpoint"] else ""} for entry in document]


@entries
def lists_in_another_order(document):
    return [dict(reversed(entry.items())) for entry in reversed(document)]


@entries
def counts_time_in_whole_seconds(document):
    return [{**entry, "updateTime": entry["updateTime"] // 1_000_000 * 1_000_000} for entry in document]


def is_json(response):
    return "json" in response.headers.get("Content-Type", "")


@unusual()
def writes_json_with_spaces(request, response):
    return (
        with_body(response, json.dumps(json.loads(response.body), indent=2).encode()) if is_json(response) else response
    )


@unusual("group-named-in")
def escapes_everything_but_ascii(request, response):
    return with_body(response, json.dumps(json.loads(response.body)).encode()) if is_json(response) else response


ONE_BY_ONE = Lock()


@unusual("checkpoints-at-once", "heartbeats-at-once", "put-logs-at-once")
def takes_its_time_for_one_after_the_other(request, response):
    with ONE_BY_ONE:
        time.sleep(0.003)
    return response


@unusual()
def responds_in_chunks(request, response):
    return response.replace(
        headers=Headers([*response.headers.without("Content-Length").pairs, ("Transfer-Encoding", "chunked")])
    )


@unusual("connection-used")
def spells_headers_otherwise(request, response):
    plain = with_header(response, "Content-Type", "Application/JSON;charset=UTF-8") if is_json(response) else response
    fewer = plain.headers.without("Server", "Connection", "x-log-time", "Access-Control-Allow-Origin")
    return plain.replace(headers=Headers([(name.title(), value) for name, value in fewer.pairs]))


def pulls(change):
    """Register a function of the log groups of a pull, each encoded; it returns what is sent in their place."""

    def changed(request, response):
        if not asks_for(request, "PullLogs") or response.status != 200 or response.headers["x-log-count"] == "0":
            return response
        groups = change([field.value for field in read_fields(plain_body(response).data)])
        data = encoded_list(groups)
        plain = with_body(response.replace(headers=response.headers.without("x-log-compresstype")), data)
        return with_header(with_header(plain, "x-log-bodyrawsize", str(len(data))), "x-log-count", str(len(groups)))

    changed.__name__ = change.__name__
    return unusual("pull-logs", "logs-in", "put-logs", "get-cursor", unproven=("connection-of-pulls",))(changed)


@pulls
def pulls_uncompressed_whatever_is_accepted(groups):
    return groups


@pulls
def tags_each_log_group_with_when_it_came(groups):
    return [group + message(6, pair("__receive_time__", "1524224984")) for group in groups]


@pulls
def gives_the_fields_of_log_groups_in_another_order(groups):
    return [
        b"".join(map(encode_field, sorted(read_fields(group), key=lambda field: -field.number))) for group in groups
    ]


def documents(operation, *telling):
    def register(change):
        def changed(request, response):
            if not asks_for(request, operation) or response.status != 200:
                return response
            return with_document(response, change(json.loads(response.body)))

        changed.__name__ = change.__name__
        return unusual(*telling)(changed)

    return register


@documents("ListShards", "list-shards", "heartbeat-of", "put-logs-by")
def lists_shards_backwards_with_more_of_each(shards):
    return [{**shard, "shardType": "normal"} for shard in reversed(shards)]


@documents("ListShards", "list-shards", "put-logs-by")
def writes_hash_keys_in_capitals(shards):
    return [{**shard, "exclusiveEndKey": shard["exclusiveEndKey"].upper()} for shard in shards]


@documents("ListShards", "list-shards", "put-logs-by")
def lists_a_shard_that_was_split(shards):
    parent = {**shards[0], "shardID": 400, "status": "readonly", "inclusiveBeginKey": "0" * 32}
    return [*shards, {**parent, "exclusiveEndKey": "f" * 32}]


@documents("SplitShard", "shard")
def returns_a_split_backwards_with_more_of_each(shards):
    return [{**shard, "shardType": "normal"} for shard in reversed(shards)]


@unusual(
    *("heartbeat-in-time", "connection", "list-shards"),
    # Which of two responses came first is not known of all: it depends on the ids of the requests.
    unproven=(
        *("consumers-begin-alike", "consumers-differ-in-case", "consumers-hash-alike", "consumers-look-alike"),
        *("consumers-sort-alike", "update-checkpoint-of-another-holder"),
    ),
)
def dates_responses_by_two_clocks(request, response):
    """Two servers respond in turns, one of them four seconds behind."""
    behind = int(response.headers["x-log-requestid"][-1], 16) % 2 * timedelta(seconds=4)
    return with_header(response, "Date", http_date(parse_http_date(response.headers["Date"]) - behind))


@documents("ListConsumerGroup", "group", "list-groups")
def lists_groups_of_others_too(groups):
    others = [{"name": "someone-else", "timeout": 30, "order": True, "createTime": 1524224984}]
    return [*others, *reversed(groups)]


@documents("ConsumerGroupHeartBeat", "heartbeat", "shard-handed-over")
def assigns_shards_in_another_order(shards):
    return shards[::-1]


def in_changing_order(elements):
    """Return the elements in an order that differs from that of the last call, as a hash table may give them."""
    return sorted(elements, key=lambda each: crc32(f"{next(TURN)}{json.dumps(each)}".encode()))


TURN = count()


@documents("ListConsumerGroup", "group", "list-groups", "creations", "updates")
def lists_groups_in_changing_order(groups):
    return in_changing_order(groups)


@documents("ListShards", "shard", "list-shards", "put-logs-by")
def lists_shards_in_changing_order(shards):
    return in_changing_order(shards)


@documents("ConsumerGroupHeartBeat", "heartbeat", "shard-split")
def assigns_shards_in_changing_order(shards):
    return in_changing_order(shards)


@unusual("pull-logs", "logs-in", "put-logs", "connection-of", unproven=("connection-of-pulls",))
def gives_no_cursor_where_there_are_no_logs(request, response):
    """The last cursor stays."""
    nothing_came = asks_for(request, "PullLogs") and response.headers.get("x-log-count") == "0"
    return with_header(response, "x-log-cursor", "") if nothing_came else response


@unusual(*(name for name in SCENARIOS if name.endswith("-incomplete")))
def calls_every_mistake_an_invalid_parameter(request, response):
    mistake = error_of(response) in {"MissingParameter", "PostBodyInvalid"} and not asks_for(request, "PutLogs")
    fits = mistake and verify_quickly(request)
    return error(response, 400, "ParameterInvalid", "The parameter is invalid.") if fits else response


@unusual("get-cursor-invalid", "get-cursor-time", "pull-logs-invalid")
def calls_every_bad_cursor_invalid_cursor(request, response):
    if error_of(response) != "ParameterInvalid" or b"ursor" not in response.body:
        return response
    return error(response, 400, "InvalidCursor", "This cursor is invalid")


@unusual("project-missing", "logstore-missing", "group-missing", "near-miss-digest", "time-16")
def refuses_in_the_words_of_2021(request, response):
    words = {
        "ProjectNotExist": "The Project does not exist : nowhere",
        "LogStoreNotExist": "logstore nowhere dose not exist.",
        "ConsumerGroupNotExist": "Consumer group not exist",
        "SignatureNotMatch": "Signature abc is not matched.",
    }
    code = error_of(response)
    if code == "RequestTimeExpired":
        return error(response, 400, "RequestTimeTooSkewed", "Request time exceeds server time more than 15 minutes.")
    return error(response, response.status, code, words[code]) if code in words else response


@unusual("malformed-")
def refuses_malformed_authentication_with_401(request, response):
    if verify_quickly(request) or error_of(response) not in {
        "ParameterInvalid",
        "MissingParameter",
        "InvalidRequestTime",
    }:
        return response
    return error(response, 401, "SignatureNotMatch", "signature  not match")


@unusual("key-unknown")
def refuses_unknown_keys_as_invalid(request, response):
    if error_of(response) != "Unauthorized" or b"AccessKeyId not found" not in response.body:
        return response
    return error(response, 401, "InvalidAccessKeyId", "The access key id you provided is invalid: x.")


@unusual("refused-deletion", "group-missing")
def deletes_what_is_not_there(request, response):
    if not asks_for(request, "DeleteConsumerGroup") or error_of(response) != "ConsumerGroupNotExist":
        return response
    emptied = with_body(response.replace(status=200), b"")
    return emptied.replace(headers=emptied.headers.without("Content-Type"))


@pytest.mark.slow
@pytest.mark.full(keep=3)
@pytest.mark.parametrize(("change", "scenarios", "unproven"), UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_left_free_is_not_judged(change, scenarios, unproven):
    """Order, spelling, spaces, wording, chunks and what no page says: no violation, where it may matter."""
    real = correct()
    run = verify(lambda request: change(request, real(request)), *scenarios, examples=6 if FULL else 1)
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    missed = {each.scenario.name: each.verdict for each in run.performed if each.verdict != "passed"}
    assert missed.items() <= dict.fromkeys(unproven, "not proven").items()


@pytest.mark.slow
def test_cursors_of_any_form_are_passed_on():
    """A cursor that is no number cannot be compared; what it would prove is said, and nothing is accused."""
    real = correct()

    def opaque(cursor):
        return base64.b64encode(b"shard/" + cursor.encode()).decode()

    def plain(found):
        return f"cursor={quote(base64.b64decode(unquote(found[1]))[6:].decode())}"

    def send(request):
        if not verify_quickly(request):
            return real(request)
        url = re.sub(r"cursor=(c2hhcm[^&]+)", plain, request.url)
        kept = Headers(
            [(name, value) for name, value in request.headers.pairs if name.startswith(("A", "C", "x-log-b"))]
        )
        response = (
            real(trusted(request.replace(url=url, headers=kept.without("Authorization"))))
            if url != request.url
            else real(request)
        )
        if asks_for(request, "GetCursor") and response.status == 200:
            return with_document(response, {"cursor": opaque(json.loads(response.body)["cursor"])})
        given = response.headers.get("x-log-cursor")
        return response if given is None else with_header(response, "x-log-cursor", opaque(given))

    names = [
        name for name, each in SCENARIOS.items() if each.area in {"GetCursor", "GetCursorTime", "PullLogs", "PutLogs"}
    ]
    run = verify(send, *(name for name in names if not re.search("let-in|expired|signed", name)))
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    assert {each.verdict for each in run.performed} == {"passed", "not proven"}
    assert "not proven" in {each.verdict for each in run.performed if each.scenario.name == "get-cursor-of-times"}


def only_simple_names(request):
    simple = re.fullmatch(r"[0-9a-zA-Z_-]{1,128}", group_of(request)[1])
    if not asks_for(request, "CreateConsumerGroup") or simple:
        return None
    return ServiceError(400, "JsonInfoInvalid", "consumerGroup or timeout is of error format.")


def only_simple_names_anywhere(request):
    names = group_of(request)[1], parameter(request, "consumer")
    if all(re.fullmatch(r"[0-9a-zA-Z_-]{0,128}", name) for name in names):
        return None
    return ServiceError(400, "ParameterInvalid", "The parameter is invalid.")


def written_checkpoint(request):
    """Return the bytes of the checkpoint that a request writes: none if it is not base64.

    None if there is none, or the body is damaged: the correct endpoint refuses these.
    """
    if not asks_for(request, "ConsumerGroupUpdateCheckPoint"):
        return None
    try:
        checkpoint = json.loads(request.body)["checkpoint"]
    except (ValueError, KeyError):
        return None
    try:
        return base64.b64decode(checkpoint, validate=True)
    except ValueError:
        return b""


def only_numbers(request):
    checkpoint = written_checkpoint(request)
    if checkpoint is None or checkpoint.isdigit():
        return None
    return ServiceError(400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")


def only_texts(request):
    checkpoint = written_checkpoint(request)
    if checkpoint is None or (checkpoint and wire_text(checkpoint).isprintable()):
        return None
    return ServiceError(400, "InvalidShardCheckPoint", "shard checkpoint not encoded by base64.")


@pytest.mark.parametrize(
    ("rule", "scenarios"),
    [
        (only_texts, ["checkpoint-bytes", "checkpoint-of-no-text", "checkpoint-of-3000-digits"]),
        (only_simple_names, [name for name in SCENARIOS if name.startswith("group-")]),
        (only_simple_names_anywhere, [name for name in SCENARIOS if name.startswith(("consumer", "groups-begin"))]),
        (only_numbers, [name for name in SCENARIOS if name.startswith("checkpoint-")]),
        pytest.param(only_simple_names, (), marks=pytest.mark.full),
        pytest.param(only_simple_names_anywhere, (), marks=pytest.mark.full),
        pytest.param(only_numbers, (), marks=pytest.mark.full),
        pytest.param(only_texts, (), marks=pytest.mark.full),
    ],
)
def test_a_stricter_endpoint_is_not_accused(rule, scenarios):
    """What no page promises may be refused; the scenarios that need it are not supported there."""
    real = correct()

    def send(request):
        if verify_quickly(request) and (refusal := rule(request)):
            real.respond_next(refusal)
        return real(request)

    run = verify(send, *scenarios)
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    assert "not supported" in {each.verdict for each in run.performed}


def not_found(response):
    """Respond as a web server does that knows no such path."""
    plain = with_body(response.replace(status=404, headers=Headers()), b"<html>404</html>")
    return with_header(plain, "Content-Type", "text/html")


PARTIAL = {
    "a read alone": (lambda name: name == "GetCheckPoint", not_found, "CreateConsumerGroup returned 404"),
    "no deletion": (
        lambda name: name != "DeleteConsumerGroup",
        not_found,
        "DeleteConsumerGroup returned 404",
    ),
    "no PutLogs": (
        lambda name: name != "PutLogs",
        lambda response: error(response, 501, "NotImplemented", "no"),
        "PutLogs returned 501 NotImplemented",
    ),
    "a key that may not delete": (
        lambda name: name != "DeleteConsumerGroup",
        lambda response: error(response, 403, "Unauthorized", "denied by sts or ram"),
        "DeleteConsumerGroup returned 403 Unauthorized",
    ),
}


def offering(offers, refused):
    """Make an endpoint that refuses the operations that it does not offer, and knows nothing of them."""
    real = correct()

    def send(request):
        operation = operation_of(request)
        if operation is None or offers(operation.operation) or not verify_quickly(request):
            return real(request)
        return refused(real(request.replace(method="GET", url=request.url.split("/logstores")[0] + "/none")))

    return send


@pytest.mark.parametrize(("offers", "refused", "reason"), PARTIAL.values(), ids=PARTIAL)
def test_what_is_not_offered_is_not_judged(offers, refused, reason):
    """Operations that are not there, or not for this key, are named as not supported; no page is about their errors."""
    names = [name for name in SCENARIOS if name.startswith(("put-logs-", "group-m", "groups-d", "list-groups-"))]
    run = verify(offering(offers, refused), *names, "generated-logs", examples=1)
    assert [str(each.finding) for each in run.located] == []
    told = {each.verdict for each in run.performed if each.reason == reason}
    assert told == {"not supported"}
    assert bool(run.leftovers) is ("Delete" in reason)
    assert "not proven" not in {each.verdict for each in run.performed}


@pytest.mark.parametrize("missing", [{"SplitShard", "MergeShard"}, {"MergeShard"}], ids=["neither", "no merge"])
def test_changes_of_shards_that_are_refused_with_400_are_not_offered(missing):
    """After a correct request got it, the same refusal of a wrong one says nothing of signatures or places."""
    send = offering(lambda name: name not in missing, lambda response: error(response, 400, "NotSupported", "no"))

    def before_signatures(request):
        operation = operation_of(request)
        return send(trusted(request) if operation is not None and operation.operation in missing else request)

    names = [name for name in SCENARIOS if name.startswith(("shards-merged", "merge-shard-"))]
    run = verify(before_signatures, *names)
    assert [each for each in run.located if each.finding.level is not Level.UNSPECIFIED] == []
    assert {each.verdict for each in run.performed} == {"not supported"}


def test_a_read_that_responds_like_what_is_not_offered_is_accused():
    """GetCheckPoint is what the run is about: it has its errors, also where nothing else is offered."""
    send = offering(PARTIAL["a read alone"][0], not_found)

    def strange(request):
        response = send(request)
        return not_found(response) if is_read(request) and response.status == 404 else response

    run = verify(strange, "group-missing")
    assert ("SLS232", "group-missing") in {(each.finding.code, each.scenario) for each in run.located}


def test_a_key_that_may_not_read_is_told():
    """Who may not read checkpoints has the key named; nothing can be judged with it."""
    send = offering(lambda name: name != "GetCheckPoint", PARTIAL["a key that may not delete"][1])
    with pytest.raises(EndpointRefuses, match=r"403 Unauthorized.*a key that may use"):
        verify(send, "group-missing")


@pytest.mark.parametrize("busy", [429, 503])
def test_who_had_to_wait_once_is_not_accused(busy):
    """A gateway that returns 429 now and then is asked again, as a service is that returns 503."""
    real, asked = correct(), []

    def send(request):
        asked.append(request.method)
        waits = len(asked) == 20 or (request.method == "DELETE" and asked.count("DELETE") == 1)
        return not_found(real(request)).replace(status=busy) if waits else real(request)

    run = verify(send, "each-shard-given")
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    assert [each.verdict for each in run.performed] == ["passed"]
    assert [each for each in run.facts if each.startswith("busy or failed: 2 times ")]


def busy(response, failure=(503, "ServerBusy", "the server is busy, please try again later.")):
    about_logs = ("x-log-compresstype", "x-log-bodyrawsize", "x-log-count", "x-log-cursor")
    return error(response.replace(headers=response.headers.without(*about_logs)), *failure)


FAILURES = (
    (503, "ServerBusy", "the server is busy, please try again later."),
    (500, "InternalServerError", "internal server error"),
    (403, "WriteQuotaExceed", "Write quota is exceeded."),
    (403, "ReadQuotaExceed", "Read quota is exceeded."),
    (403, "ShardReadQuotaExceed", "shard read qps exceed quota limits"),
    (403, "ShardWriteQuotaExceed", "shard write quota exceed, please split shard"),
)
AT_ONCE = tuple(name for name in SCENARIOS if "at-once" in name)


def failing_at_times(rate, seed, *, handles):
    """Fail at random, once in ``rate`` requests; ``handles``: be busy only, though the request was handled."""
    real, chance = correct(), random.Random(seed)
    failures = [each for each in FAILURES if each[0] != 500 or not handles]

    def send(request):
        if chance.random() >= 1 / rate:
            return real(request)
        unsigned = request.replace(headers=request.headers.without("Authorization"))
        return busy(real(request if handles else unsigned), chance.choice(failures))

    return send


@pytest.mark.parametrize(
    ("rate", "seed", "scenarios"),
    [
        (7, 1, (*AT_ONCE, "shard-given", "heartbeat-nearly-signed", "shard-split", "pull-logs-again")),
        *(pytest.param(rate, rate, (), marks=pytest.mark.full) for rate in (7, 13, 31, 53, 97, 150)),
    ],
)
@pytest.mark.parametrize("handles", [False, True])
def test_who_is_busy_or_fails_at_times_is_not_accused(rate, seed, scenarios, handles):
    """Any request may meet it: one of two at once, one that prepares, one whose signature is wrong."""
    run = verify(failing_at_times(rate, seed, handles=handles), *scenarios, sleep=now.advance)
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    assert {each.verdict for each in run.performed} <= {"passed", "not proven"}
    assert "passed" in {each.verdict for each in run.performed}


@pytest.mark.parametrize("loopback", [False, True])
@pytest.mark.parametrize("creates", [False, True])
def test_who_is_busy_with_each_creation_after_a_change_of_shards(creates, loopback):
    """The shards are read again, with a group; where a repetition is told that it exists, it can be read.

    Else the run says what to do: a service was busy; an endpoint on this machine has no excuse.
    """
    real, split = correct(), []

    def send(request):
        late = bool(split) and asks_for(request, "CreateConsumerGroup")
        if late and not creates:
            return busy(real(request.replace(headers=request.headers.without("Authorization"))))
        response = real(request)
        split.extend([request] if asks_for(request, "SplitShard") and response.status == 200 else [])
        return busy(response) if late and response.status == 200 else response

    run = verify(send, "shard-split", sleep=now.advance, loopback=loopback)
    assert [each.verdict for each in run.performed] == ["passed"]
    assert run.violated() is (loopback and not creates)
    assert ("verify the endpoint again when it is less busy" in run.incomplete) is not (loopback or creates)


def test_who_takes_seconds_for_each_request_is_not_accused():
    """A heartbeat that came in time when it was sent can be late when it is handled."""
    real = correct()

    def send(request):
        now.advance(1.5)
        response = real(request)
        now.advance(1.5)
        return response

    run = verify(send, "shard-handed-back", "heartbeat-in-time", sleep=now.advance)
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []


class FailsAtFirst:
    """Returns 500 for each first attempt to write a checkpoint, and handles only the next."""

    def __init__(self):
        self.real, self.seen = correct(), set()

    def __call__(self, request):
        about = (request.url, request.body)
        if not write_of(request) or not verify_quickly(request) or about in self.seen:
            return self.real(request)
        self.seen.add(about)
        unsigned = request.replace(headers=request.headers.without("Authorization"))
        return error(self.real(unsigned), 500, "InternalServerError", "internal server error")


def test_an_operation_that_always_fails_at_first_is_accused():
    """Each of its requests is served in the end; a client that does not repeat them is served never."""
    names = [name for name in SCENARIOS if name.startswith("checkpoint-")]
    run = verify(FailsAtFirst(), *names, sleep=now.advance)
    assert {each.finding.code for each in run.located} == {"SLS444"}
    assert run.violated()
    assert [
        each for each in run.facts if each.startswith("failed at first: ") and " ConsumerGroupUpdateCheckPoint " in each
    ]


def with_a_limit_of_groups(limit, status, code):
    """Refuse a further group of a logstore with an errorCode that no page names."""
    real, groups = correct(), set()

    def send(request):
        group = (request.project, *group_of(request))
        if asks_for(request, "CreateConsumerGroup") and verify_quickly(request) and group not in groups:
            if sum(each[:2] == group[:2] for each in groups) >= limit:
                real.respond_next(ServiceError(status, code, "the logstore has too many consumer groups"))
            response = real(request)
            groups.update({group} if response.status == 200 else ())
            return response
        response = real(request)
        if asks_for(request, "DeleteConsumerGroup") and response.status == 200:
            groups.discard(group)
        return response

    return send


@pytest.mark.parametrize("code", ["ConsumerGroupQuotaExceed", "GroupsFull"])
@pytest.mark.parametrize("limit", [1, 2, 10])
def test_a_limit_of_groups_is_no_violation(limit, code):
    """Pages of different years give limits from 5 to 30, and no error: what needs more groups is not provable there."""
    names = ("groups-listed-in-full", "creations-at-once", "two-groups", "group-fresh", "generated-sequences")
    run = verify(with_a_limit_of_groups(limit, 403, code), *names, examples=3)
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    verdicts = {each.scenario.name: each.verdict for each in run.performed}
    assert verdicts["groups-listed-in-full"] == "not provable"
    assert {verdicts["creations-at-once"], verdicts["group-fresh"]} == {"passed"}
    assert verdicts["two-groups"] == ("passed" if limit > 1 else "not provable")


def test_a_logstore_that_is_full_of_groups_proves_nothing():
    run = verify(with_a_limit_of_groups(0, 403, "ConsumerGroupQuotaExceed"), "group-advanced")
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    assert [each.verdict for each in run.performed] == ["not supported"]
    assert run.incomplete


@pytest.mark.parametrize("code", ["JsonInfoInvalid", "ShardNotExist", "InvalidShardCheckPoint"])
def test_a_second_group_refused_with_an_error_of_another_meaning_is_accused(code):
    run = verify(with_a_limit_of_groups(1, 400, code), "two-groups")
    assert "SLS444" in {each.finding.code for each in run.located}


@pytest.mark.parametrize("name", ["heartbeat-nearly-signed", "split-shard-not-let-in"])
def test_a_busy_response_says_nothing_of_a_wrong_signature(name):
    """A scenario of many refusals meets one in every run of a service that is busy now and then."""
    real, asked = correct(), count(1)
    run = verify(lambda request: busy(real(request)) if next(asked) % 45 == 0 else real(request), name)
    assert [str(each.finding) for each in run.located if each.finding.level is Level.VIOLATION] == []
    assert [each.verdict for each in run.performed] == ["passed"]


def test_an_endpoint_that_is_always_busy_for_a_wrong_signature_is_accused():
    real = correct()
    run = verify(
        lambda request: real(request) if verify_quickly(request) else busy(real(request)), "heartbeat-nearly-signed"
    )
    assert "SLS451" in {each.finding.code for each in run.located}


def test_a_busy_heartbeat_before_the_first_scenario_is_repeated():
    real, asked = correct(), count(1)

    def send(request):
        first = asks_for(request, "ConsumerGroupHeartBeat") and next(asked) == 1
        return busy(real(request)) if first else real(request)

    run = verify(send, "each-shard-given")
    assert [str(each.finding) for each in run.located] == []
    assert [each.verdict for each in run.performed] == ["passed"]


def test_a_logstore_that_is_not_there_is_named():
    """Whichever of the logstores is missing, the text says which, and which option names another."""
    endpoint = ReferenceEndpoint(now)
    with pytest.raises(EndpointRefuses, match=r"my-logstore-other.*--other-logstore"):
        verify(endpoint)


PLACES = {(PROJECT, OTHER): 1, (PROJECT, WIDE): 1, (ABROAD, LOGSTORE): 1}


@pytest.mark.slow
def test_a_single_shard_is_enough_for_most():
    """A logstore with one shard leaves out what needs two, and judges the rest."""
    endpoint = ReferenceEndpoint(now, logstores={(PROJECT, LOGSTORE): 1, **PLACES})
    names = ("shard-given", "each-shard-given", "checkpoints-at-once", "generated-sequences")
    run = verify(endpoint, *names, examples=10)
    assert run.located == []
    assert [each.verdict for each in run.performed] == ["passed", "not provable", "not provable", "passed"]


def test_logs_in_more_shards_than_are_pulled_are_not_provable():
    """Where no generated sequence can be carried out, the run says why; it does not say that they proved nothing."""
    endpoint = ReferenceEndpoint(now, logstores={(PROJECT, LOGSTORE): 40, **PLACES})
    run = verify(endpoint, "generated-logs", examples=5)
    assert [(each.verdict, each.reason[:16]) for each in run.performed] == [("not provable", "logs may be in a")]


def test_heartbeats_with_the_response_that_the_page_prints_are_accused():
    """The page's object is what no client reads; its own digest is that of the bare array. Nothing else is accused."""
    real = correct()

    def wrapped(request):
        response = real(request)
        fits = asks_for(request, "ConsumerGroupHeartBeat") and response.status == 200
        return with_document(response, {"shards": json.loads(response.body)}) if fits else response

    run = verify(wrapped, "shard-given", examples=0)
    assert {(each.finding.slug, each.finding.operation) for each in run.located} == {
        ("response-shape", "ConsumerGroupHeartBeat")
    }
