"""Activity of tests outside their cassettes: blocked requests, requests to other hosts, and fixtures that ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.wiring import wrap_clients_again
from sls_contract.plugin.blocking import REMEDY_WITHOUT_MARKER, remedy_for
from sls_contract.plugin.expecting import expecting_codes
from sls_contract.plugin.failures import recording_failure

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import pytest

    from sls_contract.plugin.blocking import BlockedRequest, RunGuard
    from sls_contract.plugin.case import Case
    from sls_contract.spec import Finding


class Unrecorded:
    """The activity of one run outside the cassettes of its tests; tests without a cassette are included."""

    def __init__(self, closed: RunGuard) -> None:
        self._guard = closed
        self._blocked: list[dict[str, Any]] = []
        self._findings: list[dict[str, Any]] = []
        self._fixtures: list[dict[str, Any]] = []
        self._shared: dict[pytest.FixtureDef[Any], Case] = {}
        self._sending_fixtures: set[pytest.FixtureDef[Any]] = set()
        self._unusable = ""
        self.shown: list[BaseException] = []

    def begin(self, item: pytest.Item) -> None:
        """Begin a phase of a test."""
        self._guard.begin(item.nodeid, remedy_for(item))
        self._unusable = ""
        self.shown.clear()
        wrap_clients_again()

    def end(self, item: pytest.Item) -> list[BlockedRequest]:
        """Count the requests that were blocked in a phase, and return them."""
        if not self._guard.collect():
            return []
        from sls_contract.plugin.stray_requests import plain_blocked

        blocked = self._guard.take(item.nodeid)
        self._blocked += plain_blocked(blocked)
        return blocked

    def note_shown(self, error: BaseException) -> None:
        """Note an error that is shown with a failure before its phase ends, as that of a subtest is."""
        from sls_contract.cassettes.recorder.failures import causes

        self.shown += causes(error)

    def note_failure(self, error: BaseException) -> None:
        """Note whether the error that ended a phase says that a recording cannot be used."""
        self._unusable = recording_failure(error) or ""

    def unchecked(self, item: pytest.Item, case: Case | None) -> list[dict[str, Any]]:
        """Return the totals of a test whose setup just failed as expected: nothing was checked without a recording."""
        reason = self._unusable or (case.unplayable if case is not None else "")
        if not reason:
            return []
        from sls_contract.plugin.totals import Totals

        return [Totals(unchecked=[{"test": item.nodeid, "reason": reason}]).as_plain()]

    def swallowed_failure(self, item: pytest.Item, when: str) -> str | None:
        """Return the failure of a phase that passed although requests were blocked, or None."""
        blocked = self.end(item)
        if getattr(item, "_excinfo", None):  # a TestCase stores there how it ended: it raises nothing itself
            return None
        if blocked and when == "call":
            codes = expecting_codes(item)
            blocked = [each for each in blocked if not each.reaches(codes)]
        shown = {each.host for each in blocked if any(each.error is error for error in self.shown)}
        blocked = [each for each in blocked if each.host not in shown]
        if not blocked:
            return None
        from sls_contract.plugin.opener import allowed_codes
        from sls_contract.plugin.stray_requests import swallowed_errors

        allowed = allowed_codes(item)
        found = self._noted(swallowed_errors(blocked), item.nodeid, allowed)
        return "\n\n".join(str(each) for each in found if each.code not in allowed) or None

    def no_request_failure(self, item: pytest.Item, case: Case) -> str | None:
        """Return the failure of a test that sent no request, or None; notes the foreign hosts that it called.

        Call it once the test's cassette is closed.
        """
        if case.session is None or not case.called:
            return None
        from sls_contract.plugin.stray_requests import foreign_requests, no_request

        foreign, marker = case.session.hosts.foreign, item.get_closest_marker("sls_cassette")
        shown = {case.scrubber.shown(host): remote for host, remote in foreign.items()}
        self._noted(foreign_requests(shown), item.nodeid)
        if marker is None or case.may_be_empty or not case.ended or case.excused or case.session.used:
            return None
        from sls_contract.plugin.located import used_definitions  # loads the checks

        if item.get_closest_marker("xfail") or any(map(self._sent_requests, used_definitions(item))):
            return None
        found = no_request(item, marker, shown, case.results.started_programs)
        self._noted([found], item.nodeid, case.allowed)
        fails = found.level == "violation" or case.strict
        return str(found) if fails and found.code not in case.allowed else None

    def begin_fixture(self, fixture: pytest.FixtureDef[Any]) -> None:
        """Note that a fixture is set up: what it sent before, with another parameter, is not of this time."""
        self._sending_fixtures.discard(fixture)

    def note_fixture(self, fixture: pytest.FixtureDef[Any], case: Case, ended_as: str = "") -> None:
        """Note the cassette of a fixture; if it has ended, its results are counted under the name ``ended_as``."""
        self._shared[fixture] = case
        if ended_as:
            self._sent_requests(fixture)
            del self._shared[fixture]
            self._fixtures.append(case.counted(ended_as).as_plain())

    def _sent_requests(self, fixture: pytest.FixtureDef[Any]) -> bool:
        """Return whether a fixture with its own cassette sent requests so far; those of its forked children count."""
        case = self._shared.get(fixture)
        if case is not None and case.session is not None:
            case.session.collect()
            if case.session.used:
                self._sending_fixtures.add(fixture)
        return fixture in self._sending_fixtures

    def counted(self) -> list[dict[str, Any]]:
        """Return the totals of the test that ended, and of everything since the test before it (plain values).

        Everything after this call belongs to no test.
        """
        test = self._guard.test
        self._guard.begin("", REMEDY_WITHOUT_MARKER)
        if self._guard.collect():
            from sls_contract.plugin.stray_requests import plain_blocked

            self._blocked += plain_blocked(self._guard.take(test))
            self._blocked += plain_blocked(self._guard.take(""))
        counted, self._fixtures = self._fixtures, []
        if self._blocked or self._findings:
            from sls_contract.plugin.totals import Totals

            counted.append(Totals(findings=self._findings, blocked=self._blocked).as_plain())
            self._findings, self._blocked = [], []
        return counted

    def _noted(self, found: Iterable[Finding], test: str, allowed: Collection[str] = ()) -> list[Finding]:
        kept = list(found)
        if kept:
            from sls_contract.plugin.totals import plain_finding

            self._findings += [plain_finding(each, test, allowed=allowed) for each in kept]
        return kept
