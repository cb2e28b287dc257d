"""Rulings by hand: patches of a contract, and the claims that they overrule."""

import pytest
from advice import advised

from sls_contract.errors import UsageError
from sls_contract.spec.claims import Body, Parameter
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


@pytest.mark.parametrize("name", ["errors", "members", "query", "required", "minimum", "bounds", "nullable"])
def test_a_key_that_distinguishes_operations_may_have_the_name_of_an_attribute(name):
    """It is added beside others, whatever their names, and taken away by null."""
    others, given = {"bounds": ["b"], "nullable": ["c"]}, {name: ["a"]}
    found = ruled({"contract": {"discriminator": others}}, {"contract": {"discriminator": given}})
    assert {key: [*values] for key, values in found.discriminator.items()} == others | given
    found = ruled({"contract": {"discriminator": others | given}}, {"contract": {"discriminator": {name: None}}})
    assert found.discriminator.keys() == others.keys() - {name}


def test_an_error_that_one_ruling_names_twice_is_refused():
    """The first would be lost; the same code with another status is another error."""
    more = [{"status": 404, "code": "NoStore"}, {"status": 404, "code": "NoStore", "messages": ["gone"]}]
    assert "ruling 1 results in an invalid contract: the error NoStore with status 404 appears twice" in refusal(
        {"contract": {"errors": more}}
    )
    assert ruled({"contract": {"errors": [more[0], more[0] | {"status": 400}]}})


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
    overruled = {"family": "openapi", "place": "query size required", "says": "yes"}
    text = refusal({"overrules": [overruled]})
    assert "rulings/ListBaskets.yaml: ruling 1 overrules a claim that no source makes" in text
    assert "openapi, query size required: yes" in text
    assert advised(text, r"write what is claimed there now, or delete the claim from overrules")
    now = text.partition("claimed there now: ")[2].partition("\n")[0]
    assert ruled({"overrules": [overruled | {"says": now}]})


def test_a_misspelt_place_of_a_claim_is_told_the_nearest():
    """The advice has places of that family, of which one is meant; without any like it, only the patch is left."""
    overruled = {"family": "openapi", "place": "qery size required", "says": "no"}
    meant, *_ = advised(refusal({"overrules": [overruled]}), r"write the place as one of these: (.*)\.")[1].split("; ")
    assert ruled({"overrules": [overruled | {"place": meant}]})
    ruling = {"overrules": [overruled | {"place": "x"}], "contract": {"summary": "Baskets."}}
    del ruling[advised(refusal(ruling), r"^delete the claim from (overrules)\.")[1]][0]
    assert ruled(ruling).summary == "Baskets."


@pytest.mark.parametrize("says", ["no", False])
def test_a_claim_is_overruled_as_it_is_printed_and_as_yaml_reads_it(says):
    """Without quotes, YAML reads yes and no as booleans, and a limit as a number."""
    assert ruled({"overrules": [{"family": "openapi", "place": "query size required", "says": says}]})
    limited = [(source(), page(query={"size": Parameter("integer", minimum=3)}))]
    assert ruled({"overrules": [{"family": "handbook", "place": "query size minimum", "says": 3}]}, claims=limited)


@pytest.mark.parametrize(
    ("patch", "name"),
    [
        ({"query": {"seize": None}}, "seize"),
        ({"response": {"value": {"members": {"total": None}}}}, "total"),
        ({"path_parameters": {"stare": {"type": "integer"}}}, "stare"),
    ],
)
def test_a_name_that_is_misspelt_changes_nothing_and_is_refused(patch, name):
    """What should be taken away would be demanded for ever, and what is ruled on the path would never be looked at."""
    text = refusal({"contract": patch})
    assert f"rulings/ListBaskets.yaml: ruling 1: the contract has no parameter, header or member {name}" in text
    assert advised(text, r"write the name as the contract has it, or delete it from the ruling")
    assert ruled({"contract": {"query": {"size": None}, "path_parameters": {"store": {"type": "integer"}}}})


