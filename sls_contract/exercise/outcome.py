"""The results of exercising a client, as values for reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from sls_contract.checks.contract_map import ContractMap
from sls_contract.reports.benches import BenchRun

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.exchange import Exchange
    from sls_contract.exercise.setting import Auth
    from sls_contract.exercise.situation import Situation
    from sls_contract.spec import Finding

Verdict: TypeAlias = Literal["passed", "failed", "not supported", "could not run"]

VERDICTS: tuple[Verdict, ...] = ("passed", "failed", "not supported", "could not run")


class Fact(NamedTuple):
    """An observation that breaks no clause: its name and its value."""

    name: str
    value: Any


class Located(NamedTuple):
    """A finding and the number of its request, from 1; None if it is about the whole run."""

    finding: Finding
    exchange: int | None


@dataclass(frozen=True, slots=True)
class Performed:
    """One run of the client, judged. It contains no part of the key of the run.

    Attributes:
        situation: the situation that it ran in.
        auth: the scheme and kind of key that it had to sign with.
        verdict: the result of the run.
        findings: each clause and place once.
        facts: observations that break no clause.
        exercised: codes of the clauses that could have been broken.
        requests: how many requests arrived.
        exit_code: see `Ending`.
        seconds: duration of the run.
        last_line: its last line of output; cut if it is very long.
        stderr: the end of its standard error.
        shown: the scrubbed exchanges of findings, by their numbers.
        map: the clauses that were judged for each operation.

    """

    situation: Situation
    auth: Auth
    verdict: Verdict
    findings: tuple[Located, ...] = ()
    facts: tuple[Fact, ...] = ()
    exercised: frozenset[str] = frozenset()
    requests: int = 0
    exit_code: int | None = None
    seconds: float = 0.0
    last_line: str = ""
    stderr: str = ""
    shown: Mapping[int, Exchange] = field(default_factory=dict)
    map: ContractMap = field(default_factory=ContractMap)


@dataclass(slots=True)
class Run(BenchRun[Performed]):
    """All results of exercising a client."""

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        return (each.finding for performed in self.performed for each in performed.findings)
