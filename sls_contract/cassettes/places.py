"""Where recordings are looked for on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.cassettes.file.journal import journal_of
from sls_contract.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def expect_recordings(path: Path, done: str) -> Path:
    """Return a path at which a file, a folder, or only a journal stands.

    Raises `UsageError` for any other; ``done`` says what was to become of it: ``checked``, ``compared``, ``played``.
    """
    try:
        if path.is_file() or path.is_dir() or journal_of(path).is_file():
            return path
        reason = "it is neither a file nor a folder" if path.exists() else "there is no such file or folder"
    except OSError as error:
        reason = error.strerror or str(error)
    msg = f"{path} cannot be {done}: {reason}. How to fix: name a cassette, or a folder of cassettes."
    raise UsageError(msg)
