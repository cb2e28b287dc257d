"""Derives claims from the source of the SDK for 2020-12-30 (PyPI: alibabacloud-sls20201230), without running it.

``client.py`` has a method per operation with its route, places of parameters and kind of body. The classes in
``models/`` have the types of parameters and members; a comment marks those that are required.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from sls_contract.spec.claims import MODEL, Page, Parameter

PACKAGE = "alibabacloud_sls20201230"
_REQUIRED = "This parameter is required."
_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "bytes": "string"}
_SHAPES = {"array": "array", "json": "object", "protobuf": "binary"}
_MAX_DEPTH = 12


class _Field(NamedTuple):
    """A member of a model: its name in Python and on the wire, its annotation, and whether it is required."""

    name: str
    wire: str
    annotation: ast.expr
    required: bool


def installed_sdk() -> Path | None:
    """Return the folder of the installed SDK without importing it; None if it is not installed."""
    spec = find_spec(PACKAGE)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def derive_sdk(folder: Path) -> dict[str, Page]:
    """Return the claims of the SDK in a folder about each operation, by name.

    Raises OSError if the folder has no ``client.py``, and SyntaxError if that is not valid Python.
    """
    models = dict(_models(folder / "models"))
    client = ast.parse((folder / "client.py").read_text(encoding="utf-8"))
    pages = {}
    for node in ast.walk(client):
        if isinstance(node, ast.FunctionDef) and (found := _params(node)):
            pages[found["action"]] = _page(node, found, models)
    return pages


def _models(folder: Path) -> Iterator[tuple[str, list[_Field]]]:
    for path in sorted(folder.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        lines = text.split("\n")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                yield node.name, list(_fields(node, lines))


def _fields(model: ast.ClassDef, lines: list[str]) -> Iterator[_Field]:
    methods = {node.name: node for node in model.body if isinstance(node, ast.FunctionDef)}
    if "__init__" not in methods:
        return
    annotations = {arg.arg: arg.annotation for arg in methods["__init__"].args.args if arg.annotation is not None}
    wire = dict(_wire_names(methods["to_map"])) if "to_map" in methods else {}
    for node in methods["__init__"].body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in annotations:
            name = node.value.id
            yield _Field(name, wire.get(name, name), annotations[name], _REQUIRED in _comment_above(lines, node.lineno))


def _comment_above(lines: list[str], line: int) -> str:
    """Return the comment directly above a line, counted from 1."""
    first = last = line - 1
    while first and lines[first - 1].strip().startswith("#"):
        first -= 1
    return "\n".join(lines[first:last])


def _wire_names(to_map: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Yield each member's name in Python and on the wire, read from ``result['forceSuccess'] = self.force_success``."""
    for node in ast.walk(to_map):
        if isinstance(node, ast.If):
            members = [each.attr for each in ast.walk(node.test) if isinstance(each, ast.Attribute)]
            keys = [
                key for each in ast.walk(node) if isinstance(each, ast.Subscript) and (key := _key_of(each, "result"))
            ]
            if members and keys:
                yield members[0], keys[0]
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = _key_of(node.targets[0], "result")
            if key and isinstance(node.value, ast.List):
                yield re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower(), key


def _key_of(node: ast.Subscript, name: str) -> str | None:
    """Return the key in ``name['key']``; None for anything else."""
    if isinstance(node.value, ast.Name) and node.value.id == name and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return None


def _params(method: ast.FunctionDef) -> dict[str, str] | None:
    """Return the arguments of a ``Params`` call: action, pathname, method, body_type; None if incomplete."""
    for node in ast.walk(method):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "Params":
            found = {keyword.arg: _text_of(keyword.value) for keyword in node.keywords if keyword.arg}
            return found if {"action", "pathname", "method"} <= set(found) else None
    return None


