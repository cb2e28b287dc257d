"""Checks of a response's headers, framing and encodings (``SLS25x``, ``SLS26x``)."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import md5
from typing import TYPE_CHECKING

from sls_contract.checks.content_coding import compress_type, content_codings
from sls_contract.checks.presentation import shortened, shown
from sls_contract.checks.requests import is_http_date
from sls_contract.checks.rule import KEPT, Check, Flaw, Flaws, Group, on_response
from sls_contract.checks.subject import REQUEST_ID, SECONDS_DIGITS, Subject, id_is_near
from sls_contract.signing import MAX_SKEW, http_date

if TYPE_CHECKING:
    from sls_contract.exchange import Response

_RAW_SIZE = "x-log-bodyrawsize"
_JSON, _PROTOBUF = "application/json", "application/x-protobuf"


def has_request_id(subject: Subject) -> Flaws:
    """Require that the response has a request id, unless a proxy may have sent it."""
    if subject.from_proxy:
        return None
    if _response(subject).headers.lowered.get("x-log-requestid", "").strip():
        return KEPT
    fix = "send x-log-requestid with every response, errors included."
    return [Flaw("header x-log-requestid", "24 upper-case hexadecimal digits", "nothing", fix)]


def request_id_is_well_formed(subject: Subject) -> Flaws:
    """Require that the request id has 24 digits and begins with the time."""
    sent = _response(subject).headers.lowered.get("x-log-requestid", "").strip()
    if not sent:
        return None
    fix = "write x-log-requestid as Unix seconds in 8 hexadecimal digits, then 16 more, in upper case."
    if not REQUEST_ID.fullmatch(sent):
        return [Flaw("header x-log-requestid", "24 upper-case hexadecimal digits", shown(sent), fix)]
    near = (subject.dated, (subject.at or subject.sent) if subject.misdated else None)
    if subject.dated is None or any(time is not None and id_is_near(sent, time) for time in near):
        return KEPT
    in_id = datetime.fromtimestamp(int(sent[:SECONDS_DIGITS], 16), UTC)
    expected = f"first 8 digits near the Date {http_date(subject.dated)}"
    return [Flaw("header x-log-requestid", expected, f"{sent}, whose first 8 digits mean {http_date(in_id)}", fix)]


def body_is_declared(subject: Subject) -> Flaws:
    """Require the Content-Type of JSON in errors and where pages document it, and that of protobuf for log groups."""
    contract, right = subject.contract, _PROTOBUF if _has_log_groups(subject) else _JSON
    documented = subject.is_error or (contract is not None and contract.coverage != "model" and subject.returns_json)
    if subject.from_proxy or (right == _JSON and (subject.document is None or not documented)):
        return None
    sent = _response(subject).headers.lowered.get("content-type", "")
    if sent.partition(";")[0].strip().lower() == right:
        return KEPT
    return [Flaw("header Content-Type", right, shown(sent) if sent else "nothing", f"send Content-Type: {right}.")]


def _has_log_groups(subject: Subject) -> bool:
    """Return whether the response contains log groups; without any its Content-Type is not judged."""
    return subject.message is not None and bool(subject.message.count)


def has_date(subject: Subject) -> Flaws:
    """Require that the response has Date, in GMT; a proxy may leave it out of a 5xx."""
    sent = _response(subject).headers.lowered.get("date", "").strip()
    if subject.from_proxy and not sent:
        return None
    if is_http_date(sent):
        return KEPT
    expected, fix = "a date such as Fri, 04 May 2018 09:26:53 GMT", "send Date in the format of RFC 1123, in GMT."
    return [Flaw("header Date", expected, shown(sent) if sent else "nothing", fix)]


def date_is_near(subject: Subject) -> Flaws:
    """Require that Date is near the time of the exchange."""
    near = subject.at or subject.sent
    if subject.dated is None or near is None:
        return None
    if not subject.misdated:
        return KEPT
    named = "the time of the exchange" if subject.at else "the request's own time"
    expected = f"within 15 minutes of {http_date(near)}, {named}"
    return [Flaw("header Date", expected, http_date(subject.dated), "set the server's clock, and send Date in GMT.")]


def date_is_comparable(subject: Subject) -> Flaws:
    """Require that there is a time to compare Date with."""
    if subject.dated is None:
        return None
    if subject.at or subject.sent:
        return KEPT
    fix = "pass the time of the exchange, or send the request with a Date header."
    return [Flaw("header Date", "a time to compare with", "no time is known", fix)]


def length_is_true(subject: Subject) -> Flaws:
    """Require that Content-Length is the length of the body on the wire."""
    response = _response(subject)
    sent = response.headers.lowered.get("content-length")
    if sent is None or not response.wire or subject.bodiless:
        return None
    if "chunked" in response.headers.lowered.get("transfer-encoding", "").lower():
        fix = "send Content-Length or Transfer-Encoding, never both: clients differ in which one they use."
        return [Flaw("header Content-Length", "no Content-Length with Transfer-Encoding", shown(sent), fix)]
    size = str(len(response.body))
    lengths = {part.strip().lstrip("0") or part.strip()[-1:] for part in sent.split(",")} if sent != size else {size}
    if lengths == {size}:
        return KEPT
    fix = "count the bytes of the body after compression."
    return [Flaw("header Content-Length", f"{size}, the bytes of the body", shown(", ".join(sorted(lengths))), fix)]


def encoding_is_true(subject: Subject) -> Flaws:
    """Require that the body decodes as Content-Encoding says."""
    if not content_codings(_response(subject)) or subject.bodiless or subject.plain.unknown:
        return None
    flaw = subject.plain.encoding_flaw
    fix = "encode the body as Content-Encoding says, or leave the header out."
    return [Flaw("header Content-Encoding", "a body that decodes", shortened(flaw), fix)] if flaw else KEPT


def encoding_is_accepted(subject: Subject) -> Flaws:
    """Require that the request's Accept-Encoding lists the encoding of the response."""
    accepted = subject.request.headers.lowered.get("accept-encoding")
    codings = _codings(subject)
    if not codings or accepted is None:
        return None
    fix = "compress only as the request's Accept-Encoding allows."
    return [
        Flaw(where, f"one of Accept-Encoding: {shown(accepted)}", shown(coding), fix)
        for where, coding in codings
        if not accepts(accepted, coding)
    ]


