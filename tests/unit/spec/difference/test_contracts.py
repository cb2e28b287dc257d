"""Contracts compared: one change is told once, in its place and class; the other way round it is mirrored."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sls_contract.spec.contract import Contract
from sls_contract.spec.difference import Side, compare

NAMES = st.sampled_from(["topic", "reverse", "fromTime", "line", "quotaUnit", "z9"])
SCALARS = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "boolean"])},
    optional={"required": st.just("violation"), "sources": st.just(["handbook-x"])},
)


@st.composite
def contracts(draw):
    """A contract with a query, a body, a response of objects in an array, and errors."""
    return {
        "operation": "CountSheep",
        "method": "POST",
        "path": "/farms/{farm}/sheep",
        "path_parameters": {"farm": {"type": "string"}},
        "query": draw(st.dictionaries(NAMES, SCALARS, max_size=4)) | {"kept": {"type": "integer", "minimum": 3}},
        "headers": {"x-farm-age": {"type": "string", "values": ["young", "old"]}},
        "body": {"value": {"type": "object", "members": draw(st.dictionaries(NAMES, SCALARS, max_size=4))}},
        "response_headers": {"x-farm-count": {"type": "integer"}},
        "response": {
            "value": {
                "type": "array",
                "items": {
                    "type": "object",
                    "members": draw(st.dictionaries(NAMES, SCALARS, max_size=4)) | {"born": {"type": "integer"}},
                },
            }
        },
        "errors": [{"status": 404, "code": "FarmNotExist", "messages": ["no farm {farm}"]}],
    }


def changed(plain, path, value):
    """Return a copy with one value replaced, added, or (None) taken out."""
    head, *rest = path
    copy = list(plain) if isinstance(plain, list) else dict(plain)
    if rest:
        copy[head] = changed(copy.get(head, {}) if isinstance(copy, dict) else copy[head], rest, value)
    elif value is None:
        del copy[head]
    else:
        copy[head] = value
    return copy


def differences(old, new):
    sides = (Side.of_contract(Contract.from_plain(each)) for each in (old, new))
    return [(str(each.kind), each.slug, each.where) for each in compare(*sides)]


ITEMS = ("response", "value", "items", "members")
CHANGES = {
    "a new optional query key": (("query", "wool"), {"type": "string"}, ("additive", "new", "query wool")),
    "a new required query key": (
        ("query", "wool"),
        {"type": "string", "required": "violation"},
        ("breaking", "new-required", "query wool"),
    ),
    "a query key gone": (("query", "kept"), None, ("breaking", "gone", "query kept")),
    "a key now required": (("query", "kept", "required"), "violation", ("breaking", "required", "query kept")),
    "another type": (("query", "kept", "type"), "string", ("breaking", "retyped", "query kept")),
    "a narrower range": (("query", "kept", "minimum"), 5, ("breaking", "rule", "query kept")),
    "a wider range": (("query", "kept", "minimum"), 1, ("additive", "rule", "query kept")),
    "a value of an enum gone": (
        ("headers", "x-farm-age", "values"),
        ["young"],
        ("breaking", "values", "header x-farm-age"),
    ),
    "a new value of an enum": (
        ("headers", "x-farm-age", "values"),
        ["young", "old", "dead"],
        ("additive", "values", "header x-farm-age"),
    ),
    "a header gone": (("headers", "x-farm-age"), None, ("breaking", "gone", "header x-farm-age")),
    "a member of the body": (
        ("body", "value", "members", "wool"),
        {"type": "string"},
        ("additive", "new", "body /wool"),
    ),
    "an array that is an object": (("response", "value", "type"), "object", ("breaking", "retyped", "response")),
    "an array that is a text": (("response", "value"), {"type": "string"}, ("breaking", "retyped", "response")),
    "an element gone": ((*ITEMS, "born"), None, ("breaking", "gone", "response /born")),
    "a new element": ((*ITEMS, "shorn"), {"type": "integer"}, ("additive", "new", "response /shorn")),
    "another unit": ((*ITEMS, "born", "unit"), "seconds", ("additive", "rule", "response /born")),
    "an element that is promised": (
        (*ITEMS, "born", "required"),
        "violation",
        ("additive", "promised", "response /born"),
    ),
    "a response's header gone": (
        ("response_headers", "x-farm-count"),
        None,
        ("breaking", "gone", "response header x-farm-count"),
    ),
    "another status": (("success",), [201], ("breaking", "status", "response status")),
    "an error gone": (("errors",), [], ("breaking", "gone", "error FarmNotExist")),
    "an error's status": (("errors", 0, "status"), 400, ("breaking", "status", "error FarmNotExist")),
    "an error's words": (("errors", 0, "messages"), ["none"], ("benign", "wording", "error FarmNotExist")),
    "another method": (("method",), "PUT", ("breaking", "route", "method")),
    "another path": (("path",), "/farms/{farm}/goats", ("breaking", "route", "path")),
    "no project": (("project",), False, ("breaking", "route", "host")),
    "another summary": (("summary",), "Counts.", ("benign", "wording", "summary")),
}
MIRROR = {"breaking": "additive", "additive": "breaking"}
ONE_WAY = {
    "a new required query key",
    "another type",
    "an array that is an object",
    "an array that is a text",
    "another status",
    "an error's status",
    "another method",
    "another path",
    "no project",
}


@given(contracts())
def test_a_contract_does_not_differ_from_itself(plain):
    assert differences(plain, plain) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
@given(plain=contracts())
@settings(max_examples=6, deadline=None)
def test_one_change_is_told_once_and_mirrored_the_other_way_round(plain, name):
    path, value, expected = CHANGES[name]
    other = changed(plain, path, value)
    assert differences(plain, other) == [expected]
    (back,) = differences(other, plain)
    same = name in ONE_WAY or expected[0] == "benign"
    assert back[0] == (expected[0] if same else MIRROR[expected[0]])


@given(contracts())
@settings(max_examples=6, deadline=None)
def test_a_placeholder_renamed_is_benign_and_a_key_renamed_breaks(plain):
    placeholder = changed(
        changed(plain, ("path",), "/farms/{farmID}/sheep"), ("path_parameters",), {"farmID": {"type": "string"}}
    )
    assert differences(plain, placeholder) == [("benign", "placeholder", "path")]
    key = changed(changed(plain, ("query", "kept"), None), ("query", "keptID"), plain["query"]["kept"])
    assert differences(plain, key) == [("breaking", "renamed", "query keptID")]


def test_another_order_of_members_names_the_members_and_not_their_body():
    one = {"body": {"value": {"type": "object", "members": {"age": {}, "wool": {}}}}}
    other = {"body": {"value": {"type": "object", "members": {"wool": {}, "age": {}}}}}
    route = {"operation": "CountSheep", "method": "POST", "path": "/sheep"}
    (change,) = compare(*(Side.of_contract(Contract.from_plain(route | each)) for each in (one, other)))
    assert (change.kind, change.where, change.old, change.new) == ("benign", "body", "age, wool", "wool, age")


@given(contracts())
@settings(max_examples=6, deadline=None)
def test_a_key_that_is_a_part_of_the_path_now_has_moved(plain):
    moved = changed(changed(plain, ("query", "kept"), None), ("path",), "/farms/{farm}/sheep/{kept}")
    moved = changed(moved, ("path_parameters", "kept"), plain["query"]["kept"])
    assert ("breaking", "moved", "path kept") in differences(plain, moved)
    assert ("breaking", "route", "path") in differences(plain, moved)
