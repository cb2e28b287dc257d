"""One pytest run: it opens cassettes around tests, fails tests for what they broke, and counts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import pytest

from sls_contract.errors import SlsContractError
from sls_contract.plugin import distributed
from sls_contract.plugin.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.plugin.case import Case
    from sls_contract.plugin.names import Sls
    from sls_contract.plugin.opener import Opener
    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.reference import ReferenceServer

MARKERS = (
    (
        "sls_cassette(name=None, repeat=None): record and replay this test's SLS exchanges; "
        "repeat='last' plays the last of identical recordings again and again"
    ),
    "sls_allow(code, *, reason): accept what breaks this one clause, such as 'SLS204'",
)

CASE: pytest.StashKey[Case] = pytest.StashKey()


@contextmanager
def told() -> Iterator[None]:
    """Turn an error of ours into a failure that shows its text alone: no traceback of ours reaches a user."""
    __tracebackhide__ = True
    try:
        yield
    except SlsContractError as error:
        pytest.fail(str(error), pytrace=False)


def utc_now() -> datetime:
    """Return the real time: the plugin is one of the doors that supply it."""
    return datetime.now(UTC)  # noqa: TID251 - a door


@dataclass(eq=False)
class Run:
    """The state of one run; kept in the config's stash."""

    settings: Settings
    config: pytest.Config
    started: datetime
    totals: Totals = field(default_factory=Totals)

    @classmethod
    def of(cls, config: pytest.Config, settings: Settings) -> Run:
        """Begin a run; in an xdist worker it is part of the controller's session."""
        return cls(settings, config, distributed.session_started(config, utc_now()))

    @cached_property
    def _opener(self) -> Opener:
        from sls_contract.plugin.opener import Opener

        return Opener(self.settings, self.started, utc_now)

    def start(self) -> None:
        """In mode ``none``, stop whatever would reach an owned host, from now until the run ends."""
        if self.settings.record == "none":
            from sls_contract.plugin.closed import close_network

            self._open_network = close_network([*self.settings.hosts, *self.settings.endpoint_hosts])

    def stop(self) -> None:
        """Let traffic pass again."""
        if open_network := getattr(self, "_open_network", None):
            open_network()

    def open(self, item: pytest.Item) -> None:
        """Open the cassette of a marked test."""
        __tracebackhide__ = True
        if marker := item.get_closest_marker("sls_cassette"):
            with told():
                item.stash[CASE] = self._opener.open(item, marker)

    @contextmanager
    def phase(self, item: pytest.Item, when: str) -> Iterator[None]:
        """Fail the phase for what its exchanges broke; a phase that failed by itself keeps its own error."""
        __tracebackhide__ = True
        try:
            yield
        except BaseException:
            if (case := item.stash.get(CASE, None)) is not None:
                case.broke_off = True
                if text := case.end_phase():
                    item.add_report_section(when, "sls-contract", text)
            raise
        if (case := item.stash.get(CASE, None)) is not None and (text := case.end_phase()):
            pytest.fail(text, pytrace=False)

    @contextmanager
    def closing(self, item: pytest.Item) -> Iterator[None]:
        """Close the test's cassette, whatever happens, and count what it found."""
        try:
            yield
        finally:
            if (case := item.stash.get(CASE, None)) is not None:
                try:
                    with told():
                        case.close(expected_to_fail=item.get_closest_marker("xfail") is not None)
                finally:
                    case.add_to(self.totals, item.nodeid)

    def scrub(self, item: pytest.Item, report: pytest.TestReport) -> None:
        """Take secrets out of a report's traceback and captured output."""
        if (case := item.stash.get(CASE, None)) is not None:
            from sls_contract.plugin.scrubbed import scrub_report

            scrub_report(report, case.scrub)
            if report.when == "teardown":
                del item.stash[CASE]

    @contextmanager
    def names(self, item: pytest.Item) -> Iterator[Sls]:
        """Give fixture ``sls`` its value."""
        __tracebackhide__ = True
        case = item.stash.get(CASE, None)
        if case is None or case.session is None:
            pytest.fail(
                "fixture 'sls' says where a cassette's requests go, and this test has no cassette.\n"
                "How to fix: mark the test (or its class or module) with @pytest.mark.sls_cassette.",
                pytrace=False,
            )
        with told(), self._opener.names(case) as names:
            yield names

    @contextmanager
    def serve(self, item: pytest.Item) -> Iterator[ReferenceServer]:
        """Give fixture ``sls_endpoint`` its value."""
        from sls_contract.plugin.reference import serving

        case = item.stash.setdefault(CASE, self._opener.bare(item))
        with serving(case, utc_now) as server:
            yield server

    def finish(self, config: pytest.Config) -> None:
        """Hand the counts to the controller, or write the reports."""
        if not distributed.send_totals(config, self.totals.as_plain()) and self.settings.reports:
            from sls_contract.plugin.summary import write_reports

            write_reports(self.totals, self.settings)

    def summary(self) -> list[str]:
        """Return the lines of the terminal summary; none where nothing was checked."""
        if not self.totals.exchanges and not self.totals.cassettes:
            return []
        from sls_contract.plugin.summary import summary_lines

        return summary_lines(self.totals)
