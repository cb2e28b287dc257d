"""Judge chunks in any worker process and join the results in capture order.

A worker judges each exchange of a chunk by itself and scans the chunk for secrets. Relations between exchanges
(cursors, checkpoints, heartbeats) are judged by the parent process, in order, from the exchanges that can have any; so
the result does not depend on where a capture was split. Names of other consumer groups (SLS612) are reported only for
captures of one chunk.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.captures.compression import SUFFIXES
from sls_contract.captures.reading import failure_of, local_copy, recording_of
from sls_contract.captures.storage import is_url
from sls_contract.cassettes.audit import Audit, AuditSettings, Placed, audit, damage_finding, leak_findings
from sls_contract.cassettes.file.interaction import MalformedInteraction
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.ledger import Entry, digest_of_file, digest_with
from sls_contract.cassettes.matching import Remedies
from sls_contract.cassettes.relations import RELATED, Relations
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.cassettes.scrub.findings import clean_verdict
from sls_contract.cassettes.scrub.others import OtherNames
from sls_contract.checks.consumption import received_of
from sls_contract.checks.contract_map import ContractMap
from sls_contract.checks.sequence import ClauseResults
from sls_contract.errors import CassetteDamaged, CassetteError
from sls_contract.reports.examples import first_example, join_examples
from sls_contract.spec.registry import contracts_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sls_contract.captures.splitting import Chunk, Span
    from sls_contract.cassettes.recording import Evidence, Recording
    from sls_contract.checks.consumption_received import Received
    from sls_contract.exchange import Exchange
    from sls_contract.spec import Level

MOST_LISTED = 1000  # findings per clause and capture; the others are counted


class Related(NamedTuple):
    """An exchange to judge together with earlier ones; ``received`` is None if it has no relation to them.

    ``span`` is its place in its chunk, which the parent process still has.
    """

    position: int
    span: Span
    received: Received | None
    evidence: Evidence
    at: datetime | None


@dataclass(slots=True)
class Part:
    """The results for a chunk or a capture. Picklable: a worker returns it to the parent process.

    Attributes:
        source: path or URL of the capture.
        entry: the evidence of its exchanges and their age.
        placed: findings in order; those about the file precede those about exchanges.
        not_listed: the number of further findings, by code and level.
        lines: the line at which each exchange begins, where the format has lines.
        exchanges: the number of exchanges; ``not_judged``: of other services; ``unverified``: by signature.
        exercised: codes of the clauses that could have been broken.
        extents: the number of exchanges by how fully they were judged.
        failure: why the capture could not be read to its end; None if it was.
        last: whether this is the last part of the capture.
        examples: the exchange of the first finding of each clause, level and operation, scrubbed for the report.
        map: the clauses judged for each operation.
        digest: the digest of the content: captures with equal digests are the same.
        related: the exchanges that remain to be judged in order; None stands for missing exchanges.

    """

    source: str
    entry: Entry
    placed: list[Placed] = field(default_factory=list)
    not_listed: Counter[tuple[str, Level]] = field(default_factory=Counter)
    lines: list[int | None] = field(default_factory=list)
    exchanges: int = 0
    not_judged: int = 0
    unverified: int = 0
    exercised: set[str] = field(default_factory=set)
    extents: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    map: ContractMap = field(default_factory=ContractMap)
    failure: str | None = None
    last: bool = True
    digest: str = ""
    related: list[Related | None] = field(default_factory=list)

    @classmethod
    def of(cls, found: Audit) -> Part:
        """Return the results of an audit, with one exchange for each kind of finding."""
        results = found.results
        part = cls(str(found.path), found.entry, [*found.placed], failure=found.failure)
        part.exchanges, part.not_judged, part.unverified = results.exchanges, results.not_judged, results.unverified
        part.exercised, part.extents = set(results.exercised), Counter(results.extents)
        scrub = found.scrubber.exchange
        for breach in results.breaches:
            first_example(part.examples, breach.finding, breach.exchange, lambda one: scrub(one).exchange)
        part.map = results.map
        return part


class _Deferred:
    """Collects the exchanges whose relations the parent process judges, since only it has the earlier ones."""

    def __init__(self) -> None:
        self.related: list[Related | None] = []
        self.span: Span = (0, 0)

    def follow(self, recording: Recording, position: int) -> ClauseResults:
        evidence = recording.provenance.evidence
        if evidence in RELATED:
            at = recording.provenance.at
            received = received_of(recording.complete_exchange, at)
            self.related.append(Related(position, self.span, received, evidence, at))
        return ClauseResults()

    def lose(self) -> None:
        self.related.append(None)


def judge_chunk(chunk: Chunk, settings: AuditSettings, contracts: Path | None = None) -> Part:
    """Judge a chunk by itself; never raises for its content. ``contracts``: a folder that extends the shipped ones."""
    with contracts_in(contracts):
        if chunk.kind == "cassette" and chunk.failure is None:
            return _cassette(chunk.source, settings)
        return _part(chunk, settings)


_IN_CAPTURES = Remedies(
    renew="sls-contract proxy --cassette reads.sls.yaml",
    rename="Replace these names where the capture is written, or accept them (sls-contract check --allow SLS612):",
    verify="",
)
"""The remedies of a capture: no test plays it, and whatever wrote it may not be at hand."""


def _part(chunk: Chunk, settings: AuditSettings) -> Part:
    deferred = _Deferred()
    found = Audit(Path(), settings, OtherNames() if chunk.whole else None, deferred, _IN_CAPTURES)
    lines: list[int | None] = []
    for line, span in chunk.placed():
        try:
            recording = recording_of(chunk.kind, chunk.data[slice(*span)])
        except MalformedInteraction as error:
            found.add_damage(chunk.damaged(line, f"no HTTP exchange: {error}"))
            recording = None
        if recording is not None:
            lines.append(line)
            deferred.span = span
            found.add(recording, len(lines) - 1)
    found.lines = tuple(lines)
    found.entry.clean(found.scrubber.text)
    data = chunk.data.encode("utf-8", "surrogatepass") if isinstance(chunk.data, str) else chunk.data
    found.findings += leak_findings(data, found.scrubber, first=chunk.line or 1)
    if chunk.damage is not None:
        found.add_damage(chunk.damaged(*chunk.damage))
    part = Part.of(found)
    part.source, part.failure = chunk.source, chunk.failure
    part.related, part.lines = deferred.related, lines
    part.digest, part.last = sha256(data).hexdigest(), chunk.last
    return part


def _cassette(source: str, settings: AuditSettings) -> Part:
    """Judge a cassette: a plain local file in place, any other from a local copy."""
    path = Path(source)
    if not is_url(source) and path.suffix not in SUFFIXES:
        part = Part.of(audit(path, settings))
        part.digest = digest_of_file(path)
        return part
    part = Part(source, Entry(settings.now))
    try:
        with local_copy(source) as copy:
            part = Part.of(audit(copy, settings))
            part.digest = digest_of_file(copy)
    except NotReadable as error:
        part.placed.append(_file_finding(source, error))
    except (OSError, CassetteError) as error:
        part.failure = failure_of(source, error)
    part.source = source
    return part


def _file_finding(source: str, error: NotReadable) -> Placed:
    finding, line = damage_finding(CassetteDamaged(source, error.line, error.reason))
    return Placed(finding, None, line)


class Whole:
    """Joins the parts of a capture in their order; ``part`` has the results so far."""

    def __init__(self, source: str, settings: AuditSettings) -> None:
        self.part = Part(source, Entry(settings.now))
        self._relations, self._scrubber = Relations(), Scrubber(settings.credentials)
        self._listed: Counter[str] = Counter()

    def add(self, part: Part, chunk: Chunk) -> None:
        """Add the next part, the result for ``chunk``, and judge the relations of its exchanges to earlier ones."""
        whole, offset = self.part, self.part.exchanges
        found = [*part.placed, *self._related_findings(part, chunk)]
        found.sort(key=lambda each: -1 if each.position is None else each.position)
        for finding, position, line in found:
            self._list(Placed(finding, None if position is None else position + offset, line))
        whole.entry.merge(part.entry)
        whole.not_listed.update(part.not_listed)
        whole.exchanges += part.exchanges
        whole.not_judged += part.not_judged
        whole.unverified += part.unverified
        whole.exercised |= part.exercised
        whole.extents.update(part.extents)
        whole.map.update(part.map)
        join_examples(whole.examples, part.examples)
        whole.digest = digest_with(part.digest, whole.digest)
        whole.failure = part.failure or whole.failure

    def _list(self, placed: Placed) -> None:
        code = placed.finding.code
        self._listed[code] += 1
        if self._listed[code] <= MOST_LISTED:
            self.part.placed.append(placed)
        else:
            self.part.not_listed[code, placed.finding.level] += 1

    def _related_findings(self, part: Part, chunk: Chunk) -> Iterator[Placed]:
        for each in part.related:
            if each is None:
                self._relations.lose()
                continue
            judged = clean_verdict(self._relations.take(*each[2:]), self._scrubber.text)
            self.part.exercised |= judged.exercised
            for finding in judged.findings:
                recording = recording_of(chunk.kind, chunk.data[slice(*each.span)])
                assert recording is not None
                first_example(self.part.examples, finding, recording.complete_exchange, self._scrubbed)
                yield Placed(finding, each.position, part.lines[each.position])

    def _scrubbed(self, exchange: Exchange) -> Exchange:
        return self._scrubber.exchange(exchange).exchange
