"""The open cassette of one test: the findings of its phases, and whether the test fails for them."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.cassettes.results import ABOUT_RESPONSES, Breach, Results, exchange_lines, failing, message
from sls_contract.errors import UnmatchedRequest
from sls_contract.plugin.naming import shown
from sls_contract.plugin.totals import Totals, plain_finding
from sls_contract.reports.groups import part_of
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.cassettes.session import Session
    from sls_contract.plugin.target import Target
    from sls_contract.plugin.verifying import Verifying


Cause: TypeAlias = tuple[str, str, str, str]

_LONGEST_REASON = 200  # characters


@dataclass(slots=True, eq=False)
class Case:
    """The results of one test, and the resources that it opened.

    Attributes:
        where: the path of the cassette, or the test's id if it has none.
        scrubber: removes secrets from what is shown.
        test: the name of the test.
        first_tests: each cause of a breach that this run showed, with the test that showed it in full.
        collectors: called at the end of each phase; they add exchanges received elsewhere (`sls_endpoint`).
        called: whether the test function itself was called (``--setup-only`` runs fixtures only).
        incomplete: whether the test function was not called, or a phase failed: its recording may lack exchanges.
        excused: whether the test failed as expected (xfail), which counts as its end.
        unplayable: why a request got no recorded response: its recording is missing or damaged; empty if none did.
        flawed: whether exchanges broke the contract: then a proposal is not accepted.
        failure: the first line of why the test failed.
        flaws: the codes of the broken clauses.
        reported: the failure of the last phase.
        shared: whether other tests may use the same cassette.
        setup: distinguishes the setups of one fixture whose children send requests for its tests; empty otherwise.
        recorded_whole: whether its recording is finished.
        may_be_empty: whether the test may send no request.
        edited: the positions of the played recordings that were edited.

    """

    where: str
    strict: bool
    allowed: frozenset[str]
    scrubber: Scrubber
    test: str
    first_tests: dict[Cause, str]
    results: Results = field(default_factory=Results)
    session: Session | None = None
    target: Target | None = None
    resources: ExitStack = field(default_factory=ExitStack)
    collectors: list[Callable[[], None]] = field(default_factory=list)
    called: bool = False
    incomplete: bool = False
    excused: bool = False
    unplayable: str = ""
    flawed: bool = False
    failure: str = ""
    flaws: set[str] = field(default_factory=set)
    reported: str | None = None
    shared: bool = False
    setup: str = ""
    recorded_whole: bool = False
    may_be_empty: bool = False
    verifying: Verifying | None = None
    edited: set[int | None] = field(default_factory=set)
    _mark: int = 0

    def share(self) -> None:
        """Note that tests use this cassette of a fixture: its forked children send requests for them."""
        self.shared, self.setup = True, os.urandom(6).hex()  # which does not consume a test's random seed
        if self.verifying is not None:
            self.verifying.shared = True

    @property
    def ended(self) -> bool:
        """Whether the test reached its end, and so sent all of its requests."""
        return self.excused or not self.incomplete

    def end_phase(self, error: BaseException | None = None, shown: Iterable[BaseException] = ()) -> str | None:
        """Return the failure of this phase, or None.

        What pytest shows with the error of the phase is not repeated: a missing recording, an error of this package.
        ``shown`` are the errors that it showed during the phase, as those of subtests.
        """
        for collect in self.collectors:
            collect()
        breaches, self._mark = self.results.since(self._mark)
        broken = failing(breaches, strict=self.strict, allowed=self.allowed)
        by_pytest = [*shown, *_shown_by_pytest(error)]
        already_shown = [each.finding for each in by_pytest if isinstance(each, UnmatchedRequest)]
        errors = self.results.take_errors()
        shown_errors = {f"{type(each).__name__}: {self.scrubber.shown(str(each))}" for each in by_pytest}
        missing = [each.finding.actual for each in broken if each.finding.slug == "request-not-recorded"]
        self.unplayable = self.unplayable or self._one_line(next(iter(errors + missing), ""))
        self.edited |= {breach.position for breach in breaches if breach.finding.slug == "recording-edited"}
        unreported = [self._for_test_author(breach) for breach in broken if breach.finding not in already_shown]
        parts = [each for each in errors if each not in shown_errors]
        parts += [self._shown(unreported)] if unreported else []
        if self.verifying is None:
            self.incomplete |= bool(errors or broken)
            if parts:
                self.note_failure(str(broken[0].finding) if broken else parts[0])
        else:
            parts += (failures := self.verifying.errors())
            self.flawed |= bool(errors or failures or broken)
            self.flaws |= {breach.finding.code for breach in broken}
            parts += filter(None, [self.verifying.differences(incomplete=self.incomplete, flaws=self.flaws)])
        self.reported = "\n\n".join(parts) or None
        return self.reported

    def _shown(self, broken: list[Breach]) -> str:
        """Format breaches; while recording, replace the real key by the public one, as in the cassette."""
        for breach in broken:
            self.first_tests.setdefault(_cause_of(breach), self.test)
        shown = {_cause_of(breach): self.first_tests[_cause_of(breach)] for breach in broken}
        return self._masked(message(broken, self.where) if self.test in shown.values() else _repeated(broken, shown))

    def _masked(self, text: str) -> str:
        return self.scrubber.masked(text) if self.session is not None and self.session.recording else text

    def _for_test_author(self, breach: Breach) -> Breach:
        """Rewrite the fix for a test's author: the clause says what the service should do."""
        finding = breach.finding
        if finding.code[:4] not in ABOUT_RESPONSES:
            return breach
        advice, allow = finding.how_to_fix.rstrip("."), f"@pytest.mark.sls_allow({finding.code!r}, reason='…')"
        if breach.position in self.edited:
            fix = "the recording was edited: restore the file, or record it again (pytest --sls-record=all)."
            return replace(breach, finding=replace(finding, how_to_fix=fix))
        if finding.level is Level.VIOLATION:
            advice = f"report it to the service ({advice})"
        fix = f"{advice}; until then, mark the test with {allow}."
        return replace(breach, finding=replace(finding, how_to_fix=fix))

    def last_refusal(self) -> str | None:
        """Return the last exchange as text if its response is an error: clients often raise without the errorCode."""
        last = self.results.last
        if last is None or last.response is None or last.response.status < HTTPStatus.BAD_REQUEST:
            return None
        return self._masked("\n".join(["the last exchange before the failure:", *exchange_lines(last)]))

    def note_failure(self, reason: str) -> None:
        """Note why a test fails, in one line without secrets; the first reason is kept."""
        self.failure = self.failure or self._one_line(reason)

    def _one_line(self, text: str) -> str:
        line = self.scrubber.shown(next(iter(text.strip().splitlines()), ""))
        return "".join(char if char.isprintable() else " " for char in line)[:_LONGEST_REASON]

    def keep_in_report(self, report: pytest.TestReport) -> None:
        """Add the failure of the phase to a report that lacks it: unittest reports its own errors and skips."""
        shown = self.reported is not None and self.reported in report.longreprtext
        self.incomplete |= not report.passed and not (shown and self.verifying)
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.note_failure(str(crash.message if crash is not None else report.longreprtext or "it failed"))
        if report.when == "call":
            self.excused = report.skipped and hasattr(report, "wasxfail")
        if self.reported is None or shown or any(self.reported == text for _, text in report.sections):
            return
        if report.skipped and not hasattr(report, "wasxfail"):
            report.outcome, report.longrepr = "failed", self.reported
        else:
            report.sections.append((f"Captured sls-contract {report.when}", self.reported))

    def close(self, *, expected_to_fail: bool) -> None:
        """Close the cassette; an incomplete recording is marked as unfinished unless the test is expected to fail."""
        with self.resources:
            if self.session is not None:
                finished = self.recorded_whole = expected_to_fail or self.ended
                self.session.player.shared = self.shared and self.verifying is None
                self.session.close(
                    finished=finished, failure=f"{self.test}: {self.failure}" if self.failure and not finished else ""
                )
        if self.verifying is not None:
            self.verifying.end(complete=self.ended)

    def counted(self, test: str) -> Totals:
        """Return the totals of this test."""
        results, session = self.results, self.session
        by_cassette = session is not None and self.verifying is None  # verify mode compares it with other responses
        programs = results.started_programs if session is not None else ()
        return Totals(
            exchanges=results.exchanges,
            extents=dict(results.extents),
            not_judged=results.not_judged,
            unverified=results.unverified,
            cassettes=int(session is not None),
            recorded=session.recorded if session is not None else 0,
            exercised=results.exercised,
            evidence={str(name): count for name, count in results.evidence.items()} if session is not None else {},
            findings=[
                plain_finding(breach.finding, test, breach.position, self.allowed) | self._placed(breach)
                for breach in results.breaches
            ],
            examples=_examples(results.breaches) + (self.verifying.examples() if self.verifying else []),
            map=results.map.as_plain(),
            verified=self._verified(test),
            rerecorded=self._rerecorded(test),
            plays=self._plays(test),
            outside=[{"program": each, "test": test} for each in programs],
            unchecked=self._unchecked(test),
            tests=[{"cassette": self.where, "test": test, "exchanges": results.exchanges}] if by_cassette else [],
        )

    def _verified(self, test: str) -> list[dict[str, Any]]:
        if self.verifying is None:
            return []
        return [self.verifying.plain(test, ended=self.ended, flawed=self.flawed) | {"setup": self.setup}]

    def _unchecked(self, test: str) -> list[dict[str, str]]:
        """Return the test and its failure if it failed as expected, but without a recording."""
        if not (self.excused and self.unplayable) or self.results.exchanges:
            return []
        return [{"test": test, "reason": self.unplayable}]

    def _placed(self, breach: Breach) -> dict[str, Any]:
        """Return the cassette of an exchange and, if it was replayed, its line."""
        if self.session is None or breach.position is None:
            return {}
        lines = self.session.player.lines
        return {"cassette": shown(self.where), "line": lines[breach.position] if lines else None}

    def _rerecorded(self, test: str) -> list[dict[str, Any]]:
        """Return what the test recorded if the old recordings of its cassette wait for the end of the run."""
        if self.session is None or not (self.session.player.shared and self.session.player.replaces):
            return []
        player = self.session.player
        recorded = {"recording": player.recording, "ended": self.recorded_whole, "match_on": player.match_on}
        return [{"cassette": self.where, "test": test, "setup": self.setup, **recorded}]

    def _plays(self, test: str) -> list[dict[str, Any]]:
        """Return the played exchanges of a finished test, unless it played all of its own cassette."""
        if self.session is None or self.session.recording or self.incomplete:
            return []
        played, size = self.session.player.played(), self.session.player.size
        if len(played) == size and not self.shared:
            return []
        match_groups = self.session.player.match_groups if self.shared else None
        plays = {"cassette": self.where, "test": test, "shared": self.shared, "played": sorted(played), "size": size}
        return [plays | {"match_groups": match_groups, "setup": self.setup}]


