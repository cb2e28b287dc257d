"""What findings quote, without secrets: checks mask what they know, the scrubber knows the run's own secrets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from sls_contract.cassettes.scrub.others import rename_lines
from sls_contract.spec import clause

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sls_contract.cassettes.scrub.others import OtherName
    from sls_contract.checks import Verdict
    from sls_contract.checks.sequence import Judged
    from sls_contract.spec import Finding

    V = TypeVar("V", Verdict, Judged)


def clean_verdict(verdict: V, scrub: Callable[[str], str]) -> V:
    """Return a verdict that may be shown; itself where nothing was found."""
    if not verdict.findings:
        return verdict
    findings = tuple(
        replace(one, where=scrub(one.where), expected=scrub(one.expected), actual=scrub(one.actual))
        for one in verdict.findings
    )
    return replace(verdict, findings=findings)


def names_of_others(names: Sequence[OtherName]) -> Finding:
    """Say which names of others an answer holds, and how to hide them."""
    return clause("names-of-others").finding(
        "response body",
        "only names that the requests hold",
        ", ".join(f"{name.kind} {name.real}" for name in names),
        f"Add these lines to the [pytest] section of pytest.ini, then record again (pytest --sls-record=all):\n"
        f"{rename_lines(names)}",
    )


def unopened_body(place: str) -> Finding:
    """Say that a body was written as it came: nobody could look inside."""
    return clause("recording-unopened-body").finding(
        place.partition(":")[0],
        "gzip, deflate, lz4 or zstd, or no coding",
        place,
        "request a coding that can be decoded (Accept-Encoding); or check that the body has no secret, and allow it: "
        "@pytest.mark.sls_allow('SLS608', reason='…')",
    )
