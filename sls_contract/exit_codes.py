"""The exit codes of commands and of runs of pytest: 0 conforming, or done; the others by name."""

from __future__ import annotations

from collections.abc import Callable

VIOLATED = 1  # a violation was found
INCOMPLETE = 2  # wrong usage, or nothing, or not everything, was checked
INTERRUPTED, TERMINATED = 130, 143  # by SIGINT, by SIGTERM
PIPE_CLOSED = 141  # the reader of the output closed its end of the pipe


def interruption(work: Callable[[], object]) -> int:
    """Do the work; return the exit code of the signal that ended it, 0 if it was finished."""
    try:
        work()
    except KeyboardInterrupt:
        return INTERRUPTED
    except SystemExit as end:  # SIGTERM
        return int(end.code or 0)
    return 0
