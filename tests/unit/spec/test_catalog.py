"""Judging instances with the compiled schemas."""

import json
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest

from sls_contract.errors import UsageError
from sls_contract.spec import SchemaError, catalog
from sls_contract.spec.catalog import checkout, load
from sls_contract.spec.explain import MOST_ERRORS

SCHEMAS = Path(__file__).parents[3] / "schemas"
ENTRY = {"shard": 0, "checkpoint": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "updateTime": 1524224984800922, "consumer": "c"}
V1 = "LOG testAccessKeyId:t1buCmVqhr8yxC9a3pE37DebWt8="
V1_SHA256 = "LOG testAccessKeyId:Ylpk1+mX7BxHeZ1zwmLb48sLzGqjweT0vpIpWWGM1eg="
V4 = (
    "SLS4-HMAC-SHA256 Credential=STS.testAccessKeyId/20180504/cn-shanghai/sls/aliyun_v4_request"
    ",Signature=bd26fc4ee8c9e73b6b587627eacd3158df3a60ebc9edd6bdc508391fcfa92bac"
)
REQUEST = {
    "path": {"project": "my-project", "logstore": "my-logstore", "consumerGroup": "g"},
    "query": {"shard": "0"},
    "headers": {
        "authorization": V1,
        "host": "my-project.cn-shanghai.log.aliyuncs.com",
        "x-log-apiversion": "0.6.0",
        "x-log-signaturemethod": "hmac-sha1",
        "x-log-bodyrawsize": "0",
        "date": "Fri, 04 May 2018 09:26:53 GMT",
    },
}
ABSENT = object()
HUGE = 10**4299  # the longest that json.loads reads


def changed(instance, pointer, value):
    """Return a copy in which the value at a pointer is another, or absent."""
    copy = deepcopy(instance)
    *way, last = [int(step) if step.isdigit() else step for step in pointer.split("/")[1:]]
    parent = copy
    for step in way:
        parent = parent[step]
    if value is ABSENT:
        del parent[last]
    else:
        parent[last] = value
    return copy


def broken(errors):
    return [(error.pointer, error.keyword) for error in errors]


@pytest.mark.parametrize(
    "instance",
    [
        [],
        [ENTRY],
        [{**ENTRY, "checkpoint": ""}],
        [{**ENTRY, "checkpoint": "MQ=="}, {**ENTRY, "shard": 2147483647, "checkpoint": "MTI="}],
        [{**ENTRY, "updateTime": 0, "consumer": ""}],
        [{**ENTRY, "updateTime": 2**63 - 1, "consumer": "消费者"}],
        [{**ENTRY, "checkpoint": "+/+/"}],
        [{**ENTRY, "added": {"later": [None]}}],
        [{key: ENTRY[key] for key in ("updateTime", "checkpoint", "shard")}],
    ],
)
def test_correct_answers_pass(instance):
    """Empty, never consumed, largest, unassigned, extended and reordered answers are all correct."""
    assert catalog().response_errors(instance) == []


