"""Alike findings as one: the clause, how often, one whole example, the other places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sls_contract.spec import CLAUSES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_RANKS = {"violation": 0, "warning": 1, "unspecified": 2}


@dataclass(slots=True)
class Group:
    """Findings of one clause at one level.

    Attributes:
        first: the first of them, as it stands in a report.
        places: where each was found, in order, each once.
        count: how many there are.

    """

    first: Mapping[str, Any]
    places: dict[str, None] = field(default_factory=dict)
    count: int = 0

    @property
    def title(self) -> str:
        """The clause's title; empty for a clause of a newer version."""
        clause = CLAUSES.get(self.first["code"])
        return clause.title if clause else ""


def grouped(findings: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Group the findings of a report by clause and level: violations first, then by how often they were found."""
    groups: dict[tuple[str, str], Group] = {}
    for finding in findings:
        group = groups.setdefault((finding["code"], finding["level"]), Group(finding))
        group.count += 1
        group.places[place_of(finding)] = None
    return sorted(groups.values(), key=lambda group: (_RANKS.get(group.first["level"], 3), -group.count))


def origin_of(finding: Mapping[str, Any]) -> str:
    """Name the test, scenario or cassette of a finding; empty where it has none."""
    return str(finding.get("test") or finding.get("scenario") or finding.get("cassette") or "")


def place_of(finding: Mapping[str, Any]) -> str:
    """Say where a finding was made: test, scenario or cassette, exchange, line, and the place in the exchange."""
    line = f":{finding['line']}" if finding.get("line") else ""
    exchange = f"exchange {finding['exchange']}" if finding.get("exchange") is not None else ""
    return " ".join(part for part in (f"{origin_of(finding)}{line}", exchange, f"at {finding['where']}") if part)
