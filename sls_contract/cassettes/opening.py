"""Open whatever holds recordings: cassettes of ours and of vcrpy, and HTTP archives."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from sls_contract.cassettes.file.recording_file import load

if TYPE_CHECKING:
    from sls_contract.cassettes.file.reader import CassetteFile
    from sls_contract.cassettes.har.archive import HarFile

Recorded: TypeAlias = "CassetteFile | HarFile"


def is_har(path: os.PathLike[str] | str) -> bool:
    """Tell by its name whether a file is an HTTP archive."""
    return os.fspath(path).lower().endswith(".har")


def opened(path: os.PathLike[str] | str) -> Recorded:
    """Open a file of recordings: a HAR where the name ends in ``.har``, else a cassette, its journal folded in.

    Raises `CassetteError` where there is none, `CassetteDamaged` where it is not whole.
    """
    if not is_har(path):
        return load(path)
    from sls_contract.cassettes.har.archive import HarFile

    return HarFile.read(path)
