"""Groups of findings with one cause: the clause, the count, one example, the other places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sls_contract.spec import CLAUSES

_REFUSED = frozenset({"SLS444", "SLS456", "SLS457", "SLS462"})  # a correct request is refused or gets no response
_WRONG_REQUESTS = frozenset({"SLS511", "SLS512", "SLS513", "SLS514", "SLS515", "SLS516"})  # the response is an error
_CAUSES = _REFUSED | _WRONG_REQUESTS
_RANKS = {"violation": 0, "warning": 1, "allowed": 2, "unspecified": 3}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one clause, at one level (`level_of`), about one operation.

    Attributes:
        findings: all of them, in the order of the report.

    """

    findings: list[Mapping[str, Any]]

    @property
    def first(self) -> Mapping[str, Any]:
        """The finding that is shown in full: the first with a known origin, if there is one."""
        return next(filter(source_of, self.findings), self.findings[0])

    @property
    def level(self) -> str:
        """The level of the findings."""
        return level_of(self.first)

    @property
    def count(self) -> int:
        """The number of findings."""
        return len(self.findings)

    @property
    def title(self) -> str:
        """The clause's title; empty for a clause of a newer version."""
        clause = CLAUSES.get(self.first["code"])
        return clause.title if clause else ""

    @property
    def places(self) -> dict[str, None]:
        """The places of the findings, without duplicates; every part of a message comes once before one comes again."""
        by_part: dict[str, dict[str, None]] = {}
        for finding in self.findings:
            by_part.setdefault(part_of(finding["where"]), {})[place_of(finding)] = None
        first = {next(iter(places)): None for places in by_part.values()}
        return first | {place: None for places in by_part.values() for place in places}


def grouped(findings: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Group the findings of a report: violations first, causes before their consequences."""
    groups: dict[tuple[str, str, str], Group] = {}
    for finding in findings:
        key = finding["code"], level_of(finding), finding["operation"] or ""
        groups.setdefault(key, Group([])).findings.append(finding)
    return sorted(groups.values(), key=_rank)


def _rank(group: Group) -> tuple[int, bool, int]:
    """Return the sort key of a group: its level, whether other findings may follow from it, its count."""
    return _RANKS.get(group.level, len(_RANKS)), group.first["code"] not in _CAUSES, -group.count


def level_of(finding: Mapping[str, Any]) -> str:
    """Return the level of a finding; ``allowed`` if its test or the user accepts the clause."""
    return "allowed" if finding.get("allowed") else str(finding["level"])


def part_of(where: str) -> str:
    """Return a place in a message with every index as ``*``: ``/0/shard`` and ``/7/shard`` are one part."""
    return re.sub(r"(?<=/)\d+(?=/|$)", "*", where)


def place_of(finding: Mapping[str, Any]) -> str:
    """Return the place of a finding: test, scenario or cassette, exchange, line, and the place in the exchange."""
    origin, where = origin_of(finding), finding["where"]
    named = where.startswith("line ") and origin.endswith(where.replace("line ", ":"))
    return origin if named else f"{origin} at {where}".strip()


def origin_of(finding: Mapping[str, Any]) -> str:
    """Return the exchange of a finding: test, scenario or cassette, line, number; empty if unknown."""
    line = f":{finding['line']}" if finding.get("line") and not finding.get("test") else ""
    exchange = f"exchange {finding['exchange']}" if finding.get("exchange") is not None else ""
    return " ".join(part for part in (f"{source_of(finding)}{line}", exchange) if part)


def source_of(finding: Mapping[str, Any]) -> str:
    """Return the test, scenario or cassette of a finding; empty if it has none."""
    scenario = f"{finding['scenario']} ({finding['auth']})" if finding.get("auth") else finding.get("scenario")
    return str(finding.get("test") or scenario or finding.get("cassette") or "")


def file_of(finding: Mapping[str, Any]) -> str:
    """Return the cassette, or the file of the test, or the scenario: CI services require a file for each finding.

    They require a path relative to the checkout, in which the command runs.
    """
    test = (finding.get("test") or "").partition("::")[0]
    path = Path(finding.get("cassette") or test or finding.get("scenario") or "sls-contract")
    return (path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path).as_posix()
