"""Open a file of recordings: a cassette of sls-contract or vcrpy, or an HTTP archive."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.cassettes.file.recording_file import load
from sls_contract.files import check_file_name

if TYPE_CHECKING:
    from sls_contract.cassettes.file.reader import CassetteFile
    from sls_contract.cassettes.har.archive import HarFile

Recorded: TypeAlias = "CassetteFile | HarFile"


def is_har(path: os.PathLike[str] | str) -> bool:
    """Return whether a file is an HTTP archive by its name."""
    return os.fspath(path).lower().endswith(".har")


def opened(path: os.PathLike[str] | str) -> Recorded:
    """Open a file of recordings: a HAR where the name ends in ``.har``, else a cassette, its journal folded in.

    Raises `CassetteError` where there is none, `CassetteDamaged` for a damaged one, `UsageError` for a wrong name.
    """
    check_file_name(path)
    if not is_har(path):
        return load(path)
    from sls_contract.cassettes.har.archive import HarFile

    return HarFile.read(path)
