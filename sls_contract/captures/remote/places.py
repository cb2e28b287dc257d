"""List the recordings at a URL for commands that read them: the locked ones of a suite, or else all files."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

from sls_contract.captures.remote.checkout import Checkout
from sls_contract.captures.remote.lockfile import lock_near
from sls_contract.captures.remote.store import recording_object
from sls_contract.captures.remote.suite import suite_of
from sls_contract.captures.storage import files_at, folder_of

_OBJECT = re.compile(r".*/(objects/[0-9a-f]{16}/(.+))")


def recordings_by_name(url: str) -> dict[str, str]:
    """Return the URLs of the files at or below a URL by their names below its folder; "" names a single file.

    For a suite, these are the recordings of its locked revision; without one, those that no newer revision replaced.
    Raises as `files_at` does.
    """
    found = files_at(url)
    if found == [url]:
        return {"": url}
    parts = {each: _OBJECT.fullmatch(each) for each in found}
    if any("/revisions/" in each for each in found):
        suite = suite_of(url, lock_near(Path.cwd()), os.environ)
        objects = {recording_object(*each).path for each in Checkout(suite).revision().digests.items()}
        parts = {each: part for each, part in parts.items() if part and part[1] in objects}
    base = _base(url, found)
    places = {each: _below_scheme(each).removeprefix(base).lstrip("/") for each in parts}
    names = {each: part[2] if part else places[each] for each, part in parts.items()}
    count = Counter(names.values())  # several versions of a recording have its name: none may be left out
    return {name if count[name] == 1 else places[each]: each for each, name in names.items()}


def _base(url: str, found: list[str]) -> str:
    """Return the folder that names are relative to: the URL, or that of its pattern."""
    folder = _below_scheme(url)
    is_folder = all(_below_scheme(each).startswith(f"{folder}/") for each in found)
    return folder if is_folder else _below_scheme(folder_of(url))


def _below_scheme(url: str) -> str:
    return url.partition("://")[2].strip("/")
