"""Which cassette a marked test plays."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sls_contract.cassettes.matching import Matching
from sls_contract.errors import UsageError
from sls_contract.plugin.naming import file_name, readable, safe
from sls_contract.plugin.own_key import without_key

if TYPE_CHECKING:
    from pathlib import Path

    from sls_contract.plugin.options import Settings


class Located(NamedTuple):
    """A test's cassette.

    ``repeat`` plays the last of identical recordings again, ``shared`` is named by the marker, ``matching`` says on
    what a request matches its recording.
    """

    path: Path
    repeat: bool
    shared: bool
    matching: Matching


_LOCATED: pytest.StashKey[Located] = pytest.StashKey()


def locate(item: pytest.Item, marker: pytest.Mark, settings: Settings) -> Located:
    """Return the cassette of a marked test; raises `UsageError` for a marker that says what it cannot mean."""
    located = item.stash.get(_LOCATED, None)
    if located is None:
        name, repeat, matching = _marker_arguments(marker)
        folder = cassette_folder(item.path, settings.rootdir, settings.cassette_dir)
        located = Located(
            folder / file_name(without_key(name or _test_name(item), os.environ)), repeat, name is not None, matching
        )
        item.stash[_LOCATED] = located
    return located


@lru_cache(maxsize=256)
def cassette_folder(test_file: Path, rootdir: Path, configured: str | None) -> Path:
    """Return the folder of the cassettes of a test file: below ``configured``, or beside the file."""
    return (rootdir / configured if configured else test_file.parent / "cassettes") / safe(test_file.stem)


def _test_name(item: pytest.Item) -> str:
    """Return ``Class.test[param]``, classes joined with dots."""
    classes = [node.name for node in item.listchain() if isinstance(node, pytest.Class)]
    return ".".join([*classes, readable(item.name)])


def _marker_arguments(marker: pytest.Mark) -> tuple[str | None, bool, Matching]:
    known = {"name", "repeat", "match_on"}
    if marker.args or set(marker.kwargs) - known:
        msg = "@pytest.mark.sls_cassette takes name='…', repeat='last' and match_on=[…], got " + ", ".join(
            [*map(repr, marker.args), *sorted(set(marker.kwargs) - known)]
        )
        raise UsageError(msg)
    name, repeat = marker.kwargs.get("name"), marker.kwargs.get("repeat")
    if name is not None and (not isinstance(name, str) or not name.strip()):
        msg = f"sls_cassette: name must be a str that is not empty, got {name!r}"
        raise UsageError(msg)
    if repeat not in (None, "last"):
        msg = f"sls_cassette: repeat must be 'last', got {repeat!r}"
        raise UsageError(msg)
    return name, repeat == "last", Matching.on(marker.kwargs.get("match_on"))
