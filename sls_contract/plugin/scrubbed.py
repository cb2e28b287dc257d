"""What pytest shows of a test under a cassette, without secrets."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest


def scrub_report(report: pytest.TestReport, scrub: Callable[[str], str]) -> None:
    """Replace the traceback by plain text and captured sections by theirs, only where they hold a secret."""
    shown = report.longreprtext
    if shown and (clean := scrub(shown)) != shown:
        report.longrepr = clean
    report.sections = [(title, scrub(text)) for title, text in report.sections]


@contextmanager
def scrubbed_logs(scrub: Callable[[str], str]) -> Iterator[None]:
    """Scrub every log record at its making, so that no handler ever sees a secret.

    What other libraries log (urllib3 logs URLs, SDKs log whole requests) goes through the record factory, the one
    place that all handlers share.
    """
    make = logging.getLogRecordFactory()

    def make_clean(*args: object, **kwargs: object) -> logging.LogRecord:
        record = make(*args, **kwargs)
        text = record.getMessage()
        clean = scrub(text)
        if clean != text:
            record.msg, record.args = clean, ()
        return record

    logging.setLogRecordFactory(make_clean)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
