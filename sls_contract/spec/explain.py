"""Why an instance breaks a schema: the findings of `jsonschema` in the words of the contract."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema import Draft202012Validator, ValidationError

MOST_ERRORS = 100
"""Of one key, or of elements themselves, only so many errors are explained; those of other keys are not crowded out."""

_MOST_EXAMINED = 10_000  # errors: a megabyte of nonsense is answered in time

_DEPTH = 4  # levels of an instance that the schemas look at
_LONGEST = 80  # characters of a value that are shown
_WIDEST = 10  # keys of an object that are shown
_LARGEST = 2**70  # beyond every bound in the schemas, and still short in digits


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One constraint that an instance breaks.

    Attributes:
        pointer: JSON pointer (RFC 6901) to the value; a missing key is pointed to where it should be.
        keyword: the JSON Schema keyword that refused it.
        expected: the constraint in words.
        actual: what came, shortened; a secret only by its length.

    """

    pointer: str
    keyword: str
    expected: str
    actual: str


def explain(validator: Draft202012Validator, instance: Any) -> list[SchemaError]:
    """Return why a validator refuses an instance, element by element, at most `MOST_ERRORS` of one key."""
    told: dict[str, dict[SchemaError, None]] = {}
    for error in islice(validator.iter_errors(outline(instance)), _MOST_EXAMINED):
        for explained in _explained(error):
            of_key = told.setdefault(_key(explained.pointer), {})
            if len(of_key) < MOST_ERRORS:
                of_key[explained] = None
    return [explained for of_key in told.values() for explained in of_key]


def outline(instance: Any, depth: int = _DEPTH) -> Any:
    """Copy as much of an instance as the schemas can see.

    Validity is the same; containers below are emptied and monstrous integers cut, because `jsonschema` writes whole
    instances into its messages and fails on nesting or digits beyond Python's limits.
    """
    if isinstance(instance, dict):
        return {str(key): outline(value, depth - 1) for key, value in instance.items()} if depth else {}
    if isinstance(instance, list):
        return [outline(value, depth - 1) for value in instance] if depth else []
    if isinstance(instance, int) and not isinstance(instance, bool):
        return max(-_LARGEST, min(_LARGEST, instance))
    return instance


def shown(value: Any) -> str:
    """Say what a value is: scalars as JSON, cut at 80 characters; containers by what they hold."""
    if isinstance(value, dict):
        names = ", ".join(_cut(_json(name)) for name in islice(value, _WIDEST))
        more = ", …" if len(value) > _WIDEST else ""
        return f"an object with {names}{more}" if value else "an empty object"
    if isinstance(value, list):
        return f"an array of {len(value)}"
    if isinstance(value, int) and abs(value) >= _LARGEST:
        return "an integer of more than 70 bits"
    return _cut(_json(value))


def _explained(error: ValidationError) -> Iterator[SchemaError]:
    """Put one error of `jsonschema` in our words; several where several required keys are missing."""
    pointer, keyword = _pointer(error.absolute_path), str(error.validator)
    if keyword == "required":
        for name in _missing(error):
            yield SchemaError(pointer + _pointer([name]), keyword, "present", "absent")
    else:
        yield SchemaError(pointer, keyword, _expected(error), _actual(error))


def _key(pointer: str) -> str:
    """Return the key that a pointer ends in; nothing where it points to an element or the whole."""
    last = pointer.rpartition("/")[2]
    return "" if last.isdecimal() else last


def _missing(error: ValidationError) -> Iterable[str]:
    names: Any = error.validator_value
    instance: Any = error.instance
    return (name for name in names if name not in instance)


def _expected(error: ValidationError) -> str:
    schema: Any = error.schema
    return str(schema["x-source"][error.validator]["says"])


def _actual(error: ValidationError) -> str:
    schema: Any = error.schema
    instance: Any = error.instance
    if schema.get("writeOnly") and isinstance(instance, str):
        return f"{len(instance)} characters, not shown"
    return shown(instance)


def _pointer(path: Iterable[Any]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _json(value: Any) -> str:
    """Write a value as JSON; Chinese stays, what is not Unicode is escaped."""
    return json.dumps(value, ensure_ascii=False, default=repr).encode("utf-8", "backslashreplace").decode()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
