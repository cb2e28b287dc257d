"""Compare two captures that have the same name. Runs in any worker process."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.captures.reading import opened_capture, with_lines
from sls_contract.captures.sorting import Batch, Side, Sorting
from sls_contract.captures.storage import size_of
from sls_contract.cassettes.drift import Change, Drift, Unmatched, compare, plain_change
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.recording import Evidence, weakest
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.errors import CassetteError
from sls_contract.reports.examples import change_example
from sls_contract.spec.registry import contracts_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sls_contract.cassettes.drift.change import Rest
    from sls_contract.signing import Credentials

MOST_LISTED = 1000  # changes of one kind, and exchanges of one side without a partner; the others are counted


class Pair(NamedTuple):
    """Paths or URLs of two captures, and the name that both have below their folders (empty for two single files)."""

    name: str
    old: str
    new: str

    @property
    def source(self) -> str:
        """The name of the pair in messages."""
        return self.new

    @property
    def size(self) -> int:
        """The approximate number of bytes to compare."""
        return size_of(self.old) + size_of(self.new)


class Place(NamedTuple):
    """The position of an exchange in its capture, and its line where the format has lines."""

    exchange: int
    line: int | None


@dataclass(slots=True)
class Compared:
    """The differences between two captures. Picklable: a worker returns it to the parent process.

    Attributes:
        name: the name of both captures; empty for two single files.
        drift: the differences; none if one capture could not be read.
        new: path or URL of the new capture.
        places: position and line in the new capture of each exchange that differs, by its position in the old one.
        exchanges: the number of exchanges read.
        failed: the number of exchanges skipped because their test failed while recording.
        evidence: the evidence of each capture that could be read.
        failure: path and reason of a capture that could not be read; None if both could.
        examples: both sides of the first change of each kind, scrubbed.

    """

    name: str
    drift: Drift = field(default_factory=Drift)
    new: str = ""
    places: dict[int, Place] = field(default_factory=dict)
    exchanges: int = 0
    failed: int = 0
    evidence: list[Evidence] = field(default_factory=list)
    failure: tuple[str, str] | None = None
    examples: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def read(self, source: str, side: Side, sorting: Sorting) -> None:
        """Add the exchanges of a capture to the sorting, without those that a failed test recorded."""
        recorded, evidences, at = opened_capture(source), set[Evidence](), 0
        for line, each in with_lines(recorded):
            self.exchanges += 1
            evidences.add(each.provenance.evidence)
            if recorded.failure_of(each):
                self.failed += 1
            else:
                sorting.add(side, at, each, line)
                at += 1
        self.evidence.append(weakest(evidences))


class _Sum:
    """The drift of all batches in capture order: the first thousand changes of each kind, and a count.

    ``firsts`` has the position of the first change of each kind, and both sides of it.
    """

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrubber = scrubber
        self.firsts: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {}
        self.drift = Drift()
        self.places: dict[int, Place] = {}
        self._more: Counter[Rest] = Counter()
        self._more_unmatched = 0

    def add(self, batch: Batch) -> None:
        """Compare the exchanges of both captures for some requests."""
        old, new = batch.positions
        found = compare(*batch.recordings, self._scrubber)
        self._show(found, batch)
        changes = [replace(each, exchange=old[each.exchange]) for each in found.changes]
        alone = [
            replace(each, exchange=(old if each.side == "old" else new)[each.exchange]) for each in found.unmatched
        ]
        whole = self.drift
        whole.map.update(found.map)
        self.drift = Drift(
            tuple(self._first([*whole.changes, *changes])),
            tuple(self._first_alone([*whole.unmatched, *alone])),
            whole.pairs + found.pairs,
            whole.not_judged + found.not_judged,
            whole.exercised | found.exercised,
            whole.map,
            whole.retried + found.retried,
            more=self._more,
            more_unmatched=self._more_unmatched,
            other_outcome=whole.other_outcome + found.other_outcome,
            lacking=(whole.lacking[0] + found.lacking[0], whole.lacking[1] + found.lacking[1]),
        )
        partners = {old[was]: Place(new[now], batch.lines[now]) for was, now in found.partners.items()}
        listed = {each.exchange for each in self.drift.changes}
        self.places = {at: place for at, place in (self.places | partners).items() if at in listed}

    def _first(self, changes: list[Change]) -> Iterator[Change]:
        seen: Counter[Rest] = Counter()
        for each in sorted(changes, key=lambda change: change.exchange):
            kind = each.kind, each.code, each.slug
            seen[kind] += 1
            if seen[kind] <= MOST_LISTED:
                yield each
            else:
                self._more[kind] += 1

    def _first_alone(self, alone: list[Unmatched]) -> list[Unmatched]:
        alone.sort(key=lambda each: (each.side == "new", each.exchange))
        sides = [[each for each in alone if each.side == side] for side in ("old", "new")]
        self._more_unmatched += sum(len(each[MOST_LISTED:]) for each in sides)
        return [each for side in sides for each in side[:MOST_LISTED]]

    def _show(self, found: Drift, batch: Batch) -> None:
        """Keep both sides of a change if it is the first of its kind so far."""
        for change in found.changes:
            kind, at = (str(change.kind), change.slug), batch.positions[0][change.exchange]
            if kind not in self.firsts or at < self.firsts[kind][0]:
                sides = batch.recordings[0][change.exchange], batch.recordings[1][found.partners[change.exchange]]
                exchanges = (self._scrubber.exchange(each.exchange).exchange for each in sides)
                self.firsts[kind] = at, change_example(plain_change(replace(change, exchange=at)), *exchanges)


def compare_pair(pair: Pair, keys: tuple[Credentials, ...], contracts: Path | None = None) -> Compared:
    """Compare two captures; never raises for their content. Results do not contain the ``keys`` of the run.

    ``contracts`` is a folder of contracts that extend the shipped ones.
    """
    found, source = Compared(pair.name, new=pair.new), pair.old
    with Sorting() as sorting, contracts_in(contracts):
        try:
            found.read(source, 0, sorting)
            source = pair.new
            found.read(source, 1, sorting)
        except (CassetteError, NotReadable) as error:
            found.failure = source, str(error)
            return found
        whole = _Sum(Scrubber(keys))
        for batch in sorting.batches():
            whole.add(batch)
    found.drift, found.places = whole.drift, whole.places
    found.examples = {kind: example for kind, (_, example) in sorted(whole.firsts.items(), key=lambda each: each[1][0])}
    return found