def test_what_is_renamed_is_taken_away_and_added():
    """Also a part of the path, whose old name is then none any more."""
    found = ruled({"contract": {"query": {"size": None, "count": {}}, "path": "/stores/{name}/baskets"}})
    assert ([*found.query], [*found.path_parameters]) == (["line", "count"], ["name"])


def test_a_name_that_an_earlier_ruling_took_away_may_be_taken_away_again():
    """A user's ruling stays right when the shipped ones say the same."""
    assert ruled(*[{"contract": {"query": {"size": None}}}] * 2) == ruled({"contract": {"query": {"size": None}}})


def test_the_same_rulings_in_two_folders_count_once():
    """A copy of the shipped folder has those that are shipped, too."""
    plain = {"operation": "ListBaskets", "rulings": [{"why": "because", "contract": {"summary": "Baskets."}}]}
    one, other = (read_rulings(plain, f"{folder}/ListBaskets.yaml") for folder in ("shipped", "own"))
    assert one.followed_by(other).rulings == one.rulings


def test_a_ruling_that_makes_no_contract_is_refused():
    """A key that contracts have not, a level that is none, and a pattern that is none are told with their place."""
    text = refusal({"contract": {"query": {"size": {"patern": "[0-9]"}}}})
    assert "rulings/ListBaskets.yaml: rulings[0].contract.query.size: unknown key patern" in text
    known = advised(text, r"^write (\w+)\.")[1]
    assert ruled({"contract": {"query": {"size": {known: "[0-9]"}}}}).query["size"].pattern == "[0-9]"
    assert "size.level: expected one of these: " in refusal({"contract": {"query": {"size": {"level": "maybe"}}}})
    assert "size.pattern: expected a regular expression, got " in refusal(
        {"contract": {"query": {"size": {"pattern": "(("}}}}
    )
    assert "size.form: expected one of these: " in refusal({"contract": {"query": {"size": {"form": "base46"}}}})
    assert "size.equals: expected one of these: " in refusal({"contract": {"query": {"size": {"equals": "body.size"}}}})
    assert "codes.status: expected the code of a clause, got " in refusal({"contract": {"codes": {"status": "SLS999"}}})
    assert "codes.status: expected string, got []" in refusal({"contract": {"codes": {"status": []}}})
    assert ruled({"contract": {"codes": {"status": "SLS206"}}}).codes == {"status": "SLS206"}


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
        (None, "f.yaml: the file: expected object, got null\nHow"),
        ({"operation": "A", "ruling": []}, "f.yaml: the file: unknown key ruling\nHow to fix: write rulings."),
        (
            {"operation": "A", "rulings": [{"contract": {}}]},
            'f.yaml: rulings[0]: expected the key why, got {"contract": {}}',
        ),
        (
            {"operation": "A", "rulings": [{"why": "b", "overrules": ["c"]}]},
            'f.yaml: rulings[0].overrules[0]: expected object, got "c"',
        ),
        (
            {"operation": "A", "rulings": [{"why": "b", "overrules": [{"family": "x", "place": "y", "says": "z"}]}]},
            'f.yaml: rulings[0].overrules[0].family: expected one of these: "handbook", "openapi", ',
        ),
        (
            {"operation": "A", "rulings": [{"why": "b", "contract": {"query": {"c": {"codes": {"valeu": "SLS101"}}}}}]},
            'f.yaml: rulings[0].contract.query.c.codes: expected one of these: "alias", "filter", ',
        ),
    ],
)
def test_what_is_no_file_of_rulings_is_told(plain, says):
    """Every message names the file, the place in it, what is wrong there, and the way out."""
    with pytest.raises(UsageError) as stopped:
        read_rulings(plain, "f.yaml")
    assert str(stopped.value).startswith(says)
    assert "\nHow to fix: " in str(stopped.value)
