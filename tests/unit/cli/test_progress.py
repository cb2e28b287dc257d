"""How far a long run is: shown to people only."""

from __future__ import annotations

import io

import pytest

from sls_contract.cli.progress import progress
from sls_contract.cli.terminal import Console


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def console(stderr: io.StringIO, **environ: str) -> Console:
    return Console(environ, io.StringIO(), io.StringIO(), stderr)


@pytest.mark.parametrize("columns", [20, 60, 200])
def test_a_terminal_shows_one_line(columns):
    """How many of how many, and what is at work, in a line that fits; nothing of it stays."""
    terminal = Terminal()
    with progress(12, console(terminal, TERM="xterm", COLUMNS=str(columns), NO_COLOR="1")) as shown:
        shown(3, "cassettes/消费组\n" * 9)
    shown_last, cleared = terminal.getvalue().split("\x1b[?25h")
    line = shown_last.split("\x1b[2K")[-1]
    assert "\n" not in line.rstrip("\n")
    assert " 3 of 12" in line or columns == 20
    assert cleared.endswith("\x1b[2K")


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_a_pipe_and_a_dumb_terminal_show_nothing(stream):
    """A log of a build holds no control characters."""
    pipe = stream()
    with progress(2, console(pipe, TERM="dumb")) as shown:
        shown(1, "a.yaml")
    assert pipe.getvalue() == ""
