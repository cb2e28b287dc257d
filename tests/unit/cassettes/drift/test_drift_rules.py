"""What holds beside the rule: how exchanges pair, what stays alone, what is shown, and what is not judged."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from labelled_pairs.wire import (
    AT,
    E0,
    E1,
    FRESH,
    GOOD,
    GROUPS,
    HOST,
    LIST,
    MISSING,
    ONE,
    PATH,
    STRANGER,
    asked,
    both,
    error,
    recorded,
    response,
    with_entry,
)

from sls_contract.cassettes.drift import Change, Class, Drift, Unmatched, change_of, compare, plain_change
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.opening import load_cassette
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.exchange import Request
from sls_contract.signing import Credentials, sign
from sls_contract.spec import CLAUSES

SECRET = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre", "CAIS" + "aB3+/x9Z" * 20)


def test_a_change_names_clause_place_and_both_sides():
    """A change is a value: class, code, slug, exchange, where, and what either side had there."""
    drift = compare(*([side] for side in both(GOOD, with_entry(updateTime=1524224984))))
    assert drift.changes[0] == Change(
        Class.BREAKING,
        "SLS204",
        "update-time-unit",
        0,
        "/0/updateTime",
        "1524224984800922",
        "1524224984, which makes sense in seconds only",
    )
    assert {change.kind for change in drift.changes[1:]} == {Class.BENIGN}


def test_places_are_those_of_the_new_body_and_values_those_of_the_shard():
    """Entries are compared by shard, wherever they stand."""
    drift = compare(*([side] for side in both(GOOD, response([E1, {**E0, "updateTime": "x"}]))))
    (change,) = drift.of(Class.BREAKING)
    assert (change.where, change.old, change.new) == ("/1/updateTime", "1524224984800922", '"x"')


def test_exchanges_pair_by_request_not_by_place():
    """Another order of different requests is no change; identical requests pair in order."""
    first, second = recorded(response([E0]), asked(ONE)), recorded(GOOD, asked())
    assert compare([first, second], [second, first]) == Drift(
        pairs=2, exercised=compare([first, second], [first, second]).exercised, partners={0: 1, 1: 0}
    )
    moved = recorded(response([{**E0, "checkpoint": "MTIz"}]), asked(ONE))
    drift = compare([second, first, moved], [first, second, first])
    assert {change.exchange for change in drift.changes} == {2}
    assert drift.changes[0].where == "/0/checkpoint"


def test_matching_overlooks_endpoint_scheme_and_order_of_the_query():
    """What one recording would be replayed for is one pair: other endpoint, scheme, spelling of the path."""
    one = recorded(GOOD, Request("GET", f"http://{HOST}{PATH}?shard=0&x=1"))
    other = Request("GET", f"https://my-project.cn-beijing.log.aliyuncs.com{PATH.replace('_', '%5F')}?x=1&shard=0")
    drift = compare([one], [recorded(GOOD, other)])
    assert (drift.pairs, drift.unmatched) == (1, ())
    assert [change.slug for change in drift.changes] == ["request"]
    assert "URL" in drift.changes[0].new


def test_what_stays_alone_is_unmatched():
    """Exchanges without a partner are told with side, place and request; they are no changes."""
    one, other = recorded(GOOD, asked(ONE)), recorded(GOOD, asked(f"{PATH}?shard=1&SecurityToken=abc"))
    drift = compare([one, one], [other, one])
    assert drift.verdict == "none"
    assert drift.unmatched == (
        Unmatched("old", 1, f"GET http://{HOST}{ONE}"),
        Unmatched("new", 0, f"GET http://{HOST}{PATH}?shard=1&SecurityToken=***"),
    )


def test_nothing_against_something():
    """An empty recording shares nothing with another; two empty ones have no drift."""
    assert compare([], []) == Drift()
    assert [alone.side for alone in compare([], [recorded(GOOD, asked())]).unmatched] == ["new"]


def test_a_clause_mended_shows_what_was_and_what_is():
    """A breach that the new side lacks is benign, with the clause."""
    changes = compare(*([side] for side in both(response(Content_Type="text/plain"), GOOD))).changes
    (change,) = (change for change in changes if change.where == "header Content-Type")
    assert (change.kind, change.code, change.old, change.new) == (
        Class.BENIGN,
        "SLS253",
        '"text/plain"',
        "application/json",
    )


def test_one_cause_is_told_once():
    """An entry of the wrong shard is not told as a missing one, too; true for 1 is told."""
    (change,) = compare(*([side] for side in both(response([E0]), response([E1]), ONE))).of(Class.BREAKING)
    assert change.slug == "shard-filter"
    changes = compare(*([side] for side in both(with_entry(lag=1), with_entry(lag=True)))).changes
    assert [(each.old, each.new) for each in changes if each.where == "/0/lag"] == [("1", "true")]


def test_a_change_of_another_operation_is_told_by_its_clause_alone():
    """Then a test that allows the clause passes; a key that no contract names may go."""
    was = {**LIST[0], "extra": 1}
    for change, old, new in (
        ({"order": None}, "true", "null"),
        ({"timeout": "30"}, "30", '"30"'),
        ({"extra": ...}, None, None),
        ({"order": ...}, "true", "absent"),
    ):
        now = {key: value for key, value in {**was, **change}.items() if value is not ...}
        drift = compare(*([side] for side in both(response([was]), response([now]), GROUPS)))
        told = [(each.old, each.new) for each in drift.of(Class.BREAKING) if each.code]
        assert told == ([(old, new)] if new else []), drift.changes
        assert not [each for each in drift.of(Class.BREAKING) if each.code is None]
    created = compare(*([side] for side in both(response(LIST), response(LIST, 201), GROUPS)))
    assert [each.slug for each in created.changes] == ["response-status"]


def test_a_success_that_has_the_body_of_an_error_now_is_one_change():
    """The keys of the success that are gone, and those of the error, are no changes of their own."""
    served = response({"cursor": "MTA="})
    refused = response({"errorCode": "LogStoreNotExist", "errorMessage": "logstore l does not exist"})
    target = "/logstores/l/shards/0?type=cursor&from=end"
    drift = compare(*([side] for side in both(served, refused, target)))
    assert [(each.slug, each.where) for each in drift.of(Class.BREAKING)] == [("response-status", "status")]
    assert not drift.of(Class.ADDITIVE)
    assert compare(*([side] for side in both(refused, served, target))).verdict != "breaking"
    shards = response([{"shardID": 0, "status": "readwrite"}])
    assert compare(*([side] for side in both(refused, shards, "/logstores/l/shards"))).verdict != "breaking"
    assert compare(*([side] for side in both(shards, refused, "/logstores/l/shards"))).verdict == "breaking"


def test_one_clause_hides_no_change_of_another_place():
    """The name of a group has another type, and another of its keys is gone: both are told."""
    drift = compare(*([side] for side in both(response(LIST), response([{"name": 7, "timeout": 30}]), GROUPS)))
    assert [each.where for each in drift.of(Class.BREAKING)] == ["/0/order", "/0/name"]


def test_the_worst_of_one_place_is_told_once():
    """A value that is wrong now is not told as moved, too."""
    changes = compare(*([side] for side in both(GOOD, with_entry(updateTime=5e-324)))).changes
    assert [change.kind for change in changes if change.where == "/0/updateTime"] == [Class.BREAKING]
    changes = compare(*([side] for side in both(GOOD, response(b'\xef\xbb\xbf{"a":1,"a":2}')))).changes
    body = [change.slug for change in changes if change.where == "body"]
    assert body == ["body-array", "json-utf8", "json-duplicate-key"]


def test_many_breaches_on_both_sides_are_no_news():
    """Where the old side broke a clause in more entries than are told, more of the same are not called new."""
    old = [{**E0, "shard": shard, "updateTime": 1524224984} for shard in range(50)]
    assert compare(*([side] for side in both(response(old), response(list(reversed(old)))))).verdict == "benign"


def test_the_same_breach_elsewhere_is_no_news():
    """A shard that came twice before and now, and an entry that is none, are the same wherever they stand."""
    assert compare(*([side] for side in both(response([E0, E0, E1]), response([E1, E0, E0])))).verdict == "benign"
    assert compare(*([side] for side in both(response([E0, None, E1]), response([None, E0, E1])))).verdict == "benign"
    (change,) = compare(*([side] for side in both(response([E0, E1]), response([None, E1])))).of(Class.BREAKING)
    assert (change.slug, change.where, change.new) == ("entry-object", "/0", "null")
    assert change.old.startswith("an object with")
    assert compare(*([side] for side in both(response([E0, None]), response([None, None])))).verdict == "breaking"


def test_secrets_are_not_shown():
    """Neither key id, signature nor token of a third party's recording stands in a change, however it is echoed."""
    request = sign(Request("GET", f"http://{HOST}{PATH}", {"Host": HOST}), SECRET, scheme="v1", at=AT)
    signature = request.headers["authorization"].rpartition(":")[2]
    echo = f"signature {signature} of {SECRET.access_key_id} with {SECRET.security_token} not match"
    old = recorded(error(401, "SignatureNotMatch", "x"), request)
    new = recorded(response({"errorCode": "SignatureNotMatch", "errorMessage": echo}, 401, x_token="abc"), request)
    text = repr(compare([old], [new]))
    for secret in (signature, SECRET.access_key_id, SECRET.security_token, "abc"):
        assert secret not in text
    assert "not match" in text


