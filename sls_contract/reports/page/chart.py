"""The contract map as a chart: which clauses and error codes were judged for each operation, with evidence and age."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

from sls_contract.checks.contract_map import EVIDENCE
from sls_contract.reports.groups import level_of
from sls_contract.reports.text import plural
from sls_contract.spec import CLAUSES, errors_of
from sls_contract.spec.registry import registry

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    _Cells: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Any]]]
    """The cells of the chart, by operation and code."""

AREAS = {
    "1": "Requests",
    "2": "Responses",
    "3": "Signatures",
    "4": "Behaviour",
    "5": "Clients",
    "6": "Recordings",
}
"""The areas of clauses, by the hundreds digit of their codes."""
_ACROSS = "Across exchanges"
_FRESH, _OLD = 30, 90
"""Days since the last validation: evidence is fresh up to the first number, and old beyond the second."""


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
    broken = {finding["code"]: level_of(finding) for finding in reversed(document["findings"])}
    others = sorted(set(registry().names) - judged)
    return {
        "operations": operations,
        "overview": [*_overview(sorted(judged), cells, errors, "123")],
        "across": [*_overview([_ACROSS] if _ACROSS in cells else [], cells, errors, "456")],
        "areas": [*_areas(operations, cells, broken)],
        "errors": [_errors(operation, errors.get(operation, {})) for operation in operations if operation in judged],
        "others": others,
        "legend": EVIDENCE,
        "fresh": _FRESH,
        "old": _OLD,
    }


def _cell(row: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return a cell: evidence and age; ``age`` is a colour class of the page."""
    days = None if row["validated"] is None else max((today - date.fromisoformat(row["validated"])).days, 0)
    age = "undated" if days is None else "fresh" if days <= _FRESH else "aging" if days <= _OLD else "old"
    evidence, since = row["evidence"], row["validated"]
    return {
        "evidence": evidence,
        "age": age,
        "text": evidence if days is None else f"{evidence}, {plural(days, 'day')} old",
        "title": f"evidence: {evidence}, last validated {since}" if since else f"evidence: {evidence}",
    }


def _overview(operations: Iterable[str], cells: _Cells, errors: _Cells, digits: str) -> Iterator[dict[str, Any]]:
    """Yield for each operation a strip for each area and one for its error codes: a square for each code.

    Areas are given by the digits of their clauses.
    """
    for operation in operations:
        strips = [_strip(name, codes, cells[operation]) for name, codes in _codes(digits)]
        if operation != _ACROSS:
            known = dict.fromkeys(error.code for error in errors_of(operation))
            strips.append(_strip("Error codes", known, errors.get(operation, {})))
        yield {"operation": operation, "strips": strips}


def _strip(name: str, codes: Collection[str], judged: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    squares = [judged.get(code) for code in codes]
    return {"area": name, "judged": sum(map(bool, squares)), "total": len(squares), "squares": squares}


def _codes(digits: Iterable[str] = AREAS) -> Iterator[tuple[str, list[str]]]:
    for digit in digits:
        yield AREAS[digit], [code for code in CLAUSES if code[3] == digit]


def _areas(operations: Sequence[str], cells: _Cells, broken: Mapping[str, str]) -> Iterator[dict[str, Any]]:
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
    """Return the error codes of an operation, including those that were never returned."""
    known = dict.fromkeys(error.code for error in errors_of(operation))
    listed = [{"code": code, "cell": seen.get(code)} for code in dict.fromkeys([*known, *seen])]
    return {"operation": operation, "codes": listed, "seen": sum(code in seen for code in known), "total": len(known)}
