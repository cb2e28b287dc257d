"""The settings of an open cassette."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sls_contract.cassettes.matching import DEFAULT, IN_PYTEST, Matching, Remedies
from sls_contract.cassettes.recording import Evidence
from sls_contract.signing import Credentials, request_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sls_contract.cassettes.player import Mode
    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.exchange import Request, Send

CLOCKS_DIFFER = timedelta(seconds=1)
"""A greater difference shows that two clocks differ, and not that one was read twice."""


def seen_by_client(request: Request, now: datetime, seen: datetime) -> datetime:
    """Return the time by which the date of a request is judged: ``now``, the real time, or ``seen``, that of a test.

    A set clock is not visible to all code (freezegun ignores some modules): the time nearer to that date counts.
    """
    dated = request_time(request) if abs(seen - now) > CLOCKS_DIFFER else None
    return seen if dated is None else min(seen, now, key=lambda each: abs(each - dated))


@dataclass(frozen=True, slots=True)
class Opening:
    """The settings of an open cassette.

    Attributes:
        path: the file.
        record: the record mode, see `Player`.
        scrubber: removes secrets from everything that is written or shown.
        owns: whether a Host belongs to the cassette.
        clock: returns the real time, aware, for the dates of recordings.
        seen: returns the time that clients see, aware, by which their dates are judged. None: the real time.
        began: when the session began, aware.
        credentials: the key of the run. While recording, it or a public test key must sign requests; in replay it may.
            None: the public test keys.
        send: returns the responses while recording, instead of the network.
        evidence: what a response of ``send`` proves.
        repeat: whether the last of identical recordings is played repeatedly.
        endpoint: the endpoint of ``send``, for the provenance of recordings; empty: the one that the request names.
        max_age: how long ago a played exchange may have been validated; None: any time.
        mirror: is called with each played request, so that its state follows the recording.
        single: whether only one of equal recordings is kept that processes make at the same time.
        owner: the test that records.
        candidates: returns the cassettes that may be this one under an old name; called where the file is missing.
        stored_at: the URL of the folder of which the cassette is a copy; empty: it is no copy.
        matching: how a request matches its recording.
        remedies: how the user can fix a missing recording.

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
    max_age: timedelta | None = None
    candidates: Callable[[], Iterable[Path]] = tuple
    stored_at: str = ""
    mirror: Send | None = None
    single: bool = False
    matching: Matching = DEFAULT
    remedies: Remedies = IN_PYTEST
    owner: str = ""
    seen: Callable[[], datetime] | None = None

    def now(self, request: Request) -> tuple[datetime, datetime]:
        """Return the real time, and the time that the client sees, by which the date of a request is judged."""
        now = self.clock()
        return now, now if self.seen is None else seen_by_client(request, now, self.seen())
