"""Findings without secrets: checks mask the secrets that they know, the scrubber knows those of the run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sls_contract.cassettes.scrub.others import OtherName, rename_lines
from sls_contract.spec import Finding, clause

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sls_contract.checks import Verdict
    from sls_contract.checks.sequence import ClauseResults

    V = TypeVar("V", Verdict, ClauseResults)


def clean_verdict(verdict: V, scrub: Callable[[str], str]) -> V:
    """Return a verdict that may be shown; the same object without findings."""
    if not verdict.findings:
        return verdict
    findings = tuple(
        replace(finding, where=scrub(finding.where), expected=scrub(finding.expected), actual=scrub(finding.actual))
        for finding in verdict.findings
    )
    return replace(verdict, findings=findings)


def names_of_others(names: Sequence[OtherName], how: str) -> Finding:
    """Return the finding for names of others in a response; ``how`` says how the lines with names hide them."""
    return clause("names-of-others").finding(
        "response body",
        "only names from the requests",
        ", ".join(f"{name.kind} {name.real}" for name in names),
        f"{how}\n{rename_lines(names)}",
    )


def unopened_body(place: str, allow: str) -> Finding:
    """Return the finding for a body that was written unscrubbed, as it could not be decoded; ``allow`` accepts it."""
    return clause("recording-unopened-body").finding(
        place.partition(":")[0],
        "gzip, deflate, lz4 or zstd, or no coding",
        place,
        "request a coding that can be decoded (Accept-Encoding); or check that the body has no secret, and allow it "
        f"({allow})",
    )
