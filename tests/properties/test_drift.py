"""Properties of comparing: what is meant to move never breaks anything, what breaks is found under any movement."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sls_contract.cassettes.drift import Class, compare
from sls_contract.cassettes.recording import Recording
from sls_contract.exchange import Exchange, Request, Response, wire_text
from sls_contract.headers import Headers
from sls_contract.signing import TEST_CREDENTIALS, http_date, sign
from sls_contract.spec import CLAUSES

AT = datetime(2024, 11, 25, 10, 9, 42, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g"
FIELDS = ("shard", "checkpoint", "updateTime", "consumer")

cursors = st.just("") | st.integers(0, 2**63).map(lambda number: b64encode(str(number).encode()).decode())
times = st.just(0) | st.integers(1_400_000_000_000_000, 1_900_000_000_000_000)
consumers = st.text(max_size=6) | st.sampled_from(["", "consumer_1", "消费者"])
moments = st.timedeltas(timedelta(0), timedelta(days=400)).map(lambda passed: AT + passed)


def entries(shards):
    fields = {"checkpoint": cursors, "updateTime": times, "consumer": consumers}
    return st.tuples(*(st.fixed_dictionaries({"shard": st.just(shard), **fields}) for shard in shards)).map(list)


@st.composite
def pairs(draw):
    """Two lists of the same shards, everything that is meant to move moved."""
    shards = draw(st.lists(st.integers(0, 300), min_size=1, max_size=4, unique=True))
    return draw(entries(shards)), draw(entries(draw(st.permutations(shards))))


@st.composite
def spellings(draw, value):
    """Write the same JSON with other white space, order of keys, escapes."""
    if draw(st.booleans()):
        order = draw(st.permutations(FIELDS))
        value = [{key: entry[key] for key in order if key in entry} for entry in value]
    indent, ascii_only = draw(st.sampled_from([None, 0, 2])), draw(st.booleans())
    return json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode() + draw(st.sampled_from([b"", b"\n"]))


@st.composite
def framings(draw, body, moment):
    """Respond with a body in any of the ways that are free."""
    fields = [("Content-Type", draw(st.sampled_from(["application/json", "Application/JSON; charset=utf-8"])))]
    if draw(st.booleans()):
        body = gzip.compress(body)
        fields.append(("Content-Encoding", "gzip"))
    chunked = draw(st.booleans())
    fields.append(("Transfer-Encoding", "chunked") if chunked else ("Content-Length", str(len(body))))
    fields += [("Server", draw(st.sampled_from(["AliyunSLS", "Tengine"]))), ("Date", http_date(moment))]
    fields += [("Connection", "close")] * draw(st.integers(0, 1))
    fields.append(("x-log-requestid", f"{int(moment.timestamp()):08X}{draw(st.integers(0, 2**64 - 1)):016X}"))
    cased = draw(st.sampled_from([str, str.lower, str.upper]))
    headers = [(cased(name), value) for name, value in draw(st.permutations(fields))]
    return Response(200, headers, body, reason=draw(st.sampled_from(["", "OK"])))


def recording(response: Response | None, moment=AT, target="") -> Recording:
    request = Request("GET", URL + target, {"Accept-Encoding": "gzip"})
    return Recording(Exchange(sign(request, TEST_CREDENTIALS, scheme="v1", at=moment), response))


def kept(value):
    """Give a correct response in its plainest form."""
    raw = json.dumps(value).encode()
    fields = {"Content-Type": "application/json", "Content-Length": str(len(raw)), "Date": http_date(AT)}
    return Response(200, {**fields, "x-log-requestid": f"{int(AT.timestamp()):08X}05099546E07A82E8"}, raw)


def first(change):
    """Break the first entry."""
    return lambda value: [change(dict(value[0])), *value[1:]]


def put(**fields):
    return first(lambda entry: {**entry, **fields})


def without(key):
    return first(lambda entry: {name: value for name, value in entry.items() if name != key})


#: what is done to the list, and the clause that the response then breaks
BROKEN_LISTS = {
    "wrapped": (lambda value: {"checkpoints": value}, "body-array"),
    "alone": (lambda value: value[0], "body-array"),
    "seconds": (put(updateTime=1_724_000_000), "update-time-unit"),
    "milliseconds": (put(updateTime=1_724_000_000_123), "update-time-unit"),
    "time as text": (put(updateTime="1724000000123456"), "update-time-type"),
    "time null": (put(updateTime=None), "update-time-type"),
    "no time": (without("updateTime"), "update-time-type"),
    "no checkpoint": (without("checkpoint"), "entry-checkpoint"),
    "checkpoint null": (put(checkpoint=None), "entry-checkpoint"),
    "checkpoint decoded": (put(checkpoint="17240000001234567"), "entry-checkpoint"),
    "no consumer": (without("consumer"), "consumer-missing"),
    "consumer null": (put(consumer=None), "entry-consumer"),
    "shard as text": (put(shard="0"), "entry-shard"),
    "no shard": (without("shard"), "entry-shard"),
    "twice": (lambda value: [*value, value[0]], "duplicate-shard"),
    "empty": (lambda _: [], "every-shard"),
    "not an object": (first(lambda entry: list(entry.values())), "entry-object"),
}


def replaced(**headers):
    def change(response):
        fields = response.headers
        for name, value in headers.items():
            field = name.replace("_", "-")
            fields = fields.without(field) if value is None else fields.with_field(field, value)
        return response.replace(headers=fields)

    return change


#: what is done to the response, and the clause that it then breaks
BROKEN_RESPONSES = {
    "created": (lambda response: response.replace(status=201), "success-status"),
    "redirect": (lambda response: response.replace(status=307), "success-status"),
    "no id": (replaced(x_log_requestid=None), "request-id"),
    "text": (replaced(Content_Type="text/plain"), "content-type"),
    "no type": (replaced(Content_Type=None), "content-type"),
    "no date": (replaced(Date=None), "response-date"),
    "too long": (replaced(Content_Length="99999", Transfer_Encoding=None), "content-length"),
    "lies": (replaced(Content_Encoding="deflate, gzip, gzip"), "content-encoding"),
}


@given(st.data(), pairs(), moments)
def test_what_is_meant_to_move_is_benign(data, lists, moment):
    """Values, order, spelling, framing, compression as asked, headers, time and client may all move at once."""
    old, new = lists
    body = data.draw(spellings(new))
    later = recording(data.draw(framings(body, moment)), moment)
    for before, after in ((recording(kept(old)), later), (later, recording(kept(old)))):
        drift = compare([before], [after])
        assert drift.verdict in ("benign", "none"), drift.of(Class.BREAKING) + drift.of(Class.ADDITIVE)


@given(st.data(), pairs(), moments, st.sampled_from(sorted(BROKEN_LISTS)))
def test_a_broken_list_is_found_under_any_movement(data, lists, moment, name):
    """Whatever else moved, what breaks the list is breaking, by its clause."""
    change, slug = BROKEN_LISTS[name]
    old = [{**entry, "consumer": entry["consumer"] or "somebody"} for entry in lists[0]]  # nobody may be left out
    body = json.dumps(change(lists[1])).encode()
    new = recording(data.draw(framings(body, moment)), moment)
    drift = compare([recording(kept(old))], [new])
    assert slug in {each.slug for each in drift.of(Class.BREAKING)}, drift.changes
    assert compare([new], [new]).changes == ()


@given(st.data(), pairs(), moments, st.sampled_from(sorted(BROKEN_RESPONSES)))
def test_a_broken_response_is_found_under_any_movement(data, lists, moment, name):
    """The same of status, headers and framing."""
    change, slug = BROKEN_RESPONSES[name]
    response = change(data.draw(framings(data.draw(spellings(lists[1])), moment)))
    drift = compare([recording(kept(lists[0]))], [recording(response, moment)])
    assert slug in {each.slug for each in drift.of(Class.BREAKING)}, drift.changes


@given(st.data(), pairs(), st.text(min_size=1, max_size=5), st.from_regex(r"x-new-[a-z]{1,5}", fullmatch=True))
def test_what_is_new_is_additive_and_never_silent(data, lists, key, header):
    """A key or header that no page names is told, is not breaking, and its end is benign."""
    old, new = lists
    grown = [{**entry, **({key: 1} if key not in FIELDS else {})} for entry in new]
    response = data.draw(framings(json.dumps(grown).encode(), AT))
    response = response.replace(headers=Headers([*response.headers.pairs, (header, "1")]))
    drift = compare([recording(kept(old))], [recording(response)])
    assert drift.verdict == "additive"
    told = {each.slug for each in drift.of(Class.ADDITIVE)}
    assert told == {"new-header"} | ({"entry-additive-key"} if key not in FIELDS else set())
    assert compare([recording(response)], [recording(kept(old))]).verdict == "benign"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*FIELDS, "errorCode", "errorMessage", "accessDeniedDetail"]) | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
wire = st.binary(max_size=12).map(wire_text)
names = st.sampled_from(["date", "x-log-requestid", "content-encoding", "content-type", "content-length", "x-token"])
responses = st.none() | st.builds(
    Response,
    st.sampled_from([200, 201, 204, 302, 400, 401, 404, 500, 0]),
    st.lists(st.tuples(names | wire, wire | st.just("gzip") | st.just("br")), max_size=6).map(Headers),
    st.binary(max_size=20) | json_like.map(lambda value: json.dumps(value).encode()),
    st.booleans(),
)
targets = st.sampled_from(["", "?shard=0", "?shard=abc", "?x=1", "/other"])
recordings = st.builds(lambda response, target: recording(response, target=target), responses, targets)
cassettes = st.lists(recordings, max_size=5)


@given(cassettes, cassettes)
def test_comparing_never_raises_and_accounts_for_all(old, new):
    """Whatever was recorded: each is paired, alone, or an attempt that was retried; every change can be printed."""
    drift = compare(old, new)
    assert 2 * drift.pairs + len(drift.unmatched) + drift.retried == len(old) + len(new)
    for change in drift.changes:
        str((change.where, change.old, change.new)).encode()
        assert change.code is None or CLAUSES[change.code].slug == change.slug
        assert 0 <= change.exchange < len(old)
    assert len(compare(new, old).unmatched) == len(drift.unmatched)


@given(cassettes)
def test_nothing_differs_from_itself(recorded):
    """A cassette compared with itself shows nothing, and nothing stays alone."""
    drift = compare(recorded, recorded)
    assert (drift.changes, drift.unmatched, drift.verdict) == ((), (), "none")


@given(recordings, recordings)
def test_a_difference_is_seen_from_both_sides(one, other):
    """What is no difference in one direction is none in the other."""
    assert (compare([one], [other]).verdict == "none") == (compare([other], [one]).verdict == "none")