def test_echoes_of_a_key_are_not_shown():
    """A key id that looks like nothing is known from the request, and hidden in the words of the response."""
    request = sign(Request("GET", f"http://{HOST}{PATH}", {"Host": HOST}), STRANGER, scheme="v1", at=AT)
    echo = error(401, "Unauthorized", f"AccessKeyId not found: {STRANGER.access_key_id}")
    (change,) = (
        each
        for each in compare([recorded(error(401, "Unauthorized", "x"), request)], [recorded(echo, request)]).changes
        if each.where == "/errorMessage"
    )
    assert STRANGER.access_key_id not in change.new
    assert change.new.startswith('"AccessKeyId not found: ')


def test_values_are_short_and_printable():
    """A megabyte is cut, control characters and stray bytes are escaped, Chinese stays."""
    new = with_entry(consumer="消费者\x1b" + "x" * 1_000_000)
    (change,) = (each for each in compare(*([s] for s in both(GOOD, new))).changes if each.where == "/0/consumer")
    assert change.new.startswith('"消费者\\u001b')
    assert len(change.new) < 200
    stray = response(x_note="\udcff日志")
    (change,) = compare(*([side] for side in both(GOOD, stray))).of(Class.ADDITIVE)
    assert change.new == "\\udcff日志"
    str(change).encode()


