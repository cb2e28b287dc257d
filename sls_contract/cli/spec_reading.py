"""Reads descriptions of operations for ``spec diff``: pages, claims and contracts, from files of any kind."""

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
    *("aliases", "codes", "coverage", "disagreements", "discriminator", "other_paths", "others", "project"),
    *("response_headers", "signed", "sources", "success", "summary"),
}
"""Keys that a contract may have and claims on disk have not."""
_CLAIM_KEYS = {"host", "lines", "problems"}
"""Keys that claims on disk may have and a contract has not; a page or model always gives one of them."""

_UNDATED = {"old": "0000", "new": "9999-12-31"}
"""Dates of pages that have none: the old one is before all other sources, the new one after them."""

_FIX = "How to fix: name a page (.md), OpenAPI metadata, or claims or contracts (.yaml, .json, .jsonl)."


@dataclass(frozen=True, slots=True)
class Described:
    """A description of an operation: the claims of a page or model, or a contract.

    Attributes:
        path: its file.
        page: the claims; None for a contract.
        contract: the contract; None for claims.

    """

    path: Path
    page: Page | None = None
    contract: Contract | None = None

    @property
    def name(self) -> str:
        """The operation; empty if a page does not name it."""
        return str((self.page or self.contract).operation or "")  # type: ignore[union-attr]  # it is one of them

    @property
    def side(self) -> Side:
        """The description in the form that is compared."""
        from sls_contract.spec.difference import Side

        if self.contract is not None:
            return Side.of_contract(self.contract)
        assert self.page is not None  # it is one of them
        return Side.of_claims(self.page)

    def named(self, operation: str) -> Described:
        """Return the description under a name."""
        page = replace(self.page, operation=operation) if self.page else None
        contract = replace(self.contract, operation=operation) if self.contract else None
        return Described(self.path, page, contract)

    def claim(self, side: str) -> tuple[Source, Page]:
        """Return the claims with their source, for merging; ``side`` (``old`` or ``new``) dates an undated page."""
        assert self.page is not None  # contracts are not merged
        return _source(self.path, self.page, side), replace(self.page, operation=self.name)


def read_descriptions(path: Path) -> list[Described]:
    """Read a file, or each file of a folder; raises `UsageError` if no operation is described there.

    A folder with claims and rulings is the contracts that `spec build` makes of it, whether they were built or not.
    """
    if (path / "claims").is_dir():
        from sls_contract.spec.merge import merge_folder

        return [Described(path, contract=each) for each in merge_folder(path).contracts]
    files = [path]
    if path.is_dir() and not (path / "client.py").is_file():  # an installed SDK has that file
        built = path / "contracts.jsonl"  # in an installation, whose other files are made of it
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

        yield _from_plain(path, read_yaml(path))
        return
    listed = list(_json(path)) if path.suffix.lower() in {".json", ".jsonl"} else []
    if listed and any("operation" in each for each in listed):
        yield from (_from_plain(path, each) for each in listed if "operations" not in each)  # not its index
        return
    for page in derived(path, ()):
        if page.is_empty:
            msg = f"expected {path} to be a page of the API reference, found no request line and no tables\n{_FIX}"
            raise UsageError(msg)
        yield Described(path, page=page)


def _json(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the JSON objects of a file, which is one object or one a line; nothing for other content."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return  # `derived` reads the file, too, and reports the error
    try:
        found = [json.loads(text)]
    except ValueError:
        try:
            found = [json.loads(line) for line in text.split("\n") if line.strip()]
        except ValueError:
            return
    yield from (each for each in found if isinstance(each, dict))


def _from_plain(path: Path, plain: Any) -> Described:
    """Read claims or a contract from plain JSON values; the keys decide which of them it is."""
    from sls_contract.spec.contract import Contract
    from sls_contract.spec.merge import claim_files

    if not isinstance(plain, dict) or not isinstance(plain.get("operation"), str | None):
        msg = f"expected claims or a contract in {path}, got {plain!r:.80}\n{_FIX}"
        raise UsageError(msg)
    try:
        if "digests" in plain:
            return Described(path, page=claim_files.from_plain(_as_on_disk(plain)))
        if _CONTRACT_KEYS.isdisjoint(plain) and not _CLAIM_KEYS.isdisjoint(plain):
            return Described(path, page=claim_files.from_plain(plain))
        return Described(path, contract=Contract.from_plain(plain))
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        msg = f"expected claims or a contract in {path}, which it is not: {error!r:.100}\n{_FIX}"
        raise UsageError(msg) from error


def _as_on_disk(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Convert claims from the form that `spec derive --json` writes to the form in ``schemas/claims``."""
    response = plain["response"]
    found = {key: plain[key] for key in ("operation", "method", "path", "host", "errors") if plain[key] is not None}
    limits = plain.get("limits", {})
    for key, place in (("query", "query"), ("headers", "header")):
        found[key] = {name: _parameter(each) | limits.get(f"{place} {name}", {}) for name, each in plain[key].items()}
    found["path_parameters"] = {name: {"type": kind} for name, kind in plain.get("path_types", {}).items()}
    found["body"] = _body(plain["body"], limits)
    return found | {"response": {"status": response["status"], "headers": response["headers"], **_body(response, {})}}


def _parameter(each: Mapping[str, Any]) -> dict[str, Any]:
    values = [each["const"]] if "const" in each else each.get("values", [])
    return {"type": each["type"], "required": each["required"], "values": values, "read": each.get("from", [])}


def _body(plain: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its members as a list; duplicates, which are written ``parent.name``, lose the prefix."""
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
    """Return the source of claims, from the name of the file or its folder, else a new source."""
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
