"""Replaces a file atomically: after a kill or on a full disk, readers see the old file or the new one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIX = ".writing"


def replace_file(path: Path, content: str | bytes | Iterable[str], *, locked: bool = False) -> None:
    """Replace a file atomically, and keep its mode.

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
