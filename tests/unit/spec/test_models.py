"""Claims derived from the models of the SDK, and from OpenAPI metadata."""

import pytest

from sls_contract.spec.merge import claim_files
from sls_contract.spec.models import derive_metadata, derive_sdk, installed_sdk


@pytest.fixture(scope="module")
def sdk():
    """Derive the SDK that the tests install."""
    return derive_sdk(installed_sdk())


def test_the_sdk_gives_route_discriminator_places_types_and_what_is_required(sdk):
    """Its generated client says where a parameter goes, its models what it is."""
    page = sdk["ConsumerGroupUpdateCheckPoint"].as_plain()
    assert (page["method"], page["host"]) == ("POST", "{project}.{endpoint}")
    assert page["path"] == "/logstores/{logstore}/consumergroups/{consumer_group}"
    assert page["query"] == {
        "type": {"type": "string", "required": True, "const": "checkpoint", "from": ["syntax"]},
        "consumer": {"type": "string", "required": True, "from": ["table"]},
        "forceSuccess": {"type": "boolean", "required": False, "from": ["table"]},
    }
    assert page["body"]["members"] == {
        "checkpoint": {"type": "string", "required": True, "parent": None},
        "shard": {"type": "integer", "required": True, "parent": None},
    }


def test_claims_on_disk_say_that_a_model_was_read(sdk):
    """Where --json knows the parts of a page only."""
    stored = claim_files.as_plain(sdk["ConsumerGroupUpdateCheckPoint"])
    assert stored["query"]["type"]["read"] == ["syntax"]
    assert stored["query"]["consumer"]["read"] == ["model"]
    assert {tuple(each["read"]) for each in stored["body"]["members"]} == {("model",)}


def test_the_sdk_gives_responses_all_of_whose_members_are_optional(sdk):
    """It calls the body an array, and names the elements' members as on the wire."""
    response = sdk["GetCheckPoint"].as_plain()["response"]
    assert response["shape"] == "array"
    assert [(name, each["type"]) for name, each in response["members"].items()] == [
        ("shard", "integer"),
        ("checkpoint", "string"),
        ("updateTime", "integer"),
        ("consumer", "string"),
    ]


def test_the_sdk_knows_bare_arrays_binary_bodies_and_hosts_without_a_project(sdk):
    """What a body's words hide, the kinds of the client tell."""
    assert sdk["ConsumerGroupHeartBeat"].body.shape == "array"
    assert sdk["PutLogs"].body.shape == "binary"
    assert sdk["ListProject"].host == "{endpoint}"


def test_every_operation_of_the_sdk_is_derived(sdk):
    """However its generator spells the method's name; each has a route."""
    client = (installed_sdk() / "client.py").read_text(encoding="utf-8")
    assert {name for name in sdk if f"action = '{name}'" in client} == set(sdk)
    assert len(sdk) == len({line for line in client.split("\n") if line.strip().startswith("action = ")})
    assert all(page.path and page.method for page in sdk.values())


def test_metadata_gives_the_same_claims():
    """The service's own document: places, references, the members of arrays, its errors."""
    document = {
        "components": {"schemas": {"Basket": {"type": "object", "properties": {"weight": {"type": "integer"}}}}},
        "apis": {
            "FillBasket": {
                "path": "/stores/{store}/baskets?type=fill",
                "methods": ["post"],
                "parameters": [
                    {"name": "project", "in": "host", "schema": {"type": "string", "required": True}},
                    {"name": "store", "in": "path", "schema": {"type": "string", "required": True}},
                    {"name": "force", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "mood", "in": "query", "schema": {"type": "string", "enum": ["good", "bad"]}},
                    {"name": "body", "in": "body", "schema": {"type": "array", "items": {"$ref": "#/x/Basket"}}},
                    {"name": "odd", "in": "elsewhere", "schema": {}},
                ],
                "responses": {"200": {"headers": {"x-log-count": {}, "Server": {}}, "schema": {"$ref": "#/x/Basket"}}},
                "errorCodes": {"404": [{"errorCode": "StoreNotExist", "errorMessage": "gone"}]},
            }
        },
    }
    page = derive_metadata(document)["FillBasket"].as_plain()
    assert (page["method"], page["path"], page["host"]) == ("POST", "/stores/{store}/baskets", "{project}.{endpoint}")
    assert page["query"]["type"]["const"] == "fill"
    assert page["query"]["force"] == {"type": "boolean", "required": False, "from": ["table"]}
    assert page["query"]["mood"]["values"] == ["good", "bad"]
    assert page["body"] == {
        "shape": "array",
        "members": {"weight": {"type": "integer", "required": False, "parent": None}},
    }
    assert page["response"] == {
        "status": 200,
        "headers": ["x-log-count"],
        "shape": "object",
        "members": {"weight": {"type": "integer", "required": None, "parent": None}},
    }
    assert page["errors"] == [{"status": 404, "code": "StoreNotExist", "messages": ["gone"]}]
    assert [each["kind"] for each in page["problems"]] == ["not-in-syntax"]


@pytest.mark.parametrize("document", [[], {}, {"apis": None}, {"apis": {"A": {"parameters": [1], "responses": []}}}])
def test_metadata_of_any_form_ends_in_no_error(document):
    """What is no metadata gives no operations, or one of which nothing is known."""
    assert all(page.path is None for page in derive_metadata(document).values())
