"""The scenarios of the other operations cover what their contracts document."""

from __future__ import annotations

from sls_contract.scenarios import SCENARIOS
from sls_contract.scenarios.documented_errors import COMMON, NOT_TRIGGERED, TRIGGERED
from sls_contract.scenarios.documented_operations import REQUESTS
from sls_contract.scenarios.steps import Place, operation_name
from sls_contract.spec.registry import registry

BY_OTHERS = {
    ("ConsumerGroupUpdateCheckPoint", "ConsumerNotExist"): "update-checkpoint-of-a-stranger",
    ("ConsumerGroupUpdateCheckPoint", "ConsumerNotMatch"): "update-checkpoint-of-another-holder",
    ("GetCursorTime", "ParameterInvalid"): "get-cursor-time-invalid-cursor",
}
"""Errors that a scenario with another subject, or another code, brings about: its name."""


def documented() -> set[tuple[str, str]]:
    return {(operation, each.code) for operation in REQUESTS for each in registry().named(operation).errors}


def test_each_error_of_each_table_is_brought_about_or_it_is_said_why_not():
    """An error that a contract gains must be given a scenario, or a reason."""
    told = TRIGGERED.keys() | BY_OTHERS.keys() | NOT_TRIGGERED.keys()
    assert {each for each in documented() if each[1] not in COMMON} == told
    assert set(BY_OTHERS.values()) <= SCENARIOS.keys()


def test_each_operation_of_a_consumer_is_asked_for():
    """Of each: a correct request, refusals that all share, and places that do not exist."""
    assert all(operation_name(make(Place("a"))) == operation for operation, make in REQUESTS.items())
    for operation in REQUESTS:
        names = [name for name, each in SCENARIOS.items() if each.area == operation]
        ends = {"-served", "-not-let-in", "-nowhere", "-nearly-there"}
        assert {end for end in ends if any(name.endswith(end) for name in names)} == ends


def test_no_operation_that_is_asked_for_is_left_out():
    """Each operation has the refusals that all share; those of the others have names of their own."""
    asked = frozenset().union(*(each.operations for each in SCENARIOS.values()))
    names = {
        "GetCheckPoint": "key-unknown",
        "SplitShard": "split-shard-not-let-in",
        "MergeShard": "merge-shard-nowhere",
    }
    assert asked == REQUESTS.keys() | names.keys()
    assert set(names.values()) <= SCENARIOS.keys()
