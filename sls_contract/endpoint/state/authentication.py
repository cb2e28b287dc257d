"""Authenticate a request: its key, token, time and signature; refuse it as the service does.

Codes and wording: the table of general error codes of 2026-01; for ``x-log-apiversion``, which that no longer lists,
the table of 2021; live messages if any was observed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.endpoint.state import responses
from sls_contract.signing import (
    LogAuthorization,
    Sls4Authorization,
    http_date,
    parse_authorization,
    request_time,
    verifies,
    within_skew,
)
from sls_contract.signing.dialect import API_VERSION, METHOD_HEADER, SIGNATURE_METHODS, TOKEN_HEADER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sls_contract.exchange import Request
    from sls_contract.signing import Credentials

ClockError: TypeAlias = Literal["RequestTimeExpired", "RequestTimeTooSkewed"]

_NOT_FOUND = "AccessKeyId not found: "
_EXPIRED = "The security token you provided has expired."
_INVALID = "The security token you provided is invalid."


class Keyring:
    """The keys that the endpoint accepts; they are kept in memory only."""

    def __init__(self, credentials: Iterable[Credentials]) -> None:
        self._keys: dict[str, list[Credentials]] = {}
        self._expired: set[str] = set()
        for each in credentials:
            self.add(each)

    def add(self, credentials: Credentials) -> None:
        """Accept another key; its token is valid again if it had expired."""
        known = self._keys.setdefault(credentials.access_key_id, [])
        if credentials not in known:
            known.append(credentials)
        self._expired.discard(credentials.security_token or "")

    def expire(self, security_token: str) -> None:
        """Refuse the token from now on as expired."""
        self._expired.add(security_token)

    def find(self, access_key_id: str, security_token: str | None) -> Credentials:
        """Return the key, or raise the `ServiceError` 401 that explains why it is refused."""
        known = self._keys.get(access_key_id)
        if not known:
            raise responses.unauthorized(_NOT_FOUND + access_key_id)
        if security_token in self._expired:
            raise responses.unauthorized(_EXPIRED)
        for each in known:
            if each.security_token == security_token:
                return each
        raise responses.unauthorized(_INVALID)


def authenticate(request: Request, keyring: Keyring, now: datetime, clock_error: ClockError) -> None:
    """Raise the `ServiceError` of the first problem of a request; return if there is none."""
    authorization = _authorization(request)
    _expect_version(request)
    if isinstance(authorization, LogAuthorization):
        _expect_method(request)
    _expect_time(request, now, clock_error)
    credentials = keyring.find(authorization.access_key_id, request.headers.get(TOKEN_HEADER))
    if not verifies(request, credentials):
        raise responses.signature_not_match(authorization.signature)


def _authorization(request: Request) -> LogAuthorization | Sls4Authorization:
    """Parse the header; if it is missing, the table of 2026 defines 400, not 401."""
    value = request.headers.get("Authorization", "")
    if not value.strip():
        raise responses.missing_header(name="authorization")
    authorization = parse_authorization(value)
    if authorization is None or not authorization.access_key_id:
        raise responses.invalid_authorization(value)
    return authorization


def _expect_version(request: Request) -> None:
    version = request.headers.get("x-log-apiversion")
    if version is None:
        raise responses.missing_api_version()
    if version != API_VERSION:
        raise responses.invalid_api_version(version)


def _expect_method(request: Request) -> None:
    method = request.headers.get(METHOD_HEADER)
    if method is None:
        raise responses.missing_header(name=METHOD_HEADER)
    if method not in SIGNATURE_METHODS:
        raise responses.invalid_signature_method(method)


def _expect_time(request: Request, now: datetime, clock_error: ClockError) -> None:
    shown = request.headers.get("x-log-date") or request.headers.get("Date", "")
    if not shown:
        raise responses.missing_header(name="x-log-date")
    time = request_time(request)
    if time is None:
        raise responses.invalid_request_time(shown)
    if within_skew(time, now):
        return
    if clock_error == "RequestTimeTooSkewed":
        raise responses.request_time_too_skewed()
    raise responses.request_time_expired(shown, http_date(now))
