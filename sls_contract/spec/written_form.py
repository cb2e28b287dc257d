"""Whether a file that people write has the form that the JSON Schemas for editors describe."""

from __future__ import annotations

import json
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.spec.clauses import CLAUSES
from sls_contract.spec.installation import schema_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.resources.abc import Traversable

    from jsonschema import Draft202012Validator, ValidationError

_LONGEST = 100
"""In characters: longer values are cut."""

_FORMS: Mapping[str, Callable[[Any], str]] = {
    "type": lambda types: types if isinstance(types, str) else " or ".join(types),
    "enum": lambda values: f"one of these: {', '.join(map(_shown, values))}",
    "pattern": lambda pattern: f"a text that matches {pattern}",
    "format": {"regex": "a regular expression", "sls-clause": "the code of a clause"}.__getitem__,
}
"""What a keyword of JSON Schema asks for, in words."""


def check_form(plain: Any, kind: str, where: str, how_to_fix: str) -> None:
    """Raise `UsageError` if a key or value is not valid; ``kind`` is ``rulings`` or ``contract``.

    The message names ``where``, the place in the file, and the known key that an unknown one is like, else
    ``how_to_fix``.
    """
    from jsonschema.exceptions import best_match

    error = best_match(_validator(kind).iter_errors(plain))
    if error is not None:
        place = error.json_path.removeprefix("$").removeprefix(".") or "the file"
        msg = f"{where}: {place}: {_message(error)}\n{_near(error) or how_to_fix}"
        raise UsageError(msg)


def editor_schema(kind: str) -> Traversable:
    """Return the file of the schema for a kind of file."""
    return schema_folder() / "editor" / f"{kind}.json"


@cache
def _validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator, FormatChecker

    formats = FormatChecker(("regex",))
    formats.checks("sls-clause")(lambda code: not isinstance(code, str) or code in CLAUSES)
    plain = json.loads(editor_schema(kind).read_text(encoding="utf-8"))
    return Draft202012Validator(plain, format_checker=formats)


def _message(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    plain: Any = error.instance
    if error.validator == "additionalProperties":
        return f"unknown key {_unknown(error)[0]}"
    if error.validator == "required":
        return f"expected the key {next(key for key in wanted if key not in plain)}, got {_shown(plain)}"
    form = _FORMS.get(str(error.validator), lambda wanted: f"{error.validator} {_shown(wanted)}")
    return f"expected {form(wanted)}, got {_shown(plain)}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _near(error: ValidationError) -> str:
    near = get_close_matches(*_unknown(error), 1) if error.validator == "additionalProperties" else []
    return f"How to fix: write {near[0]}." if near else ""


def _unknown(error: ValidationError) -> tuple[str, list[str]]:
    """Return the first unknown key of an object, and its known keys."""
    schema: Any = error.schema
    instance: Any = error.instance
    return next(str(each) for each in instance if each not in schema["properties"]), [*schema["properties"]]
