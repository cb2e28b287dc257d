"""List the recordings at a URL for commands that read them: the locked ones of a suite, or else all files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sls_contract.captures.remote.checkout import Checkout
from sls_contract.captures.remote.lockfile import lock_near
from sls_contract.captures.remote.store import recording_object
from sls_contract.captures.remote.suite import suite_of
from sls_contract.captures.storage import files_at, folder_of

_OBJECT = re.compile(r".*/(objects/[0-9a-f]{16}/(.+))")


def recordings_at(url: str) -> list[str]:
    """Return the URLs of the files at or below a URL; for a suite, those of its locked revision.

    Without a locked revision, those that no newer revision replaced. Raises as `files_at` does.
    """
    found = files_at(url)
    if not any("/revisions/" in each for each in found):
        return found
    suite = suite_of(url, lock_near(Path.cwd()), os.environ)
    objects = {recording_object(*each).path for each in Checkout(suite).revision().digests.items()}
    return [each for each in found if (part := _OBJECT.fullmatch(each)) and part[1] in objects]


def recordings_by_name(url: str) -> dict[str, str]:
    """Return the URLs of `recordings_at` by their names below the URL's folder; "" names a single file."""
    found = recordings_at(url)
    if found == [url]:
        return {"": url}
    base, named = _below_scheme(folder_of(url)), dict[str, str]()
    for each in found:
        part = _OBJECT.fullmatch(each)
        named[part[2] if part else _below_scheme(each).removeprefix(base).lstrip("/")] = each
    return named


def _below_scheme(url: str) -> str:
    return url.partition("://")[2].strip("/")
