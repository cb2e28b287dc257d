"""Findings and counts for people (terminal, page, Markdown) and programs (JSON, JUnit, SARIF, CI services)."""

from sls_contract.reports.counts import exercised, judged_line, narrowed_lines
from sls_contract.reports.document import Report, Target, as_document, plain_counts, write_json
from sls_contract.reports.text import finding_lines, listing, plural, table
from sls_contract.reports.writing import Surroundings, write_reports

__all__ = [
    "Report",
    "Surroundings",
    "Target",
    "as_document",
    "exercised",
    "finding_lines",
    "judged_line",
    "listing",
    "narrowed_lines",
    "plain_counts",
    "plural",
    "table",
    "write_json",
    "write_reports",
]
