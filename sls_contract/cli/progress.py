"""How far a long run is: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, TypeAlias

from sls_contract.reports.text import on_one_line

Shows: TypeAlias = Callable[[str], None]
_CLEARED = "\r\x1b[K"  # the line is empty again, and written from its beginning


def progress(stderr: IO[str]) -> Shows:
    """Return what shows a text in place of the one before; an empty one leaves nothing behind."""
    if not stderr.isatty():
        return lambda _: None
    return lambda text: print(f"{_CLEARED}{on_one_line(text)}", end="", file=stderr, flush=True)
