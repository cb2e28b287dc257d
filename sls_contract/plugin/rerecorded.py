"""The end of a run in record mode ``all``: the old recordings of shared cassettes are removed, or kept with a reason.

Only the process that reports does this: it knows the results of every test of a cassette.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.matching import DEFAULT, Matching
from sls_contract.cassettes.rerecording import replace_old
from sls_contract.errors import SlsContractError
from sls_contract.plugin.totals import by_cassette

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sls_contract.plugin.collected import Collected


@dataclass(frozen=True, slots=True)
class KeptCassette:
    """A cassette whose old recordings were kept.

    Attributes:
        path: the path of the cassette.
        missing: the ids of its tests that did not run to their end.
        files: the test files that use it.
        failure: why it could not be written; empty if it could.

    """

    path: str
    missing: tuple[str, ...]
    files: tuple[str, ...]
    failure: str = ""


def kept_cassettes(
    entries: Iterable[dict[str, Any]], collected: Collected | None, began: datetime, has_all_tests: Callable[..., bool]
) -> list[KeptCassette]:
    """Remove the old recordings of each shared cassette; return the cassettes that kept them, and so lost the new ones.

    ``has_all_tests`` returns whether each test that uses the cassette of a fixture ran to its end.
    """
    kept = []
    for cassette, tests in by_cassette(entries).items():
        new = {test["recording"] for test in tests if test["ended"]} - {""}
        ended = {test["test"] for test in tests if test["ended"]}
        known, files = _users(cassette, collected) if collected is not None else ([], ())
        missing = tuple(test for test in known if test not in ended)
        try:
            complete = not missing if known else has_all_tests(cassette, ended=ended)
            # without processes, a fixture's recording is not in these entries
            of_tests = not any(test["setup"] for test in tests)
            if not replace_old(Path(cassette), new, began, _matching(tests), complete=complete, stray=of_tests):
                kept.append(KeptCassette(cassette, missing, files))
        except SlsContractError as error:
            kept.append(KeptCassette(cassette, missing, files, str(error)))
    return kept


def _matching(tests: Iterable[dict[str, Any]]) -> Matching:
    """Return how the requests of all tests of a cassette match; the default if that differs."""
    names = {tuple(test["match_on"]) for test in tests}
    return Matching(*names) if len(names) == 1 else DEFAULT


def _users(cassette: str, collected: Collected) -> tuple[list[str], tuple[str, ...]]:
    """Return the tests that name a cassette, and the files that use it."""
    tests = collected.tests.get(cassette, [])
    names = dict.fromkeys(test.partition("::")[0] for test in (*tests, *collected.fixtures.get(cassette, ())))
    return tests, tuple(collected.modules[name].path for name in names)
