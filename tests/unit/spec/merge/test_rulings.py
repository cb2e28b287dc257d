"""Rulings by hand: patches of a contract, and the claims that they overrule."""

import pytest
from advice import advised

from sls_contract.errors import UsageError
from sls_contract.spec.claims import Body
from sls_contract.spec.finding import Level
from sls_contract.spec.merge import merge
from sls_contract.spec.merge.layers import Layers
from sls_contract.spec.merge.rulings import read_rulings

from .conftest import key, page, source

CLAIMS = (
    (source("handbook-2021-en"), page(query={"size": key(required=True)}, errors={(404, "NoStore"): ["no store"]})),
    (source("openapi-2024-en"), page(query={"size": key(required=False), "line": key()})),
)


def ruled(*rulings, claims=CLAIMS, **given):
    """Merge claims on ListBaskets under rulings."""
    plain = {"operation": "ListBaskets", "rulings": [{"why": "because", **each} for each in rulings], **given}
    read = read_rulings(plain, "rulings/ListBaskets.yaml")
    (found,) = merge(Layers(tuple(claims), {read.operation: read})).contracts
    return found


def refusal(*rulings, **given):
    with pytest.raises(UsageError) as stopped:
        ruled(*rulings, **given)
    return str(stopped.value)


def test_a_patch_is_merged_into_what_was_derived():
    """It names what it changes in the contract's own keys; the rest stays."""
    found = ruled({"contract": {"coverage": "full", "query": {"line": {"minimum": 0}}}})
    assert (found.coverage, found.query["line"].minimum, found.query["line"].type) == ("full", 0, "string")
    assert list(found.query) == ["size", "line"]


def test_null_takes_a_name_away_and_leaves_anything_else_open():
    """A query key that is null is gone; a level that is null judges nothing; a key called query is a key."""
    found = ruled({"contract": {"query": {"line": None, "query": {"others": None}}, "response": None, "others": None}})
    assert (list(found.query), found.response, found.others) == (["size", "query"], None, None)
    assert found.query["query"].others is None


def test_names_in_the_path_follow_the_path():
    """A ruling may rename them; what it says of the new name counts."""
    found = ruled({"contract": {"path": "/stores/{name}/baskets", "path_parameters": {"name": {"minimum": 1}}}})
    assert list(found.path_parameters) == ["name"]
    assert (found.path_parameters["name"].type, found.path_parameters["name"].minimum) == ("string", 1)


def test_errors_are_replaced_by_status_and_code_and_added_otherwise():
    """An error that the ruling names again is as the ruling has it; others stay."""
    more = [{"status": 404, "code": "NoStore", "messages": ["gone"]}, {"status": None, "code": "NoBasket"}]
    found = ruled({"contract": {"errors": more}})
    assert [(each.status, each.code, each.messages) for each in found.errors] == [
        (None, "NoBasket", ()),
        (404, "NoStore", ("gone",)),
    ]


def test_a_body_that_is_ruled_to_be_none_has_no_members():
    """What sources say of its JSON goes."""
    claims = [(source(), page(response=Body("object", {(None, "count"): key()})))]
    found = ruled({"contract": {"response": {"content": "none", "required": None}}}, claims=claims)
    assert (found.response.content, found.response.required, found.response.value.members) == ("none", None, {})


def test_what_a_ruling_requires_is_no_null():
    """A derived member of a response may be null; one that is ruled to be there may not, unless the ruling says so."""
    claims = [(source(), page(response=Body("object", {(None, "count"): key(), (None, "total"): key()})))]
    members = {"count": {"required": "violation"}, "total": {"required": "violation", "nullable": True}}
    found = ruled({"contract": {"response": {"value": {"members": members}}}}, claims=claims).response.value.members
    assert [each.nullable for each in found.values()] == [False, True]


def test_an_overruled_claim_has_no_vote():
    """The other family is right then, and nothing is left to rule."""
    found = ruled({"overrules": [{"family": "openapi", "place": "query size required", "says": "no"}]})
    assert (found.query["size"].required, found.disagreements) == (Level.VIOLATION, ())


def test_an_overruled_shape_takes_its_members_along():
    """What a page lists inside a body that it describes wrongly is not in the right one."""
    wrapped = page(response=Body("object", {(None, "baskets"): key("array")}))
    claims = [(source(), wrapped), (source("openapi-2024-en"), page(response=Body("array", {(None, "name"): key()})))]
    overruled = {"family": "handbook", "place": "response shape", "says": "object"}
    found = ruled({"overrules": [overruled]}, claims=claims)
    assert list(found.response.value.items.members) == ["name"]


def test_an_overruled_route_sets_the_source_aside():
    """It describes another request; nothing of it is listed as a disagreement."""
    moved = (source("openapi-2024-en"), page(method="POST", query={"line": key()}))
    overruled = {"family": "openapi", "place": "route", "says": "POST /stores/{store}/baskets"}
    found = ruled({"overrules": [overruled]}, claims=[CLAIMS[0], moved])
    assert (list(found.query), found.disagreements) == (["size"], ())


def test_a_ruling_against_nobody_stops_the_build():
    """Where the overruled claim is gone, the message names file and claim, what is claimed now, and the way out."""
    text = refusal({"overrules": [{"family": "openapi", "place": "query size required", "says": "yes"}]})
    assert "rulings/ListBaskets.yaml: ruling 1 overrules a claim that no source makes any more" in text
    assert "openapi, query size required: yes" in text
    assert "claimed there now: no" in text
    assert advised(text, r"read what the sources say now .*spec show \w+ --claims.*change or delete the ruling")
    assert ruled({"overrules": [{"family": "openapi", "place": "query size required", "says": "no"}]})


def test_a_ruling_that_makes_no_contract_is_refused():
    """A key that contracts have not, and a level that is none, are told with the file."""
    assert "ruling 1 results in an invalid contract: the key 'seize' is not known" in refusal(
        {"contract": {"seize": 1}}
    )
    assert "'maybe'" in refusal({"contract": {"query": {"size": {"level": "maybe"}}}})


def test_a_ruling_on_an_operation_that_nobody_claims_is_refused():
    """Its name may be misspelt: the nearest is named, and makes a contract; else the file is for nothing."""
    text = refusal(operation="ListBasket")
    assert "rules on ListBasket, but no source has claims on it" in text
    nearest = advised(text, r"^write (\w+)\.")[1]
    assert ruled(operation=nearest).operation == "ListBaskets"
    assert advised(refusal(operation="CountSheep"), r"^derive a page of it, or delete the file")


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        (None, "to name its operation"),
        ({"operation": "A", "ruling": []}, "expected operation, aliases and rulings in f.yaml, got ruling"),
        ({"operation": "A", "rulings": [{"contract": {}}]}, "f.yaml: ruling 1: expected why"),
        ({"operation": "A", "rulings": [{"why": "b", "overrules": ["c"]}]}, "expected family, place and says"),
        (
            {"operation": "A", "rulings": [{"why": "b", "overrules": [{"family": "x", "place": "y", "says": "z"}]}]},
            "expected the family to be one of handbook, openapi, clients, recordings; got x",
        ),
    ],
)
def test_what_is_no_file_of_rulings_is_told(plain, says):
    """Every message names the file and what was expected."""
    with pytest.raises(UsageError) as stopped:
        read_rulings(plain, "f.yaml")
    assert says in str(stopped.value)
    assert "f.yaml" in str(stopped.value)
