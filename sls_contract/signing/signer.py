"""Sign a request as a correct client does, and re-sign a recorded request with another key."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from sls_contract.errors import UsageError
from sls_contract.headers import Headers
from sls_contract.signing.authorization import authorization_of
from sls_contract.signing.canonical import authorization
from sls_contract.signing.clock import http_date, iso_basic
from sls_contract.signing.dialect import (
    API_VERSION,
    METHOD_HEADER,
    PAYLOAD_HEADER,
    SCHEMES,
    TOKEN_HEADER,
    Dialect,
    Scheme,
    form_of,
)
from sls_contract.signing.region import region_of

if TYPE_CHECKING:
    from datetime import datetime

    from sls_contract.exchange import Request
    from sls_contract.signing.credentials import Credentials


_REPLACED = ("authorization", "date", "x-log-date", METHOD_HEADER, PAYLOAD_HEADER, TOKEN_HEADER)


def sign(
    request: Request, credentials: Credentials, *, scheme: Scheme = "v1", region: str | None = None, at: datetime
) -> Request:
    """Return the request with the headers that a correct client sends, including Authorization.

    Existing headers are kept, and signed if the scheme signs them. An old signature, date, token or digest of the body
    is replaced.

    Args:
        request: the request to sign. Its path may be percent-encoded; it is signed decoded, as by the official SDKs.
        credentials: the key; its security token, if any, is sent along.
        scheme: ``v1`` (hmac-sha1, documented), ``v1-sha256`` (as the 2020-12-30 SDKs sign), or ``v4``.
        region: the region in v4's scope; by default the region in the host.
        at: when the request is sent; aware.

    Raises:
        UsageError: unknown scheme, naive time, or v4 without a region in the host or in ``region``.

    """
    if scheme not in SCHEMES:
        msg = f"scheme must be one of {', '.join(SCHEMES)}, got {scheme!r}"
        raise UsageError(msg)
    dialect = Dialect(scheme, _region(request, region) if scheme == "v4" else None)
    prepared = request.replace(headers=_prepared_headers(request, credentials, scheme, at))
    value = authorization(form_of(prepared, dialect), credentials.access_key_id, credentials.access_key_secret)
    return prepared.replace(headers=prepared.headers.with_field("Authorization", value))


def resign(request: Request, dialect: Dialect, credentials: Credentials) -> Request:
    """Return the same request signed with another key, in the dialect in which it verified; its time stays.

    The token is replaced by that of the credentials; every other header stays as it is.

    Raises:
        UsageError: the request has no Authorization in a known form, or only one of request and credentials has a
            token.

    """
    parsed = authorization_of(request)
    if parsed is None:
        msg = "only a request with a readable Authorization header can be re-signed; use sign() for any other"
        raise UsageError(msg)
    carries = TOKEN_HEADER in request.headers
    if carries != (credentials.security_token is not None):
        msg = (
            f"the request carries {'a' if carries else 'no'} security token; sign it again with credentials that have "
            f"{'one (TEST_STS_CREDENTIALS)' if carries else 'none (TEST_CREDENTIALS)'}"
        )
        raise UsageError(msg)
    headers = request.headers
    if credentials.security_token is not None:
        headers = _with_value(headers, TOKEN_HEADER, credentials.security_token)
    prepared = request.replace(headers=headers)
    value = authorization(form_of(prepared, dialect, parsed), credentials.access_key_id, credentials.access_key_secret)
    return prepared.replace(headers=_with_value(headers, "authorization", value))


def content_md5(body: bytes) -> str:
    """Return the Content-MD5 of a body: upper-case hex, not base64. Source: CommonRequestHeaders page."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest().upper()


def content_sha256(body: bytes) -> str:
    """Return the ``x-log-content-sha256`` of a body: lower-case hex. Source: signers of the official SDKs."""
    return hashlib.sha256(body).hexdigest()


def _region(request: Request, region: str | None) -> str:
    named = region or region_of(request.host)
    if not named:
        msg = f"the host {request.host!r} names no region, and v4 signs one: pass region='cn-hangzhou'"
        raise UsageError(msg)
    return named


def _prepared_headers(request: Request, credentials: Credentials, scheme: Scheme, at: datetime) -> Headers:
    headers = request.headers.without(*_REPLACED)
    if scheme == "v4":
        added = {"x-log-date": iso_basic(at), PAYLOAD_HEADER: content_sha256(request.body)}
    else:
        added = {"Date": http_date(at), METHOD_HEADER: "hmac-sha256" if scheme == "v1-sha256" else "hmac-sha1"}
    if credentials.security_token is not None:
        added[TOKEN_HEADER] = credentials.security_token
    defaults = {"Host": request.host, "x-log-apiversion": API_VERSION, "x-log-bodyrawsize": str(len(request.body))}
    for name, value in defaults.items():
        headers = headers if name in headers else headers.with_field(name, value)
    if not request.body:
        headers = headers.without("content-md5")
    elif scheme != "v4" or "content-md5" in headers:
        headers = headers.with_field("Content-MD5", content_md5(request.body))
    return Headers([*headers.pairs, *added.items()])


def _with_value(headers: Headers, name: str, value: str) -> Headers:
    """Replace the value of an existing header; its spelling and position stay."""
    spelled = next(old for old, _ in headers.pairs if old.lower() == name)
    return headers.with_field(spelled, value)
