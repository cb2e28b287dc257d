"""How strong is ``sls-contract verify``? Run it on endpoints with one bug each, and on the correct one.

    python -m benchmarks.strength [NAME …]

Prints for each bug the clauses that found it, and the number of requests until then; for each clause a bug that only
this clause finds; and what 20 seeds find on the correct endpoint. All cores run; progress goes to stderr. Exit code 1
if a bug is not found, a clause is never needed, or the correct endpoint has findings.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
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
_TESTS = Path(__file__).parents[1] / "tests" / "verification"


def broken_endpoints() -> ModuleType:
    """Import the endpoints from the tests, which are no package."""
    sys.path.insert(0, str(_TESTS))
    return import_module("broken_endpoints.registry")


def found(run: Run) -> dict[str, int]:
    """Return the violated clauses, each with the number of the first exchange that showed it."""
    first: dict[str, int] = {}
    for each in run.located:
        if each.finding.level is Level.VIOLATION:
            first[each.finding.code] = min(each.exchange, first.get(each.finding.code, each.exchange))
    return first


def needed_clauses() -> list[str]:
    """Return the codes of clauses about responses and behaviour whose breach is a violation."""
    return [code for code, each in CLAUSES.items() if code[3] in "24" and each.level is Level.VIOLATION]


def clauses_that_find(name: str) -> dict[str, int]:
    """Run verify on the endpoint with one bug; return the violated clauses as `found` does."""
    bugs = broken_endpoints()
    return found(bugs.verify(bugs.BROKEN[name].make()))


def findings_of_correct(seed: int) -> list[str]:
    """Run verify on the correct endpoint; return its findings, of which there must be none."""
    bugs = broken_endpoints()
    run = bugs.verify(bugs.correct(), seed=seed, examples=100)
    return [f"seed {seed}: {each.scenario}: {each.finding}" for each in run.located]


def counted(results: Iterator[Any], total: int, what: str) -> Iterator[Any]:
    """Pass the results on; show how many of them there are so far."""
    for number, each in enumerate(results, 1):
        print(f"\r{number} of {total} {what}", end="" if number < total else "\n", file=sys.stderr, flush=True)
        yield each


def main(names: list[str]) -> int:
    bugs = broken_endpoints().BROKEN
    names_of_all = names or list(bugs)
    with ProcessPoolExecutor() as pool:
        rows: list[tuple[str, str, str, int]] = []
        escaped: list[str] = []
        found_by_one: dict[str, str] = {}  # the code of a clause: a bug
        results = counted(pool.map(clauses_that_find, names_of_all), len(names_of_all), "bugs")
        for name, clauses in zip(names_of_all, results, strict=True):
            code = bugs[name].code
            if code not in clauses:
                escaped.append(name)
            if len(clauses) == 1:
                found_by_one.setdefault(next(iter(clauses)), name)
            others = ", ".join(sorted(clauses.keys() - {code}))
            rows.append((name, code if code in clauses else "ESCAPED", others, min(clauses.values(), default=0)))
        print(*table(("bug", "found by", "and by", "after requests"), rows), sep="\n")
        if names:
            return bool(escaped)
        missing = [code for code in needed_clauses() if code not in found_by_one]
        print("\nBugs that only one clause finds:")
        needed = [(code, CLAUSES[code].slug, found_by_one.get(code, "NONE")) for code in needed_clauses()]
        print(*table(("clause", "slug", "bug"), needed), sep="\n")
        started = time.monotonic()
        seeds = counted(pool.map(findings_of_correct, range(SEEDS)), SEEDS, "seeds")
        false_findings = [finding for findings in seeds for finding in findings]
    print(*false_findings, sep="\n")
    print(
        f"\n{len(rows)} bugs, {len(escaped)} escaped; {len(missing)} clauses that no bug needs; {SEEDS} seeds on the "
        f"correct endpoint: {len(false_findings)} findings in {time.monotonic() - started:.0f} s"
    )
    return bool(escaped or missing or false_findings)


if __name__ == "__main__":
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.strength", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="a bug, which alone is looked for (default: all)")
    sys.exit(main(command.parse_args().names))
