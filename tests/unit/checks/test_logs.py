"""Log groups, cursors and the headers that count them: for each clause what only it finds, and what it lets pass."""

from __future__ import annotations

import json
import zlib

import lz4.block
import pytest
import zstandard
from aliyun.log.proto import LogGroup as TheirGroup
from aliyun.log.proto import LogGroupList as TheirList
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.checks import judge
from sls_contract.checks.consumption import received_of
from sls_contract.checks.log_messages import MESSAGES, SMALL
from sls_contract.endpoint.state.log_groups import Log, LogGroup, encode_group, encode_list
from sls_contract.exchange import Exchange
from sls_contract.spec.clauses import TABLES
from sls_contract.spec.registry import contracts_in

PROTOBUF = "application/x-protobuf"
GROUP = encode_group(LogGroup((Log(1_524_155_379, (("索引", "1"), ("empty", ""))),), "topic", "10.0.0.1"))
LISTED = encode_list([GROUP, GROUP])
FIRST, THIRD = "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "MTUyNDE1NTM3OTM3MzkwODQ5OA=="
PACKED = {
    "": lambda data: data,
    "lz4": lambda data: lz4.block.compress(data, store_size=False) if data else data,
    "zstd": zstandard.ZstdCompressor().compress,
    "deflate": zlib.compress,
}


