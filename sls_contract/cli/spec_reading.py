"""Reads descriptions of operations for ``spec diff``: pages, claims and contracts, whatever file they stand in."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sls_contract.cli.spec_sources import derived
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sls_contract.spec.claims import Page
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.difference import Side
    from sls_contract.spec.merge.sources import Family, Source

_FOLDER_SUFFIXES = (".md", ".yaml", ".yml", ".json", ".jsonl")
_CONTRACT_KEYS = {
    *("aliases", "codes", "coverage", "disagreements", "discriminator", "other_paths", "others", "path_parameters"),
    *("project", "response_headers", "signed", "sources", "success", "summary"),
}
"""Keys that a contract may have and claims on disk have not; claims as JSON have a list of path parameters."""

_UNDATED = {"old": "0000", "new": "9999-12-31"}
"""Dates of pages that have none: the old one is before all other sources, the new one after them."""

_FIX = "How to fix: name a page (.md), OpenAPI metadata, or claims or contracts (.yaml, .json, .jsonl)."


@dataclass(frozen=True, slots=True)
class Described:
    """One description of an operation: a page's or model's claims, or a contract.

    Attributes:
        path: the file it stands in.
        page: what a page claims; None: it is a contract.
        contract: the contract; None: it is a page.

    """

    path: Path
    page: Page | None = None
    contract: Contract | None = None

    @property
    def name(self) -> str:
        """The operation; empty where a page does not name it."""
        return str((self.page or self.contract).operation or "")  # type: ignore[union-attr]  # it is one of them

    @property
    def side(self) -> Side:
        """What is compared."""
        from sls_contract.spec.difference import Side

        if self.contract is not None:
            return Side.of_contract(self.contract)
        assert self.page is not None  # it is one of them
        return Side.of_claims(self.page.as_plain())

    def claim(self, side: str) -> tuple[Source, Page]:
        """Return the claims with their source, as merging takes them; ``side``, old or new, dates an undated page."""
        assert self.page is not None  # contracts are not merged
        return _source(self.path, self.page, side), replace(self.page, operation=self.name)


def read_descriptions(path: Path) -> list[Described]:
    """Read a file, or each file of a folder; raises `UsageError` for what holds no description of an operation."""
    files = [path]
    if path.is_dir() and not (path / "client.py").is_file():  # else an installed SDK
        built = path / "contracts.jsonl"  # of `spec build --folder`: the rest of the folder is its sources
        files = sorted(each for each in path.rglob("*") if each.suffix.lower() in _FOLDER_SUFFIXES)
        files = [built] if built.is_file() else files
    found = [each for file in files for each in _read(file)]
    if not found:
        msg = f"expected a description of an operation, found none in {path}\n{_FIX}"
        raise UsageError(msg)
    return found


def _read(path: Path) -> Iterator[Described]:
    if path.suffix.lower() in {".yaml", ".yml"}:
        from sls_contract.spec.merge.layers import read_yaml

        yield _plain(path, read_yaml(path))
        return
    listed = list(_json(path)) if path.suffix.lower() in {".json", ".jsonl"} else []
    if listed and any("operation" in each for each in listed):
        yield from (_plain(path, each) for each in listed if "operations" not in each)  # a list of names comes first
        return
    for page in derived(path, ()):
        if page.is_empty:
            msg = f"expected {path} to be a page of the API reference, found no request line and no tables\n{_FIX}"
            raise UsageError(msg)
        yield Described(path, page=page)


def _json(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a file: one, or one a line; nothing where it is something else."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return  # derivation says what is wrong
    try:
        found = [json.loads(text)]
    except ValueError:
        try:
            found = [json.loads(line) for line in text.split("\n") if line.strip()]
        except ValueError:
            return
    yield from (each for each in found if isinstance(each, dict))


def _plain(path: Path, plain: Any) -> Described:
    """Tell which description a plain form is, and read it."""
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge import claim_files

    if not isinstance(plain, dict) or not isinstance(plain.get("operation"), str | None):
        msg = f"expected claims or a contract in {path}, got {plain!r:.80}\n{_FIX}"
        raise UsageError(msg)
    try:
        if "digests" in plain:
            return Described(path, page=claim_files.from_plain(_as_on_disk(plain)))
        if _CONTRACT_KEYS.isdisjoint(plain) and "host" in plain:
            return Described(path, page=claim_files.from_plain(plain))
        return Described(path, contract=Contract.from_plain(plain))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        msg = f"expected claims or a contract in {path}, which cannot be read as such: {error!r:.100}\n{_FIX}"
        raise UsageError(msg) from error


def _as_on_disk(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Bring claims as `spec derive --json` writes them to the form that they have on disk."""
    response = plain["response"]
    found = {key: plain[key] for key in ("operation", "method", "path", "host", "errors") if plain[key] is not None}
    limits = plain.get("limits", {})  # older versions wrote none
    for key, place in (("query", "query"), ("headers", "header")):
        found[key] = {name: _parameter(each) | limits.get(f"{place} {name}", {}) for name, each in plain[key].items()}
    found["body"] = _body(plain["body"], limits)
    return found | {"response": {"status": response["status"], "headers": response["headers"], **_body(response, {})}}


def _parameter(each: Mapping[str, Any]) -> dict[str, Any]:
    values = [each["const"]] if "const" in each else each.get("values", [])
    return {"type": each["type"], "required": each["required"], "values": values, "read": each.get("from", [])}


def _body(plain: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """List members with the object that each is in; one of two with the same name is written ``parent.name``."""
    members = [
        {
            "name": name.removeprefix(f"{each['parent']}."),
            "in": each["parent"],
            "type": each["type"],
            "required": each["required"],
            **limits.get(f"body {name}", {}),
        }
        for name, each in plain["members"].items()
    ]
    return {"shape": plain["shape"], "members": members}


def _source(path: Path, page: Page, side: str) -> Source:
    """Return where claims come from: by the name of the file or its folder, else of now."""
    from sls_contract.spec.installation import schema_folder
    from sls_contract.spec.merge import Source, source_of
    from sls_contract.spec.merge.layers import SOURCES, read_yaml
    from sls_contract.spec.merge.sources import read_sources

    if path.parent.parent.name == "claims":
        for file in (path.parent.parent.parent / SOURCES, schema_folder() / SOURCES):
            known = read_sources(read_yaml(file), str(file)) if file.is_file() else {}
            if path.parent.name in known:
                return known[path.parent.name]
    elif path.suffix.lower() == ".md":
        with suppress(UsageError):
            return source_of(path, {})
    family: Family = "handbook" if page.errors else "openapi"  # pages made of metadata print no errors
    return Source(id=f"{family}-given-{side}", family=family, date=_UNDATED[side])