def test_other_services_are_not_judged():
    """A request to another service is counted, and a change of its response said not to be judged."""
    page = Request("GET", "https://example.com/")
    old, new = recorded(response({"a": 1}), page), recorded(response(b"<html>", 500), page)
    drift = compare([old], [new])
    assert (drift.verdict, drift.not_judged, drift.changes[0].slug) == ("benign", 1, "not-judged")
    assert compare([old], [old]).changes == ()


def test_no_response_on_both_sides_is_no_change():
    """The same failure on both sides is the same; whatever had come of the response."""
    one = recorded(response(b"[{"), asked(), broken="truncated")
    other = recorded(response(b"["), asked(), broken="truncated")
    assert compare([one], [other]).changes == ()


@pytest.mark.parametrize("response", [MISSING, response([FRESH])])
def test_a_response_after_none_breaks_nothing(response):
    """Where no response came before, a correct response is benign, whoever dropped its signature."""
    unsigned = Request("GET", f"http://{HOST}{ONE}", {"Host": HOST, "x-log-apiversion": "0.6.0"})
    drift = compare([recorded(None, unsigned)], [recorded(response, unsigned)])
    assert (drift.verdict, drift.changes[0].old) == ("benign", "no complete response: none came")


def test_third_party_cassettes_compare(tmp_path):
    """Recordings of plain vcrpy, without provenance and with decoded bodies, compare like ours."""
    ours, theirs = tmp_path / "ours.yaml", tmp_path / "theirs.yaml"
    coded = response(gzip.compress(GOOD.body), Content_Encoding="gzip")
    write(ours, [recorded(coded, asked(Accept_Encoding="gzip"))])
    theirs.write_text(
        f"version: 1\ninteractions:\n- request:\n    method: GET\n    uri: http://{HOST}{PATH}\n    body: null\n"
        "    headers: {Accept-Encoding: [gzip], x-log-apiversion: [0.6.0]}\n"
        "  response:\n    status: {code: 200, message: OK}\n"
        "    headers: {Content-Type: [application/json], Content-Encoding: [gzip], Content-Length: ['9'],\n"
        "      Date: ['Mon, 25 Nov 2024 10:09:42 GMT'], x-log-requestid: [67444CE605099546E07A82E8]}\n"
        f"    body: {{string: '{GOOD.body.decode()}'}}\n"
    )
    old, new = (load_cassette(path).recordings for path in (ours, theirs))
    for drift in (compare(old, new), compare(new, old)):
        assert (drift.pairs, drift.verdict) == (1, "benign"), drift.changes


def test_codes_are_those_of_the_clauses():
    """Whatever has a code has the slug of that clause."""
    drift = compare(*([side] for side in both(response(LIST), response([{"name": "h"}], Server="x"), GROUPS)))
    for change in drift.changes:
        assert change.code is None or CLAUSES[change.code].slug == change.slug
    assert {change.code for change in drift.changes} >= {None}


@given(
    st.builds(
        Change,
        st.sampled_from(Class),
        st.none() | st.text(),
        st.text(),
        st.integers(0),
        st.text(),
        st.none() | st.text(),
        st.none() | st.text(),
    )
)
def test_a_change_comes_back_from_its_plain_values(change):
    """By way of JSON, as one worker tells the controller; what else stands beside them is passed over."""
    assert change_of(json.loads(json.dumps({**plain_change(change), "test": "test_it.py::test_reads"}))) == change


def test_a_secret_of_the_run_is_not_shown():
    """What the environment's key tells to be a secret is masked, in values and in places."""
    hidden = SECRET.access_key_secret
    pair = both(response([{"name": "g"}]), response([{"name": f"g {hidden}", f"key/{hidden}": 1}]), GROUPS)
    drift = compare(*([side] for side in pair), Scrubber([SECRET]))
    assert drift.verdict == "additive"
    assert hidden not in str(drift.changes)
    assert hidden in str(compare(*([side] for side in pair)).changes)


@pytest.mark.parametrize("status", [403, 407])
def test_the_response_of_a_proxy_is_one_difference(status):
    """It breaks no other clause: the service did not send it."""
    page = GOOD.replace(status=status, body=b"<html></html>", headers={"Via": "1.1 proxy", "Content-Type": "text/html"})
    (change,) = compare(*([side] for side in both(GOOD, page))).changes
    assert (change.kind, change.slug, change.where) == (Class.BREAKING, "response-of-proxy", "status")