@pytest.mark.parametrize(
    ("pointer", "value", "found"),
    [
        ("/0", 5, [("/0", "type")]),
        ("/0", [], [("/0", "type")]),
        ("/0/shard", ABSENT, [("/0/shard", "required")]),
        ("/0/shard", -1, [("/0/shard", "minimum")]),
        ("/0/shard", 2**31, [("/0/shard", "maximum")]),
        ("/0/shard", True, [("/0/shard", "type")]),
        ("/0/shard", "0", [("/0/shard", "type")]),
        ("/0/shard", None, [("/0/shard", "type")]),
        ("/0/shard", 0.5, [("/0/shard", "type")]),
        ("/0/checkpoint", ABSENT, [("/0/checkpoint", "required")]),
        ("/0/checkpoint", None, [("/0/checkpoint", "type")]),
        ("/0/checkpoint", "MQ", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", "MR==", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", "MTJ=", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", "MQ==MQ==", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", "-_-_", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", " MTIz", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", "=", [("/0/checkpoint", "pattern")]),
        ("/0/checkpoint", "MQ==\n", [("/0/checkpoint", "not")]),
        ("/0/checkpoint", "\n", [("/0/checkpoint", "not")]),
        ("/0/checkpoint", "\ud800", [("/0/checkpoint", "pattern")]),
        ("/0/updateTime", ABSENT, [("/0/updateTime", "required")]),
        ("/0/updateTime", "1524224984800922", [("/0/updateTime", "type")]),
        ("/0/updateTime", -1, [("/0/updateTime", "minimum")]),
        ("/0/updateTime", 2**63, [("/0/updateTime", "maximum")]),
        pytest.param("/0/updateTime", HUGE, [("/0/updateTime", "maximum")], id="4300 digits"),
        pytest.param("/0/updateTime", -HUGE, [("/0/updateTime", "minimum")], id="minus 4300 digits"),
        ("/0/updateTime", float("nan"), [("/0/updateTime", "type")]),
        ("/0/consumer", None, [("/0/consumer", "type")]),
        ("/0/consumer", 1, [("/0/consumer", "type")]),
    ],
)
def test_each_wrong_entry_is_refused_for_its_reason(pointer, value, found):
    """One change to a correct answer is found at its place, under its keyword, and nowhere else."""
    assert broken(catalog().response_errors(changed([ENTRY], pointer, value))) == found


@pytest.mark.parametrize("instance", [{}, {"checkpoints": [ENTRY]}, None, "[]", 0, True])
def test_only_a_bare_array_is_an_answer(instance):
    """A wrapped array is as wrong as no array."""
    assert broken(catalog().response_errors(instance)) == [("", "type")]


@pytest.mark.parametrize(
    ("changes", "query"),
    [
        ({}, {"shard": "0"}),
        ({}, {}),
        ({}, {"shard": "007", "other": "x"}),
        ({"authorization": V1_SHA256, "x-log-signaturemethod": "hmac-sha256"}, {}),
        ({"authorization": V4, "x-log-signaturemethod": ABSENT, "date": ABSENT, "x-log-date": "20180504T092653Z"}, {}),
        ({"x-log-date": "Fri, 04 May 2018 09:26:53 GMT"}, {}),
        ({"x-log-bodyrawsize": ABSENT}, {}),
        ({"date": "Mon,3 Jan 2010 08:33:47 GMT"}, {}),
        ({"content-type": "application/x-protobuf", "content-md5": ""}, {}),
        ({"x-acs-security-token": "token"}, {}),
    ],
)
def test_requests_of_every_kind_pass(changes, query):
    """What the pages print and what official clients send is correct."""
    headers = {name: value for name, value in {**REQUEST["headers"], **changes}.items() if value is not ABSENT}
    assert catalog().request_errors({**REQUEST, "query": query, "headers": headers}) == []


@pytest.mark.parametrize(
    ("pointer", "value", "found"),
    [
        ("/path", ABSENT, ("/path", "required")),
        ("/path/project", "", ("/path/project", "minLength")),
        ("/path/logstore", ABSENT, ("/path/logstore", "required")),
        ("/path/consumerGroup", "", ("/path/consumerGroup", "minLength")),
        ("/query/shard", "-1", ("/query/shard", "pattern")),
        ("/query/shard", "", ("/query/shard", "pattern")),
        ("/query/shard", "１", ("/query/shard", "pattern")),
        ("/query/shard", "1\n", ("/query/shard", "not")),
        ("/query/shard", ["0", "1"], ("/query/shard", "type")),
        ("/headers/authorization", ABSENT, ("/headers/authorization", "required")),
        ("/headers/host", "", ("/headers/host", "minLength")),
        ("/headers/x-log-apiversion", "0.4.0", ("/headers/x-log-apiversion", "const")),
        ("/headers/x-log-signaturemethod", ABSENT, ("/headers/x-log-signaturemethod", "required")),
        ("/headers/x-log-signaturemethod", "hmac-md5", ("/headers/x-log-signaturemethod", "enum")),
        ("/headers/x-log-bodyrawsize", "0x10", ("/headers/x-log-bodyrawsize", "pattern")),
        ("/headers/date", ABSENT, ("/headers", "anyOf")),
        ("/headers/date", "2018-05-04T09:26:53Z", ("/headers/date", "pattern")),
        ("/headers/authorization", V4, ("/headers/x-log-date", "required")),
    ],
)
def test_each_wrong_request_is_refused_for_its_reason(pointer, value, found):
    """One change to a correct request is found at its place, under its keyword, and nowhere else."""
    assert broken(catalog().request_errors(changed(REQUEST, pointer, value))) == [found]


