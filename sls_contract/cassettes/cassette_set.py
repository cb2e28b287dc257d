"""Several cassettes as one player, for `sls-contract replay` and `send_from`."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate, chain
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cassettes.matching import Key, Miss, Remedies, explain_miss
from sls_contract.cassettes.opening import Recorded, opened
from sls_contract.cassettes.outcomes import outcome_of
from sls_contract.cassettes.places import cassettes_at
from sls_contract.cassettes.player import Player
from sls_contract.cassettes.recorder import Broken
from sls_contract.cassettes.recording import Evidence, Recording, weakest
from sls_contract.cassettes.recordings import Listed
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.clock import utc_now
from sls_contract.errors import CassetteError, EndpointError, UnmatchedRequest, UsageError
from sls_contract.hosts import is_address

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from datetime import datetime

    from sls_contract.exchange import Request, Response, Send

_RECORD = "sls-contract proxy --record new_episodes --cassette FILE"  # the default mode only plays an existing FILE
_IN_REPLAY = Remedies(_RECORD, "replay with --repeat last")


class CassetteSet(Player):
    """Every recording of several cassettes, in the order of the files; it plays, and never records.

    Args:
        paths: cassettes, HARs, and folders of them; a file with several names counts once.
        began: when the session began, aware.
        repeat: whether the last of identical recordings is played repeatedly.

    Raises:
        CassetteDamaged: an exchange or a whole file is damaged; every exchange is read here.
        CassetteError: a file or folder cannot be read.
        UsageError: a path does not exist, or has no recordings.

    """

    def __init__(self, paths: Iterable[Path], began: datetime, *, repeat: bool = False) -> None:
        self.files: tuple[Recorded, ...] = tuple(opened(path) for path in cassettes_at(paths, "played", _unreadable))
        self._ends = list(accumulate(len(file) for file in self.files))
        # parse now: damage must not surface in a client's request
        recordings = Listed([*chain.from_iterable(self.files)])
        if not recordings:
            msg = "nothing is recorded below the paths. How to fix: name cassettes, such as cassettes/."
            raise UsageError(msg)
        requests = recordings.requests()
        projects = {Key.of(request).project for request in requests}
        self._host = requests[0].host if len(projects) == 1 else None
        where = str(self.files[0].path) if len(self.files) == 1 else f"{len(self.files)} cassettes"
        super().__init__(Path(where), "none", began, repeat=repeat, before=recordings, remedies=_IN_REPLAY)

    @property
    def evidence(self) -> Evidence:
        """The weakest evidence among all recordings."""
        return weakest(file.evidence for file in self.files if len(file))

    def place(self, position: int) -> tuple[Path, int, int | None]:
        """Return file, exchange (counted from 0) and line of a position in the cassette set."""
        number = bisect_right(self._ends, position)
        file = self.files[number]
        exchange = position - (self._ends[number] - len(file))
        return file.path, exchange, file.lines[exchange]

    def take(self, request: Request) -> tuple[int, Recording] | None:
        """Return the next recording for a scrubbed request, with its position; None where there is none."""
        return super().take(self._with_recorded_host(request))

    def explain_miss(self, request: Request) -> Miss:
        """Return why no recording matches a scrubbed request, which is closest, in which file, and the fix."""
        requests, played, where = self._before.requests(), self._index.played, str(self.path)
        return explain_miss(self._with_recorded_host(request), requests, played, where, self._remedies, self._describe)

    def _with_recorded_host(self, request: Request) -> Request:
        """Return a request to an IP address, which names no project, with the recorded host where that is unique."""
        if self._host is None or not is_address(request.host):
            return request
        return request.replace(
            url=f"http://{self._host}{request.target}", headers=request.headers.with_field("Host", self._host)
        )

    def _describe(self, position: int) -> str:
        path, exchange, _ = self.place(position)
        return f"exchange {exchange} of {path}"


def _unreadable(error: OSError) -> None:
    msg = f"{error.filename} cannot be read: {error.strerror}\nHow to fix: name folders that you may read."
    raise CassetteError(msg)


class RecordedFailure(EndpointError):
    """The recorded attempt has no complete response; ``kind`` and ``partial`` are those of the `Broken`."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.detail or f"recorded without a complete response: {broken.kind}")
        self.kind = broken.kind
        self.partial = broken.partial


def send_from(path: os.PathLike[str] | str, *, repeat: bool = False) -> Send:
    """Return a `Send` that replays the recordings at a path: a cassette, a HAR, or a folder of them.

    Each recording is played once, in recorded order; with ``repeat``, the last of identical recordings is played
    repeatedly. Exchanges are not judged; for that, use `use_cassette`.

    Raises:
        CassetteDamaged: a file is damaged.
        UsageError: there are no recordings.
        UnmatchedRequest: from a call, where no recording is left for the request.
        RecordedFailure: from a call, where the recorded attempt has no complete response.

    """
    recordings, scrubber = CassetteSet([Path(path)], utc_now(), repeat=repeat), Scrubber()

    def send(request: Request) -> Response:
        scrubbed = scrubber.scrubbed_request(request)
        found = recordings.take(scrubbed)
        if found is None:
            raise UnmatchedRequest(str(recordings.explain_miss(scrubber.with_marked_signature(scrubbed))))
        outcome = outcome_of(found[1])
        if isinstance(outcome, Broken):
            raise RecordedFailure(outcome)
        return outcome

    return send
