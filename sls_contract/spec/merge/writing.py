"""Writes claims into a folder: a file for each source and operation, and the list of sources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.spec.merge import claimed
from sls_contract.spec.merge.layers import CLAIMS, SOURCES, SUFFIX, read_yaml
from sls_contract.spec.merge.sources import Source, read_sources, sources_as_plain
from sls_contract.spec.merge.text import yaml_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sls_contract.spec.claims import Page

_OPERATION = re.compile(r"[A-Za-z][A-Za-z0-9]*")


def write_claims(folder: Path, claims: Iterable[tuple[Source, Page]]) -> list[Path]:
    """Write claims into a folder, and add their sources to its list; return the files of claims.

    The same claims give the same bytes. Raises `UsageError` where two pages of one source are of one operation, or a
    page is of none; OSError where the folder cannot be written.
    """
    texts: dict[Path, str] = {}
    sources = _sources(folder)
    for source, page in claims:
        name = page.operation or ""
        if not _OPERATION.fullmatch(name):
            msg = (
                f"expected a page that names its operation, got {name or 'none'} in source {source.id}\n"
                "How to fix: put the page into a folder with the operation's name, such as GetCursor/2024.en.md."
            )
            raise UsageError(msg)
        file = folder / CLAIMS / source.id / f"{name}{SUFFIX}"
        text = yaml_text(claimed.as_plain(page), "../../editor/claims.json")
        if texts.setdefault(file, text) != text:
            msg = (
                f"expected one page of {name} in source {source.id}, got two that differ\n"
                "How to fix: derive one of them with a --source of its own."
            )
            raise UsageError(msg)
        sources[source.id] = source
    for file, text in texts.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
    if texts:
        (folder / SOURCES).write_bytes(yaml_text(sources_as_plain(sources.values()), "editor/sources.json").encode())
    return list(texts)


def _sources(folder: Path) -> dict[str, Source]:
    file = folder / SOURCES
    return read_sources(read_yaml(file), str(file)) if file.is_file() else {}
