"""How a cassette is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sls_contract.cassettes.matching import DEFAULT, Matching
from sls_contract.cassettes.recording import Evidence
from sls_contract.signing import request_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.player import Mode
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.exchange import Request, Send
    from sls_contract.signing import Credentials

CLOCKS_DIFFER = timedelta(seconds=1)
"""More than this two looks at one clock are never apart."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a cassette is opened.

    Attributes:
        path: the file.
        record: the mode, see `Player`.
        scrubber: takes secrets out of whatever is written or shown.
        owns: tells whether a Host belongs to the cassette.
        clock: the real time, aware: what is recorded is dated by it.
        seen: the time that clients see, aware, which may be frozen: their dates are judged by it. None: the real time.
        began: when the session began, aware.
        credentials: the key of the run. While recording, requests must be signed with it or a public test key; in
            replay they may be. None: the public test keys.
        send: what answers while recording, instead of the network.
        evidence: what an answer of ``send`` proves.
        repeat: whether the last of identical recordings plays again and again.
        endpoint: what ``send`` reaches, for the provenance of recordings; empty: the endpoint that the request names.
        patient: whether exchanges are judged when the results is looked at, and not while the client waits; what is
            recorded is scrubbed and written before the client has it all the same.
        max_age: how long ago what is played may have been validated; None: as long as it likes.
        shadow: is told of what is played, so that it comes to the state that the recording left.
        single: whether of twins that other processes record at the same time only one is kept.
        owner: the test that records.
        candidates: gives the cassettes that may be this one under an old name, where the file is missing.
        stored_at: the URL of the folder of which the cassette is a copy; empty: it lies where it belongs.
        matching: on what a request matches its recording.

    """

    path: Path
    record: Mode
    scrubber: Scrubber
    owns: Callable[[str], bool]
    clock: Callable[[], datetime]
    began: datetime
    credentials: Credentials | None = None
    send: Send | None = None
    evidence: Evidence = Evidence.REFERENCE
    repeat: bool = False
    endpoint: str = ""
    patient: bool = False
    max_age: timedelta | None = None
    candidates: Callable[[], Iterable[Path]] = tuple
    stored_at: str = ""
    shadow: Send | None = None
    single: bool = False
    matching: Matching = DEFAULT
    owner: str = ""
    seen: Callable[[], datetime] | None = None

    def now(self, request: Request) -> tuple[datetime, datetime]:
        """Return the real time, and the one by which the date of a request is judged, as the client sees it.

        Where a clock is set, not all code need see that (freezegun lets some modules pass): then it is the nearer one.
        """
        now = self.clock()
        seen = now if self.seen is None else self.seen()
        said = request_time(request) if abs(seen - now) > CLOCKS_DIFFER else None
        if said is None:
            return now, seen
        return now, min(seen, now, key=lambda each: abs(each - said))
