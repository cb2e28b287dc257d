"""The JSON Schemas of one operation: its request taken apart, its answer, its errors; and of any Authorization."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import Value
from sls_contract.spec.export.common import common, without_sources
from sls_contract.spec.export.values import is_demanded, schema_of, text_schema_of
from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sls_contract.spec.contract import Contract

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMESPACE = "urn:sls-contract:schema:"
_NAME = re.compile(r"\{([^}]*)\}")
_REQUEST = (
    "A request taken apart: names percent-decoded, query values decoded, header names in lower case, their values "
    "without blanks around them, repeated headers joined with a comma. Of a query key that is repeated, one value. "
    "A JSON body is parsed."
)
_UNSIGNED = ("authorization", "x-log-apiversion")
"""Headers that only signed requests need."""


def schema_files(contracts: Iterable[Contract]) -> dict[str, str]:
    """Return the text of every file: ``authorization.json``, ``<Operation>.request.json``, ``.answer.json``, …."""
    schemas = operation_schemas(contracts)
    return {name: json.dumps(each, ensure_ascii=False, indent=2) + "\n" for name, each in schemas.items()}


def operation_schemas(contracts: Iterable[Contract]) -> dict[str, dict[str, Any]]:
    """Return every schema by its file name; each is complete in itself.

    The Authorization header is the same for all operations: ``authorization.json``. An answer that is no JSON has no
    schema; the request's says so of a body.
    """
    found = {"authorization.json": _headed("authorization", common()["authorization"])}
    for contract in contracts:
        name = contract.operation
        found[f"{name}.request.json"] = _headed(f"{name}.request", request_schema(contract))
        if contract.response is not None and contract.response.content == "json":
            answer = {"title": f"{name} answer", **schema_of(contract.response.value)}
            found[f"{name}.answer.json"] = _headed(f"{name}.answer", answer)
        found[f"{name}.error.json"] = _headed(f"{name}.error", error_schema(contract))
    return found


def request_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of a request taken apart."""
    project = {"project": Value(type="string", required=Level.VIOLATION)} if contract.project else {}
    names = {
        name: _always(contract.path_parameters.get(name, Value(type="string"))) for name in _NAME.findall(contract.path)
    }
    told_by = {key: _always(value) for key, value in query_of(contract).items() if key in contract.discriminator}
    parts = {
        "path": _texts(project | names),
        "query": _texts(query_of(contract) | told_by),
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
    """Return the schema of the headers: those common to the API, and the operation's own."""
    schema: dict[str, Any] = without_sources(common()["headers"])
    if not contract.signed:
        schema["required"] = [name for name in schema["required"] if name not in _UNSIGNED]
        del schema["anyOf"]  # the date is a part of the signature
    own = {name.lower(): text_schema_of(each) for name, each in contract.headers.items()}
    needed = [name.lower() for name, each in contract.headers.items() if is_demanded(each)]
    schema["properties"] = {**schema["properties"], **own}
    schema["required"] = list(dict.fromkeys((*schema["required"], *needed)))
    return schema


def error_schema(contract: Contract) -> dict[str, Any]:
    """Return the schema of an error's body; the operation's own errors are listed, any operation may answer others."""
    schema = without_sources(common()["error"])
    return {**schema, "title": f"{contract.operation} error", "x-sls-errors": listed_errors(contract)}


def listed_errors(contract: Contract) -> list[dict[str, Any]]:
    """Return the operation's own errors as plain values."""
    return [
        {"status": each.status, "code": each.code, "messages": list(each.messages), "from": list(each.sources)}
        for each in contract.errors
    ]


def query_of(contract: Contract) -> dict[str, Value]:
    """Return the query's values, with those that tell operations of one route apart."""
    told = {
        key: Value(type="string", required=Level.VIOLATION, values=values, sources=contract.sources)
        for key, values in contract.discriminator.items()
    }
    return told | {key: each for key, each in contract.query.items() if key not in told}


def _always(value: Value) -> Value:
    return replace(value, required=Level.VIOLATION)


def _texts(values: Mapping[str, Value]) -> dict[str, Any]:
    required = [name for name, each in values.items() if is_demanded(each)]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: text_schema_of(each) for name, each in values.items()},
    }
    return schema | ({"required": required} if required else {})


def _headed(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, "$id": f"{NAMESPACE}{name}", **schema}
