"""The time since recordings last agreed with their endpoint, as the numbers of a bar chart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

_BOUNDS = ((1, "≤ 1 day"), (7, "≤ 7 days"), (30, "≤ 30 days"), (90, "≤ 90 days"), (365, "≤ 1 year"))
_OLDER, _UNKNOWN = "older", "no date"
_HEIGHT = 100  # of the longest bar, in units of the drawing
_STEP = 50  # from bar to bar


def ages(document: Mapping[str, Any], today: date) -> dict[str, Any] | None:
    """Return the bars and a table of ages; None if the report contains no dates.

    Counts exchanges of cassettes if the report has a ledger, otherwise the operations of the contract map.
    """
    dated = [*_dated(document, today)]
    if not any(days is not None for _, days, _ in dated):
        return None
    counts = dict.fromkeys([*(name for _, name in _BOUNDS), _OLDER, _UNKNOWN], 0)
    for _, days, count in dated:
        bar = _UNKNOWN if days is None else next((name for bound, name in _BOUNDS if days <= bound), _OLDER)
        counts[bar] += count
    highest = max(counts.values())
    bars = [
        {"label": label, "count": count, "x": at * _STEP, "height": round(_HEIGHT * count / highest, 1)}
        for at, (label, count) in enumerate(counts.items())
    ]
    rows = sorted(dated, key=lambda each: -1 if each[1] is None else each[1], reverse=True)
    return {
        "bars": bars,
        "of": "exchanges" if document.get("ledger") else "operations",
        "rows": [{"name": name, "days": days, "count": count} for name, days, count in rows],
    }


def _dated(document: Mapping[str, Any], today: date) -> Iterator[tuple[str, int | None, int]]:
    """Yield a name, an age in days (None: unknown), and the number of exchanges or operations with it."""
    if ledger := document.get("ledger"):
        yield from ((each["cassette"], each["age_days"], each["exchanges"]) for each in ledger)
        return
    latest: dict[str, str] = {}
    for row in document.get("contract_map", ()):
        if row["operation"] and row["validated"]:
            latest[row["operation"]] = max(row["validated"], latest.get(row["operation"], ""))
    yield from ((name, max((today - date.fromisoformat(day)).days, 0), 1) for name, day in latest.items())
