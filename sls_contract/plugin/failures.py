"""How errors of this package reach a test: as the text of a failure, without a traceback of the package."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any
from unittest import SkipTest

import pytest

from sls_contract.errors import CassetteError, ContractViolation, NetworkBlocked, SlsContractError
from sls_contract.locale import translated

SKIPS = (pytest.skip.Exception, SkipTest)
"""The errors that skip a test; pytest converts that of unittest only after the phase."""
_RAISED = re.compile(r"((?:E +)?sls_contract\.[\w.]+: |Failed: )(.*)", re.DOTALL)


class FixtureFailure(pytest.fail.Exception):  # type: ignore[misc,name-defined]  # an attribute of a function
    """The failure of a fixture's teardown: the test that happens to be the last one does not expect it (xfail)."""


def fail_for_fixture(report: pytest.TestReport, error: BaseException) -> None:
    """Fail a test's last report for an error of a `FixtureFailure`, even if the test is marked xfail."""
    if any(isinstance(each, FixtureFailure) for each in getattr(error, "exceptions", (error,))):
        report.outcome = "failed"
        vars(report).pop("wasxfail", None)


@contextmanager
def as_failure() -> Iterator[None]:
    """Turn an `SlsContractError` into a failure that shows its text only, without a traceback."""
    __tracebackhide__ = True
    try:
        yield
    except SlsContractError as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


def recording_failure(error: BaseException) -> str | None:
    """Return the first line of the error of a recording that an error is or comes from; None if there is none.

    A violation was checked, and other errors of this package are the test's own, but for failures of `as_failure`.
    """
    from sls_contract.cassettes.recorder.failures import causes

    kinds = SlsContractError if isinstance(error, pytest.fail.Exception) else (CassetteError, NetworkBlocked)
    own = [each for each in causes(error) if isinstance(each, kinds) and not isinstance(each, ContractViolation)]
    return str(own[0]).partition("\n")[0] if own else None


def is_skip_or_xfail(item: pytest.Item, error: BaseException) -> bool:
    """Return whether an error that ends a test does not fail it: a skip, or an error that its xfail names.

    An xfail that names no error expects any failure. Only pytest can evaluate an xfail with a condition.
    """
    named = [
        mark.kwargs["raises"]
        for mark in item.iter_markers("xfail")
        if mark.kwargs.get("raises") and not mark.args and "condition" not in mark.kwargs
    ]
    expected = any(_is_one(error, each) for each in named) and not item.config.getoption("runxfail", False)
    return isinstance(error, SKIPS) or expected


def _is_one(error: BaseException, named: Any) -> bool:
    """Return whether an error matches ``raises`` of an xfail, which also takes ``RaisesExc`` and ``RaisesGroup``."""
    matches = getattr(named, "matches", None)
    return bool(matches(error)) if matches and not isinstance(named, type) else isinstance(error, named)


def cut_at_callers_line(excinfo: pytest.ExceptionInfo[BaseException]) -> pytest.ExceptionInfo[BaseException]:
    """Cut the traceback of an `SlsContractError` after the last line outside libraries: it sent the request.

    If a client raised its own error because of it, the `SlsContractError` keeps the client's first line. An error that
    it comes from is not shown if no line outside libraries raised it, as that of a full disk: its text has the reason.
    """
    from sls_contract.cassettes.recorder.failures import causes

    raised = excinfo.value
    for error in causes(raised):
        if isinstance(error, SlsContractError):
            frames = list(_frames(error.__traceback__))
            kept = max((n for n, frame in enumerate(frames, 1) if not _is_library(frame)), default=0)
            if kept or error is not raised:
                error.__traceback__ = _chained(frames[: kept or 1])
            if error.__cause__ is not None and all(map(_is_library, _frames(error.__cause__.__traceback__))):
                error.__cause__ = None
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
    from sysconfig import get_path  # its import takes milliseconds, and only failing runs need it

    installed = (Path(get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return frozenset((*installed, Path(__file__).parents[1]))


def translate_report(report: pytest.TestReport) -> None:
    """Translate the texts of this package in a test's report; the test's own texts stay."""
    shown = report.longrepr
    if isinstance(shown, str):  # the text of `pytest.fail`
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
    """Translate the lines of an `SlsContractError`: all that pytest marks with E after the line that names it."""
    of_error = getattr(entry, "style", "") == "value"  # the text alone, as of `pytest.fail`
    for number, line in enumerate(getattr(entry, "lines", ())):
        raised = _RAISED.fullmatch(line)
        of_error = raised is not None or (of_error and (line.startswith(("E ", "    ")) or entry.style == "value"))
        if of_error:
            start = raised[1] if raised is not None else line[: len(line) - len(line.removeprefix("E "))]
            entry.lines[number] = start + translated(line.removeprefix(start))
