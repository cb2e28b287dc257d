"""The files in schemas/ and what they are derived from."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sls_contract.spec.catalog import SCHEMA_NAMES
from sls_contract.spec.derive import files, schemas
from sls_contract.spec.description import DESCRIPTION

SCHEMAS = Path(__file__).parents[3] / "schemas"
ASSERTIONS = {
    "type", "required", "pattern", "not", "minLength", "minimum", "maximum", "const", "enum", "anyOf", "oneOf",
}  # fmt: skip
APPLICATORS = {"properties", "items", "allOf", "if", "then"}
ANNOTATIONS = {"$schema", "$id", "title", "description", "examples", "writeOnly", "x-source"}


def described(schema):
    """Yield every part of a schema that was derived from a shape."""
    yield schema
    parts = [
        *schema.get("properties", {}).values(),
        *schema.get("oneOf", []),
        *([schema["items"]] if "items" in schema else []),
    ]
    for part in [*parts, *(rule["then"] for rule in schema.get("allOf", []))]:
        yield from described(part)


def test_the_folder_is_what_derivation_gives():
    """The JSON Schemas in schemas/ are exactly the derived ones, byte for byte."""
    assert {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")} == files()


def test_names_stand_in_one_order():
    """The catalog's names are the derived schemas' names."""
    assert tuple(schemas()) == SCHEMA_NAMES


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_each_is_a_schema_of_2020_12(name):
    """Each derived schema is valid under the meta-schema it names."""
    schema = schemas()[name]
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$id"] == f"urn:sls-contract:schema:{name}"
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_constraint_has_words_and_a_source(name):
    """No part of a schema constrains without saying what it asks and who says so."""
    for part in described(schemas()[name]):
        assert set(part) <= ASSERTIONS | APPLICATORS | ANNOTATIONS
        origins = part.get("x-source", {})
        assert set(origins) == set(part) & ASSERTIONS
        assert all(origin["says"] and origin["from"] and all(origin["from"]) for origin in origins.values())


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_part_is_explained_to_people(name):
    """Each part has a title and a description."""
    assert all(part["title"] and part["description"] for part in described(schemas()[name]))


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_every_example_keeps_its_own_schema(name):
    """An example that its own schema refuses would mislead."""
    examples = [(part, example) for part in described(schemas()[name]) for example in part.get("examples", [])]
    assert [each for each in examples if not Draft202012Validator(each[0]).is_valid(each[1])] == []


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_patterns_keep_to_what_every_dialect_shares(name):
    """No look-around, no class escapes: those differ between Python, Rust, Go and JavaScript."""
    text = files()[f"{name}.json"]
    patterns = [json.loads(f'"{part.split(chr(34))[0]}"') for part in text.split('"pattern": "')[1:] if part[0] == "^"]
    assert patterns or name == "error"
    assert [each for each in patterns if "\\" in each or "(?=" in each or "(?!" in each or "(?<" in each] == []


def test_secrets_are_marked():
    """What must never be shown is writeOnly: the Authorization header and the security token."""
    headers = schemas()["get-checkpoint.request"]["properties"]["headers"]["properties"]
    assert {name for name, part in headers.items() if part.get("writeOnly")} == {
        "authorization",
        "x-acs-security-token",
    }
    assert schemas()["authorization"]["writeOnly"]


def test_the_description_answers_for_members_by_name():
    """A member is found by its wire name, and a wrong name is a KeyError."""
    assert DESCRIPTION.error.member("errorCode").required
    with pytest.raises(KeyError):
        DESCRIPTION.error.member("error_code")
