"""How strong is ``sls-contract verify``? Run it on endpoints with one bug each, and on the correct one.

    python -m benchmarks.strength [NAME …]

Prints for each bug the clauses that found it, and after how many requests the first did; for each clause a bug that
goes unnoticed when that clause is switched off; and what 20 seeds find on the correct endpoint. Exit code 1 where a bug
escapes, a clause is never needed, or the correct endpoint is accused.
"""

from __future__ import annotations

import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.reports import table
from sls_contract.spec import CLAUSES, Level

if TYPE_CHECKING:
    from types import ModuleType

    from sls_contract.verification import Run

SEEDS = 20
_TESTS = Path(__file__).parents[1] / "tests" / "verification"


def broken_endpoints() -> ModuleType:
    """Load the endpoints from the tests, which are no package."""
    sys.path.insert(0, str(_TESTS))
    return import_module("broken_endpoints.registry")


def found(run: Run) -> dict[str, int]:
    """Return each violated clause and the number of the exchange that showed it first."""
    first: dict[str, int] = {}
    for each in run.located:
        if each.finding.level is Level.VIOLATION:
            first[each.finding.code] = min(each.exchange, first.get(each.finding.code, each.exchange))
    return first


def needed_clauses() -> list[str]:
    """Return the violation clauses about answers and behaviour."""
    return [code for code, each in CLAUSES.items() if code[3] in "24" and each.level is Level.VIOLATION]


def main(names: list[str]) -> int:
    bugs = broken_endpoints()
    rows, escaped, alone = [], [], {}
    for name in names or list(bugs.BROKEN):
        bug = bugs.BROKEN[name]
        clauses = found(bugs.verify(bug.make()))
        if bug.code not in clauses:
            escaped.append(name)
        if len(clauses) == 1:
            alone.setdefault(*clauses, name)
        others = ", ".join(sorted(clauses.keys() - {bug.code}))
        rows.append((name, bug.code if bug.code in clauses else "ESCAPED", others, min(clauses.values(), default=0)))
    print(*table(("bug", "found by", "and by", "after requests"), rows), sep="\n")
    if names:
        return bool(escaped)
    missing = [code for code in needed_clauses() if code not in alone]
    print("\nNoticed by one clause only, so unnoticed without it:")
    print(
        *table(("clause", "slug", "bug"), [(c, CLAUSES[c].slug, alone.get(c, "NONE")) for c in needed_clauses()]),
        sep="\n",
    )
    accused = 0
    started = time.monotonic()
    for seed in range(SEEDS):
        run = bugs.verify(bugs.correct(), seed=seed, examples=100)
        accused += len(run.located)
        for each in run.located:
            print(f"seed {seed}: {each.scenario}: {each.finding}")
    print(
        f"\n{len(rows)} bugs, {len(escaped)} escaped; {len(missing)} clauses without a bug of their own; "
        f"{SEEDS} seeds on the correct endpoint: {accused} findings in {time.monotonic() - started:.0f} s"
    )
    return bool(escaped or missing or accused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
