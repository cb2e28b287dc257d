"""The player of an open cassette: it plays and records, by the record mode."""

from __future__ import annotations

import threading
from collections import Counter
from functools import cached_property, partial
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from sls_contract.cassettes.file.recording_file import (
    Recorder,
    failed_of,
    load,
    load_unmarked,
    open_for_recording,
    recorded,
    run_name,
    with_ids,
)
from sls_contract.cassettes.forks import Channel
from sls_contract.cassettes.matching import (
    DEFAULT,
    IN_PYTEST,
    Index,
    Matching,
    Miss,
    Remedies,
    explain_miss,
    failed_before,
)
from sls_contract.cassettes.missing import explain_missing
from sls_contract.cassettes.recordings import Listed, Recordings
from sls_contract.errors import PAUSE_FAKE_FILES, CassetteError, UsageError, files_are_fake
from sls_contract.exchange import Request, masked_url
from sls_contract.hosts import SERVICE_DOMAIN, host_name, is_service_host

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.recording import Recording

Mode: TypeAlias = Literal["none", "once", "new_episodes", "all"]
MODES: tuple[Mode, ...] = get_args(Mode)

_FILES_ARE_FAKE = (
    "{path} cannot be written: pyfakefs hides the real files, and files written now disappear with the test\n"
    f"How to fix: {PAUSE_FAKE_FILES}."
)
_AFTER_CLOSE = (
    "a response came after {path} was closed, and was not recorded\n"
    "How to fix: wait for threads and tasks before the test (or the with block) ends."
)
_NOT_JSON = (
    "a cassette is written as YAML, got the name {path}: JSON readers (vcrpy's, too) would try to read the file\n"
    "How to fix: record into a .yaml file; turn a JSON cassette into one with: sls-contract convert FILE.json FILE.yaml"
)


