"""What a whole run counted; xdist workers send theirs to the controller, which adds them up."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Totals:
    """Counts of exchanges, cassettes and findings; ``findings`` are plain values with where they came from."""

    exchanges: int = 0
    other_operations: int = 0
    not_judged: int = 0
    unverified: int = 0
    cassettes: int = 0
    recorded: int = 0
    exercised: set[str] = field(default_factory=set)
    evidence: dict[str, int] = field(default_factory=dict)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def merge(self, other: dict[str, Any]) -> None:
        """Add what a worker counted (`as_plain`)."""
        for name in ("exchanges", "other_operations", "not_judged", "unverified", "cassettes", "recorded"):
            setattr(self, name, getattr(self, name) + other[name])
        self.exercised.update(other["exercised"])
        for evidence, count in other["evidence"].items():
            self.evidence[evidence] = self.evidence.get(evidence, 0) + count
        self.findings.extend(other["findings"])

    def as_plain(self) -> dict[str, Any]:
        """Return values that execnet can carry."""
        return {**asdict(self), "exercised": sorted(self.exercised)}
