"""Write a report to files, each in the kind that its name says."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.reports.document import write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WRITERS = {".xml": "junit", ".sarif": "sarif", ".md": "markdown"}
KINDS = (".json", *_WRITERS)
"""What the name of a report may end with."""


def kind_of(path: str) -> str:
    """Return the kind of a report by its name; raises `UsageError` for another."""
    kind = Path(path).suffix.lower()
    if kind not in KINDS:
        msg = f"must end in {', '.join(KINDS[:-1])} or {KINDS[-1]}, which tells the kind of report, got {path!r}"
        raise UsageError(msg)
    return kind


def write_reports(document: Mapping[str, Any], paths: Iterable[str | None], stdout: IO[str]) -> None:
    """Write the document to each path, whole or not at all (``-``: JSON to ``stdout``; None: nowhere).

    Raises `UsageError` where a file cannot be written.
    """
    for path in filter(None, paths):
        kind = ".json" if path == "-" else Path(path).suffix.lower()
        if kind in _WRITERS:
            name = _WRITERS[kind]
            write_text(getattr(import_module(f"sls_contract.reports.{name}"), name)(document), path)
        else:  # --json takes any name
            write_json(document, path, stdout)
