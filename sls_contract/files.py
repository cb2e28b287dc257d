"""Names of files that can be written, and files replaced as a whole."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIX = ".writing"


def check_file_name(path: os.PathLike[str] | str) -> None:
    """Raise `UsageError` for a path that the file system's encoding lacks characters of, as in some locales."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError as error:
        encoding = sys.getfilesystemencoding()
        msg = f"expected a file name in the encoding of this process, {encoding}, got {os.fspath(path)!r}\n" + (
            "How to fix: leave out the half of a surrogate pair."
            if encoding == "utf-8"
            else "How to fix: set the environment variable PYTHONUTF8=1, or use ASCII characters only "
            "(for the cassette of a test: name= of the marker sls_cassette)."
        )
        raise UsageError(msg) from error


def replace_file(path: Path, content: str | bytes | Iterable[str], *, locked: bool = False) -> None:
    """Replace a file atomically, and keep its mode: after a kill or on a full disk, readers see the old or the new one.

    Args:
        path: of the file; a link stays a link.
        content: text is written as UTF-8, whole or in pieces.
        locked: the caller holds a lock on the file, so a temporary file that a killed writer left is overwritten.

    Raises OSError, and any error from the iterator of pieces; the previous file is then unchanged.

    """
    real = path.resolve()
    # without a lock the name is short, because that of the file can have the greatest length
    spare = real.with_name((real.name if locked else f".sls-contract-{os.urandom(6).hex()}") + _SUFFIX)
    pieces = [content] if isinstance(content, str | bytes) else content
    try:
        with spare.open("wb") as file:
            file.writelines(each.encode() if isinstance(each, str) else each for each in pieces)
            file.flush()
            os.fsync(file.fileno())
        if real.exists():
            shutil.copymode(real, spare)
        spare.replace(real)
    except BaseException:
        with suppress(OSError):
            spare.unlink(missing_ok=True)
        raise
