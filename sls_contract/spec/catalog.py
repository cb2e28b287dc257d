"""The compiled schemas: is an instance valid, and if not, why.

`jsonschema_rs` decides, in microseconds; `jsonschema` explains what it refused. Both hold that a boolean is no integer
and that ``1.0`` and ``1e2`` are integers, as the draft says: how a number was written is lost once JSON is parsed,
and whoever cares must look at the text. Both are imported when first used.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sls_contract.errors import PAUSE_FAKE_FILES, UsageError, files_are_fake
from sls_contract.spec.explain import SchemaError, explain, outline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from jsonschema import Draft202012Validator as Explainer
    from jsonschema_rs import Draft202012Validator as Decider

    from sls_contract.spec.shape import JsonSchema

SCHEMA_NAMES = ("get-checkpoint.request", "authorization", "get-checkpoint.response", "error")
"""Every schema, in the order in which people read them."""

SUFFIX = ".json"
"""What a schema's name and this make is its file name."""

_HIDDEN = f"pyfakefs hides the real files, and the schemas of sls-contract among them\nHow to fix: {PAUSE_FAKE_FILES}."
_PACKAGE = "sls_contract"
_INSTALLED = "_schemas"


class CompiledSchema:
    """One schema, ready to judge instances; safe to share between threads."""

    def __init__(self, schema: JsonSchema) -> None:
        """Keep the schema; it is compiled when first used."""
        self.schema = schema

    @cached_property
    def _decider(self) -> Decider:
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(dict(self.schema))

    @cached_property
    def _explainer(self) -> Explainer:
        from jsonschema import Draft202012Validator

        return Draft202012Validator(self.schema)

    def is_valid(self, instance: Any) -> bool:
        """Tell whether an instance keeps every constraint; never raises on what `json.loads` gives.

        An integer of more digits than `json.loads` reads (4300) must be cut before: `jsonschema_rs` takes it for 0.
        """
        try:
            return self._decider.is_valid(instance)
        except ValueError:  # text that is not Unicode, nesting beyond its limit, a type that JSON has not
            return self._explainer.is_valid(outline(instance))

    def errors(self, instance: Any) -> list[SchemaError]:
        """Return what an instance breaks, at most `MOST_ERRORS` errors; empty where it is valid."""
        return [] if self.is_valid(instance) else explain(self._explainer, instance)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every schema of the contract, by name (``get-checkpoint.response``)."""

    compiled: Mapping[str, CompiledSchema]

    def request_errors(self, instance: Any) -> list[SchemaError]:
        """Return what a request breaks, taken apart as `request_instance` does."""
        return self.compiled["get-checkpoint.request"].errors(instance)

    def authorization_errors(self, instance: Any) -> list[SchemaError]:
        """Return what the value of an Authorization header breaks; the value itself is never shown."""
        return self.compiled["authorization"].errors(instance)

    def response_errors(self, instance: Any) -> list[SchemaError]:
        """Return what the parsed body of a 200 breaks."""
        return self.compiled["get-checkpoint.response"].errors(instance)

    def error_body_errors(self, instance: Any) -> list[SchemaError]:
        """Return what the parsed body of an error answer breaks."""
        return self.compiled["error"].errors(instance)


@cache
def catalog() -> Catalog:
    """Return the catalog built from the schemas of this installation; raises `UsageError` where they are missing."""
    return load(schema_folder())


def load(folder: Traversable) -> Catalog:
    """Build the catalog from a folder of schema files; raises `UsageError` naming one that is missing or damaged."""
    return Catalog(MappingProxyType({name: CompiledSchema(_read(folder, name)) for name in SCHEMA_NAMES}))


def schema_folder() -> Traversable:
    """Return where the schemas of this installation are: inside the package, or in the checkout beside it."""
    from importlib.resources import files

    installed = files(_PACKAGE) / _INSTALLED
    return installed if installed.is_dir() else checkout(Path(str(files(_PACKAGE)))) / "schemas"


def checkout(package: Path) -> Path:
    """Return the checkout that a package folder stands in; raises `UsageError` where it is an installed one."""
    project = package.parent / "pyproject.toml"
    if project.is_file() and 'name = "sls-contract"' in project.read_text(encoding="utf-8"):
        return package.parent
    if files_are_fake():
        raise UsageError(_HIDDEN)
    msg = f"expected a checkout of sls-contract (pyproject.toml beside {package}), found none; clone the repository"
    raise UsageError(msg)


def _read(folder: Traversable, name: str) -> JsonSchema:
    file = folder / f"{name}{SUFFIX}"
    try:
        schema: JsonSchema = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        if files_are_fake():
            raise UsageError(_HIDDEN) from error
        msg = f"expected a JSON Schema in {file}, which cannot be read; in a checkout run: sls-contract schemas build"
        raise UsageError(msg) from error
    return schema
