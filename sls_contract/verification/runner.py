"""Run a plan against a target: the documented scenarios, then the generated ones; then delete what the run created."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

from sls_contract.checks.sequence_outcomes import judge_outcome
from sls_contract.reports import plural
from sls_contract.scenarios.documented import SCENARIOS
from sls_contract.scenarios.documented_operations import SERVED
from sls_contract.verification.existing_group import ONLY_READ, read_only
from sls_contract.verification.generated import run_generated
from sls_contract.verification.outcome import Performed, Run, Verdict
from sls_contract.verification.preflight import probe_endpoint, read_logstore_shards, read_shards
from sls_contract.verification.recoveries import too_many
from sls_contract.verification.session import Session, proof_verdict
from sls_contract.verification.wire import EndpointGone

if TYPE_CHECKING:
    from sls_contract.scenarios.scenario import Scenario
    from sls_contract.scenarios.steps import Over
    from sls_contract.verification.execution import Execution

_CLOSES = "the endpoint closes each connection after one response"
_WRITTEN_AND_READ = frozenset({"SLS401", "SLS402"})  # proven by the scenarios that read a checkpoint they wrote


def kind_of_connection(name: str) -> Over:
    """Return whether a scenario keeps its connection alive; half of them do, as half of the clients.

    Its name decides: so it does in each run, whichever scenarios there are beside it.
    """
    return "one each" if crc32(name.encode()) % 2 else "first"


@dataclass(slots=True)
class Runner(Session):
    """Runs a plan against a target.

    ``progress`` is called with the name of each scenario when it starts. ``run`` has the results so far, also where
    the runner is interrupted; the groups that it created are then deleted, too.
    """

    def __call__(self) -> Run:
        """Run the plan, and delete the groups that it created in any case.

        Raises `EndpointRefuses` and `EndpointGone` where nothing could be judged; where the endpoint stops responding
        later, the run is incomplete.
        """
        self.run.sent, self.run.map = self.wire.sent, self.wire.map
        try:
            self.baseline = probe_endpoint(self)
            read_shards(self)
            self._run_documented()
            run_generated(self)
            self._expect_checkpoints()
        except EndpointGone as error:
            if not (self.run.performed or self.run.located):
                raise
            self.run.incomplete = str(error)
        finally:
            self._close()
            self._judge_recoveries()
            self.run.facts += [*self._connections(), *self._repeated()]
        return self.run

    def _expect_checkpoints(self) -> None:
        """Mark the run as incomplete where it could not write and read a checkpoint because an operation is missing."""
        about = [each for each in self.run.performed if not _WRITTEN_AND_READ.isdisjoint(each.scenario.proves)]
        why = next((each.reason for each in about if each.verdict == "not supported"), "")
        if why and all(each.verdict in {"not supported", "not provable"} for each in about):
            self.run.incomplete = (
                f"{why}: no checkpoint was written and read. How to fix: name a group that exists with --group."
            )

    def _connections(self) -> list[str]:
        """Return a line about the connections that the run used; none where the endpoint runs in this process."""
        if self.wire.keep is None:
            return []
        reused, requests = self.wire.reused, len(self.wire.sent)
        if not reused:
            return [f"connections: one for each request; {_CLOSES}"]
        return [f"connections: {reused} of {requests} requests over one that was kept alive after a response"]

    def _repeated(self) -> list[str]:
        """Return a line about the requests that were sent again; none where there are none."""
        if not self.wire.repeated:
            return []
        times = plural(self.wire.repeated, "time")
        return [f"busy or failed: {times} a response was 5xx, 429 or a quota error, and its request was sent again"]

    def _judge_recoveries(self) -> None:
        """Add a finding for each operation that fails so often at first that it is no accident."""
        for name, count, failed in too_many(self.wire.sent_again, (each for each, _ in self.wire.sent)):
            times = plural(count, "time")
            self.run.facts.append(f"failed at first: {times} {name} was served only when its request was sent again")
            judged = judge_outcome("served", failed.response)
            self.collect_sent(replace(failed, findings=judged.findings, exercised=judged.exercised))

    def _close(self) -> None:
        """Delete every group that remains; where that is interrupted, report the groups that may exist."""
        try:
            self.wire.restart("one each")
            self.clean_up(closing=True)
        finally:
            reported = " ".join(self.run.leftovers)
            self.run.leftovers += [
                f"{each.logstore}/{each.group}: cleaning up was interrupted"
                for each in self.groups.remaining()
                if each.group not in reported and self.groups.may_exist(each)
            ]

    def _run_documented(self) -> None:
        for scenario in SCENARIOS.values():
            if self.plan.wants(scenario.name):
                self.progress(scenario.name)
                self.wire.restart(kind_of_connection(scenario.name))
                self._run_scenario(scenario)

    def _run_scenario(self, scenario: Scenario) -> None:
        if self.target.group is not None:
            reads = read_only(scenario)
            if reads is None:
                self.run.performed.append(Performed(scenario, "not provable", ONLY_READ))
                return
            scenario = reads
        reason, verdict = self.obstacles.of(scenario, self.bench)
        if reason:
            self.run.performed.append(Performed(scenario, verdict, reason))
            return
        execution, reused = self.new_execution(), self.wire.reused
        try:
            execution, verdict, reason = self.run_steps(execution, scenario.steps)
            if verdict == "passed":
                verdict, missing = self._proof_verdict(scenario, execution, kept_alive=self.wire.reused > reused)
                reason = missing or reason
        finally:  # an interrupted scenario keeps its findings
            self.collect(execution, scenario.name)
        if verdict == "not supported" and scenario.name == SERVED.get(scenario.area):
            self.obstacles.not_offered[scenario.area] = reason
        self.run.performed.append(Performed(scenario, verdict, reason, tuple(execution.done)))
        for role in scenario.roles if scenario.changes_shards else ():
            read_logstore_shards(self, role)

    def _proof_verdict(self, scenario: Scenario, execution: Execution, *, kept_alive: bool) -> tuple[Verdict, str]:
        """Return the verdict and reason of a scenario without findings; ``kept_alive``: it reused a connection."""
        if scenario.connects and not kept_alive:
            return "not provable", _CLOSES
        verdict, reason = proof_verdict(scenario.proves, execution.exercised, execution.hindrance)
        if verdict == "not proven" and self.target.group is not None:
            return "not provable", ONLY_READ
        return verdict, reason
