"""Checks of all responses: JSON, error bodies, and requests that must be refused (``SLS22x`` to ``SLS24x``)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, MOST_FLAWS, Check, Flaw, Flaws, Group, on_response
from sls_contract.signing import MAX_SKEW, http_date

if TYPE_CHECKING:
    from sls_contract.checks.subject import Subject

_CAPITAL_HEX = re.compile("[0-9A-F]{64}")


def is_utf8(subject: Subject) -> Flaws:
    """Require that a JSON body is UTF-8."""
    if not _is_json(subject) or subject.json is None:
        return None
    if not subject.json.charset:
        return KEPT
    return [Flaw("body", "UTF-8 without a byte order mark", subject.json.charset, "write the body in UTF-8.")]


def keys_are_unique(subject: Subject) -> Flaws:
    """Require that no object of a JSON body contains a key twice."""
    if not _is_json(subject) or subject.json is None:
        return None
    fix = "write each key once."
    return [
        Flaw("body", "each key once in an object", f"the key {shown(key)} more than once", fix)
        for key in dict.fromkeys(subject.json.repeated)
    ][:MOST_FLAWS]


def client_error_body(subject: Subject) -> Flaws:
    """Require that a 4xx contains code and message."""
    return _error_body(subject) if subject.response and not subject.response.is_server_error else None


def server_error_body(subject: Subject) -> Flaws:
    """Require that a 5xx contains code and message."""
    if subject.response is None or not subject.response.is_server_error:
        return None
    return _proxy_flaw(subject, "body") if subject.proxy_mark else _error_body(subject)


def is_from_service(subject: Subject) -> Flaws:
    """Require that a 4xx is from the service."""
    if not subject.is_error or subject.response is None or subject.response.is_server_error:
        return None
    return _proxy_flaw(subject, "status") if subject.proxy_mark else KEPT


def _proxy_flaw(subject: Subject, where: str) -> list[Flaw]:
    assert subject.response is not None
    actual = f"{subject.response.status} of a proxy ({subject.proxy_mark}), without x-log-requestid and errorCode"
    fix = "make the proxy pass requests on to the service (its address, credentials and rules), then send it again."
    return [Flaw(where, "a response of the service", actual, fix)]


def _error_body(subject: Subject) -> Flaws:
    if not subject.is_error or subject.json is None:
        return None
    fix = 'return the body {"errorCode": "…", "errorMessage": "…"}.'
    value = subject.json.value
    if subject.json.syntax or not isinstance(value, dict):
        return [Flaw("body", "a JSON object", shortened(subject.json.syntax) or shown(value), fix)]
    return [
        Flaw(f"/{name}", "a string that is not empty", shown(value[name]) if name in value else shown(value), fix)
        for name in ("errorCode", "errorMessage")
        if not (isinstance(value.get(name), str) and value[name])
    ]


def unsigned_is_refused(subject: Subject) -> Flaws:
    """Require that a request known to be badly signed does not get 200."""
    if subject.anonymous:
        return None
    flaw = _signature_flaw(subject)
    if not flaw:
        return None
    assert subject.response is not None
    if not subject.response.is_ok:
        return KEPT
    return [
        Flaw(
            "status",
            "400 or 401",
            f"200, though {flaw}",
            "verify the signature before you serve; return 401 or 400 if it is wrong.",
        )
    ]


def _signature_flaw(subject: Subject) -> str:
    if subject.authorization is None:
        return "the request is not signed in any known form"
    mismatch = subject.mismatch
    if mismatch is None or mismatch.step == "access-key":  # the service may know keys that are not given here
        return ""
    if mismatch.mistakes == ("wrong-encoding",) and _CAPITAL_HEX.fullmatch(subject.authorization.signature):
        return ""  # a correct digest of v4: no page says whether the service reads capital letters
    return f"the signature is wrong at step {mismatch.step}"


def late_is_refused(subject: Subject) -> Flaws:
    """Require that a request whose time is far from the server's does not get 200."""
    sent, dated = subject.sent, subject.dated
    if subject.anonymous or subject.misdated or sent is None or dated is None:
        return None
    assert subject.response is not None
    if abs(sent - dated) <= MAX_SKEW or not subject.response.is_ok:
        return KEPT
    actual = f"200 at {http_date(dated)} to a request dated {http_date(sent)}"
    return [
        Flaw(
            "status",
            "400 RequestTimeExpired",
            actual,
            "return 400 RequestTimeExpired if the request is dated more than 15 minutes off.",
        )
    ]


def _is_json(subject: Subject) -> bool:
    return (subject.returns_json or subject.is_error) and subject.document is not None


def _kept_by_served(subject: Subject) -> frozenset[str] | None:
    """Return the codes of the clauses that a success to a well-signed request keeps; None for any other response."""
    response, sent, dated = subject.response, subject.sent, subject.dated
    if response is None or not response.is_ok or sent is None or dated is None or subject.anonymous:
        return None
    if abs(sent - dated) > MAX_SKEW or subject.misdated:
        return None
    if subject.authorization is None or subject.mismatch is not None:
        return None
    if not subject.returns_json or subject.document is None or subject.json is None:
        return _DATED
    return None if subject.json.charset or subject.json.repeated else _DATED_JSON


CHECKS: tuple[Check, ...] = (
    on_response("json-utf8", is_utf8),
    on_response("json-duplicate-key", keys_are_unique),
    on_response("error-body", client_error_body),
    on_response("server-error-body", server_error_body),
    on_response("response-of-proxy", is_from_service),
    on_response("authentication-served", unsigned_is_refused),
    on_response("clock-served", late_is_refused),
)

_DATED = frozenset(check.code for check in CHECKS if check.find is late_is_refused)
_DATED_JSON = _DATED.union(check.code for check in CHECKS if check.find in (is_utf8, keys_are_unique))

OF_PROXIES = frozenset(check.code for check in CHECKS if check.find in (server_error_body, is_from_service))
"""Codes of the clauses that a response of a proxy is judged by."""

GROUPS = (Group(CHECKS, _kept_by_served),)
