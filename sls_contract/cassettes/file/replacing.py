"""Replace a cassette atomically, with the errors of one that cannot be written or read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract import files
from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def replace_file(path: Path, text: str | Iterable[str], *, locked: bool = True) -> None:
    """Replace a file atomically with ``text``, given whole or in pieces.

    ``locked``: the caller holds the cassette's lock; without it, several processes may write the file at once.
    Raises `CassetteError`, `UsageError` for a name that cannot be written, and any error from the iterator of pieces.
    """
    files.check_file_name(path)
    try:
        files.replace_file(path, text, locked=locked)
    except OSError as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: OSError) -> CassetteError:
    """Return the error for a cassette that cannot be written; it says that the previous file is unchanged."""
    return CassetteError(
        f"{path} cannot be written: {error.strerror or error}; the previous file is unchanged\n"
        "How to fix: free space on the disk or make the folder writable, then run again."
    )


def not_readable(path: Path, error: OSError) -> CassetteError:
    """Return the error for a file that cannot be read."""
    return CassetteError(f"{path} cannot be read: {error.strerror}\nHow to fix: pass the path of a readable file.")
