"""What a run found: values that reports tell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.checks.contract_map import ContractMap
from sls_contract.reports.benches import BenchRun

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sls_contract.exchange import Exchange
    from sls_contract.scenarios.scenario import Scenario
    from sls_contract.spec import Finding
    from sls_contract.verification.requests import Done, Verdict


@dataclass(frozen=True, slots=True)
class Located:
    """A finding, the scenario that met it (None: before the first), and the exchange, numbered from 1."""

    finding: Finding
    scenario: str | None
    exchange: int


@dataclass(frozen=True, slots=True)
class Performed:
    """A scenario and what came of it.

    Attributes:
        scenario: what was carried out; of generated ones the shortest that failed.
        verdict: ``passed``: nothing was found, and each clause that it proves was judged; ``failed``; ``not proven``:
            nothing was found, and a clause that it proves was not judged; ``not provable`` or ``not supported``.
        reason: why it could not be judged, or was carried out twice.
        done: its requests, in order.
        planned: how many generated ones were to be tried.

    """

    scenario: Scenario
    verdict: Verdict
    reason: str = ""
    done: tuple[Done, ...] = ()
    planned: int = 1


@dataclass(slots=True)
class Run(BenchRun[Performed]):
    """Everything that came of a run, by scenario.

    Attributes:
        located: every finding, each clause, place and scenario once.
        exercised: codes of the clauses that could have failed.
        sent: every exchange and the server's time, in order.
        facts: what was learnt about the endpoint.
        leftovers: groups that are still there, and why.
        map: what was judged of each operation.
        not_judged: what ``--only`` and ``--skip`` left out.
        left_out: the scenarios among that.

    """

    located: list[Located] = field(default_factory=list)
    exercised: set[str] = field(default_factory=set)
    sent: list[tuple[Exchange, datetime]] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    map: ContractMap = field(default_factory=ContractMap)
    not_judged: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _known: set[tuple[str, str, str | None]] = field(default_factory=set)

    def add(self, finding: Finding, scenario: str | None, exchange: int) -> None:
        """Take a finding over, once for each clause, place and scenario."""
        key = (finding.code, finding.where, scenario)
        if key not in self._known:
            self._known.add(key)
            self.located.append(Located(finding, scenario, exchange))

    def judged_clauses(self) -> set[str]:
        """Return the codes of the clauses that could have been broken, or were."""
        return self.exercised | {each.finding.code for each in self.located}

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        return (each.finding for each in self.located)

    def unproven(self) -> int:
        """Count the scenarios that were carried out and have not shown what they are there to show."""
        return sum(each.verdict == "not proven" for each in self.performed)
