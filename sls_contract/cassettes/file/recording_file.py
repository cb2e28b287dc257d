"""The doors to a cassette on disk: load it, record into it, or write it whole."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.atomic import replace_file
from sls_contract.cassettes.file.block import block_of, check_names
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.journal import LOCK_TIMEOUT, Frame, Journal, journal_of, read_frames
from sls_contract.cassettes.file.layout import Layout, id_of
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.seen import Seen
from sls_contract.cassettes.recording import deserialized, digest_of, serialized
from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import Exchange, Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from sls_contract.cassettes.recording import Recording


_SURROGATE = "\\ud"  # in JSON; bytes that are no UTF-8 are written so, and whatever stands for no byte
LOADED: set[str] = set()
"""Every path that this process loaded: whoever looks for cassettes that nobody uses must not name these."""


def recorded(path: os.PathLike[str] | str) -> bool:
    """Tell whether anything was recorded at a path: a file stands there, be it damaged, or a journal beside it."""
    if Path(path).exists():
        return True
    journal = journal_of(path)
    return journal.exists() and journal.stat().st_size > 0


def load(path: os.PathLike[str] | str) -> CassetteFile:
    """Open a cassette, with what a journal beside it holds; the journal is folded in where the disk allows it.

    Raises `CassetteError` where there is none, `CassetteDamaged` where it is not whole.
    """
    LOADED.add(os.path.abspath(path))  # noqa: PTH100 - now: a test may be in another folder later; Path is slower
    return look_into(path)


def look_into(path: os.PathLike[str] | str) -> CassetteFile:
    """Open a cassette as `load` does, for somebody who does not use what it holds."""
    try:
        fold(path)
    except CassetteError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        merged = _merged(Path(path), journal_of(path).read_bytes())  # the disk is full, or read-only: read all the same
        if merged is not None:
            return CassetteFile(path, merged.text.encode("utf-8"))
    return CassetteFile.read(path)


def fold(path: os.PathLike[str] | str, timeout: float = LOCK_TIMEOUT) -> None:
    """Move what the journal holds into the cassette; does nothing where there is no journal.

    A kill at any moment leaves the old file or the new, and folding again adds nothing twice. Waits ``timeout``
    seconds for other processes. Raises `CassetteBusy`, `CassetteDamaged` or `CassetteError`; the journal then stays.
    """
    if journal_of(path).exists():
        with Journal(Path(path), timeout).held() as journal:
            _fold(Path(path), journal)


def write(path: os.PathLike[str] | str, recordings: Iterable[Recording]) -> None:
    """Write a whole cassette in the place of whatever stands there, finished; the same recordings give the same file.

    Raises `CassetteDamaged` rather than replace a damaged file, and `CassetteError` while a journal holds exchanges
    that nobody has loaded.
    """
    text = laid_out(recordings)
    target = Path(path)
    with Journal(target).held() as journal:
        if read_frames(journal.read()):
            msg = (
                f"{target} cannot be replaced: its journal has exchanges recorded in the meantime\n"
                "How to fix: end the recording, load the cassette, and write again."
            )
            raise CassetteError(msg)
        try:
            if target.exists():
                CassetteFile.read(target)
            replace_file(target, text)
        finally:
            journal.remove()


def laid_out(recordings: Iterable[Recording]) -> str:
    """Return the text of a whole, finished cassette."""
    return Layout(tuple(_emitted(recordings))).text


def open_for_recording(path: os.PathLike[str] | str, owner: str = "") -> Recorder:
    """Open a cassette, new or not, to add exchanges to it; raises `CassetteDamaged` before anything is recorded.

    What the ``owner`` (a test) recorded before, and failed, goes once it has recorded something anew; all that failed,
    where it shares the cassette with no other (empty).
    """
    fold(path)
    before = CassetteFile.read(path) if Path(path).exists() else None
    if before is None:
        return Recorder(Path(path))
    resumed = tuple(name for name in before.unfinished if name not in before.failed)
    return Recorder(Path(path), resumed, tuple(failed_of(before.failed, owner)))


def failed_of(failed: Mapping[str, str], owner: str) -> dict[str, str]:
    """Return which of the ``failed`` recordings of a cassette are an owner's (empty: anybody's), with the reasons."""
    return {name: reason for name, reason in failed.items() if not owner or reason.startswith(f"{owner}: ")}


def take_back(path: os.PathLike[str] | str, recording: str) -> None:
    """Remove every exchange that a recording (`Recorder.name`) added, where there is any; raises as `fold` does."""
    if recorded(path):
        with Journal(Path(path)).held() as journal:
            journal.append([Frame("drop", recording)])
            _fold(Path(path), journal)


class Recorder:
    """Adds exchanges to a cassette; from any thread, beside other processes, in the order of arrival.

    Each exchange is in the journal when `append` returns, and stays there if the process is killed. Until `close`
    the cassette counts as unfinished, and a recording that finishes also finishes those that were left before it.
    """

    def __init__(self, path: Path, resumed: Sequence[str] = (), failed: Sequence[str] = ()) -> None:
        """Begin a recording; nothing is written yet.

        ``resumed`` names unfinished ones that this one continues, ``failed`` those that go then, too: once this
        one has begun, or has ended with nothing to add.
        """
        self._path = path
        self.name = "r" + os.urandom(6).hex()  # a name that no other process has; nothing is drawn from it
        self._resumed, self._failed = tuple(resumed), tuple(failed)
        self._begun = False
        self._closed = False
        self._count = count(1)
        self._own()

    def __enter__(self) -> Self:
        """Give the recorder itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Close; after an exception as unfinished."""
        self.close(finished=kind is None)

    def append(self, recording: Recording) -> None:
        """Add one exchange; when this returns it is safe.

        Raises `CassetteError` (a full disk) or `UsageError` (text that stands for no bytes), and keeps all before.
        """
        if self._closed:
            msg = f"the recording into {self._path} is closed; open it again to add exchanges"
            raise UsageError(msg)
        if os.getpid() != self._process:
            self._own()
        check_names(recording.exchange)
        name = f"{self.name}-{self._process}-{next(self._count)}"
        values = serialized(recording)
        if _SURROGATE in values:
            emit_block(block_of(_without_bodies(recording), name))  # what folding refuses must be refused now
        frame = Frame("exchange", self.name, name, values)
        with self._threads, self._journal.held() as journal:
            journal.append([frame])
            self._begun = True

    def has_begun(self) -> bool:
        """Tell whether anything was added, here or by a forked child: of one that was killed, the journal tells."""
        if not self._begun and journal_of(self._path).exists():
            frames = read_frames(journal_of(self._path).read_bytes())
            self._begun = any(frame.recording == self.name for frame in frames)
        return self._begun

    def close(self, *, finished: bool = True, replaced: Iterable[str] = (), failure: str = "") -> None:
        """Fold everything into the cassette. Unfinished, it is marked so, and record mode ``once`` goes on.

        ``replaced`` are ids of exchanges that these ones stand in for: the recordings that they belong to go.
        ``failure`` says why an unfinished one is not to be played.
        """
        own = (self.name,) if self._begun else ()
        ended = (*self._resumed, *own) if finished else ()
        gone = dict.fromkeys((*map(_recording_of, replaced), *(self._failed if own or finished else ())))
        failed = [Frame("fail", name, "", failure) for name in own if failure and not finished]
        self._end([*(Frame("drop", name) for name in gone), *(Frame("end", name) for name in ended), *failed])

    def discard(self) -> None:
        """Take back every exchange that this recording added."""
        self._end([Frame("drop", self.name)] if self._begun else [])

    def _end(self, frames: list[Frame]) -> None:
        if self._closed:
            return
        if os.getpid() != self._process:
            self._own()
        with self._threads:
            self._closed = True
            if frames or self._begun:
                with self._journal.held() as journal:
                    journal.append(frames)
                    _fold(self._path, journal)
            self._journal.close()

    def _own(self) -> None:
        """Take what a forked child must not share with its parent: the lock is the open file's, not the process's."""
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._journal = Journal(self._path)


def _fold(path: Path, journal: Journal) -> None:
    merged = _merged(path, journal.read())
    if merged is not None:
        try:
            replace_file(path, merged.text)
        except CassetteError as error:
            kept = f"{journal_of(path)} keeps what was recorded; the next run adds it to the cassette, then removes it."
            msg = f"{error}\n{kept}"
            raise CassetteError(msg) from error.__cause__
    journal.remove()


def _merged(path: Path, data: bytes) -> Layout | None:
    """Return the cassette with the frames of its journal; None where they change nothing."""
    frames = read_frames(data)
    before = CassetteFile.read(path) if frames and path.exists() else None
    old = Layout(()) if before is None else before.layout or _anew(before)
    merged = _with_frames(old, frames)
    return None if merged == old else merged


def _anew(file: CassetteFile) -> Layout:
    """Lay out what is not in our own layout."""
    return Layout(tuple(_emitted(file)), file.unfinished, failed=tuple(file.failed.items()))


def _with_frames(old: Layout, frames: Sequence[Frame]) -> Layout:
    dropped = {frame.recording for frame in frames if frame.kind == "drop"}
    over = dropped | {frame.recording for frame in frames if frame.kind == "end"}
    added = [frame for frame in frames if frame.kind == "exchange"]
    known = {id_of(block) for block in old.blocks}
    begun = dict.fromkeys((*old.unfinished, *(frame.recording for frame in added)))
    wanted = {one.name: one for one in added if one.name not in known and one.recording not in dropped}
    blocks = (*old.blocks, *(emit_block(block_of(deserialized(one.exchange), one.name)) for one in wanted.values()))
    kept = tuple(block for block in blocks if _recording_of(id_of(block)) not in dropped)
    validation = None if old.validation is None else old.validation.kept(old.blocks, kept)
    unfinished = tuple(name for name in begun if name not in over)
    reasons = dict(old.failed) | {frame.recording: frame.exchange for frame in frames if frame.kind == "fail"}
    failed = tuple((name, reasons[name]) for name in unfinished if name in reasons)
    return Layout(kept, unfinished, validation, failed=failed)


def _without_bodies(recording: Recording) -> Recording:
    """Return a recording without its bodies, which may be any bytes."""
    request, response = recording.exchange.request, recording.exchange.response
    bare = Request(request.method, request.url, request.headers), response and response.replace(body=b"")
    return replace(recording, exchange=Exchange(*bare))


def _recording_of(name: str) -> str:
    return name.partition("-")[0]


def names_of(recordings: Iterable[Recording]) -> Iterator[str]:
    """Yield the id of each recording in its file; one without is named after its digest and how often that came."""
    return (name for _, name in named(recordings))


def named(recordings: Iterable[Recording]) -> Iterator[tuple[Recording, str]]:
    """Yield each recording with its id, as `names_of` does."""
    seen = Seen()
    for recording in recordings:
        name, digest = recording.id, digest_of(recording)
        for again in count():
            if name and seen.add(name):
                break
            name = "w" + sha256(f"{digest} {again}".encode()).hexdigest()[:16]
        yield recording, name


def _emitted(recordings: Iterable[Recording]) -> Iterator[str]:
    for recording, name in named(recordings):
        yield emit_block(block_of(recording, name))
