"""The totals of a run; xdist workers send theirs to the controller, which adds them up."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sls_contract.spec import Finding


@dataclass(slots=True)
class Totals:
    """Counts of exchanges, cassettes and findings; ``findings`` are plain values with their origin.

    Attributes:
        verified: the results of tests in record mode ``verify``.
        rerecorded: the new recordings of shared cassettes in record mode ``all``, by test.
        plays: what other tests left unplayed in their cassettes.
        blocked: the requests to owned hosts that no cassette took.
        outside: the programs that were started while a cassette was open, with the test.
        unchecked: tests that failed as expected (xfail), because a recording is missing or damaged; with the reason.
        tests: the number of exchanges of each test with a cassette.
        examples: an exchange for each kind of finding.
        map: the rows of a `ContractMap`.

    """

    exchanges: int = 0
    not_judged: int = 0
    unverified: int = 0
    cassettes: int = 0
    recorded: int = 0
    exercised: set[str] = field(default_factory=set)
    evidence: dict[str, int] = field(default_factory=dict)
    extents: dict[str, int] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)
    verified: list[dict[str, Any]] = field(default_factory=list)
    rerecorded: list[dict[str, Any]] = field(default_factory=list)
    plays: list[dict[str, Any]] = field(default_factory=list)
    blocked: list[dict[str, Any]] = field(default_factory=list)
    outside: list[dict[str, str]] = field(default_factory=list)
    unchecked: list[dict[str, str]] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)
    map: list[list[Any]] = field(default_factory=list)

    def merge(self, other: dict[str, Any]) -> None:
        """Add the totals of a worker (`as_plain`)."""
        for name in ("exchanges", "not_judged", "unverified", "cassettes", "recorded"):
            setattr(self, name, getattr(self, name) + other[name])
        self.exercised.update(other["exercised"])
        for name in ("evidence", "extents"):
            counts = getattr(self, name)
            for key, count in other[name].items():
                counts[key] = counts.get(key, 0) + count
        for name in ("findings", "verified", "rerecorded", "plays", "blocked", "outside", "unchecked", "tests"):
            getattr(self, name).extend(other[name])
        if other["examples"]:
            from sls_contract.reports.examples import join_examples

            join_examples(self.examples, other["examples"])
        self.map += [each for each in other["map"] if each not in self.map]

    def as_plain(self) -> dict[str, Any]:
        """Return values that execnet can carry."""
        return {**{name: getattr(self, name) for name in _NAMES}, "exercised": sorted(self.exercised)}


def by_cassette(entries: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return entries of tests by cassette; the last entry of a test counts, or of one setup of a fixture."""
    latest = {(each["cassette"], each["test"], each["setup"]): each for each in entries}
    cassettes: dict[str, list[dict[str, Any]]] = {}
    for (cassette, *_), each in sorted(latest.items()):
        cassettes.setdefault(cassette, []).append(each)
    return cassettes


def plain_finding(
    finding: Finding, test: str | None, exchange: int | None = None, allowed: Collection[str] = ()
) -> dict[str, Any]:
    """Return a finding as plain values, with its origin, for `Totals`; ``allowed``: the codes that the test accepts."""
    plain = {"finding": asdict(finding) | {"level": str(finding.level)}, "test": test, "exchange": exchange}
    return plain | ({"allowed": True} if finding.code in allowed else {})


_NAMES = tuple(each.name for each in fields(Totals))
