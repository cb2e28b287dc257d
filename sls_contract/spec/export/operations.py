"""The operation objects of an OpenAPI document: of a contract, and of several that share path and method."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import PLACEHOLDER, Value
from sls_contract.spec.export.common import common
from sls_contract.spec.export.schemas import listed_errors, query_of
from sls_contract.spec.export.values import is_required, schema_of
from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sls_contract.spec.contract import Body, Contract

_MEDIA = {"json": "application/json", "protobuf": "application/x-protobuf", "binary": "application/octet-stream"}
_ERROR = {"$ref": "#/components/responses/Error"}
_NOT_PARAMETERS = {"accept", "content-type", "authorization"}  # OpenAPI ignores parameters of these names
_DECLARED_ELSEWHERE = {"authorization", "host", "content-type"}


def operation_object(contract: Contract, path: str, template: str) -> dict[str, Any]:
    """Return the operation object of a contract.

    Args:
        contract: of the operation.
        path: the path template of the contract to describe.
        template: the same path in the document, whose placeholders can have other names.

    """
    names = dict(zip(PLACEHOLDER.findall(path), PLACEHOLDER.findall(template), strict=True))
    shared = (name for name in common()["headers"]["properties"] if name not in _DECLARED_ELSEWHERE)
    common_headers = [{"$ref": f"#/components/parameters/{name}"} for name in shared]
    found: dict[str, Any] = {
        "operationId": contract.operation,
        "summary": contract.summary or contract.operation,
        "parameters": [*_path(contract, names), *_query(contract), *_headers(contract), *common_headers],
    }
    if (body := contract.body) is not None and body.content != "none":
        found["requestBody"] = {"required": body.required is Level.VIOLATION, "content": _content(body)}
    found["responses"] = _responses(contract)
    if not contract.signed:
        found["security"] = []
    if not contract.project:
        found["servers"] = [server("{endpoint}")]
    return found | _extensions(contract)


def merged(objects: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a single operation object for several of the same path and method, which contains each in full."""
    names = [each["operationId"] for each in objects]
    found: dict[str, Any] = {
        "operationId": "_".join(names),
        "summary": " / ".join(names),
        "description": f"{len(names)} operations share path and method: {', '.join(names)}. They are told apart by "
        "query keys. What any of them takes is allowed here; x-sls-operations has each with its own rules.",
        "parameters": _parameters_of(objects),
    }
    bodies = [each["requestBody"] for each in objects if "requestBody" in each]
    if bodies:
        needed = len(bodies) == len(objects) and all(each["required"] for each in bodies)
        found["requestBody"] = {"required": needed, "content": _any_content(each["content"] for each in bodies)}
    found["responses"] = _any_response([each["responses"] for each in objects])
    servers = [each.get("servers") for each in objects]
    if any(servers):
        default = [] if all(servers) else [server("{project}.{endpoint}")]
        found["servers"] = [*default, *next(filter(None, servers))]
    return found | {"x-sls-operations": [dict(each) for each in objects]}


def server(host: str) -> dict[str, Any]:
    """Return a server object with its variables."""
    known = {
        "project": {"default": "my-project", "description": "Name of the project."},
        "endpoint": {"default": "cn-hangzhou.log.aliyuncs.com", "description": "Endpoint of a region."},
    }
    return {
        "url": f"https://{host}",
        "variables": {name: each for name, each in known.items() if f"{{{name}}}" in host},
    }


def _extensions(contract: Contract) -> dict[str, Any]:
    known = {
        "x-sls-coverage": contract.coverage,
        "x-sls-aliases": list(contract.aliases),
        "x-sls-discriminator": {key: list(values) for key, values in contract.discriminator.items()},
        "x-sls-errors": listed_errors(contract),
        "x-sls-disagreements": [
            {"where": each.where, "claims": dict(each.claims), "taken": each.taken} for each in contract.disagreements
        ],
        "x-source": list(contract.sources),
    }
    return {name: value for name, value in known.items() if value}


def _parameter(name: str, place: str, value: Value, *, needed: bool) -> dict[str, Any]:
    schema = schema_of(value)
    words = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": place, "required": needed, **words, "schema": schema}