@pytest.mark.parametrize("value", [V1, V1_SHA256, V4])
def test_three_forms_of_authorization_pass(value):
    """v1 with either digest, and v4."""
    assert catalog().authorization_errors(value) == []


@pytest.mark.parametrize(
    "value",
    [
        "",
        V1[:-1],
        V1 + "=",
        V1 + "\n",
        V1.replace("LOG ", "LOG"),
        V1.replace("LOG", "SLS"),
        V1.replace("testAccessKeyId", ""),
        V1.replace("8=", "9="),
        V1.replace("+", "-").replace("t1bu", "_1bu"),
        V1_SHA256.replace("eg=", "eh="),
        V4.replace(",Signature", ", Signature"),
        V4.replace("bd26", "BD26"),
        V4[:-1],
        V4.replace("cn-shanghai", ""),
        V4.replace("20180504", "2018-05-04"),
        V4.replace("/sls/", "/oss/"),
        "Bearer token",
    ],
)
def test_any_other_authorization_is_refused_and_not_shown(value):
    """A wrong value is refused, and no part of it is repeated."""
    (error,) = catalog().authorization_errors(value)
    assert error == SchemaError("", "oneOf", error.expected, f"{len(value)} characters, not shown")


@pytest.mark.parametrize(
    ("instance", "found"),
    [
        ({"errorCode": "A", "errorMessage": "b", "accessDeniedDetail": {"AuthAction": "x"}, "more": 1}, []),
        ({"errorCode": "A", "errorMessage": "b", "accessDeniedDetail": None}, []),
        ({"errorCode": "", "errorMessage": "b"}, [("/errorCode", "minLength")]),
        ({"errorCode": "A", "errorMessage": 5}, [("/errorMessage", "type")]),
        ({"errorCode": "A", "errorMessage": ""}, [("/errorMessage", "minLength")]),
        ({"errorCode": "A", "errorMessage": "b", "accessDeniedDetail": "c"}, [("/accessDeniedDetail", "type")]),
        ({"error_code": "A"}, [("/errorCode", "required"), ("/errorMessage", "required")]),
        ([], [("", "type")]),
    ],
)
def test_error_bodies(instance, found):
    """Two non-empty strings; whatever else a body holds is an addition."""
    assert broken(catalog().error_body_errors(instance)) == found


@pytest.mark.parametrize(
    ("value", "expected", "actual"),
    [
        ("消费\ud800", "an integer", '"消费\\ud800"'),
        ("x" * 100, "an integer", '"' + "x" * 79 + "…"),
        ({"a": 1, "b/c": 2}, "an integer", 'an object with "a", "b/c"'),
        (
            {str(key): 0 for key in range(11)},
            "an integer",
            "an object with " + ", ".join(f'"{k}"' for k in range(10)) + ", …",
        ),
        ({}, "an integer", "an empty object"),
        ([1, 2], "an integer", "an array of 2"),
        pytest.param(HUGE, "an integer from 0 to 2147483647", "an integer of more than 70 bits", id="huge"),
    ],
)
def test_an_error_says_what_was_expected_and_what_came(value, expected, actual):
    """Values are shown as JSON, shortened; containers by what they hold."""
    (error,) = catalog().response_errors([{**ENTRY, "shard": value}])
    assert (error.expected, error.actual) == (expected, actual)


