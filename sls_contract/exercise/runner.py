"""Exercise a client: run it once in each situation, several at a time, and judge each run."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from sls_contract.clock import utc_now
from sls_contract.errors import EndpointError, SlsContractError
from sls_contract.exercise.judgement import perform
from sls_contract.exercise.outcome import Performed, Run
from sls_contract.exercise.process import Processes
from sls_contract.exercise.setting import SCHEMES, Auth, Scheme, environment, make_setting
from sls_contract.exercise.situations import SITUATIONS
from sls_contract.exercise.stage import Stage
from sls_contract.exercise.trial import Trial
from sls_contract.spec.registry import contracts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from sls_contract.exercise.situation import Situation

TIMEOUT = 30.0
"""Seconds that one run of the client may take."""

JOBS = 4
"""How many runs at a time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do.

    Attributes:
        command: the program and its arguments.
        scenarios: names of situations; empty for all.
        schemes: in which the documented successes are run; the others run in the first that the client knows.
        timeout: seconds for one run.
        jobs: how many runs at a time.
        seed: of made-up names and keys.

    """

    command: tuple[str, ...]
    scenarios: tuple[str, ...] = ()
    schemes: tuple[Scheme, ...] = SCHEMES
    timeout: float = TIMEOUT
    jobs: int = JOBS
    seed: int = 0

    def tasks(self) -> tuple[Task, ...]:
        """Return the runs to do, in the order in which they are told."""
        wanted = (each for each in SITUATIONS.values() if not self.scenarios or each.name in self.scenarios)
        return tuple(Task(each, auths) for each in wanted for auths in self._auths(each))

    def _auths(self, situation: Situation) -> tuple[tuple[Auth, ...], ...]:
        if situation.multiplied:
            return tuple((Auth(scheme, sts),) for scheme in self.schemes for sts in (False, True))
        tokens = (True, False) if situation.temporary else (False,)
        return (tuple(Auth(scheme, sts) for sts in tokens for scheme in self.schemes),)


class Task(NamedTuple):
    """One run to do; a client that does not know the first way to sign is asked for the next one."""

    situation: Situation
    auths: tuple[Auth, ...]


@dataclass(slots=True)
class Runner:
    """Carries a plan out.

    ``run`` is complete at any time: whoever interrupts the runner finds in it what was found until then, and no
    process is left.

    Attributes:
        plan: what to do.
        environ: the environment that the client inherits.
        clock: gives the time, aware.
        progress: is told how many runs are done, and the situation of the last of them.
        elsewhere: carries `perform_task` out for each place in ``plan.tasks()``, in order; None: threads do it here.
        run: what was found.

    """

    plan: Plan
    environ: Mapping[str, str]
    clock: Callable[[], datetime]
    progress: Callable[[int, str], None] = lambda _done, _name: None
    elsewhere: Callable[[Iterable[int]], Generator[Performed]] | None = None
    run: Run = field(init=False)
    _processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        """Prepare an empty run."""
        self.run = Run(self.plan.seed)
        self._processes = Processes(self.plan.command)

    def __call__(self) -> Run:
        """Do every run; raises `UsageError` where the system cannot start the command."""
        tasks = self.plan.tasks()
        done: dict[int, Performed] = {}
        results = self._in_threads(tasks) if self.elsewhere is None else _numbered(self.elsewhere(range(len(tasks))))
        try:
            with closing(results):
                for place, performed in results:
                    done[place] = performed
                    self.progress(len(done), performed.situation.name)
                    if performed.verdict == "could not run":
                        self.run.incomplete = _cannot_run(performed)
                        if not any(each.requests for each in done.values()):
                            break
        finally:
            self.run.performed = [done[place] for place in sorted(done)]
        return self.run

    def _in_threads(self, tasks: tuple[Task, ...]) -> Generator[tuple[int, Performed]]:
        import sls_contract.endpoint.server  # noqa: F401 - here, not in several threads at once

        begun = sorted(range(len(tasks)), key=lambda place: not tasks[place].situation.slow)
        pool = ThreadPoolExecutor(self.plan.jobs, "sls-contract-exercise")
        try:
            futures = {pool.submit(self._perform, tasks[place]): place for place in begun}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            self._processes.stop()
            pool.shutdown(cancel_futures=True)

    def _perform(self, task: Task) -> Performed:
        attempts = (self._attempt(task.situation, auth) for auth in task.auths)
        first = next(attempts)
        supported = (each for each in chain((first,), attempts) if each.verdict != "not supported")
        return next(supported, first)

    def _attempt(self, situation: Situation, auth: Auth) -> Performed:
        """Run the client once, against an endpoint of its own."""
        from sls_contract.endpoint.server import serve

        setting = make_setting(self.plan.seed, situation, auth)
        stage = Stage(setting, situation, self.clock, self.plan.seed)
        with serve(stage, hosts=("*",)) as server:
            told = environment(setting, f"{server.host}:{server.port}", self.environ)
            ending = self._processes.run(told, self.plan.timeout)
            ended_at = self.clock()
            received, changes, failures = stage.received, stage.changes(), server.failures
        if failures:
            raise _mistake(failures[0])
        return perform(Trial(setting, situation, received, ending, ended_at, changes), auth)


def perform_task(place: int, plan: Plan, contracts: Path | None = None) -> Performed:
    """Do one run of a plan on a worker, in its environment; the client ends with the worker.

    ``contracts`` is a folder of contracts beside ours.
    """
    runner = Runner(plan, os.environ, utc_now)
    runner._processes = Processes(plan.command, watched=True)  # noqa: SLF001 - of this module
    try:
        with contracts_in(contracts):
            return runner._perform(plan.tasks()[place])  # noqa: SLF001 - as above
    finally:
        runner._processes.stop()  # noqa: SLF001 - as above


def _numbered(results: Generator[Performed]) -> Generator[tuple[int, Performed]]:
    with closing(results):
        yield from enumerate(results)


def _mistake(failure: BaseException) -> SlsContractError:
    """Return a mistake of ours, which must not be taken for one of the client's."""
    if isinstance(failure, SlsContractError):
        return failure
    return EndpointError(
        f"the endpoint that the client was run against failed: {failure!r}\nHow to fix: please report it."
    )


def _cannot_run(performed: Performed) -> str:
    code = performed.exit_code
    assert code is not None
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    said = f": {performed.complaints.splitlines()[-1]}" if performed.complaints else ""
    return f"the command could not be run in {performed.situation.name}: {how}, no request{said}"
