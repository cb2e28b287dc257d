"""Contracts as data judge: for each generic clause what breaks it alone, and what is unusual and right."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sls_contract.checks import judge, judge_request
from sls_contract.exchange import Exchange, Response
from sls_contract.headers import Headers
from sls_contract.spec import CLAUSES, Level, use_contracts

EVERYTHING = {
    "operation": "PutEverything",
    "coverage": "full",
    "method": "POST",
    "path": "/everything/{number}",
    "path_parameters": {"number": {"type": "integer", "minimum": 0}},
    "query": {
        "mode": {"type": "string", "required": "violation", "values": ["fast", "slow"]},
        "offset": {"type": "integer", "minimum": 0},
        "size": {"type": "integer", "maximum": 500, "aliases": ["pageSize"]},
        "ratio": {"type": "number", "maximum": 2},
        "reverse": {"type": "boolean"},
        "word": {"type": "string", "pattern": "[a-z]+", "level": "warning"},
        "owner": {"type": "string", "needed_unless": {"query.mode": "slow"}},
    },
    "headers": {"x-log-mode": {"type": "integer", "required": "violation", "minimum": 1}},
    "body": {
        "value": {
            "type": "object",
            "some_of": ["when", "names"],
            "members": {
                "title": {"type": "string", "required": "violation", "values": ["a", "b", "ü"]},
                "when": {"type": "integer", "unit": "seconds"},
                "names": {"type": "array", "unique_by": "name", "items": {"type": "object", "members": {"name": {}}}},
                "strict": {"type": "boolean", "nullable": True, "aliases": ["isStrict"]},
            },
            "others": "unspecified",
        }
    },
    "response_headers": {"x-log-total": {"type": "integer", "required": "violation", "minimum": 0}},
    "response": {
        "value": {
            "type": "array",
            "unique_by": "id",
            "items": {
                "type": "object",
                "members": {
                    "id": {"type": "integer", "required": "violation", "minimum": 0},
                    "mode": {"type": "string", "filtered_by": "query.mode"},
                    "cursor": {"type": "string", "form": "base64-cursor"},
                    "at": {"type": "integer", "unit": "milliseconds"},
                    "ratio": {"type": "number", "maximum": 1},
                    "note": {"type": "string", "nullable": True},
                    "parts": {"type": "array", "unique": True, "items": {"type": "integer"}},
                    "free": {"type": "object", "others": None},
                },
            },
        }
    },
    "errors": [{"status": 409, "code": "EverythingExist", "messages": ["Everything {name} exists."]}],
}
SILENT = {
    "operation": "DeleteEverything",
    "coverage": "full",
    "method": "DELETE",
    "path": "/everything/{number}",
    "body": {"content": "none", "required": None},
    "response": {"content": "none", "required": None},
}
DERIVED = EVERYTHING | {"operation": "PutSomething", "coverage": "derived", "path": "/something/{number}"}
MODEL = EVERYTHING | {"operation": "PutAnything", "coverage": "model", "path": "/anything/{number}"}

TARGET = "/everything/1?mode=fast&owner=me"
BODY = {"title": "a", "when": 1_700_000_000}
ENTRY = {"id": 1, "mode": "fast", "cursor": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "at": 1_700_000_000_000}


@pytest.fixture(scope="module", autouse=True)
def contracts(tmp_path_factory):
    """Contracts in which every generic clause has something to judge, beside the shipped ones."""
    folder = tmp_path_factory.mktemp("contracts")
    for each in (EVERYTHING, SILENT, DERIVED, MODEL):
        (folder / f"{each['operation']}.json").write_text(json.dumps(each), encoding="utf-8")
    use_contracts(folder)
    yield
    use_contracts(None)


def asked(make, target=TARGET, body=BODY, mode="1", method="POST"):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({} if mode is None else {"x-log-mode": mode})
    return Exchange(make.request(target, method=method, body=raw, headers=headers), None)


def returned(make, *entries, total="1", target=TARGET, raw=None, status=200):
    body = list(entries) if raw is None else raw
    return replace(asked(make, target), response=make.response(body, status, {"x-log-total": total}))


def entry(make, **fields):
    return returned(make, ENTRY | fields)


def refused(make, status, code, message, **more):
    return replace(asked(make), response=make.error(status, code, message, **more))


def shipped(make, target, body=b"", method="GET", **headers):
    return Exchange(make.request(target, method=method, body=body, headers=headers), None)


def listing(make, target, body):
    return Exchange(make.request(target), make.response(body))


def pulled(make, following):
    """Pull without logs; ``following`` is the next cursor."""
    headers = {"x-log-count": "0", "x-log-bodyrawsize": "0", "x-log-cursor": following}
    return replace(
        shipped(make, f"{SHARDS}/0?type=log&cursor=MTA%3D&count=1"), response=make.response(b"", 200, headers)
    )


def written(make, target, returned=b""):
    """Write a checkpoint, which is accepted."""
    body = b'{"shard":0,"checkpoint":"MTA="}'
    return replace(shipped(make, target, body, "POST", **JSON), response=make.response(returned))


JSON = {"Content-Type": "application/json"}
ERROR = {"errorCode": "LogStoreNotExist", "errorMessage": "logstore l does not exist"}
GROUPS, SHARDS = "/logstores/l/consumergroups", "/logstores/l/shards"
CREATED = b'{"consumerGroup":"g","timeout":"30","order":false}'

LISTED = {"name": "g", "timeout": 30, "order": False}
SHARD = {"shardID": 0, "status": "readwrite", "createTime": 1_700_000_000}

MUTANTS = [
    ("request-path-value", lambda make: asked(make, "/everything/one?mode=fast&owner=me")),
    ("request-path-value", lambda make: asked(make, "/everything/-1?mode=fast&owner=me")),
    ("request-query-missing", lambda make: asked(make, "/everything/1?owner=me")),
    ("request-query-missing", lambda make: asked(make, "/everything/1?mode=fast")),
    ("request-query-missing", lambda make: asked(make, "/everything/1?mode=fast&owner=")),
    ("request-query-missing", lambda make: shipped(make, f"{SHARDS}/0?type=cursor")),
    ("request-query-type", lambda make: asked(make, f"{TARGET}&offset=one")),
    ("request-query-type", lambda make: asked(make, f"{TARGET}&offset=")),
    ("request-query-type", lambda make: asked(make, f"{TARGET}&reverse=yes")),
    ("request-query-type", lambda make: asked(make, f"{TARGET}&ratio=1,5")),
    *[
        ("request-query-value", lambda make, kind=kind: shipped(make, f"{SHARDS}/0?type={kind}&cursor="))
        for kind in ("logs", "cursor_time")
    ],
    ("request-query-value", lambda make: asked(make, f"{TARGET}&offset=-1")),
    ("request-query-value", lambda make: shipped(make, f"{SHARDS}/0?type=cursor_time&cursor=1524155379373908496")),
    (
        "request-query-value",
        lambda make: shipped(make, f"{GROUPS}/g?type=heartbeat&consumer=", b"[]", "POST", **JSON),
    ),
    ("request-query-value", lambda make: asked(make, f"{TARGET}&size=99999")),
    ("request-query-value", lambda make: asked(make, f"{TARGET}&size=1{'0' * 5000}")),
    ("request-query-value", lambda make: asked(make, f"{TARGET}&ratio=2.5")),
    ("request-query-value", lambda make: asked(make, f"{TARGET}&word=A")),
    ("request-query-value", lambda make: asked(make, "/everything/1?mode=FAST&owner=me")),
    ("request-query-value", lambda make: shipped(make, f"{SHARDS}/0?type=cursor&from=start")),
    ("request-query-repeated", lambda make: asked(make, f"{TARGET}&offset=1&offset=2")),
    ("request-query-name", lambda make: asked(make, f"{TARGET}&siz=1")),
    ("request-query-name", lambda make: asked(make, f"{TARGET}&Off_set=1")),
    ("request-query-name", lambda make: asked(make, f"{TARGET}&pageSize=1")),
    ("request-query-name", lambda make: asked(make, "/everything/1?mdoe=fast&owner=me")),
    ("request-query-name", lambda make: shipped(make, f"{SHARDS}/0?type=cursor&form=begin")),
    ("request-query-name", lambda make: asked(make, "/everything/1?mdoe=slow")),
    ("request-query-name", lambda make: written(make, f"{GROUPS}/g?type=checkpoint&forcesuccess=true")),
    ("request-query-unknown", lambda make: asked(make, f"{TARGET}&colour=red")),
    ("request-query-unknown", lambda make: shipped(make, f"{GROUPS}?colour=red")),
    ("request-header-missing", lambda make: asked(make, mode=None)),
    ("request-header-value", lambda make: asked(make, mode="0")),
    ("request-body-missing", lambda make: asked(make, body=b"")),
    ("request-body-missing", lambda make: shipped(make, GROUPS, b"", "POST")),
    ("request-body-unexpected", lambda make: asked(make, "/everything/1", {}, method="DELETE")),
    ("request-body-json", lambda make: asked(make, body=b"{")),
    ("request-body-json", lambda make: asked(make, body=b'{"title":"a","title":"b","when":1}')),
    ("request-body-shape", lambda make: asked(make, body=[BODY])),
    ("request-member-missing", lambda make: asked(make, body={"when": 1_700_000_000})),
    ("request-member-missing", lambda make: asked(make, body={"title": "a"})),
    (
        "request-member-missing",
        lambda make: shipped(make, GROUPS, b'{"consumerGroup":"g","order":true}', "POST", **JSON),
    ),
    ("request-member-type", lambda make: asked(make, body=BODY | {"title": 1})),
    ("request-member-type", lambda make: asked(make, body=BODY | {"title": None})),
    ("request-member-type", lambda make: asked(make, body=BODY | {"when": 1.5})),
    ("request-member-type", lambda make: asked(make, body=BODY | {"when": 1e9})),
    ("request-member-type", lambda make: asked(make, body=BODY | {"names": ["a"]})),
    ("request-member-type", lambda make: shipped(make, GROUPS, CREATED, "POST", **JSON)),
    ("request-member-value", lambda make: asked(make, body=BODY | {"title": "c"})),
    *[
        ("request-member-value", lambda make, body=body: shipped(make, GROUPS, body, "POST", **JSON))
        for body in (
            b'{"consumerGroup":"","timeout":30}',
            b'{"consumerGroup":"g","timeout":-1}',
            b'{"consumerGroup":"g","timeout":4294967296}',
        )
    ],
    ("request-member-value", lambda make: shipped(make, f"{GROUPS}/g", b'{"timeout":-1}', "PUT", **JSON)),
    ("request-member-unknown", lambda make: asked(make, body=BODY | {"colour": "red"})),
    ("request-member-name", lambda make: asked(make, body=BODY | {"nmaes": []})),
    ("request-member-name", lambda make: asked(make, body=BODY | {"isStrict": True})),
    ("request-query-name", lambda make: written(make, f"{GROUPS}/g?type=checkpoint&conusmer=c")),
    ("request-member-name", lambda make: asked(make, body={"title": "a", "nmaes": []})),
    ("request-member-name", lambda make: shipped(make, f"{GROUPS}/g", b'{"timeOut":30}', "PUT", **JSON)),
    ("request-time-unit", lambda make: asked(make, body=BODY | {"when": 1_700_000_000_000})),
    ("request-element-unique", lambda make: asked(make, body=BODY | {"names": [{"name": "x"}, {"name": "x"}]})),
    ("response-status", lambda make: returned(make, ENTRY, status=201)),
    ("response-status", lambda make: replace(shipped(make, SHARDS), response=make.response([], 302))),
    (
        "response-status",
        lambda make: replace(shipped(make, SHARDS), response=Response(307, {"Location": "https://a/"})),
    ),
    *[
        ("response-status", lambda make, target=target: listing(make, target, ERROR))
        for target in (
            f"{SHARDS}/0?type=cursor&from=end",
            f"{SHARDS}/0?type=cursor_time&cursor=MTA%3D",
            f"{SHARDS}/0?type=log&cursor=MTA%3D&count=1",
        )
    ],
    ("response-json", lambda make: returned(make, raw=b"[")),
    ("response-json", lambda make: returned(make, raw=b"")),
    ("response-shape", lambda make: returned(make, raw={"entries": [ENTRY]})),
    ("response-shape", lambda make: listing(make, GROUPS, {"consumergroups": []})),
    ("response-shape", lambda make: returned(make, raw=ERROR, total=None)),
    ("response-shape", lambda make: listing(make, SHARDS, ERROR)),
    ("response-shape", lambda make: written(make, f"{GROUPS}/g?type=checkpoint&forceSuccess=true", ERROR)),
    ("response-member-missing", lambda make: returned(make, {"mode": "fast"})),
    ("response-member-missing", lambda make: returned(make, {"ID": 1, "mode": "fast"})),
    ("response-member-type", lambda make: entry(make, cursor=7)),
    ("response-member-type", lambda make: entry(make, mode=None)),
    ("response-member-type", lambda make: returned(make, ENTRY, 7)),
    ("response-member-value", lambda make: entry(make, id=-1)),
    ("response-member-value", lambda make: entry(make, ratio=1.5)),
    *[
        ("response-member-value", lambda make, group=group: listing(make, GROUPS, [{**LISTED, **group}]))
        for group in ({"name": ""}, {"timeout": 2**31})
    ],
    *[
        ("response-member-value", lambda make, key=key: listing(make, SHARDS, [{**SHARD, "exclusiveEndKey": key}]))
        for key in ("", "end", "f" * 33)
    ],
    ("response-member-value", lambda make: entry(make, cursor="MTUyNDE1NTM3OTM3MzkwODQ5Ng")),
    ("response-member-value", lambda make: entry(make, cursor="AAAA\nAAAA")),
    ("response-member-value", lambda make: listing(make, f"{SHARDS}/0?type=cursor&from=end", {"cursor": ""})),
    ("response-member-unknown", lambda make: entry(make, colour="red")),
    ("response-integer", lambda make: entry(make, id=1.0)),
    ("response-time-unit", lambda make: entry(make, at=1_700_000_000)),
    ("response-time-unit", lambda make: entry(make, at=2**63)),
    ("response-time-unit", lambda make: entry(make, at=-1)),
    ("response-element-unique", lambda make: returned(make, ENTRY, ENTRY)),
    ("response-element-unique", lambda make: returned(make, ENTRY | {"parts": [2, 0, 1, 0]})),
    ("response-filter", lambda make: entry(make, mode="slow")),
    ("response-header-missing", lambda make: returned(make, ENTRY, total=None)),
    ("response-header-value", lambda make: returned(make, ENTRY, total="many")),
    *[("response-header-value", lambda make, text=text: pulled(make, text)) for text in ("11", "MTE", "MTE=, MTE=")],
    ("response-error-unknown", lambda make: refused(make, 400, "NeverHeardOfIt", "no")),
    ("response-error-operation", lambda make: refused(make, 404, "ConsumerGroupNotExist", "consumer group not exist.")),
    ("response-error-status", lambda make: refused(make, 400, "EverythingExist", "Everything x exists.")),
    ("response-error-message", lambda make: refused(make, 409, "EverythingExist", "Nope.")),
    ("response-error-member", lambda make: refused(make, 409, "EverythingExist", "Everything x exists.", more=1)),
    (
        "response-body-unexpected",
        lambda make: replace(asked(make, "/everything/1", b"", method="DELETE"), response=make.response({})),
    ),
    (
        "response-body-unexpected",
        lambda make: replace(shipped(make, f"{GROUPS}/g", method="DELETE"), response=make.response({})),
    ),
    ("response-form", lambda make: entry(make, cursor="QUJD")),
    ("response-form", lambda make: pulled(make, "QUJD")),
]

UNUSUAL = {
    "a name that is percent-encoded": lambda make: asked(make, "/everything/%31?mode=fast&owner=me"),
    "a number of many digits": lambda make: asked(make, f"{TARGET}&offset={'9' * 30}"),
    "a negative number without a lowest": lambda make: asked(make, f"{TARGET}&size=-3"),
    "a boolean with a capital": lambda make: asked(make, f"{TARGET}&reverse=True"),
    "a number with an exponent": lambda make: asked(make, f"{TARGET}&ratio=1e-3"),
    "a key that is excused": lambda make: asked(make, "/everything/1?mode=slow"),
    "keys in another order": lambda make: asked(make, "/everything/1?size=0&owner=&mode=slow&offset=0"),
    "white space around a header": lambda make: asked(make, mode=" 12 "),
    "no time, and no elements": lambda make: asked(make, body=BODY | {"when": 0, "names": []}),
    "a null that is as good as nothing": lambda make: asked(make, body=BODY | {"strict": None}),
    "JSON with white space and escapes": lambda make: asked(make, body=b' {"title" : "\\u00fc", "when": 0}\n'),
    "an element without the member that differs": lambda make: asked(make, body=BODY | {"names": [{}, {}]}),
    "an empty list": returned,
    "optional members left out": lambda make: returned(make, {"id": 2}, ENTRY),
    "an empty cursor, no time, a null, any object": lambda make: entry(
        make, cursor="", at=0, note=None, free={"a": [1, {}]}
    ),
    "elements in any order, alike in two lists": lambda make: returned(
        make, ENTRY | {"parts": [2, 0, 1]}, ENTRY | {"id": 9, "parts": [1, 2]}
    ),
    "a ratio that is a whole number": lambda make: entry(make, ratio=1),
    "more than 64 bits": lambda make: entry(make, id=2**70),
    "an error of its own": lambda make: refused(make, 409, "EverythingExist", "everything x exists"),
    "an error of all operations": lambda make: refused(make, 401, "Unauthorized", "The AccessKeyId is unauthorized."),
    "an error whose text tells more": lambda make: refused(make, 400, "ParameterInvalid", "mode: 参数无效。"),
    "an error to what was badly asked": lambda make: replace(
        asked(make, f"{TARGET}&colour=red&offset=1"), response=make.error(500, "InternalServerError", "any")
    ),
    "a cursor as the Python SDK computes it": lambda make: shipped(
        make, f"{SHARDS}/0?type=cursor_time&cursor=MTUyNDE1NTM3OTM3MzkwODQ5Ng%3D%3D%0A"
    ),
    "a cursor to pull from as the table of the page prints it": lambda make: shipped(
        make, f"{SHARDS}/0?type=log&count=100&cursor=MTQ0NzMyOTQwMTEwMjEzMDkwNA"
    ),
    "that cursor to get its time": lambda make: shipped(
        make, f"{SHARDS}/0?type=cursor_time&cursor=MTQ0NzMyOTQwMTEwMjEzMDkwNA"
    ),
    "a key of 31 digits, and none": lambda make: listing(
        make, SHARDS, [{**SHARD, "inclusiveBeginKey": "0" * 31, "exclusiveEndKey": None}]
    ),
    "an empty next cursor": lambda make: pulled(make, ""),
    "a page of a proxy": lambda make: replace(asked(make), response=make.response(b"<html>", 502)),
}


def slugs(exchange, without=()):
    return {finding.slug for finding in judge(exchange, without=without).findings}


@pytest.mark.parametrize(("slug", "broken"), MUTANTS, ids=[f"{n}-{slug}" for n, (slug, _) in enumerate(MUTANTS)])
class TestOneBreach:
    """One thing is wrong."""

    def test_is_found_by_its_clause_alone(self, make, slug, broken):
        """The clause finds the breach, names the operation, and no other clause is dragged in."""
        exchange = broken(make)
        findings = judge(exchange).findings
        assert {finding.slug for finding in findings} == {slug}
        assert {finding.operation for finding in findings} == {judge(exchange).operation}
        code = next(iter(finding.code for finding in findings))
        assert code in judge(exchange).exercised

    def test_goes_unnoticed_with_the_clause_switched_off(self, make, slug, broken):
        """Without the clause nothing is found: the clause cannot be done without."""
        code = next(each.code for each in CLAUSES.values() if each.slug == slug)
        assert slugs(broken(make), {code}) == set()


def test_every_generic_clause_has_a_mutant():
    """No generic clause stands without a broken exchange that needs it."""
    assert {each.slug for each in CLAUSES.values() if each.breaches} == {slug for slug, _ in MUTANTS}


@pytest.mark.parametrize("made", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_and_right_passes(make, made):
    """Forms that sources allow, or that none speaks of, are no breach."""
    assert slugs(made(make)) <= {"request-query-unknown", "server-error-body"}


def test_two_misspellings_of_one_query_are_both_told(make):
    """A value out of range and a key that is misspelt have a finding each."""
    findings = judge(asked(make, f"{TARGET}&offset=-1&siz=99999")).findings
    assert [(each.code, each.where, each.level) for each in findings] == [
        ("SLS123", "query offset", Level.VIOLATION),
        ("SLS125", "query siz", Level.VIOLATION),
    ]
    assert "of PutEverything" in str(findings[0])


@pytest.mark.parametrize("cursor", ["bm8gY3Vyc29y", "YWI"])
def test_a_cursor_that_is_base64_of_no_number_is_not_called_no_base64(make, cursor):
    """What is wrong with it is told, not what its pattern says."""
    told = judge(shipped(make, f"{SHARDS}/0?type=logs&cursor={cursor}&count=1")).findings
    assert [each.expected for each in told if each.where == "query cursor"] == ["base64 of a decimal number"]


def test_an_error_that_a_client_sends_back_is_no_response(make):
    """A client that takes an error body for the shards of its next heartbeat is told what it sent."""
    body = json.dumps(ERROR).encode()
    told = judge(shipped(make, f"{GROUPS}/g?type=heartbeat&consumer=c", body, "POST", **JSON)).findings
    assert [(each.slug, each.actual.partition(":")[0]) for each in told] == [
        ("request-body-shape", "the body of an error")
    ]


def test_a_next_cursor_of_another_form_is_judged_as_other_cursors(make):
    """Clients pull with it and save it: no base64 is a violation, base64 of another text a warning."""
    levels = [next(iter(judge(pulled(make, cursor)).findings)).level for cursor in ("11", "QUJD")]
    assert levels == [Level.VIOLATION, Level.WARNING]
    assert "SLS298" in judge(pulled(make, "MTE=")).exercised


@pytest.mark.parametrize("cursor", ["1453949705000000000", "MTA", ""])
def test_a_cursor_in_no_base64_is_told_once(make, cursor):
    """Its pattern and its form speak of the same fault."""
    exchange = replace(shipped(make, f"{SHARDS}/0?type=cursor&from=end"), response=make.response({"cursor": cursor}))
    assert [(each.code, each.where) for each in judge(exchange).findings] == [("SLS275", "/cursor")]


@pytest.mark.parametrize(
    ("target", "operation", "where"),
    [
        (f"{SHARDS}/0?type=Logs&cursor=MTA%3D&count=5", "PullLogs", "query type"),
        (f"{SHARDS}/0?type=cursorTime&cursor=MTA=", "GetCursorTime", "query type"),
        (f"{SHARDS}/0?type=curser&from=end", "GetCursor", "query type"),
        (f"{SHARDS}/0?from=end", "GetCursor", "query type"),
        (f"{SHARDS}/0?cursor=MTA%3D&count=5", "PullLogs", "query type"),
        (f"{SHARDS}/0?Type=cursor&from=end", "GetCursor", "query Type"),
    ],
)
def test_an_operation_is_judged_although_its_selecting_key_is_wrong(make, target, operation, where):
    """A client with a misspelt type is told of it, once, and not that nothing is known of its request."""
    verdict = judge_request(shipped(make, target).request)
    assert (verdict.operation, verdict.extent) == (operation, "full")
    assert [each.where for each in verdict.findings] == [where]


def test_a_misspelled_path_is_shown_with_the_path_to_send(make):
    """The advice is not to stay on this path."""
    (finding,) = judge(shipped(make, "/logstore/l/shards")).findings
    assert finding.expected == "GET /logstores/{logstore}/shards (ListShards)"
    assert finding.how_to_fix == "send the method, path and query of a documented operation."


def test_a_path_of_a_gateway_that_keeps_the_host_is_let_pass(make):
    """The Host header is the service's, as its signature requires; the URL names the gateway."""
    request = make.request(f"/sls{SHARDS}")
    behind = request.replace(url=f"http://gateway.internal/sls{SHARDS}")
    assert slugs(Exchange(request, None)) == {"request-operation"}
    assert slugs(Exchange(behind, None)) == set()


