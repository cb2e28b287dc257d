"""The results of a whole run: verified cassettes, and recordings that no test uses.

An unused recording is reported only if it is certain. For exchanges, every test of their cassette must have run to
its end. For cassettes, the whole folder of tests must have been collected, and the run must not have been cut short.
No test of the file may have failed or skipped itself.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.errors import CassetteError
from sls_contract.plugin.naming import SUFFIX, safe, shown
from sls_contract.plugin.totals import by_cassette, plain_finding
from sls_contract.reports import plural
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from sls_contract.plugin.collected import Collected, Scope
    from sls_contract.plugin.options import Settings
    from sls_contract.plugin.rerecorded import KeptCassette
    from sls_contract.plugin.totals import Totals
    from sls_contract.plugin.verify_result import VerifiedCassette
    from sls_contract.spec import Finding


@dataclass(slots=True)
class Outcome:
    """The results of a run beyond its single tests.

    Attributes:
        unused: findings about recordings that no test plays, each with its cassette and, for an exchange, its position.
        verified: the result of each cassette in record mode ``verify``.
        kept: the cassettes whose old recordings were kept in record mode ``all``.

    """

    unused: list[tuple[Finding, str, int | None]] = field(default_factory=list)
    verified: list[VerifiedCassette] = field(default_factory=list)
    kept: list[KeptCassette] = field(default_factory=list)

    def reasons(self, totals: Totals, *, strict: bool) -> list[str]:
        """Return why the run fails although no single test did, each reason in a few words."""
        counted = Counter(f"{finding.code} {finding.slug}" for finding, _, _ in self.unused) if strict else Counter()
        reasons = [f"{plural(count, 'warning')} {name} (--sls-strict)" for name, count in counted.items()]
        if cassettes := [each.path for each in self.verified if each.has_unplayed]:
            reasons.append(f"exchanges of {', '.join(map(shown, cassettes))} that no test requested")
        reasons += [f"{shown(each.path)} was not replaced" for each in self.kept]
        reasons += [f"{shown(each.path)} was not written" for each in self.verified if each.failure]
        if strict and (between := sum(each["times"] for each in totals.blocked if not each["test"])):
            reasons.append(f"{plural(between, 'request')} blocked between tests (--sls-strict)")
        if strict and (unchecked := len(totals.unchecked)):
            reasons.append(f"{plural(unchecked, 'expected failure')} without a usable recording (--sls-strict)")
        return reasons

    def plain_findings(self) -> list[dict[str, Any]]:
        """Return the findings as plain values for `Totals`."""
        return [
            plain_finding(finding, None, exchange) | {"cassette": cassette}
            for finding, cassette, exchange in self.unused
        ]


class NotPassed(NamedTuple):
    """The ids of the tests that did not pass.

    Attributes:
        failed: tests that failed, or were skipped and may have loaded a cassette by themselves.
        skipped: tests that were skipped, but whose cassette is known by the marker.

    """

    failed: set[str]
    skipped: set[str]

    @property
    def tests(self) -> set[str]:
        """All of these tests."""
        return self.failed | self.skipped

    @property
    def failed_files(self) -> set[str]:
        """The first parts of the ids of the failed tests."""
        return {test.partition("::")[0] for test in self.failed}


def outcome_of(
    totals: Totals,
    settings: Settings,
    collected: Collected | None,
    scope: Scope,
    not_passed: NotPassed,
    began: datetime,
    *,
    cut_short: bool,
) -> Outcome:
    """Return the results of a run. A run that was ``cut_short`` reports no unused recordings."""
    known = None if cut_short else collected
    is_complete = partial(complete, not_passed=not_passed.tests, collected=known, scope=scope)
    if settings.record == "verify":
        from sls_contract.plugin.verify_result import verified_cassettes

        ended = {each["test"] for each in totals.verified if each["ended"]}
        return Outcome(verified=verified_cassettes(totals.verified, settings.accept, partial(is_complete, ended=ended)))
    if settings.record == "all":
        from sls_contract.plugin.rerecorded import kept_cassettes

        return Outcome(kept=kept_cassettes(totals.rerecorded, collected, began, is_complete))
    if cut_short:
        return Outcome()
    unused: list[tuple[Finding, str, int | None]] = [*unplayed(totals.plays, not_passed.tests, collected, scope)]
    if collected is not None:
        unused += [(finding, path, None) for finding, path in orphans(collected, scope, not_passed.failed_files, began)]
    return Outcome(unused)


_RECORD = "request it in a test of the cassette, or record the cassette again (pytest --sls-record=all)"
_DELETE = "delete the file, or rename it after its test"


def complete(
    cassette: str, ended: Collection[str], not_passed: Collection[str], collected: Collected | None, scope: Scope
) -> bool:
    """Return whether each test of a shared cassette ran to its end: only tests of one file can name it.

    The tests that use the cassette of a fixture may have none themselves: then none of them, and of those that may
    request it while they run, may be in ``not_passed``. If the fixture is not of one file, the whole project must have
    been collected.
    """
    if collected is None:
        return False
    tests, users = collected.tests.get(cassette, []), collected.fixtures.get(cassette, [])
    # tests of any file may request a fixture while they run, which names it nowhere
    names = {test.partition("::")[0] for test in users or tests} or {*collected.modules}
    modules = [collected.modules[name] for name in names]
    if not all(module.all_selected and scope.has_all_tests_of(Path(module.path)) for module in modules):
        return False
    if tests and not users:
        return all(test in ended for test in tests)
    of_one_file = all(module.folder == str(Path(cassette).parent) for module in modules)
    missed = {test for test in not_passed if test.partition("::")[0] in names}
    return (of_one_file or scope.project) and missed.isdisjoint({*users, *collected.requesting})


def unplayed(
    plays: Iterable[dict[str, Any]], not_passed: Collection[str], collected: Collected | None, scope: Scope
) -> Iterator[tuple[Finding, str, int]]:
    """Yield each exchange that no test played, with its cassette and position; ``plays`` are of ended tests."""
    for cassette, tests in by_cassette(plays).items():
        ended = {test["test"] for test in tests}
        is_shared = any(test["shared"] for test in tests)
        if is_shared and not complete(cassette, ended, not_passed, collected, scope):
            continue
        for position in sorted(set(range(tests[0]["size"])) - _played(cassette, tests)):
            finding = clause("recording-unplayed").finding("recording", "a test that requests it", "none does", _RECORD)
            yield finding, cassette, position


def _played(cassette: str, tests: Sequence[dict[str, Any]]) -> frozenset[int]:
    """Return the positions that the tests of a cassette played together; all positions if the file is gone."""
    from sls_contract.cassettes.file.recording_file import load
    from sls_contract.cassettes.matching import requested_positions

    together, size = frozenset(position for test in tests for position in test["played"]), tests[0]["size"]
    if len(tests) == 1 or len(together) == size:
        return together
    try:
        keys = next((test["match_groups"] for test in tests if test["match_groups"]), None) or load(cassette).keys()
    except CassetteError:
        keys = ()
    if len(keys) != size:
        return frozenset(range(size))
    return requested_positions(keys, [test["played"] for test in tests])


def orphans(
    collected: Collected, scope: Scope, failed: Collection[str], began: datetime
) -> Iterator[tuple[Finding, str]]:
    """Yield each cassette that no test plays. ``failed`` are the first parts of the ids of tests that did not pass.

    Cassettes that were loaded in other ways, or written since the run ``began``, are in use.
    """
    loaded = {os.path.realpath(each) for each in collected.loaded}
    for folder in sorted({*_folders_of_modules(collected, scope, failed), *_folders_without_tests(collected, scope)}):
        for path in sorted(folder.rglob(f"*{SUFFIX}")):
            used = str(path) in collected.tests or os.path.realpath(path) in loaded
            if not used and path.stat().st_mtime < began.timestamp():
                yield (
                    clause("recording-orphaned").finding("recording", "a test that plays it", "none", _DELETE),
                    str(path),
                )


def _folders_of_modules(collected: Collected, scope: Scope, failed: Collection[str]) -> Iterator[Path]:
    """Yield the folders of test files of which every test was collected and none failed."""
    certain: dict[str, bool] = {}
    for name, module in collected.modules.items():
        all_collected = scope.project if scope.central else scope.contains(Path(module.path))
        is_certain = all_collected and module.all_selected and name not in failed
        certain[module.folder] = certain.get(module.folder, True) and is_certain
    return (Path(folder) for folder, is_certain in certain.items() if is_certain)


def _folders_without_tests(collected: Collected, scope: Scope) -> Iterator[Path]:
    """Yield the folders that are named like a test file, where no file has that name."""
    known = {module.folder for module in collected.modules.values()}
    for root in {Path(folder).parent for folder in known}:
        for folder in root.iterdir() if root.is_dir() else ():
            like_a_test = any(fnmatchcase(f"{folder.name}.py", pattern) for pattern in scope.patterns)
            if like_a_test and str(folder) not in known and not _has_test_file(folder, scope):
                yield folder


def _has_test_file(folder: Path, scope: Scope) -> bool:
    """Return whether a test file may match a cassette folder: beside it, or anywhere in the project."""
    if not scope.central:
        tests = folder.parent.parent
        return not scope.contains(tests) or any(safe(path.stem) == folder.name for path in tests.iterdir())
    return not scope.project or any(
        safe(Path(name).stem) == folder.name
        for root in scope.folders
        for _, _, names in os.walk(root)
        for name in names
    )