def encoding_is_requested(subject: Subject) -> Flaws:
    """Require that the response is not compressed if the request has no Accept-Encoding."""
    if "accept-encoding" in subject.request.headers.lowered or subject.bodiless:
        return None
    fix = "compress only if the request has Accept-Encoding."
    return [Flaw(where, "no compression", shown(coding), fix) for where, coding in _codings(subject)]


def compression_is_true(subject: Subject) -> Flaws:
    """Require that the body decompresses as x-log-compresstype says, to the size in x-log-bodyrawsize."""
    if (
        not compress_type(_response(subject))
        or subject.bodiless
        or subject.plain.unknown
        or subject.plain.encoding_flaw
    ):
        return None
    size = _response(subject).headers.lowered.get(_RAW_SIZE, "0").strip()
    judged = subject.contract is not None and _RAW_SIZE in subject.contract.response_headers
    if judged and subject.plain.data is not None and not (size.isascii() and size.isdigit()):
        return KEPT  # the contract reports a size that is not a number
    flaw = shortened(subject.plain.compress_flaw)
    if flaw and subject.plain.data is not None:
        fix = "send the size of the body before compression, in bytes."
        return [Flaw(f"header {_RAW_SIZE}", "the size of the decompressed body", flaw, fix)]
    fix = "compress the body as the header says, or leave the header out."
    return [Flaw("header x-log-compresstype", "a body that decompresses", flaw, fix)] if flaw else KEPT


def digest_is_true(subject: Subject) -> Flaws:
    """Require that Content-MD5 is the digest of the body."""
    response = _response(subject)
    sent = response.headers.lowered.get("content-md5", "").strip()
    if not sent or not response.wire or subject.bodiless:
        return None
    right = md5(response.body, usedforsecurity=False).hexdigest().upper()
    fix = "send the MD5 of the body as sent, in upper-case hexadecimal digits."
    return KEPT if sent == right else [Flaw("header Content-MD5", right, shown(sent), fix)]


def encoding_is_readable(subject: Subject) -> Flaws:
    """Require an encoding that is supported here."""
    if not _codings(subject):
        return None
    unknown = subject.plain.unknown
    fix = "request gzip, deflate, zstd or identity (Accept-Encoding), so that the body can be judged."
    return [Flaw("body", "gzip, deflate, zstd or lz4", shown(unknown), fix)] if unknown else KEPT


