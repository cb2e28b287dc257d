"""Makes the values of a contract JSON Schemas (2020-12): as parsed, or as the text that a query or header holds.

Only a breach at level violation is invalid. What a lower level says stands under ``x-sls-not-enforced``, and what no
schema can say under ``x-sls-meaning``: nothing of a contract is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.spec.contract import SPELLED
from sls_contract.spec.finding import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.spec.contract import Value

_MEANINGS = ("unit", "form", "unique_by", "filtered_by", "equals", "needed_unless", "aliases")


def schema_of(value: Value) -> dict[str, Any]:
    """Return the schema of a parsed value."""
    return _schema(value, _constraints(value)) | _parts(value)


def text_schema_of(value: Value) -> dict[str, Any]:
    """Return the schema of the text that spells a value in a path, a query or a header."""
    constraints: dict[str, Any] = {"type": "string"}
    if value.values:
        constraints["enum"] = list(value.values)
    elif pattern := value.pattern or SPELLED.get(value.type or "", ("",))[0]:
        constraints |= _whole(pattern)
    bounds = _bounds(value)
    if value.type == "string":
        return _schema(value, constraints)
    return _schema(value, constraints) | ({"x-sls-bounds": bounds} if bounds else {})


def is_demanded(value: Value) -> bool:
    """Tell whether leaving it out is a violation."""
    return value.required is Level.VIOLATION


def _schema(value: Value, constraints: Mapping[str, Any]) -> dict[str, Any]:
    """Give constraints as rules where a breach is a violation, else as what is expected; then who says so."""
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
        found |= _whole(value.pattern)
    return found if value.bounds and value.level is Level.VIOLATION else found | _bounds(value)


def _bounds(value: Value) -> dict[str, int]:
    """Return the limits of a number, or of the length of a text."""
    names = ("minLength", "maxLength") if value.type == "string" else ("minimum", "maximum")
    bounds = zip(names, (value.minimum, value.maximum), strict=True)
    return {name: bound for name, bound in bounds if bound is not None}


def _whole(pattern: str) -> dict[str, Any]:
    """Demand that a whole text fits; some dialects let ``$`` match before a line break that ends the text."""
    may_break = "[^" in pattern or "\\" in pattern
    return {"pattern": f"^(?:{pattern})$"} | ({} if may_break else {"not": {"type": "string", "pattern": "\\n"}})


def _parts(value: Value) -> dict[str, Any]:
    """Return the schemas of members and elements."""
    parts: dict[str, Any] = {}
    if value.members:
        parts["properties"] = {name: schema_of(each) for name, each in value.members.items()}
    demanded = [name for name, each in value.members.items() if is_demanded(each)]
    if demanded:
        parts["required"] = demanded
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
