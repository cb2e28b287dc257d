"""Writes a report to files, in the format of their suffixes, and to the CI service."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import IO, TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.reports.document import write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

_WRITERS = {".codequality.json": "codequality", ".xml": "junit", ".sarif": "sarif", ".md": "markdown"}
KINDS = (".json", ".html", ".xml", ".sarif", ".md", ".codequality.json")
"""The suffixes of report names."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The environment of a report: the streams and variables of the process, and the time (aware) for ages."""

    stdout: IO[str]
    stderr: IO[str]
    environ: Mapping[str, str]
    now: datetime


def kind_of(path: str) -> str:
    """Return the kind of a report by its file name; raises `UsageError` for an unknown suffix."""
    name = path.lower()
    kind = next((each for each in (*_WRITERS, *KINDS) if name.endswith(each)), None)
    if kind is None:
        msg = f"must end in {', '.join(KINDS[:-1])} or {KINDS[-1]}, which selects the format, got {path!r}"
        raise UsageError(msg)
    return kind


def write_reports(document: Mapping[str, Any], paths: Iterable[str | None], around: Surroundings) -> None:
    """Write the document to each path, completely or not at all (``-``: JSON to standard output; None: skipped).

    In a job of GitHub Actions, also write annotations and the summary of the step. Raises `UsageError` if a file cannot
    be written, after the others are.
    """
    failed: UsageError | None = None
    for path in filter(None, paths):
        try:
            _write(document, path, around)
        except UsageError as error:
            failed = failed or error
    if around.environ.get("GITHUB_ACTIONS") == "true":
        from sls_contract.reports.github import show

        show(document, around.environ, around.stderr)
    if failed is not None:
        raise failed


def _write(document: Mapping[str, Any], path: str, around: Surroundings) -> None:
    try:
        kind = kind_of(path)
    except UsageError:  # --json accepts any name, and - for standard output
        kind = ".json"
    if kind == ".html":
        from sls_contract.reports.page import page

        write_text(page(document, around.now.date()), path)
    elif kind in _WRITERS:
        name = _WRITERS[kind]
        write_text(getattr(import_module(f"sls_contract.reports.{name}"), name)(document), path)
    else:
        write_json(document, path, around.stdout)
