"""``sls-contract spec export``: write the contracts as JSON Schemas or as one OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract import __version__
from sls_contract.cli.contracts import all_contracts, named
from sls_contract.cli.options import add_contract
from sls_contract.errors import UsageError
from sls_contract.reports import plural

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from sls_contract.cli.terminal import Console
    from sls_contract.spec.contract import Contract

_JSON, _YAML = ".json", (".yaml", ".yml")


def configure(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the action and its options."""
    export = actions.add_parser(
        "export",
        help="write the contracts as JSON Schemas or as an OpenAPI document",
        description="Write the contracts for other tools. json-schema: files <Operation>.request.json, .response.json "
        "and .error.json (draft 2020-12), and authorization.json. openapi: one OpenAPI 3.1 document; operations that "
        "share path and method are one entry, whose x-sls-operations has each of them in full.",
        epilog="Exit codes: 0 written; 2 wrong use, or a file that exists and differs. "
        "Example: sls-contract spec export --format openapi --out build/",
    )
    export.add_argument("--format", choices=("json-schema", "openapi"), required=True, help="what is written")
    export.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="the folder to write to, made if it is missing; with openapi also a file: .json, .yaml or .yml",
    )
    export.add_argument(
        "--operation", action="append", default=[], metavar="NAME", help="only this operation; repeatable"
    )
    export.add_argument("--force", action="store_true", help="replace files that differ")
    add_contract(export)
    export.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the files; return 0. Raises `UsageError` for an unknown operation, and if a file cannot be written."""
    contracts = [named(name) for name in arguments.operation] or all_contracts()
    files, summary = (_openapi if arguments.format == "openapi" else _schemas)(contracts, arguments.out)
    _write(files, force=arguments.force)
    print(summary, file=console.stdout)
    print(f"wrote {plural(len(files), 'file')} to {arguments.out}", file=console.stdout)
    return 0


def _schemas(contracts: Sequence[Contract], out: Path) -> tuple[dict[Path, str], str]:
    from sls_contract.spec.export import schema_files

    if out.suffix in {_JSON, *_YAML}:
        msg = f"expected --out to be a folder, got {out}, the name of a file"
        raise UsageError(msg)
    files = {out / name: text for name, text in schema_files(contracts).items()}
    return files, f"JSON Schemas of {plural(len(contracts), 'operation')}"


def _openapi(contracts: Sequence[Contract], out: Path) -> tuple[dict[Path, str], str]:
    from sls_contract.spec.export import openapi

    document = openapi(contracts, __version__)
    objects = [each for methods in document["paths"].values() for each in methods.values()]
    shared = [each["x-sls-operations"] for each in objects if "x-sls-operations" in each]
    together = sum(map(len, shared))
    summary = (
        f"OpenAPI 3.1 of {plural(len(contracts), 'operation')} on {plural(len(document['paths']), 'path')}; "
        f"{together} of them share path and method with another; x-sls-operations has them in "
        f"{plural(len(shared), 'place')}"
    )
    path = out if out.suffix in {_JSON, *_YAML} else out / "openapi.json"
    return {path: _yaml(document) if path.suffix in _YAML else _text(document)}, summary


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _yaml(document: Mapping[str, Any]) -> str:
    from sls_contract.spec.merge.text import yaml_text

    return yaml_text(document, "https://spec.openapis.org/oas/3.1/schema/2022-10-07")


def _write(files: Mapping[Path, str], *, force: bool) -> None:
    """Write all files; write none and raise `UsageError` if a file exists and differs, unless ``force``."""
    try:
        taken = [path for path, text in files.items() if path.exists() and path.read_bytes() != text.encode()]
        if taken and not force:
            msg = f"{taken[0]} exists and differs; nothing was written\nHow to fix: choose another --out, or --force."
            raise UsageError(msg)
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"expected --out to be a place that can be written, got {error.filename}: {error.strerror}"
        raise UsageError(msg) from error
