"""The path of the cassette of a marked test or of a fixture."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from sls_contract.cassettes.matching import DEFAULT, Matching
from sls_contract.errors import UsageError
from sls_contract.files import check_file_name
from sls_contract.plugin.key_masking import without_key
from sls_contract.plugin.naming import file_name, marker_path, readable, safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sls_contract.plugin.options import Settings


class Located(NamedTuple):
    """The cassette of a test.

    ``repeat``: the last of identical recordings is played again; ``shared``: the marker names the cassette; ``empty``:
    the test may send no request; ``matching``: which parts of a request must match its recording.
    """

    path: Path
    repeat: bool
    shared: bool
    empty: bool
    matching: Matching = DEFAULT


# the names of the fixtures that pytest makes of `setup_module`, `setUpClass` and similar functions
_XUNIT_STYLE = re.compile(r"_(?:xunit|unittest)_(\w+?)_fixture_")
_NOT_USER_MODULES = ("_pytest.", "sls_contract.plugin", "pytest_asyncio", "xdist")
_LOCATED: pytest.StashKey[Located] = pytest.StashKey()


def locate(item: pytest.Item, marker: pytest.Mark, settings: Settings) -> Located:
    """Return the cassette of a marked test; raises `UsageError` for wrong arguments of the marker."""
    located = item.stash.get(_LOCATED, None)
    if located is None:
        name, repeat, empty, matching = _marker_arguments(marker)
        folder = cassette_folder(item.path, settings.rootdir, settings.cassette_dir)
        clean = without_key(name or ".".join([*_classes(item), readable(item.name)]), os.environ)
        path = folder / (file_name(clean) if name is None else marker_path(clean))
        check_file_name(path)
        located = Located(path, repeat, name is not None, empty, matching)
        item.stash[_LOCATED] = located
    return located


def fixture_path(
    item: pytest.Item, fixturedef: pytest.FixtureDef[Any], settings: Settings, *param: tuple[object, int]
) -> Path:
    """Return the path of the cassette of a fixture of a wider scope; ``param`` is its parameter and the index of it.

    ``<fixture>[<parameter>]@<scope>`` is in the folder of the test file if the fixture is set up for each test file;
    otherwise in the folder of the file that defines it (``conftest`` for a plugin).
    """
    xunit_style = _XUNIT_STYLE.match(fixturedef.argname)
    own_name = xunit_style[1] if xunit_style else fixturedef.argname
    name = ".".join([*_classes(item), own_name]) if fixturedef.scope == "class" else own_name
    for value, index in param:
        label = value if isinstance(value, str | int | float) else getattr(value, "__name__", index)
        name += without_key(f"[{readable(str(label))}]", os.environ)
    return _fixture_folder(item, fixturedef, settings) / file_name(f"{name}@{fixturedef.scope}")


def is_shared(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Return whether a fixture may have its own cassette: a wider scope, and not pytest's or this package's.

    ``setup_module``, ``setUpClass`` and similar functions are fixtures, too.
    """
    if fixturedef.scope == "function":
        return False
    defining_module = fixturedef.func.__module__ or ""
    return bool(_XUNIT_STYLE.match(fixturedef.argname)) or not defining_module.startswith(_NOT_USER_MODULES)


def fixtures_of(item: pytest.Item) -> Iterator[tuple[pytest.FixtureDef[Any], tuple[tuple[object, int], ...]]]:
    """Yield the fixtures of a wider scope that a test uses, each with its parameter if it has one."""
    call = getattr(item, "callspec", None)
    params, indices = getattr(call, "params", {}), getattr(call, "indices", {})
    for name, definitions in known_fixtures(item).items():
        if definitions and is_shared(definitions[-1]):
            yield definitions[-1], (((params[name], indices.get(name, 0)),) if name in params else ())


def known_fixtures(item: pytest.Item) -> dict[str, Any]:
    """Return the definitions of all fixtures that a test uses, also indirectly; pytest has no public API for them."""
    known: dict[str, Any] = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {})
    return known


