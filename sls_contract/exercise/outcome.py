"""What exercising a client found: values that reports tell."""

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
    """One thing learnt: its name, and its value."""

    name: str
    value: Any


class Located(NamedTuple):
    """A finding, and the request that it is about, numbered from 1; None where it is about the run."""

    finding: Finding
    exchange: int | None


@dataclass(frozen=True, slots=True)
class Performed:
    """One run of the client, judged. No part of it holds a key of the run.

    Attributes:
        situation: what it was run in.
        auth: how it was told to sign.
        verdict: what came of it.
        findings: each clause and place once.
        facts: what was learnt beside that.
        exercised: codes of the clauses that could have been broken.
        requests: how many requests came.
        exit_code: see `Ending`.
        seconds: how long it ran.
        said: its last line of output; whole unless it is very long.
        complaints: the end of its standard error.
        shown: the scrubbed exchanges of findings, by their numbers.
        map: what was judged of each operation.

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
    said: str = ""
    complaints: str = ""
    shown: Mapping[int, Exchange] = field(default_factory=dict)
    map: ContractMap = field(default_factory=ContractMap)


@dataclass(slots=True)
class Run(BenchRun[Performed]):
    """Everything that came of exercising a client."""

    def findings(self) -> Iterator[Finding]:
        """Yield every finding."""
        return (each.finding for performed in self.performed for each in performed.findings)
