"""How much was judged: what the last lines of a run say."""

from __future__ import annotations

import pytest

from sls_contract.reports import Report, judged_line, narrowed_lines
from sls_contract.spec import clause


def test_the_levels_and_the_clauses_are_counted():
    """One is singular; unspecified findings are counted beside the others."""
    report = Report("check", exercised={"SLS201", "SLS204"}, clauses_total=133)
    for slug in ("update-time-unit", "signature-not-verified", "signature-not-verified"):
        report.add([clause(slug).finding("", "", "", "")])
    assert judged_line(report) == "1 violation, 0 warnings, 2 unspecified; 2 of 133 clauses exercised"


@pytest.mark.parametrize(
    ("counts", "lines"),
    [
        (({}, 0, 0), []),
        (({"common": 1, "full": 2}, 0, 0), ["judged: 2 in full, 1 by common clauses"]),
        (({"derivation": 3}, 0, 0), ["judged: 3 by derivation"]),
        (({"part": 1, "full": 2}, 0, 0), ["judged: 2 in full, 1 in part"]),
        (({}, 2, 0), ["2 exchanges of other services: not judged"]),
        (({}, 0, 1), ["1 signature not verified"]),
    ],
)
def test_what_was_judged_in_part_is_told(counts, lines):
    """The line says how much of how many exchanges was judged; what was not has a line of its own."""
    extents, not_judged, unverified = counts
    assert list(narrowed_lines(extents, not_judged=not_judged, unverified=unverified)) == lines