class Player:
    """One open cassette: plays earlier recordings and adds new ones; safe from any thread.

    Args:
        path: the file; it need not exist.
        mode: ``none`` only plays; ``once`` records where there was no recording when the session began, or only an
            unfinished one; ``new_episodes`` records requests without a recording; ``all`` records everything, and
            removes the old recordings once the new one is finished.
        began: when the session began, aware; later recordings belong to it.
        repeat: whether the last of identical recordings is played repeatedly.
        before: earlier recordings, instead of those in the file.
        remedies: how to fix a request without a recording.
        matching: how a request matches its recording.

    Attributes:
        added: number of recorded exchanges.
        recording: name of this session's recording, for `remove_recordings`; empty before the first exchange.
        owner: the test that records, where tests share the cassette; its earlier failed recordings are then removed.
        shared: whether other tests may record into the file in this session; in mode ``all``, its old recordings then
            stay until `replace_old`.
        single: whether a recording is removed where another process recorded the same at the same time.
        candidates: returns cassettes that may be this one under an old name; called where the file is missing.
        stored_at: the URL of the folder of which this is a copy; empty: it is no copy.

    Raises:
        CassetteDamaged: the file is damaged; it is not changed.
        UsageError: the mode is unknown, or the file's name is for another format.

    """

    def __init__(
        self,
        path: Path,
        mode: Mode,
        began: datetime,
        *,
        repeat: bool = False,
        before: Recordings | None = None,
        remedies: Remedies = IN_PYTEST,
        matching: Matching = DEFAULT,
    ) -> None:
        if mode not in MODES:
            msg = f"record must be one of {', '.join(MODES)}, got {mode!r}"
            raise UsageError(msg)
        self.path = path
        self._before = _loaded(path) if before is None else before
        self._remedies = remedies
        self._matching = matching
        self.shared, self.single, self.owner = False, False, ""
        self.candidates: Callable[[], Iterable[Path]] = tuple
        self.stored_at = ""
        self._mode = mode
        self._began, self._run = began, run_name(began)
        # whether this session (another test, another worker) made every recording in the file
        is_new = mode == "once" and not any(map(self._is_old, self._before))
        is_marked = bool(self._before.unfinished or self._before.failed)  # this recording continues or replaces it
        self.records = is_new or is_marked if mode == "once" else mode != "none"
        if self.records and path.suffix.lower() == ".json":
            raise UsageError(_NOT_JSON.format(path=path))
        self._repeat = repeat
        self._keys = () if mode == "all" or is_new else self._before.keys(matching)
        self._index = Index(self._keys, repeat=repeat)
        self._lock = threading.Lock()
        self._recorder: Recorder | None = None
        self._closed = False
        self.added = 0
        self.recording = ""

    @cached_property
    def other_hosts(self) -> frozenset[str]:
        """Recorded hosts of other products: a cassette that vcrpy recorded may have them, so they are played."""
        names = {host_name(request.host) for request in self._before.requests()}
        return frozenset(name for name in names if name.endswith(f".{SERVICE_DOMAIN}") and not is_service_host(name))

    def take(self, request: Request) -> tuple[int, Recording] | None:
        """Return the next recording for a scrubbed request, with its position; None where there is none.

        Its digest may not have been compared yet: see `compared`.
        """
        fits = partial(self._fits, request) if self._matching.matchers else None
        position = self._index.take(self._matching.key(request), fits)
        if position is None:
            return None
        return position, self._before.unverified(position)

    def take_unscrubbed(self, request: Request) -> tuple[int, Recording] | None:
        """Return the next recording for a request before it is scrubbed, if matching is the default; else None."""
        return self.take(request) if self._matching == DEFAULT else None

    @property
    def records_all(self) -> bool:
        """Whether every request is recorded because nothing can be played: no lookup is needed."""
        return self.records and not self._keys

    @property
    def replaces(self) -> bool:
        """Whether the recordings of this session replace all earlier ones."""
        return self._mode == "all"

    @property
    def match_on(self) -> tuple[str, ...]:
        """The parts of requests that match, for another process; matchers stay here, so that all parts then count."""
        return DEFAULT.names if self._matching.matchers else self._matching.names

    def at(self, position: int) -> Recording:
        """Return the recording at a position."""
        return self._before[position]

    @cached_property
    def lines(self) -> Sequence[int | None]:
        """The line at which each recording begins; None where it is unknown."""
        return self._before.lines

    @property
    def size(self) -> int:
        """Number of recordings when the cassette was opened."""
        return len(self._before)

    def played(self) -> frozenset[int]:
        """Return the positions that were requested; with ``repeat``, one of identical recordings counts for all."""
        played = self._index.played
        is_known = not self._repeat or len(played) == self.size
        return played if is_known else self._before.repeats_of(played, self._matching)

    @property
    def match_groups(self) -> list[int] | None:
        """See `Recordings.match_groups`."""
        return self._before.match_groups(self._matching)

    def explain_miss(self, request: Request) -> Miss:
        """Return why no recording matches a scrubbed request, which is closest, and the fix."""
        if files_are_fake():
            headline = f"no recording matches {request.method} {masked_url(request.url)}"
            return Miss(headline, (f"pyfakefs hides the real files, and {self.path} among them.",), PAUSE_FAKE_FILES)
        where = str(self.path) if recorded(self.path) else f"{self.path} (which does not exist)"
        matching = self._matching
        if reason := self._failed_reason(matching.key(request)):
            return failed_before(request, where, reason, self._remedies.resume)
        if not (self._before or recorded(self.path)):
            key, record = matching.key(request), self._remedies.resume
            candidates = self.candidates()
            fix = explain_missing(
                self.path, candidates, lambda file: key in file.keys(matching), self.stored_at, record
            )
            return Miss.of(request, where, *fix)
        requests, played = self._before.requests(matching), self._index.played
        miss = explain_miss(request, requests, played, where, self._remedies, matching=matching)
        return miss.in_unfinished(self._remedies.resume) if self._before.unfinished else miss

    def _failed_reason(self, key: Hashable) -> str:
        """Return why a request's recording, or the test's own one, is not played; empty where no test failed."""
        excluded = [each for each in self._before.excluded if self._matching.key(each.exchange.request) == key]
        same = map(self._before.failure_of, excluded)
        failed = failed_of(self._before.failed, self.owner)
        return next(iter([*same, *failed.values()]), "")

    def add(self, recording: Recording) -> None:
        """Add an exchange; it is safe when this returns. Raises `CassetteError` where it cannot be written."""
        with self._lock:
            if self._closed:
                raise CassetteError(_AFTER_CLOSE.format(path=self.path))
            if self._recorder is None:
                if files_are_fake():
                    raise CassetteError(_FILES_ARE_FAKE.format(path=self.path))
                self._recorder = open_for_recording(self.path, self.owner, self._run)
                self.recording = self._recorder.name
            recorder = self._recorder
        recorder.append(recording)
        with self._lock:
            self.added += 1

    def share(self) -> Channel:
        """Prepare for child processes that play and record, too; return the channel to them."""
        channel = Channel(self.path, bytes(self._index.taken))
        self._index.share(channel.taken, channel.positions)
        with self._lock:
            if self.records and self._recorder is None:
                # children add to the same recording
                self._recorder = open_for_recording(self.path, self.owner, self._run)
        return channel

    @property
    def locks(self) -> tuple[threading.Lock, ...]:
        """The locks to hold during a fork; otherwise a child could inherit a lock that no thread releases."""
        return self._lock, self._index.lock

    def count_added(self, recording: Recording) -> None:
        """Count an exchange that a child added."""
        del recording  # it is in the journal
        with self._lock:
            self.added += 1

    def close(self, *, finished: bool, failure: str = "") -> None:
        """Close the file. An unfinished recording is marked so; in mode ``all`` it is removed and the old one stays.

        ``failure`` says why its test failed; the recording is then not played.
        """
        with self._lock:
            recorder, self._recorder = self._recorder, None
            self._closed = True
        if recorder is not None and recorder.has_exchanges():
            self.recording = recorder.name
        else:
            recorder = None
        # an unfinished recording only needs its end mark; a failed one was not recorded again
        is_marked = bool(self._before.unfinished or failed_of(self._before.failed, self.owner))
        if recorder is None and finished and is_marked and self._mode in ("once", "new_episodes"):
            recorder = open_for_recording(self.path, self.owner, self._run)
        if recorder is None:
            return
        if (self.replaces and not finished) or (self.single and self._has_duplicate(recorder.name)):
            recorder.discard()
        else:
            recorder.close(finished=finished, replaced=self._replaced(), failure=failure)

    def _has_duplicate(self, name: str) -> bool:
        """Return whether another process has made the same recording in this session."""
        file = load_unmarked(self.path)
        counts = Counter(each.session for each in file if not self._is_old(each))
        others = counts.keys() - {name, *file.unfinished}
        return any(counts[each] >= self.added for each in others)  # a recording that continued this one is smaller

    def _is_old(self, recording: Recording) -> bool:
        return recording.provenance.is_older_than(self._began)

    def _fits(self, request: Request, position: int) -> bool:
        return self._matching.fits(request, self._before[position].exchange.request)

    def _replaced(self) -> tuple[str, ...]:
        if self.shared or not self.replaces:
            return ()
        old = (name for recording, name in with_ids(self._before) if self._is_old(recording))
        return (*old, *(each.id for each in self._before.excluded if self._is_old(each)))


def _loaded(path: Path) -> Recordings:
    """Return the recordings of a file, if there is one, without those whose test failed."""
    file: Recordings = load(path) if recorded(path) else Listed()
    return Listed(file) if file.failed else file