@pytest.mark.parametrize("target", [f"/sls{SHARDS}", "//shelves/l/shards", f"{SHARDS}/0/leases"])
def test_a_path_of_a_gateway_or_of_something_else_is_let_pass(make, target):
    """A gateway at its own host may need a prefix; other paths may belong to operations that no source describes."""
    host = "my-project.sls.example.com" if target.startswith("/sls") else "my-project.cn-hangzhou.log.aliyuncs.com"
    assert slugs(Exchange(make.request(target, host=host), None)) == set()


def test_the_deletion_of_a_shard_is_not_judged(make):
    """The official SDKs have it, but no page describes it."""
    assert slugs(shipped(make, f"{SHARDS}/0", method="DELETE")) == set()
    assert slugs(shipped(make, f"{SHARDS}/lb", method="DELETE")) == {"request-operation"}


def test_a_value_that_may_select_a_newer_operation_is_no_misspelling(make):
    """Nothing but a warning is told of an operation that no source describes."""
    (finding,) = judge(shipped(make, f"{SHARDS}/0?type=lock&from=end")).findings
    assert (finding.slug, finding.level) == ("request-operation", Level.WARNING)


@pytest.mark.parametrize("target", ["/logstores/l/index", "/logstores/l"])
def test_an_error_with_the_status_of_a_success_is_found(make, target):
    """Where pages describe no body of a success, clients still read 200 as one."""
    body = {"errorCode": "LogStoreNotExist", "errorMessage": "logstore l does not exist."}
    deleted = shipped(make, target, method="DELETE")
    assert slugs(replace(deleted, response=make.response(body))) == {"response-status"}
    assert slugs(replace(deleted, response=make.response({"errorCode": ""}))) == set()


