"""Every shipped contract: the least that keeps it is found right, request and response."""

from __future__ import annotations

import json
import re

import pytest

from sls_contract.checks import judge
from sls_contract.checks.meanings import FORMS, UNITS
from sls_contract.exchange import Exchange
from sls_contract.spec import Level
from sls_contract.spec.registry import registry

TEXTS = ("x", "0", "begin", "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "a-name", "0" * 32, "1700000000", "")
SAMPLES = {"integer": 1, "number": 1, "boolean": True, "object": {}, "array": [], "string": "x", None: "x"}


def text(value):
    """Return a text of the wire that keeps a contract."""
    if value.values:
        return value.values[0]
    if value.pattern or value.form:
        return next(
            each
            for each in TEXTS
            if re.fullmatch(value.pattern or ".*", each) and not (value.form and FORMS[value.form].misfit(each))
        )
    return json.dumps(sample(value)).strip('"')


def sample(value):
    """Return a JSON value that keeps a contract, with required members alone."""
    if value.type in ("integer", "number"):
        if value.unit:
            return 1_700_000_000 * UNITS[value.unit]
        return int(value.values[0]) if value.values else value.minimum or 0
    if value.type == "string" and (value.values or value.pattern or value.form):
        return text(value)
    if value.type == "object":
        needed = {name for name, each in value.members.items() if each.required} | set(value.some_of[:1])
        return {name: sample(value.members[name]) for name in sorted(needed)}
    if value.type == "array" and value.items:
        return [sample(value.items)]
    return SAMPLES[value.type]


def request(contract, make):
    """Return the least request that a contract allows."""
    path = re.sub(r"\{(\w+)\}", lambda name: text(contract.path_parameters[name[1]]), contract.path)
    needed = {name: each for name, each in contract.query.items() if each.required or each.needed_unless}
    query = {name: values[0] for name, values in contract.discriminator.items() if values}
    query |= {name: text(each) for name, each in needed.items() if name not in query}
    headers = {name: text(each) for name, each in contract.headers.items() if each.required}
    body = contract.body
    raw = b"" if body is None or not body.required or body.content in ("none", "protobuf") else b"x"
    if raw and body.content == "json":
        raw, headers = json.dumps(sample(body.value)).encode(), headers | {"Content-Type": "application/json"}
    target = path + "?" * bool(query) + "&".join(f"{key}={value}" for key, value in query.items())
    host = {} if contract.project else {"host": "cn-hangzhou.log.aliyuncs.com"}
    return make.request(target, method=contract.method, headers=headers, body=raw, **host)


def response(contract, make):
    """Return the least success that a contract allows."""
    body = contract.response
    content = sample(body.value) if body and body.required and body.content == "json" else b""
    headers = {name: text(each) for name, each in contract.response_headers.items() if each.required}
    return make.response(content, contract.success[0], headers)


@pytest.mark.slow
@pytest.mark.parametrize("name", registry().names)
def test_the_least_that_a_contract_allows_is_right(make, name):
    """Nothing above unspecified is found in it, and it is judged as this operation."""
    contract = registry().named(name)
    verdict = judge(Exchange(request(contract, make), response(contract, make)))
    assert [each for each in verdict.findings if each.level is not Level.UNSPECIFIED] == []
    assert verdict.operation == name
    assert verdict.exercised & {"SLS270", "SLS231"}


@pytest.mark.parametrize("name", registry().names)
def test_every_meaning_that_a_contract_names_is_known(name):
    """A form or unit that nothing implements would be judged by nothing."""

    def inside(value):
        yield value
        for each in (*value.members.values(), *([value.items] if value.items else [])):
            yield from inside(each)

    contract = registry().named(name)
    tables = (contract.path_parameters, contract.query, contract.headers, contract.response_headers)
    bodies = [body.value for body in (contract.body, contract.response) if body]
    for one in (*bodies, *(value for table in tables for value in table.values())):
        for value in inside(one):
            assert value.form in {"", *FORMS}
            assert value.unit in {"", *UNITS}
