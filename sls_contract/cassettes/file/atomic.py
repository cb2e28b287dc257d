"""Whole files or none: a reader, and whoever comes after a kill or on a full disk, sees the old file or the new."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIX = ".writing"


def replace_file(path: Path, text: str | Iterable[str]) -> None:
    """Put ``text`` (UTF-8, LF), whole or in pieces, in the place of a file, which keeps its mode.

    Raises `CassetteError`, and whatever making the pieces raises.

    Whoever calls this holds the cassette's lock, so what an earlier, killed writer left beside it is nobody's and is
    written over.
    """
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
    """Say that a cassette could not be written, and that nothing is lost."""
    return CassetteError(
        f"{path} cannot be written: {error.strerror or error}; the previous file is unchanged\n"
        "How to fix: free space on the disk or make the folder writable, then run again."
    )


def not_readable(path: Path, error: OSError) -> CassetteError:
    """Say that a file could not be read."""
    return CassetteError(f"{path} cannot be read: {error.strerror}\nHow to fix: pass the path of a readable file.")
