"""What the commands of the two benches, `verify` and `exercise`, have in common: how a run is carried out and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sls_contract.cli.parser import did_you_mean
from sls_contract.cli.terminal import columns
from sls_contract.errors import SlsContractError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Iterable

    from sls_contract.cli.terminal import Console
    from sls_contract.reports.benches import BenchRun

_INTERRUPTED = 130
_NOTHING = 2


class _Runner(Protocol):
    """Carries a plan out when it is called."""

    @property
    def run(self) -> BenchRun[Any]: ...
    def __call__(self) -> object: ...


def refuse_unknown(scenarios: Iterable[str], known: Collection[str]) -> None:
    """Refuse the name of a scenario that there is not; raises `UsageError` with those that are like it."""
    for name in scenarios:
        if name not in known:
            hint = did_you_mean(name, known)
            msg = f"--scenario: there is no scenario {name!r}.{hint} --list shows all of them."
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


def finish(
    run: BenchRun[Any],
    interrupted: int,
    arguments: argparse.Namespace,
    console: Console,
    *,
    lines: Callable[[int | None], Iterable[str]],
    write: Callable[[], None],
) -> int:
    """Tell a run, write what was asked for, and return the exit code.

    1 for a violation, whether or not the files could be written, else the code of an interruption, 2 where not
    everything or nothing was judged, 0.
    """
    told, violated = console.people(arguments), run.violated(strict=arguments.strict)
    console.show(lines(columns(told)), told)
    try:
        write()
    except SlsContractError as error:
        if not violated:
            raise
        print(f"sls-contract {arguments.command}: {error}", file=console.stderr)
    if violated or interrupted:
        return 1 if violated else interrupted
    return _NOTHING if run.incomplete or not run.judged() else 0
