"""The JSON Schemas of an operation (request in parsed form, response, errors), and of the Authorization header."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sls_contract.spec.contract import PLACEHOLDER, Contract, Value
from sls_contract.spec.export.common import common, without_sources
from sls_contract.spec.export.values import is_required, schema_of, text_schema_of
from sls_contract.spec.finding import Level

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMESPACE = "urn:sls-contract:schema:"
_REQUEST = (
    "A request taken apart: names percent-decoded, query values decoded, header names in lower case, their values "
    "without blanks around them, repeated headers joined with a comma. Of a query key that is repeated, one value. "
    "A JSON body is parsed."
)
_UNSIGNED = ("authorization", "x-log-apiversion")
"""Headers that only signed requests need."""


def schema_files(contracts: Iterable[Contract]) -> dict[str, str]:
    """Return the text of each file: ``authorization.json``, ``<Operation>.request.json``, ``.response.json``, …."""
    schemas = operation_schemas(contracts)
    return {name: json.dumps(each, ensure_ascii=False, indent=2) + "\n" for name, each in schemas.items()}


def operation_schemas(contracts: Iterable[Contract]) -> dict[str, dict[str, Any]]:
    """Return the schemas by file name, each self-contained.

    All operations share ``authorization.json``. A response that is not JSON has no schema. ``x-sls-body`` in the schema
    of a request states the content of its body.
    """
    found = {"authorization.json": _with_id("authorization", common()["authorization"])}
    for contract in contracts:
        name = contract.operation
        found[f"{name}.request.json"] = _with_id(f"{name}.request", request_schema(contract))
        if contract.response is not None and contract.response.content == "json":
            response = {"title": f"{name} response", **schema_of(contract.response.value)}
            found[f"{name}.response.json"] = _with_id(f"{name}.response", response)
        found[f"{name}.error.json"] = _with_id(f"{name}.error", error_schema(contract))
    return found


def request_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of a request in parsed form."""
    project = {"project": Value(type="string", required=Level.VIOLATION)} if contract.project else {}
    names = {
        name: replace(contract.path_parameters.get(name, Value(type="string")), required=Level.VIOLATION)
        for name in PLACEHOLDER.findall(contract.path)
    }
    query = {
        key: replace(value, required=Level.VIOLATION) if key in contract.discriminator else value
        for key, value in query_of(contract).items()
    }
    parts = {
        "path": _object_of_texts(project | names),
        "query": _object_of_texts(query),
        "headers": headers_schema(contract),
    }
    required = ["path", "headers"]
    if parts["query"].get("required"):
        required.append("query")
    if (body := contract.body) is not None and body.content == "json":
        parts["body"] = schema_of(body.value)
        if body.required is Level.VIOLATION:
            required.append("body")
    return {
        "title": f"{contract.operation} request",
        "description": f"{_REQUEST} {contract.method} {contract.path}",
        "type": "object",
        "required": required,
        "properties": parts,
        "x-sls-body": "free" if body is None else body.content,
        "x-source": list(contract.sources),
    }


def headers_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of the headers: the common ones, and those specific to the operation."""
    schema: dict[str, Any] = without_sources(common()["headers"])
    if not contract.signed:
        schema["required"] = [name for name in schema["required"] if name not in _UNSIGNED]
        del schema["anyOf"]  # only a signature needs a date
    specific = {name.lower(): text_schema_of(each) for name, each in contract.headers.items()}
    needed = [name.lower() for name, each in contract.headers.items() if is_required(each)]
    schema["properties"] = {**schema["properties"], **specific}
    schema["required"] = list(dict.fromkeys((*schema["required"], *needed)))
    return schema


def error_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of an error's body; it lists the operation's errors, but allows any other."""
    schema = without_sources(common()["error"])
    return {**schema, "title": f"{contract.operation} error", "x-sls-errors": listed_errors(contract)}


def listed_errors(contract: Contract) -> list[dict[str, Any]]:
    """Return the errors specific to the operation as plain values."""
    return [
        {"status": each.status, "code": each.code, "messages": list(each.messages), "from": list(each.sources)}
        for each in contract.errors
    ]


def query_of(contract: Contract) -> dict[str, Value]:
    """Return the query parameters, including the keys that distinguish operations of one route."""
    discriminator = {
        key: Value(type="string", required=Level.VIOLATION, values=values, sources=contract.sources)
        for key, values in contract.discriminator.items()
    }
    return discriminator | {key: each for key, each in contract.query.items() if key not in discriminator}


def _object_of_texts(values: Mapping[str, Value]) -> dict[str, Any]:
    required = [name for name, each in values.items() if is_required(each)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: text_schema_of(each) for name, each in values.items()},
    }
    return schema | ({"required": required} if required else {})


def _with_id(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"{NAMESPACE}{name}", **schema}
