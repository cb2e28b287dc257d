"""``sls-contract completion``: a script with which a shell completes commands, options and names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cli.options import report_path
from sls_contract.locale import for_programs

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from sls_contract.cli.terminal import Console

_FILES = {"PATH", "FILE", "DIR"}
_SHELLS = ("bash", "zsh", "fish")


def configure(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = subparsers.add_parser(
        "completion",
        help="complete commands, options and names in your shell",
        description="Print a script that lets a shell complete commands, options, files, and the names of scenarios "
        "and clauses. Write it again after an upgrade. bash: sls-contract completion bash > "
        "~/.local/share/bash-completion/completions/sls-contract; zsh: into a file _sls-contract in a folder of "
        "$fpath; fish: into ~/.config/fish/completions/sls-contract.fish.",
        epilog="Exit codes: 0 printed, 2 another shell was named. Example: sls-contract completion bash",
    )
    command.add_argument("shell", choices=_SHELLS, help="the shell that reads the script")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the script; return the exit code."""
    import shtab

    from sls_contract.cli import parser

    top = parser()
    for name, action in _actions(top):
        values = _values(name, action.dest)
        if values and action.choices is None:
            action.choices = values
        elif action.choices is None and (action.type in (Path, report_path) or action.metavar in _FILES):
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # read by shtab
    for_programs(console.stdout).write(shtab.complete(top, arguments.shell) + "\n")
    return 0


def _actions(top: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, argparse.Action]]:
    """Yield every option and argument with the name of its command, such as ``spec show``."""
    for action in top._actions:  # noqa: SLF001 - argparse has no other way to walk a parser
        if isinstance(action.choices, dict):
            for word, command in action.choices.items():
                yield from _actions(command, f"{name} {word}".strip())
        else:
            yield name, action


def _values(command: str, argument: str) -> Sequence[str]:
    """Return the names that an argument accepts; empty if they cannot be listed."""
    from sls_contract.exercise import SITUATIONS
    from sls_contract.spec import CLAUSES, KNOWN_ERRORS
    from sls_contract.verification import ABOUT

    if (command, argument) in {("verify", "only"), ("verify", "skip")}:
        areas = dict.fromkeys(area.replace(" ", "-") for area, _ in ABOUT.values())
        return [*areas, *(code for code in CLAUSES if code[3] in "24")]
    if (command, argument) == ("explain", "names"):
        return [*CLAUSES, *(each.slug for each in CLAUSES.values()), *dict.fromkeys(each.code for each in KNOWN_ERRORS)]
    return {("verify", "scenario"): [*ABOUT], ("exercise", "scenario"): [*SITUATIONS]}.get((command, argument), [])
