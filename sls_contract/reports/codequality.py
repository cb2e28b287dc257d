"""A report as GitLab's code quality JSON, which a merge request shows beside the lines of cassettes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sls_contract.reports.groups import file_of, level_of, place_of
from sls_contract.reports.text import printable

_SEVERITIES = {"violation": "major", "warning": "minor", "allowed": "info", "unspecified": "info"}


def codequality(document: Mapping[str, Any]) -> str:
    """Format a report; GitLab requires a file and line for each finding: without a cassette, the test's file."""
    issues: dict[str, dict[str, Any]] = {}
    for finding in document["findings"]:
        issue = _issue(finding)
        issues.setdefault(issue["fingerprint"], issue)
    return json.dumps([*issues.values()], ensure_ascii=False, indent=2) + "\n"


def _issue(finding: Mapping[str, Any]) -> dict[str, Any]:
    place = place_of({**finding, "line": None})
    text = f"{finding['code']} {finding['slug']}: expected {finding['expected']}; actual: {finding['actual']}"
    return {
        "description": printable(f"{text}. How to fix: {finding['how_to_fix']}"),
        "check_name": finding["code"],
        "fingerprint": sha256(f"{finding['code']} {place}".encode("utf-8", "backslashreplace")).hexdigest(),
        "severity": _SEVERITIES[level_of(finding)],
        "location": {"path": printable(file_of(finding)), "lines": {"begin": finding.get("line") or 1}},
    }
