"""The generated files of ``schemas/``: contracts as YAML, the compiled file that is loaded, and JSON Schemas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sls_contract.spec.export import schema_files
from sls_contract.spec.merge.layers import SUFFIX
from sls_contract.spec.merge.text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sls_contract.spec.contract import Contract

CONTRACTS, COMPILED, SCHEMAS = "contract", "contracts.jsonl", "json-schema"
_INDEX = {  # the attributes in the index line, with their defaults
    "aliases": [],
    "method": "",
    "path": "",
    "other_paths": [],
    "project": True,
    "discriminator": {},
    "coverage": "derived",
}


def generated(contracts: Sequence[Contract]) -> dict[str, str]:
    """Return the text of each generated file by its path in ``schemas/``; the output is deterministic."""
    files = {
        f"{CONTRACTS}/{each.operation}{SUFFIX}": yaml_text(each.as_plain(), "../editor/contract.json")
        for each in contracts
    }
    schemas = {f"{SCHEMAS}/{name}": text for name, text in schema_files(contracts).items()}
    return files | {COMPILED: compiled(contracts)} | schemas


def compiled(contracts: Sequence[Contract]) -> str:
    """Return the compiled file: a line that lists the operations and their routes, then a line for each contract."""
    plain = [each.as_plain() for each in contracts]
    index = [
        {"operation": each["operation"]} | {key: each.get(key, default) for key, default in _INDEX.items()}
        for each in plain
    ]
    lines: list[Mapping[str, Any]] = [{"version": 1, "operations": index}, *plain]
    return "".join(f"{json.dumps(line, ensure_ascii=False, separators=(',', ':'))}\n" for line in lines)


def outdated(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return the files on disk that differ from the build, and how: ``missing``, ``changed`` or ``of no operation``."""
    found = {}
    for name, text in files.items():
        file = folder / name
        if not file.is_file():
            found[name] = "missing"
        elif file.read_bytes() != text.encode():
            found[name] = "changed"
    extra = (f"{place}/{file.name}" for place in (CONTRACTS, SCHEMAS) for file in sorted((folder / place).glob("*.*")))
    return found | {name: "of no operation" for name in extra if name not in files}


def write(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Update the files on disk, and return those that were outdated; raises OSError."""
    found = outdated(folder, files)
    for name in found:
        file = folder / name
        if name in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(files[name].encode())
        else:
            file.unlink()
    return found
