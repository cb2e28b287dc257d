"""A suite whose cassettes are in object storage: its URL, its lock file, and its local folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from sls_contract.captures.storage import refuse_credentials
from sls_contract.errors import UsageError
from sls_contract.files import check_file_name

_UNSAFE = re.compile(r"[^\w.-]+")


class Suite(NamedTuple):
    """The places of a suite.

    Attributes:
        url: the folder in the storage, without a trailing slash.
        lock: the lock file in the repository.
        cache: the local folder for copies of objects.

    """

    url: str
    lock: Path
    cache: Path

    @property
    def of_lock(self) -> Path:
        """The folder for all suites of this checkout."""
        return self.cache / "checkouts" / _key(str(self.lock))

    @property
    def folder(self) -> Path:
        """The folder with the cassettes of this suite in this checkout."""
        name = _UNSAFE.sub("_", self.url.rpartition("/")[2])
        return self.of_lock / f"{name}-{_key(self.url)}"


def suite_of(url: str, lock: Path, environ: Mapping[str, str]) -> Suite:
    """Return a suite; raises `UsageError` for a URL with credentials or whitespace, or no folder here."""
    refuse_credentials(url)
    if any(char.isspace() for char in url):
        msg = (
            f"expected the URL of a folder, such as s3://bucket/folder, without whitespace, got {url!r}\n"
            "How to fix: name a folder without whitespace."
        )
        raise UsageError(msg)
    home = environ.get("XDG_CACHE_HOME")
    cache = Path(home) if home else Path.home() / ".cache"
    suite = Suite(url.rstrip("/"), lock.absolute(), cache.absolute() / "sls-contract" / "cassettes")
    check_file_name(suite.folder)
    return suite


def _key(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
