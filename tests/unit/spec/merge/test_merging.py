"""From claims to contracts: names, history, routes, bodies, and no request for two operations."""

import json

import pytest
from advice import advised
from hypothesis import given
from hypothesis import strategies as st

from sls_contract.errors import UsageError
from sls_contract.spec.claims import Body
from sls_contract.spec.finding import Level
from sls_contract.spec.merge import generated, merge
from sls_contract.spec.merge.layers import Layers
from sls_contract.spec.merge.rulings import read_rulings

from .conftest import key, page, source


def contract(*claims, rulings=None):
    """Merge claims on one operation."""
    (found,) = merge(Layers(tuple(claims), rulings or {})).contracts
    return found


SAMPLE = [
    (
        source("handbook-2018-en"),
        page(query={"action": key(values=("pack",), read=("syntax",)), "size": key("integer")}),
    ),
    (source("handbook-2021-en"), page(path="/stores/{name}/baskets", query={"size": key("integer", required=True)})),
    (
        source("handbook-2021-zh"),
        page(query={"size": key("string", required=True)}, errors={(404, "NoStore"): ["no store"]}),
    ),
    (source("openapi-2024-en"), page(query={"size": key("integer"), "line": key("boolean")}, status=200)),
    (source("openapi-2025-en"), page("Listbaskets", query={"size": key("integer", required=True)})),
]


@given(st.permutations(SAMPLE))
def test_the_order_in_which_claims_are_read_does_not_matter(claims):
    """However files are listed, the contracts are the same, byte for byte."""
    assert generated(merge(Layers(tuple(claims), {})).contracts) == generated(
        merge(Layers(tuple(SAMPLE), {})).contracts
    )


def test_the_newest_page_of_a_family_counts():
    """An older page of the same family is no second vote."""
    found = contract(
        (source("handbook-2018-en"), page(query={"size": key("string", required=True)})),
        (source("handbook-2021-en"), page(query={"size": key("integer")})),
    )
    assert (found.query["size"].type, found.query["size"].required) == ("integer", None)
    assert found.disagreements == ()


def test_a_fixed_value_that_a_rewrite_lost_is_recovered():
    """A request line of an older page tells operations of one path apart, though newer ones forgot it."""
    old = key("string", required=True, values=("split",), read=("syntax",))
    found = contract(
        (source("handbook-2018-en"), page(query={"action": old})),
        (source("handbook-2021-en"), page(query={"size": key()})),
    )
    assert found.discriminator == {"action": ("split",)}
    assert found.query["action"].required is Level.VIOLATION


def test_an_example_or_words_fix_a_value_too_unless_the_key_is_optional():
    """Pages of 2020-12 lost the keys of request lines; a type with few values that may be left out is an option."""
    shown = contract((source(), page(query={"type": key(required=None, values=("logs",), read=("table", "prose"))})))
    option = contract((source(), page(query={"type": key(required=False, values=("a", "b"), read=("table", "prose"))})))
    assert (shown.discriminator, option.discriminator) == ({"type": ("logs",)}, {})


def test_a_parameter_that_is_no_longer_listed_is_known_but_not_demanded():
    """A newer page may have dropped it, or lost it: sending it is no breach, leaving it out neither."""
    found = contract(
        (source("handbook-2018-en"), page(query={"size": key(required=True)})),
        (source("handbook-2021-en"), page(query={"line": key()})),
    )
    assert found.query["size"].required is None


def test_what_a_table_calls_otherwise_than_the_wire_is_an_alias():
    """The newest table's own name for what older request lines and the other family send goes under their name."""
    found = contract(
        (source("handbook-2018-en"), page(query={"key": key(read=("syntax", "table"))})),
        (source("handbook-2021-en"), page(query={"splitKey": key()})),
        (source("openapi-2024-en"), page(query={"key": key()})),
    )
    assert list(found.query) == ["key"]
    assert found.query["key"].aliases == ("splitKey",)


def test_nobody_demands_what_another_family_calls_optional():
    """Requests are read as leniently as the most lenient family, and the disagreement is listed."""
    found = contract(
        (source("handbook-2021-en"), page(query={"size": key(required=True)})),
        (source("openapi-2024-en"), page(query={"size": key(required=False)})),
    )
    assert found.query["size"].required is None
    (told,) = found.disagreements
    assert (told.where, dict(told.claims), told.taken) == (
        "query size required",
        {"handbook": "yes", "openapi": "no"},
        "no",
    )


def test_a_type_that_is_contradicted_is_not_judged():
    """Where no rule settles a type, any is allowed, at level unspecified."""
    found = contract(
        (source("handbook-2021-en"), page(query={"size": key("string")})),
        (source("openapi-2024-en"), page(query={"size": key("integer")})),
    )
    assert (found.query["size"].type, found.query["size"].level) == (None, Level.UNSPECIFIED)


def test_what_only_models_tell_is_a_warning_at_most():
    """An operation of an SDK alone has coverage model; nothing of it is a violation."""
    response = Body("array", {(None, "lines"): key("array"), ("lines", "text"): key()})
    claimed = page(query={"size": key("integer", required=True)}, response=response)
    found = contract((source("openapi-2024-sdk", kind="sdk"), claimed))
    assert found.coverage == "model"
    assert '"violation"' not in json.dumps(found.as_plain())
    assert found.query["size"].required is Level.WARNING
    assert found.response.value.items.members["lines"].items.level is Level.WARNING


