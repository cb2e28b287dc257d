"""How many exchanges and clauses were judged: the same wording at the end of every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.reports.text import plural
from sls_contract.spec import Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.reports.document import Report

_EXTENTS = {"full": "in full", "derivation": "by derivation", "common": "by common clauses", "part": "in part"}


def judged_line(report: Report) -> str:
    """Format the number of findings by level, and the number of exercised clauses."""
    counts = [plural(report.count(level), str(level)) for level in (Level.VIOLATION, Level.WARNING)]
    counts += [f"{count} allowed"] if (count := report.count_allowed()) else []
    return (
        f"{', '.join(counts)}, {report.count(Level.UNSPECIFIED)} unspecified; "
        f"{exercised(len(report.exercised), report.clauses_total)}"
    )


def exercised(some: int, every: int) -> str:
    """Format how many clauses an exchange could have broken."""
    return f"{some} of {every} clauses exercised"


def narrowed_lines(extents: Mapping[str, int], *, not_judged: int, unverified: int) -> Iterator[str]:
    """Yield how many exchanges were judged to each extent (`sls_contract.checks.Extent`), and how many were not."""
    judged = [f"{extents[each]} {words}" for each, words in _EXTENTS.items() if extents.get(each)]
    if judged:
        yield f"judged: {', '.join(judged)}"
    if not_judged:
        yield f"{plural(not_judged, 'exchange')} of other services: not judged"
    if unverified:
        yield f"{plural(unverified, 'signature')} not verified"
