"""What newly breaks a clause, and what no longer does: both sides judged by `checks`, their findings compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.cassettes.drift.change import Difference, Differences
from sls_contract.cassettes.drift.side import SIGNED_CODES
from sls_contract.checks.rule import MOST_FLAWS
from sls_contract.checks.subject import CLOCK_ERRORS
from sls_contract.spec import Level
from sls_contract.spec.change import Class

if TYPE_CHECKING:
    from sls_contract.cassettes.drift.side import Side
    from sls_contract.spec import Finding

_WEIGHT = {
    # warnings of `check` that cost a client the code, the number or the body
    "server-error-body": Class.BREAKING,
    "checkpoint-decimal": Class.BREAKING,
    "answer-form": Class.BREAKING,
    "encoding-not-asked": Class.BREAKING,
    # warnings about what is meant to move
    "error-message": Class.BENIGN,
    "answer-error-message": Class.BENIGN,
    "request-id-form": Class.BENIGN,
    # what cannot be compared must not pass in silence
    "encoding-unknown": Class.ADDITIVE,
}
_ELSEWHERE = frozenset({"consumer-missing", "entry-additive-key", "error-additive-key", "answer-error-member"})
"""Told key by key in `entries` and `outcome`."""

_CLOCKS = frozenset({"response-clock", "clock-served"})
NEEDS_A_PARTNER = _CLOCKS | {"authentication-served"}
"""Clauses that say something of the service only beside the other side: recorders date anew, and drop signatures."""

_SENT = ("SLS107", "SLS112")  # first and last of the clauses about a request's own headers
_REFUSED = (400, 401)


def clause_differences(old: Side, new: Side) -> Differences:
    """Yield every clause that the new side breaks and the old one did not, and every one that it fixed."""
    for finding in new.verdict.findings:
        kind = _class_of(finding, old, new)
        if kind is not None and not _broken_before(finding, old, new):
            yield Difference(kind, finding.slug, finding.where, old.at(finding, new), finding.actual)
    for slug, findings in old.findings.items():
        mended = slug not in new.findings and findings[0].code in new.verdict.exercised
        if mended and _class_of(findings[0], new, old) is not None:
            for finding in findings:
                yield Difference(Class.BENIGN, slug, finding.where, finding.actual, new.at(finding, old))


def _class_of(finding: Finding, old: Side, new: Side) -> Class | None:
    """Return what a newly broken clause means; None where the pair does not show that the service moved."""
    if finding.slug in _ELSEWHERE or finding.code[3] in "13":
        return Class.BREAKING if _is_sent_header(finding, new) else None
    if finding.slug == "authentication-served" and _tells_nothing_of_signatures(old, new):
        return None
    if finding.slug in _CLOCKS and _tells_nothing_of_clocks(finding, old, new):
        return None
    if finding.slug == "encoding-not-asked" and _was_decoded(new):
        return Class.BENIGN
    return _WEIGHT.get(finding.slug, Class.BREAKING if finding.level is Level.VIOLATION else None)


def _is_sent_header(finding: Finding, side: Side) -> bool:
    """Tell whether a header that the client did send is wrong; one that is missing the recorder may have dropped."""
    header = finding.where.removeprefix("header ")
    of_headers = _SENT[0] <= finding.code <= _SENT[1] and finding.level is Level.VIOLATION
    return of_headers and header in side.exchange.request.headers


def _tells_nothing_of_signatures(old: Side, new: Side) -> bool:
    """Tell whether a wrong or missing signature is no news of the service.

    It was served all the time; or the old refusal is about a key, signature or time that the recorder has dropped.
    """
    dropped = old.signature_dropped and new.signature_dropped and old.error_code in CLOCK_ERRORS | SIGNED_CODES
    return dropped or old.response.status not in _REFUSED


def _tells_nothing_of_clocks(finding: Finding, old: Side, new: Side) -> bool:
    """Tell whether a wrong time is no news of the service's clock.

    Sides that claim the same time were made one from the other. A request that is refused for its own wrong time dates
    nothing.
    """
    if finding.slug == "clock-served" and old.error_code in CLOCK_ERRORS:
        return False
    same_moment = (old.subject.at, old.subject.sent) == (new.subject.at, new.subject.sent)
    return same_moment or new.error_code in CLOCK_ERRORS


def _was_decoded(side: Side) -> bool:
    """Tell whether the recorder took the compression off, and perhaps dropped the Accept-Encoding of its library."""
    return side.subject.plain.data == side.response.body


def _broken_before(finding: Finding, old: Side, new: Side) -> bool:
    """Tell whether the old side broke the clause in the same way: of an entry, for the same shard."""
    before = old.findings.get(finding.slug, [])
    places = {(old.shard_at(each.where), _field(each)) for each in before}
    shard = new.shard_at(finding.where)
    if shard is not None:
        unknown = len(before) >= MOST_FLAWS or shard not in old.entries_by_shard
        return bool(before) if unknown else (shard, _field(finding)) in places
    if new.subject.entries and finding.where.startswith("/"):  # no shard tells one entry from another
        return len(new.findings[finding.slug]) <= len(before)
    return finding.where in {each.where for each in before}


def _field(finding: Finding) -> str:
    return finding.where.rpartition("/")[2]
