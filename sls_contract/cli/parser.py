"""A parser that names the nearest command, option or value for one that it does not know."""

from __future__ import annotations

import argparse
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Formatter(argparse.HelpFormatter):
    """Leaves commands whole, and gives an example a line of its own."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        before, found, example = " ".join(text.split()).partition("Example: ")
        parts = [before.strip(), f"{found}{example}"] if found else [before]
        return "\n\n".join(
            textwrap.fill(each, width, initial_indent=indent, break_on_hyphens=False) for each in parts if each
        )


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` with suggestions; the parsers of its commands are of this class, too."""

    def __init__(self, **named: Any) -> None:
        super().__init__(formatter_class=_Formatter, **named)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is not known here, where the options of the command are at hand."""
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            hints = (did_you_mean(word.partition("=")[0], self._option_string_actions) for word in rest)
            self.error(f"unrecognized arguments: {' '.join(rest)}.{next(filter(None, hints), '')}")
        return known, rest

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = did_you_mean(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, f"{error.message}.{hint}") from None

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and where to read on; exit code 2."""
        self.exit(2, f"{self.format_usage()}{self.prog}: error: {message}\nHow to fix: see {self.prog} --help\n")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean …?`` with the known names that are most like one; empty where none is."""
    close = get_close_matches(name, list(known))
    return f" Did you mean {' or '.join(close)}?" if close else ""
