"""The hooks around a test's phases. As wrappers, they are separate from the hook that opens the cassette.

An error before a wrapper's ``yield`` would keep other plugins' wrappers from seeing the phase at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sls_contract.locale import translated
from sls_contract.plugin.failures import cut_at_callers_line, fail_for_fixture, translate_report
from sls_contract.plugin.options import sends_nothing

if TYPE_CHECKING:
    from collections.abc import Generator
    from warnings import WarningMessage

    from sls_contract.plugin.run import Run


class Phases:
    """The hooks that judge the exchanges of each phase."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail the setup for the findings of its fixtures."""
        with self.run.phase(item, "setup"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Fail the test for its findings."""
        with self.run.phase(item, "call"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        """Judge the exchanges of the teardown, then close the cassette."""
        with self.run.closing(item), self.run.phase(item, "teardown"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(
        self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
    ) -> Generator[None, object, object]:
        """Give a fixture of a wider scope its own cassette."""
        if fixturedef.scope == "function" or sends_nothing(request.config):
            return (yield)
        with self.run.fixture(fixturedef, request):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Cut tracebacks at the test's own line; remove secrets from tracebacks and captured output."""
        if call.excinfo is not None and not item.config.getoption("fulltrace", False):
            call.excinfo = cut_at_callers_line(call.excinfo)
        report = yield
        if call.excinfo is not None:
            fail_for_fixture(report, call.excinfo.value)
        if report.failed and call.excinfo is not None:
            self.run.note_shown(call.excinfo.value)
        self.run.complete_report(item, report)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Print in the last line why the run failed if all of its tests passed."""
        self.run.scrub_properties_of(session.config)
        outcome = yield
        if line := self.run.last_line(session):
            reporter = session.config.pluginmanager.get_plugin("terminalreporter")
            if reporter is not None:
                reporter.write_line(translated(line), red=True)
        return outcome

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a test's findings, also those of a worker's test, before its report is translated."""
        self.run.scrub_subtest(report)
        self.run.count(report)
        translate_report(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: WarningMessage) -> None:
        """Remove secrets from warnings: a client's error in a thread is shown as a warning."""
        self.run.scrub_warning(warning_message)
