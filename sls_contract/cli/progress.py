"""The progress of a long run: a line on a terminal, nothing in a pipe."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from sls_contract.locale import translated
from sls_contract.reports.text import on_one_line, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sls_contract.cli.terminal import Console

    Progress = AbstractContextManager[Callable[..., None]]

_BAR = 20  # cells


class Pace:
    """Shows how many exchanges are ``done``, and how many a second."""

    def __init__(self, update: Callable[[int, str], None]) -> None:
        """Start to measure the time; ``update`` takes the steps and a text."""
        self._update, self._start, self.done = update, time.monotonic(), 0

    def __call__(self, steps: int, name: str) -> None:
        """Show the pace beside the name of the current step."""
        rate = self.done / max(time.monotonic() - self._start, 1e-3)
        self._update(steps, f"{name} {plural(self.done, 'exchange')}, {rate:.0f} a second")


@contextlib.contextmanager
def progress(total: int, console: Console) -> Iterator[Callable[..., None]]:
    """Return a context whose value is a function that shows the progress; the line is erased at the end.

    The function takes the number of finished steps, the name of the current step, and optionally a new ``total``.
    """
    if not console.stderr.isatty() or console.environ.get("TERM") == "dumb":
        yield lambda _done, _text, _of=None: None
        return
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.table import Column

    fixed, rest = Column(no_wrap=True), Column(no_wrap=True, overflow="ellipsis", ratio=1)
    parts = (
        MofNCompleteColumn(" of ", table_column=fixed),
        BarColumn(_BAR),
        TextColumn("{task.description}", markup=False, table_column=rest),
    )
    bar = Progress(
        *parts,
        console=RichConsole(file=console.stderr, _environ=console.environ),
        transient=True,
        expand=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with bar:
        task = bar.add_task("", total=total)
        yield lambda done, text, of=None: bar.update(
            task, total=of, completed=done, description=translated(on_one_line(text))
        )
