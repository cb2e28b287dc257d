"""What was recorded since the cassette was last written: frames, appended one write each.

The journal stands beside its cassette (``<cassette>.journal``). A frame is a line ``%exchange <recording> <bytes>
<checksum>``, then a line with the id of the exchange and one with its values (see `serialized`): a client waits while
they are written, and whoever folds the journal has the time to make YAML of them. ``%end`` says that a recording came
to its end, ``%drop`` that it is not wanted, ``%fail`` that its test failed; the reason stands where an exchange has its
values. No frame is synced to disk: the page cache outlives a killed process. A frame that was cut off by a kill or a
full disk fails its checksum and is passed over; its exchange had not been given to the client yet.

The journal is also the cassette's lock: whoever appends, folds or rewrites holds it. Folding removes it, and a writer
that waited for the lock of a removed journal begins a new one.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.cassettes.file.atomic import not_written
from sls_contract.cassettes.file.lock import lock, unlock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Kind: TypeAlias = Literal["exchange", "end", "drop", "fail"]

LOCK_TIMEOUT = 30.0
"""Seconds; a holder writes one frame or one file, so whoever takes longer hangs."""

_HEAD = re.compile(rb"^%(exchange|end|drop|fail) ([a-z0-9]+) ([0-9]+) ([0-9a-f]{16})\n", re.MULTILINE)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a journal: an exchange of a recording with its id; that the recording ended, goes, or failed."""

    kind: Kind
    recording: str
    name: str = ""
    exchange: str = ""

    @property
    def data(self) -> bytes:
        """The frame as written; it begins on a line of its own, also after one that was cut off."""
        payload = f"{self.name}\n{self.exchange}".encode()
        return f"\n%{self.kind} {self.recording} {len(payload)} {_checksum(payload)}\n".encode() + payload


def read_frames(data: bytes) -> list[Frame]:
    """Return the whole frames of a journal in the order of arrival; whatever was cut off is passed over."""
    frames: list[Frame] = []
    for head in _HEAD.finditer(data):
        kind, recording, size, checksum = (part.decode() for part in head.groups())
        payload = data[head.end() : head.end() + int(size)]
        if len(payload) == int(size) and _checksum(payload) == checksum:
            name, _, exchange = payload.decode().partition("\n")
            frames.append(Frame(kind, recording, name, exchange))  # type: ignore[arg-type]  # the pattern's
    return frames


def journal_of(path: os.PathLike[str] | str) -> Path:
    """Return where the journal of a cassette stands; beside the file itself where the path is a link."""
    named = os.fspath(path)
    real = os.path.realpath(named) if os.path.islink(named) else os.path.abspath(named)  # noqa: PTH100, PTH114 - ten times as fast
    return Path(f"{real}.journal")


class Journal:
    """The journal of one cassette, open for writing. One thread at a time; processes are kept apart by the lock."""

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
        """Write frames in one go, or nothing: raises `CassetteError`. The lock must be held."""
        self._write(b"".join(frame.data for frame in frames))

    def _write(self, data: bytes) -> None:
        before = os.fstat(self._fd).st_size
        try:
            written = os.write(self._fd, data)
            while written < len(data):  # the second write says why the first fell short
                written += os.write(self._fd, data[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._fd, before)
                if not before:
                    self.remove()  # an empty one tells nobody anything
            raise not_written(self._path, error) from error

    def read(self) -> bytes:
        """Return everything written so far."""
        return self._path.read_bytes()

    def remove(self) -> None:
        """Remove the journal; the lock, if held, goes with it."""
        os.ftruncate(self._fd, 0)  # Windows removes no file that another process has open
        with suppress(OSError):
            self._path.unlink()
        self.close()

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
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
                self._save()
            else:
                self.close()  # it was folded and removed while we waited

    def _save(self) -> None:
        """Move what stands in a journal that somebody deleted, but did not fold, into a new one, and lock that."""
        deleted, self._fd = self._fd, -1
        try:
            self._lock()
            self._write(os.pread(deleted, os.fstat(deleted).st_size, 0))
            os.ftruncate(deleted, 0)  # whoever has it open, too, finds nothing to move
        except BaseException:
            self.close()
            self._fd = deleted
            raise
        os.close(deleted)

    def _open(self) -> int:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(self._path, _CREATE, 0o666)
        except OSError as error:
            raise not_written(self._path, error) from error


def _checksum(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]
