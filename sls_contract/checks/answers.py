"""Checks of an answer's JSON, status, error body, and of what must not be served (``SLS22x`` to ``SLS24x``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.checks.entries import MOST_FLAWS
from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.rule import KEPT, Flaw, Flaws, on_response
from sls_contract.checks.subject import GET_CHECK_POINT, OK
from sls_contract.signing import MAX_SKEW, http_date
from sls_contract.spec import errors_with, statuses_of, wording_is_known

if TYPE_CHECKING:
    from sls_contract.checks.rule import Check
    from sls_contract.checks.subject import Subject

ERROR_FIELDS = frozenset({"errorCode", "errorMessage", "accessDeniedDetail"})

_SERVER_ERROR = 500


def is_json(subject: Subject) -> Flaws:
    """Demand that the body of a success is one JSON text.

    An error body that is none is judged as an error body.
    """
    if not subject.is_success or subject.json is None:
        return None
    if not subject.json.syntax:
        return KEPT
    mend = "answer with one JSON array in UTF-8 and nothing else."
    return [Flaw("body", "one JSON text", shortened(subject.json.syntax), mend)]


def is_utf8(subject: Subject) -> Flaws:
    """Demand that a body that is JSON is UTF-8."""
    if not _is_json_answer(subject) or subject.json is None:
        return None
    if not subject.json.charset:
        return KEPT
    return [Flaw("body", "UTF-8 without a byte order mark", subject.json.charset, "write the body in UTF-8.")]


def keys_are_unique(subject: Subject) -> Flaws:
    """Demand that no object of a JSON body has a key twice."""
    if not _is_json_answer(subject) or subject.json is None:
        return None
    mend = "write each key once."
    return [
        Flaw("body", "each key once in an object", f"the key {shown(key)} more than once", mend)
        for key in dict.fromkeys(subject.json.repeated)
    ][:MOST_FLAWS]


def integers_are_integers(subject: Subject) -> Flaws:
    """Demand that shard and updateTime are written with digits alone."""
    if not subject.entries or subject.json is None:
        return None
    if not subject.json.floats:
        return KEPT
    mend = "format integers without sign, fraction or exponent."
    return [
        Flaw(f"/{place}/{name}", "digits alone", f"a number with the value {shown(value)}", mend)
        for place, entry in enumerate(subject.entries)
        if isinstance(entry, dict)
        for name in ("shard", "updateTime")
        if isinstance(value := entry.get(name), float) and value.is_integer()
    ][:MOST_FLAWS]


def status_has_meaning(subject: Subject) -> Flaws:
    """Demand that the status is 200, 4xx or 5xx."""
    assert subject.response is not None
    status = subject.response.status
    if status == OK or subject.is_error:
        return KEPT
    return [Flaw("status", "200, or an error of 4xx or 5xx", shown(status), "answer a success with exactly 200.")]


def client_error_body(subject: Subject) -> Flaws:
    """Demand that a 4xx carries code and message."""
    return _error_body(subject) if subject.response and subject.response.status < _SERVER_ERROR else None


def server_error_body(subject: Subject) -> Flaws:
    """Demand that a 5xx carries code and message."""
    return _error_body(subject) if subject.response and subject.response.status >= _SERVER_ERROR else None


def _error_body(subject: Subject) -> Flaws:
    if not subject.is_error or subject.json is None:
        return None
    mend = 'answer with {"errorCode": "…", "errorMessage": "…"}.'
    value = subject.json.value
    if subject.json.syntax or not isinstance(value, dict):
        return [Flaw("body", "a JSON object", shortened(subject.json.syntax) or shown(value), mend)]
    return [
        Flaw(f"/{name}", "a string that is not empty", shown(value[name]) if name in value else shown(value), mend)
        for name in ("errorCode", "errorMessage")
        if not (isinstance(value.get(name), str) and value[name])
    ]


def code_is_known(subject: Subject) -> Flaws:
    """Demand that the code stands in some page."""
    code = _error_text(subject, "errorCode")
    if not code:
        return None
    mend = "answer with a code of the GetCheckPoint page or of the common tables."
    return KEPT if errors_with(code) else [Flaw("/errorCode", "a documented code", shown(code), mend)]


def code_fits_operation(subject: Subject) -> Flaws:
    """Demand that a known code is one that this operation can answer."""
    code = _error_text(subject, "errorCode")
    known = errors_with(code) if code else ()
    if not known or subject.asks_nonsense:
        return None
    if any(error.may_answer(GET_CHECK_POINT) for error in known):
        return KEPT
    belongs = ", ".join(dict.fromkeys(name for error in known for name in error.operations))
    mend = "answer an unknown shard with 200 and an empty list; other failures with a code of this operation."
    return [Flaw("/errorCode", "a code of GetCheckPoint", f"{code}, which belongs to {belongs}", mend)]


def code_fits_status(subject: Subject) -> Flaws:
    """Demand that a known code comes with its status."""
    code = _error_text(subject, "errorCode")
    statuses = statuses_of(code) if code else frozenset()
    if not statuses or subject.response is None:
        return None
    if subject.response.status in statuses:
        return KEPT
    expected = f"{' or '.join(map(str, sorted(statuses)))} with {code}"
    return [Flaw("status", expected, str(subject.response.status), "give the code the status of its table.")]


def wording_is_usual(subject: Subject) -> Flaws:
    """Demand that the message of a known code is worded as a page or an observed answer has it."""
    code, message = _error_text(subject, "errorCode"), _error_text(subject, "errorMessage")
    wordings = [wording for error in errors_with(code) for wording in error.wordings] if code and message else []
    if not wordings or subject.asks_nonsense:
        return None
    if wording_is_known(code, message):
        return KEPT
    mend = "decide by errorCode; tell us if the service changed its wording."
    return [Flaw("/errorMessage", shortened(f"such as {shown(wordings[0])}"), shown(message), mend)]


def error_fields_only(subject: Subject) -> Flaws:
    """Demand that an error body has no key that no page names."""
    if not subject.is_error or not isinstance(subject.document, dict) or not subject.document.keys() & ERROR_FIELDS:
        return None
    mend = "clients ignore it; look whether a documented key was renamed."
    strange = [key for key in subject.document if key not in ERROR_FIELDS]
    return [Flaw(f"/{shown(key)[1:-1]}", "the documented keys only", f"the key {shown(key)}", mend) for key in strange][
        :MOST_FLAWS
    ]


def unsigned_is_refused(subject: Subject) -> Flaws:
    """Demand that a request known to be badly signed is not answered with 200."""
    if subject.anonymous:
        return None
    wrong = _what_is_wrong(subject)
    if not wrong:
        return None
    assert subject.response is not None
    if subject.response.status != OK:
        return KEPT
    return [Flaw("status", "400 or 401", f"200, though {wrong}", "verify the signature before anything else.")]


def _what_is_wrong(subject: Subject) -> str:
    if subject.authorization is None:
        return "the request is not signed in any known form"
    mismatch = subject.mismatch
    if mismatch is None or mismatch.step == "access-key":  # a key that we do not hold may be known to the service
        return ""
    return f"the signature is wrong at step {mismatch.step}"


def late_is_refused(subject: Subject) -> Flaws:
    """Demand that a request whose time is far from the server's is not answered with 200."""
    if subject.anonymous or subject.sent is None or subject.dated is None or subject.response is None:
        return None
    if abs(subject.sent - subject.dated) <= MAX_SKEW or subject.response.status != OK:
        return KEPT
    actual = f"200 at {http_date(subject.dated)} to a request of {http_date(subject.sent)}"
    return [Flaw("status", "400 RequestTimeExpired", actual, "refuse what is more than 15 minutes off.")]


def _is_json_answer(subject: Subject) -> bool:
    return (subject.answers_json or subject.is_error) and subject.document is not None


def _error_text(subject: Subject, name: str) -> str:
    value = subject.document.get(name) if subject.is_error and isinstance(subject.document, dict) else None
    return value if isinstance(value, str) else ""


CHECKS: tuple[Check, ...] = (
    on_response("json-text", is_json),
    on_response("json-utf8", is_utf8, common=True),
    on_response("json-duplicate-key", keys_are_unique, common=True),
    on_response("json-integer", integers_are_integers),
    on_response("success-status", status_has_meaning),
    on_response("error-body", client_error_body, common=True),
    on_response("server-error-body", server_error_body, common=True),
    on_response("error-code-unknown", code_is_known),
    on_response("error-code-operation", code_fits_operation),
    on_response("error-status", code_fits_status),
    on_response("error-message", wording_is_usual),
    on_response("error-additive-key", error_fields_only),
    on_response("authentication-served", unsigned_is_refused, common=True),
    on_response("clock-served", late_is_refused, common=True),
)
