"""Writes claims to a folder: a file for each source and operation, and the list of sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.merge import claim_files
from sls_contract.spec.merge.layers import CLAIMS, SOURCES, SUFFIX, sources_in
from sls_contract.spec.merge.sources import Source, sources_as_plain
from sls_contract.spec.merge.text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sls_contract.spec.claims import Page

_OPERATION = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def write_claims(folder: Path, claims: Iterable[tuple[Source, Page]]) -> list[Path]:
    """Write claims to a folder, and add their sources to its list; return the files of claims.

    The output is deterministic. Raises `UsageError` if a page names no operation, or if two pages of a source describe
    the same operation differently; OSError if the folder cannot be written.
    """
    texts: dict[Path, str] = {}
    sources = sources_in(folder)
    for source, page in claims:
        name = page.operation or ""
        if not _OPERATION.fullmatch(name):
            msg = (
                f"expected a page that names its operation, got {name or 'none'} in source {source.id}\n"
                "How to fix: put the page into a folder with the operation's name, such as GetCursor/2024.en.md."
            )
            raise UsageError(msg)
        file = folder / CLAIMS / source.id / f"{name}{SUFFIX}"
        text = yaml_text(claim_files.as_plain(page), "../../editor/claims.json")
        if texts.setdefault(file, text) != text:
            msg = (
                f"expected one page of {name} in source {source.id}, got two that differ\n"
                "How to fix: derive one of them with another --source."
            )
            raise UsageError(msg)
        sources[source.id] = source
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    if texts:
        (folder / SOURCES).write_bytes(yaml_text(sources_as_plain(sources.values()), "editor/sources.json").encode())
    return list(texts)
