"""The results of a run, as values for reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from sls_contract.checks.contract_map import ContractMap
from sls_contract.reports.benches import BenchRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from sls_contract.exchange import Exchange
    from sls_contract.exchange import Request as HttpRequest
    from sls_contract.scenarios.model import GroupKey
    from sls_contract.scenarios.scenario import Scenario
    from sls_contract.scenarios.steps import Request
    from sls_contract.spec import Finding


Verdict = Literal["passed", "failed", "not proven", "not provable", "not supported"]


class Stopped(Exception):
    """The scenario cannot continue; ``verdict`` is its verdict where no violation was found."""

    verdict: ClassVar[Verdict]


class NotSupported(Stopped):
    """The endpoint does not offer an operation that the scenario needs."""

    verdict = "not supported"


class NotProvable(Stopped):
    """The endpoint does not do something that the scenario needs and no page promises."""

    verdict = "not provable"


class Busy(Stopped):
    """The service was too busy for the request, or its quota was used up."""

    verdict = "not proven"


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request to send: its step and group, the value it writes, and whether the run created its group before."""

    step: Request
    key: GroupKey
    value: str
    make: Callable[[datetime], HttpRequest]
    created_before: bool


@dataclass(frozen=True, slots=True)
class Done:
    """One request of a scenario: its number in the run, the exchange, and its findings."""

    number: int
    exchange: Exchange
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Located:
    """A finding, its scenario (None: no scenario was running), and the number of its exchange, from 1."""

    finding: Finding
    scenario: str | None
    exchange: int


@dataclass(frozen=True, slots=True)
class Performed:
    """A scenario and its result.

    Attributes:
        scenario: the steps that ran; of a generated scenario the shortest sequence that failed.
        verdict: ``passed``: no violation, and each clause that it proves was judged; ``failed``; ``not proven``: no
            violation, and a clause that it proves was not judged; ``not provable`` or ``not supported``.
        reason: why it could not be judged, or ran twice.
        done: its requests, in order.
        planned: how many sequences of a generated scenario were planned.

    """

    scenario: Scenario
    verdict: Verdict
    reason: str = ""
    done: tuple[Done, ...] = ()
    planned: int = 1


@dataclass(slots=True)
class Run(BenchRun[Performed]):
    """All results of a run.

    Attributes:
        located: every finding, once for each clause, place and scenario.
        exercised: codes of the clauses that could have failed.
        sent: every exchange and the server's time, in order.
        facts: observations about the endpoint, a sentence each.
        leftovers: groups that may still exist, and why.
        map: the clauses that were judged, by operation.
        not_judged: the areas and clauses that ``--only`` and ``--skip`` left out.
        left_out: the names of the scenarios that they left out.

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
        """Add a finding, unless its scenario has one of the same clause and place."""
        key = (finding.code, finding.where, scenario)
        if key not in self._known:
            self._known.add(key)
            self.located.append(Located(finding, scenario, exchange))

    def judged_clauses(self) -> set[str]:
        """Return the codes of the clauses that were exercised or violated."""
        return self.exercised | {each.finding.code for each in self.located}

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        return (each.finding for each in self.located)

    def unproven(self) -> int:
        """Count the scenarios that ran and did not exercise each clause that they prove."""
        return sum(each.verdict == "not proven" for each in self.performed)
