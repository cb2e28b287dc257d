"""Two captures of one name, compared wherever a worker runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.captures.reading import opened_capture
from sls_contract.captures.storage import size_of
from sls_contract.cassettes.drift import Drift, compare, plain_change
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.scrub import Scrubber
from sls_contract.errors import CassetteError
from sls_contract.reports.examples import change_example
from sls_contract.spec.registry import contracts_in

if TYPE_CHECKING:
    from pathlib import Path

    from sls_contract.cassettes.recording import Evidence, Recording
    from sls_contract.signing import Credentials


class Pair(NamedTuple):
    """Paths or URLs of two captures, and the name that they have in common (empty: single files were given)."""

    name: str
    old: str
    new: str

    @property
    def source(self) -> str:
        """What a message calls the pair."""
        return self.new

    @property
    def size(self) -> int:
        """How many bytes there are to compare, about."""
        return size_of(self.old) + size_of(self.new)


@dataclass(slots=True)
class Compared:
    """What differs between two captures; it travels between processes.

    Attributes:
        name: what both are called; empty where single files were given.
        drift: what differs; None where one could not be read.
        exchanges: how many were read.
        failed: how many were left out because their test failed while it recorded them.
        evidence: of each capture that could be read.
        failure: path and reason of one that could not.
        examples: both sides of the first change of each kind, scrubbed.

    """

    name: str
    drift: Drift | None = None
    exchanges: int = 0
    failed: int = 0
    evidence: list[Evidence] = field(default_factory=list)
    failure: tuple[str, str] | None = None
    examples: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def passed(self, source: str) -> list[Recording]:
        """Read a capture, and return what no failed test recorded."""
        recorded = opened_capture(source)
        passed = [each for each in recorded if not recorded.failure_of(each)]
        self.exchanges += len(recorded)
        self.failed += len(recorded) - len(passed)
        self.evidence.append(recorded.evidence)
        return passed


def compare_pair(pair: Pair, keys: tuple[Credentials, ...], contracts: Path | None = None) -> Compared:
    """Compare two captures; never raises for what stands in them. Nothing that is told shows the ``keys`` of the run.

    ``contracts`` is a folder of contracts beside ours.
    """
    found, source = Compared(pair.name), pair.old
    try:
        old = found.passed(source)
        source = pair.new
        new = found.passed(source)
    except (CassetteError, NotReadable) as error:
        found.failure = source, str(error)
        return found
    scrubber = Scrubber(keys)
    with contracts_in(contracts):
        found.drift = compare(old, new, scrubber)
    for change in found.drift.changes:
        if (kind := (str(change.kind), change.slug)) not in found.examples:
            sides = old[change.exchange], new[found.drift.partners[change.exchange]]
            exchanges = (scrubber.exchange(each.exchange).exchange for each in sides)
            found.examples[kind] = change_example(plain_change(change), *exchanges)
    return found
