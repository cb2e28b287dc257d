"""How much was judged, and by how much: the same words at the end of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.reports.text import plural
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.reports.document import Report

_EXTENTS = {"full": "in full", "derivation": "by derivation", "common": "by common clauses"}


def judged_line(report: Report) -> str:
    """Count the findings by level, and the clauses that could have been broken."""
    counts = [plural(report.count(level), str(level)) for level in (Level.VIOLATION, Level.WARNING)]
    return (
        f"{', '.join(counts)}, {report.count(Level.UNSPECIFIED)} unspecified; "
        f"{exercised(len(report.exercised), report.clauses_total)}"
    )


def exercised(some: int, every: int) -> str:
    """Say how many clauses could have been broken."""
    return f"{some} of {every} clauses exercised"


def narrowed_lines(extents: Mapping[str, int], *, not_judged: int, unverified: int) -> Iterator[str]:
    """Say how many exchanges were judged by how much (`sls_contract.checks.Extent`), and how many were not."""
    judged = [f"{extents[each]} {words}" for each, words in _EXTENTS.items() if extents.get(each)]
    if judged:
        yield f"judged: {', '.join(judged)}"
    if not_judged:
        yield f"{plural(not_judged, 'exchange')} of other services: not judged"
    if unverified:
        yield f"{plural(unverified, 'signature')} not verified"
