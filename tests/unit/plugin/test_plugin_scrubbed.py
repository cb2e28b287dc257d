"""What pytest shows, without secrets: reports that keep their shape, log records that stay usable."""

from __future__ import annotations

import logging
import sys
from types import SimpleNamespace

import pytest

from sls_contract.plugin.scrubbed import scrub_report, scrubbed_logs


def scrub(text):
    return text.replace("SECRET", "***").replace("TWO\nLINES", "***")


def failed(message):
    try:
        raise ValueError(message)  # noqa: TRY301 - to have a traceback
    except ValueError:
        info = pytest.ExceptionInfo.from_current()
    return info.getrepr(showlocals=True)


def report(longrepr, sections=()):
    properties = [("text", "SECRET"), ("number", 3)]
    return pytest.TestReport("id", ("f", 0, "f"), {}, "failed", longrepr, "call", sections, user_properties=properties)


def test_a_traceback_keeps_its_shape():
    """Only the secret goes: the tree, with its one-line summary, is still pytest's."""
    made = report(failed("it was SECRET"), [("Captured stdout call", "SECRET")])
    scrub_report(made, scrub)
    assert "SECRET" not in made.longreprtext
    assert made.longrepr.reprcrash.message == "ValueError: it was ***"
    assert made.sections == [("Captured stdout call", "***")]
    assert made.user_properties == [("text", "***"), ("number", 3)]


def test_a_subtest_is_named_without_secrets():
    """Its message, the values that tell it from others, and the names of properties go the same way."""
    made = report(failed("it was SECRET"))
    made.context = SimpleNamespace(msg="with SECRET", kwargs={"key": "'SECRET'", "n": "1"})
    made.user_properties = [("SECRET", 3)]
    scrub_report(made, scrub)
    assert made.context == SimpleNamespace(msg="with ***", kwargs={"key": "'***'", "n": "1"})
    assert made.user_properties == [("***", 3)]


def test_a_secret_across_lines_makes_it_plain_text():
    """What no single line shows is found in the whole."""
    made = report(failed("it was TWO\nLINES"))
    made.longrepr = "it was TWO\nLINES"
    scrub_report(made, scrub)
    assert made.longrepr == "it was ***"


def test_a_skip_stays_a_skip():
    """Pytest needs file, line and reason."""
    made = report(("f.py", 3, "because of SECRET"))
    scrub_report(made, scrub)
    assert made.longrepr == ("f.py", 3, "because of ***")


def test_what_holds_none_is_not_touched():
    """The very same object stays."""
    shown = failed("plain")
    made = report(shown)
    scrub_report(made, scrub)
    assert made.longrepr is shown


def test_log_records(caplog):
    """Message, arguments, traceback and stack are scrubbed; a record that cannot be formatted is left to logging."""
    factory = logging.getLogRecordFactory()
    with scrubbed_logs(scrub):
        try:
            int("SECRET")
        except ValueError:
            logging.getLogger("x").warning("of %s", "SECRET", exc_info=True, stack_info=True)
        broken = logging.getLogRecordFactory()("x", 10, "f", 1, "%d", ("SECRET",), None)
        logging.getLogger("x").warning("no error", exc_info=(None, None, None))
    assert logging.getLogRecordFactory() is factory
    assert caplog.records[0].getMessage() == "of ***"
    assert "ValueError: invalid literal for int() with base 10: '***'" in caplog.records[0].exc_text
    assert "SECRET" not in caplog.text
    assert broken.args == ("SECRET",)
    assert sys.exc_info() == (None, None, None)


def test_a_factory_of_ones_own_stays():
    """Who puts a factory around ours keeps it."""
    factory = logging.getLogRecordFactory()
    with scrubbed_logs(scrub):
        ours = logging.getLogRecordFactory()

        def theirs(*args, **kwargs):
            return ours(*args, **kwargs)

        logging.setLogRecordFactory(theirs)
    assert logging.getLogRecordFactory() is theirs
    logging.setLogRecordFactory(factory)
