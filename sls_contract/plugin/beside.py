"""What a test did beside its cassette, told when a phase ends, counted when the test does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

    from sls_contract.plugin.blocking import Closed, Stopped
    from sls_contract.plugin.case import Case
    from sls_contract.spec import Finding


class Beside:
    """The tests of one run, seen from beside their cassettes; a test without one is seen, too."""

    def __init__(self, closed: Closed) -> None:
        self._closed = closed
        self._stopped: list[dict[str, Any]] = []
        self._findings: list[dict[str, Any]] = []
        self._fixtures: list[dict[str, Any]] = []
        self._asked: set[str] = set()

    def begin(self, item: pytest.Item) -> None:
        """Begin a phase of a test."""
        self._closed.test = item.nodeid
        self._closed.renew()

    def end(self, item: pytest.Item) -> list[Stopped]:
        """Count what was stopped in a phase, and return it."""
        if not self._closed.collect():
            return []
        from sls_contract.plugin.stray_requests import plain_stopped

        stopped = self._closed.take(item.nodeid)
        self._stopped += plain_stopped(stopped)
        return stopped

    def swallowed(self, item: pytest.Item) -> str | None:
        """Return what was stopped in a phase that passed all the same, as the text of its failure."""
        if not (stopped := self.end(item)):
            return None
        from sls_contract.plugin.opener import allowed_codes
        from sls_contract.plugin.stray_requests import swallowed

        allowed = allowed_codes(item)
        found = self._noted(swallowed(stopped), item.nodeid)
        return "\n\n".join(str(each) for each in found if each.code not in allowed) or None

    def unasked(self, item: pytest.Item, case: Case) -> str | None:
        """Return what is wrong with the hosts that a test asked, now that its cassette is closed."""
        if case.session is None or not case.called:
            return None
        from sls_contract.plugin.stray_requests import foreign_asked, nothing_asked

        foreign, marker = case.session.hosts.foreign, item.get_closest_marker("sls_cassette")
        shown = {case.scrub(host): away for host, away in foreign.items()}
        self._noted(foreign_asked(shown), item.nodeid)
        if marker is None or case.may_be_empty or not case.ended or case.excused or case.session.used:
            return None
        if item.get_closest_marker("xfail") is not None or not self._asked.isdisjoint(_fixtures(item)):
            return None
        (found,) = self._noted([nothing_asked(item, marker, shown)], item.nodeid)
        fails = found.level == "violation" or case.strict
        return str(found) if fails and found.code not in case.allowed else None

    def note_fixture(self, fixture: str, case: Case, ended_as: str = "") -> None:
        """Note whether a fixture with a cassette of its own asked for something; one that ended is counted, by name."""
        if case.session is not None and case.session.used:
            self._asked.add(fixture)
        if ended_as:
            self._fixtures.append(case.counted(ended_as).as_plain())

    def counted(self) -> list[dict[str, Any]]:
        """Return what a test that ended did, and what was stopped since the last one: plain totals, if there are any.

        What comes after this belongs to no test.
        """
        if self._closed.collect():
            from sls_contract.plugin.stray_requests import plain_stopped

            self._stopped += plain_stopped([*self._closed.take(self._closed.test), *self._closed.take("")])
        self._closed.test = ""
        counted, self._fixtures = self._fixtures, []
        if self._stopped or self._findings:
            from sls_contract.plugin.totals import Totals

            counted.append(Totals(findings=self._findings, stopped=self._stopped).as_plain())
            self._findings, self._stopped = [], []
        return counted

    def _noted(self, found: Iterable[Finding], test: str) -> list[Finding]:
        kept = list(found)
        if kept:
            from sls_contract.plugin.totals import plain_finding

            self._findings += [plain_finding(each, test) for each in kept]
        return kept


def _fixtures(item: pytest.Item) -> Iterable[str]:
    return getattr(item, "fixturenames", ())
