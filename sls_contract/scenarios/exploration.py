"""Search for a failing value with Hypothesis, and shrink it."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sls_contract.errors import UsageError
from sls_contract.exchange import masked_url

if TYPE_CHECKING:
    from collections.abc import Callable

    import hypothesis
    from hypothesis.database import ExampleDatabase
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
Database: TypeAlias = "ExampleDatabase"
"""Hypothesis's database; with this name other modules need not import Hypothesis."""

_TIMEOUT = 10.0  # seconds for a database that does not respond


def _settings(examples: int, database: Database | None) -> hypothesis.settings:
    """Return settings for a search without output and health checks."""
    from hypothesis import HealthCheck, Phase, Verbosity, settings

    return settings(
        max_examples=examples,
        database=database,
        deadline=None,
        derandomize=False,
        phases=(Phase.reuse, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        print_blob=False,
    )


class _Failed(Exception):
    pass


class _Stop(BaseException):  # not an Exception: Hypothesis would treat that as a failure of the value
    """Ends the search; ``cause`` is the exception of ``passes``, None where all shrinks are used up."""

    def __init__(self, cause: BaseException | None = None) -> None:
        super().__init__()
        self.cause = cause


def database_at(place: str) -> Database:
    """Open Hypothesis's database in a folder or at ``redis://…``; raises `UsageError` where that fails."""
    from hypothesis.database import DirectoryBasedExampleDatabase

    if "://" not in place:
        try:
            Path(place).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"--database {place} cannot be made: {error.strerror}. How to fix: name a folder where you may write."
            raise UsageError(msg) from error
        return DirectoryBasedExampleDatabase(place)
    if not place.startswith(("redis://", "rediss://", "unix://")):
        msg = (
            f"--database must be a folder, or a URL of Redis, got {masked_url(place)}. "
            "How to fix: name a folder, or a URL such as redis://host:6379/0."
        )
        raise UsageError(msg)
    return _redis(place)


def _redis(url: str) -> Database:
    try:
        from hypothesis.extra.redis import RedisExampleDatabase
        from redis import Redis, RedisError
    except ImportError as error:
        msg = "--database redis://… needs redis, which is not installed. How to fix: pip install 'sls-contract[redis]'."
        raise UsageError(msg) from error
    try:
        server = Redis.from_url(url, socket_connect_timeout=_TIMEOUT, socket_timeout=_TIMEOUT)
        server.ping()
    except (RedisError, ValueError) as error:
        place = url.rpartition("@")[2]
        msg = f"the database at {place} cannot be reached: {error}. How to fix: start it, or correct the URL."
        raise UsageError(msg) from error
    return RedisExampleDatabase(server)


def explore(
    strategy: SearchStrategy[T],
    passes: Callable[[T], bool],
    *,
    examples: int,
    seed: int,
    shrinks: int = 200,
    database: Database | None = None,
    name: str = "",
) -> None:
    """Call ``passes`` with generated values, and after the first failure with smaller ones.

    Values that failed in earlier runs come first. An exception of ``passes`` ends the search and is raised here.
    Failures are not returned: the caller records them, because an unreliable endpoint may not fail again.

    Args:
        strategy: generates the values.
        passes: tries one value and returns whether it passed.
        examples: how many values to try while all pass.
        seed: the same seed generates the same values.
        shrinks: how many values to try after the first failure.
        database: stores the values that failed, see `database_at`; None to store none.
        name: the key of these values in the database.

    """
    import hypothesis
    from hypothesis import configuration

    shrinks_left = [shrinks]
    failed = [False]

    def attempt(value: T) -> None:
        if failed[0] and shrinks_left[0] <= 0:
            raise _Stop
        shrinks_left[0] -= failed[0]
        try:
            passed = passes(value)
        except BaseException as error:
            raise _Stop(error) from error
        if not passed:
            failed[0] = True
            raise _Failed

    # hypothesis.seed sets database=None, so settings are applied after it.
    search = _settings(examples, database)(hypothesis.seed(seed)(hypothesis.given(strategy)(attempt)))
    search._hypothesis_internal_database_key = name.encode()  # type: ignore[attr-defined]  # noqa: SLF001 - the default key is a digest of `attempt`, which changes between versions
    with tempfile.TemporaryDirectory(prefix="sls-contract-") as folder:
        configuration.set_hypothesis_home_dir(folder)  # write nothing into the user's .hypothesis folder
        try:
            with contextlib.suppress(_Failed, hypothesis.errors.Flaky):
                search()
        except _Stop as stop:
            if stop.cause is not None:
                raise stop.cause from None
        finally:
            configuration.set_hypothesis_home_dir(None)
