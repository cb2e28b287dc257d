"""What `verify` and `exercise` have in common: how a run is executed, reported and turned into an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from sls_contract.cli.parser import did_you_mean
from sls_contract.cli.terminal import Console, columns
from sls_contract.errors import SlsContractError, UsageError
from sls_contract.exit_codes import INCOMPLETE, INTERRUPTED, interruption

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Iterable

    from sls_contract.reports.benches import BenchRun


class _Runner(Protocol):
    """Executes its plan when it is called; ``run`` has the results so far."""

    @property
    def run(self) -> BenchRun[Any]: ...
    def __call__(self) -> object: ...


def check_scenarios(scenarios: Iterable[str], known: Collection[str]) -> None:
    """Raise `UsageError` for the name of an unknown scenario, with similar names."""
    for name in scenarios:
        if name not in known:
            hint = did_you_mean(name, known)
            msg = f"--scenario: there is no scenario {name!r}.{hint} --list shows all of them."
            raise UsageError(msg)


def execute(runner: _Runner) -> int:
    """Execute the run; return the exit code of an interruption, else 0."""
    code = interruption(runner)
    if code:
        runner.run.incomplete = "interrupted" if code == INTERRUPTED else "terminated"
    return code


def finish(
    run: BenchRun[Any],
    interrupted: int,
    arguments: argparse.Namespace,
    console: Console,
    *,
    lines: Callable[[int | None], Iterable[str]],
    write: Callable[[int], None],
    proven: bool = True,
) -> int:
    """Print the results, write the requested files, and return the exit code, which ``write`` gets.

    Exit codes, the first that applies: 1 for a violation, even if a file cannot be written; that of an interruption;
    2 if nothing was judged, or not everything (``proven``); 0.
    """
    stream, violated = console.text_stream(arguments), run.violated(strict=arguments.strict)
    console.show(lines(columns(stream)), stream)
    if violated or interrupted:
        code = 1 if violated else interrupted
    else:
        code = 0 if proven and run.judged() and not run.incomplete else INCOMPLETE
    try:
        write(code)
    except SlsContractError as error:
        if not violated:
            raise
        print(f"sls-contract {arguments.command}: {error}", file=console.stderr)
    return code
