"""Compares the parts of a request: what only one of them names, and values that the types in the tables exclude."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sls_contract.spec.pages import routes
from sls_contract.spec.pages.bodies import members_of
from sls_contract.spec.pages.lenient_json import Unreadable, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.parts import Parts

_VALUES = {
    "integer": re.compile(r"-?\d+"),
    "number": re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"),
    "boolean": re.compile(r"true|false|[01]", re.IGNORECASE),
}
"""The values of a query by their type."""


def report_unprinted(page: Page, parts: Parts) -> None:
    """Record query keys that only an example has, and described members of objects that the syntax prints without."""
    if parts.syntax and not parts.lists_parameters_apart:
        for key, parameter in page.query.items():
            if parameter.origins == {"example"}:
                page.problem(min(page.lines[f"query {key}"]), "not-in-syntax", f"parameter {key}", key)
    printed = [each for value in _bodies(parts) for each in members_of(value)]
    objects, names = {above for above, _, _ in printed}, {routes.letters(name) for _, name, _ in printed}
    for (above, name), member in page.body.members.items():
        if above in objects and "table" in member.origins and routes.letters(name) not in names:
            line = min(page.lines[f"body member {'.'.join(filter(None, (above, name)))}"])
            page.problem(line, "not-in-syntax", f"parameter {name}", name)


def report_values(page: Page, parts: Parts) -> None:
    """Record the values in the queries of examples that the types in the tables exclude; such a key can be any text."""
    for line in parts.requests:
        for key, value in routes.target_of(line.target).query:
            parameter = page.query.get(key)
            fits = _VALUES.get(parameter.type or "") if parameter and "table" in parameter.origins else None
            if parameter is None or fits is None or fits.fullmatch(value) or _is_sample(key, value):
                continue
            page.problem(line.line, "element-type", f"query {key}", f"{parameter.type}, and {value} in the example")
            parameter.type, parameter.minimum, parameter.maximum, parameter.default = "string", None, None, ""


def _is_sample(key: str, value: str) -> bool:
    """Return whether a value stands for any other one, such as ``{offset}``, ``offset`` or ``yourOffset``."""
    return not value or routes.placeholder(value) is not None or routes.overlap(key, value)


def _bodies(parts: Parts) -> Iterator[Any]:
    """Yield each body of the request syntax that can be read and is printed as a whole."""
    for message in parts.syntax:
        try:
            value, slips = read_json(message.body or "")
        except Unreadable:
            continue
        if "ellipsis" not in slips:
            yield value
