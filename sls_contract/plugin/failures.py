"""How an error of ours reaches a test: as the text of a failure."""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
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


def passes(item: pytest.Item, error: BaseException) -> bool:
    """Tell whether a test that ends with an error is not called failed for it: a skip, or what its xfail names.

    An xfail that names no error expects any failure. What one with a condition comes to, pytest alone knows.
    """
    named = [
        mark.kwargs["raises"]
        for mark in item.iter_markers("xfail")
        if mark.kwargs.get("raises") and not mark.args and "condition" not in mark.kwargs
    ]
    expected = any(_is_one(error, each) for each in named) and not item.config.getoption("runxfail", False)
    return isinstance(error, pytest.skip.Exception) or expected


def _is_one(error: BaseException, named: Any) -> bool:
    """Tell whether an error is what an xfail names: types, or the ``RaisesExc`` and ``RaisesGroup`` of pytest 8.4."""
    matches = getattr(named, "matches", None)
    return bool(matches(error)) if matches and not isinstance(named, type) else isinstance(error, named)


def ended_at_callers_line(excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """Cut the traceback of an error of ours after the last line that is no library's: there the request was sent.

    Where a client raised an error of its own for it, our error keeps the client's first line.
    """
    from sls_contract.cassettes.recorder.failures import causes

    raised = excinfo.value
    for error in causes(raised):
        if isinstance(error, SlsContractError):
            frames = list(_frames(error.__traceback__))
            kept = max((n for n, frame in enumerate(frames, 1) if not _is_library(frame)), default=0)
            if kept or error is not raised:
                error.__traceback__ = _chained(frames[: kept or 1])
    return pytest.ExceptionInfo.from_exception(raised) if isinstance(raised, SlsContractError) else excinfo


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _chained(frames: list[TracebackType]) -> TracebackType | None:
    chained = None
    for frame in reversed(frames):
        chained = TracebackType(chained, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return chained


def _is_library(frame: TracebackType) -> bool:
    folders = Path(frame.tb_frame.f_code.co_filename).parents
    return any(folder in _libraries() or folder.name in {"site-packages", "dist-packages"} for folder in folders)


@cache
def _libraries() -> frozenset[Path]:
    from sysconfig import get_path  # milliseconds, which only a run with a failure of ours takes

    installed = (Path(get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return frozenset((*installed, Path(__file__).parents[1]))


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
        ours = raised is not None or (ours and (line.startswith(("E ", "    ")) or entry.style == "value"))
        if ours:
            start = raised[1] if raised is not None else line[: len(line) - len(line.removeprefix("E "))]
            entry.lines[number] = start + translated(line.removeprefix(start))
