"""A run: greet, learn, carry out the documented scenarios and the generated ones, and leave nothing behind."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sls_contract.checks.sequence_outcomes import not_tried
from sls_contract.scenarios.bench import GROUP_PREFIX, Bench
from sls_contract.scenarios.documented import SCENARIOS
from sls_contract.scenarios.documented_operations import SERVED
from sls_contract.scenarios.scenario import Scenario
from sls_contract.scenarios.steps import (
    PLAIN,
    Create,
    Delete,
    HeartBeat,
    RequestVariant,
    Role,
    Step,
    Write,
    operation_name,
)
from sls_contract.spec import CLAUSES
from sls_contract.verification.existing_group import EXISTING, ONLY_READ, read_only
from sls_contract.verification.groups import Groups
from sls_contract.verification.obstacles import NO_SHARDS, NO_WRITING, Obstacles
from sls_contract.verification.outcome import Performed, Run
from sls_contract.verification.performance import Performance
from sls_contract.verification.plan import GENERATED, PROVEN_BY, Plan
from sls_contract.verification.preflight import expect_place, greet, learn, listed_shards
from sls_contract.verification.requests import Busy, NotProvable, NotSupported, Verdict
from sls_contract.verification.wire import AnswerLost, EndpointGone, Sent, Wire, absence

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from sls_contract.verification.groups import Made
    from sls_contract.verification.target import Target

_LEARNT: tuple[Role, ...] = ("main", "other", "wide", "abroad")
_CLOSES = "the endpoint closes each connection after one answer"
_STUMBLED = "carried out twice: the first time, the endpoint failed or was busy"
_OK, _GONE = 200, 404  # of a deletion: nothing is left
_LOG_AGE = 3600  # seconds that logs were written before they are sent: more than 15 minutes
_WRITTEN_AND_READ = frozenset({"SLS401", "SLS402"})  # what scenarios prove that read a checkpoint of theirs
_PAUSE = 1.0  # seconds, before a busy service is asked again
_FEW_EXAMPLES = 20  # shrinking off loopback: each try costs the service requests


@dataclass(slots=True)
class Runner:
    """Carries a plan out against a target.

    ``progress`` is told the name of each scenario as it begins. ``run`` is complete at any time: whoever interrupts
    the runner finds in it what was found until then; ``clean_up`` has been tried.
    """

    target: Target
    wire: Wire
    plan: Plan = field(default_factory=Plan)
    progress: Callable[[str], None] = lambda _: None
    run: Run = field(init=False)
    _groups: Groups = field(default_factory=Groups)
    _bench: Bench = field(init=False)
    _baseline: RequestVariant = PLAIN
    _stamp: str = field(init=False)
    _count: int = 0
    _obstacles: Obstacles = field(init=False)

    def __post_init__(self) -> None:
        """Prepare an empty run."""
        self.run = Run(self.plan.seed, not_judged=self.plan.not_judged(), left_out=self.plan.left_out())
        self.wire.foreign_clock = not self.target.loopback
        self._bench = self.target.bench()
        self._obstacles = Obstacles(self.target, self.wire.keep is not None)
        # Not the seed alone: two runs against one service must not meet in one group.
        self._stamp = f"{int(self.wire.clock().timestamp() * 1000) % 2**32:08x}"

    def __call__(self) -> Run:
        """Carry the plan out and clean up, whatever happens.

        Raises `EndpointRefuses` and `EndpointGone` where nothing could be judged at all; one that goes away later
        makes the run incomplete.
        """
        self.run.sent, self.run.map = self.wire.sent, self.wire.map
        try:
            self._baseline = greet(self.wire, self._bench, self.target, self._remember)
            self._learn()
            self._documented()
            self._generated()
            self._expect_checkpoints()
        except EndpointGone as error:
            if not (self.run.performed or self.run.located):
                raise
            self.run.incomplete = str(error)
        finally:
            self._leave()
            self.run.facts += self._connections()
        return self.run

    def _expect_checkpoints(self) -> None:
        """Call a run incomplete that was to read what it writes, where an operation for that is not offered."""
        about = [each for each in self.run.performed if not _WRITTEN_AND_READ.isdisjoint(each.scenario.proves)]
        why = next((each.reason for each in about if each.verdict == "not supported"), "")
        if why and all(each.verdict in {"not supported", "not provable"} for each in about):
            self.run.incomplete = (
                f"{why}: no checkpoint was written and read. How to fix: name a group that exists with --group."
            )

    def _connections(self) -> list[str]:
        """Say which connections were used."""
        if self.wire.keep is None:
            return []
        reused, requests = self.wire.reused, len(self.wire.sent)
        if not reused:
            return [f"connections: one for each request; {_CLOSES}"]
        return [f"connections: {reused} of {requests} requests over one that was kept alive after an answer"]

    def _leave(self) -> None:
        """Clean up for good; whoever interrupts that, too, is told what is left."""
        try:
            self.wire.begin("one each")
            self._clean_up(closing=True)
        finally:
            named = " ".join(self.run.leftovers)
            self.run.leftovers += [
                f"{made.logstore}/{made.group}: cleaning up was interrupted"
                for made in self._groups.left()
                if made.group not in named and self._groups.is_there(made)
            ]

    def _remember(self, sent: Sent) -> None:
        judges = self.plan.selection.judges
        self.run.exercised |= set(filter(judges, sent.exercised))
        for finding in sent.findings:
            if judges(finding.code):
                self.run.add(finding, None, sent.number)

    def _learn(self) -> None:
        try:
            if self.target.group is not None:
                self._learn_group()
            else:
                for role in filter(self._bench.logstores.__contains__, _LEARNT):
                    if not self._obstacles.unsupported:
                        self._learn_role(role)
        except Busy as error:
            msg = f"{error}. How to fix: verify the endpoint again when it has time for requests."
            raise EndpointGone(msg) from error

    def _learn_group(self) -> None:
        """Take the shards that the existing group lists for those of the logstore."""
        performance = self._performance()
        try:
            shards = listed_shards(performance, self.target)
        finally:
            self._take_over(performance, None)
        self._bench = self._bench.knowing("main", shards)
        self.run.facts.append(f"consumer group {self.target.group} lists {len(shards)} shards and was only read")

    def _learn_role(self, role: Role, *, first: bool = True) -> None:
        performance, again = self._performance(), False
        try:
            shards = learn(performance, role)
        except (NotSupported, NotProvable, Busy) as error:
            expect_place(performance, self.target, role)
            again = first and (isinstance(error, Busy) or (performance.violated and performance.stumbled))
            if isinstance(error, Busy) and not again:
                raise
            if role == "main" and not again:
                self._obstacles.unsupported = str(error)
        else:
            known, self._bench = role in self._bench.shards, self._bench.knowing(role, shards)
            where = f" of project {self._bench.other_project}" if role == "abroad" else ""
            if not known:
                self.run.facts.append(f"logstore {self._bench.logstores[role]}{where} has {len(shards)} shards")
        finally:
            if not again:
                self._take_over(performance, None)
            self._clean_up()
        if again:
            self.wire.sleep(_PAUSE)
            self._learn_role(role, first=False)

    def _documented(self) -> None:
        for number, scenario in enumerate(SCENARIOS.values()):
            if self.plan.wants(scenario.name):
                self.progress(scenario.name)
                self.wire.begin(
                    "one each" if number % 2 else "first"
                )  # each kind of client, and the same one each time
                self._carry_out(scenario)

    def _carry_out(self, scenario: Scenario) -> None:
        if self.target.group is not None:
            reads = read_only(scenario)
            if reads is None:
                self.run.performed.append(Performed(scenario, "not provable", ONLY_READ))
                return
            scenario = reads
        reason, verdict = self._obstacles.of(scenario, self._bench)
        if reason:
            self.run.performed.append(Performed(scenario, verdict, reason))
            return
        performance, reused = self._performance(), self.wire.reused
        try:
            performance, verdict, reason = self._settled(performance, scenario.steps)
            if verdict == "passed":
                verdict, told = self._shown(scenario, performance, kept=self.wire.reused > reused)
                reason = told or reason
        finally:  # also of a scenario that is cut short nothing found is lost
            self._take_over(performance, scenario.name)
        if verdict == "not supported" and scenario.name == SERVED.get(scenario.area):
            self._obstacles.not_offered[scenario.area] = reason
        self.run.performed.append(Performed(scenario, verdict, reason, tuple(performance.done)))
        for role in scenario.roles if scenario.changes_shards else ():
            self._learn_role(role)

    def _shown(self, scenario: Scenario, performance: Performance, *, kept: bool) -> tuple[Verdict, str]:
        """Return what a scenario in which nothing was found has shown; ``kept``: a connection carried two requests."""
        if scenario.connects and not kept:
            return "not provable", _CLOSES
        verdict, reason = _proven(scenario.proves, performance.exercised, unassigned=performance.unassigned)
        if verdict == "not proven" and self.target.group is not None:
            return "not provable", ONLY_READ
        return verdict, reason

    def _settled(self, performance: Performance, steps: Sequence[Step]) -> tuple[Performance, Verdict, str]:
        """Carry steps out, and once more where a 5xx broke all that broke; return the performance that counts."""
        verdict, reason = self._perform(performance, steps)
        if verdict != "not proven" and not (verdict == "failed" and performance.stumbled):
            return performance, verdict, reason
        self.wire.hang_up()
        self.wire.sleep(_PAUSE if verdict == "not proven" else 0)
        again = self._performance()
        second, told = self._perform(again, steps)
        if second in {"passed", "failed"}:
            return again, second, _STUMBLED if second == "passed" else told
        return performance, verdict, reason  # it could not be tried again

    def _perform(self, performance: Performance, steps: Sequence[Step]) -> tuple[Verdict, str]:
        verdict, reason = "passed", ""
        try:
            performance.perform(steps)
        except NotProvable as error:
            verdict, reason = "not provable", str(error)
        except NotSupported as error:
            verdict, reason = "not supported", str(error)
        except Busy as error:
            verdict, reason = "not proven", str(error)
        finally:
            self._clean_up()
        if performance.violated:
            verdict, reason = "failed", ""
        return verdict, reason  # type: ignore[return-value]  # the words of Verdict

    def _performance(self) -> Performance:
        self._count += 1
        bench = replace(
            self._bench,
            prefix=f"{GROUP_PREFIX}{self._stamp}-{self._count}-",
            logs_time=int(self.wire.now.timestamp()) - _LOG_AGE,
        )
        made = Performance(
            bench,
            self.wire,
            self._groups,
            self._baseline,
            spared=not self.target.loopback,
            judges=self.plan.selection.judges,
        )
        if self.target.group is not None:
            made.take_for_granted(EXISTING)
        return made

    def _take_over(self, performance: Performance, name: str | None) -> None:
        self.run.exercised |= set(filter(self.plan.selection.judges, performance.exercised))
        for finding, number in performance.findings:
            self.run.add(finding, name, number)

    def _generated(self) -> None:
        if self._obstacles.unsupported or self.target.group is not None or not self._bench.shards.get("main"):
            wanted = [name for name in GENERATED if self.plan.wants(name)]
            verdict: Verdict = "not provable" if self.target.group is not None else "not supported"
            reason = ONLY_READ if self.target.group is not None else self._obstacles.unsupported or NO_SHARDS
            self.run.performed += [Performed(_generated(name), verdict, reason) for name in wanted]
            return
        from sls_contract.scenarios import step_strategies

        roles: tuple[Role, ...] = ("main", "other") if self._bench.shards.get("other") else ("main",)
        shards = min(len(self._bench.shards[role]) for role in roles)
        tokens = "sts" in self._bench.keys
        sequences = step_strategies.sequences(shards, roles, tokens=tokens)
        flawed = step_strategies.near_misses(shards, tokens=tokens).map(
            lambda steps: (Create(), HeartBeat(), Write(0), *steps)
        )
        self._explore("generated-sequences", sequences, self.plan.examples)
        if not self.target.writes_logs and self.plan.wants("generated-logs") and self.plan.examples:
            self.run.performed.append(Performed(_generated("generated-logs"), "not provable", NO_WRITING))
        elif self.target.writes_logs:
            self._explore("generated-logs", step_strategies.log_sequences(shards), -(-self.plan.examples // 5))
        if self.target.loopback:  # elsewhere the documented scenarios make one near miss for each step of signing
            self._explore("generated-near-misses", flawed, -(-self.plan.examples // 4))

    def _explore(self, name: str, strategy: object, examples: int) -> None:
        if not self.plan.wants(name) or examples < 1:
            return
        from sls_contract.scenarios.exploration import explore

        self.progress(name)
        self.wire.begin("first")
        failures: list[tuple[Sequence[Step], Performance]] = []
        tried: list[Performance] = []
        ends: list[tuple[Verdict, str]] = []

        def passes(steps: Sequence[Step]) -> bool:
            performance = self._performance()
            tried.append(performance)
            performance, verdict, reason = self._settled(performance, steps)
            tried[-1] = performance
            ends.append((verdict, reason))
            if verdict == "failed":
                failures.append((steps, performance))
            return verdict != "failed"

        seed = random.Random(f"{self.plan.seed} {name}").getrandbits(32)  # noqa: S311 - no secret
        try:
            explore(
                strategy,  # type: ignore[arg-type]  # of steps
                passes,
                examples=examples,
                seed=seed,
                shrinks=200 if self.target.loopback else _FEW_EXAMPLES,
                database=self.plan.database,
                name=f"sls-contract verify {name}",
            )
        finally:
            self._conclude(name, failures, tried)
        if not failures:
            exercised = set[str]().union(*(each.exercised for each in tried))
            unassigned = all(each.unassigned for each in tried)
            verdict, reason = _proven(PROVEN_BY[name], exercised, unassigned=unassigned)
            if verdict != "passed" and {each for each, _ in ends} <= {"not supported", "not provable"}:
                verdict, reason = ends[-1]
            self.run.performed.append(Performed(_generated(name), verdict, reason))

    def _conclude(
        self, name: str, failures: Sequence[tuple[Sequence[Step], Performance]], tried: Sequence[Performance]
    ) -> None:
        """Report the shortest sequence that failed, and what every other example exercised."""
        for performance in tried:
            self.run.exercised |= set(filter(self.plan.selection.judges, performance.exercised))
        if not failures:
            for performance in tried:
                self._take_over(performance, name)
            return
        steps, shortest = min(failures, key=lambda failure: len(failure[1].done))
        self._take_over(shortest, name)
        self.run.performed.append(
            Performed(_generated(name, steps), "failed", done=tuple(shortest.done), planned=self.plan.examples)
        )

    def _clean_up(self, *, closing: bool = False) -> None:
        """Delete what the run made; at the end, name what could not be deleted."""
        for made in self._groups.left(tried=closing):
            reason = self._delete(made)
            if not reason:
                self._groups.end(made.place, made.bench)
            elif closing and self._groups.is_there(made):
                self.run.leftovers.append(f"{made.logstore}/{made.group}: {reason}")

    def _delete(self, made: Made) -> str:
        """Delete a group, and say why it may still be there; where a service refuses that, no other group is made."""
        step = Delete(made.place, self._baseline)
        try:
            sent = self.wire(lambda at: made.bench.request(step, at))
        except (EndpointGone, AnswerLost) as error:
            return str(error)
        status, refused = sent.response.status, sent.response.status in {403, 405, 501} and not not_tried(sent.response)
        if status != _GONE:
            self.wire.absent |= absence(operation_name(step), sent.response)
        if not self.wire.is_absent(operation_name(step), sent.response):
            self._remember(sent)
        if refused and not self.target.loopback and self._groups.is_there(made):
            self._obstacles.unsupported = f"a group that was made cannot be deleted: that was answered {status}"
        return "" if status in {_OK, _GONE} else f"deleting it was answered {status}"


def _generated(name: str, steps: Sequence[Step] = ()) -> Scenario:
    return Scenario(
        name,
        "generated",
        "what the steps before brought about",
        "the sources of each clause",
        PROVEN_BY[name],
        tuple(steps),
    )


def _proven(proves: Sequence[str], exercised: Collection[str], *, unassigned: bool) -> tuple[Verdict, str]:
    """Return whether a scenario in which nothing was found has shown what it is there to show."""
    missed = [f"{code} {CLAUSES[code].slug}" for code in proves if code not in exercised]
    if not missed:
        return "passed", ""
    reason = f"{', '.join(missed)}: nothing that was answered could have broken {'it' if len(missed) == 1 else 'them'}"
    if unassigned:
        return "not supported", f"HeartBeat assigned no shard; {reason}"
    return "not proven", reason
