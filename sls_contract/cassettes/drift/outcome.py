"""Whether a request was served, refused, or met a state of the service, and how severe a change is for a client.

Sources: GetCheckPoint page, error codes; common error tables of 2021 and 2026; RequestSignature page, verification.
"""

from __future__ import annotations

from datetime import timedelta

from sls_contract.cassettes.drift.change import Difference, Differences, value_text
from sls_contract.cassettes.drift.entries import same
from sls_contract.cassettes.drift.side import KEY_CODES, SIGNATURE_CODE, Side
from sls_contract.checks.cursors import refuses_cursor
from sls_contract.checks.errors import FIELDS as ERROR_FIELDS
from sls_contract.checks.presentation import escaped
from sls_contract.checks.subject import CLOCK_ERRORS
from sls_contract.signing import MAX_SKEW
from sls_contract.spec import Level, errors_with, statuses_of
from sls_contract.spec.change import Class

_MISSING = {
    "ProjectNotExist": "project-missing",
    "LogStoreNotExist": "logstore-missing",
    "ConsumerGroupNotExist": "group-missing",
}
_RENAMED = {"ProjectNotExists": "project-missing"}
"""A misspelled code of one table, and the clause that requires the documented code."""

_STATUS_CLAUSES = ("error-status", "response-error-status")
_STATE_STATUSES = frozenset({403, 404})
_STATE_CODES = frozenset({"ConsumerNotMatch", "NotExistConsumerWithBody"})
"""Another consumer holds the shard now; the consumer's timeout is over."""

_BAD_REQUEST = 400
_AUTHENTICATION = (_BAD_REQUEST, 401)


def outcome_differences(old: Side, new: Side) -> Differences:
    """Yield the differences between two complete responses in status, errorCode and error body."""
    if old.subject.is_error and new.subject.is_error:
        yield from _error_to_error(old, new)
    elif new.subject.is_error:
        yield from _no_longer_served(old, new)
    elif old.subject.is_error:
        yield from _served_now(old, new)
    elif _has_other_status(old, new):
        kind = Class.BENIGN if new.response.is_ok else Class.BREAKING  # the contract says 200
        yield _status(kind, "success-status", old, new)
    if _is_unverified(old, new):
        yield _status(Class.BREAKING, "authentication-served", old, new)
    yield from _error_keys(old, new)


def _has_other_status(old: Side, new: Side) -> bool:
    """Return whether the status changed, and no newly broken clause reports that already."""
    newly_broken = new.findings.keys() - old.findings.keys()
    return old.response.status != new.response.status and "response-status" not in newly_broken


def _no_longer_served(old: Side, new: Side) -> Differences:
    """Yield the difference of an error after a success: a state of the service, or a refusal of a correct request."""
    code = new.error_code
    if not code:
        reported = new.breached & {"body", "/errorCode"}  # by the clause about the body
        yield _status(Class.BENIGN if reported else Class.BREAKING, "served", old, new)
    elif code in _RENAMED:
        yield _status(Class.BREAKING, _RENAMED[code], old, new)
    elif _is_state(new) or new.unspecified or _fixes(old, new):
        yield _status(Class.BENIGN, _MISSING.get(code, "served"), old, new)
    elif code in CLOCK_ERRORS:
        yield _status(Class.BENIGN if _skew(new) > MAX_SKEW else Class.BREAKING, "clock-accepted", old, new)
    else:
        yield _status(Class.BREAKING, _refusal(new), old, new)


def _is_state(side: Side) -> bool:
    """Return whether an error is about resources, consumers or permissions, and not about the request.

    A cursor that was served may be too old now. Other operations have codes that this contract does not list; these are
    recognised by their ending.
    """
    status, code = side.response.status, side.error_code
    if side.response.is_server_error or status in _STATE_STATUSES or code in KEY_CODES | _STATE_CODES:
        return True
    if status == _BAD_REQUEST and refuses_cursor(side.error_body):
        return True
    return code.endswith(("NotExist", "AlreadyExist")) and not (side.fully_specified and errors_with(code) == ())


def _fixes(old: Side, new: Side) -> bool:
    """Return whether the new side refuses a request for its authentication that the old side should have refused.

    Both requests must be known to be wrong: recorders drop signatures, and clients get fixed.
    """
    if new.response.status not in _AUTHENTICATION:
        return False
    late = "clock-served" in old.findings and _skew(new) > MAX_SKEW
    return late or all(side.signed_wrongly or side.known_unsigned for side in (old, new))


def _skew(side: Side) -> timedelta:
    """Return the distance between the times of request and server; zero where one of them is unknown."""
    sent, dated = side.subject.sent, side.subject.dated
    return timedelta(0) if sent is None or dated is None else abs(sent - dated)


def _served_now(old: Side, new: Side) -> Differences:
    """Yield the difference of a success after an error: a state that ended, or an error that is no longer reported.

    An existing group has an entry for each shard: an empty list does not show that a missing group was created.
    """
    missing = old.error_code in _MISSING and new.subject.entries == []
    slug = _MISSING.get(old.error_code, "served")
    yield _status(Class.BREAKING if missing else Class.BENIGN, slug, old, new)


def _is_unverified(old: Side, new: Side) -> bool:
    """Return whether a signature that is known to be wrong is newly accepted."""
    if not new.response.is_ok or new.subject.anonymous:
        return False
    if old.subject.is_error:
        refused = old.error_code == SIGNATURE_CODE and _same_signature(old, new)
        return refused or (new.signed_wrongly and old.response.status in _AUTHENTICATION)
    return new.signed_wrongly and not old.signed_wrongly