def may_request_fixtures(item: pytest.Item) -> bool:
    """Return whether a test, or a fixture that it uses, may request other fixtures while it runs.

    What pytest and other plugins define does not request the fixtures of a project; any doctest may.
    """
    if not isinstance(item, pytest.Function):
        return True
    definitions = (each for every in known_fixtures(item).values() for each in every or ())
    names = [getattr(getattr(item, "_fixtureinfo", None), "argnames", ())]
    return any("request" in each for each in (*names, *(each.argnames for each in definitions if _is_of_project(each))))


def _is_of_project(fixturedef: pytest.FixtureDef[Any]) -> bool:
    """Return whether a fixture is defined in a test file or a conftest; those of plugins apply everywhere."""
    module = fixturedef.func.__module__ or ""
    is_conftest = module.rpartition(".")[2] == "conftest"
    return bool(is_conftest or fixturedef.baseid) and not module.startswith(_NOT_USER_MODULES)


def used_definitions(item: pytest.Item) -> Iterator[pytest.FixtureDef[Any]]:
    """Yield the definitions of the fixtures that a test uses; also of those that it requested while it ran.

    The last definition of a name is used; an earlier one only if a later one requests the fixture that it overrides.
    """
    for definitions in known_fixtures(item).values():
        for definition in reversed(definitions or ()):
            yield definition
            if definition.argname not in definition.argnames:
                break
    requested: dict[str, pytest.FixtureDef[Any]] = getattr(getattr(item, "_request", None), "_fixture_defs", {})
    yield from requested.values()


def used_by(item: pytest.Item, names: Iterable[str]) -> set[str]:
    """Return the names of some fixtures of a test, and of all fixtures that these use."""
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
    if defined.suffix == ".py":
        return cassette_folder(defined, settings.rootdir, settings.cassette_dir)
    if settings.cassette_dir is None:
        return cassette_folder(defined / "conftest.py", settings.rootdir, None)
    below = defined.relative_to(settings.rootdir).parts if defined.is_relative_to(settings.rootdir) else ()
    return settings.rootdir / settings.cassette_dir / safe(".".join([*below, "conftest"]))


@lru_cache(maxsize=256)
def cassette_folder(test_file: Path, rootdir: Path, configured: str | None) -> Path:
    """Return the folder of a test file's cassettes: below ``configured``, or beside the file."""
    return (rootdir / configured if configured else test_file.parent / "cassettes") / safe(test_file.stem)


def _classes(item: pytest.Item) -> list[str]:
    return [node.name for node in item.listchain() if isinstance(node, pytest.Class)]


def _marker_arguments(marker: pytest.Mark) -> tuple[str | None, bool, bool, Matching]:
    known = {"name", "repeat", "empty", "match_on"}
    if marker.args or set(marker.kwargs) - known:
        given = ", ".join([*map(repr, marker.args), *sorted(set(marker.kwargs) - known)])
        msg = (
            "@pytest.mark.sls_cassette takes only these arguments: name='…', repeat='last', empty=True and "
            f"match_on=[…]; got {given}"
        )
        raise UsageError(msg)
    name, repeat, empty = marker.kwargs.get("name"), marker.kwargs.get("repeat"), marker.kwargs.get("empty", False)
    if name is not None and (not isinstance(name, str) or not name.strip()):
        msg = f"sls_cassette: name must be a non-empty str, got {name!r}"
        raise UsageError(msg)
    if repeat not in (None, "last"):
        msg = f"sls_cassette: repeat must be 'last', got {repeat!r}"
        raise UsageError(msg)
    if not isinstance(empty, bool):
        msg = f"sls_cassette: empty must be True or False, got {empty!r}"
        raise UsageError(msg)
    return name, repeat == "last", empty, Matching.on(marker.kwargs.get("match_on"))
