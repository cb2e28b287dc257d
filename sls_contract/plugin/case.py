"""One test's open cassette: what it found, phase by phase, and what that means for the test."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.cassettes.results import ABOUT_ANSWERS, Breach, Results, failing, message
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
    from sls_contract.spec import Finding


Alike: TypeAlias = tuple[str, str, str]

_LONGEST_REASON = 200  # characters


@dataclass(slots=True, eq=False)
class Case:
    """What one test opened and found.

    ``watched`` are called at the end of each phase: they bring in what was received elsewhere (`sls_endpoint`).
    ``called`` is set where the test itself began (``--setup-only`` runs fixtures alone). ``broke_off`` is set where it
    did not, or a phase failed: what was recorded until then need not be the whole. ``excused`` is set where the test
    failed as it was expected to (xfail), which is its end. ``test`` names it, ``failure`` is the first line of why it
    failed. ``flawed``
    is set where exchanges broke the contract, which keeps a proposal whole; ``flaws`` are the codes of the clauses.
    ``told`` is what the last phase broke. ``shared`` says that other tests may have the same cassette, ``may_be_empty``
    that the test may ask for nothing. ``known`` are the breaches that a test of this run was shown, with that test.
    """

    where: str
    strict: bool
    allowed: frozenset[str]
    scrub: Callable[[str], str]
    results: Results
    mask: Callable[[str], str] = str
    scrubber: Scrubber | None = None
    session: Session | None = None
    target: Target | None = None
    open_things: ExitStack = field(default_factory=ExitStack)
    watched: list[Callable[[], None]] = field(default_factory=list)
    called: bool = False
    broke_off: bool = False
    excused: bool = False
    flawed: bool = False
    failure: str = ""
    flaws: set[str] = field(default_factory=set)
    test: str = ""
    told: str | None = None
    shared: bool = False
    may_be_empty: bool = False
    known: dict[Alike, str] = field(default_factory=dict)
    verifying: Verifying | None = None
    _mark: int = 0

    @property
    def ended(self) -> bool:
        """Whether the test came to its end, so that it asked for all that it asks for."""
        return self.excused or not self.broke_off

    def end_phase(self, error: BaseException | None = None) -> str | None:
        """Return what this phase broke, as the text of a failure; None where it broke nothing.

        A missing recording that the error of the phase names already is not repeated.
        """
        for bring_in in self.watched:
            bring_in()
        breaches, self._mark = self.results.since(self._mark)
        broken = failing(breaches, strict=self.strict, allowed=self.allowed)
        named = _named(error)
        untold = [_for_authors(breach) for breach in broken if breach.finding not in named]
        parts = self.results.take_errors() + ([self._shown(untold)] if untold else [])
        if self.verifying is None:
            self.broke_off |= bool(parts or broken)
            if parts:
                self.failed(str(broken[0].finding) if broken else parts[0])
        else:
            parts += self.verifying.errors()
            self.flawed |= bool(parts or broken)
            self.flaws |= {breach.finding.code for breach in broken}
            parts += filter(None, [self.verifying.differences(broke_off=self.broke_off, flaws=self.flaws)])
        self.told = "\n\n".join(parts) or None
        return self.told

    def _shown(self, broken: list[Breach]) -> str:
        """Tell breaches; while recording without the public key that is written in the place of the real one."""
        for breach in broken:
            self.known.setdefault(_alike(breach), self.test)
        shown = {_alike(breach): self.known[_alike(breach)] for breach in broken}
        text = message(broken, self.where) if self.test in shown.values() else _again(broken, shown)
        return self.mask(text) if self.session is not None and self.session.recording else text

    def failed(self, reason: str) -> None:
        """Note why a test fails, if nothing was noted before: one line, without secrets."""
        line = self.scrub(next(iter(reason.strip().splitlines()), ""))
        shown = "".join(char if char.isprintable() else " " for char in line)
        self.failure = self.failure or shown[:_LONGEST_REASON]

    def insist(self, report: pytest.TestReport) -> None:
        """Keep what the phase broke in a report that was made past it: unittest puts its own errors and skips there."""
        shown = self.told is not None and self.told in report.longreprtext
        self.broke_off |= not report.passed and not (shown and self.verifying)
        if report.failed:
            self.failed(_reason(report))
        if report.when == "call":
            self.excused = report.skipped and hasattr(report, "wasxfail")
        if self.told is None or shown or any(self.told == text for _, text in report.sections):
            return
        if report.skipped and not hasattr(report, "wasxfail"):
            report.outcome, report.longrepr = "failed", self.told
        else:
            report.sections.append((f"Captured sls-contract {report.when}", self.told))

    def close(self, *, expected_to_fail: bool) -> None:
        """Close the cassette; a recording that broke off is kept as unfinished, unless the test is meant to fail."""
        with self.open_things:
            if self.session is not None:
                finished = expected_to_fail or self.ended
                self.session.close(
                    finished=finished, failure=f"{self.test}: {self.failure}" if self.failure and not finished else ""
                )
        if self.verifying is not None:
            self.verifying.end(whole=self.ended)

    def counted(self, test: str) -> Totals:
        """Return what was counted, as the totals of this one test."""
        results, session = self.results, self.session
        by_cassette = session is not None and self.verifying is None  # which compares it with other answers
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
                plain_finding(breach.finding, test, breach.position) | self._placed(breach)
                for breach in results.breaches
            ],
            examples=_examples(results.breaches) + (self.verifying.examples() if self.verifying else []),
            map=results.map.as_plain(),
            verified=[self.verifying.plain(test, ended=self.ended, flawed=self.flawed)] if self.verifying else [],
            plays=self._plays(test),
            outside=[{"program": program, "test": test} for program in results.outside] if session is not None else [],
            tests=[{"cassette": self.where, "test": test, "exchanges": results.exchanges}] if by_cassette else [],
        )

    def _placed(self, breach: Breach) -> dict[str, Any]:
        """Return in which cassette an exchange stands, and at which line, where it was played."""
        if self.session is None or breach.position is None:
            return {}
        lines = self.session.player.lines
        return {"cassette": shown(self.where), "line": lines[breach.position] if lines else None}

    def _plays(self, test: str) -> list[dict[str, Any]]:
        """Return what a test that came to its end played, where that is not all, or others may play the rest."""
        if self.session is None or self.session.recording or self.broke_off:
            return []
        played, size = self.session.player.played(), self.session.player.size
        if len(played) == size and not self.shared:
            return []
        alike = self.session.player.match_groups if self.shared else None
        plays = {"cassette": self.where, "test": test, "shared": self.shared, "played": sorted(played), "size": size}
        return [plays | {"alike": alike}]


def _named(error: BaseException | None) -> list[Finding | None]:
    """Return what the errors say that pytest shows: the one that was raised, and those that it came of."""
    if error is None:
        return []
    from sls_contract.cassettes.recorder.failures import causes

    named = []
    for each in causes(error):
        if isinstance(each, UnmatchedRequest):
            named.append(each.finding)
        if each.__suppress_context__ and each.__cause__ is None:  # raised "from None": pytest shows no more
            break
    return named


def _alike(breach: Breach) -> Alike:
    """Return what breaches with one cause share: the clause, the operation, the part of the message."""
    finding = breach.finding
    return finding.code, finding.operation, part_of(finding.where)


def _again(broken: list[Breach], shown: dict[Alike, str]) -> str:
    """Give a line for each kind of breach that another test was shown in full."""
    kinds = {_alike(breach): breach.finding for breach in reversed(broken)}
    heads = {kind: str(finding).partition("\n")[0] for kind, finding in kinds.items()}
    return "\n".join(f"{heads[kind]}: {kinds[kind].actual} (in full: {test})" for kind, test in shown.items())


def _for_authors(breach: Breach) -> Breach:
    """Say what a test's author can do about an answer: the clause says what the service should."""
    finding = breach.finding
    if finding.code[:4] not in ABOUT_ANSWERS:
        return breach
    what, allow = finding.how_to_fix.rstrip("."), f"@pytest.mark.sls_allow({finding.code!r}, reason='…')"
    if finding.level is Level.VIOLATION:
        what = f"report it to the service ({what})"
    fix = f"{what}; until then, mark the test with {allow}."
    return replace(breach, finding=replace(finding, how_to_fix=fix))


def _reason(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(crash.message if crash is not None else report.longreprtext or "it failed")


def _examples(breaches: Iterable[Breach]) -> list[dict[str, Any]]:
    """Return the exchange of the first breach of each clause and level, as a report shows it."""
    from sls_contract.reports.examples import first_example

    examples: list[dict[str, Any]] = []
    for breach in breaches:
        first_example(examples, breach.finding, breach.exchange)
    return examples
