"""A HAR file as a sequence of recordings, and the writing of a HAR."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.file.interaction import MalformedInteraction
from sls_contract.cassettes.file.layout import text_of
from sls_contract.cassettes.file.parsing import NotReadable, parse_json
from sls_contract.cassettes.file.replacing import not_readable, not_written, replace_file
from sls_contract.cassettes.har.reading import is_http, recording_of_entry
from sls_contract.cassettes.har.writing import document_text
from sls_contract.cassettes.recordings import Recordings
from sls_contract.errors import CassetteDamaged

if TYPE_CHECKING:
    from sls_contract.cassettes.recording import Recording


class HarFile(Recordings):
    """The HTTP exchanges of a HAR 1.1 or 1.2 file of any tool, each parsed when it is read."""

    def __init__(self, path: os.PathLike[str] | str, data: bytes) -> None:
        """Take the bytes of a file; raises `CassetteDamaged` where they are no HAR."""
        self.path = Path(path)
        self._entries = [entry for entry in _log(os.fspath(path), data)["entries"] if is_http(entry)]

    @classmethod
    def read(cls, path: os.PathLike[str] | str) -> HarFile:
        """Read a HAR from disk; raises `CassetteError` where there is none."""
        try:
            return cls(path, Path(path).read_bytes())
        except OSError as error:
            raise not_readable(Path(path), error) from error

    def __len__(self) -> int:
        """Count the exchanges, those without a response included."""
        return len(self._entries)

    def at(self, position: int) -> Recording:
        """Return a recording; raises `CassetteDamaged` for an entry that is no HTTP exchange."""
        try:
            return recording_of_entry(self._entries[position])
        except MalformedInteraction as error:
            raise CassetteDamaged(self.path, None, f"entry {position} is not an HTTP exchange: {error}") from None


def write_har(path: os.PathLike[str] | str, recordings: Iterable[Recording], version: str) -> None:
    """Write a HAR atomically, and replace any that is there; ``version`` is the tool's.

    Raises `CassetteError` where it cannot be written.
    """
    target = Path(path)
    text = document_text(recordings, version)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(target, error) from error
    replace_file(target, text, locked=False)


def _log(path: str, data: bytes) -> Mapping[str, Any]:
    try:
        root = parse_json(text_of(path, data))
    except NotReadable as error:
        raise CassetteDamaged(path, error.line, error.reason) from None
    log = root.get("log") if isinstance(root, Mapping) else None
    if not isinstance(log, Mapping) or not isinstance(log.get("entries"), list):
        raise CassetteDamaged(path, None, "no HAR: the list log.entries is missing")
    return log
