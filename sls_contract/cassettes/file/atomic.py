"""Replace a file atomically: after a kill or on a full disk, readers see the old file or the new one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from sls_contract.errors import CassetteError, check_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIX = ".writing"


def replace_file(path: Path, text: str | Iterable[str]) -> None:
    """Replace a file atomically with ``text`` (UTF-8, LF), given whole or in pieces; the file keeps its mode.

    The caller holds the cassette's lock, so a temporary file that a killed writer left can be overwritten.
    Raises `CassetteError`, `UsageError` for a name that cannot be written, and any error from the iterator of pieces.
    """
    check_file_name(path)
    real = path.resolve()  # a link stays a link
    spare = real.with_name(real.name + _SUFFIX)
    try:
        with spare.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines([text] if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, spare)
        spare.replace(real)
    except BaseException as error:
        with suppress(OSError):
            spare.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise not_written(path, error) from error
        raise


def not_written(path: Path, error: OSError) -> CassetteError:
    """Return the error for a cassette that cannot be written; it says that the previous file is unchanged."""
    return CassetteError(
        f"{path} cannot be written: {error.strerror or error}; the previous file is unchanged\n"
        "How to fix: free space on the disk or make the folder writable, then run again."
    )


def not_readable(path: Path, error: OSError) -> CassetteError:
    """Return the error for a file that cannot be read."""
    return CassetteError(f"{path} cannot be read: {error.strerror}\nHow to fix: pass the path of a readable file.")