def _path(contract: Contract, names: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    for name, shown in names.items():
        value = contract.path_parameters.get(name, Value(type="string"))
        parameter = _parameter(shown, "path", value, needed=True)
        if value.type in {"string", None} and not value.values:
            parameter["schema"] = {"type": "string", "minLength": 1, **parameter["schema"]}
        yield parameter | ({"x-sls-name": name} if name != shown else {})


def _query(contract: Contract) -> Iterable[dict[str, Any]]:
    for name, value in query_of(contract).items():
        yield _parameter(name, "query", value, needed=is_required(value) or name in contract.discriminator)


def _headers(contract: Contract) -> Iterable[dict[str, Any]]:
    for name, value in contract.headers.items():
        if name.lower() not in _NOT_PARAMETERS | common()["headers"]["properties"].keys():
            yield _parameter(name, "header", value, needed=is_required(value))


def _content(body: Body) -> dict[str, Any]:
    schema = schema_of(body.value) if body.content == "json" else {}
    message = {"x-sls-message": body.message} if body.message else {}
    return {_MEDIA[body.content]: {"schema": schema, **message}}


def _responses(contract: Contract) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Success."}
    if contract.response_headers:
        success["headers"] = {
            name: {"required": is_required(each), "schema": schema_of(each)}
            for name, each in contract.response_headers.items()
        }
    if contract.response is not None and contract.response.content != "none":
        success["content"] = _content(contract.response)
    found = {str(status): success for status in contract.success}
    for status in sorted({each.status for each in contract.errors if each.status is not None}):
        codes = ", ".join(each.code for each in contract.errors if each.status == status)
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
        found[str(status)] = {"description": f"An error: {codes}, or one common to the API.", "content": content}
    return found | {"4XX": _ERROR, "5XX": _ERROR}


def _parameters_of(objects: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the merged parameters: required if every operation requires it, valid if the value is valid for one."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for each in objects:
        for parameter in each["parameters"]:
            key = (parameter.get("in", "$ref"), parameter.get("name") or parameter["$ref"])
            found.setdefault(key, []).append(parameter)
    return [_merged_parameter(same, len(objects)) for same in found.values()]


def _merged_parameter(same: Sequence[Mapping[str, Any]], operations: int) -> dict[str, Any]:
    merged = dict(same[0])
    if "$ref" in merged:
        return merged
    merged["required"] = merged["in"] == "path" or (len(same) == operations and all(each["required"] for each in same))
    merged["schema"] = any_of([each["schema"] for each in same])
    return merged


def any_of(schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a schema that allows what any of the schemas allows; enums are combined."""
    different = [each for place, each in enumerate(schemas) if each not in schemas[:place]]
    if len(different) == 1:
        return dict(different[0])
    if all("enum" in each for each in different):
        values = dict.fromkeys(value for each in different for value in each["enum"])
        return {"type": different[0].get("type", "string"), "enum": list(values)}
    return {"anyOf": [dict(each) for each in different]}


def _any_content(contents: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for content in contents:
        for media, each in content.items():
            found.setdefault(media, []).append(each["schema"])
    return {media: {"schema": any_of(schemas)} for media, schemas in found.items()}


def _any_headers(listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the merged headers: required if every operation requires it, valid if the value is valid for one."""
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for headers in listed for name in headers):
        same = [headers[name] for headers in listed if name in headers]
        needed = len(same) == len(listed) and all(each["required"] for each in same)
        merged[name] = {"required": needed, "schema": any_of([each["schema"] for each in same])}
    return merged


def _any_response(listed: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the merged responses by status."""
    merged: dict[str, Any] = {}
    for status in dict.fromkeys(status for responses in listed for status in responses):
        same = [responses[status] for responses in listed if status in responses]
        if "$ref" in same[0]:
            merged[status] = same[0]
            continue
        response: dict[str, Any] = {"description": " / ".join(dict.fromkeys(each["description"] for each in same))}
        if headers := _any_headers([each.get("headers", {}) for each in same]):
            response["headers"] = headers
        content = _any_content(each["content"] for each in same if "content" in each)
        merged[status] = response | ({"content": content} if content else {})
    return dict(sorted(merged.items()))
