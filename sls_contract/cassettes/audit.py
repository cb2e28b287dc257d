"""A cassette on disk, judged: every exchange against the contract, every byte against the secrets of the run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sls_contract.cassettes.cassette import load_cassette
from sls_contract.cassettes.recording import Evidence, Integrity
from sls_contract.cassettes.scrub import leaks
from sls_contract.cassettes.tally import Tally
from sls_contract.checks import judge
from sls_contract.errors import CassetteDamaged
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sls_contract.cassettes.recording import Recording

SUFFIXES = (".yaml", ".yml", ".json")
JOURNAL = ".journal"


@dataclass(slots=True)
class Audit:
    """What one cassette holds and what was found in it.

    ``findings`` are about the file itself (damage, secrets); ``tally`` has those about its exchanges.
    """

    path: Path
    evidence: Evidence | None = None
    findings: list[Finding] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    @property
    def placed(self) -> Iterator[tuple[Finding, int | None]]:
        """Every finding with the position of its exchange; None where it is about the file."""
        yield from ((finding, None) for finding in self.findings)
        yield from ((breach.finding, breach.position) for breach in self.tally.breaches)


def cassettes_below(path: Path) -> Iterator[Path]:
    """Yield the cassettes at or below a path, sorted: files named as such, and what only a journal holds yet."""
    if not path.is_dir():
        yield path
        return
    found = {each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file() and _holds_recordings(each)}
    found |= {each.with_name(each.name.removesuffix(JOURNAL)) for each in path.rglob(f"*{JOURNAL}")}
    yield from sorted(found)


def audit(path: Path, credentials: Iterable[Credentials] = ()) -> Audit:
    """Judge every exchange of a cassette at the time it was recorded, and scan the file for secrets.

    A damaged file is a finding, not an exception. ``credentials`` are the run's own: signatures made with them are
    verified, and they are hunted in the written bytes; recordings are verified with the public test key.
    """
    keys = tuple(credentials)
    found = Audit(path)
    try:
        cassette = load_cassette(path)
        found.evidence = cassette.evidence
        for position, recording in enumerate(cassette.recordings):
            _judge(found.tally, recording, position, keys)
    except CassetteDamaged as damage:
        found.findings.append(_damage(damage))
    found.findings += _leaks(path, keys)
    return found


def _judge(tally: Tally, recording: Recording, position: int, keys: tuple[Credentials, ...]) -> None:
    provenance = recording.provenance
    verdict = judge(recording.exchange, credentials=_keyring(recording, keys), at=provenance.recorded_at)
    tally.count(recording.exchange, (verdict,), provenance.evidence, position)
    tally.add(about_recording(recording), recording.exchange, position)


def _keyring(recording: Recording, keys: tuple[Credentials, ...]) -> tuple[Credentials, ...]:
    """Return what a recording's signature can be verified with: nothing, where it was replaced by a marked one."""
    if recording.signature is not None and recording.signature.verdict != "verified":
        return ()
    return (*keys, TEST_CREDENTIALS, TEST_STS_CREDENTIALS)


def about_recording(recording: Recording) -> list[Finding]:
    """Return what a recording says about itself: edited, of unknown origin, wrongly signed, unanswered."""
    findings = []
    if recording.integrity is Integrity.EDITED:
        findings.append(_finding("recording-edited", "the digest of what was recorded", "another digest"))
    if recording.provenance.evidence is Evidence.UNKNOWN:
        findings.append(_finding("recording-provenance", "evidence, endpoint, time", "none"))
    if recording.signature is not None and recording.signature.verdict == "invalid":
        findings.append(_wrong_signature(recording.signature.step))
    if recording.unanswered:
        findings.append(_finding("recording-unanswered", "an answer", recording.broken or "none"))
    return findings


def _wrong_signature(step: str) -> Finding:
    """Say which step was wrong when it was recorded: what is stored stands in for the real signature."""
    expected, actual = "a signature that verifies", f"one whose first wrong step was {step}, when it was recorded"
    return clause(f"signature-{step}").finding("signature", expected, actual, "correct the client and record it again")


def _finding(slug: str, expected: str, actual: str) -> Finding:
    return clause(slug).finding("recording", expected, actual, "record it again (pytest --sls-record=all)")


def _damage(damage: CassetteDamaged) -> Finding:
    place = "file" if damage.line is None else f"line {damage.line}"
    advice = "restore the file from version control, or delete it and record again (pytest --sls-record=once)"
    return clause("recording-damaged").finding(place, "what was recorded", damage.reason, advice)


def _leaks(path: Path, keys: tuple[Credentials, ...]) -> Iterator[Finding]:
    """Scan the file's bytes; the journal's, too, where one could not be folded in."""
    journal = path.with_name(path.name + JOURNAL)
    for each in (path, journal):
        if each.exists():
            for leak in leaks(each.read_bytes(), keys):
                yield clause("secret-in-recording").finding(
                    f"line {leak.line}", f"no {leak.kind}", leak.excerpt, "revoke the key, then record again"
                )


def _holds_recordings(path: Path) -> bool:
    """Tell a cassette from other YAML and JSON in a folder: ours by name, others by vcrpy's two top-level keys."""
    if path.name.endswith(".sls.yaml"):
        return True
    text = path.read_bytes()
    return b"interactions" in text and b"version" in text
