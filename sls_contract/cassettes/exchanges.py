"""One exchange that is recorded or played: its provenance, and how it is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sls_contract.cassettes.audit import hidden_clauses, recording_findings
from sls_contract.cassettes.file.layout import only_of
from sls_contract.cassettes.hosts import is_live, without_project
from sls_contract.cassettes.matching import IN_PYTEST
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, SignatureNote
from sls_contract.cassettes.scrub import leaks
from sls_contract.cassettes.scrub.findings import clean_verdict, names_of_others, unopened_body
from sls_contract.cassettes.session_settings import CLOCKS_DIFFER
from sls_contract.checks import judge, judge_request, judge_response
from sls_contract.exchange import Exchange, masked_url, split_url
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, access_key_id, region_of
from sls_contract.spec.version import CONTRACT_VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from sls_contract.cassettes.matching import Remedies
    from sls_contract.cassettes.results import Results
    from sls_contract.cassettes.scrub import Scrubbed, Scrubber
    from sls_contract.checks import Verdict
    from sls_contract.exchange import Request, Response
    from sls_contract.signing import Credentials


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges exchanges, and adds the scrubbed findings to the results.

    Attributes:
        scrubber: removes secrets from everything that is shown.
        credentials: the key of the run; None: the public test keys.
        remedies: how the user can fix a recording.

    """

    scrubber: Scrubber
    credentials: Credentials | None
    remedies: Remedies = IN_PYTEST

    def recorded(
        self, results: Results, wire_exchange: Exchange, scrubbed: Scrubbed, evidence: Evidence, seen: datetime
    ) -> None:
        """Judge the wire form of an exchange that took place at ``seen``; only the scrubbed form is shown."""
        verdict = judge(wire_exchange, credentials=self._key_for(wire_exchange.request), at=seen)
        results.count(scrubbed.exchange, self._clean([verdict]), evidence, agreed=seen)
        unopened = [unopened_body(place, self.remedies.allow) for place in scrubbed.unscanned]
        results.add(unopened, scrubbed.exchange)
        if scrubbed.others:
            results.add([names_of_others(scrubbed.others, self.remedies.rename)], scrubbed.exchange)

    def played(
        self,
        results: Results,
        request: Request,
        shown: Callable[[], Exchange],
        recording: Recording,
        seen: datetime,
        position: int | None = None,
    ) -> None:
        """Judge a request at time ``seen``, the recorded response at its own time, and the recording.

        ``shown`` returns the exchange for messages; it is called only if needed, since scrubbing is as slow as judging.
        """
        key = self.credentials
        keyring = None if key is None else (key, TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        if recording.incomplete:
            verdicts = [judge(Exchange(request, None), credentials=keyring, at=seen)]
        else:
            response_at, hidden = recording.provenance.at, hidden_clauses(recording)
            verdicts = [
                judge_request(request, credentials=keyring, at=seen),
                judge_response(recording.exchange, at=response_at, without=hidden),
            ]
        origin, findings = recording.provenance, recording_findings(recording, self.remedies.renew)
        needed = findings or results.shows_all_exchanges or any(verdict.findings for verdict in verdicts)
        exchange = shown() if needed else recording.exchange
        results.count(exchange, self._clean(verdicts), origin.evidence, position, origin.agreed)
        results.add(findings, exchange, position)

    def refuse_own(self, results: Results, request: Request, response: Response) -> None:
        """Report a response of an sls-contract tool: it is not recorded as a response of the service."""
        body = response.body.decode("utf-8", "replace")
        sent = f"{request.method} {masked_url(request.url)}"
        results.fail(self.scrubber.shown(f"not recorded: sls-contract itself responded to {sent}: {body}"))

    def _key_for(self, request: Request) -> Credentials | None:
        """Return the key that must have signed a recorded request: the run's, or the public test key that it names."""
        named = access_key_id(request)
        public = (key for key in (TEST_CREDENTIALS, TEST_STS_CREDENTIALS) if key.access_key_id == named)
        return None if self.credentials is None else next(public, self.credentials)

    def _clean(self, verdicts: list[Verdict]) -> list[Verdict]:
        return [clean_verdict(verdict, self.scrubber.shown) for verdict in verdicts]


def evidence_of(request: Request, peer: str) -> Evidence:
    """Return what a live response proves: only the real service's host, reached over a network, is ``live``."""
    return Evidence.LIVE if is_live(request.host, peer) else Evidence.REFERENCE


def recording_of_scrubbed(
    scrubbed: Scrubbed, evidence: Evidence, now: datetime, seen: datetime, endpoint: str = ""
) -> Recording:
    """Return the recording of an exchange that takes place ``now``; ``seen`` is the time of the client's clock.

    ``endpoint`` is the endpoint of the request, where the request does not name it.
    """
    request = scrubbed.exchange.request
    origin = Provenance(
        evidence=evidence,
        endpoint=endpoint or f"{split_url(request.url)[0]}://{without_project(request.host)}",
        region=region_of(request.host) or "",
        client=request.headers.get("user-agent", ""),
        recorded_at=now,
        validated_at=now,
        contract=CONTRACT_VERSION,
        clock=seen if abs(seen - now) > CLOCKS_DIFFER else None,
    )
    return Recording(
        scrubbed.exchange,
        origin,
        SignatureNote(scrubbed.signature, scrubbed.step or ""),
        tuple(f"{one.where}: {one.public}" for one in scrubbed.substitutions),
    )


def written_secrets(
    path: Path, credentials: Credentials | None, scrub: str = IN_PYTEST.scrub, recording: str = ""
) -> Iterator[str]:
    """Scan a written file as `sls-contract check` does; yield a message for each secret that the scrubber missed.

    ``scrub`` are the settings that name more secrets. If a ``recording`` is given, others in the file are not scanned.
    """
    try:
        written = path.read_bytes()
    except OSError:
        return  # it could not be written: already reported
    if recording:
        text = only_of(written.decode("utf-8", "surrogateescape"), recording)
        written = text.encode("utf-8", "surrogateescape")
    for leak in leaks(written, [credentials] if credentials is not None else []):
        yield (
            f"{path}:{leak.line}: SLS601 secret-in-recording: {leak.kind} was written: {leak.excerpt}\n"
            f"How to fix: delete the file, revoke the key if the file was shared, and name what leaked in {scrub}."
        )
