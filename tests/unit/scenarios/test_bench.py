"""From steps to requests: every variant is a correct request, every flaw is none, names arrive as they are."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sls_contract.checks import judge_request
from sls_contract.errors import UsageError
from sls_contract.exchange import decode_path
from sls_contract.scenarios import Bench, Create, Delete, HeartBeat, Place, Read, RequestVariant, Write
from sls_contract.scenarios.near_misses import FLAWS
from sls_contract.scenarios.steps import Put
from sls_contract.scenarios.wire_forms import WIRE_FORMS, forms_for
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, verify_signature
from sls_contract.spec import operation_of

AT = datetime(2018, 5, 4, 9, 26, 53, tzinfo=UTC)
KEYS = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
BENCH = Bench(
    "127.0.0.1:8080",
    "my-project",
    {"main": "my-logstore", "missing": "nowhere"},
    {"own": TEST_CREDENTIALS, "sts": TEST_STS_CREDENTIALS},
    {"main": (0, 1, 7)},
)
VARIANTS = [
    RequestVariant(scheme, form.name, key)
    for form in WIRE_FORMS.values()
    for scheme in form.schemes
    for key in ("own", "sts")
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: f"{variant.scheme}-{variant.form}-{variant.key}")
@pytest.mark.parametrize(
    "step",
    [Read(), Read(1), Create(Place("消费组")), Delete(), HeartBeat(), Write(1), Put(coding="lz4")],
    ids=lambda step: type(step).__name__,
)
def test_every_variant_is_a_correct_request(variant, step):
    """Whatever client writes it, the request verifies and breaks no clause of the contract."""
    request = BENCH.request(replace(step, variant=variant), AT, held=(0, 1))
    assert verify_signature(request, KEYS, at=AT) is None
    assert [f for f in judge_request(request, credentials=KEYS, at=AT).findings if f.level == "violation"] == []


def test_writes_are_written_as_each_client_writes_them():
    """Python puts blanks into JSON and escapes all but ASCII, Go sorts queries and spells header names in its way."""
    python = BENCH.request(Create(Place("消"), RequestVariant("v1", "python-v1")), AT)
    assert python.body == b'{"consumerGroup": "sls-contract-\\u6d88", "timeout": 300, "order": false}'
    assert python.headers["Content-Length"] == str(len(python.body))
    go = BENCH.request(Write(0, variant=RequestVariant("v1", "go")), AT)
    assert [key for key, _ in go.query_pairs()] == ["consumer", "forceSuccess", "type"]
    assert "X-Log-Apiversion" in [name for name, _ in go.headers.pairs]


def schemes_of(number, flaw):
    """All that a flaw can be made in; without SLS_FULL one of them, in turn."""
    return flaw.schemes if os.environ.get("SLS_FULL") else [flaw.schemes[number % len(flaw.schemes)]]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "flaw"), [*enumerate(FLAWS.values())], ids=FLAWS)
def test_every_flaw_is_found(number, flaw):
    """A near miss does not verify in any scheme that it can be made in."""
    step = Write if flaw.on_writes else Read
    for scheme in schemes_of(number, flaw):
        variant = RequestVariant(scheme, forms_for(scheme)[-2], "sts", flaw=flaw.name)
        request = BENCH.request(step(1, variant=variant), AT)
        judged = judge_request(request, credentials=KEYS, at=AT).findings
        assert any(finding.level == "violation" for finding in judged)


@pytest.mark.parametrize(
    ("step", "operation"),
    [
        (Create(), "CreateConsumerGroup"),
        (Delete(), "DeleteConsumerGroup"),
        (HeartBeat(), "ConsumerGroupHeartBeat"),
        (Write(), "ConsumerGroupUpdateCheckPoint"),
        (Read(), "GetCheckPoint"),
    ],
)
def test_each_step_is_its_operation(step, operation):
    """The contract recognises what the step asks for, in a group that only verification makes."""
    request = BENCH.request(step, AT, held=(0,), value="12")
    assert operation_of(request).operation == operation
    assert "sls-contract-a" in request.path + request.body.decode()
    assert request.host == "my-project.127.0.0.1:8080"


@pytest.mark.parametrize("label", ["a", "消费组", "a b", "a%2Bb", "a+b", "a/b?c#d"])
def test_names_arrive_as_they_are(label):
    """A group's name is the same in the body that makes it and, percent-decoded, in the path that reads it."""
    made = json.loads(BENCH.request(Create(Place(label)), AT).body)["consumerGroup"]
    assert decode_path(BENCH.request(Read(at=Place(label)), AT).path.rsplit("/", 1)[1]) == made


def test_shards_are_looked_up():
    """Known shards go by their place, unknown ones by words; one that is not there is an error."""
    assert [BENCH.shard(ref, "main") for ref in (0, 2, "last", "next", "far", "largest")] == [
        0,
        7,
        7,
        8,
        7 + 2**16,
        2**31 - 1,
    ]
    assert BENCH.shard(5, "missing") == 5
    with pytest.raises(UsageError, match="got 3"):
        BENCH.shard(3, "main")


def test_the_time_is_shifted_as_asked():
    """A dress that is off by minutes is refused by the clock alone."""
    late = BENCH.request(Read(variant=RequestVariant(shift=-16 * 60)), AT)
    assert verify_signature(late, KEYS) is None
    assert verify_signature(late, KEYS, at=AT).step == "date"
    assert verify_signature(late, KEYS, at=AT - timedelta(minutes=16)) is None


def test_no_project_is_put_where_none_can_be():
    """The scenario of the missing project names one that cannot exist, the endpoint stays the same."""
    assert BENCH.request(Read(at=Place(project="missing")), AT).host == "sls-contract-no-such-project.127.0.0.1:8080"


@pytest.mark.parametrize(
    ("make", "held"),
    [(lambda at: HeartBeat("c", at), (0, 1)), (lambda at: Write(0, at=at), ()), (Delete, ())],
    ids=["heartbeat", "write", "delete"],
)
def test_a_lent_signature_is_all_that_is_wrong(make, held):
    """Under the signature of the same request to another group, length and digest still fit the body."""
    lent, own = make(Place("b")), make(Place("a"))
    borrowed = BENCH.request(replace(own, variant=RequestVariant(signed_as=lent)), AT, held=held, value="77")
    right = BENCH.request(own, AT, held=held, value="77")
    assert (borrowed.url, borrowed.body) == (right.url, right.body)
    assert {**borrowed.headers} | {"Authorization": ""} == {**right.headers} | {"Authorization": ""}
    assert borrowed.headers["Authorization"] != right.headers["Authorization"]
