"""Judge rules between the exchanges of one cassette, while their order is known and their endpoint is the same."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sls_contract.cassettes.recording import Evidence, Recording
from sls_contract.checks.consumption import Consumption, received_of
from sls_contract.checks.sequence import ClauseResults

if TYPE_CHECKING:
    from sls_contract.checks.consumption_received import Received

_SAME_STATE = timedelta(seconds=10)  # a restart of an endpoint between two exchanges takes longer
RELATED = frozenset({Evidence.LIVE, Evidence.REFERENCE})
"""The evidence of recordings whose relations are judged."""


class Relations:
    """Judges the exchanges of a cassette in order; safe from any thread.

    Examples of a document are unrelated, and other recorders drop exchanges: neither is judged. An endpoint that is not
    the service may have been restarted, with an empty state, between two recordings. The same holds for exchanges that
    are not in the order of their times: each that was complete before an earlier one was sent starts over, and so does
    the first that again is later than all of them. Clients may run on all the while: cursors that were given before
    stay known.
    """

    def __init__(self) -> None:
        self._consumption = Consumption()
        self._lock = threading.Lock()
        self._last: datetime | None = None
        self._sent: datetime | None = None
        self._latest: datetime | None = None
        self._next = 0
        self._broken = False

    def follow(self, recording: Recording, position: int) -> ClauseResults:
        """Judge a recording; no findings once a position does not follow the previous one."""
        with self._lock:
            self._broken |= position != self._next
            self._next = position + 1
        origin = recording.provenance
        return self.take(received_of(recording.complete_exchange, origin.at), origin.evidence, origin.at)

    def take(self, received: Received | None, evidence: Evidence, at: datetime | None) -> ClauseResults:
        """Judge an exchange that was complete ``at`` a time; no findings once exchanges were lost.

        ``received`` is its parsed form; None if it is related to no other.
        """
        if self._broken or evidence not in RELATED:
            return ClauseResults()
        with self._lock:
            paused = at is None or self._last is None or abs(at - self._last) > _SAME_STATE
            if self._is_out_of_order(received, at) or (paused and evidence is not Evidence.LIVE):
                self._consumption = self._consumption.renewed()
            self._last = at
            if received is None:
                return ClauseResults()
            return self._consumption.judge_received(received, of_service=evidence is Evidence.LIVE)

    def _is_out_of_order(self, received: Received | None, at: datetime | None) -> bool:
        """Return whether an exchange does not follow the one before it, but precedes or follows others."""
        if received is None or at is None:
            return False
        sent, self._sent = self._sent, received.moment.sent or at
        if sent is not None and at < sent:
            self._latest = max(self._latest or sent, sent)
            return True
        if self._latest is not None and at >= self._latest:
            self._latest = None
            return True
        self._sent = max(sent or self._sent, self._sent)
        return False

    def lose(self) -> None:
        """Judge nothing from now on: exchanges are missing, or their order is unknown."""
        self._broken = True
