"""One pytest run: it opens cassettes around tests, fails tests for their findings, and counts the results."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.clock import test_now, utc_now
from sls_contract.errors import SlsContractError
from sls_contract.exit_codes import INCOMPLETE
from sls_contract.locale import translating
from sls_contract.plugin import distributed
from sls_contract.plugin.failures import SKIPS, as_failure, is_skip_or_xfail
from sls_contract.plugin.scrubbed import scrub_properties, scrub_report
from sls_contract.plugin.unrecorded import Unrecorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from warnings import WarningMessage

    from sls_contract.plugin.blocking import RunGuard
    from sls_contract.plugin.case import Case
    from sls_contract.plugin.collected import Collected
    from sls_contract.plugin.names import Sls
    from sls_contract.plugin.opener import Opener
    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.outcome import Outcome
    from sls_contract.plugin.reference import ReferenceServer
    from sls_contract.plugin.shared import Fixtures
    from sls_contract.plugin.totals import Totals

MARKERS = (
    (
        "sls_cassette(name=None, repeat=None, empty=False, match_on=None): record and replay this test's SLS "
        "exchanges; repeat='last' plays the last of identical recordings again and again; empty=True: the test "
        "may send no request; match_on names what requests match on"
    ),
    "sls_allow(code, *, reason): accept violations of this one clause, such as 'SLS204'",
)

_NO_FAILURES = (*SKIPS, pytest.exit.Exception, KeyboardInterrupt)
CASE: pytest.StashKey[Case] = pytest.StashKey()


class Run:
    """The state of one run, in the stash of the config."""

    def __init__(self, config: pytest.Config, settings: Settings, guard: RunGuard) -> None:
        """Start a run; in an xdist worker, it is part of the controller's session."""
        self.settings = settings
        self._unrecorded = Unrecorded(guard)
        self.started = distributed.session_started(config, utc_now())
        self._opened: set[Case] = set()
        self._running: pytest.Item | None = None
        self._scrub: Callable[[str], str] | None = None
        self._failure: str | None = None
        self._items: list[pytest.Item] = []
        self._from_workers: Collected | None = None
        self._failed: set[str] = set()
        self._skipped: set[str] = set()
        self._worker_lost = False
        self.calls_tests = False

    @cached_property
    def totals(self) -> Totals:
        """The totals of the whole run."""
        from sls_contract.plugin.totals import Totals

        return Totals()

    @cached_property
    def outcome(self) -> Outcome:
        """The results of the run beyond its single tests."""
        from sls_contract.plugin.outcome import Outcome

        return Outcome()

    @cached_property
    def _opener(self) -> Opener:
        from sls_contract.plugin.opener import Opener

        return Opener(self.settings, self.started, utc_now, test_now, lambda: self._items)

    def stop(self) -> None:
        """Close what an interrupted test left open, as an unfinished recording."""
        for case in tuple(self._opened):
            case.incomplete = True
            try:
                self._close(case, expected_to_fail=False)
            except SlsContractError as error:  # the run is over: there is no test left to fail
                translating(sys.stderr).write(f"sls-contract: {error}\n")

    def open(self, item: pytest.Item) -> None:
        """Open the cassette of a marked test."""
        __tracebackhide__ = True
        if marker := item.get_closest_marker("sls_cassette"):
            with as_failure():
                self._scrub = self._scrub or self._opener.scrubber.shown
                self._track(item, self._opener.open(item, marker))

    def _track(self, item: pytest.Item, case: Case) -> Case:
        item.stash[CASE] = case
        self._opened.add(case)
        self._scrub = case.scrubber.shown
        return case

    @contextmanager
    def phase(self, item: pytest.Item, when: str) -> Iterator[None]:
        """Fail the phase for its findings; a phase that failed by itself keeps its own error.

        A phase that skips, or raises the error that its xfail names, did not fail by itself: it fails for its findings.
        """
        __tracebackhide__ = True
        if when == "call" and (case := item.stash.get(CASE, None)) is not None:
            case.called = True
        self._running = item
        self._unrecorded.begin(item)
        try:
            yield
        except BaseException as error:
            self._unrecorded.end(item)
            if (case := item.stash.get(CASE, None)) is not None and not isinstance(error, _NO_FAILURES):
                case.note_failure(f"{type(error).__name__}: {error}")
            text = self._end_phase(item, error)
            self._unrecorded.note_failure(error)
            if text and is_skip_or_xfail(item, error):
                pytest.fail(text, pytrace=False)
            if case is not None and not isinstance(error, (*_NO_FAILURES, SlsContractError)):
                text = text or case.last_refusal()
            if text:
                item.add_report_section(when, "sls-contract", text)
            raise
        with as_failure():
            swallowed = self._unrecorded.swallowed_failure(item, when)
        if text := "\n\n".join(filter(None, [self._end_phase(item), swallowed])):
            pytest.fail(text, pytrace=False)

    def _end_phase(self, item: pytest.Item, error: BaseException | None = None) -> str | None:
        """Return the failure of the phase that ends now; ``error`` is the error that it ends with."""
        case = item.stash.get(CASE, None)
        if case is None:
            return None
        case.incomplete |= error is not None
        case.excused &= error is None
        # a skip shows no cause
        return case.end_phase(None if isinstance(error, SKIPS) else error, self._unrecorded.shown)

    @contextmanager
    def fixture(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
        """Open the cassette of a fixture of a wider scope; a run without cassettes skips all of this."""
        __tracebackhide__ = True
        if self._running is None or not self._has_cassettes:
            yield
            return
        with self._fixtures.around(fixturedef, request, self._running):
            yield

    @cached_property
    def _has_cassettes(self) -> bool:
        return any(
            item.get_closest_marker("sls_cassette") is not None or "sls_session" in getattr(item, "fixturenames", ())
            for item in self._items
        )

    @cached_property
    def _fixtures(self) -> Fixtures:
        from sls_contract.plugin.shared import Fixtures

        return Fixtures(self._opener, self._unrecorded, self._opened)

    @contextmanager
    def closing(self, item: pytest.Item) -> Iterator[None]:
        """Close the test's cassette, whatever happens."""
        __tracebackhide__ = True
        try:
            yield
        finally:
            if (case := item.stash.get(CASE, None)) is not None:
                case.incomplete |= not case.called
                with as_failure():
                    self._close(case, expected_to_fail=item.get_closest_marker("xfail") is not None)
                text = case.end_phase()  # requests that a thread sent while the test ended
                if text := text or self._unrecorded.no_request_failure(item, case):
                    pytest.fail(text, pytrace=False)

    def _close(self, case: Case, *, expected_to_fail: bool) -> None:
        self._opened.discard(case)
        case.close(expected_to_fail=expected_to_fail)

    def note_shown(self, error: BaseException) -> None:
        """Note an error that a report shows; that of a subtest is shown before its test ends."""
        self._unrecorded.note_shown(error)

    def complete_report(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Remove secrets from a report, and attach the test's totals to its last report."""
        case = item.stash.get(CASE, None)
        if case is not None:
            case.keep_in_report(report)
        if (scrub := case.scrubber.shown if case is not None else self._last_scrub) is not None:
            scrub_report(report, scrub)
        if report.when == "setup" and hasattr(report, "wasxfail"):
            distributed.attach(report, self._unrecorded.unchecked(item, case))
        if report.when == "teardown":
            counted = [case.counted(item.nodeid).as_plain()] if case is not None else []
            if counted := counted + self._unrecorded.counted():
                distributed.attach(report, counted)
            if case is not None:
                del item.stash[CASE]

    @property
    def _last_scrub(self) -> Callable[[str], str] | None:
        """The last scrubber: a client of a fixture may still log while no cassette is open."""
        shared = vars(self).get("_fixtures")
        return self._scrub or (shared.scrub if shared is not None else None)

    def count(self, report: pytest.TestReport) -> None:
        """Add the totals of a test, wherever it ran.

        A skipped test may not have loaded its cassettes; with the marker, its cassette is known all the same.
        """
        if not report.passed:
            is_known = report.skipped and "sls_cassette" in report.keywords
            (self._skipped if is_known else self._failed).add(report.nodeid)
        for counted in distributed.attached(report):
            self.totals.merge(counted)

    def scrub_subtest(self, report: pytest.TestReport) -> None:
        """Remove secrets from a subtest's report: its name and captured output are added after makereport."""
        if "context" in vars(report) and (scrub := self._last_scrub) is not None:
            scrub_report(report, scrub)

    def scrub_properties_of(self, config: pytest.Config) -> None:
        """Remove secrets from the suite properties of pytest's JUnit XML, which is written last."""
        if (scrub := self._last_scrub) is not None:
            scrub_properties(config, scrub)

    def scrub_warning(self, warning: WarningMessage) -> None:
        """Remove secrets from a warning of a test before it is shown."""
        scrub = self._last_scrub
        if scrub is not None and (clean := scrub(str(warning.message))) != str(warning.message):
            warning.message = clean

    @contextmanager
    def names(self, item: pytest.Item) -> Iterator[Sls]:
        """Return the value of fixture ``sls``."""
        __tracebackhide__ = True
        case = item.stash.get(CASE, None)
        if case is None or case.session is None:
            pytest.fail(
                "fixture 'sls' needs a cassette, and this test has none.\n"
                "How to fix: mark the test (or its class or module) with @pytest.mark.sls_cassette.",
                pytrace=False,
            )
        with as_failure(), self._opener.names(case) as names:
            yield names

    @contextmanager
    def session_names(self) -> Iterator[Sls]:
        """Return the value of fixture ``sls_session``."""
        __tracebackhide__ = True
        with as_failure(), self._opener.session_names() as names:
            yield names

    @contextmanager
    def serve(self, item: pytest.Item) -> Iterator[ReferenceServer]:
        """Return the value of fixture ``sls_endpoint``."""
        __tracebackhide__ = True
        from sls_contract.plugin.reference import serving

        with as_failure():
            case = item.stash.get(CASE, None) or self._track(item, self._opener.open_without_cassette(item))
            with serving(case, test_now) as server:
                yield server

    def note_collected(self, items: list[pytest.Item]) -> None:
        """Note the collected tests before any is deselected."""
        self._items = items.copy()

    def add_worker(self, collected: dict[str, Any] | None, rest: list[dict[str, Any]], *, lost: bool) -> None:
        """Add the collected tests of an xdist worker, and ``rest``, its totals after its last test."""
        for counted in rest:
            self.totals.merge(counted)
        self._worker_lost |= lost
        if collected is not None:
            from sls_contract.plugin.collected import Collected

            new, known = Collected.from_plain(collected), self._from_workers
            self._from_workers = new if known is None else known.merged_with(new)

    def finish(self, session: pytest.Session) -> None:
        """Finish the results, and write the reports; the run fails if one cannot be written.

        A worker only sends the controller what it collected and counted.
        """
        rest = self._unrecorded.counted()
        if distributed.is_worker(session.config):
            collected = self._collected(session)
            distributed.send_rest(session.config, rest, collected.as_plain() if collected is not None else None)
            return
        for counted in rest:
            self.totals.merge(counted)
        ran = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        checked = False
        if "totals" in vars(self):  # reading the property would create it; without cassettes, there is nothing to find
            self._finish_results(session, ran=ran)
            checked = bool(self.totals.exchanges or self.totals.cassettes or self.totals.findings)
        if self.settings.record == "verify" and ran and self.calls_tests:
            self._expect_comparison(session)
        if self.settings.reports or (checked and os.environ.get("GITHUB_ACTIONS") == "true"):
            self._write_reports(session)

    def _collected(self, session: pytest.Session) -> Collected | None:
        """Return the tests that this process or a worker collected; None if no test has a cassette."""
        if self._from_workers is not None or not self._has_cassettes:
            return self._from_workers
        from sls_contract.plugin.collected import all_tests, collected

        items = all_tests(self._items, session.config, self.settings)
        return None if items is None else collected(items, session.items, self.settings)

    def _finish_results(self, session: pytest.Session, *, ran: bool) -> None:
        """Find what no single test can find, and fail the run for it; ``ran``: it was not interrupted."""
        if self.settings.record in {"none", "verify", "all"}:  # the others leave nothing to find
            from sls_contract.plugin.collected import scope_of
            from sls_contract.plugin.outcome import NotPassed, outcome_of

            self.outcome = outcome_of(
                self.totals,
                self.settings,
                self._collected(session),
                scope_of(session.config, self.settings),
                NotPassed(self._failed, self._skipped),
                self.started,
                cut_short=not ran or bool(session.shouldstop or session.shouldfail) or self._worker_lost,
            )
            self.totals.findings += self.outcome.plain_findings()
        if self._reasons() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _expect_comparison(self, session: pytest.Session) -> None:
        """Fail a run in mode ``verify`` that compared nothing, with the exit code of the command line."""
        if self._collected(session) is None or any(
            each["finding"]["level"] == "violation" for each in self.totals.findings
        ):
            return
        from sls_contract.plugin.verify_result import nothing_compared

        if failure := nothing_compared(self.outcome.verified):
            self._failure, session.exitstatus = failure, INCOMPLETE

    def _write_reports(self, session: pytest.Session) -> None:
        from sls_contract.plugin.summary import write_reports

        try:
            write_reports(self.totals, self.outcome, self.settings, session.config, int(session.exitstatus))
        except SlsContractError as error:
            self._failure = f"sls-contract: {error}"
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def summary(self) -> list[str]:
        """Return the lines of the terminal summary; none if nothing was checked."""
        last_lines = []
        if self.settings.unused:
            last_lines.append(
                f"sls-contract: not used: {', '.join(self.settings.unused)}; replay and recording at the reference "
                "endpoint use public names\n"
                "  How to fix: record with real names (--sls-record=once --sls-endpoint=URL), or remove the option."
            )
        if self._failure:
            last_lines.append(self._failure)
        totals = vars(self).get("totals")  # reading the property would create it
        if totals is None or not (totals.exchanges or totals.cassettes or totals.blocked or totals.unchecked):
            return last_lines
        from sls_contract.plugin.summary import summary_lines

        return summary_lines(totals, self.outcome) + last_lines

    def last_line(self, session: pytest.Session) -> str | None:
        """Return why the run failed if no test shows it; None if there is nothing to add."""
        if not session.exitstatus or not (reasons := self._reasons()):
            return None
        return f"sls-contract: the run failed (exit {int(session.exitstatus)}): {'; '.join(reasons)}"

    def _reasons(self) -> list[str]:
        """Return why the run fails although no single test did."""
        reasons = self.outcome.reasons(self.totals, strict=self.settings.strict) if "totals" in vars(self) else []
        if self._failure:  # its fix is shown above
            reasons.append(self._failure.partition("\n")[0].removeprefix("sls-contract: "))
        return reasons
