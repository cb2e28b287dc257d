"""How strong is ``sls-contract verify``? Run it on endpoints with one bug each, and on the correct one.

    python -m benchmarks.strength [NAME …]

Prints for each bug the clauses that found it, and the number of requests until then; for each clause a bug that only
this clause finds; and what 20 seeds find on the correct endpoint. All cores run; progress goes to stderr. Exit code 1
if a bug is not found or its endpoint raises an exception, if a clause that verify exercises is never needed, or if the
correct endpoint has findings.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.reports import table
from sls_contract.spec import CLAUSES, Level

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from sls_contract.verification import Run

SEEDS = 20
NONE = "NONE"
NOT_EXERCISED = "none: verify never exercises it"
_TESTS = Path(__file__).parents[1] / "tests" / "verification"


def broken_endpoints() -> ModuleType:
    """Import the endpoints from the tests, which are no package."""
    sys.path.insert(0, str(_TESTS))
    return import_module("broken_endpoints.registry")


def found(run: Run) -> dict[str, int]:
    """Return the clauses that fail with --strict, each with the number of the first exchange that showed it."""
    first: dict[str, int] = {}
    for each in run.located:
        if each.finding.level is not Level.UNSPECIFIED:
            first[each.finding.code] = min(each.exchange, first.get(each.finding.code, each.exchange))
    return first


def needed_clauses() -> list[str]:
    """Return the codes of clauses about responses and behaviour whose breach is a violation."""
    return [code for code, each in CLAUSES.items() if code[3] in "24" and each.level is Level.VIOLATION]


@dataclass(frozen=True, slots=True)
class Result:
    """What verify finds on the endpoint with one bug.

    ``code`` is the clause that should find it. ``clauses`` are those that did, as `found` returns them; there are none
    if the endpoint raised ``error``: its run has then no verdict.
    """

    bug: str
    code: str
    clauses: dict[str, int] = field(default_factory=dict)
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether the clause that should find the bug did."""
        return self.code in self.clauses

    @property
    def row(self) -> tuple[str, str, str, int]:
        """The bug's line of the table."""
        others = ", ".join(sorted(self.clauses.keys() - {self.code}))
        failed = "RAISED" if self.error else "ESCAPED"
        first = min(self.clauses.values(), default=0)
        return self.bug, self.code if self.passed else failed, self.error or others, first


def run_bug(name: str) -> Result:
    """Run verify on the endpoint with one bug; an exception of the endpoint does not end the run of the others."""
    bugs = broken_endpoints()
    broken = bugs.BROKEN[name]
    try:
        return Result(name, broken.code, found(bugs.verify(broken.make(), sleep=bugs.now.advance)))
    except Exception as error:  # noqa: BLE001 - an endpoint with a bug may raise anything
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return Result(name, broken.code, error=f"{type(error).__name__}: {error} ({place})")


def run_correct(seed: int) -> tuple[list[str], set[str]]:
    """Run verify on the correct endpoint; return its findings, which must be none, and the clauses it exercised."""
    bugs = broken_endpoints()
    run = bugs.verify(bugs.correct(), seed=seed, examples=100, sleep=bugs.now.advance)
    return [f"seed {seed}: {each.scenario}: {each.finding}" for each in run.located], run.exercised


def need_of(code: str, results: list[Result], exercised: set[str]) -> str:
    """Return a bug that only this clause finds, or why there is none."""
    violations = set(needed_clauses())  # warnings beside them do not fail a run
    found_by_it_alone = [each.bug for each in results if each.clauses.keys() & violations == {code}]
    if found_by_it_alone:
        return found_by_it_alone[0]
    # No bug can break a clause that no exchange of verify is about.
    is_out_of_reach = code not in exercised and all(each.code != code for each in results)
    return NOT_EXERCISED if is_out_of_reach else NONE


def counted(results: Iterator[Any], total: int, what: str) -> Iterator[Any]:
    """Pass the results on; show how many of them there are so far."""
    for number, each in enumerate(results, 1):
        print(f"\r{number} of {total} {what}", end="" if number < total else "\n", file=sys.stderr, flush=True)
        yield each


def main(names: list[str]) -> int:
    names_of_all = names or list(broken_endpoints().BROKEN)
    with ProcessPoolExecutor() as pool:
        results = [*counted(pool.map(run_bug, names_of_all), len(names_of_all), "bugs")]
        print(*table(("bug", "found by", "and by", "after requests"), [each.row for each in results]), sep="\n")
        raised = [each for each in results if each.error]
        escaped = [each for each in results if not each.passed and not each.error]
        if names:
            return bool(escaped or raised)
        started = time.monotonic()
        correct = [*counted(pool.map(run_correct, range(SEEDS)), SEEDS, "seeds")]
        took = time.monotonic() - started
    exercised = set().union(*(codes for _, codes in correct))
    needed = [(code, CLAUSES[code].slug, need_of(code, results, exercised)) for code in needed_clauses()]
    missing = [code for code, _, bug in needed if bug == NONE]
    false_findings = [finding for findings, _ in correct for finding in findings]
    print("\nBugs that only one clause finds:", *table(("clause", "slug", "bug"), needed), *false_findings, sep="\n")
    print(
        f"\n{len(results)} bugs, {len(escaped)} escaped, {len(raised)} raised an exception; {len(missing)} clauses "
        f"that no bug needs; {SEEDS} seeds on the correct endpoint: {len(false_findings)} findings in {took:.0f} s"
    )
    return bool(escaped or raised or missing or false_findings)


if __name__ == "__main__":
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.strength", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="a bug, which alone is looked for (default: all)")
    sys.exit(main(command.parse_args().names))
