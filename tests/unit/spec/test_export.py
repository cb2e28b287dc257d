"""Contracts for other tools: valid JSON Schemas, and one OpenAPI document from which nothing is lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import jsonschema
import pytest

from sls_contract.spec.contract import Contract
from sls_contract.spec.export import openapi, operation_schemas
from sls_contract.spec.registry import registry

SHEAR = {
    "operation": "ShearSheep",
    "method": "PUT",
    "path": "/sheep/{sheep}",
    "discriminator": {"type": ["shear"]},
    "query": {"length": {"type": "integer", "required": "violation", "sources": ["page-2020"]}},
    "body": {"value": {"type": "object", "members": {"who": {"type": "string", "required": "violation"}}}},
    "errors": [{"status": 404, "code": "SheepNotExist", "messages": ["no sheep"]}],
}
FEED = {
    "operation": "FeedSheep",
    "method": "PUT",
    "path": "/sheep/{sheepName}",
    "discriminator": {"type": ["feed"]},
    "response": {"value": {"type": "array", "items": {"type": "integer", "level": "warning"}}},
}
V1 = "LOG testAccessKeyId:t1buCmVqhr8yxC9a3pE37DebWt8="
V4 = (
    "SLS4-HMAC-SHA256 Credential=STS.testAccessKeyId/20180504/cn-shanghai/sls/aliyun_v4_request"
    ",Signature=bd26fc4ee8c9e73b6b587627eacd3158df3a60ebc9edd6bdc508391fcfa92bac"
)
AUTHORIZATIONS = [
    (V1, True),
    (V4, True),
    ("LOG testAccessKeyId:Ylpk1+mX7BxHeZ1zwmLb48sLzGqjweT0vpIpWWGM1eg=", True),
    *((each, False) for each in ("", V1[:-1], V1 + "=", V1 + "\n", V1.replace("LOG", "SLS"), V1.replace("8=", "9="))),
    *((each, False) for each in (V4.replace(",", ", "), V4.replace("bd", "BD"), V4.replace("/sls/", "/oss/"))),
]
CONTRACTS = [Contract.from_plain(SHEAR), Contract.from_plain(FEED)]


def test_every_schema_is_valid_by_the_metaschema():
    for schema in operation_schemas(CONTRACTS).values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_request_that_lacks_what_is_required_is_invalid():
    schema = operation_schemas(CONTRACTS)["ShearSheep.request.json"]
    judge = jsonschema.Draft202012Validator(schema)
    headers = {"authorization": f"LOG a:{27 * 'A'}=", "host": "p.x", "x-log-apiversion": "0.6.0", "date": ""}
    headers |= {"date": "Fri, 04 May 2018 09:26:53 GMT", "x-log-signaturemethod": "hmac-sha1"}
    right = {
        "path": {"project": "p", "sheep": "dolly"},
        "query": {"type": "shear", "length": "3"},
        "headers": headers,
        "body": {"who": "me"},
    }
    assert judge.is_valid(right), list(judge.iter_errors(right))
    for part, name in (("query", "type"), ("query", "length"), ("path", "sheep"), ("body", "who")):
        assert not judge.is_valid(right | {part: {key: text for key, text in right[part].items() if key != name}})
    assert not judge.is_valid(right | {"query": {"type": "shear", "length": "three"}})


def test_a_value_says_where_it_comes_from():
    schema = operation_schemas(CONTRACTS)["ShearSheep.request.json"]
    assert schema["properties"]["query"]["properties"]["length"]["x-source"] == ["page-2020"]


def test_what_is_no_violation_is_not_invalid():
    schema = operation_schemas(CONTRACTS)["FeedSheep.response.json"]
    assert jsonschema.Draft202012Validator(schema).is_valid(["no integer"])
    assert not jsonschema.Draft202012Validator(schema).is_valid({})


def test_operations_of_one_path_and_method_stand_together_and_none_is_lost():
    (methods,) = openapi(CONTRACTS, "0")["paths"].values()
    shared = methods["put"]
    assert [each["operationId"] for each in shared["x-sls-operations"]] == ["FeedSheep", "ShearSheep"]
    told = {each["name"]: each for each in shared["parameters"] if "name" in each}
    assert (told["type"]["required"], told["type"]["schema"]["enum"]) == (True, ["feed", "shear"])
    assert (told["length"]["required"], shared["requestBody"]["required"]) == (False, False)


def test_a_response_header_is_required_where_all_operations_of_one_path_and_method_require_it():
    bell, wool = ({"type": kind, "required": "violation"} for kind in ("integer", "string"))
    both = [
        Contract.from_plain(SHEAR | {"response_headers": {"x-log-bell": bell, "x-log-wool": wool}}),
        Contract.from_plain(FEED | {"response_headers": {"x-log-bell": bell}}),
    ]
    (methods,) = openapi(both, "0")["paths"].values()
    headers = methods["put"]["responses"]["200"]["headers"]
    assert {name: (each["required"], each["schema"]["type"]) for name, each in headers.items()} == {
        "x-log-bell": (True, "integer"),
        "x-log-wool": (False, "string"),
    }


def test_schemas_have_no_references_and_no_secrets():
    """Each file is complete in itself, and marks what must never be shown."""
    schemas = operation_schemas(CONTRACTS)
    assert "$ref" not in json.dumps(schemas)
    headers = schemas["ShearSheep.request.json"]["properties"]["headers"]["properties"]
    secret = {"authorization", "x-acs-security-token"}
    assert {name for name, part in headers.items() if part.get("writeOnly")} == secret
    assert schemas["authorization.json"]["writeOnly"]


@pytest.mark.parametrize(("value", "valid"), AUTHORIZATIONS)
def test_authorization_has_one_of_three_forms(value, valid):
    judge = jsonschema.Draft202012Validator(operation_schemas([])["authorization.json"])
    assert judge.is_valid(value) is valid


@pytest.mark.slow
def test_every_pattern_is_one_that_every_dialect_reads_alike():
    """No look-around and no class escapes: those differ between Python, Rust, Go and JavaScript."""
    shipped = [registry().named(name) for name in registry().names]
    text = json.dumps(operation_schemas(shipped))
    patterns = {json.loads(each) for each in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', text)}
    assert len(patterns) > 10
    assert [each for each in patterns if re.search(r"\(\?[=!<]|\\[^nt]", each)] == []


@pytest.mark.parametrize("arguments", [("--operation", "GetCheckPoints"), ("--out", "x.json")])
def test_wrong_use_is_explained(tmp_path, arguments):
    command = [
        sys.executable,
        "-m",
        "sls_contract",
        "spec",
        "export",
        "--format",
        "json-schema",
        "--out",
        "o",
        *arguments,
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "expected" in done.stderr, list(tmp_path.iterdir())) == (2, True, [])


def test_a_file_that_differs_is_replaced_only_when_forced(tmp_path):
    command = [sys.executable, "-m", "sls_contract", "spec", "export", "--format", "openapi", "--out", "o.json"]
    (tmp_path / "o.json").write_text("mine", encoding="utf-8")
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (refused.returncode, (tmp_path / "o.json").read_text("utf-8")) == (2, "mine")
    subprocess.run([*command, "--force"], cwd=tmp_path, capture_output=True, check=True)
    assert json.loads((tmp_path / "o.json").read_text("utf-8"))["openapi"] == "3.1.0"
