"""Child processes forked under an open cassette: they judge their exchanges and send the results to the parent.

A child writes each result before its client gets the response, into an anonymous file that both processes have open: a
kill loses nothing. `Channel.finish` reads the rest and empties the file. Children that still run then know that the
cassette is closed.
"""

from __future__ import annotations

import os
import pickle
import threading
import zlib
from base64 import b64decode, b64encode
from contextlib import contextmanager
from mmap import mmap
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.nesting import OPEN
from sls_contract.cassettes.results import Results
from sls_contract.errors import CassetteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from sls_contract.checks import Verdict
    from sls_contract.exchange import Exchange
    from sls_contract.spec import Finding

_OPEN_MARK = b"+\n"  # the first line of the file; an empty file means that the cassette is closed
_RESULTS, _POSITIONS = 0, 1  # bytes of the file that are locked, independently of each other
CLOSED = (
    "a process that was forked while {path} was open sent a request after it was closed, or could not be watched\n"
    "How to fix: wait for child processes before the test (or the with block) ends, and start pools inside it."
)


class Channel:
    """The state that a parent and its forked children share: results of children, and which recordings were played."""

    def __init__(self, path: Path, taken: bytes) -> None:
        """Open an anonymous file, and copy which recordings were played (1) so far."""
        self._path = path
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - `close` closes it
        self._file.write(_OPEN_MARK)
        self._read = len(_OPEN_MARK)
        self._threads = threading.Lock()
        self.taken = mmap(-1, max(1, len(taken)))
        self.taken[: len(taken)] = taken

    def inherit(self) -> None:
        """Replace the lock after a fork: another thread of the parent may hold it."""
        self._threads = threading.Lock()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Exclude other writers; raises `CassetteError` where the cassette is closed."""
        with self._threads, self._locked(_RESULTS):
            if not os.fstat(self._file.fileno()).st_size:
                raise CassetteError(CLOSED.format(path=self._path))
            yield

    def check(self) -> None:
        """Raise `CassetteError` where the cassette is closed."""
        with self.held():
            pass

    @contextmanager
    def positions(self) -> Iterator[None]:
        """Exclude other processes while a recording is taken."""
        with self._locked(_POSITIONS):
            yield

    def append(self, name: str, *values: object) -> None:
        """Add a result while the channel is `held`; readers skip a result that a kill truncated."""
        data = b64encode(pickle.dumps(values))
        line = f"\n{name} {zlib.crc32(data)} ".encode() + data + b"\n"
        self._file.seek(0, os.SEEK_END)
        while line:
            line = line[self._file.write(line) :]

    def add(self, name: str, *values: object) -> None:
        """Add a result."""
        with self.held():
            self.append(name, *values)

    def read(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Return the results added since the last call."""
        with self.held():
            return self._read_new()

    def finish(self) -> list[tuple[str, tuple[Any, ...]]]:
        """Return the remaining results, and refuse any more."""
        with self.held():
            rest = self._read_new()
            self._file.truncate(0)
        return rest

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_new(self) -> list[tuple[str, tuple[Any, ...]]]:
        data = os.pread(self._file.fileno(), os.fstat(self._file.fileno()).st_size - self._read, self._read)
        self._read += len(data)
        return list(_results(data))

    @contextmanager
    def _locked(self, byte: int) -> Iterator[None]:
        from fcntl import LOCK_EX, LOCK_UN, lockf  # Windows has neither fcntl nor fork

        lockf(self._file, LOCK_EX, 1, byte)
        try:
            yield
        finally:
            lockf(self._file, LOCK_UN, 1, byte)


def _results(data: bytes) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for line in data.splitlines():
        name, _, rest = line.partition(b" ")
        checksum, _, values = rest.partition(b" ")
        if checksum == b"%d" % zlib.crc32(values):
            yield name.decode(), pickle.loads(b64decode(values))  # noqa: S301 - our own data, in an anonymous file


class Relay(Results):
    """The results of a child. Each is sent to the parent at once: a child may end at any moment."""

    def __init__(self, channel: Channel) -> None:
        super().__init__(keep=True)  # so that `Judge` passes the shown form of every exchange
        self._channel = channel

    def defer(self, work: Callable[[], None], size: int = 0) -> None:  # noqa: ARG002 - as in `Results`
        """Do the work now."""
        work()

    def count(
        self,
        exchange: Exchange,
        verdicts: Sequence[Verdict],
        evidence: str,
        position: int | None = None,
        agreed: datetime | None = None,
    ) -> None:
        """Send the verdicts on one exchange."""
        self._channel.add("count", exchange, list(verdicts), evidence, position, agreed)

    def add(self, findings: Iterable[Finding], exchange: Exchange, position: int | None = None) -> None:
        """Send findings that are not about a response."""
        self._channel.add("add", list(findings), exchange, position)

    def started(self, program: str) -> None:
        """Send that another process was started."""
        self._channel.add("started", program)

    def fail(self, text: str) -> None:
        """Send an error that kept an exchange from being recorded, played or judged."""
        self._channel.add("fail", text)


def _before_fork() -> None:
    for session in OPEN.sessions:
        session.prepare_fork()


def _in_parent() -> None:
    for session in OPEN.sessions:
        session.forked(child=False)


def _in_child() -> None:
    OPEN.inherit()
    for session in OPEN.sessions:
        session.forked(child=True)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_parent=_in_parent, after_in_child=_in_child)