def _shown_by_pytest(error: BaseException | None) -> list[BaseException]:
    """Return the errors that pytest shows for an error: itself and its causes."""
    if error is None:
        return []
    from sls_contract.cassettes.recorder.failures import causes

    shown_errors = []
    for each in causes(error):
        shown_errors.append(each)
        if each.__suppress_context__ and each.__cause__ is None:  # raised "from None": pytest shows no more
            break
    return shown_errors


def _cause_of(breach: Breach) -> Cause:
    """Return the common parts of breaches with one cause: the clause, the operation, the part of the message, the fix.

    The fix of a missing recording depends on its cassette: another test shows another one.
    """
    finding = breach.finding
    return finding.code, finding.operation, part_of(finding.where), finding.how_to_fix


def _repeated(broken: list[Breach], shown: dict[Cause, str]) -> str:
    """Format one line for each kind of breach that another test showed in full."""
    kinds = {_cause_of(breach): breach.finding for breach in reversed(broken)}
    heads = {kind: str(finding).partition("\n")[0] for kind, finding in kinds.items()}
    return "\n".join(f"{heads[kind]}: {kinds[kind].actual} (in full: {test})" for kind, test in shown.items())


def _examples(breaches: Iterable[Breach]) -> list[dict[str, Any]]:
    """Return an example exchange for each clause, level and operation: that of the first breach."""
    from sls_contract.reports.examples import first_example

    examples: list[dict[str, Any]] = []
    for breach in breaches:
        first_example(examples, breach.finding, breach.exchange)
    return examples
