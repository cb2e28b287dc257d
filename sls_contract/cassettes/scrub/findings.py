"""What findings quote, without secrets: checks mask what they know, the scrubber knows the run's own secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.checks import Verdict


def clean_verdict(verdict: Verdict, scrub: Callable[[str], str]) -> Verdict:
    """Return a verdict that may be shown; itself where nothing was found."""
    if not verdict.findings:
        return verdict
    findings = tuple(
        replace(one, where=scrub(one.where), expected=scrub(one.expected), actual=scrub(one.actual))
        for one in verdict.findings
    )
    return replace(verdict, findings=findings)
