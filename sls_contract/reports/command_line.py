"""The command line of a run, from which the commands that repeat it or a part of it are built."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain

RESULTS = frozenset({"json", "report", "record", "verbose", "list", "help"})
"""The options that only say what to show of a run, and where to write it."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The command line of a run.

    Attributes:
        command: its first words.
        options: the words of each option that was given, such as ``{"seed": ("--seed", "7")}``.

    """

    command: tuple[str, ...]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, *arguments: str, **options: tuple[str, ...]) -> str:
        """Return the line, quoted for a shell: ``options`` replace those that were given, ``arguments`` follow them."""
        return shlex.join([*self.command, *chain.from_iterable({**self.options, **options}.values()), *arguments])
