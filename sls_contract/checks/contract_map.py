"""The clauses and error codes of each operation that were judged, by which evidence, and how old that is."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from sls_contract.checks.sequence_outcomes import error_code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from sls_contract.exchange import Response

EVIDENCE = ("live", "reference", "document", "synthetic", "unknown")
"""The kinds of evidence, strongest first (`sls_contract.cassettes.recording.Evidence`)."""
_FIRST_ERROR = 400


class _Judged(NamedTuple):
    """The common values of equal exchanges; ``day`` is an ISO date, empty if unknown."""

    operation: str
    evidence: str
    day: str
    error: str
    clauses: frozenset[str]


@dataclass(slots=True)
class ContractMap:
    """The clauses and errors judged per operation; equal exchanges of one day count once, which keeps the map small."""

    _judged: dict[_Judged, None] = field(default_factory=dict)

    def add(
        self,
        operation: str,
        clauses: frozenset[str],
        evidence: str,
        agreed: datetime | None = None,
        response: Response | None = None,
    ) -> None:
        """Add an exchange: the codes of the clauses that it could break, and when it last agreed with an endpoint."""
        error = error_code(response) or "" if response is not None and response.status >= _FIRST_ERROR else ""
        day = "" if agreed is None else agreed.date().isoformat()
        self._judged[_Judged(operation, str(evidence), day, error, clauses)] = None

    def update(self, other: ContractMap) -> None:
        """Add another map."""
        self._judged |= other._judged

    def merge(self, plain: Iterable[Iterable[Any]]) -> None:
        """Add the values that `as_plain` returned."""
        for operation, evidence, day, error, clauses in plain:
            self._judged[_Judged(operation, evidence, day, error, frozenset(clauses))] = None

    def as_plain(self) -> list[list[Any]]:
        """Return values that execnet can carry, for `merge`."""
        return [[*each[:4], sorted(each.clauses)] for each in self._judged]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of a report: for each operation, every clause and error under its best evidence.

        Of equal evidence the youngest counts. ``validated`` is an ISO date, None if it is unknown.
        """
        best: dict[tuple[str, str, str], tuple[int, str]] = {}
        for each in sorted(self._judged, key=attrgetter("day")):
            names = [("clauses", code) for code in each.clauses] + ([("errors", each.error)] if each.error else [])
            for kind, name in names:
                key = (each.operation, kind, name)
                rank = EVIDENCE.index(each.evidence) if each.evidence in EVIDENCE else len(EVIDENCE)
                if key not in best or rank <= best[key][0]:
                    best[key] = (rank, each.day)
        grouped: dict[tuple[str, int, str], dict[str, list[str]]] = {}
        for (operation, kind, name), (rank, day) in sorted(best.items()):
            grouped.setdefault((operation, rank, day), {"clauses": [], "errors": []})[kind].append(name)
        for (operation, rank, day), names_by_kind in grouped.items():
            yield {
                "operation": operation,
                "evidence": (*EVIDENCE, "unknown")[rank],
                "validated": day or None,
                **names_by_kind,
            }
