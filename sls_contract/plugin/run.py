"""One pytest run: it opens cassettes around tests, fails tests for what they broke, and counts."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.clock import seen_now, utc_now
from sls_contract.errors import SlsContractError
from sls_contract.locale import translating
from sls_contract.plugin import distributed
from sls_contract.plugin.beside import Beside
from sls_contract.plugin.failures import passes, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from warnings import WarningMessage

    from sls_contract.plugin.blocking import Closed
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
    "sls_allow(code, *, reason): accept what breaks this one clause, such as 'SLS204'",
)

_NO_FAILURES = (pytest.skip.Exception, pytest.exit.Exception, KeyboardInterrupt)
CASE: pytest.StashKey[Case] = pytest.StashKey()


class Run:
    """The state of one run; kept in the config's stash."""

    def __init__(self, config: pytest.Config, settings: Settings, closed: Closed) -> None:
        """Begin a run; in an xdist worker it is part of the controller's session."""
        self.settings = settings
        self._beside = Beside(closed)
        self.started = distributed.session_started(config, utc_now())
        self._opened: set[Case] = set()
        self._item: pytest.Item | None = None
        self._scrub: Callable[[str], str] | None = None
        self._failure: str | None = None
        self._found: list[pytest.Item] = []
        self._told: Collected | None = None
        self._failed: set[str] = set()
        self._worker_lost = False

    @cached_property
    def totals(self) -> Totals:
        """What the whole run counted."""
        from sls_contract.plugin.totals import Totals

        return Totals()

    @cached_property
    def outcome(self) -> Outcome:
        """What the run came to, beyond its single tests."""
        from sls_contract.plugin.outcome import Outcome

        return Outcome()

    @cached_property
    def _opener(self) -> Opener:
        from sls_contract.plugin.opener import Opener

        return Opener(self.settings, self.started, utc_now, seen_now, lambda: self._found)

    def stop(self) -> None:
        """Close what an interrupted test left open: its recording is unfinished."""
        for case in tuple(self._opened):
            case.broke_off = True
            try:
                self._close(case, expected_to_fail=False)
            except SlsContractError as error:  # the run is over: there is no test left to fail
                translating(sys.stderr).write(f"sls-contract: {error}\n")

    def open(self, item: pytest.Item) -> None:
        """Open the cassette of a marked test."""
        __tracebackhide__ = True
        if marker := item.get_closest_marker("sls_cassette"):
            with told():
                self._take(item, self._opener.open(item, marker))

    def _take(self, item: pytest.Item, case: Case) -> Case:
        item.stash[CASE] = case
        self._opened.add(case)
        self._scrub = case.scrub
        return case

    @contextmanager
    def phase(self, item: pytest.Item, when: str) -> Iterator[None]:
        """Fail the phase for what its exchanges broke; a phase that failed by itself keeps its own error.

        One that skips itself, or raises what its xfail names, did not fail: what its exchanges broke is told too.
        """
        __tracebackhide__ = True
        if when == "call" and (case := item.stash.get(CASE, None)) is not None:
            case.called = True
        self._item = item
        self._beside.begin(item)
        try:
            yield
        except BaseException as error:
            self._beside.end(item)
            if (case := item.stash.get(CASE, None)) is not None and not isinstance(error, _NO_FAILURES):
                case.failed(f"{type(error).__name__}: {error}")
            text = self._broken(item, error)
            if text and passes(item, error):
                pytest.fail(text, pytrace=False)
            if text:
                item.add_report_section(when, "sls-contract", text)
            raise
        with told():
            swallowed = self._beside.swallowed(item)
        if text := "\n\n".join(filter(None, [self._broken(item), swallowed])):
            pytest.fail(text, pytrace=False)

    def _broken(self, item: pytest.Item, error: BaseException | None = None) -> str | None:
        """Return what the phase that ends now broke, beside the error that it ends with."""
        case = item.stash.get(CASE, None)
        if case is None:
            return None
        case.broke_off |= error is not None
        case.excused &= error is None
        return case.end_phase(error)

    @contextmanager
    def fixture(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
        """Open the cassette of a fixture of a wider scope; a run without cassettes pays for nothing more."""
        __tracebackhide__ = True
        if self._item is None or not self._has_cassettes:
            yield
            return
        with self._fixtures.around(fixturedef, request, self._item):
            yield

    @cached_property
    def _has_cassettes(self) -> bool:
        return any(
            item.get_closest_marker("sls_cassette") is not None or "sls_session" in getattr(item, "fixturenames", ())
            for item in self._found
        )

    @cached_property
    def _fixtures(self) -> Fixtures:
        from sls_contract.plugin.shared import Fixtures

        return Fixtures(self._opener, self._beside, self._opened)

    @contextmanager
    def closing(self, item: pytest.Item) -> Iterator[None]:
        """Close the test's cassette, whatever happens."""
        __tracebackhide__ = True
        try:
            yield
        finally:
            if (case := item.stash.get(CASE, None)) is not None:
                case.broke_off |= not case.called
                with told():
                    self._close(case, expected_to_fail=item.get_closest_marker("xfail") is not None)
                text = case.end_phase()  # what a thread did while the test ended
                if text := text or self._beside.unasked(item, case):
                    pytest.fail(text, pytrace=False)

    def _close(self, case: Case, *, expected_to_fail: bool) -> None:
        self._opened.discard(case)
        case.close(expected_to_fail=expected_to_fail)

    def reported(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Take secrets out of a report; the last one of a test carries what the test counted."""
        case = item.stash.get(CASE, None)
        if case is not None:
            case.insist(report)
        if (scrub := case.scrub if case is not None else self._last_scrub) is not None:
            from sls_contract.plugin.scrubbed import scrub_report

            scrub_report(report, scrub)
        if report.when == "teardown":
            counted = [case.counted(item.nodeid).as_plain()] if case is not None else []
            if counted := counted + self._beside.counted():
                distributed.attach(report, counted)
            if case is not None:
                del item.stash[CASE]

    @property
    def _last_scrub(self) -> Callable[[str], str] | None:
        """What takes secrets out of what is shown while no cassette is open: a client of a fixture may still talk."""
        shared = vars(self).get("_fixtures")
        return self._scrub or (shared.scrub if shared is not None else None)

    def count(self, report: pytest.TestReport) -> None:
        """Add what a test counted, wherever it ran.

        One that skips itself has not come to the cassettes that it loads; where it has the marker, its own is known.
        """
        if report.failed or (report.skipped and "sls_cassette" not in report.keywords):
            self._failed.add(report.nodeid.partition("::")[0])
        for counted in distributed.attached(report):
            self.totals.merge(counted)

    def shown(self, report: pytest.TestReport) -> None:
        """Take secrets out of the report of a subtest: its name and what was captured are added when it is made."""
        if "context" in vars(report) and (scrub := self._last_scrub) is not None:
            from sls_contract.plugin.scrubbed import scrub_report

            scrub_report(report, scrub)

    def ends(self, config: pytest.Config) -> None:
        """Take secrets out of what the run writes last."""
        if (scrub := self._last_scrub) is not None:
            from sls_contract.plugin.scrubbed import scrub_properties

            scrub_properties(config, scrub)

    def warned(self, warning: WarningMessage) -> None:
        """Take secrets out of a warning that a test gave, before it is shown."""
        scrub = self._last_scrub
        if scrub is not None and (clean := scrub(str(warning.message))) != str(warning.message):
            warning.message = clean

    @contextmanager
    def names(self, item: pytest.Item) -> Iterator[Sls]:
        """Give fixture ``sls`` its value."""
        __tracebackhide__ = True
        case = item.stash.get(CASE, None)
        if case is None or case.session is None:
            pytest.fail(
                "fixture 'sls' needs a cassette, and this test has none.\n"
                "How to fix: mark the test (or its class or module) with @pytest.mark.sls_cassette.",
                pytrace=False,
            )
        with told(), self._opener.names(case) as names:
            yield names

    @contextmanager
    def session_names(self) -> Iterator[Sls]:
        """Give fixture ``sls_session`` its value."""
        __tracebackhide__ = True
        with told(), self._opener.session_names() as names:
            yield names

    @contextmanager
    def serve(self, item: pytest.Item) -> Iterator[ReferenceServer]:
        """Give fixture ``sls_endpoint`` its value."""
        __tracebackhide__ = True
        from sls_contract.plugin.reference import serving

        with told():
            case = item.stash.get(CASE, None) or self._take(item, self._opener.bare(item))
            with serving(case, seen_now) as server:
                yield server

    def found(self, items: list[pytest.Item]) -> None:
        """Note what was collected, before any of it is deselected."""
        self._found = items.copy()

    def worker_ended(self, told: dict[str, Any] | None, rest: list[dict[str, Any]], *, lost: bool) -> None:
        """Take over what an xdist worker collected (all of them collect the same), and the ``rest`` that it counted."""
        for counted in rest:
            self.totals.merge(counted)
        self._worker_lost |= lost
        if told is not None:
            from sls_contract.plugin.collected import Collected

            seen = Collected.of_plain(told)
            self._told = seen if self._told is None else self._told.beside(seen)

    def finish(self, session: pytest.Session) -> None:
        """Settle what the run came to, and write the reports; the run fails where one cannot be written.

        A worker tells the controller what it collected, and leaves the rest to it.
        """
        rest = self._beside.counted()
        if distributed.is_worker(session.config):
            seen = self._seen(session)
            distributed.tell(session.config, rest, seen.as_plain() if seen is not None else None)
            return
        for counted in rest:
            self.totals.merge(counted)
        self._settle(session)
        self._expect_comparison(session)
        if self.settings.reports or (os.environ.get("GITHUB_ACTIONS") == "true" and self._checked):
            self._write_reports(session)

    @property
    def _checked(self) -> bool:
        return "totals" in vars(self) and bool(self.totals.exchanges or self.totals.cassettes or self.totals.findings)

    def _seen(self, session: pytest.Session) -> Collected | None:
        """Return what this process, or a worker, collected; None where nothing was, or no test has a cassette."""
        if self._told is not None or not any(item.get_closest_marker("sls_cassette") for item in self._found):
            return self._told
        from sls_contract.plugin.collected import collected

        return collected(self._found, session.items, self.settings)

    def _settle(self, session: pytest.Session) -> None:
        """Settle what no single test can tell; a run without cassettes has nothing of the kind."""
        if "totals" not in vars(self):
            return
        if self.settings.record in {"none", "verify"}:
            self._settle_recordings(session)
        if self._reasons() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _settle_recordings(self, session: pytest.Session) -> None:
        from sls_contract.plugin.collected import scope_of
        from sls_contract.plugin.outcome import outcome_of

        ran = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        self.outcome = outcome_of(
            self.totals,
            self.settings,
            self._seen(session),
            scope_of(session.config, self.settings),
            self._failed,
            self.started,
            cut_short=not ran or bool(session.shouldstop or session.shouldfail) or self._worker_lost,
        )
        self.totals.findings += self.outcome.plain_findings()

    def _expect_comparison(self, session: pytest.Session) -> None:
        """End a run in mode ``verify`` that compared nothing as the command line does: it did not check anything."""
        ran = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if self.settings.record != "verify" or not ran or session.config.option.collectonly:
            return
        if self._seen(session) is None or any(each["finding"]["level"] == "violation" for each in self.totals.findings):
            return
        from sls_contract.plugin.verify_result import NOTHING_COMPARED, nothing_compared

        if told := nothing_compared(self.outcome.settled):
            self._failure, session.exitstatus = told, NOTHING_COMPARED

    def _write_reports(self, session: pytest.Session) -> None:
        from sls_contract.plugin.summary import write_reports

        try:
            write_reports(self.totals, self.outcome, self.settings)
        except SlsContractError as error:
            self._failure = f"sls-contract: {error}"
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def summary(self) -> list[str]:
        """Return the lines of the terminal summary; none where nothing was checked."""
        told_last = [*self._not_used(), *([self._failure] if self._failure else [])]
        if "totals" not in vars(self) or not (self.totals.exchanges or self.totals.cassettes or self.totals.stopped):
            return told_last
        from sls_contract.plugin.summary import summary_lines

        return summary_lines(self.totals, self.outcome) + told_last

    def _not_used(self) -> Iterator[str]:
        if self.settings.unused:
            yield (
                f"sls-contract: not used: {', '.join(self.settings.unused)}; replay and recording at the reference "
                "endpoint use public names\n"
                "  How to fix: record with real names (--sls-record=once --sls-endpoint=URL), or remove the "
                "option."
            )

    def last_line(self, session: pytest.Session) -> str | None:
        """Return what the run failed for, where no test tells it; None where there is nothing to add."""
        if not session.exitstatus or not (reasons := self._reasons()):
            return None
        return f"sls-contract: the run failed (exit {int(session.exitstatus)}): {'; '.join(reasons)}"

    def _reasons(self) -> list[str]:
        failure = (self._failure or "").partition("\n")[0].removeprefix("sls-contract: ")  # its fix is shown above
        if "totals" not in vars(self):
            return [failure] if failure else []
        strict, between = self.settings.strict, sum(each["times"] for each in self.totals.stopped if not each["test"])
        reasons = self.outcome.reasons(strict=strict)
        if strict and between:
            from sls_contract.reports import plural

            reasons.append(f"{plural(between, 'request')} stopped between tests (--sls-strict)")
        if failure:
            reasons.append(failure)
        return reasons
