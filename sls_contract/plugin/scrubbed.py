"""Removes secrets from what pytest shows of a test with a cassette."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest


def scrub_report(report: pytest.TestReport, scrub: Callable[[str], str]) -> None:
    """Remove secrets from the traceback, the reason and the captured sections; other values stay unchanged."""
    if report.longrepr is None:
        pass
    elif isinstance(report.longrepr, tuple):  # a skip: file, line, reason; pytest needs this tuple
        file, line, reason = report.longrepr
        report.longrepr = (file, line, scrub(reason))
    elif (shown := report.longreprtext) and scrub(shown) != shown:
        _clean(report.longrepr, scrub)
        if scrub(report.longreprtext) != report.longreprtext:  # a secret across lines
            report.longrepr = scrub(shown)
    if hasattr(report, "wasxfail"):
        report.wasxfail = scrub(report.wasxfail)
    report.sections = [(title, scrub(text)) for title, text in report.sections]
    report.user_properties = [(scrub(name), _clean(value, scrub)) for name, value in report.user_properties]
    if (context := vars(report).get("context")) is not None:  # of a subtest
        for name in ("msg", "kwargs"):
            object.__setattr__(context, name, _clean(getattr(context, name), scrub))


def scrub_properties(config: pytest.Config, scrub: Callable[[str], str]) -> None:
    """Remove secrets from suite properties that tests add to pytest's JUnit XML, which is written at the end."""
    for plugin in config.pluginmanager.get_plugins():
        if isinstance(properties := getattr(plugin, "global_properties", None), list):
            properties[:] = _clean(properties, scrub)


def _clean(shown: Any, scrub: Callable[[str], str]) -> Any:
    """Scrub every text in pytest's traceback tree in place: colours, paths and the one-line summary stay."""
    if isinstance(shown, str):
        return scrub(shown)
    if isinstance(shown, list | tuple):
        return type(shown)(_clean(each, scrub) for each in shown)
    if isinstance(shown, dict):
        return {name: _clean(each, scrub) for name, each in shown.items()}
    if is_dataclass(shown):
        for name, value in tuple(vars(shown).items()):
            object.__setattr__(shown, name, _clean(value, scrub))
    return shown


@contextmanager
def scrubbed_logs(scrub: Callable[[str], str]) -> Iterator[None]:
    """Scrub every log record when it is created, so that no handler ever sees a secret.

    Records of other libraries (urllib3 logs URLs, SDKs log whole requests) pass through the record factory, too. It is
    the one place that all handlers share.
    """
    make = logging.getLogRecordFactory()

    def make_clean(*args: object, **kwargs: object) -> logging.LogRecord:
        return _cleaned(make(*args, **kwargs), scrub)

    logging.setLogRecordFactory(make_clean)
    try:
        yield
    finally:
        if logging.getLogRecordFactory() is make_clean:  # otherwise a test wrapped it, and restores its own
            logging.setLogRecordFactory(make)


def _cleaned(record: logging.LogRecord, scrub: Callable[[str], str]) -> logging.LogRecord:
    try:
        text = record.getMessage()
    except Exception:  # noqa: BLE001 - arguments that do not fit the text: logging itself reports them
        return record
    if (clean := scrub(text)) != text:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0] is not None:
        trace = logging.Formatter().formatException(record.exc_info)
        if (clean := scrub(trace)) != trace:
            record.exc_text = clean  # formatters use it unchanged
    if record.stack_info:
        record.stack_info = scrub(record.stack_info)
    return record