def test_members_of_a_response_may_be_missing():
    """Or null. No table of elements makes one required; a type said once is a warning, said twice a violation."""
    told = {(None, "count"): key("integer", required=True)}
    shown = {(None, "count"): key("integer", read=("table", "example"))}
    once = contract((source(), page(response=Body("object", told)))).response.value.members["count"]
    twice = contract((source(), page(response=Body("object", shown)))).response.value.members["count"]
    assert (once.required, once.nullable, once.level) == (None, True, Level.WARNING)
    assert (twice.required, twice.level) == (None, Level.VIOLATION)


def test_members_of_a_body_of_another_shape_are_left_out():
    """Where a digest proves the bare array, what another page lists inside an object around it is not there."""
    bare = Body("array", {(None, "name"): key()}, "length")
    wrapped = Body("object", {(None, "baskets"): key("array")})
    found = contract(
        (source("handbook-2021-en"), page(response=bare)), (source("openapi-2024-en"), page(response=wrapped))
    )
    assert found.response.value.type == "array"
    assert list(found.response.value.items.members) == ["name"]


def test_inside_a_member_two_families_must_demand():
    """An object may be a free map whose entries one page describes: one family's word demands nothing in it."""
    inner = {(None, "keys"): key("object"), ("keys", "type"): key(required=True)}
    alone = contract((source(), page(method="POST", body=Body("object", inner))))
    assert alone.body.value.members["keys"].members["type"].required is None
    both = contract(
        (source(), page(method="POST", body=Body("object", inner))),
        (source("openapi-2024-en"), page(method="POST", body=Body("object", inner))),
    )
    assert both.body.value.members["keys"].members["type"].required is Level.VIOLATION


def test_a_family_of_another_route_describes_another_request():
    """Its parameters are not mixed in, and the contradicting routes are listed."""
    found = contract(
        (source("handbook-2021-en"), page(query={"type": key()})),
        (source("openapi-2024-sdk", kind="sdk"), page(method="POST", path="/logs", query={"size": key()})),
    )
    assert (found.method, found.path, list(found.query)) == ("GET", "/stores/{store}/baskets", ["type"])
    assert [each.where for each in found.disagreements] == ["route"]


def test_names_that_differ_in_capitals_are_one_operation():
    """The SDK's spelling is taken; the other is an alias."""
    found = contract(
        (source("handbook-2021-en"), page("DeleteLogstore")),
        (source("openapi-2024-sdk", kind="sdk"), page("DeleteLogStore")),
    )
    assert (found.operation, found.aliases) == ("DeleteLogStore", ("DeleteLogstore",))


def test_rpc_operations_are_left_out_and_told():
    """They go to another host with another signature, so that they have no contract."""
    rpc = page("OpenStore", path="/", query={"Action": key(), "Version": key()})
    found = merge(Layers(((source(), page()), (source(), rpc)), {}))
    assert [each.operation for each in found.contracts] == ["ListBaskets"]
    assert found.left_out == {"OpenStore": "called by RPC: another host, another signature"}


def test_no_request_fits_two_operations():
    """Two names of one route and nothing to tell them apart stop the build; both are named, with the way out."""
    claims = (source(), page("GetBaskets")), (source(), page("ListBaskets"))
    with pytest.raises(UsageError) as stopped:
        merge(Layers(claims, {}))
    assert "GetBaskets and ListBaskets" in str(stopped.value)
    key = advised(str(stopped.value), "list one name among the (aliases) of the other").group(1)
    plain = {"operation": "ListBaskets", key: ["GetBaskets"], "rulings": []}
    assert len(merge(Layers(claims, {"ListBaskets": read_rulings(plain, "r")})).contracts) == 1
    key = advised(str(stopped.value), r"in one of them, such as (discriminator): ").group(1)
    plain = {"operation": "ListBaskets", "rulings": [{"why": "a key", "contract": {key: {"action": ["list"]}}}]}
    assert len(merge(Layers(claims, {"ListBaskets": read_rulings(plain, "r")})).contracts) == 2


def test_a_fixed_key_or_another_host_tells_operations_of_one_path_apart():
    """Fixed values that differ do, a fixed value beside none does, and so does a host without a project."""

    def fixed(value):
        return {"type": key(required=True, values=(value,), read=("syntax",))}

    claims = [
        (source(), page("GetOne", query=fixed("one"))),
        (source(), page("GetTwo", query=fixed("two"))),
        (source(), page("GetAny")),
        (source(), page("GetAll", host="{endpoint}")),
    ]
    assert len(merge(Layers(tuple(claims), {})).contracts) == 4


def test_errors_keep_every_wording_and_the_best_spelling():
    """What is filled in stands in braces; wordings that read alike are one; common errors are not repeated."""
    found = contract(
        (source("handbook-2018-en"), page(errors={(404, "Storenotexist"): ["store {storeName} dose not exist"]})),
        (
            source("handbook-2021-en"),
            page(
                errors={
                    (404, "StoreNotExist"): ["Store storeName does not exist."],
                    (400, "ParameterInvalid"): ["Invalid size size."],
                    (500, "InternalServerError"): ["Specified Server Error Message."],
                }
            ),
        ),
    )
    assert [(each.status, each.code, each.messages) for each in found.errors] == [
        (400, "ParameterInvalid", ("Invalid size {size}.",)),
        (404, "StoreNotExist", ("Store {storeName} does not exist.",)),
    ]
