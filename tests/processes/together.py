"""Many small cases of one test function in one item: pytest spends more on each item than such a case costs."""

from __future__ import annotations

import functools
import inspect
import itertools
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHARED = {"self", "make", "scene", "broken", "plain", "pull", "put", "write"}
"""Fixtures that return a maker of values; the cases of one item share them."""


class TogetherModule(pytest.Module):
    """A module of tests in which each parametrized function is one item, where its cases need none of their own."""

    def collect(self):
        """Join cases, then collect as ever."""
        join(self.obj)
        for each in vars(self.obj).values():
            if inspect.isclass(each) and each.__module__ == self.obj.__name__:
                join(each)
        return super().collect()


def join(scope: object) -> None:
    """Put a joined test in the place of each parametrized function of a module or class."""
    tests = {name: each for name, each in vars(scope).items() if name.startswith("test") and inspect.isfunction(each)}
    of_class = [*getattr(scope, "pytestmark", ())] if inspect.isclass(scope) else []
    made = {name: test for name, each in tests.items() if (test := joined(each, of_class))}
    if of_class and len(made) < len(tests):
        return
    for name, test in made.items():
        setattr(scope, name, test)
    if of_class and tests:
        scope.pytestmark = []


def joined(function: Callable, of_class: list[pytest.Mark]) -> Callable | None:
    """Return a test that runs all cases of this one, or None where the cases need items of their own.

    They do where they have marks but ``slow``, are asynchronous, or use a fixture that keeps a state.
    """
    every = [*getattr(function, "pytestmark", ()), *of_class]
    slow = [mark for mark in every if mark.name == "slow"]
    marks = [mark for mark in every if mark.name != "slow"]
    signature = inspect.signature(function)
    if not marks or inspect.iscoroutinefunction(function) or any(set(mark.kwargs) - {"ids"} for mark in marks):
        return None
    tables = [table(mark) for mark in marks if mark.name == "parametrize"]
    if len(tables) < len(marks) or None in tables:
        return None
    given = {name for names, _ in tables for name in names}
    if not given <= set(signature.parameters) <= given | SHARED:
        return None

    @functools.wraps(function)
    def every_case(*own: object, **fixtures: object) -> None:
        failures = []
        for case in cases_of(tables):
            try:
                function(*own, **fixtures, **case)
            except (Exception, pytest.fail.Exception) as failure:  # noqa: BLE001 - raised below
                failure.add_note(f"in the case {case!r:.1000}")
                failures.append(failure)
        if failures:
            msg = f"{len(failures)} cases of {function.__name__} fail"
            raise BaseExceptionGroup(msg, failures)

    kept = [each for name, each in signature.parameters.items() if name not in given]
    every_case.__signature__ = signature.replace(parameters=kept)
    every_case.pytestmark = slow
    del every_case.__wrapped__  # of which pytest would read the arguments
    return every_case


def table(mark: pytest.Mark) -> tuple[list[str], list[tuple]] | None:
    """Return the names and rows of one ``parametrize``; None where a row has marks of its own."""
    names, rows = (*mark.args, *mark.kwargs.values())[:2]
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = list(rows)
    if any(getattr(row, "marks", ()) for row in rows):
        return None
    rows = [row.values if isinstance(row, type(pytest.param())) else row if len(names) > 1 else (row,) for row in rows]
    return names, rows


def cases_of(tables: list[tuple[list[str], list[tuple]]]) -> Iterator[dict[str, object]]:
    for rows in itertools.product(*(rows for _, rows in tables)):
        yield {
            name: value
            for (names, _), row in zip(tables, rows, strict=True)
            for name, value in zip(names, row, strict=True)
        }