def _text_of(node: ast.expr) -> str:
    """Return a string, or the text of an f-string with its expressions in braces."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text_of(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"{{{ast.unparse(node.value)}}}"
    return str(node.value) if isinstance(node, ast.Constant) else ast.unparse(node)


def _page(method: ast.FunctionDef, params: dict[str, str], models: dict[str, list[_Field]]) -> Page:
    arguments = {arg.arg: arg.annotation for arg in method.args.args if arg.annotation is not None}
    page = Page(operation=params["action"], method=params["method"])
    page.set_target(params["pathname"])
    page.host = "{project}.{endpoint}" if _assigned(method, "host_map") else "{endpoint}"
    request = models.get(_model_name(arguments.get("request") or arguments.get("tmp_req")), [])
    _query(page, method, request)
    _headers(page, method, models.get(_model_name(arguments.get("headers")), []))
    binary = params.get("req_body_type") == "protobuf"
    _request_body(page, method, request, models, binary=binary)
    _response(page, params, models.get(_model_name(method.returns), []), models)
    return page


def _model_name(annotation: ast.expr | None) -> str:
    return annotation.attr if isinstance(annotation, ast.Attribute) else ""


def _assigned(method: ast.FunctionDef, name: str) -> list[tuple[str, str]]:
    """Return key and member of each ``name['key'] = request.member`` in a method."""
    found = []
    for node in ast.walk(method):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            key = _key_of(node.targets[0], name)
            members = [each.attr for each in ast.walk(node.value) if isinstance(each, ast.Attribute)]
            if key is not None:
                found.append((key, members[-1] if members else ""))
    return found


def _query(page: Page, method: ast.FunctionDef, fields: list[_Field]) -> None:
    by_name = {field.name: field for field in fields}
    for key, member in _assigned(method, "query"):
        field = by_name.get(member.removesuffix("_shrink"))
        kind = "string" if member.endswith("_shrink") else _type_of(field.annotation) if field else None
        page.query[key] = Parameter(kind, required=field.required if field else None, origins={MODEL})


def _headers(page: Page, method: ast.FunctionDef, fields: list[_Field]) -> None:
    by_name = {field.name: field for field in fields}
    for key, member in _assigned(method, "real_headers"):
        field = by_name.get(member)
        page.headers[key] = Parameter("string", required=field.required if field else None, origins={MODEL})


def _request_body(
    page: Page, method: ast.FunctionDef, fields: list[_Field], models: dict[str, list[_Field]], *, binary: bool
) -> None:
    by_name = {field.name: field for field in fields}
    members = _assigned(method, "body")
    whole = by_name.get("body")
    if binary:
        page.body.shape = "binary"
    elif members:
        page.body.shape = "object"
        for key, member in members:
            if field := by_name.get(member):
                _add_member(page.body.members, field._replace(wire=key), None, models)
    elif whole is not None:
        page.body.shape = _type_of(whole.annotation)
        _add_nested(page.body.members, whole.annotation, None, models, 0)


def _response(page: Page, params: dict[str, str], fields: list[_Field], models: dict[str, list[_Field]]) -> None:
    body = next((field for field in fields if field.name == "body"), None)
    if body is None:
        return
    page.response.shape = _SHAPES.get(params.get("body_type", ""))
    if page.response.shape != "binary":
        _add_nested(page.response.members, body.annotation, None, models, 0, optional=True)


def _add_nested(
    members: dict[tuple[str | None, str], Parameter],
    annotation: ast.expr,
    parent: str | None,
    models: dict[str, list[_Field]],
    depth: int,
    *,
    optional: bool = False,
) -> None:
    """Add the members of each model that is named anywhere in an annotation.

    Models inside a dictionary are skipped: its keys are chosen by users, so its values have no fixed place.
    """
    nodes = list(ast.walk(annotation))
    if depth >= _MAX_DEPTH or any(isinstance(each, ast.Name) and each.id in {"Dict", "dict"} for each in nodes):
        return
    for name in [each.attr for each in nodes if isinstance(each, ast.Attribute)]:
        for field in models.get(name, []):
            if (parent, field.wire) not in members:
                _add_member(members, field, parent, models, depth, optional=optional)


def _add_member(
    members: dict[tuple[str | None, str], Parameter],
    field: _Field,
    parent: str | None,
    models: dict[str, list[_Field]],
    depth: int = 0,
    *,
    optional: bool = False,
) -> None:
    required = None if optional else field.required
    members[parent, field.wire] = Parameter(_type_of(field.annotation), required, origins={MODEL}, parent=parent)
    _add_nested(members, field.annotation, field.wire, models, depth + 1, optional=optional)


def _type_of(annotation: ast.expr) -> str | None:
    """Return the JSON type of an annotation; None for ``Any``."""
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    if isinstance(annotation, ast.Attribute):
        return "object"
    name = annotation.id if isinstance(annotation, ast.Name) else ""
    return {"List": "array", "list": "array", "Dict": "object", "dict": "object"}.get(name) or _TYPES.get(name)
