"""The schemas shared by all operations, from ``schemas/common.json``: headers, Authorization, error."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from sls_contract.spec.installation import readable, shipped

FILE = "common.json"
_LEFT_OUT = ("examples", "x-source")


@cache
def common() -> dict[str, Any]:
    """Return the schemas by name, each self-contained; raises `UsageError` if the file cannot be read."""
    file = shipped(FILE)
    with readable(file, "the schemas that all operations share"):
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["$defs"]
        found["headers"]["properties"]["authorization"] = found["authorization"]
        return found


def without_sources(schema: Any) -> Any:
    """Return a copy of a schema without sources and examples, for schemas that are embedded many times."""
    if isinstance(schema, dict):
        return {name: without_sources(each) for name, each in schema.items() if name not in _LEFT_OUT}
    return [without_sources(each) for each in schema] if isinstance(schema, list) else schema