def test_an_empty_error_code_under_200_reports_no_error(make):
    """Operations whose responses no page describes may return both members each time."""
    called = shipped(make, "/logstores/l", method="DELETE")
    assert slugs(replace(called, response=make.response({"errorCode": "", "errorMessage": ""}))) == set()


@pytest.mark.parametrize("misspelled", ["errormessage", "error_message", "errorMesage"])
def test_a_member_of_an_error_that_is_misspelled_is_told_once(make, misspelled):
    """It is missing; the key in its place is not called new, too."""
    body = {"errorCode": "LogStoreNotExist", misspelled: "logstore l does not exist."}
    exchange = replace(shipped(make, f"{SHARDS}/0?type=cursor&from=end"), response=make.response(body, 404))
    assert slugs(exchange) == {"error-body"}


def test_a_code_of_another_operation_is_told_once(make):
    """Its status and message belong to the other operation, too."""
    refusal = make.error(400, "ConsumerGroupNotExist", "Shard 99 does not exist.")
    exchange = replace(shipped(make, f"{SHARDS}/99?type=cursor&from=end"), response=refusal)
    assert slugs(exchange) == {"response-error-operation"}


def test_a_unit_is_named(make):
    """A time in another unit is told with the unit in which it makes sense."""
    (finding,) = judge(entry(make, at=1_700_000_000_000_000)).findings
    assert finding.actual == "1700000000000000, which makes sense in microseconds only"
    assert finding.where == "/0/at"


