"""``sls-contract convert``: convert cassettes and captures of any format to HAR 1.2, JSON Lines or cassettes."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cli.options import add_jobs
from sls_contract.cli.progress import Pace, progress
from sls_contract.errors import UsageError
from sls_contract.exit_codes import INCOMPLETE
from sls_contract.reports import plural
from sls_contract.reports.text import on_one_line

if TYPE_CHECKING:
    import argparse

    from sls_contract.captures.converting import Written
    from sls_contract.cli.terminal import Console


def configure(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command's options."""
    command = commands.add_parser(
        "convert",
        help="turn cassettes into HAR 1.2 or JSON Lines, and back",
        description="Write the exchanges of a cassette (ours or vcrpy's), a HAR (of a browser, a proxy, or ours) or "
        "another capture into a file: a HAR if its name ends in .har, JSON Lines if it ends in .jsonl, else a "
        "cassette. With --to, TARGET is a folder, into which each capture at SOURCE is written. Secrets are removed: "
        "those of the environment, and key-shaped strings. What the target format cannot store is reported.",
        epilog="Exit codes: 0 written, 1 written and a secret is left in it, 2 something was not written. "
        "Example: sls-contract convert reads.sls.yaml reads.har",
    )
    command.add_argument(
        "source", metavar="SOURCE", help="a cassette or capture, or its URL; with --to a folder or pattern of them, too"
    )
    command.add_argument("target", metavar="TARGET", type=Path, help="the file to write: .har, .jsonl, .yaml or .yml")
    command.add_argument(
        "--to", choices=("har", "jsonl", "yaml"), help="write each capture into the folder TARGET as this"
    )
    command.add_argument("--force", action="store_true", help="replace files that exist")
    add_jobs(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Convert one file or many; return the exit code."""
    if arguments.to is not None:
        return _convert_all(arguments, console)
    written = _convert_one(arguments, console)
    console.write(map(on_one_line, written.lines))
    return int(written.leaking)


def _convert_one(arguments: argparse.Namespace, console: Console) -> Written:
    from sls_contract.captures.converting import TARGETS, Task, convert_capture

    if arguments.target.suffix.lower() not in TARGETS:
        msg = (
            f"expected TARGET to end in .har, .jsonl, .yaml or .yml, got {arguments.target}. "
            "How to fix: use one of these, or pass --to har to write into a folder."
        )
        raise UsageError(msg)
    _keep(arguments.target, force=arguments.force)
    with progress(1, console) as update:
        return convert_capture(
            Task(arguments.source, arguments.target),
            console.keys(),
            lambda done, of: update(done, str(arguments.source), of),
        )


def _convert_all(arguments: argparse.Namespace, console: Console) -> int:
    """Convert each capture; report those that cannot be converted, and go on."""
    from sls_contract.captures.converting import convert_task, tasks_of
    from sls_contract.captures.engine import in_order
    from sls_contract.captures.reading import captures_by_name

    missed: list[str] = []
    found = captures_by_name(
        arguments.source, "converted", lambda error: missed.append(f"{error.filename}: {error.strerror}")
    )
    tasks = tasks_of(found, arguments.target, f".sls.{arguments.to}" if arguments.to == "yaml" else f".{arguments.to}")
    for task in tasks:
        _keep(task.target, force=arguments.force)
    work, leaking = partial(convert_task, keys=console.keys()), False
    results = in_order(work, tasks, arguments.engine, arguments.jobs, lambda task: task.size)
    with progress(len(tasks), console) as update, closing(results):
        pace = Pace(update)
        for done, (task, written) in enumerate(zip(tasks, results, strict=True)):
            console.write(map(on_one_line, written.lines))
            missed += [written.failure] if written.failure else []
            leaking |= written.leaking
            pace.done += written.exchanges
            pace(done + 1, task.source)
    console.write(on_one_line(f"not converted: {each}") for each in missed)
    console.write([f"{plural(pace.done, 'exchange')} of {plural(len(tasks), 'capture')}"])
    return 1 if leaking else INCOMPLETE if missed or not tasks else 0


def _keep(target: Path, *, force: bool) -> None:
    """Raise `UsageError` if the target exists and may not be replaced."""
    if target.exists() and not force:
        msg = f"{target} exists. How to fix: name another file, or pass --force to replace it."
        raise UsageError(msg)