def accepts(accepted: str, coding: str) -> bool:
    """Return whether an Accept-Encoding allows a coding: listed, or covered by ``*``, and not with ``q=0``."""
    weights = dict(_weighted(part) for part in accepted.lower().split(","))
    alias = {"gzip": "x-gzip", "x-gzip": "gzip"}.get(coding, coding)
    return next((weights[name] for name in (coding, alias, "*") if name in weights), 0.0) > 0


def _weighted(part: str) -> tuple[str, float]:
    name, _, parameters = part.partition(";")
    key, _, weight = parameters.replace(" ", "").partition("=")
    try:
        return name.strip(), float(weight) if key == "q" else 1.0
    except ValueError:
        return name.strip(), 1.0


def _codings(subject: Subject) -> list[tuple[str, str]]:
    """Return each compression of the response with the header that announces it; an empty body has none."""
    response = _response(subject)
    if subject.bodiless or not response.body:
        return []
    found = [("header Content-Encoding", coding) for coding in content_codings(response)]
    compressed = compress_type(response)
    return [*found, ("header x-log-compresstype", compressed)] if compressed else found


def _response(subject: Subject) -> Response:
    assert subject.response is not None
    return subject.response


def _not_encoded(subject: Subject) -> frozenset[str] | None:
    """Return the codes of the clauses that a response without encodings can break; None if it has encodings."""
    headers = _response(subject).headers
    if "content-encoding" in headers.lowered or "x-log-compresstype" in headers.lowered:
        return None
    exempt = "accept-encoding" in subject.request.headers.lowered or subject.bodiless
    return frozenset() if exempt else _UNREQUESTED


_ENCODING_CHECKS = (
    on_response("content-encoding", encoding_is_true),
    on_response("encoding-not-accepted", encoding_is_accepted),
    on_response("encoding-not-requested", encoding_is_requested),
    on_response("compress-type", compression_is_true),
    on_response("encoding-unknown", encoding_is_readable),
)
_UNREQUESTED = frozenset(check.code for check in _ENCODING_CHECKS if check.find is encoding_is_requested)


def _typical_success(subject: Subject) -> frozenset[str] | None:
    """Return the codes of the clauses that a typical success keeps; None for any other response."""
    response, dated, near = _response(subject), subject.dated, subject.at or subject.sent
    sent, contract = response.headers.lowered, subject.contract
    typical = (
        response.is_ok
        and response.wire
        and contract is not None
        and contract.coverage != "model"
        and dated is not None
        and near is not None
        and abs(dated - near) <= MAX_SKEW
        and not subject.bodiless
        and _ODD_HEADERS.isdisjoint(sent)
        and sent.get("content-length") == str(len(response.body))
        and is_http_date(sent["date"])
        and id_is_near(sent.get("x-log-requestid", ""), dated)
    )
    if not typical:
        return None
    if subject.document is None and not _has_log_groups(subject):
        return _KEPT_BY_TYPICAL - _CONTENT_TYPE
    right = _PROTOBUF if subject.document is None else _JSON
    declared = sent.get("content-type") == right and (subject.returns_json or right == _PROTOBUF)
    return _KEPT_BY_TYPICAL if declared else None


_ODD_HEADERS = frozenset({"transfer-encoding", "content-md5"})
_HEADER_CHECKS = (
    on_response("request-id", has_request_id),
    on_response("request-id-form", request_id_is_well_formed),
    on_response("content-type", body_is_declared),
    on_response("response-date", has_date),
    on_response("response-clock", date_is_near),
    on_response("response-clock-unknown", date_is_comparable),
    on_response("content-length", length_is_true),
    on_response("content-md5", digest_is_true),
)
_CONTENT_TYPE = frozenset(check.code for check in _HEADER_CHECKS if check.find is body_is_declared)
_KEPT_BY_TYPICAL = frozenset(check.code for check in _HEADER_CHECKS if check.find is not digest_is_true)

GROUPS = (Group(_HEADER_CHECKS, _typical_success), Group(_ENCODING_CHECKS, _not_encoded))

CHECKS: tuple[Check, ...] = (*_HEADER_CHECKS, *_ENCODING_CHECKS)
