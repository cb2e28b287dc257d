"""What keeps a server that is a whole process from pausing."""

from __future__ import annotations

import gc


def avoid_pauses() -> None:
    """Take all that is loaded by now out of the garbage collector's sight, for the rest of the process.

    A full collection walks everything that a command has imported. It took 25 ms, in which nobody was answered, as
    often as every few thousand requests; what comes and goes with a request is freed without it.
    """
    gc.collect()
    gc.freeze()
