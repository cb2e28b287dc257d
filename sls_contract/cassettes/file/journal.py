"""The exchanges recorded since the cassette was last written, as frames that are appended with one write each.

The journal is beside its cassette (``<cassette>.journal``). A frame is a line ``%exchange <recording> <bytes>
<checksum>``, then a line with the id of the exchange and a line with its values (see `serialized`). They are not YAML
yet, since a client waits for the write; folding converts them.

``%end`` marks a recording as complete, ``%drop`` removes it, ``%fail`` says that its test failed. The reason is where
an exchange has its values. No frame is synced to disk: the page cache survives a killed process. A frame that a kill or
a full disk truncated fails its checksum and is skipped; its exchange had not been given to the client yet.

The journal is also the cassette's lock: a process that appends, folds or rewrites holds it. Folding removes the
journal. A writer that waited for the lock of a removed journal creates a new one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

from sls_contract.cassettes.file.lock import lock, unlock
from sls_contract.cassettes.file.replacing import not_written
from sls_contract.files import check_file_name

Kind: TypeAlias = Literal["exchange", "end", "drop", "fail"]

LOCK_TIMEOUT = 30.0
"""Seconds. A holder writes one frame or one file; a process that needs longer hangs."""

_HEAD = re.compile(rb"^%(exchange|end|drop|fail) ([a-z0-9]+) ([0-9]+) ([0-9a-f]{16})\n", re.MULTILINE)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a journal. ``name`` is the id of an exchange, ``exchange`` its values or a failure's reason."""

    kind: Kind
    recording: str
    name: str = ""
    exchange: str = ""

    @property
    def data(self) -> bytes:
        """The frame as bytes, with a line end before it: the previous frame may be truncated."""
        payload = f"{self.name}\n{self.exchange}".encode()
        return f"\n%{self.kind} {self.recording} {len(payload)} {_checksum(payload)}\n".encode() + payload


def read_frames(data: bytes) -> list[Frame]:
    """Return the complete frames of a journal in the order of arrival; truncated frames are skipped."""
    frames: list[Frame] = []
    for head in _HEAD.finditer(data):
        kind, recording, size, checksum = (part.decode() for part in head.groups())
        payload = data[head.end() : head.end() + int(size)]
        if len(payload) == int(size) and _checksum(payload) == checksum:
            name, _, exchange = payload.decode().partition("\n")
            frames.append(Frame(kind, recording, name, exchange))  # type: ignore[arg-type]  # the pattern's
    return frames


def journal_of(path: os.PathLike[str] | str) -> Path:
    """Return the path of a cassette's journal: beside the real file where the cassette is a link."""
    named = os.fspath(path)
    real = os.path.realpath(named) if os.path.islink(named) else os.path.abspath(named)  # noqa: PTH100, PTH114 - ten times as fast
    return Path(f"{real}.journal")


class Journal:
    """The journal of one cassette, open for writing. Use it in one thread; its lock excludes other processes."""

    def __init__(self, path: Path, timeout: float = LOCK_TIMEOUT) -> None:
        self._path = journal_of(path)
        self._timeout = timeout
        self._fd = -1

    @contextmanager
    def held(self) -> Iterator[Journal]:
        """Hold the lock; the journal exists meanwhile, unless it is removed."""
        self._lock()
        try:
            yield self
        finally:
            if self._fd >= 0:
                unlock(self._fd)

    def append(self, frames: Iterable[Frame]) -> None:
        """Write all frames, or none: raises `CassetteError`. The lock must be held."""
        self._write(b"".join(frame.data for frame in frames))

    def _write(self, data: bytes) -> None:
        before = os.fstat(self._fd).st_size
        try:
            written = os.write(self._fd, data)
            while written < len(data):  # on a full disk, the first write is short and the second one raises
                written += os.write(self._fd, data[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._fd, before)
                if not before:
                    self.remove()  # it would stay empty
            raise not_written(self._path, error) from error

    def read(self) -> bytes:
        """Return everything written so far."""
        return self._path.read_bytes()

    def remove(self) -> None:
        """Remove the journal and release its lock."""
        os.ftruncate(self._fd, 0)  # Windows does not remove a file that another process has open
        with suppress(OSError):
            self._path.unlink()
        self.close()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _lock(self) -> None:
        while True:
            if self._fd < 0:
                self._fd = self._open()
            lock(self._fd, self._path, self._timeout)
            state = os.fstat(self._fd)
            if state.st_nlink:
                return
            if state.st_size:
                self._rescue()
            else:
                self.close()  # it was folded and removed while we waited

    def _rescue(self) -> None:
        """Move the content of a journal that was deleted, but not folded, into a new journal, and lock that one."""
        deleted, self._fd = self._fd, -1
        try:
            self._lock()
            self._write(os.pread(deleted, os.fstat(deleted).st_size, 0))
            os.ftruncate(deleted, 0)  # another process that has it open must not move the content again
        except BaseException:
            self.close()
            self._fd = deleted
            raise
        os.close(deleted)

    def _open(self) -> int:
        check_file_name(self._path)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, _CREATE, 0o666)
        except OSError as error:
            raise not_written(self._path, error) from error


def _checksum(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]
