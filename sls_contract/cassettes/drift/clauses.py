"""Clauses that only the new side breaks, or no longer breaks: the findings of `checks` on both sides, compared."""

from __future__ import annotations

from sls_contract.cassettes.drift.change import Difference, Differences
from sls_contract.cassettes.drift.side import SIGNED_CODES, Side
from sls_contract.checks.rule import MOST_FLAWS
from sls_contract.checks.subject import CLOCK_ERRORS
from sls_contract.spec import Finding, Level
from sls_contract.spec.change import Class

_CLASSES = {
    # warnings of `check` that cost a client the code, the number or the body
    "server-error-body": Class.BREAKING,
    "checkpoint-decimal": Class.BREAKING,
    "response-form": Class.BREAKING,
    "encoding-not-requested": Class.BREAKING,
    # warnings about values that change in each run
    "error-message": Class.BENIGN,
    "response-error-message": Class.BENIGN,
    "request-id-form": Class.BENIGN,
    # a body that cannot be compared must be reported
    "encoding-unknown": Class.ADDITIVE,
}
_REPORTED_ELSEWHERE = frozenset(
    {"consumer-missing", "entry-additive-key", "error-additive-key", "response-error-member"}
)
"""Clauses whose breaches `entries` and `outcome` report, key by key."""

_CLOCKS = frozenset({"response-clock", "clock-served"})
NEEDS_A_PARTNER = _CLOCKS | {"authentication-served"}
"""Clauses that need the other side to show a change of the service: recorders change dates and drop signatures."""

_HEADER_CODES = ("SLS107", "SLS112")  # first and last of the clauses about a request's own headers
_REFUSAL_STATUSES = (400, 401)


def clause_differences(old: Side, new: Side) -> Differences:
    """Yield every clause that the new side breaks and the old one did not, and every clause that it fixed."""
    for finding in new.verdict.findings:
        kind = _class_of(finding, old, new)
        if kind is not None and not _broken_before(finding, old, new):
            yield Difference(kind, finding.slug, finding.where, old.at(finding, new), finding.actual)
    for slug, findings in old.findings.items():
        fixed = slug not in new.findings and findings[0].code in new.verdict.exercised
        if fixed and _class_of(findings[0], new, old) is not None:
            for finding in findings:
                yield Difference(Class.BENIGN, slug, finding.where, finding.actual, new.at(finding, old))


def _class_of(finding: Finding, old: Side, new: Side) -> Class | None:
    """Return the class of a newly broken clause; None where the pair does not show that the service changed."""
    if finding.slug in _REPORTED_ELSEWHERE or finding.code[3] in "13":
        return Class.BREAKING if _is_sent_header(finding, new) else None
    if finding.slug == "authentication-served" and _signature_is_inconclusive(old, new):
        return None
    if finding.slug in _CLOCKS and _clock_is_inconclusive(finding, old, new):
        return None
    if finding.slug == "response-header-missing" and "x-log-compresstype" in new.response.headers:
        return Class.BREAKING  # a warning of `check`, but clients cannot unpack lz4 without the size
    if finding.slug == "encoding-not-requested" and new.subject.plain.data == new.response.body:
        return Class.BENIGN  # the recorder decompressed the body, and may have dropped the Accept-Encoding, too
    return _CLASSES.get(finding.slug, Class.BREAKING if finding.level is Level.VIOLATION else None)


def _is_sent_header(finding: Finding, side: Side) -> bool:
    """Return whether a header that the client sent is wrong; the recorder may have dropped a missing one."""
    header = finding.where.removeprefix("header ")
    of_headers = _HEADER_CODES[0] <= finding.code <= _HEADER_CODES[1] and finding.level is Level.VIOLATION
    return of_headers and header in side.exchange.request.headers


def _signature_is_inconclusive(old: Side, new: Side) -> bool:
    """Return whether a wrong or missing signature shows no change of the service.

    That is so if it was served before, or if the old refusal is about a key, signature or time that the recorder
    dropped.
    """
    dropped = old.signature_dropped and new.signature_dropped and old.error_code in CLOCK_ERRORS | SIGNED_CODES
    return dropped or old.response.status not in _REFUSAL_STATUSES


def _clock_is_inconclusive(finding: Finding, old: Side, new: Side) -> bool:
    """Return whether a wrong time shows no change of the service's clock.

    If both sides have the same time, one is a copy of the other. A request that was refused for its own wrong time
    shows nothing about the service's clock.
    """
    if finding.slug == "clock-served" and old.error_code in CLOCK_ERRORS:
        return False
    same_moment = (old.subject.at, old.subject.sent) == (new.subject.at, new.subject.sent)
    return same_moment or new.error_code in CLOCK_ERRORS


def _broken_before(finding: Finding, old: Side, new: Side) -> bool:
    """Return whether the old side broke the clause in the same way: for an entry, at the same shard."""
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