def _same_signature(old: Side, new: Side) -> bool:
    """Return whether the refused request was sent again with the same signature."""
    before, after = old.exchange.request.headers, new.exchange.request.headers
    names = ("authorization", "date", "x-log-date", "x-acs-security-token")
    return new.subject.authorization is not None and all(before.get(name) == after.get(name) for name in names)


def _error_to_error(old: Side, new: Side) -> Differences:
    was, now = old.error_code, new.error_code
    if was != now and was and now:
        yield _other_code(old, new)
    elif _has_other_status(old, new):
        yield _status(_error_status_class(old, new), "error-status", old, new)
    if was == now and was:
        yield from _same_error(old, new)


def _error_status_class(old: Side, new: Side) -> Class:
    """Return the class of another status of the same error; the clause reports a status that newly breaks the table."""
    before, after = ([each for slug in _STATUS_CLAUSES for each in side.findings.get(slug, ())] for side in (old, new))
    if before and after:
        return Class.BREAKING
    broken = any(finding.level is Level.VIOLATION for finding in after)  # reported by its clause
    documented = new.response.status in statuses_of(new.error_code)
    return Class.BENIGN if broken or documented else Class.BREAKING


def _other_code(old: Side, new: Side) -> Difference:
    was, now = old.error_code, new.error_code
    slug = _renaming(old, new)
    refused = all(side.response.status in _AUTHENTICATION for side in (old, new))
    any_code = new.unspecified or (new.malformed and refused)  # no source says which code malformed authentication gets
    if slug and not (errors_with(now) and any_code):
        return Difference(Class.BREAKING, slug, "/errorCode", value_text(was), value_text(now))
    return Difference(Class.BENIGN, _MISSING.get(now, "served"), "/errorCode", value_text(was), value_text(now))


def _renaming(old: Side, new: Side) -> str:
    """Return the clause that the new code breaks for a client that depends on it; empty for another state."""
    was, now = old.error_code, new.error_code
    if now in _RENAMED:
        return _RENAMED[now]
    if not errors_with(now):
        return "error-code-unknown" if _is_renamed(old, new) else ""
    if was in CLOCK_ERRORS:
        return "" if now in CLOCK_ERRORS or (_is_state(new) and now not in KEY_CODES) else "clock-refusal"
    if was == SIGNATURE_CODE:
        return "" if _is_state(new) and now not in KEY_CODES else "wrong-signature"
    if was in KEY_CODES:
        return "" if _is_state(new) else "unknown-key"
    return _newly_refused(old, new)


def _newly_refused(old: Side, new: Side) -> str:
    """Return the clause for a refusal where there was only a state; empty where both sides refuse the request."""
    if _is_state(new) or not _is_state(old):
        return ""
    if new.error_code in CLOCK_ERRORS:
        return "" if _skew(new) > MAX_SKEW else "clock-accepted"
    return _MISSING.get(old.error_code) or _refusal(new)


def _refusal(side: Side) -> str:
    """Return the clause that the refusal of a correct request breaks.

    A 400 of the operation's own table is about its arguments; other codes of 400 and 401 may be about authentication.
    """
    status, contract = side.response.status, side.subject.contract
    own = contract is not None and any(each.code == side.error_code for each in contract.errors)
    return "signature-accepted" if status in _AUTHENTICATION and not (own and status == _BAD_REQUEST) else "served"


def _is_renamed(old: Side, new: Side) -> bool:
    """Return whether an undocumented code is not simply another state, of which other operations have more."""
    renamed = old.error_code not in _MISSING and old.response.status == new.response.status
    return new.fully_specified or renamed or not _is_state(new)


def _same_error(old: Side, new: Side) -> Differences:
    """Yield the differences between two bodies of the same error: wording, details."""
    before, after = old.error_body, new.error_body
    for key in (key for key in after if key in before and not same(before[key], after[key])):
        slug = "error-message" if key == "errorMessage" else "error-additive-key"
        wrong = key == "accessDeniedDetail" and not isinstance(after[key], dict | None)  # SDKs expect these types
        kind = Class.BREAKING if wrong else Class.BENIGN
        yield Difference(kind, slug, f"/{escaped(key)}", value_text(before[key]), value_text(after[key]))
    if "accessDeniedDetail" in after.keys() - before.keys():
        detail = value_text(after["accessDeniedDetail"])
        yield Difference(Class.ADDITIVE, "error-additive-key", "/accessDeniedDetail", None, detail)


def _error_keys(old: Side, new: Side) -> Differences:
    """Yield the undocumented keys of error bodies that only one side has."""
    before, after = old.error_body, new.error_body
    for key in sorted(after.keys() - before.keys() - ERROR_FIELDS):
        yield Difference(Class.ADDITIVE, "error-additive-key", f"/{escaped(key)}", None, value_text(after[key]))
    if after:
        for key in sorted(before.keys() - after.keys() - {"errorCode", "errorMessage"}):
            yield Difference(Class.BENIGN, "error-additive-key", f"/{escaped(key)}", value_text(before[key]), None)


def _status(kind: Class, slug: str, old: Side, new: Side) -> Difference:
    return Difference(kind, slug, "status", _line(old), _line(new))


def _line(side: Side) -> str:
    return f"{side.response.status} {side.error_code}".rstrip()
