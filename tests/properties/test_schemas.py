"""The two validators agree on every schema, whatever JSON can hold."""

import base64
import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sls_contract.spec import catalog
from sls_contract.spec.catalog import SCHEMA_NAMES
from sls_contract.spec.explain import outline

DIGEST = "t1buCmVqhr8yxC9a3pE37DebWt8="
HEX = "bd26fc4ee8c9e73b6b587627eacd3158df3a60ebc9edd6bdc508391fcfa92bac"
VALID = {
    "get-checkpoint.request": {
        "path": {"project": "my-project", "logstore": "my-logstore", "consumerGroup": "组"},
        "query": {"shard": "0"},
        "headers": {
            "authorization": f"LOG testAccessKeyId:{DIGEST}",
            "host": "my-project.cn-shanghai.log.aliyuncs.com",
            "x-log-apiversion": "0.6.0",
            "x-log-signaturemethod": "hmac-sha1",
            "x-log-date": "20180504T092653Z",
            "date": "Fri, 04 May 2018 09:26:53 GMT",
        },
    },
    "authorization": (
        f"SLS4-HMAC-SHA256 Credential=testAccessKeyId/20180504/cn-shanghai/sls/aliyun_v4_request,Signature={HEX}"
    ),
    "get-checkpoint.response": [
        {"shard": 0, "checkpoint": "MTUyNDE1NTM3OTM3MzkwODQ5Ng==", "updateTime": 1524224984800922, "consumer": "c"},
        {"shard": 1, "checkpoint": "", "updateTime": 0, "consumer": ""},
    ],
    "error": {"errorCode": "ConsumerGroupNotExist", "errorMessage": "consumer group not exist."},
}

numbers = st.sampled_from(
    [
        *(0, -1, 1, 2**31 - 1, 2**31, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**30, 10**400),
        *(1.0, 1e2, -0.0, 0.5, 9.3e18, 9.223372036854775807e18, 1e300, float("nan"), float("inf"), -float("inf")),
    ]
)
strings = st.one_of(
    st.text(st.characters(), max_size=12),
    st.text("AQgw+/=\n\r\u2028 0１", max_size=12),
    st.sampled_from(["", "\n", "AA==\n", "AAA=\n", "AAAA\r\n", "\ud800", "AAAA\udcff", "\x00", "０", "MQ==\u2028"]),
    st.builds(lambda data: base64.b64encode(data).decode(), st.binary(max_size=12)),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), numbers, strings)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3), max_leaves=6
)


def places(instance, way=()):
    """Yield the way to every value of an instance, the root included."""
    yield way
    parts = (
        instance.items() if isinstance(instance, dict) else enumerate(instance) if isinstance(instance, list) else ()
    )
    for step, value in parts:
        yield from places(value, (*way, step))


def put(instance, way, value):
    """Return a copy in which another value stands at a place."""
    if not way:
        return value
    copy = deepcopy(instance)
    parent = copy
    for step in way[:-1]:
        parent = parent[step]
    parent[way[-1]] = value
    return copy


@st.composite
def instances(draw, name):
    """Draw a valid instance with up to two values replaced, extended, cut off, or ended by a line break."""
    instance = VALID[name]
    for _ in range(draw(st.integers(0, 2))):
        way = draw(st.sampled_from(list(places(instance))))
        old = instance
        for step in way:
            old = old[step]
        choices = [values]
        if isinstance(old, str):
            choices += [
                strings.map(lambda end, old=old: old + end),
                st.integers(0, 90).map(lambda at, old=old: old[:at]),
            ]
        if isinstance(old, dict):
            choices.append(strings.flatmap(lambda key, old=old: values.map(lambda value: {**old, key: value})))
            choices.append(
                st.sampled_from([*old, ""]).map(lambda key, old=old: {k: v for k, v in old.items() if k != key})
            )
        instance = put(instance, way, draw(st.one_of(choices)))
    return instance


@pytest.mark.parametrize("name", SCHEMA_NAMES)
@given(data=st.data())
def test_the_validators_agree(name, data):
    """jsonschema_rs decides as jsonschema does, and errors are named exactly where there are some."""
    instance = data.draw(instances(name))
    compiled = catalog().compiled[name]
    expected = Draft202012Validator(compiled.schema).is_valid(instance)
    assert compiled.is_valid(instance) == expected
    assert (compiled.errors(instance) == []) == expected


@pytest.mark.parametrize("name", SCHEMA_NAMES)
@given(data=st.data())
def test_an_outline_is_as_valid_as_the_whole(name, data):
    """What the explainer is shown breaks the same constraints as the instance itself."""
    instance = data.draw(instances(name))
    validator = Draft202012Validator(catalog().compiled[name].schema)
    whole = [(list(error.absolute_path), error.validator) for error in validator.iter_errors(instance)]
    assert [(list(error.absolute_path), error.validator) for error in validator.iter_errors(outline(instance))] == whole


@given(st.text("+/AIQgw09=-_ \n", max_size=9) | st.binary(max_size=9).map(lambda data: base64.b64encode(data).decode()))
def test_a_checkpoint_is_valid_where_it_is_what_an_encoder_writes(text):
    """The pattern says what base64 itself says: decoding and encoding again gives the same text."""
    try:
        canonical = base64.b64encode(base64.b64decode(text, validate=True)).decode() == text
    except ValueError:
        canonical = False
    entry = {"shard": 0, "checkpoint": text, "updateTime": 0}
    assert (catalog().response_errors([entry]) == []) == canonical


@given(instance=values)
def test_nothing_that_json_holds_raises(instance):
    """Every schema judges every value, and every error can be shown in UTF-8."""
    for compiled in catalog().compiled.values():
        for error in compiled.errors(instance):
            assert error.expected
            error.actual.encode("utf-8")
            assert len(error.actual) < 1000


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_starting_points_are_valid(name):
    """Mutations start from an instance that both validators accept."""
    assert catalog().compiled[name].errors(VALID[name]) == []
    assert json.loads(json.dumps(VALID[name])) == VALID[name]
