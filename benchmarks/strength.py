"""How strong is ``sls-contract verify``? Run it on endpoints with one bug each, and on the correct one.

    python -m benchmarks.strength [NAME …]

Prints for each bug the clauses that found it, and the number of requests until then; for each clause a bug that only
this clause finds; and what 20 seeds find on the correct endpoint. Exit code 1 if a bug is not found, a clause is never
needed, or the correct endpoint has findings.
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


def main(names: list[str]) -> int:
    bugs = broken_endpoints()
    rows, escaped, found_by_one = [], [], {}
    for name in names or list(bugs.BROKEN):
        bug = bugs.BROKEN[name]
        clauses = found(bugs.verify(bug.make()))
        if bug.code not in clauses:
            escaped.append(name)
        if len(clauses) == 1:
            found_by_one.setdefault(*clauses, name)
        others = ", ".join(sorted(clauses.keys() - {bug.code}))
        rows.append((name, bug.code if bug.code in clauses else "ESCAPED", others, min(clauses.values(), default=0)))
    print(*table(("bug", "found by", "and by", "after requests"), rows), sep="\n")
    if names:
        return bool(escaped)
    missing = [code for code in needed_clauses() if code not in found_by_one]
    print("\nBugs that only one clause finds:")
    needed = [(code, CLAUSES[code].slug, found_by_one.get(code, "NONE")) for code in needed_clauses()]
    print(*table(("clause", "slug", "bug"), needed), sep="\n")
    false_findings = 0
    started = time.monotonic()
    for seed in range(SEEDS):
        run = bugs.verify(bugs.correct(), seed=seed, examples=100)
        false_findings += len(run.located)
        for each in run.located:
            print(f"seed {seed}: {each.scenario}: {each.finding}")
    print(
        f"\n{len(rows)} bugs, {len(escaped)} escaped; {len(missing)} clauses that no bug needs; "
        f"{SEEDS} seeds on the correct endpoint: {false_findings} findings in {time.monotonic() - started:.0f} s"
    )
    return bool(escaped or missing or false_findings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
