"""A cassette on disk, judged: every exchange against the contract, every byte against the secrets of the run."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sls_contract.cassettes.file.journal import journal_of
from sls_contract.cassettes.file.recording_file import load
from sls_contract.cassettes.recording import Evidence, Integrity, weakest
from sls_contract.cassettes.scrub import leaks
from sls_contract.cassettes.tally import Tally
from sls_contract.checks import judge
from sls_contract.errors import CassetteDamaged, CassetteError
from sls_contract.signing import STEPS, TEST_CREDENTIALS, TEST_STS_CREDENTIALS, Credentials
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sls_contract.cassettes.file.reader import CassetteFile
    from sls_contract.cassettes.recording import Recording

OURS = ".sls.yaml"
SUFFIXES = (".yaml", ".yml", ".json")
JOURNAL = ".journal"

_INTERACTIONS = re.compile(rb"""(?m)^["']?interactions["']?\s*:|[{,]\s*"interactions"\s*:""")
_OF_VCRPY = re.compile(rb"""\buri["']?\s*:|\bversion["']?\s*:\s*1\b""")


@dataclass(slots=True)
class Audit:
    """What one cassette holds and what was found in it.

    Attributes:
        path: where it stands.
        evidence: the weakest of its exchanges; None where it has none.
        findings: about the file itself (damage, secrets), each with its line, None where none can be named.
        tally: what was found in its exchanges.
        lines: the line, counted from 1, at which each exchange begins, as far as the file tells.
        failure: why the file could not be read at all; None where it was.

    """

    path: Path
    evidence: Evidence | None = None
    findings: list[tuple[Finding, int | None]] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    lines: tuple[int | None, ...] = ()
    failure: str | None = None

    @property
    def placed(self) -> Iterator[tuple[Finding, int | None, int | None]]:
        """Every finding with the position of its exchange (None: it is about the file) and its line (None: unknown)."""
        yield from ((finding, None, line) for finding, line in self.findings)
        for breach in self.tally.breaches:
            position = breach.position
            yield breach.finding, position, None if position is None else self.lines[position]


def cassettes_below(path: Path, missed: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Yield the cassettes at or below a path, sorted: files named as such, and what only a journal holds yet.

    Links are followed, each folder is visited once. ``missed`` is told of every folder that cannot be read.
    """
    if not path.is_dir():
        yield path
        return
    files = list(_files_below(path, missed))
    found = {each for each in files if each.suffix in SUFFIXES and _holds_recordings(each)}
    journals = (each for each in files if each.suffix == JOURNAL and each.stat().st_size)
    found |= {each.with_suffix("") for each in journals if each.with_suffix("").suffix in SUFFIXES}
    yield from sorted(found)


def _files_below(path: Path, missed: Callable[[OSError], None] | None) -> Iterator[Path]:
    seen: set[str] = set()
    for folder, folders, files in os.walk(path, onerror=missed, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(real)
        yield from (Path(folder, name) for name in files)


def audit(path: Path, credentials: Iterable[Credentials] = ()) -> Audit:
    """Judge every exchange of a cassette at the time it was recorded, and scan the file for secrets.

    Neither a damaged file nor one that cannot be read raises: the first is a finding for each damaged exchange, the
    second is told in ``failure``. ``credentials`` are the run's own: signatures made with them are verified, and they
    are hunted in the written bytes; recordings are verified with the public test key.
    """
    keys = tuple(credentials)
    found = Audit(path)
    try:
        if path.exists() and not path.is_file():
            found.failure = "no regular file"
            return found
        _read(found, keys)
        found.findings += _leaks(path, keys)
    except OSError as error:
        found.failure = error.strerror or str(error)
    except CassetteError as error:
        found.failure = str(error).partition("\n")[0]
    return found


def _read(found: Audit, keys: tuple[Credentials, ...]) -> None:
    try:
        file = load(found.path)
    except CassetteDamaged as damage:
        found.findings.append(_damage(damage))
        return
    found.lines = tuple(file.lines)
    evidences = [_judged(found, file, position, keys) for position in range(len(file))]
    found.evidence = weakest(each for each in evidences if each is not None) if any(evidences) else None


def _judged(found: Audit, file: CassetteFile, position: int, keys: tuple[Credentials, ...]) -> Evidence | None:
    """Judge one exchange and return what it proves; one that is damaged hides none of the others."""
    try:
        recording = file[position]
    except CassetteDamaged as damage:
        found.findings.append(_damage(damage))
        return None
    provenance = recording.provenance
    verdict = judge(recording.exchange, credentials=_keyring(recording, keys), at=provenance.recorded_at)
    found.tally.count(recording.exchange, (verdict,), provenance.evidence, position)
    told = {finding.code for finding in verdict.findings}  # what the form alone shows is not told twice
    about = [finding for finding in about_recording(recording) if finding.code not in told]
    found.tally.add(about, recording.exchange, position)
    return provenance.evidence


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
    known = step if step in STEPS else "digest"  # a file may have been edited
    expected, actual = "a signature that verifies", f"one whose first wrong step was {known}, when it was recorded"
    return clause(f"signature-{known}").finding("signature", expected, actual, "correct the client and record it again")


def _finding(slug: str, expected: str, actual: str) -> Finding:
    return clause(slug).finding("recording", expected, actual, "record it again (pytest --sls-record=all)")


def _damage(damage: CassetteDamaged) -> tuple[Finding, int | None]:
    place = "file" if damage.line is None else f"line {damage.line}"
    advice = "restore the file from version control, or delete it and record again (pytest --sls-record=once)"
    return clause("recording-damaged").finding(place, "what was recorded", damage.reason, advice), damage.line


def _leaks(path: Path, keys: tuple[Credentials, ...]) -> Iterator[tuple[Finding, int | None]]:
    """Scan the file's bytes; the journal's, too, where one could not be folded in."""
    for each in (path, journal_of(path)):
        if each.exists():
            for leak in leaks(each.read_bytes(), keys):
                place = f"line {leak.line}" if each == path else f"journal, line {leak.line}"
                advice = "revoke the key, then record again"
                finding = clause("secret-in-recording").finding(place, f"no {leak.kind}", leak.excerpt, advice)
                yield finding, leak.line if each == path else None


def _holds_recordings(path: Path) -> bool:
    """Tell a cassette from other YAML and JSON in a folder: ours by name, others by what vcrpy writes at the top.

    Ruby's VCR, Betamax and Pact write other keys. A file that cannot be read may be one, and is not passed over.
    """
    if path.name.endswith(OURS):
        return True
    try:
        text = path.read_bytes() if path.is_file() else b""
    except OSError:
        return True
    return bool(_INTERACTIONS.search(text) and _OF_VCRPY.search(text))
