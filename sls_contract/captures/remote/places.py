"""The recordings at a URL, for commands that read them: of a suite those of its lock, else all files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sls_contract.captures.remote.checkout import Checkout
from sls_contract.captures.remote.lockfile import lock_near
from sls_contract.captures.remote.store import recording_object
from sls_contract.captures.remote.suite import suite_of
from sls_contract.captures.storage import files_at, reading

_OBJECT = re.compile(r".*/(objects/[0-9a-f]{16}/(.+))")


def recordings_at(url: str) -> list[str]:
    """Return the URLs of the files at or below a URL; of a suite only those that the lock of this folder names.

    Where it names none, those that no newer revision replaced. Raises as `files_at` does.
    """
    found = files_at(url)
    if not any("/revisions/" in each for each in found):
        return found
    suite = suite_of(url, lock_near(Path.cwd()), os.environ)
    objects = {recording_object(*each).path for each in Checkout(suite).revision().digests.items()}
    return [each for each in found if (part := _OBJECT.fullmatch(each)) and part[1] in objects]


def downloaded(url: str, folder: Path) -> Path:
    """Copy the recordings at a URL into a folder, under their names; return the folder, or the file of a single one."""
    place = _below_scheme(url)
    for each in recordings_at(url):
        part, name = _OBJECT.fullmatch(each), _below_scheme(each)
        if name == place:
            return _copied(each, folder / name.rpartition("/")[2])
        _copied(each, folder / (part[2] if part else name.removeprefix(place).lstrip("/")))
    return folder


def _below_scheme(url: str) -> str:
    return url.partition("://")[2].strip("/")


def _copied(url: str, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with reading(url) as file:
        path.write_bytes(file.read())
    return path
