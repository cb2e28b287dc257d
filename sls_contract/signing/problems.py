"""The steps that are judged without the digest: dates, hashes of the body, the announced method, the scope.

Each function returns the mismatch that it finds, or None. They run in the order of `STEPS`.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from sls_contract.exchange import Request, wire_bytes
from sls_contract.signing.authorization import Authorization, Sls4Authorization
from sls_contract.signing.clock import (
    MAX_SKEW,
    http_date,
    parse_http_date,
    parse_iso_basic,
    request_time,
    utc,
    within_skew,
)
from sls_contract.signing.dialect import METHOD_HEADER, PAYLOAD_HEADER, SIGNATURE_METHODS, TOKEN_HEADER, log_date
from sls_contract.signing.mismatch import SignatureMismatch
from sls_contract.signing.region import region_of
from sls_contract.signing.signer import content_md5, content_sha256

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.signing.credentials import Credentials

_MINUTES = int(MAX_SKEW.total_seconds() // 60)
_NO_TOKEN = SignatureMismatch(
    "header-list",
    f"{TOKEN_HEADER} sent and signed",
    f"no {TOKEN_HEADER}",
    "The key is a temporary one (STS) and its security token is missing.",
    f"Send the token in {TOKEN_HEADER} and sign it with the other x-acs headers.",
)


def first_problem(
    request: Request, parsed: Authorization, key: Credentials, *, at: datetime | None, region: str | None
) -> SignatureMismatch | None:
    """Return the first mismatch apart from the digest; the clock is judged only if ``at`` is given."""
    v4 = parsed if isinstance(parsed, Sls4Authorization) else None
    sent = request.headers.lowered
    return (
        (_sls4_date(request) if v4 else _log_date(request))
        or (_clock(request, at) if at is not None else None)
        or _content_md5(request)
        or (None if v4 else _announced_method(request))
        or (None if key.security_token is None or TOKEN_HEADER in sent else _NO_TOKEN)
        or (_scope(request, v4, region) if v4 else None)
        or (_payload_hash(request) if v4 else None)
    )


def _log_date(request: Request) -> SignatureMismatch | None:
    text = log_date(request)
    if parse_http_date(text) is not None:
        return None
    return SignatureMismatch(
        "date",
        "Date (or x-log-date) as Mon, 09 Nov 2015 06:11:16 GMT",
        text or "neither Date nor x-log-date",
        "The date of a v1 request must follow RFC 1123." if text else "The request carries no date.",
        "Send Date in GMT, in English, independent of the locale, and sign exactly that text.",
    )


def _sls4_date(request: Request) -> SignatureMismatch | None:
    text = request.headers.lowered.get("x-log-date", "")
    if parse_iso_basic(text) is not None:
        return None
    return SignatureMismatch(
        "date",
        "x-log-date as 20151109T061116Z",
        text or "no x-log-date",
        "The date of a v4 request is in x-log-date, in ISO 8601 basic form."
        if text
        else "The request carries no x-log-date.",
        "Send x-log-date in UTC, formatted %Y%m%dT%H%M%SZ, and sign exactly that text.",
    )


def _clock(request: Request, at: datetime) -> SignatureMismatch | None:
    sent, now = request_time(request), utc(at)
    if sent is None or within_skew(sent, now):
        return None
    minutes = abs(sent - now).total_seconds() / 60
    return SignatureMismatch(
        "date",
        f"within {_MINUTES} minutes of {http_date(now)}",
        http_date(sent),
        f"The request's time is {minutes:.0f} minutes {'behind' if sent < now else 'ahead of'} the server's.",
        "Set the machine's clock, sign in UTC, and sign each attempt again.",
    )


def _content_md5(request: Request) -> SignatureMismatch | None:
    sent = request.headers.lowered.get("content-md5", "").strip()
    if not sent or not request.wire:  # the body that was hashed is unknown
        return None
    right = content_md5(request.body)
    if sent == right:
        return None
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    explanation = "Content-MD5 is not that of the body as sent."
    if sent.upper() == right:
        explanation = "Content-MD5 is right except for its case: the letters must be upper-case."
    elif sent == base64.b64encode(digest).decode("ascii"):
        explanation = "Content-MD5 is written in base64 (as in RFC 1864); SLS expects upper-case hex."
    return SignatureMismatch(
        "content-md5",
        right,
        sent,
        explanation,
        f"Hash the {len(request.body)} bytes as sent, after compression, and write the MD5 as upper-case hex.",
    )


def _announced_method(request: Request) -> SignatureMismatch | None:
    # A check of common headers reports a missing header; it implies hmac-sha1.
    announced = request.headers.lowered.get(METHOD_HEADER)
    if announced is None or announced in SIGNATURE_METHODS:
        return None
    return SignatureMismatch(
        "header-list",
        f"{METHOD_HEADER}: hmac-sha1 (or hmac-sha256)",
        f"{METHOD_HEADER}: {announced}",
        "The announced signature method is unknown.",
        f"Send {METHOD_HEADER}: hmac-sha1 in lower case, once, and sign it with the other x-log headers.",
    )


def _scope(request: Request, parsed: Sls4Authorization, region: str | None) -> SignatureMismatch | None:
    date = request.headers.lowered.get("x-log-date", "").strip()[:8]
    place = region_of(request.host) or region or parsed.region or "<region>"
    right = f"{date}/{place}/sls/aliyun_v4_request"
    if parsed.scope == right:
        return None
    return SignatureMismatch(
        "scope",
        right,
        parsed.scope,
        _scope_explanation(parsed, date, place),
        "Build the scope from the day of x-log-date (UTC), the endpoint's region, sls, and aliyun_v4_request.",
    )


def _scope_explanation(parsed: Sls4Authorization, date: str, place: str) -> str:
    if parsed.date != date:
        return "The day in the scope is not that of x-log-date."
    if not parsed.region:
        return "The scope names no region."
    if parsed.region != place:
        return "The region in the scope is not that of the endpoint."
    return "The scope does not end in /sls/aliyun_v4_request."


def _payload_hash(request: Request) -> SignatureMismatch | None:
    sent = request.headers.lowered.get(PAYLOAD_HEADER, "").strip()
    right = content_sha256(request.body)
    if sent == right or (sent and not request.wire):
        return None
    return SignatureMismatch(
        "payload-hash",
        right,
        sent or f"no {PAYLOAD_HEADER}",
        _payload_explanation(sent, request.body, right),
        f"Send {PAYLOAD_HEADER} with the lower-case hex SHA-256 of the {len(request.body)} bytes as sent, and sign it.",
    )


def _payload_explanation(sent: str, body: bytes, right: str) -> str:
    if not sent:
        return f"v4 needs {PAYLOAD_HEADER}."
    if sent.lower() == right:
        return f"{PAYLOAD_HEADER} is right except for its case: the letters must be lower-case."
    if sent.upper().startswith("UNSIGNED"):
        return "The payload must be hashed; there is no unsigned payload here."
    if sent == content_sha256(b""):
        return "The hash is that of an empty body, and the body is not empty."
    if wire_bytes(sent) == base64.b64encode(hashlib.sha256(body).digest()):
        return "The hash is written in base64; here it is lower-case hex."
    return f"{PAYLOAD_HEADER} is not the hash of the body as sent."
