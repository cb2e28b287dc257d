"""The tests and cassettes that a run collected, and whether these were all: only then can unused cassettes be found."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from sls_contract.errors import UsageError
from sls_contract.files import check_file_name
from sls_contract.plugin.located import cassette_folder, fixture_path, fixtures_of, locate, may_request_fixtures
from sls_contract.plugin.naming import SUFFIX, safe
from sls_contract.plugin.whole_files import tests_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from sls_contract.plugin.options import Settings

_NARROWING = ("lf", "stepwise", "ignore", "ignore_glob", "deselect", "collectonly", "setuponly", "pyargs")
"""Options under which some tests are not collected, without a hook that reports each of them."""


@dataclass(slots=True)
class Module:
    """A collected test file: its path, the folder of its cassettes, and whether all of its tests were selected."""

    path: str
    folder: str
    all_selected: bool = True


@dataclass(slots=True)
class Collected:
    """The tests and cassettes that one process collected, as plain values: xdist workers send them to the controller.

    Attributes:
        modules: the test files, by the first part of their tests' ids.
        tests: the ids of the tests of each cassette, including deselected tests.
        loaded: the cassettes that were loaded without the marker, and those of fixtures.
        fixtures: the ids of the tests that name a fixture with a cassette, also indirectly, by its path.
        requesting: the ids of the tests that may request any fixture while they run.

    """

    modules: dict[str, Module] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    loaded: list[str] = field(default_factory=list)
    fixtures: dict[str, list[str]] = field(default_factory=dict)
    requesting: list[str] = field(default_factory=list)

    def as_plain(self) -> dict[str, Any]:
        """Return values that execnet can carry."""
        return asdict(self)

    def merged_with(self, other: Collected) -> Collected:
        """Add the loaded cassettes of another worker of the same run; all workers collect the same tests."""
        return replace(self, loaded=[*self.loaded, *other.loaded])

    @classmethod
    def from_plain(cls, values: dict[str, Any]) -> Collected:
        """Rebuild what a worker sent (`as_plain`)."""
        modules = {name: Module(**module) for name, module in values["modules"].items()}
        return cls(**values | {"modules": modules})


def collected(found: Iterable[pytest.Item], run: Iterable[pytest.Item], settings: Settings) -> Collected:
    """Return the collected tests: ``found`` are those before any was deselected, ``run`` those that run."""
    from sls_contract.cassettes.file.recording_file import LOADED_PATHS

    outcome, selected = Collected(loaded=sorted(LOADED_PATHS)), {item.nodeid for item in run}
    for item in found:
        name = item.nodeid.partition("::")[0]
        if name not in outcome.modules:
            folder = cassette_folder(item.path, settings.rootdir, settings.cassette_dir)
            outcome.modules[name] = Module(str(item.path), str(folder))
        outcome.modules[name].all_selected &= item.nodeid in selected
        if marker := item.get_closest_marker("sls_cassette"):
            _add_test(outcome, item, marker, settings)
        for fixturedef, param in fixtures_of(item):
            path = fixture_path(item, fixturedef, settings, *param)
            with suppress(UsageError):  # no file has a name that the disk lacks; only recording needs one
                check_file_name(path)
                outcome.loaded.append(str(path))
                outcome.fixtures.setdefault(str(path), []).append(item.nodeid)
        if may_request_fixtures(item):
            outcome.requesting.append(item.nodeid)
    return outcome


def all_tests(items: Sequence[pytest.Item], config: pytest.Config, settings: Settings) -> list[pytest.Item] | None:
    """Return the tests, and those that were not selected but are in a file where tests share a cassette.

    Call it after the last test: classes that were not selected are collected now. Only record mode ``all``, which
    removes recordings, needs the tests that options such as ``--last-failed``, and test ids, leave out. Return None if
    a class cannot be collected.
    """
    if settings.record != "all":
        return [*items]
    scope, known = scope_of(config, settings), {*items}
    marked = [item for item in items if (marker := item.get_closest_marker("sls_cassette")) and "name" in marker.kwargs]
    files = dict.fromkeys(item.getparent(pytest.Module) for item in marked if not scope.has_all_tests_of(item.path))
    try:
        others = [item for file in files if file is not None for item in tests_below(file)]
    except pytest.Collector.CollectError:
        return None
    return [*items, *(item for item in others if item not in known)]


def _add_test(outcome: Collected, item: pytest.Item, marker: pytest.Mark, settings: Settings) -> None:
    try:
        path = locate(item, marker, settings).path
    except UsageError:
        return  # the test fails for it, and unused cassettes of its file are not reported
    outcome.tests.setdefault(str(path), []).append(item.nodeid)


def unclaimed(found: Callable[[], Iterable[pytest.Item]], test_file: Path, settings: Settings) -> Iterator[Path]:
    """Yield cassettes that no test in ``found`` plays, in the test file's folder and in folders of deleted files."""
    claimed = Collected()
    for each in found():
        if marker := each.get_closest_marker("sls_cassette"):
            _add_test(claimed, each, marker, settings)
    own = cassette_folder(test_file, settings.rootdir, settings.cassette_dir)
    existing = {safe(path.stem) for path in test_file.parent.glob("*.py")}
    for folder in own.parent.iterdir() if own.parent.is_dir() else ():
        if folder == own or folder.name not in existing:
            yield from (path for path in folder.rglob(f"*{SUFFIX}") if str(path) not in claimed.tests)


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of the project was collected.

    Attributes:
        folders: the folders whose tests were all collected; none if an option or a test id narrows the run.
        files: the test files on the command line; none if the run is narrowed.
        project: whether the folders contain the whole project.
        patterns: the name patterns of test files (ini ``python_files``).
        central: whether one folder contains the cassettes of all test files.

    """

    folders: tuple[Path, ...] = ()
    project: bool = False
    patterns: tuple[str, ...] = ()
    central: bool = False
    files: tuple[Path, ...] = ()

    def has_all_tests_of(self, path: Path) -> bool:
        """Return whether every test of a test file was collected."""
        return self.contains(path) or path.resolve() in self.files

    def contains(self, path: Path) -> bool:
        """Return whether a path is one of the folders or below one."""
        real = path.resolve()
        return any(real.is_relative_to(folder) for folder in self.folders)


def scope_of(config: pytest.Config, settings: Settings) -> Scope:
    """Return how much a run collects, according to its arguments and options."""
    narrowed = any(getattr(config.option, name, None) for name in _NARROWING)
    if narrowed or any("::" in argument for argument in config.args):
        return Scope()
    named = [(config.invocation_params.dir / argument).resolve() for argument in config.args]
    patterns = tuple(config.getini("python_files"))
    scope = Scope(
        tuple(path for path in named if path.is_dir()),
        patterns=patterns,
        central=bool(settings.cassette_dir),
        files=tuple(path for path in named if path.is_file()),
    )
    roots = [config.rootpath / path for path in config.getini("testpaths")] or [config.rootpath]
    return replace(scope, project=all(scope.contains(root) for root in roots))
