"""Checks of a request's signature, one for each step of its verification (``SLS3xx``).

With a key, the verifier of `sls_contract.signing` finds the first wrong step; without a key only forms are judged.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from sls_contract.checks.presentation import shortened
from sls_contract.checks.rule import KEPT, Check, Flaw, Flaws, Group, on_request
from sls_contract.signing import LogAuthorization, Sls4Authorization, http_date, region_of, within_skew

if TYPE_CHECKING:
    from sls_contract.checks.subject import Subject

_BASE64_DIGEST = re.compile("[A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
_HEX_DIGEST = re.compile("[0-9a-f]{64}")
_V1_ONLY = frozenset({"content-md5"})
_V4_ONLY = frozenset({"scope", "payload-hash"})
_OF_BODY = ("content-md5", "payload-hash")
_STEPS = ("access-key", "date", "content-md5", "content-type", "header-list", "resource", "payload-hash", "digest")


def authorization_form(subject: Subject) -> Flaws:
    """Require Authorization in one of its forms."""
    if subject.anonymous and "authorization" not in subject.request.headers:
        return None
    if subject.authorization is None:
        return [_flaw_of(subject)]
    return KEPT if subject.keys else _form_of_parts(subject.authorization)


def _form_of_parts(parsed: LogAuthorization | Sls4Authorization) -> Flaws:
    v1 = isinstance(parsed, LogAuthorization)
    if not parsed.access_key_id:
        return [Flaw("header Authorization", "an access key id", "an empty one", "give the signer its access key id.")]
    if (_BASE64_DIGEST if v1 else _HEX_DIGEST).fullmatch(parsed.signature):
        return KEPT
    expected = "28 or 44 characters of standard base64" if v1 else "64 lower-case hexadecimal digits"
    actual = f"{len(parsed.signature)} characters of another form"
    return [Flaw("header Authorization", expected, actual, f"write the digest as {expected}.")]


def scope_of_request(subject: Subject) -> Flaws:
    """Require that the v4 scope matches the request's own date and endpoint; judged without a key, too."""
    parsed = subject.authorization
    if not isinstance(parsed, Sls4Authorization):
        return None
    if subject.keys:
        return _judged_step(subject, "scope")
    day = subject.request.headers.get("x-log-date", "").strip()[:8] or parsed.date
    region = region_of(subject.request.host) or parsed.region or "<region>"
    expected = f"{day}/{region}/sls/aliyun_v4_request"
    if parsed.scope == expected:
        return KEPT
    fix = "build the scope from the day of x-log-date and the endpoint's region."
    return [Flaw("header Authorization", expected, shortened(parsed.scope), fix)]


def verified_step(step: str, subject: Subject) -> Flaws:
    """Require that a step of verification succeeds; judged if there is a key and the scheme has the step."""
    if not subject.keys:
        return None
    if step in _OF_BODY and not subject.request.wire:
        return _judged_step(subject, step) or None  # the body is unknown
    foreign = step in (_V4_ONLY if isinstance(subject.authorization, LogAuthorization) else _V1_ONLY)
    return _judged_step(subject, step) or (None if foreign else KEPT)


def within_clock(subject: Subject) -> Flaws:
    """Require that the request's time is within 15 minutes of the given time."""
    if subject.at is None or subject.sent is None:
        return None
    if within_skew(subject.sent, subject.at):
        return KEPT
    name = "x-log-date" if subject.request.headers.get("x-log-date") else "Date"
    expected = f"within 15 minutes of {http_date(subject.at)}"
    fix = f"set the machine's clock, write {name} in UTC, and sign each attempt again."
    return [Flaw(f"header {name}", expected, http_date(subject.sent), fix)]


def was_verified(subject: Subject) -> Flaws:
    """Require that the signature could be verified."""
    if subject.authorization is None:
        return None
    if subject.keys:
        return KEPT
    fix = "give the credentials of its access key id, or sign with the public test key."
    return [Flaw("signature", "a key whose secret is set here", "only the form was judged", fix)]


def _judged_step(subject: Subject, step: str) -> Flaws:
    mismatch = subject.mismatch
    return [_flaw_of(subject)] if mismatch is not None and mismatch.step == step else KEPT


def _flaw_of(subject: Subject) -> Flaw:
    mismatch = subject.mismatch
    assert mismatch is not None
    actual = f"{shortened(mismatch.actual)} ({mismatch.explanation})"
    return Flaw("signature", shortened(mismatch.expected), actual, mismatch.how_to_fix)


def _verified(subject: Subject) -> frozenset[str] | None:
    """Return the codes of all steps of the scheme if the signature verifies, else None."""
    if not subject.keys or subject.mismatch is not None:
        return None
    kept = _V1_KEPT if isinstance(subject.authorization, LogAuthorization) else _V4_KEPT
    return kept if subject.request.wire else kept.difference(_BY_STEP[step].code for step in _OF_BODY)


_BY_STEP = {step: on_request(f"signature-{step}", partial(verified_step, step)) for step in _STEPS} | {
    "authorization": on_request("signature-authorization", authorization_form),
    "scope": on_request("signature-scope", scope_of_request),
    "not-verified": on_request("signature-not-verified", was_verified),
}
_V1_KEPT = frozenset(check.code for step, check in _BY_STEP.items() if step not in _V4_ONLY)
_V4_KEPT = frozenset(check.code for step, check in _BY_STEP.items() if step not in _V1_ONLY)

GROUPS = (Group(tuple(_BY_STEP.values()), _verified),)

CHECKS: tuple[Check, ...] = (*_BY_STEP.values(), on_request("request-clock", within_clock))
