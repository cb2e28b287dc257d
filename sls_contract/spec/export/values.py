"""Converts values of a contract to JSON Schemas (2020-12): of the parsed value, or of its text in a query or header.

Only a breach at level violation is invalid. Constraints of lower levels are under ``x-sls-not-enforced``, and
constraints that no schema can express under ``x-sls-meaning``, so the export is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sls_contract.spec.contract import SPELLED, Value
from sls_contract.spec.finding import Level

_MEANINGS = ("unit", "form", "unique_by", "filtered_by", "equals", "needed_unless", "aliases")


def schema_of(value: Value) -> dict[str, Any]:
    """Return the schema of a parsed value."""
    return _schema(value, _constraints(value)) | _parts(value)


def text_schema_of(value: Value) -> dict[str, Any]:
    """Return the schema of a value's text in a path, a query or a header."""
    constraints: dict[str, Any] = {"type": "string"}
    if value.values:
        constraints["enum"] = list(value.values)
    elif pattern := value.pattern or SPELLED.get(value.type or "", ("",))[0]:
        constraints |= _full_match(pattern)
    bounds = _bounds(value)
    if value.type == "string":
        return _schema(value, constraints)
    return _schema(value, constraints) | ({"x-sls-bounds": bounds} if bounds else {})


def is_required(value: Value) -> bool:
    """Return whether its absence is a violation."""
    return value.required is Level.VIOLATION


def _schema(value: Value, constraints: Mapping[str, Any]) -> dict[str, Any]:
    """Return constraints as rules if a breach is a violation, else as ``x-sls-not-enforced``; add the annotations."""
    meaning = {name: _plain(getattr(value, name)) for name in _MEANINGS if getattr(value, name)}
    schema: dict[str, Any] = {"description": value.says} if value.says else {}
    if value.level is Level.VIOLATION:
        schema |= constraints
    elif constraints:
        schema["x-sls-not-enforced"] = {"level": value.level.value, **constraints}
    if value.bounds and value.level is Level.VIOLATION:
        schema["x-sls-not-enforced"] = {"level": value.bounds.value, **_bounds(value)}
    if value.default:
        schema["default"] = _typed(value.default, value.type)
    if value.required in {Level.WARNING, Level.UNSPECIFIED}:
        schema["x-sls-required"] = value.required.value
    if meaning:
        schema["x-sls-meaning"] = meaning
    return schema | ({"x-source": list(value.sources)} if value.sources else {})


def _constraints(value: Value) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if value.type:
        found["type"] = [value.type, "null"] if value.nullable else value.type
    if value.values:
        found["enum"] = [_typed(text, value.type) for text in value.values] + ([None] if value.nullable else [])
    if value.pattern:
        found |= _full_match(value.pattern)
    if value.unique:
        found["uniqueItems"] = True
    return found if value.bounds and value.level is Level.VIOLATION else found | _bounds(value)


def _bounds(value: Value) -> dict[str, int]:
    """Return the limits of a number, or of a text's length."""
    names = ("minLength", "maxLength") if value.type == "string" else ("minimum", "maximum")
    bounds = zip(names, (value.minimum, value.maximum), strict=True)
    return {name: bound for name, bound in bounds if bound is not None}


def _full_match(pattern: str) -> dict[str, Any]:
    """Require that a whole text matches; in some dialects ``$`` also matches before a final line break."""
    may_break = "[^" in pattern or "\\" in pattern
    return {"pattern": f"^(?:{pattern})$"} | ({} if may_break else {"not": {"type": "string", "pattern": "\\n"}})


def _parts(value: Value) -> dict[str, Any]:
    """Return the schemas of members and elements."""
    parts: dict[str, Any] = {}
    if value.members:
        parts["properties"] = {name: schema_of(each) for name, each in value.members.items()}
    required = [name for name, each in value.members.items() if is_required(each)]
    if required:
        parts["required"] = required
    if value.some_of and value.level is Level.VIOLATION:
        parts["anyOf"] = [{"required": [name]} for name in value.some_of]
    if value.others is Level.VIOLATION and value.members:
        parts["additionalProperties"] = False
    if value.items is not None:
        parts["items"] = schema_of(value.items)
    return parts


def _typed(text: str, kind: str | None) -> Any:
    if kind == "integer":
        return int(text)
    if kind == "number":
        return float(text)
    return text.lower() == "true" if kind == "boolean" else text


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return dict(value) if hasattr(value, "items") else value
