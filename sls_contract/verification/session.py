"""The shared state of a run, and its shared operations: run steps, collect findings, delete groups."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import is_overloaded
from sls_contract.scenarios.bench import GROUP_PREFIX, Bench
from sls_contract.scenarios.steps import PLAIN, Delete, RequestVariant, Step, operation_name
from sls_contract.spec import CLAUSES
from sls_contract.verification.execution import Execution
from sls_contract.verification.existing_group import EXISTING
from sls_contract.verification.groups import CreatedGroup, Groups
from sls_contract.verification.obstacles import Obstacles
from sls_contract.verification.outcome import Run, Stopped, Verdict
from sls_contract.verification.plan import Plan
from sls_contract.verification.unavailable import NOT_OFFERED, absence
from sls_contract.verification.wire import EndpointGone, ResponseLost, Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sls_contract.verification.target import Target

_RUN_AGAIN = "run again: the endpoint failed or was busy the first time"
RUNS_MORE = 4  # of a scenario
_FORBIDDEN, _NOT_FOUND = 403, 404  # 404 of a deletion: the group does not exist any more
_LOG_AGE = 3600  # seconds between the time of a log and its PutLogs: more than the 15 minutes of clock tolerance
BUSY_PAUSE = 1.0  # seconds before a busy service gets the next request


@dataclass(slots=True)
class Session:
    """The state of a run.

    Attributes:
        target: the endpoint.
        wire: sends the requests.
        plan: which scenarios run.
        progress: called with the name of each scenario when it starts.
        run: the results so far; complete at any time.
        groups: the consumer groups to delete.
        bench: names, keys, and the shards known so far.
        baseline: the variant of requests that name none: the first scheme that the endpoint accepts.
        obstacles: why scenarios cannot run.

    """

    target: Target
    wire: Wire
    plan: Plan = field(default_factory=Plan)
    progress: Callable[[str], None] = lambda _: None
    run: Run = field(init=False)
    groups: Groups = field(default_factory=Groups)
    bench: Bench = field(init=False)
    baseline: RequestVariant = PLAIN
    obstacles: Obstacles = field(init=False)
    _run_id: str = field(init=False)
    _executions: int = 0

    def __post_init__(self) -> None:
        """Prepare an empty run."""
        self.run = Run(self.plan.seed, not_judged=self.plan.not_judged(), left_out=self.plan.left_out())
        self.wire.foreign_clock = not self.target.loopback
        self.bench = self.target.bench()
        self.obstacles = Obstacles(self.target, self.wire.keep is not None)
        # The time, not the seed alone: two runs against one service must not use the same group.
        self._run_id = f"{int(self.wire.clock().timestamp() * 1000) % 2**32:08x}"

    def new_execution(self) -> Execution:
        """Return an empty execution, whose groups have a prefix that no other one has."""
        self._executions += 1
        bench = replace(
            self.bench,
            prefix=f"{GROUP_PREFIX}{self._run_id}-{self._executions}-",
            logs_time=int(self.wire.now.timestamp()) - _LOG_AGE,
        )
        judges, busy_allowed = self.plan.selection.judges, not self.target.loopback
        new = Execution(bench, self.wire, self.groups, self.baseline, busy_allowed=busy_allowed, judges=judges)
        if self.target.group is not None:
            new.assume_exists(EXISTING)
        return new

    def run_steps(self, execution: Execution, steps: Sequence[Step]) -> tuple[Execution, Verdict, str]:
        """Run steps, and again where only failures of the server broke something; return the execution that counts."""
        verdict, reason = self._run_once(execution, steps)
        for _ in range(RUNS_MORE):
            if verdict != "not proven" and not (verdict == "failed" and execution.only_server_failures):
                break
            self.wire.close_connections()
            self.wire.sleep(BUSY_PAUSE if verdict == "not proven" else 0)
            again = self.new_execution()
            new_verdict, new_reason = self._run_once(again, steps)
            if new_verdict in {"passed", "failed"}:  # another one shows nothing
                execution, verdict = again, new_verdict
                reason = _RUN_AGAIN if verdict == "passed" else new_reason
        return execution, verdict, reason

    def _run_once(self, execution: Execution, steps: Sequence[Step]) -> tuple[Verdict, str]:
        verdict: Verdict = "passed"
        reason = ""
        try:
            execution.perform(steps)
        except Stopped as error:
            verdict, reason = error.verdict, str(error)
        finally:
            self.clean_up()
        return ("failed", "") if execution.violated else (verdict, reason)

    def collect(self, execution: Execution, name: str | None, *, findings: bool = True) -> None:
        """Add the exercised clauses and the findings of an execution to the run; ``name`` is that of its scenario."""
        self.run.exercised |= set(filter(self.plan.selection.judges, execution.exercised))
        for finding, number in execution.findings if findings else ():
            self.run.add(finding, name, number)

    def collect_sent(self, sent: Sent) -> None:
        """Add the findings of a request that belongs to no scenario."""
        judges = self.plan.selection.judges
        self.run.exercised |= set(filter(judges, sent.exercised))
        for finding in sent.findings:
            if judges(finding.code):
                self.run.add(finding, None, sent.number)

    def clean_up(self, *, closing: bool = False) -> None:
        """Delete the groups that the run created; ``closing``: try all again, and report those that remain."""
        for group in self.groups.remaining(tried=closing):
            reason = self._delete(group)
            if not reason:
                self.groups.remove(group.place, group.bench)
            elif closing and self.groups.may_exist(group):
                self.run.leftovers.append(f"{group.logstore}/{group.group}: {reason}")

    def _delete(self, group: CreatedGroup) -> str:
        """Delete a group and return why it may still exist; where a remote service refuses it, no more are created."""
        step = Delete(group.place, self.baseline)
        try:
            sent = self.wire(lambda at: group.bench.request(step, at))
        except (EndpointGone, ResponseLost) as error:
            return str(error)
        name, status = operation_name(step), sent.response.status
        self.wire.absent |= absence(name, sent.response)
        absent = self.wire.is_absent(name, sent.response)
        if not absent:
            self.collect_sent(sent)
        if sent.response.is_ok or (status == _NOT_FOUND and not absent):
            return ""
        refused = (absent or status in {_FORBIDDEN, *NOT_OFFERED}) and not is_overloaded(sent.response)
        if refused and not self.target.loopback and self.groups.may_exist(group):
            self.obstacles.unsupported = f"groups cannot be deleted: DeleteConsumerGroup returned {status}"
        return f"DeleteConsumerGroup returned {status}"


def proof_verdict(proves: Sequence[str], exercised: Collection[str], hindrance: str) -> tuple[Verdict, str]:
    """Return the verdict and its reason where no finding came: whether each clause to prove was exercised.

    ``hindrance``: why a correct endpoint may not have exercised it; empty where no reason is known.
    """
    missed = [f"{code} {CLAUSES[code].slug}" for code in proves if code not in exercised]
    codes = ", ".join(missed)
    if not missed:
        return "passed", ""
    if hindrance:
        return "not supported", f"{hindrance}; not proven: {codes}"
    return "not proven", f"{codes}: no response could have violated {'it' if len(missed) == 1 else 'them'}"
