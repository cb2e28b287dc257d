"""The contract as a chart: which operations were judged by which clauses and error codes, on what evidence, how old."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sls_contract.spec import CLAUSES, errors_of
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

AREAS = {
    "1": "Requests",
    "2": "Answers",
    "3": "Signatures",
    "4": "Behaviour",
    "5": "Clients",
    "6": "Recordings",
}
"""What clauses are about, by the hundreds digit of their codes."""
_SHORT = {"live": "live", "reference": "ref", "document": "doc", "synthetic": "made", "unknown": "?"}
_ACROSS = "Across exchanges"
_FRESH, _OLD = 30, 90
"""Days: what agreed with an endpoint not longer ago is fresh; what did longer ago than the second is old."""


def chart(document: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return the columns (operations), the areas with a row for each clause, and the error codes of each operation."""
    rows = document.get("contract_map", ())
    cells: dict[str, dict[str, dict[str, Any]]] = {}
    errors: dict[str, dict[str, dict[str, Any]]] = {}
    for row in rows:
        cell = _cell(row, today)
        for kind, codes in ((cells, row["clauses"]), (errors, row["errors"])):
            kind.setdefault(row["operation"] or _ACROSS, {}).update(dict.fromkeys(codes, cell))
    operations = sorted(cells, key=lambda name: (name == _ACROSS, name))
    judged = set(operations) - {_ACROSS}
    broken = {finding["code"]: finding["level"] for finding in reversed(document["findings"])}
    others = sorted(set(registry().names) - judged)
    return {
        "operations": operations,
        "overview": [*_overview(operations, cells)],
        "areas": [*_areas(operations, cells, broken)],
        "errors": [_errors(operation, errors.get(operation, {})) for operation in operations if operation in judged],
        "others": others,
        "legend": [{"short": short, "evidence": evidence} for evidence, short in _SHORT.items()],
        "fresh": _FRESH,
        "old": _OLD,
    }


def _cell(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return what a cell shows: evidence and age; ``age`` is a class of the page's colours."""
    days = None if row["validated"] is None else max((today - date.fromisoformat(row["validated"])).days, 0)
    age = "undated" if days is None else "fresh" if days <= _FRESH else "aging" if days <= _OLD else "old"
    told = "" if days is None else f" {days} d"
    since = f", last validated {row['validated']}" if row["validated"] else ""
    evidence = row["evidence"]
    return {
        "evidence": evidence,
        "age": age,
        "text": f"{_SHORT.get(evidence, evidence)}{told}",
        "title": f"evidence: {evidence}{since}",
    }


def _overview(
    operations: Iterable[str], cells: Mapping[str, Mapping[str, Mapping[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """Yield, for each operation, a strip for each area: one square for each clause, filled where it was judged."""
    for operation in operations:
        strips = [
            {
                "area": name,
                "judged": sum(code in cells[operation] for code in codes),
                "total": len(codes),
                "squares": [cells[operation].get(code) for code in codes],
            }
            for name, codes in _codes()
        ]
        yield {"operation": operation, "strips": strips}


def _codes() -> Iterator[tuple[str, list[str]]]:
    for digit, name in AREAS.items():
        yield name, [code for code in CLAUSES if code[3] == digit]


def _areas(
    operations: Iterable[str], cells: Mapping[str, Mapping[str, Mapping[str, Any]]], broken: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    for name, codes in _codes():
        rows = [
            {
                "code": code,
                "title": CLAUSES[code].title,
                "level": broken.get(code),
                "cells": [cells[operation].get(code) for operation in operations],
            }
            for code in codes
        ]
        judged = sum(any(code in cells[operation] for operation in operations) for code in codes)
        yield {"name": name, "rows": rows, "judged": judged, "total": len(rows)}


def _errors(operation: str, seen: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the error codes of an operation, those that it was not seen to answer included."""
    known = dict.fromkeys(error.code for error in errors_of(operation))
    listed = [{"code": code, "cell": seen.get(code)} for code in dict.fromkeys([*known, *seen])]
    return {"operation": operation, "codes": listed, "seen": sum(code in seen for code in known), "total": len(known)}
