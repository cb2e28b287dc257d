"""Derives claims from the service's published OpenAPI metadata: a JSON document of all operations (``apis``)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sls_contract.spec.claims import MODEL, Page, Parameter
from sls_contract.spec.pages.columns import json_type

_MAX_DEPTH = 12


def derive_metadata(document: Any) -> dict[str, Page]:
    """Return the claims of a metadata document about each operation, by name; other content is ignored."""
    schemas = _mapping(_mapping(_mapping(document).get("components")).get("schemas"))
    apis = _mapping(_mapping(document).get("apis"))
    return {name: _page(name, _mapping(api), schemas) for name, api in apis.items()}


def _page(name: str, api: Mapping[str, Any], schemas: Mapping[str, Any]) -> Page:
    method = next(iter(_sequence(api.get("methods"))), None)
    page = Page(operation=name, method=str(method).upper() if method else None, host="{endpoint}")
    page.set_target(str(api.get("path") or ""))
    for parameter in _sequence(api.get("parameters")):
        _add_parameter(page, _mapping(parameter), schemas)
    _response(page, _mapping(api.get("responses")), schemas)
    _errors(page, _mapping(api.get("errorCodes")))
    if page.path is None:
        page.problem(1, "path", "path", f"{name} has none")
    return page


def _add_parameter(page: Page, parameter: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Add a parameter at its place on the wire; an unknown place is recorded as a problem."""
    name, place = str(parameter.get("name") or ""), str(parameter.get("in"))
    schema = _resolved(_mapping(parameter.get("schema")), schemas)
    if place == "host":
        page.host = "{project}.{endpoint}"
    elif place in {"query", "header"}:
        (page.query if place == "query" else page.headers)[name] = _parameter(schema)
    elif place == "body":
        page.body.shape = _type(schema)
        _add_members(page.body.members, schema, None, schemas, 0)
    elif place == "formData":
        page.body.shape = "object"
        page.body.members[None, name] = _parameter(schema)
    elif place == "path":
        page.described[name] = Parameter(_type(schema), origins={MODEL})
    else:
        page.problem(1, "not-in-syntax", f"parameter {name}", place)


def _response(page: Page, responses: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    status = next((code for code in responses if re.fullmatch(r"2\d\d", str(code))), None)
    if status is None:
        return
    page.status = int(status)
    response = _mapping(responses[status])
    headers = _mapping(response.get("headers"))
    page.response_headers = [
        name for name in headers if name.lower().startswith("x-log-") and name != "x-log-requestid"
    ]
    if schema := _resolved(_mapping(response.get("schema")), schemas):
        page.response.shape = _type(schema)
        _add_members(page.response.members, schema, None, schemas, 0, optional=True)


def _errors(page: Page, statuses: Mapping[str, Any]) -> None:
    for status, errors in statuses.items():
        for error in _sequence(errors) if re.fullmatch(r"[1-5]\d\d", status, re.ASCII) else ():
            code, message = str(_mapping(error).get("errorCode")), str(_mapping(error).get("errorMessage") or "")
            page.errors.setdefault((int(status), code), []).append(message)


def _add_members(
    members: dict[tuple[str | None, str], Parameter],
    schema: Mapping[str, Any],
    parent: str | None,
    schemas: Mapping[str, Any],
    depth: int,
    *,
    optional: bool = False,
) -> None:
    """Add the members of an object, or of the elements of an array, and their members."""
    if depth > _MAX_DEPTH:
        return
    if "items" in schema:
        _add_members(
            members, _resolved(_mapping(schema["items"]), schemas), parent, schemas, depth + 1, optional=optional
        )
    for name, inner in _mapping(schema.get("properties")).items():
        if "$ref" in _mapping(inner) and (parent, name) in members:
            continue  # a schema that contains itself
        resolved = _resolved(_mapping(inner), schemas)
        member = _parameter(resolved)
        member.parent, member.required = parent, None if optional else member.required
        members.setdefault((parent, name), member)
        _add_members(members, resolved, name, schemas, depth + 1, optional=optional)


def _parameter(schema: Mapping[str, Any]) -> Parameter:
    required = None if isinstance(schema.get("required"), list) else bool(schema.get("required"))
    return Parameter(_type(schema), required, tuple(map(str, _sequence(schema.get("enum")))), {MODEL})


def _type(schema: Mapping[str, Any]) -> str | None:
    return json_type(str(schema.get("type") or "")) if schema.get("type") else None


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference to a shared schema once; the service's references do not chain."""
    name = str(schema.get("$ref") or "").rpartition("/")[2]
    return {**_mapping(schemas.get(name)), **schema} if name else schema


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