def test_the_level_of_the_field_lowers_that_of_the_clause(make):
    """The contract's warning stays a warning, and what only the SDK's models tell is one at most."""
    (warned,) = judge(asked(make, f"{TARGET}&word=A")).findings
    (model,) = judge(asked(make, "/anything/x?mode=fast&owner=me")).findings
    assert warned.level is Level.WARNING
    assert model.level is Level.WARNING


@pytest.mark.parametrize(
    ("path", "level"), [("everything", "violation"), ("something", "warning"), ("anything", "unspecified")]
)
def test_an_unknown_error_matters_as_much_as_the_operation_is_known(make, path, level):
    """The table of a page may lack what the service returns."""
    exchange = replace(asked(make, f"/{path}/1?mode=fast&owner=me"), response=make.error(400, "NeverHeardOfIt", "no"))
    assert [finding.level for finding in judge(exchange).findings] == [level]


def test_how_much_was_judged_is_told(make):
    """In full, by what was derived, or by what all operations share."""
    targets = ("/everything/1", "/something/1", "/anything/1", "/nowhere/1")
    exchanges = [returned(make, target=each) for each in targets]
    assert [judge(each).extent for each in exchanges] == ["full", "derivation", "derivation", "common"]


@pytest.mark.parametrize(
    ("lost", "extent"),
    [
        (lambda each: replace(each, request=each.request.replace(body=b"", wire=False)), "part"),
        (lambda each: replace(each, response=each.response.replace(headers={"Content-Encoding": "br"})), "part"),
        (lambda each: replace(each, response=None), "part"),
        (lambda each: each, "full"),
    ],
    ids=["body of the request", "body of the response", "response", "nothing"],
)
def test_an_exchange_of_which_something_is_lost_is_judged_in_part(make, lost, extent):
    """A full contract says nothing about what was not looked at, even if the clause that counts it is off."""
    exchange = lost(returned(make))
    assert judge(exchange).extent == extent
    assert judge(exchange, without={"SLS141", "SLS267"}).extent == extent


