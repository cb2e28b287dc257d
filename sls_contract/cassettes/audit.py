"""Check a cassette on disk: every exchange against the contract, every byte against the secrets of the run."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from sls_contract.cassettes.file.journal import journal_of
from sls_contract.cassettes.ledger import Entry, age_findings
from sls_contract.cassettes.matching import IN_FILES, Remedies
from sls_contract.cassettes.opening import opened
from sls_contract.cassettes.recording import Evidence, Integrity, Recording
from sls_contract.cassettes.relations import Relations
from sls_contract.cassettes.results import FOREIGN, Results
from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.cassettes.scrub.findings import clean_verdict, names_of_others
from sls_contract.cassettes.scrub.others import OtherNames
from sls_contract.checks import judge
from sls_contract.errors import CassetteDamaged, CassetteError
from sls_contract.signing import STEPS, TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials, Searches
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from sls_contract.checks.sequence import ClauseResults

_ABOUT_SIGNATURES = (clause("signature-authorization").code, clause("authentication-served").code)


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The settings of a check.

    Attributes:
        now: the time, aware; ages are measured up to it.
        credentials: the run's own keys: they verify signatures, and the written bytes are scanned for them. The public
            test keys verify recordings, too.
        max_age: how long ago an exchange may last have agreed with its endpoint; None: any time.

    """

    now: datetime
    credentials: tuple[Credentials, ...] = ()
    max_age: timedelta | None = None


class Placed(NamedTuple):
    """A finding, the position of its exchange (None: it concerns the file), and its line (None: unknown)."""

    finding: Finding
    position: int | None
    line: int | None


class SequenceJudge(Protocol):
    """Judges exchanges together with earlier ones: `Relations`, or an object that defers that."""

    def follow(self, recording: Recording, position: int) -> ClauseResults:
        """Judge a recording at its position."""

    def lose(self) -> None:
        """Note that an exchange is missing."""


@dataclass(slots=True)
class Audit:
    """Judges the exchanges of one cassette in their order; its content, and the findings about it.

    Attributes:
        path: path of the cassette.
        settings: the settings of the check.
        others: the names of others in it; None: SLS612 is not checked.
        relations: judges each exchange together with earlier ones.
        remedies: how the user can fix its recordings.
        scrubber: removes secrets from findings, and those that it discovered in the cassette.
        entry: evidence and age of its exchanges.
        findings: findings about the file itself (damage, secrets), each with its line, or None for an unknown line.
        results: findings about its exchanges.
        lines: the line, counted from 1, at which each exchange begins; None where it is unknown.
        failure: why the file could not be read at all; None where it was read.

    """

    path: Path
    settings: AuditSettings
    others: OtherNames | None = field(default_factory=OtherNames)
    relations: SequenceJudge = field(default_factory=Relations)
    remedies: Remedies = IN_FILES
    scrubber: Scrubber = field(init=False)
    entry: Entry = field(init=False)
    findings: list[tuple[Finding, int | None]] = field(default_factory=list)
    results: Results = field(default_factory=Results)
    searches: Searches = field(default_factory=Searches)
    lines: tuple[int | None, ...] = ()
    failure: str | None = None

    def __post_init__(self) -> None:
        self.scrubber, self.entry = Scrubber(self.settings.credentials), Entry(self.settings.now)

    @property
    def placed(self) -> Iterator[Placed]:
        """Every finding with its place; those about the file come first."""
        yield from (Placed(finding, None, line) for finding, line in self.findings)
        for breach in self.results.breaches:
            position = breach.position
            yield Placed(breach.finding, position, None if position is None else self.lines[position])

    def add_damage(self, damage: CassetteDamaged) -> None:
        """Add the finding for damage; exchanges after it are not judged together with those before it."""
        self.findings.append(damage_finding(damage))
        self.relations.lose()

    def add(self, recording: Recording, position: int, reason: str = "") -> None:
        """Judge the next recording, without an incomplete response; ``reason`` says why its test failed, if it did."""
        origin, scrub = recording.provenance, self.scrubber.text
        hidden = hidden_clauses(recording)
        public = (TEST_CREDENTIALS, TEST_STS_CREDENTIALS)
        keys = () if recording.signature_replaced else (*self.settings.credentials, *public)
        verdict = judge(
            recording.complete_exchange, credentials=keys, at=origin.at, without=hidden, searches=self.searches
        )
        if hidden and verdict.operation != FOREIGN:
            verdict = replace(verdict, findings=(*verdict.findings, _unverified_finding()))
        self.scrubber.register_cookies(recording.exchange)
        self.entry.add(origin)
        self.results.count(
            recording.exchange, (clean_verdict(verdict, scrub),), origin.evidence, position, origin.agreed
        )
        related = clean_verdict(self.relations.follow(recording, position), scrub)
        self.results.relate(related, recording.exchange, position)
        reported = {finding.code for finding in verdict.findings}  # report a clause once for each recording
        findings = [
            finding for finding in recording_findings(recording, self.remedies.renew) if finding.code not in reported
        ]
        if reason:
            fix = "fix the test, then record it again (pytest --sls-record=once)"
            findings.append(clause("recording-failed").finding("recording", "a test that passed", reason, fix))
        findings += self._name_findings(recording)
        if self.settings.max_age is not None:
            findings += age_findings(origin, self.settings.max_age, self.settings.now, self.remedies)
        self.results.add(findings, recording.exchange, position)

    def _name_findings(self, recording: Recording) -> list[Finding]:
        """Return the finding for names that belong to others. Only the real service returns real names."""
        if self.others is None:
            return []
        self.others.add_own(recording.exchange.request)
        if recording.provenance.evidence is not Evidence.LIVE:
            return []
        public = {text.rpartition(": ")[2] for text in recording.substitutions}
        found = self.others.found(recording.exchange, public)
        return [names_of_others(found, self.remedies.rename)] if found else []


