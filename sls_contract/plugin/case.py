"""One test's open cassette: what it found, phase by phase, and what that means for the test."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from sls_contract.cassettes.tally import Tally, failing, message

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.cassettes.session import Session
    from sls_contract.plugin.target import Target
    from sls_contract.plugin.totals import Totals


@dataclass(slots=True)
class Case:
    """What one test opened and found.

    ``watched`` are called at the end of each phase: they bring in what was received elsewhere (`sls_endpoint`).
    ``broke_off`` is set where a phase failed by itself: what was recorded until then is not the whole.
    """

    where: str
    strict: bool
    allowed: frozenset[str]
    scrub: Callable[[str], str]
    tally: Tally
    session: Session | None = None
    target: Target | None = None
    open_things: ExitStack = field(default_factory=ExitStack)
    watched: list[Callable[[], None]] = field(default_factory=list)
    broke_off: bool = False
    _mark: int = 0

    def end_phase(self) -> str | None:
        """Return what this phase broke, as the text of a failure; None where it broke nothing."""
        for bring_in in self.watched:
            bring_in()
        breaches, self._mark = self.tally.since(self._mark)
        broken = failing(breaches, strict=self.strict, allowed=self.allowed)
        parts = self.tally.take_errors() + ([message(broken, self.where)] if broken else [])
        return "\n\n".join(parts) or None

    def close(self, *, expected_to_fail: bool) -> None:
        """Close the cassette; a recording that broke off is kept as unfinished, unless the test is meant to fail."""
        with self.open_things:
            if self.session is not None:
                self.session.close(finished=expected_to_fail or not self.broke_off)

    def add_to(self, totals: Totals, test: str) -> None:
        """Add what was counted to the run's totals."""
        tally = self.tally
        totals.exchanges += tally.exchanges
        totals.other_operations += tally.other_operations
        totals.not_judged += tally.not_judged
        totals.unverified += tally.unverified
        totals.exercised |= tally.exercised
        totals.findings += [
            {"finding": asdict(one.finding) | {"level": str(one.finding.level)}, "test": test, "exchange": one.position}
            for one in tally.breaches
        ]
        if self.session is not None:
            totals.cassettes += 1
            totals.recorded += self.session.recorded
            for evidence, count in tally.evidence.items():
                totals.evidence[evidence] = totals.evidence.get(evidence, 0) + count
