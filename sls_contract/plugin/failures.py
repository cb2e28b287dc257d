"""How an error of ours reaches a test: as the text of a failure."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.errors import SlsContractError
from sls_contract.locale import translated

if TYPE_CHECKING:
    from collections.abc import Iterator

_RAISED = re.compile(r"((?:E +)?sls_contract\.[\w.]+: |Failed: )(.*)", re.DOTALL)


@contextmanager
def told() -> Iterator[None]:
    """Turn an error of ours into a failure that shows its text alone: no traceback of ours reaches a user."""
    __tracebackhide__ = True
    try:
        yield
    except SlsContractError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def translate_report(report: pytest.TestReport) -> None:
    """Give the texts of ours in a test's report in the language of the reader; what tests say themselves stays."""
    shown = report.longrepr
    if isinstance(shown, str):  # of `pytest.fail`
        report.longrepr = translated(shown)
    elif (crash := getattr(shown, "reprcrash", None)) is not None:
        if (raised := _RAISED.fullmatch(crash.message)) is not None:
            crash.message = raised[1] + translated(raised[2])
        for entry in getattr(shown.reprtraceback, "reprentries", ()):  # type: ignore[union-attr]  # as it has a crash
            _translate_lines(entry)
    report.sections = [
        (title, translated(text) if "sls-contract" in title else text) for title, text in report.sections
    ]


def _translate_lines(entry: Any) -> None:
    """Translate the lines of an error of ours: all that pytest marks with E after one that names it."""
    ours = getattr(entry, "style", "") == "value"  # the text alone, as of `pytest.fail`
    for number, line in enumerate(getattr(entry, "lines", ())):
        raised = _RAISED.fullmatch(line)
        ours = raised is not None or (ours and (line.startswith("E ") or entry.style == "value"))
        if ours:
            start = raised[1] if raised is not None else line[: len(line) - len(line.removeprefix("E "))]
            entry.lines[number] = start + translated(line.removeprefix(start))
