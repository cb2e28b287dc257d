"""The JSON Schemas of ``schemas/json-schema/`` against the checks: they refuse nothing that judging lets pass."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from started_processes import FULL

from sls_contract.checks.judgement import judge, judge_request
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.scenarios import strategies
from sls_contract.signing import TEST_CREDENTIALS, sign
from sls_contract.spec import Level
from sls_contract.spec.installation import schema_folder
from sls_contract.spec.registry import registry

FOLDER = schema_folder() / "json-schema"
KNOWN = [registry().named(name) for name in registry().names]
IN_DEPTH = [contract.operation for contract in KNOWN if contract.coverage != "model"]
OPERATIONS = [*IN_DEPTH, "CreateDashboard", "ListLogStores", "UpdateLogStore", "GetProject"]
RETURNING_JSON = [name for name in IN_DEPTH if (FOLDER / f"{name}.response.json").is_file()]
SAYABLE = {"missing", "type"}
some = settings(max_examples=1_000 if FULL else 10, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def schema(name):
    return Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))


def taken_apart(request, contract):
    """Return a request as the description of its schema says."""
    headers = {name.lower(): value.strip() for name, value in request.headers.items()}
    project = {"project": request.host.partition(".")[0]} if contract.project else {}
    found = {
        "path": project | registry().names_in(request),
        "query": dict(request.query_pairs()),
        "headers": headers | {"host": request.host},
    }
    return found | ({"body": json.loads(request.body)} if _has_json(request, contract) else {})


def _has_json(request, contract):
    try:
        json.loads(request.body)
    except ValueError:
        return False
    return contract.body is not None and contract.body.content == "json"


def violations(verdict):
    return [finding for finding in verdict.findings if finding.level is Level.VIOLATION]


def unreported(request):
    """Return what the schema of a request refuses in it, if no violation is found in it."""
    contract = registry().operation_of(request)
    errors = schema(f"{contract.operation}.request").iter_errors(taken_apart(request, contract))
    told = [(error.json_path, error.message) for error in errors]
    return told if told and not violations(judge_request(request)) else []


def response_is_valid(exchange, contract):
    if (
        contract.response is None
        or contract.response.content != "json"
        or exchange.response.status not in contract.success
    ):
        return True
    try:
        value = json.loads(exchange.response.body)
    except ValueError:
        return True
    return schema(f"{contract.operation}.response").is_valid(value)


@some
@given(st.sampled_from(OPERATIONS), st.data())
def test_a_correct_message_is_valid(name, data):
    """What an operation may ask, return and refuse fits the schemas of its request, response and error."""
    contract = registry().named(name)
    exchange = data.draw(strategies.exchanges(name))
    assert list(schema(f"{name}.request").iter_errors(taken_apart(exchange.request, contract))) == []
    assert response_is_valid(exchange, contract)
    error = json.loads(data.draw(strategies.errors(name)).body)
    assert schema(f"{name}.error").is_valid(error)


@some
@given(st.sampled_from(OPERATIONS), st.data())
def test_what_a_schema_refuses_in_a_broken_message_check_reports(name, data):
    """A request or response that breaks one rule is refused by a schema only where `check` has a violation."""
    contract = registry().named(name)
    try:
        breach, request = data.draw(strategies.broken_requests(name))
    except ValueError:
        return
    if registry().operation_of(request) is contract:
        assert unreported(request) == []
    exchange = data.draw(strategies.exchanges(name))
    breach, response = data.draw(strategies.broken_responses(name, exchange.request))
    broken = Exchange(exchange.request, response)
    valid = response_is_valid(broken, contract)
    assert valid or violations(judge(broken))
    in_body = bool(response.body) and breach.where.startswith(("/", "body"))
    if breach.kind in SAYABLE and breach.level is Level.VIOLATION and in_body and response.status in contract.success:
        assert not valid, breach


AT = datetime(2024, 11, 25, 10, 9, 42, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g"
SIGNED = {
    scheme: sign(Request("GET", URL), TEST_CREDENTIALS, at=AT, scheme=scheme) for scheme in ("v1", "v1-sha256", "v4")
}
DATES = (
    "", " ", "Fri, 04 May 2018 09:26:53 GMT", "Fri,4 May 2018 09:26:53 GMT", "Fri, 04 may 2018 09:26:53 GMT",
    "Fri, 31 Feb 2018 25:61:61 GMT", "2018-05-04T09:26:53Z", "20180504T092653Z", "04 May 2018 09:26:53 GMT",
)  # fmt: skip
TEXTS = ("0.6.0", " 0.6.0 ", "0x6.0", " 0", "0", "-1", "hmac-sha1", "hmac-sha256", "HMAC-SHA1", "数据", "MTUy", *DATES)
NAMES = (
    "authorization", "host", "x-log-apiversion", "x-log-signaturemethod", "date", "x-log-date", "x-log-bodyrawsize",
    "content-type", "content-md5", "x-acs-security-token", "x-log-content-sha256",
)  # fmt: skip
AUTHORIZATIONS = st.sampled_from([each.headers["authorization"] for each in SIGNED.values()]).flatmap(
    lambda text: st.one_of(
        st.integers(0, len(text)).map(lambda at: text[:at]),
        st.sampled_from(
            [text.lower(), f" {text} ", f"{text}=", text.replace("testAccessKeyId", "STS.key"), text + "x"]
        ),
        st.sampled_from(
            [text.replace("testAccessKeyId", ""), text.replace(",", ", "), text.replace("cn-hangzhou", "")]
        ),
    )
)


@pytest.mark.slow
@settings(max_examples=2_000 if FULL else 10, deadline=None)
@given(
    st.sampled_from(sorted(SIGNED)),
    st.dictionaries(st.sampled_from(NAMES), st.none() | st.sampled_from(TEXTS) | st.text(max_size=3), max_size=3),
    st.none() | AUTHORIZATIONS,
)
def test_what_a_schema_refuses_in_headers_check_reports(scheme, changed, authorization):
    """Whatever stands in the common headers: what the schema refuses is a violation."""
    changed = {**changed, "authorization": authorization} if authorization is not None else changed
    given = {name.lower(): value for name, value in SIGNED[scheme].headers.items()} | changed
    headers = {name: value for name, value in given.items() if value is not None}
    assert unreported(Request("GET", URL, headers)) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, -1, 1.0, 0.5, 2**31, 2**63, "", "\n", "MQ==\n", "日志", "1"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["shard", "x"]), inner, max_size=2),
    max_leaves=4,
)


def places(value, way=()):
    yield way
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in parts:
        yield from places(inner, (*way, step))


def put(document, way, value):
    """Return a copy in which another value stands at a place."""
    if not way:
        return value
    copy = deepcopy(document)
    parent = copy
    for step in way[:-1]:
        parent = parent[step]
    parent[way[-1]] = value
    return copy


@some
@given(st.sampled_from(RETURNING_JSON), st.data())
def test_what_a_schema_refuses_anywhere_in_a_response_check_reports(name, data):
    """Whatever is put at whatever place of a response: what the schema refuses is a violation."""
    contract = registry().named(name)
    exchange = data.draw(strategies.exchanges(name))
    try:
        document = json.loads(exchange.response.body)
    except ValueError:
        return
    changed = put(document, data.draw(st.sampled_from(list(places(document)))), data.draw(VALUES))
    body = json.dumps(changed).encode()
    headers = [(key, text) for key, text in exchange.response.headers.items() if key.lower() != "content-length"]
    broken = Exchange(exchange.request, Response(exchange.response.status, headers, body))
    assert response_is_valid(broken, contract) or violations(judge(broken))
