"""What a run collected, and whether that was all there is: only then can it tell what nobody plays."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sls_contract.errors import UsageError
from sls_contract.plugin.located import cassette_folder, fixture_path, fixtures_of, locate
from sls_contract.plugin.naming import SUFFIX, safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    import pytest

    from sls_contract.plugin.options import Settings

_NARROWING = ("lf", "stepwise", "ignore", "ignore_glob", "deselect", "collectonly", "pyargs")
"""Options after which some tests are not collected, and no hook says so of each."""


@dataclass(slots=True)
class Module:
    """One collected test file: its path, the folder of its cassettes, and whether each of its tests was selected."""

    path: str
    folder: str
    whole: bool = True


@dataclass(slots=True)
class Collected:
    """What one process collected; plain values, so that an xdist worker can tell its controller.

    Attributes:
        modules: by the first part of their tests' ids.
        tests: the ids of the tests of each cassette, deselected ones included.
        loaded: cassettes that were loaded by other ways than the marker, and those that fixtures have.

    """

    modules: dict[str, Module] = field(default_factory=dict)
    tests: dict[str, list[str]] = field(default_factory=dict)
    loaded: list[str] = field(default_factory=list)

    def as_plain(self) -> dict[str, Any]:
        """Return values that execnet can carry."""
        return asdict(self)

    def beside(self, other: Collected) -> Collected:
        """Add what another worker of the same run loaded; all of them collect the same."""
        return replace(self, loaded=[*self.loaded, *other.loaded])

    @classmethod
    def of_plain(cls, values: dict[str, Any]) -> Collected:
        """Take over what a worker told."""
        modules = {name: Module(**module) for name, module in values["modules"].items()}
        return cls(modules, values["tests"], values["loaded"])


def collected(found: Iterable[pytest.Item], run: Iterable[pytest.Item], settings: Settings) -> Collected:
    """Look at the tests that were ``found``, before any of them was deselected, and at those to ``run``."""
    from sls_contract.cassettes.file.recording_file import LOADED

    outcome, kept = Collected(loaded=sorted(LOADED)), {item.nodeid for item in run}
    for item in found:
        name = item.nodeid.partition("::")[0]
        if name not in outcome.modules:
            folder = cassette_folder(item.path, settings.rootdir, settings.cassette_dir)
            outcome.modules[name] = Module(str(item.path), str(folder))
        outcome.modules[name].whole &= item.nodeid in kept
        if marker := item.get_closest_marker("sls_cassette"):
            _claim(outcome, item, marker, settings)
        for fixturedef, param in fixtures_of(item):
            outcome.loaded.append(str(fixture_path(item, fixturedef, settings, *param)))
    return outcome


def _claim(outcome: Collected, item: pytest.Item, marker: pytest.Mark, settings: Settings) -> None:
    try:
        path = locate(item, marker, settings).path
    except UsageError:
        return  # which fails the test, and with that silences whoever asks about its file
    outcome.tests.setdefault(str(path), []).append(item.nodeid)


def unclaimed(found: Callable[[], Iterable[pytest.Item]], test_file: Path, settings: Settings) -> Iterator[Path]:
    """Yield the cassettes that no test that was ``found`` plays: in the folder of a test's file, and of files gone."""
    seen = Collected()
    for each in found():
        if marker := each.get_closest_marker("sls_cassette"):
            _claim(seen, each, marker, settings)
    own = cassette_folder(test_file, settings.rootdir, settings.cassette_dir)
    there = {safe(path.stem) for path in test_file.parent.glob("*.py")}
    folders = own.parent.iterdir() if own.parent.is_dir() else ()
    for folder in folders:
        if folder == own or folder.name not in there:
            yield from (path for path in folder.rglob(f"*{SUFFIX}") if str(path) not in seen.tests)


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of the project was collected.

    Attributes:
        folders: those below which every test was; none where an option, or an id of a test, narrows the run.
        files: the test files that were named themselves; none where the run is narrowed.
        project: whether that is all that the project has.
        patterns: what names of test files look like (ini ``python_files``).
        central: whether one folder holds the cassettes of all test files, wherever they are.

    """

    folders: tuple[Path, ...] = ()
    project: bool = False
    patterns: tuple[str, ...] = ()
    central: bool = False
    files: tuple[Path, ...] = ()

    def has_all_of(self, path: Path) -> bool:
        """Tell whether every test of a test file was collected."""
        return self.holds(path) or path.resolve() in self.files

    def holds(self, path: Path) -> bool:
        """Tell whether a path is one of the folders, or below one."""
        real = path.resolve()
        return any(real.is_relative_to(folder) for folder in self.folders)


def scope_of(config: pytest.Config, settings: Settings) -> Scope:
    """Return how much a run collects, by its arguments and options."""
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
    return replace(scope, project=all(scope.holds(root) for root in roots))
