"""What the end of a run settles: what verification came to, and what nobody plays.

That nobody plays something is said only where it is certain: of exchanges, when every test of their cassette ran to its
end; of cassettes, when the whole folder of tests was collected, no test of the file failed or skipped itself, and the
run was not cut short.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.errors import CassetteError
from sls_contract.plugin.naming import SUFFIX, safe, shown
from sls_contract.plugin.totals import by_cassette, plain_finding
from sls_contract.reports import plural
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from sls_contract.plugin.collected import Collected, Scope
    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.totals import Totals
    from sls_contract.plugin.verify_result import Settled
    from sls_contract.spec import Finding


@dataclass(slots=True)
class Outcome:
    """What a run came to, beyond its single tests.

    Attributes:
        unused: findings about recordings that no test asks for, each with its cassette and, where it is one exchange,
            that one's position.
        settled: what became of each cassette in record mode ``verify``.

    """

    unused: list[tuple[Finding, str, int | None]] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def reasons(self, *, strict: bool) -> list[str]:
        """Return what the run fails for that no single test could tell, each in a few words."""
        counted = Counter(f"{finding.code} {finding.slug}" for finding, _, _ in self.unused) if strict else Counter()
        told = [f"{plural(count, 'warning')} {name} (--sls-strict)" for name, count in counted.items()]
        if left := [each.cassette for each in self.settled if each.left]:
            told.append(f"exchanges of {', '.join(map(shown, left))} that no test requested")
        return told + [f"{shown(each.cassette)} was not written" for each in self.settled if each.failure]

    def plain_findings(self) -> list[dict[str, Any]]:
        """Return the findings as `Totals` keeps them."""
        return [
            plain_finding(finding, None, exchange) | {"cassette": cassette}
            for finding, cassette, exchange in self.unused
        ]


def outcome_of(
    totals: Totals,
    settings: Settings,
    collected: Collected | None,
    scope: Scope,
    failed: set[str],
    began: datetime,
    *,
    cut_short: bool,
) -> Outcome:
    """Settle what a run came to; ``failed`` are the first parts of the ids of tests that did not pass.

    A run that was ``cut_short`` tells nothing of what it did not come to.
    """
    seen = None if cut_short else collected
    if settings.record == "verify":
        return Outcome(settled=_settled(totals, settings, seen, scope))
    if cut_short:
        return Outcome()
    unused: list[tuple[Finding, str, int | None]] = [*unplayed(totals.plays, seen, scope)]
    if seen is not None:
        unused += [(finding, path, None) for finding, path in orphans(seen, scope, failed, began)]
    return Outcome(unused)


def _settled(totals: Totals, settings: Settings, collected: Collected | None, scope: Scope) -> list[Settled]:
    from sls_contract.plugin.verify_result import settle

    ended = {each["test"] for each in totals.verified if each["ended"]}
    return settle(totals.verified, settings.accept, lambda path: complete(path, ended, collected, scope))


_PLAY = "request it in a test of the cassette, or record the cassette again (pytest --sls-record=all)"
_CLAIM = "delete the file, or rename it after its test"


def complete(cassette: str, ended: Collection[str], collected: Collected | None, scope: Scope) -> bool:
    """Tell whether each test of a shared cassette ran to its end: only its own test file can name it."""
    tests = collected.tests.get(cassette, []) if collected is not None else []
    modules = [collected.modules[test.partition("::")[0]] for test in tests] if collected is not None else []
    whole = all(module.whole and scope.has_all_of(Path(module.path)) for module in modules)
    return bool(tests) and whole and all(test in ended for test in tests)


def unplayed(
    plays: Iterable[dict[str, Any]], collected: Collected | None, scope: Scope
) -> Iterator[tuple[Finding, str, int]]:
    """Yield each exchange that no test asked for, with its cassette and position; ``plays`` are of ended tests."""
    for cassette, tests in by_cassette(plays).items():
        ended = {test["test"] for test in tests}
        if tests[0]["shared"] and not complete(cassette, ended, collected, scope):
            continue
        for position in sorted(set(range(tests[0]["size"])) - _played(cassette, tests)):
            finding = clause("recording-unplayed").finding("recording", "a test that requests it", "none does", _PLAY)
            yield finding, cassette, position


def _played(cassette: str, tests: Sequence[dict[str, Any]]) -> frozenset[int]:
    """Return the positions that the tests of a cassette together asked for; all, where the file is gone by now."""
    from sls_contract.cassettes.file.recording_file import load
    from sls_contract.cassettes.matching import requested_positions
    from sls_contract.cassettes.player import keys_of

    together, size = frozenset(position for test in tests for position in test["played"]), tests[0]["size"]
    if len(tests) == 1 or len(together) == size:
        return together
    try:
        keys = next((test["alike"] for test in tests if test["alike"]), None) or keys_of(load(cassette))
    except CassetteError:
        keys = ()
    return (
        requested_positions(keys, [test["played"] for test in tests]) if len(keys) == size else frozenset(range(size))
    )


def orphans(
    collected: Collected, scope: Scope, failed: Collection[str], began: datetime
) -> Iterator[tuple[Finding, str]]:
    """Yield each cassette that no test plays. ``failed`` are the first parts of the ids of tests that did not pass.

    What was loaded by other ways, or written since the run ``began``, is somebody's.
    """
    loaded = {os.path.realpath(each) for each in collected.loaded}
    for folder in sorted({*_of_modules(collected, scope, failed), *_of_none(collected, scope)}):
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            used = str(path) in collected.tests or os.path.realpath(path) in loaded
            if not used and path.stat().st_mtime < began.timestamp():
                yield (
                    clause("recording-orphaned").finding("recording", "a test that plays it", "none", _CLAIM),
                    str(path),
                )


def _of_modules(collected: Collected, scope: Scope, failed: Collection[str]) -> Iterator[Path]:
    """Yield the folders of test files of which every test was collected and none failed."""
    certain: dict[str, bool] = {}
    for name, module in collected.modules.items():
        whole = scope.project if scope.central else scope.holds(Path(module.path))
        sure = whole and module.whole and name not in failed
        certain[module.folder] = certain.get(module.folder, True) and sure
    return (Path(folder) for folder, sure in certain.items() if sure)


def _of_none(collected: Collected, scope: Scope) -> Iterator[Path]:
    """Yield the folders that are named like a test file, where no file has that name."""
    known = {module.folder for module in collected.modules.values()}
    for root in {Path(folder).parent for folder in known}:
        for folder in root.iterdir() if root.is_dir() else ():
            like_a_test = any(fnmatchcase(f"{folder.name}.py", pattern) for pattern in scope.patterns)
            if like_a_test and str(folder) not in known and not _has_test_file(folder, scope):
                yield folder


def _has_test_file(folder: Path, scope: Scope) -> bool:
    """Tell whether a test file may have the name of a folder of cassettes: beside it, or anywhere in the project."""
    if not scope.central:
        tests = folder.parent.parent
        return not scope.holds(tests) or any(safe(path.stem) == folder.name for path in tests.iterdir())
    return not scope.project or any(
        safe(Path(name).stem) == folder.name
        for root in scope.folders
        for _, _, names in os.walk(root)
        for name in names
    )
