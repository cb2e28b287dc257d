"""A report in a job of GitHub Actions: annotations beside the lines of cassettes, and the step's summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import IO, Any

from sls_contract.errors import UsageError
from sls_contract.locale import for_programs, translated
from sls_contract.reports.groups import Group, grouped
from sls_contract.reports.markdown import markdown
from sls_contract.reports.text import plural, printable

_COMMANDS = {"violation": "error", "warning": "warning"}
_MOST = 10
"""The number of annotations of one level that GitHub shows for a step."""
_LARGEST_SUMMARY = 1024 * 1024
"""The greatest size in bytes of a step's summary on GitHub, for all commands of the step together."""


def show(document: Mapping[str, Any], environ: Mapping[str, str], stream: IO[str]) -> None:
    """Write annotations to a stream that the runner reads, and add the report to the step's summary.

    Raises `UsageError` if the summary cannot be written.
    """
    for line in annotation_lines(document, environ.get("GITHUB_WORKSPACE", "")):
        print(line, file=for_programs(stream))
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        _append_summary(Path(path), markdown(document))


def annotation_lines(document: Mapping[str, Any], workspace: str = "") -> Iterator[str]:
    """Yield a workflow command for each kind of finding; above GitHub's limit, the last command counts the rest.

    File names are relative to the ``workspace``, the folder of the checkout.
    """
    groups = grouped(document["findings"])
    for level, command in _COMMANDS.items():
        of_level = [group for group in groups if group.level == level]
        shown = of_level if len(of_level) <= _MOST else of_level[: _MOST - 1]
        for group in shown:
            yield _annotation(command, group, workspace)
        if rest := of_level[len(shown) :]:
            count = sum(group.count for group in rest)
            text = f"{plural(count, f'more {level}')} of {plural(len(rest), 'clause')}: see the summary of the step"
            yield f"::{command} title=sls-contract::{_escape_data(translated(text))}"


def _annotation(command: str, group: Group, workspace: str) -> str:
    first = group.first
    times = f" ({group.count} times)" if group.count > 1 else ""
    properties = {"title": f"{first['code']} {group.title or first['slug']}{times}"}
    if first.get("cassette"):
        path = PurePath(first["cassette"])
        in_workspace = workspace and path.is_relative_to(workspace)
        properties |= {"file": (path.relative_to(workspace) if in_workspace else path).as_posix()}
        properties |= {"line": str(first["line"])} if first.get("line") else {}
    property_list = ",".join(
        f"{name}={_escape_property(printable(translated(value)))}" for name, value in properties.items()
    )
    text = (
        f"{next(iter(group.places))}\nexpected: {first['expected']}\nactual: {first['actual']}\n"
        f"How to fix: {first['how_to_fix']}"
    )
    return f"::{command} {property_list}::{_escape_data(printable(translated(text)))}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")


def _append_summary(path: Path, text: str) -> None:
    try:
        size = path.stat().st_size if path.exists() else 0
        data = text.encode("utf-8", "backslashreplace")
        if size + len(data) > _LARGEST_SUMMARY:
            data = b"The report of sls-contract is too long for this summary: write it to a file (--report).\n"
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        msg = (
            f"cannot write the summary of the step to {path}: {error.strerror}. "
            "How to fix: make the file writable, or unset GITHUB_STEP_SUMMARY."
        )
        raise UsageError(msg) from error
