"""A parser that suggests the nearest command, option or value for an unknown one."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from sls_contract.locale import translated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sls_contract.reports.command_line import CommandLine


class _Formatter(argparse.HelpFormatter):
    """A formatter that breaks no description at a hyphen, puts examples on their own line, and translates."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from sls_contract.reports.text import wrapped

        example = translated("Example:", alone=True)
        before, found, after = " ".join(text.split()).partition(f"{example} ")
        parts = [before.strip(), f"{found}{after}"] if found else [before]
        return "\n\n".join(
            f"{indent}{line}" for each in parts if each for line in ["\n".join(wrapped(each, width, at_hyphens=False))]
        )

    def _split_lines(self, text: str, width: int) -> list[str]:
        from sls_contract.reports.text import wrapped

        return wrapped(" ".join(text.split()), width)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help and translated(action.help)

    def add_text(self, text: str | None) -> None:
        """Add a description or an epilog."""
        super().add_text(text and translated(text))

    def start_section(self, heading: str | None) -> None:
        """Start a group of arguments."""
        super().start_section(heading and translated(heading, alone=True))

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        """Add the usage line."""
        super().add_usage(
            usage and translated(usage),
            actions,
            groups,
            translated("usage: ", alone=True) if prefix is None else prefix,
        )


def _words(option: str, value: object) -> Iterator[str]:
    """Yield an option and its value as `Parser` reads them."""
    for each in value if isinstance(value, list) else [value]:
        if each is True:
            yield option
        elif str(each).startswith("-"):
            yield f"{option}={each}"
        else:
            yield from (option, str(each))


class Parser(argparse.ArgumentParser):
    """`argparse.ArgumentParser` with suggestions; the parsers of the commands have this class, too."""

    def __init__(self, *, intermixed: bool = True, **named: Any) -> None:
        super().__init__(formatter_class=_Formatter, **named)
        self._intermixed = intermixed

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Accept positional arguments on both sides of an option (``OLD --verbose NEW``); refuse unknown arguments.

        `argparse` itself ends a positional argument with ``nargs`` ``?``, ``*`` or ``+`` at the first option.
        """
        known, rest = super().parse_known_args(args, namespace)
        if self._intermixed and not any(word.startswith("-") for word in rest):
            self._distribute(rest, known)
        if rest:
            hints = (did_you_mean(word.partition("=")[0], self._option_string_actions) for word in rest)
            self.error(f"unrecognized arguments: {' '.join(rest)}.{next(filter(None, hints), '')}")
        return known, rest

    def command_line(self, arguments: argparse.Namespace) -> CommandLine:
        """Return the options of a command line that repeats the run."""
        from sls_contract.reports.command_line import RESULTS, CommandLine

        values = ((action, getattr(arguments, action.dest, action.default)) for action in self._actions)
        return CommandLine(
            tuple(self.prog.split()),
            {
                action.dest: tuple(_words(action.option_strings[-1], value))
                for action, value in values
                if action.option_strings and action.dest not in RESULTS and value != action.default
            },
        )

    def _distribute(self, words: list[str], known: argparse.Namespace) -> None:
        for action in self._get_positional_actions():
            if words and action.nargs == "?" and getattr(known, action.dest) is action.default:
                setattr(known, action.dest, self._get_value(action, words.pop(0)))
            elif words and action.nargs in ("*", "+"):
                more = [self._get_value(action, word) for word in words]
                setattr(known, action.dest, [*getattr(known, action.dest), *more])
                words.clear()

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError as error:
            hint = did_you_mean(str(value), map(str, action.choices or ()))
            raise argparse.ArgumentError(action, f"{error.message}.{hint}") from None

    def error(self, message: str) -> NoReturn:
        """Print the usage, the error, and how to get help; exit with code 2."""
        text = f"{self.prog}: error: {message}\nHow to fix: see {self.prog} --help"
        self.exit(2, f"{self.format_usage()}{translated(text)}\n")


_SIMILAR, _LESS_SIMILAR = 0.7, 0.6  # the first: two letters exchanged in a name of four; the second: four in six


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` Did you mean …?`` with the known names that are most similar; empty if none is similar."""
    names = list(known)
    close = get_close_matches(name, names, cutoff=_SIMILAR) or get_close_matches(name, names, 1, _LESS_SIMILAR)
    return f" Did you mean {' or '.join(close)}?" if close else ""
