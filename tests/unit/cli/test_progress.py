"""How far a long run is: shown to people only."""

from __future__ import annotations

import io

from sls_contract.cli.progress import progress


class Terminal(io.StringIO):
    """A stream that a person reads."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_one_line():
    """Each text takes the place of the one before, whatever characters it holds; the last leaves nothing behind."""
    terminal = Terminal()
    for text in ("1 of 2", "页\n2", ""):
        progress(terminal)(text)
    assert terminal.getvalue() == "\r\x1b[K1 of 2\r\x1b[K页\\n2\r\x1b[K"


def test_a_pipe_shows_nothing():
    """A log of a build holds no control characters."""
    pipe = io.StringIO()
    progress(pipe)("1 of 2")
    assert pipe.getvalue() == ""