def audit(path: Path, settings: AuditSettings) -> Audit:
    """Judge every exchange of a cassette at the time it was recorded, and scan the file for secrets.

    A damaged or unreadable file does not raise: damage becomes a finding for each damaged exchange, and ``failure``
    says why a file could not be read.
    """
    found = Audit(path, settings)
    try:
        if path.exists() and not path.is_file():
            found.failure = "no regular file"
            return found
        _judge_file(found)
        found.entry.clean(found.scrubber.text)
        found.findings += _leaks(path, found.scrubber)
    except OSError as error:
        found.failure = error.strerror or str(error)
    except CassetteError as error:
        found.failure = str(error).partition("\n")[0].removeprefix(f"{path} ")
    return found


def _judge_file(found: Audit) -> None:
    """Judge each exchange of a file; a damaged one does not hide the others."""
    try:
        file = opened(found.path)
    except CassetteDamaged as damage:
        found.add_damage(damage)
        return
    found.lines = tuple(file.lines)
    for position in range(len(file)):
        try:
            recording = file[position]
        except CassetteDamaged as damage:
            found.add_damage(damage)
        else:
            found.add(recording, position, file.failure_of(recording))


def hidden_clauses(recording: Recording) -> tuple[str, ...]:
    """Return the codes of the clauses that a recording without its signature cannot show.

    Other recorders advise users to filter the Authorization header; the usual replacement is one word.
    """
    values = recording.exchange.request.headers.get_all("authorization")
    removed = recording.signature is None and not any(" " in value.strip() for value in values)
    return _ABOUT_SIGNATURES if removed else ()


def recording_findings(recording: Recording, renew: str) -> list[Finding]:
    """Return the findings about a recording itself: edited, of unknown origin, wrongly signed, without a response.

    ``renew`` is the way to record it again.
    """
    findings = []
    if recording.integrity is Integrity.EDITED:
        findings.append(_finding("recording-edited", "the digest of what was recorded", "another digest", renew))
    if recording.provenance.evidence is Evidence.UNKNOWN:
        findings.append(_finding("recording-provenance", "evidence, endpoint, time", "none", renew))
    if recording.signature is not None and recording.signature.verdict == "invalid":
        findings.append(_signature_finding(recording.signature.step))
    if recording.incomplete:
        findings.append(_finding("recording-incomplete", "a response", recording.broken or "none", renew))
    return findings


def _signature_finding(step: str) -> Finding:
    """Return the finding for a step that was wrong at recording time: the stored signature is a replacement."""
    known = step if step in STEPS else "digest"  # a file may have been edited
    expected, actual = "a signature that verifies", f"when it was recorded, the first wrong step was {known}"
    return clause(f"signature-{known}").finding("signature", expected, actual, "correct the client and record it again")


def _unverified_finding() -> Finding:
    expected, actual = "the Authorization that the client sent", "none: the recorder that wrote this file removes it"
    fix = "record it again with sls-contract, which signs recordings with the public test key"
    return clause("signature-not-verified").finding("header Authorization", expected, actual, fix)


def _finding(slug: str, expected: str, actual: str, renew: str) -> Finding:
    return clause(slug).finding("recording", expected, actual, f"record it again ({renew})")


def damage_finding(damage: CassetteDamaged) -> tuple[Finding, int | None]:
    """Return the finding for damage, with its line."""
    damage.record_by(IN_FILES.resume)
    place = "file" if damage.line is None else f"line {damage.line}"
    return clause("recording-damaged").finding(
        place, "what was recorded", damage.reason, damage.how_to_fix
    ), damage.line


def _leaks(path: Path, scrubber: Scrubber) -> Iterator[tuple[Finding, int | None]]:
    """Scan the bytes of the file, and of a journal that could not be folded into it."""
    yield from leak_findings(path.read_bytes() if path.exists() else b"", scrubber)
    journal = journal_of(path)
    for finding, _ in leak_findings(journal.read_bytes(), scrubber, "journal, ") if journal.exists() else ():
        yield finding, None


def leak_findings(
    data: bytes, scrubber: Scrubber, place: str = "", first: int = 1
) -> Iterator[tuple[Finding, int | None]]:
    """Yield a finding for each secret in some bytes, with its line; ``first`` is the line of the first byte."""
    for leak in leaks(data, scrubber):
        line, advice = leak.line + first - 1, "revoke the key, then record again"
        where = f"{place}line {line}"
        yield clause("secret-in-recording").finding(where, f"no {leak.kind}", leak.excerpt, advice), line
