"""The verdict of a report in one line: for its page and Markdown, and for JUnit where no test case fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from sls_contract.exit_codes import VIOLATED
from sls_contract.reports.change_lines import waiver_of
from sls_contract.reports.groups import level_of
from sls_contract.reports.text import plural


class Verdict(NamedTuple):
    """The verdict in words; ``state`` selects a page's colours."""

    state: Literal["good", "warn", "bad", "unknown"]
    text: str


def verdict(document: Mapping[str, Any]) -> Verdict:
    """Return the verdict of a report; it is good only if the run ended with exit code 0."""
    summary = document["summary"]
    breaking = [each for each in document.get("changes", ()) if each["class"] == "breaking"]
    if count := sum(not waiver_of(each) for each in breaking):
        return Verdict("bad", plural(count, "breaking change"))
    if summary["violations"]:
        broken = {each["code"] for each in document["findings"] if level_of(each) == "violation"}
        times = f", {plural(summary['violations'], 'time')}" if summary["violations"] > len(broken) else ""
        return Verdict("bad", f"{plural(len(broken), 'clause')} violated{times}")
    if short := _shortfall(document):
        return short
    if breaking:
        return Verdict("good", f"{plural(len(breaking), 'breaking change')} accepted or allowed")
    if summary["warnings"]:
        return Verdict("warn", f"No violation, {plural(summary['warnings'], 'warning')}")
    return Verdict("good", "No violation")


def _shortfall(document: Mapping[str, Any]) -> Verdict | None:
    """Return why a run without a violation is not good; None if it is."""
    code, summary = document.get("exit_code", 0), document["summary"]
    if code == VIOLATED:
        if unmatched := len(document.get("unmatched", ())):
            return Verdict("bad", f"{plural(unmatched, 'exchange')} without a counterpart")
        return Verdict("bad", "The run failed, without a violation")
    if not summary["exchanges"]:
        return Verdict("unknown", "Nothing was judged")
    return Verdict("unknown", "Not everything was judged") if code else None
