"""What the commands of the two benches, `verify` and `exercise`, have in common: how a run is carried out and ends."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Protocol

from sls_contract.cli.parser import did_you_mean
from sls_contract.errors import SlsContractError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

_INTERRUPTED = 130
_NOTHING = 2


class _Run(Protocol):
    """What came of a run, complete at any time."""

    incomplete: str

    def violated(self, *, strict: bool = False) -> bool: ...
    def judged(self) -> int: ...


class _Runner(Protocol):
    """Carries a plan out when it is called."""

    @property
    def run(self) -> _Run: ...
    def __call__(self) -> object: ...


def refuse_unknown(scenarios: Iterable[str], known: Collection[str]) -> None:
    """Refuse the name of a scenario that there is not; raises `UsageError` with those that are like it."""
    for name in scenarios:
        if name not in known:
            hint = did_you_mean(name, known) or " --list shows all of them."
            msg = f"--scenario: there is no scenario {name!r}.{hint}"
            raise UsageError(msg)


def carry_out(runner: _Runner) -> int:
    """Run, and return the exit code of an interruption, 0 where there was none."""
    try:
        runner()
    except KeyboardInterrupt:
        runner.run.incomplete = "interrupted"
        return _INTERRUPTED
    except SystemExit as end:  # SIGTERM
        runner.run.incomplete = "terminated"
        return int(end.code or 0)
    return 0


def write_files(write: Callable[[], None], run: _Run, *, strict: bool, command: str, stderr: IO[str]) -> None:
    """Write what was asked for; where that fails, a violation that was found decides the exit code all the same."""
    try:
        write()
    except SlsContractError as error:
        if not run.violated(strict=strict):
            raise
        print(f"sls-contract {command}: {error}", file=stderr)


def exit_code(run: _Run, interrupted: int, *, strict: bool) -> int:
    """Return 1 for a violation, else the code of an interruption, 2 where not everything or nothing was judged, 0."""
    if run.violated(strict=strict):
        return 1
    if interrupted:
        return interrupted
    return _NOTHING if run.incomplete or not run.judged() else 0
