"""Builds an OpenAPI 3.1 document from contracts.

OpenAPI allows one operation per path and method, but SLS distinguishes several by a query key. These are merged: any
value that one of them allows is valid, and a parameter is required if all of them require it. ``x-sls-operations``
contains each in full.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import PLACEHOLDER
from sls_contract.spec.export.common import common
from sls_contract.spec.export.operations import merged, operation_object, server

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sls_contract.spec.contract import Contract

_SIGNATURE = (
    "A signature, not a key: LOG <access key id>:<signature> (v1, HMAC over method, headers and path), or "
    "SLS4-HMAC-SHA256 Credential=…,Signature=… (v4). It differs for each request, so let a hook sign it; "
    "sls_contract.sign does."
)
_DECLARED_ELSEWHERE = {"authorization", "host"}  # as the security scheme and the servers


def openapi(contracts: Iterable[Contract], version: str) -> dict[str, Any]:
    """Return the document of all contracts; ``version`` is the version of sls-contract."""
    templates: dict[str, str] = {}
    groups: dict[tuple[str, str], list[tuple[Contract, str]]] = {}
    for contract in sorted(contracts, key=lambda each: each.operation):
        for path in (contract.path, *contract.other_paths):
            template = templates.setdefault(PLACEHOLDER.sub("{}", path), path)
            groups.setdefault((template, contract.method), []).append((contract, path))
    paths: dict[str, Any] = {}
    for (template, method), members in sorted(groups.items(), key=lambda group: group[0]):
        objects = [operation_object(contract, path, template) for contract, path in members]
        paths.setdefault(template, {})[method.lower()] = objects[0] if len(objects) == 1 else merged(objects)
    _make_ids_unique(paths)
    return _document(paths, version)


def _make_ids_unique(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Add a number to repeated ids: an operation with several paths is listed on each."""
    seen: Counter[str] = Counter()
    for methods in paths.values():
        for each in methods.values():
            name = each["operationId"]
            seen[name] += 1
            if seen[name] > 1:
                each["operationId"] = f"{name}_{seen[name]}"


def _document(paths: Mapping[str, Any], version: str) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Alibaba Cloud Simple Log Service, as sls-contract knows it",
            "version": "2020-12-30",
            "description": f"Made by sls-contract {version} from published pages, SDKs and rulings. Unofficial.",
        },
        "servers": [server("{project}.{endpoint}")],
        "security": [{"SlsSignature": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "SlsSignature": {"type": "apiKey", "in": "header", "name": "Authorization", "description": _SIGNATURE}
            },
            "parameters": _common_headers(),
            "schemas": {"Error": common()["error"]},
            "responses": {
                "Error": {
                    "description": "An error that any operation may return.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
                }
            },
        },
    }


def _common_headers() -> dict[str, Any]:
    headers = common()["headers"]
    found = {}
    for name, schema in headers["properties"].items():
        if name not in _DECLARED_ELSEWHERE:
            described = {key: each for key, each in schema.items() if key not in {"title", "description"}}
            found[name] = {
                "name": schema["title"],
                "in": "header",
                "required": name in headers["required"],
                "description": schema["description"],
                "schema": described,
            }
    return found
