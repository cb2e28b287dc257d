"""The commands that repeat a run of pytest, and each of its failed tests."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence

import pytest

_REPORT = "--sls-report"


def commands_for(config: pytest.Config, tests: Iterable[str]) -> list[str]:
    """Return the command of the run, and one for each test, all with the options that were given."""
    given = [*_without_reports(map(os.fspath, config.invocation_params.args))]
    paths = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else ()
    options = [*_options(given, paths)]
    lines = [given, *([*options, _from_here(config, each)] for each in tests)]
    return [shlex.join(["pytest", *line]) for line in lines]


def _without_reports(words: Iterable[str]) -> Iterator[str]:
    """Yield the words but for the options that only say where a report is written."""
    words = iter(words)
    for word in words:
        if word == _REPORT:
            next(words, None)
        elif not word.startswith(f"{_REPORT}="):
            yield word


def _options(words: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
    """Yield the words but for the ``paths``; an option's value may be the same word (``--rootdir tests tests``)."""
    for before, word in zip(("", *words), words, strict=False):
        is_value = before.startswith("-") and words.count(word) > paths.count(word)
        if word not in paths or is_value:
            yield word


def _from_here(config: pytest.Config, test: str) -> str:
    """Return the id of a test, which starts at the root folder, from the folder in which pytest was called."""
    file, colons, name = test.partition("::")
    here = config.invocation_params.dir
    return test if here == config.rootpath else os.path.relpath(config.rootpath / file, here) + colons + name
