"""Run the generated scenarios: sequences of steps that hypothesis makes up and shrinks where they fail."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sls_contract.scenarios.scenario import Scenario
from sls_contract.scenarios.steps import Create, HeartBeat, Role, Step, Write
from sls_contract.verification.existing_group import ONLY_READ
from sls_contract.verification.obstacles import NO_SHARDS, WRITES_NOT_ALLOWED
from sls_contract.verification.outcome import Performed, Verdict
from sls_contract.verification.plan import GENERATED, PROVEN_BY
from sls_contract.verification.session import Session, proof_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sls_contract.verification.execution import Execution

_SHRINKS = 200
_REMOTE_SHRINKS = 20  # each costs the service requests


def run_generated(session: Session) -> None:
    """Run the generated scenarios of the plan, or add to the results why they cannot run."""
    shards, existing = session.bench.shards, session.target.group is not None
    if session.obstacles.unsupported or existing or not shards.get("main"):
        verdict: Verdict = "not provable" if existing else "not supported"
        reason = ONLY_READ if existing else session.obstacles.unsupported or NO_SHARDS
        wanted = filter(session.plan.wants, GENERATED)
        session.run.performed += [Performed(_scenario(name), verdict, reason) for name in wanted]
        return
    from sls_contract.scenarios import step_strategies

    roles: tuple[Role, ...] = ("main", "other") if shards.get("other") else ("main",)
    fewest, examples = min(len(shards[role]) for role in roles), session.plan.examples
    tokens = "sts" in session.bench.keys
    near_misses = step_strategies.near_misses(fewest, tokens=tokens).map(
        lambda steps: (Create(), HeartBeat(), Write(0), *steps)
    )
    _explore(session, "generated-sequences", step_strategies.sequences(fewest, roles, tokens=tokens), examples)
    if session.target.writes_logs:
        _explore(session, "generated-logs", step_strategies.log_sequences(fewest), -(-examples // 5))
    elif session.plan.wants("generated-logs") and examples:
        session.run.performed.append(Performed(_scenario("generated-logs"), "not provable", WRITES_NOT_ALLOWED))
    if session.target.loopback:  # elsewhere the documented scenarios make one near miss for each step of signing
        _explore(session, "generated-near-misses", near_misses, -(-examples // 4))


def _explore(session: Session, name: str, strategy: object, examples: int) -> None:
    if not session.plan.wants(name) or examples < 1:
        return
    from sls_contract.scenarios.exploration import explore

    session.progress(name)
    session.wire.restart("first")
    failures: list[tuple[Sequence[Step], Execution]] = []
    tried: list[Execution] = []
    ends: list[tuple[Verdict, str]] = []

    def passes(steps: Sequence[Step]) -> bool:
        tried.append(session.new_execution())
        tried[-1], verdict, reason = session.run_steps(tried[-1], steps)
        ends.append((verdict, reason))
        if verdict == "failed":
            failures.append((steps, tried[-1]))
        return verdict != "failed"

    try:
        explore(
            strategy,  # type: ignore[arg-type]  # of steps
            passes,
            examples=examples,
            seed=random.Random(f"{session.plan.seed} {name}").getrandbits(32),  # noqa: S311 - no secret
            shrinks=_SHRINKS if session.target.loopback else _REMOTE_SHRINKS,
            database=session.plan.database,
            name=f"sls-contract verify {name}",
        )
    finally:
        _collect(session, name, failures, tried)
    if not failures:
        exercised = set[str]().union(*(each.exercised for each in tried))
        hindrances = [each.hindrance for each in tried]
        verdict, reason = proof_verdict(PROVEN_BY[name], exercised, hindrances[-1] if all(hindrances) else "")
        if verdict != "passed" and {each for each, _ in ends} <= {"not supported", "not provable"}:
            verdict, reason = ends[-1]
        session.run.performed.append(Performed(_scenario(name), verdict, reason))


def _collect(
    session: Session, name: str, failures: Sequence[tuple[Sequence[Step], Execution]], tried: Sequence[Execution]
) -> None:
    """Add what every example exercised to the results, and the findings of the shortest sequence that failed."""
    steps, shortest = min(failures, key=lambda failure: len(failure[1].done), default=((), None))
    for execution in tried:
        session.collect(execution, name, findings=shortest is None or execution is shortest)
    if shortest is not None:
        done, planned = tuple(shortest.done), session.plan.examples
        session.run.performed.append(Performed(_scenario(name, steps), "failed", done=done, planned=planned))


def _scenario(name: str, steps: Sequence[Step] = ()) -> Scenario:
    expects, source = "the effects of the earlier steps", "the sources of each clause"
    return Scenario(name, "generated", expects, source, PROVEN_BY[name], tuple(steps))
