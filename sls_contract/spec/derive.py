"""From the description to JSON Schemas (draft 2020-12): pure functions from shapes to text.

Every constraint carries its words and sources under ``x-source``, keyed by its keyword. Only constructs that every
dialect of regular expressions and every validator reads alike are used, so that the files serve other languages too.
"""

from __future__ import annotations

import json
from typing import Any

from sls_contract.spec.catalog import SCHEMA_NAMES, SUFFIX
from sls_contract.spec.description import DESCRIPTION, Description
from sls_contract.spec.shape import Constraint, JsonSchema, Member, Rule, Shape

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NAMESPACE = "urn:sls-contract:schema:"


def schemas(description: Description = DESCRIPTION) -> dict[str, JsonSchema]:
    """Derive every schema, by name (``get-checkpoint.response``), in the order in which people read them."""
    shapes = (description.request, description.authorization, description.response, description.error)
    return {
        name: {"$schema": DIALECT, "$id": f"{NAMESPACE}{name}", **schema_of(shape)}
        for name, shape in zip(SCHEMA_NAMES, shapes, strict=True)
    }


def files(description: Description = DESCRIPTION) -> dict[str, str]:
    """Derive the text of every file in ``schemas/``, by file name; UTF-8, ends in a line break."""
    return {f"{name}{SUFFIX}": text_of(schema) for name, schema in schemas(description).items()}


def text_of(schema: JsonSchema) -> str:
    """Write a schema the one way in which it stands on disk."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def schema_of(shape: Shape) -> dict[str, Any]:
    """Make a shape a schema: annotations first, then constraints, then parts, then where it all comes from."""
    constraints = (*shape.constraints, *_required(shape), *_forms(shape))
    return {
        "title": shape.title,
        "description": shape.meaning,
        **({"writeOnly": True} if shape.secret else {}),
        **({"examples": list(shape.examples)} if shape.examples else {}),
        **{constraint.keyword: constraint.value for constraint in constraints},
        **({"properties": {member.name: schema_of(member.shape) for member in shape.members}} if shape.members else {}),
        **({"items": schema_of(shape.items)} if shape.items else {}),
        **({"allOf": [_conditional(rule) for rule in shape.rules]} if shape.rules else {}),
        **({"x-source": {each.keyword: _origin(each) for each in constraints}} if constraints else {}),
    }


def _required(shape: Shape) -> tuple[Constraint, ...]:
    """Gather the members that must be present into one constraint."""
    required = [member for member in shape.members if member.required]
    names = [member.name for member in required]
    return (Constraint("required", names, f"present: {', '.join(names)}", _sources(required)),) if required else ()


def _sources(members: list[Member]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for member in members for source in member.required))


def _forms(shape: Shape) -> tuple[Constraint, ...]:
    """State the forms of which exactly one fits."""
    if not shape.forms:
        return ()
    says = "; or ".join(form.constraints[0].says for form in shape.forms)
    return (Constraint("oneOf", [schema_of(form) for form in shape.forms], says, shape.forms_sources),)


def _conditional(rule: Rule) -> JsonSchema:
    return {"if": rule.when, "then": schema_of(rule.then)}


def _origin(constraint: Constraint) -> JsonSchema:
    return {"says": constraint.says, "from": list(constraint.sources)}
