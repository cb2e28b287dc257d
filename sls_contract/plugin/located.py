"""Which cassette a marked test plays."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sls_contract.cassettes.file.recording_file import recorded
from sls_contract.cassettes.matching import DEFAULT, Matching
from sls_contract.errors import UsageError
from sls_contract.plugin.key_masking import without_key
from sls_contract.plugin.naming import file_name, named, readable, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sls_contract.plugin.options import Settings


class Located(NamedTuple):
    """A test's cassette.

    ``repeat`` plays the last of identical recordings again; ``shared``: the marker names it; ``empty``: the test may
    ask for nothing; ``matching`` says on what a request matches its recording.
    """

    path: Path
    repeat: bool
    shared: bool
    empty: bool
    matching: Matching = DEFAULT


_OLD_STYLE = re.compile(r"_(?:xunit|unittest)_(\w+?)_fixture_")
_NOT_THE_USERS = ("_pytest.", "sls_contract.plugin", "pytest_asyncio", "xdist")
_LOCATED: pytest.StashKey[Located] = pytest.StashKey()


def locate(item: pytest.Item, marker: pytest.Mark, settings: Settings) -> Located:
    """Return the cassette of a marked test; raises `UsageError` for a marker that says what it cannot mean."""
    located = item.stash.get(_LOCATED, None)
    if located is None:
        name, repeat, empty, matching = _marker_arguments(marker)
        folder = cassette_folder(item.path, settings.rootdir, settings.cassette_dir)
        given = without_key(name or _test_name(item), os.environ)
        path = folder / file_name(given) if name is None else _named(folder, given)
        located = Located(path, repeat, name is not None, empty, matching)
        item.stash[_LOCATED] = located
    return located


def fixture_path(
    item: pytest.Item, fixturedef: pytest.FixtureDef[Any], settings: Settings, *param: tuple[object, int]
) -> Path:
    """Return where the cassette of a fixture of a wider scope lies; ``param`` is its parameter and that one's index.

    ``<fixture>[<parameter>]@<scope>`` stands with the cassettes of the test file, where the fixture is made anew for
    each, else with those of the file that defines it; ``conftest`` stands for a plugin.
    """
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    before = [*classes, ""] if fixturedef.scope == "class" else []
    old_style = _OLD_STYLE.match(fixturedef.argname)
    name = f"{'.'.join(before)}{old_style[1] if old_style else fixturedef.argname}"
    for value, index in param:
        told = value if isinstance(value, str | int | float) else getattr(value, "__name__", index)
        name += without_key(f"[{readable(str(told))}]", os.environ)
    return _fixture_folder(item, fixturedef, settings) / file_name(f"{name}@{fixturedef.scope}")


def is_shared(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Tell whether a fixture may have a cassette of its own: one of a wider scope, and none of pytest's or ours.

    What ``setup_module``, ``setUpClass`` and their like do is a fixture, too.
    """
    if fixturedef.scope == "function":
        return False
    made_by = fixturedef.func.__module__ or ""
    return bool(_OLD_STYLE.match(fixturedef.argname)) or not made_by.startswith(_NOT_THE_USERS)


def fixtures_of(item: pytest.Item) -> Iterator[tuple[pytest.FixtureDef[Any], tuple[tuple[object, int], ...]]]:
    """Yield the fixtures of a wider scope that a test asks for by name, each with its parameter, if it has one."""
    call = getattr(item, "callspec", None)
    params, indices = getattr(call, "params", {}), getattr(call, "indices", {})
    for name, definitions in known_fixtures(item).items():
        if definitions and is_shared(definitions[-1]):
            yield definitions[-1], (((params[name], indices.get(name, 0)),) if name in params else ())


def known_fixtures(item: pytest.Item) -> dict[str, Any]:
    """Return the definitions of all fixtures that a test asks for, also by way of others; pytest has no public name."""
    known: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return known


def used_by(item: pytest.Item, names: Iterable[str]) -> set[str]:
    """Return some fixtures of a test, by name, and all that these use."""
    known, waiting, found = known_fixtures(item), [*names], set[str]()
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += known[name][-1].argnames if known.get(name) else ()
    return found


def _fixture_folder(item: pytest.Item, fixturedef: pytest.FixtureDef[Any], settings: Settings) -> Path:
    if fixturedef.scope in ("module", "class"):
        return cassette_folder(item.path, settings.rootdir, settings.cassette_dir)
    defined = settings.rootdir / fixturedef.baseid.partition("::")[0]
    if fixturedef.scope == "package":
        defined = item.path.parent
    if defined.suffix == ".py":
        return cassette_folder(defined, settings.rootdir, settings.cassette_dir)
    if settings.cassette_dir is None:
        return cassette_folder(defined / "conftest.py", settings.rootdir, None)
    below = defined.relative_to(settings.rootdir).parts if defined.is_relative_to(settings.rootdir) else ()
    return settings.rootdir / settings.cassette_dir / safe(".".join([*below, "conftest"]))


@lru_cache(maxsize=256)
def cassette_folder(test_file: Path, rootdir: Path, configured: str | None) -> Path:
    """Return the folder of the cassettes of a test file: below ``configured``, or beside the file."""
    return (rootdir / configured if configured else test_file.parent / "cassettes") / safe(test_file.stem)


def _named(folder: Path, name: str) -> Path:
    """Return the path that a marker names; what was recorded under a name made safe, as it once was, is still found."""
    path, before = folder / named(name), folder / file_name(name)
    return before if before != path and not recorded(path) and recorded(before) else path


def _test_name(item: pytest.Item) -> str:
    """Return ``Class.test[param]``, classes joined with dots."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return ".".join([*classes, readable(item.name)])


def _marker_arguments(marker: pytest.Mark) -> tuple[str | None, bool, bool, Matching]:
    known = {"name", "repeat", "empty", "match_on"}
    if marker.args or set(marker.kwargs) - known:
        msg = "@pytest.mark.sls_cassette takes name='…', repeat='last', empty=True and match_on=[…], got " + ", ".join(
            [*map(repr, marker.args), *sorted(set(marker.kwargs) - known)]
        )
        raise UsageError(msg)
    name, repeat, empty = marker.kwargs.get("name"), marker.kwargs.get("repeat"), marker.kwargs.get("empty", False)
    if name is not None and (not isinstance(name, str) or not name.strip()):
        msg = f"sls_cassette: name must be a str that is not empty, got {name!r}"
        raise UsageError(msg)
    if repeat not in (None, "last"):
        msg = f"sls_cassette: repeat must be 'last', got {repeat!r}"
        raise UsageError(msg)
    if not isinstance(empty, bool):
        msg = f"sls_cassette: empty must be True or False, got {empty!r}"
        raise UsageError(msg)
    return name, repeat == "last", empty, Matching.on(marker.kwargs.get("match_on"))
