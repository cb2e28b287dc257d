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
from sls_contract.exercise.judgement import judge_trial
from sls_contract.exercise.outcome import Performed, Run
from sls_contract.exercise.process import Processes
from sls_contract.exercise.setting import SCHEMES, Auth, Scheme, environment, make_setting
from sls_contract.exercise.situations import SITUATIONS
from sls_contract.exercise.stage import Stage
from sls_contract.exercise.trial import Trial
from sls_contract.reports.command_line import CommandLine
from sls_contract.spec.registry import contracts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from sls_contract.exercise.situation import Situation

_WITHOUT_OPTIONS = CommandLine(("sls-contract", "exercise"))
TIMEOUT = 30.0
"""Seconds that one run of the client may take."""

JOBS = 4
"""How many runs at a time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The runs to do.

    Attributes:
        command: the program and its arguments.
        scenarios: names of situations; empty for all.
        schemes: the schemes for the documented successes; other situations use the first that the client supports.
        timeout: seconds for one run.
        jobs: how many runs at a time.
        seed: of made-up names and keys.
        command_line: the command line of the run.

    """

    command: tuple[str, ...]
    scenarios: tuple[str, ...] = ()
    schemes: tuple[Scheme, ...] = SCHEMES
    timeout: float = TIMEOUT
    jobs: int = JOBS
    seed: int = 0
    command_line: CommandLine = field(default=_WITHOUT_OPTIONS, compare=False)

    def tasks(self) -> tuple[Task, ...]:
        """Return the runs to do, in the order of the report."""
        wanted = (each for each in SITUATIONS.values() if not self.scenarios or each.name in self.scenarios)
        return tuple(Task(each, auths) for each in wanted for auths in self._auths(each))

    def _auths(self, situation: Situation) -> tuple[tuple[Auth, ...], ...]:
        if situation.multiplied:
            return tuple((Auth(scheme, sts),) for scheme in self.schemes for sts in (False, True))
        tokens = (True, False) if situation.temporary else (False,)
        return (tuple(Auth(scheme, sts) for sts in tokens for scheme in self.schemes),)


class Task(NamedTuple):
    """One run to do; if the client does not support the first way to sign, the next one is tried."""

    situation: Situation
    auths: tuple[Auth, ...]


@dataclass(slots=True)
class Runner:
    """Runs a plan.

    ``run`` is complete at any time: after an interruption it contains the results so far, and no process is left.

    Attributes:
        plan: the runs to do.
        environ: the environment that the client inherits.
        clock: gives the time, aware.
        progress: called with the number of finished runs and the situation of the last.
        dispatch: calls `perform_task` with each index of ``plan.tasks()`` and yields the results; None: use threads.
        watched: whether a client ends with this process, even if that is killed.
        run: the results.

    """

    plan: Plan
    environ: Mapping[str, str]
    clock: Callable[[], datetime]
    progress: Callable[[int, str], None] = lambda _done, _name: None
    dispatch: Callable[[Iterable[int]], Generator[tuple[int, Performed]]] | None = None
    watched: bool = False
    run: Run = field(init=False)
    _processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        self.run = Run(self.plan.seed)
        self._processes = Processes(self.plan.command, watched=self.watched)

    def __call__(self) -> Run:
        """Do every run; raises `UsageError` if the system cannot start the command."""
        tasks = self.plan.tasks()
        done: dict[int, Performed] = {}
        results = self._in_threads(tasks) if self.dispatch is None else self.dispatch(range(len(tasks)))
        try:
            with closing(results):
                for index, performed in results:
                    done[index] = performed
                    self.progress(len(done), performed.situation.name)
                    if performed.verdict == "could not run":
                        self.run.incomplete = _cannot_run(performed)
                        if not any(each.requests for each in done.values()):
                            break
        finally:
            self.run.performed = [done[index] for index in sorted(done)]
        return self.run

    def _in_threads(self, tasks: tuple[Task, ...]) -> Generator[tuple[int, Performed]]:
        import sls_contract.endpoint.server  # noqa: F401 - import once, before the threads start

        slow_first = sorted(range(len(tasks)), key=lambda index: not tasks[index].situation.slow)
        pool = ThreadPoolExecutor(self.plan.jobs, "sls-contract-exercise")
        try:
            futures = {pool.submit(self.perform, tasks[index]): index for index in slow_first}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            self.close()
            pool.shutdown(cancel_futures=True)

    def perform(self, task: Task) -> Performed:
        """Do one run, by the first way to sign that the client supports."""
        first = self._attempt(task.situation, task.auths[0])
        attempts = chain([first], (self._attempt(task.situation, auth) for auth in task.auths[1:]))
        return next((each for each in attempts if each.verdict != "not supported"), first)

    def close(self) -> None:
        """End the processes that are left."""
        self._processes.stop()

    def _attempt(self, situation: Situation, auth: Auth) -> Performed:
        """Run the client once, against a new endpoint."""
        from sls_contract.endpoint.server import serve

        setting = make_setting(self.plan.seed, situation, auth)
        stage = Stage(setting, situation, self.clock, self.plan.seed)
        with serve(stage, hosts=("*",), refused=stage.refuse) as server:
            environ = environment(setting, f"{server.host}:{server.port}", self.environ, self.clock())
            ending = self._processes.run(environ, self.plan.timeout)
            ended_at = self.clock()
            received, changes, failures = stage.received, stage.changes(), server.failures
        if failures:
            raise _as_error(failures[0])
        return judge_trial(Trial(setting, situation, received, ending, ended_at, changes, stage.refused), auth)


def perform_task(index: int, plan: Plan, contracts: Path | None = None) -> tuple[int, Performed]:
    """Do one run of a plan on a worker, in its environment; return it after its index.

    ``contracts`` is a folder of contracts in addition to the bundled ones.
    """
    with closing(Runner(plan, os.environ, utc_now, watched=True)) as runner, contracts_in(contracts):
        return index, runner.perform(plan.tasks()[index])


def _as_error(failure: BaseException) -> SlsContractError:
    """Return the endpoint's failure as an error of this package, so that the client is not blamed for it."""
    if isinstance(failure, SlsContractError):
        return failure
    return EndpointError(
        f"the endpoint that the client was run against failed: {failure!r}\nHow to fix: please report it."
    )


def _cannot_run(performed: Performed) -> str:
    code = performed.exit_code
    assert code is not None
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    said = f": {performed.stderr.splitlines()[-1]}" if performed.stderr else ""
    return f"the command could not be run in {performed.situation.name}: {how}, no request{said}"
