"""Hypothesis as a search: try generated values until one fails, then make it as small as it goes."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import hypothesis
    from hypothesis.database import ExampleDatabase
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")
Database: TypeAlias = "ExampleDatabase"
"""Hypothesis's own: whoever carries one about need not know Hypothesis."""

_WAIT = 10.0  # seconds for a database that does not answer


def _settings(examples: int, database: Database | None) -> hypothesis.settings:
    """Return what makes Hypothesis search, tell nothing, and complain of nothing."""
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


class _Stop(BaseException):  # not an Exception: Hypothesis must not take it for a failing value
    """Ends the search; ``cause`` is what ``passes`` raised, None where the tries are used up."""

    def __init__(self, cause: BaseException | None = None) -> None:
        super().__init__()
        self.cause = cause


def database_at(place: str) -> Database:
    """Return Hypothesis's database in a folder, or at ``redis://…``; raises `UsageError` where there can be none."""
    from hypothesis.database import DirectoryBasedExampleDatabase

    if "://" not in place:
        try:
            Path(place).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"--database {place} cannot be made: {error.strerror}. How to fix: name a folder where you may write."
            raise UsageError(msg) from error
        return DirectoryBasedExampleDatabase(place)
    if not place.startswith(("redis://", "rediss://", "unix://")):
        msg = f"--database must be a folder, or a URL such as redis://host:6379/0, got {place}"
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
        server = Redis.from_url(url, socket_connect_timeout=_WAIT, socket_timeout=_WAIT)
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
    """Call ``passes`` with generated values; after the first that fails, with ever smaller ones.

    Values that failed in earlier runs come first.

    Whatever ``passes`` raises ends the search and leaves it. The caller remembers what failed: an endpoint that fails
    now and then cannot be made to fail again at will.

    Args:
        strategy: where values come from.
        passes: tries one value and tells whether all was well.
        examples: how many values are tried as long as all pass.
        seed: the same seed tries the same values.
        shrinks: how many values are tried after the first failure.
        database: where values that failed are looked up, and kept; see `database_at`.
        name: under which they are kept.

    """
    import hypothesis
    from hypothesis import configuration

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

    settings = _settings(examples, database)
    search = settings(hypothesis.seed(seed)(hypothesis.given(strategy)(attempt)))  # a seed takes the database away
    search._hypothesis_internal_database_key = name.encode()  # type: ignore[attr-defined]  # noqa: SLF001 - else of the text of `attempt`, which changes from version to version
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