def test_a_pointer_is_escaped():
    """Tilde and slash in a key are written as RFC 6901 says."""
    from sls_contract.spec.explain import _pointer

    assert _pointer(["a/b~c", 0]) == "/a~1b~0c/0"


def test_nesting_beyond_every_limit_is_no_crash():
    """A body nested ten thousand deep is refused like any other wrong entry."""
    deep = []
    for _ in range(10_000):
        deep = [deep]
    assert broken(catalog().response_errors([deep])) == [("/0", "type")]
    assert broken(catalog().response_errors([{**ENTRY, "shard": deep}])) == [("/0/shard", "type")]
    assert catalog().response_errors([{**ENTRY, "added": deep}]) == []


def test_nonsense_is_explained_in_part():
    """An answer of thousands of wrong entries gives the first errors only."""
    assert len(catalog().response_errors([0] * 2000)) == MOST_ERRORS


def test_many_errors_of_one_key_hide_none_of_another():
    """One wrong time behind hundreds of wrong shards is told."""
    wrong = [{**ENTRY, "shard": "0"}] * 300 + [{**ENTRY, "updateTime": "0"}]
    found = broken(catalog().response_errors(wrong))
    assert found[-1] == ("/300/updateTime", "type")
    assert len(found) == MOST_ERRORS + 1


def test_both_validators_read_numbers_as_the_draft_does():
    """1.0 and -0.0 are integers once parsed; how they were written must be judged in the text."""
    assert catalog().response_errors([{**ENTRY, "shard": 1.0, "updateTime": 1e2}]) == []
    assert catalog().response_errors([{**ENTRY, "shard": -0.0}]) == []


def test_the_catalog_is_built_once():
    """Schemas are compiled once for the process."""
    assert catalog() is catalog()


def test_asking_for_the_catalog_imports_no_validator():
    """The validators are imported when the first instance is judged."""
    code = (
        "import sys, sls_contract.spec\n"
        "imported = lambda: sorted({'jsonschema', 'jsonschema_rs'} & set(sys.modules))\n"
        "catalog = sls_contract.spec.catalog()\n"
        "print(imported(), catalog.response_errors([]), imported())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "[] [] ['jsonschema_rs']\n"


def test_names_of_the_specification_are_found_when_asked_for():
    """Every public name exists, and another is an AttributeError that says so."""
    from sls_contract import spec

    assert all(getattr(spec, name) is not None for name in spec.__all__)
    with pytest.raises(AttributeError, match="'nonsense'"):
        _ = spec.nonsense


@pytest.mark.parametrize("text", [None, "{", "\udcff"])
def test_a_missing_or_damaged_schema_is_named(tmp_path, text):
    """The error names the file and what fixes it."""
    shutil.copytree(SCHEMAS, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "error.json"
    file.unlink()
    if text is not None:
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError, match=r"error\.json.*schemas build"):
        load(tmp_path)


def test_a_wheel_finds_its_schemas_inside_the_package(tmp_path):
    """Without the checkout, the schemas are read from the installed package."""
    ignored = shutil.ignore_patterns("*.pyc")
    shutil.copytree(SCHEMAS.parent / "sls_contract", tmp_path / "sls_contract", ignore=ignored)
    shutil.copytree(SCHEMAS, tmp_path / "sls_contract" / "_schemas")
    code = "import sls_contract.spec as s; print(s.catalog().response_errors({})[0].keyword, s.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"type {tmp_path}")


def test_only_our_own_checkout_is_one(tmp_path):
    """A package folder beside another project's pyproject.toml is no checkout."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "somebody-else"\n')
    with pytest.raises(UsageError, match="checkout"):
        checkout(tmp_path / "sls_contract")
    assert checkout(SCHEMAS.parent / "sls_contract") == SCHEMAS.parent


def test_schemas_are_plain_json():
    """What the catalog holds is what stands in the files."""
    for name, compiled in catalog().compiled.items():
        assert compiled.schema == json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
