"""What holds between the exchanges of one cassette, as long as their order and their service are the same."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from sls_contract.cassettes.recording import Evidence
from sls_contract.checks.consumption import Consumption, received_of
from sls_contract.checks.sequence import Judged
from sls_contract.exchange import Exchange

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.cassettes.recording import Recording
    from sls_contract.checks.consumption_received import Received

_SAME_STATE = timedelta(seconds=10)  # an endpoint that is not the service was hardly started anew within it
RELATED = frozenset({Evidence.LIVE, Evidence.REFERENCE})
"""What recordings of must be for their relations to be judged."""


class Relations:
    """Judges the exchanges of a cassette one after the other; safe from any thread.

    A document's examples have nothing to do with each other, and other recorders drop exchanges: neither is judged.
    Between two recordings an endpoint that is not the service may have begun anew, without what was written before.
    """

    def __init__(self) -> None:
        """Begin before the first exchange."""
        self._consumption = Consumption()
        self._lock = threading.Lock()
        self._last: datetime | None = None
        self._next = 0
        self._broken = False

    def follow(self, recording: Recording, position: int) -> Judged:
        """Judge a recording; nothing from the first on that does not stand behind the one before."""
        with self._lock:
            self._broken |= position != self._next
            self._next = position + 1
        exchange = recording.exchange
        whole = Exchange(exchange.request, None) if recording.unanswered else exchange
        return self.go_on(whole, recording.provenance.evidence, recording.provenance.at)

    def go_on(self, exchange: Exchange, evidence: Evidence, at: datetime | None) -> Judged:
        """Judge an exchange that was complete ``at``; nothing once exchanges were lost."""
        return self.take(received_of(exchange, at), evidence, at)

    def take(self, received: Received | None, evidence: Evidence, at: datetime | None) -> Judged:
        """Judge an exchange that is read already; None stands for one that is related to no other."""
        if self._broken or evidence not in RELATED:
            return Judged()
        with self._lock:
            paused = at is None or self._last is None or abs(at - self._last) > _SAME_STATE
            if paused and evidence is not Evidence.LIVE:
                self._consumption = Consumption()
            self._last = at
            return self._consumption.judge_received(received) if received is not None else Judged()

    def lose(self) -> None:
        """Judge nothing from now on: exchanges are missing, or their order is not known."""
        self._broken = True
