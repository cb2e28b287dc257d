"""Hypothesis as a search: try generated values until one fails, then make it as small as it goes."""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")


class _Failed(Exception):
    pass


class _Stop(BaseException):  # not an Exception: Hypothesis must not take it for a failing value
    """Ends the search; ``cause`` is what ``passes`` raised, None where the tries are used up."""

    def __init__(self, cause: BaseException | None = None) -> None:
        super().__init__()
        self.cause = cause


def explore(
    strategy: SearchStrategy[T], passes: Callable[[T], bool], *, examples: int, seed: int, shrinks: int = 200
) -> None:
    """Call ``passes`` with generated values; after the first that fails, with ever smaller ones.

    Whatever ``passes`` raises ends the search and leaves it. The caller remembers what failed: an endpoint that fails
    now and then cannot be made to fail again at will.

    Args:
        strategy: where values come from.
        passes: tries one value and tells whether all was well.
        examples: how many values are tried as long as all pass.
        seed: the same seed tries the same values.
        shrinks: how many values are tried after the first failure.

    """
    import hypothesis
    from hypothesis import HealthCheck, Phase, Verbosity, configuration

    left = [shrinks]
    failed = [False]

    def attempt(value: T) -> None:
        if failed[0] and left[0] <= 0:
            raise _Stop
        left[0] -= failed[0]
        try:
            passed = passes(value)
        except BaseException as error:
            raise _Stop(error) from error
        if not passed:
            failed[0] = True
            raise _Failed

    settings = hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        print_blob=False,
    )
    search = hypothesis.seed(seed)(settings(hypothesis.given(strategy)(attempt)))
    with tempfile.TemporaryDirectory(prefix="sls-contract-") as folder:
        configuration.set_hypothesis_home_dir(folder)  # nothing of this run belongs into the user's folder
        try:
            with contextlib.suppress(_Failed, hypothesis.errors.Flaky):
                search()
        except _Stop as stop:
            if stop.cause is not None:
                raise stop.cause from None
        finally:
            configuration.set_hypothesis_home_dir(None)
