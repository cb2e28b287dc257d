"""Findings in the exchanges that vcrpy records and plays, and when they are raised."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.adapters.vcrpy.remedies import IN_VCRPY
from sls_contract.cassettes.exchanges import Judge, recording_of_scrubbed, written_secrets
from sls_contract.cassettes.recording import Evidence, Recording, with_integrity
from sls_contract.cassettes.results import Results, failing, message
from sls_contract.clock import test_now, utc_now
from sls_contract.errors import CassetteDamaged, CassetteError, ContractViolation
from sls_contract.exchange import OWN_RESPONSE, Exchange, Request

if TYPE_CHECKING:
    import os

    from sls_contract.cassettes.scrub import Scrubber
    from sls_contract.signing import Credentials
    from sls_contract.spec import Finding

When: TypeAlias = Literal["end", "now", "collect"]
"""``end``: when the cassette is closed; ``now``: from the client's call; ``collect``: never."""


class Checks:
    """The findings of a ``vcr.VCR``, over all its cassettes; made and returned by `register`, with its settings."""

    def __init__(
        self, credentials: Credentials | None, evidence: Evidence, scrubber: Scrubber, *, strict: bool, when: When
    ) -> None:
        self._credentials, self._evidence, self._scrubber = credentials, evidence, scrubber
        self._strict, self._when = strict, when
        self._judge = Judge(scrubber, credentials, IN_VCRPY)
        self._results = Results(keep=True)
        self._raised = 0
        self._has_recorded = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings so far, in the order of discovery; every level, raised or not."""
        return tuple(breach.finding for breach in self._results.breaches)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The exchanges so far, recorded and played, scrubbed."""
        return tuple(self._results.seen)

    def record(self, exchange: Exchange) -> Recording | None:
        """Judge a new exchange and return its recording; None for a response of sls-contract itself."""
        if exchange.response is not None and OWN_RESPONSE in exchange.response.headers:
            self._judge.refuse_own(self._results, exchange.request, exchange.response)
            return None
        self._has_recorded = True
        now, seen, evidence = utc_now(), test_now(), self._evidence
        scrubbed = self._scrubber.exchange(exchange, live=evidence is Evidence.LIVE)
        self._judge.recorded(self._results, exchange, scrubbed, evidence, seen)
        return recording_of_scrubbed(scrubbed, evidence, now, seen)

    def play(self, request: Request, recording: Recording) -> None:
        """Judge a request and the recording that is played for it."""
        shown = Exchange(self._scrubber.request(request), recording.exchange.response)
        self._judge.played(self._results, request, lambda: shown, with_integrity(recording), test_now())

    def scan(self, path: os.PathLike[str] | str) -> None:
        """Scan a written file for secrets."""
        for secret in written_secrets(Path(path), self._credentials, IN_VCRPY.scrub):
            self._results.fail(secret)

    def write_failed(self, error: Exception) -> None:
        """Store an error of writing; it is raised when vcrpy has restored the clients."""
        if isinstance(error, CassetteDamaged):
            error.record_by(IN_VCRPY.resume)
        self._results.fail(str(error))

    def raise_now(self) -> None:
        """Raise new findings if ``check`` is ``now``."""
        if self._when == "now":
            self._raise("this exchange")

    def raise_at_end(self, where: str, error: BaseException | None) -> None:
        """Raise findings not raised before; beside another ``error``, a failure to write becomes its note."""
        failures = self._results.take_errors()
        if error is not None:
            for failure in failures:
                error.add_note(failure)
            return
        if failures:
            raise CassetteError("\n\n".join(failures))
        if self._when != "collect":
            self._raise(where)

    def _raise(self, where: str) -> None:
        breaches, self._raised = self._results.since(self._raised)
        if broken := failing(breaches, strict=self._strict):
            text = message(broken, where)
            shown = self._scrubber.masked(text) if self._has_recorded else text
            raise ContractViolation(shown, (breach.finding for breach in broken))