def test_a_response_to_what_was_badly_asked_may_have_any_code(make):
    """No source says what the service returns for a malformed request."""
    exchange = replace(
        asked(make, f"{TARGET}&offset=x"), response=make.error(404, "ConsumerGroupNotExist", "not the usual words")
    )
    assert slugs(exchange) == {"request-query-type"}


def test_many_breaches_of_one_clause_are_told_of_some(make):
    """A thousand wrong elements do not fill the terminal; the last ones are still pointed to where they stand."""
    entries = [{"id": number} for number in range(500)] + [{"id": number, "mode": 1} for number in range(500, 1000)]
    findings = judge(returned(make, *entries)).findings
    assert len(findings) == 20
    assert findings[0].where == "/500/mode"


def test_members_that_an_error_has_beside_its_own_are_told_in_one_order(make):
    """Two runs of one recording give the same report: sets have another order in each process."""
    exchange = refused(make, 409, "EverythingExist", "Everything x exists.", **dict.fromkeys("gfedcba", 1))
    assert [finding.where for finding in judge(exchange).findings] == [f"/{name}" for name in "abcdefg"]


def test_an_operation_of_a_folder_is_judged_in_full(make):
    """Whoever adds a contract has its exchanges judged by it at once."""
    verdict = judge(returned(make, ENTRY))
    assert (verdict.findings, verdict.operation, verdict.extent) == ((), "PutEverything", "full")


@pytest.mark.parametrize(("path", "told"), [("everything", True), ("something", True), ("anything", False)])
def test_a_success_says_that_it_is_json_where_pages_describe_it(make, path, told):
    """Of what only models of SDKs describe, no source says with which Content-Type it comes."""
    exchange = returned(make, ENTRY, target=f"/{path}/1?mode=fast&owner=me")
    kept = [(name, text) for name, text in exchange.response.headers.items() if name.lower() != "content-type"]
    untold = replace(
        exchange, response=replace(exchange.response, headers=Headers([*kept, ("Content-Type", "text/plain")]))
    )
    assert ("content-type" in slugs(untold)) is told
    assert "content-type" not in slugs(exchange)
