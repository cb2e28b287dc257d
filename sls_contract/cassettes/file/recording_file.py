"""A cassette on disk: load it, record into it, or write it whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sls_contract.cassettes.file.block import block_of, check_names
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.journal import LOCK_TIMEOUT, Frame, Journal, journal_of, read_frames
from sls_contract.cassettes.file.layout import Layout, id_of
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.replacing import replace_file
from sls_contract.cassettes.file.seen import Seen
from sls_contract.cassettes.recording import Recording, deserialized, digest_of, moment_text, serialized
from sls_contract.errors import CassetteError, UsageError
from sls_contract.exchange import Exchange, Request

if TYPE_CHECKING:
    from datetime import datetime

_SURROGATE = "\\ud"  # in JSON: a byte that is not UTF-8, or a lone surrogate, which represents no byte
LOADED_PATHS: set[str] = set()
"""Every path that this process loaded: these cassettes are not unused."""


def recorded(path: os.PathLike[str] | str) -> bool:
    """Return whether a path has recordings: a file, even a damaged one, or a journal that is not empty."""
    if Path(path).exists():
        return True
    try:
        return journal_of(path).stat().st_size > 0
    except (OSError, ValueError):  # ValueError: the encoding of file names lacks a character
        return Path(path).exists()  # there is no journal; another process may have folded it since


def load(path: os.PathLike[str] | str) -> CassetteFile:
    """Load a cassette and its journal, which is folded into it where the disk allows that.

    Raises `CassetteError` where there is no cassette, and `CassetteDamaged` for a damaged one.
    """
    LOADED_PATHS.add(os.path.abspath(path))  # noqa: PTH100 - now: a test may be in another folder later; Path is slower
    return load_unmarked(path)


def load_unmarked(path: os.PathLike[str] | str) -> CassetteFile:
    """Load a cassette as `load` does, but do not count it as used."""
    try:
        fold(path)
    except CassetteError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        merged = _merged(Path(path), journal_of(path).read_bytes())  # the disk is full or read-only: merge in memory
        if merged is not None:
            return CassetteFile(path, merged.text.encode("utf-8"))
    return CassetteFile.read(path)


def fold(path: os.PathLike[str] | str, timeout: float = LOCK_TIMEOUT) -> None:
    """Move the content of the journal into the cassette; does nothing where there is no journal.

    A kill at any moment leaves the old file or the new one, and a repeated fold adds nothing twice. Waits up to
    ``timeout`` seconds for other processes. Raises `CassetteBusy`, `CassetteDamaged` or `CassetteError`; the journal
    then stays.
    """
    if journal_of(path).exists():
        with Journal(Path(path), timeout).held() as journal:
            _fold(Path(path), journal)


def write(path: os.PathLike[str] | str, recordings: Iterable[Recording]) -> None:
    """Write a whole, finished cassette, and replace any that is there; equal recordings give equal files.

    Raises `CassetteDamaged` where the file to replace is damaged, and `CassetteError` where its journal has exchanges.
    """
    text = cassette_text(recordings)
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


def cassette_text(recordings: Iterable[Recording]) -> str:
    """Return the text of a whole, finished cassette."""
    return Layout(tuple(_emitted(recordings))).text


def run_name(began: datetime) -> str:
    """Return how the names of the recordings begin that all processes of a session make; ``began`` is aware."""
    return "r" + sha256(moment_text(began).encode()).hexdigest()[:8]


def open_for_recording(path: os.PathLike[str] | str, owner: str = "", run: str = "r") -> Recorder:
    """Open a cassette, new or existing, to add exchanges to it; raises `CassetteDamaged` before anything is recorded.

    Failed recordings of the ``owner`` (a test) are removed once it has recorded again. Where the cassette is not shared
    (empty), all failed recordings are. ``run`` is the `run_name`, if there is one.
    """
    fold(path)
    before = CassetteFile.read(path) if Path(path).exists() else None
    if before is None:
        return Recorder(Path(path), run=run)
    resumed = tuple(name for name in before.unfinished if name not in before.failed)
    return Recorder(Path(path), resumed, tuple(failed_of(before.failed, owner)), run)


def failed_of(failed: Mapping[str, str], owner: str) -> dict[str, str]:
    """Return the ``failed`` recordings of the owner, with the reasons; all of them for an empty owner."""
    return {name: reason for name, reason in failed.items() if not owner or reason.startswith(f"{owner}: ")}


def remove_recordings(path: os.PathLike[str] | str, names: Iterable[str]) -> None:
    """Remove every exchange that some recordings (`Recorder.name`) added, if there are any; raises as `fold` does."""
    if recorded(path):
        with Journal(Path(path)).held() as journal:
            journal.append(Frame("drop", name) for name in names)
            _fold(Path(path), journal)


class Recorder:
    """Adds exchanges to a cassette, in the order of arrival, from any thread and beside other processes.

    When `append` returns, the exchange is in the journal, and a killed process does not lose it. Until `close`, the
    cassette counts as unfinished. A recording that finishes also finishes the earlier ones that it resumed.
    """

    def __init__(self, path: Path, resumed: Sequence[str] = (), failed: Sequence[str] = (), run: str = "r") -> None:
        """Begin a recording; nothing is written yet.

        ``resumed`` names the unfinished recordings that this one continues. ``failed`` names recordings that are
        removed once this one has exchanges, or has ended without any. ``run`` begins its name.
        """
        self._path = path
        self.name = run + os.urandom(6).hex()  # unique among processes; it does not consume a test's random seed
        self._resumed, self._failed = tuple(resumed), tuple(failed)
        self._appended = False
        self._closed = False
        self._count = count(1)
        self._open_in_process()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Close the recorder; after an exception, the recording counts as unfinished."""
        self.close(finished=kind is None)

    def append(self, recording: Recording) -> None:
        """Add one exchange; it is safe when this returns.

        Raises `CassetteError` (a full disk) or `UsageError` (text that represents no bytes); earlier exchanges stay.
        """
        if self._closed:
            msg = f"the recording into {self._path} is closed; open it again to add exchanges"
            raise UsageError(msg)
        if os.getpid() != self._process:
            self._open_in_process()
        check_names(recording.exchange)
        name = f"{self.name}-{self._process}-{next(self._count)}"
        values = serialized(recording)
        if _SURROGATE in values:
            emit_block(block_of(_without_bodies(recording), name))  # raise now: folding would fail later
        frame = Frame("exchange", self.name, name, values)
        with self._threads, self._journal.held() as journal:
            journal.append([frame])
            self._appended = True

    def has_exchanges(self) -> bool:
        """Return whether this process or a forked child has added an exchange, which another may have folded since."""
        self._appended = self._appended or self._is_in_journal() or self._is_unfinished()
        return self._appended

    def _is_in_journal(self) -> bool:
        try:
            frames = read_frames(journal_of(self._path).read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return False
        return any(frame.recording == self.name for frame in frames)

    def _is_unfinished(self) -> bool:
        return self._path.exists() and self.name in CassetteFile.read(self._path).unfinished

    def close(self, *, finished: bool = True, replaced: Iterable[str] = (), failure: str = "") -> None:
        """Fold everything into the cassette. Record mode ``once`` continues an unfinished recording.

        ``replaced`` are ids of exchanges; the recordings that contain them are removed. ``failure`` says why an
        unfinished recording must not be played.
        """
        this = (self.name,) if self._appended else ()
        ended = (*self._resumed, *this) if finished else ()
        dropped = dict.fromkeys((*map(_recording_of, replaced), *(self._failed if this or finished else ())))
        failed = [Frame("fail", name, "", failure) for name in this if failure and not finished]
        self._end([*(Frame("drop", name) for name in dropped), *(Frame("end", name) for name in ended), *failed])

    def discard(self) -> None:
        """Remove every exchange that this recording added."""
        self._end([Frame("drop", self.name)] if self._appended else [])

    def _end(self, frames: list[Frame]) -> None:
        if self._closed:
            return
        if os.getpid() != self._process:
            self._open_in_process()
        with self._threads:
            self._closed = True
            if frames or self._appended:
                with self._journal.held() as journal:
                    journal.append(frames)
                    _fold(self._path, journal)
            self._journal.close()

    def _open_in_process(self) -> None:
        """Create the locks that a forked child must not share: a file lock belongs to the open file."""
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
    old = Layout(()) if before is None else before.layout or _converted(before)
    merged = _apply(old, frames)
    return None if merged == old else merged


def _converted(file: CassetteFile) -> Layout:
    """Return the layout of a file that sls-contract did not write."""
    return Layout(tuple(_emitted(file)), file.unfinished, failed=tuple(file.failed.items()))


def _apply(old: Layout, frames: Sequence[Frame]) -> Layout:
    dropped = {frame.recording for frame in frames if frame.kind == "drop"}
    finished = dropped | {frame.recording for frame in frames if frame.kind == "end"}
    added = [frame for frame in frames if frame.kind == "exchange"]
    known = {id_of(block) for block in old.blocks}
    started = dict.fromkeys((*old.unfinished, *(frame.recording for frame in added)))
    new = {one.name: one for one in added if one.name not in known and one.recording not in dropped}
    blocks = (*old.blocks, *(emit_block(block_of(deserialized(one.exchange), one.name)) for one in new.values()))
    kept = tuple(block for block in blocks if _recording_of(id_of(block)) not in dropped)
    validation = None if old.validation is None else old.validation.after_change(old.blocks, kept)
    unfinished = tuple(name for name in started if name not in finished)
    reasons = dict(old.failed) | {frame.recording: frame.exchange for frame in frames if frame.kind == "fail"}
    failed = tuple((name, reasons[name]) for name in unfinished if name in reasons)
    return Layout(kept, unfinished, validation, failed=failed)


def _without_bodies(recording: Recording) -> Recording:
    """Return a recording without its bodies, which can be any bytes."""
    request, response = recording.exchange.request, recording.exchange.response
    parts = Request(request.method, request.url, request.headers), response and response.replace(body=b"")
    return replace(recording, exchange=Exchange(*parts))


def _recording_of(name: str) -> str:
    return name.partition("-")[0]


def with_ids(recordings: Iterable[Recording]) -> Iterator[tuple[Recording, str]]:
    """Yield each recording with its id in a file; without one, it gets one from its digest and a counter."""
    seen = Seen()
    for recording in recordings:
        name, digest = recording.id, digest_of(recording)
        for number in count():
            if name and seen.add(name):
                break
            name = "w" + sha256(f"{digest} {number}".encode()).hexdigest()[:16]
        yield recording, name


def _emitted(recordings: Iterable[Recording]) -> Iterator[str]:
    for recording, name in with_ids(recordings):
        yield emit_block(block_of(recording, name))