@pytest.fixture
def pull(make):
    """Give a function that makes an exchange of PullLogs: two log groups, and what is asked to differ."""

    def made(raw=LISTED, packed="", query="", *, count=10, body=None, wire=True, accept=PROTOBUF, **headers):
        asking = {"Accept": accept, "Accept-Encoding": packed} if packed else {"Accept": accept}
        target = f"/logstores/my-logstore/shards/0?type=log&cursor={FIRST.replace('=', '%3D')}&count={count}{query}"
        fields = {
            "Content-Type": PROTOBUF,
            "x-log-bodyrawsize": str(len(raw)),
            "x-log-count": "2",
            "x-log-cursor": THIRD,
            **({"x-log-compresstype": packed} if packed else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        response = make.response(PACKED[packed](raw) if body is None else body, headers=fields, wire=wire)
        return Exchange(make.request(target, headers=asking), response)

    return made


@pytest.fixture
def put(make):
    """Give a function that makes a request of PutLogs."""

    def made(raw=GROUP, packed="lz4", kind=PROTOBUF, size=...):
        headers = {"Content-Type": kind, "x-log-bodyrawsize": str(len(raw)) if size is ... else size}
        headers |= {"x-log-compresstype": packed} if packed else {}
        body = PACKED[packed](raw) if packed in PACKED else raw
        given = {name: value for name, value in headers.items() if value is not None}
        return Exchange(make.request("/logstores/my-logstore/shards/lb", method="POST", headers=given, body=body), None)

    return made


@pytest.fixture
def write(make):
    """Give a function that makes an exchange of UpdateCheckPoint."""

    def made(query, status=200):
        body = b'{"shard":0,"checkpoint":"MTI="}'
        headers = {"Content-Type": "application/json"}
        request = make.request(f"{make.path}?type=checkpoint{query}", method="POST", body=body, headers=headers)
        served = make.response(b"", headers={"Content-Type": None})
        refused = make.error(404, "ConsumerNotExist", "Consumer not exist in the consumer group")
        return Exchange(request, served if status == 200 else refused)

    return made


def slugs(exchange, without=()):
    return {finding.slug for finding in judge(exchange, without=without).findings}


ALSO = {"request-query-missing"}
"""That a request names no consumer is its own fault; that it is served is the service's."""

MUTANTS = [
    ("returned-message", lambda pull, put, write: pull(LISTED[:-1], x_log_count="2")),
    ("returned-message", lambda pull, put, write: pull(GROUP)),
    ("returned-message", lambda pull, put, write: pull(body=LISTED[:-1])),
    ("returned-message", lambda pull, put, write: pull(b'{"logs":[]}', "lz4")),
    ("returned-message", lambda pull, put, write: pull(encode_list([b"\x0a\x02\x12\x00"]))),
    ("returned-raw-size", lambda pull, put, write: pull(x_log_bodyrawsize="7")),
    ("returned-raw-size", lambda pull, put, write: pull(x_log_bodyrawsize="0")),
    ("returned-raw-size", lambda pull, put, write: pull(body=b"", x_log_count="0", x_log_cursor=FIRST)),
    ("returned-raw-size", lambda pull, put, write: pull(body=b"", x_log_cursor=FIRST)),
    ("returned-count", lambda pull, put, write: pull(x_log_count="3")),
    ("returned-count", lambda pull, put, write: pull(accept="application/json", x_log_count="3")),
    ("returned-count", lambda pull, put, write: pull(packed="zstd", x_log_count="1")),
    ("cursor-goes-on", lambda pull, put, write: pull(x_log_cursor="MTUyNDE1NTM3OTM3MzkwODQ5NQ==")),
    ("cursor-passes-logs", lambda pull, put, write: pull(x_log_cursor=FIRST)),
    ("cursor-passes-logs", lambda pull, put, write: pull(packed="lz4", x_log_cursor="")),
    ("returned-at-most", lambda pull, put, write: pull(count=1)),
    ("returned-at-most", lambda pull, put, write: pull(packed="lz4", count=0)),
    ("unforced-without-consumer", lambda pull, put, write: write("&forceSuccess=false")),
    ("unforced-without-consumer", lambda pull, put, write: write("&consumer=")),
    ("sent-message", lambda pull, put, write: put(b"\x0a\x02\x12\x00")),
    ("sent-message", lambda pull, put, write: put(b'{"__logs__":[]}', "")),
    ("sent-message", lambda pull, put, write: put(GROUP[:-1], size=str(len(GROUP)))),
    ("sent-raw-size", lambda pull, put, write: put(size="7")),
    ("sent-raw-size", lambda pull, put, write: put(size=None)),
    ("sent-body-unread", lambda pull, put, write: put(packed="snappy")),
    ("sent-body-unread", lambda pull, put, write: put(packed="br", size=None)),
    ("sent-body-unread", lambda pull, put, write: put(b'{"__logs__":[]}', kind="application/json")),
    ("sent-body-unread", lambda pull, put, write: put(b"", "")),
    ("sent-body-unread", lambda pull, put, write: put(b"", "lz4")),
    ("returned-message-unread", lambda pull, put, write: pull(b"?", wire=False)),
    (
        "returned-message-unread",
        lambda pull, put, write: pull(b"[]", accept="application/json", Content_Type="application/json"),
    ),
]


@pytest.mark.parametrize(("slug", "broken"), MUTANTS, ids=[f"{n}-{one[0]}" for n, one in enumerate(MUTANTS)])
def test_one_breach_is_found_by_its_clause_alone(pull, put, write, slug, broken):
    """The clause finds it, no other is dragged in, and with the clause switched off it goes unnoticed."""
    exchange, code = broken(pull, put, write), next(each.code for each in TABLES["logs"] if each.slug == slug)
    assert slugs(exchange) - ALSO == {slug}
    assert slugs(exchange, without={code}) - ALSO == set()


def test_every_clause_is_needed():
    """No clause of log groups and cursors stands without a broken exchange."""
    assert {each.slug for each in TABLES["logs"]} == {slug for slug, _ in MUTANTS}


UNUSUAL = {
    "as many as asked for": lambda pull, put, write: pull(count=2),
    "fewer than asked for": lambda pull, put, write: pull(count=1000),
    "lz4": lambda pull, put, write: pull(packed="lz4"),
    "zstd": lambda pull, put, write: pull(packed="zstd"),
    "deflate": lambda pull, put, write: pull(packed="deflate"),
    "nothing": lambda pull, put, write: pull(b"", x_log_count="0", x_log_cursor=FIRST),
    "nothing, in lz4": lambda pull, put, write: pull(b"", "lz4", x_log_count="0", x_log_cursor=FIRST),
    "nothing, in a frame": lambda pull, put, write: pull(b"", "zstd", x_log_count="0", x_log_cursor=FIRST),
    "nothing, and the cursor moves": lambda pull, put, write: pull(b"", x_log_count="0"),
    "fewer by a query": lambda pull, put, write: pull(query="&pullMode=scan_on_stream&query=*", x_log_count="9"),
    "fewer by a query that is named": lambda pull, put, write: pull(query="&queryId=q1", x_log_count="9"),
    "an end before the cursor": lambda pull, put, write: pull(query="&end_cursor=MTI%3D", x_log_cursor="MTI="),
    "a field of tomorrow": lambda pull, put, write: pull(LISTED + b"\x98\x06\x01"),
    "a number of many digits": lambda pull, put, write: pull(x_log_count="9" * 5000),
    "large": lambda pull, put, write: pull(encode_list([GROUP] * 3000), count=9999, x_log_count="3000"),
    "forced": lambda pull, put, write: write("&forceSuccess=True"),
    "forced by the Python SDK, without a consumer": lambda pull, put, write: write("&consumer=&forceSuccess=True"),
    "refused": lambda pull, put, write: write("&forceSuccess=false", status=404),
    "unforced by a consumer": lambda pull, put, write: write("&forceSuccess=false&consumer=c"),
    "put plain": lambda pull, put, write: put(packed="", size=None),
    "put in zstd": lambda pull, put, write: put(packed="zstd"),
    "put with no type": lambda pull, put, write: put(kind=None),
    "put bytes that are no text": lambda pull, put, write: put(encode_group(LogGroup()) + b"\x1a\x01\xff"),
}


@pytest.mark.parametrize("correct", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_is_let_pass(pull, put, write, correct):
    """None of these breaks anything that is said of log groups and cursors."""
    found = judge(correct(pull, put, write)).findings
    assert [str(each) for each in found if each.code in {clause.code for clause in TABLES["logs"]}] == []


def test_what_is_no_number_or_misspelled_is_told_once(pull, put, make):
    """By its own clause, and not as a wrong size, or as a missing key, too."""
    assert slugs(pull(packed="lz4", x_log_bodyrawsize="many")) == {"response-header-value"}
    assert slugs(put(size="")) == {"body-raw-size"}
    body = b'{"shard":0,"checkpoint":"MTI="}'
    headers = {"Content-Type": "application/json"}
    target = f"{make.path}?type=checkpoint&consmuer=c"
    misspelled = make.request(target, method="POST", body=body, headers=headers)
    assert slugs(Exchange(misspelled, None)) == {"request-query-name"}


@pytest.mark.parametrize(
    ("time", "wrong"),
    [(1_524_155_379, False), (2**32 - 1, False), (2**32, True), (1_524_155_379_000, True), (2**64 - 1, True)],
)
def test_the_time_of_a_log_is_a_32_bit_number_of_seconds(pull, put, time, wrong):
    """Milliseconds, or a negative number: readers of the message keep the lower 32 bits, another time."""
    group = encode_group(LogGroup((Log(time, (("k", "v"),)),), "", "10.0.0.1"))
    assert slugs(put(group)) == ({"sent-message"} if wrong else set())
    assert slugs(pull(encode_list([group]), x_log_count="1")) == ({"returned-message"} if wrong else set())


@pytest.mark.parametrize(
    ("packed", "size", "wrong"),
    [
        ("", "right", False),
        ("", "0", False),
        ("", None, False),
        ("", "7", True),
        ("deflate", "right", False),
        ("deflate", None, False),
        ("deflate", "0", True),
        ("deflate", "7", True),
    ],
)
def test_the_size_of_a_json_body_is_right_or_0(make, packed, size, wrong):
    """Java clients send 0 with each request; any other number is that of another body."""
    raw = b'{"shard":0,"checkpoint":"MTI="}'
    size = str(len(raw)) if size == "right" else size
    sent = {"Content-Type": "application/json", "x-log-compresstype": packed or None, "x-log-bodyrawsize": size}
    headers = {name: value for name, value in sent.items() if value is not None}
    target = f"{make.path}?type=checkpoint&consumer=c"
    request = make.request(target, method="POST", headers=headers, body=PACKED[packed](raw))
    if size is None:
        request = request.replace(headers=request.headers.without("x-log-bodyrawsize"))
    found = [each for each in judge(Exchange(request, None)).findings if "signature" not in each.slug]
    expected = [("SLS119", "header x-log-bodyrawsize", str(len(raw)))] if wrong else []
    assert [(each.code, each.where, each.expected.split(",")[0]) for each in found] == expected


def test_the_size_of_a_body_that_a_recorder_cut_is_not_judged(make):
    """Content-Length shows that the body is not the one that was sent."""
    headers = {"Content-Type": "application/json", "x-log-bodyrawsize": "90", "Content-Length": "90"}
    target = f"{make.path}?type=checkpoint&consumer=c"
    request = make.request(target, method="POST", headers=headers, body=b'{"shard":0,"checkpoint":"MTI="}')
    assert "sent-raw-size" not in slugs(Exchange(request, None))


@pytest.mark.parametrize(
    ("headers", "unread"),
    [
        ({}, set()),
        ({"x-log-compresstype": "snappy"}, {"sent-body-unread"}),
        ({"Content-Encoding": "br"}, {"sent-body-unread"}),
        ({"Content-Encoding": "gzip"}, {"sent-body-unread"}),
        ({"x-log-compresstype": "lz4"}, {"sent-body-unread"}),
    ],
    ids=str,
)
def test_a_json_body_that_cannot_be_decoded_is_counted(make, headers, unread):
    """Nobody knows what is in it: it breaks nothing, and the report says that it was not judged."""
    headers = {"Content-Type": "application/json", **headers}
    target = f"{make.path}?type=checkpoint&consumer=c"
    request = make.request(target, method="POST", body=b'{"shard":0,"checkpoint":"MTI="}', headers=headers)
    assert slugs(Exchange(request, None)) == unread


@pytest.mark.parametrize("target", ["/logstores/my-logstore/shards/lb", "/logstores/my-logstore/index", "/not-known"])
def test_a_body_that_the_recording_lacks_is_counted_whatever_the_operation(make, target):
    """Nobody can check by hand what is not there: the advice is to record it again."""
    request = make.request(target, method="POST", headers={"Content-Type": PROTOBUF}, body=GROUP)
    assert "sent-body-unread" not in slugs(Exchange(request, None))
    found = judge(Exchange(request.replace(body=b"", wire=False), None)).findings
    (lost,) = [finding for finding in found if finding.slug == "sent-body-unread"]
    assert lost.actual == "a recording without it"
    assert lost.how_to_fix.startswith("record it again with a tool that keeps the bodies of requests")


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("14d2f850ad6ea48e46e4547edbbb27e0", set()),
        ("7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", set()),
        ("0", set()),
        ("xyz", {"unspecified"}),
        ("", {"unspecified"}),
        ("0" * 33, {"unspecified"}),
    ],
)
def test_a_hash_key_that_is_in_no_range_is_counted(make, key, found):
    """No page says what becomes of it, in the query or in the header."""
    typed = {"Content-Type": PROTOBUF}
    for query, headers in ((f"?key={key}", typed), ("", {"x-log-hashkey": key, **typed})):
        target = f"/logstores/my-logstore/shards/route{query}"
        request = make.request(target, method="POST", headers=headers, body=GROUP)
        assert {each.level for each in judge(Exchange(request, None)).findings} == found


def test_relations_read_a_compressed_json_body(make):
    """A checkpoint that was written in a compressed body is the one that is read back later."""
    body, written = zlib.compress(b'{"shard":0,"checkpoint":"MTI="}'), {"shard": 0, "checkpoint": "MTI="}
    headers = {"Content-Type": "application/json", "x-log-compresstype": "deflate"}
    request = make.request(f"{make.path}?type=checkpoint&consumer=c", method="POST", body=body, headers=headers)
    received = received_of(Exchange(request, None), make.at)
    assert received is not None
    assert received.request_json == written


def test_what_could_not_fail_is_not_exercised(pull):
    """A response that is no success, or whose body cannot be had, shows nothing."""
    refused = pull().response.replace(status=400)
    for exchange in (Exchange(pull().request, refused), pull(body=b"\xff", packed="lz4"), pull(b"?", wire=False)):
        assert judge(exchange).exercised & {"SLS281", "SLS282", "SLS283"} == set()


@given(st.data(), st.sampled_from([(LISTED, TheirList, "LogGroupList"), (GROUP, TheirGroup, "LogGroup")]))
def test_messages_are_read_as_protobuf_reads_them(data, message):
    """Cut, changed or filled up: what Google's reader takes is taken, and what it refuses is refused."""
    raw, kind, name = message
    place = data.draw(st.integers(0, len(raw) - 1))
    change = data.draw(st.binary(max_size=2))
    mutant = raw[:place] + change + raw[place + data.draw(st.integers(0, 3)) :]
    theirs = read_by_google(kind, mutant)
    if theirs is None:
        with pytest.raises(ValueError, match=r"cut off|wire type|missing|number"):
            MESSAGES[name](mutant)
        return
    try:
        count = MESSAGES[name](mutant)
    except ValueError as error:
        if "has wire type" not in str(error):  # theirs skips a known field of another type
            raise
        return
    assert count == (len(theirs.LogGroups) if kind is TheirList else None)


def read_by_google(kind, data):
    """Return the message; None where it is damaged, or lacks a field that it must have."""
    parsed = kind()
    try:
        parsed.ParseFromString(data)
    except Exception:  # noqa: BLE001 - another one in each version
        return None
    return parsed if parsed.IsInitialized() else None


def test_large_messages_are_counted_without_each_log():
    """Beyond 64 KiB a damaged log goes unseen, and the groups are counted all the same."""
    groups = [GROUP, b"\x0a\x02\x12\x00"] * (SMALL // len(GROUP))
    assert MESSAGES["LogGroupList"](encode_list(groups)) == len(groups)
    with pytest.raises(ValueError, match="cut off"):
        MESSAGES["LogGroupList"](encode_list(groups)[:-1])


def test_any_contract_may_say_whom_a_response_needs(make, tmp_path):
    """A success without the owner that `needed_unless` asks for is found in operations of one's own, too."""
    query = {"owner": {"type": "string", "needed_unless": {"query.anyhow": "true"}}, "anyhow": {"type": "boolean"}}
    contract = {"operation": "ReadShelf", "method": "GET", "path": "/shelves/{shelf}", "query": query}
    (tmp_path / "ReadShelf.json").write_text(json.dumps(contract), encoding="utf-8")
    with contracts_in(tmp_path):
        found = {
            asked: {
                each.slug
                for each in judge(Exchange(make.request(f"/shelves/a?{asked}"), make.response(b"{}"))).findings
            }
            for asked in ("anyhow=false", "anyhow=true", "owner=me")
        }
    assert [asked for asked, slugs in found.items() if "unforced-without-consumer" in slugs] == ["anyhow=false"]
