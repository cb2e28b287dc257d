"""Signatures that are almost correct: each flaw breaks one step of signing, and must be refused.

The function of a flaw takes the unsigned request and a signer, and returns the request to send.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from sls_contract.signing import (
    LOG_SCHEMES,
    MAX_SKEW,
    SCHEMES,
    Credentials,
    Dialect,
    Sls4Authorization,
    http_date,
    iso_basic,
    parse_authorization,
    request_time,
    resign,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.exchange import Request
    from sls_contract.signing.dialect import Scheme

Refusal: TypeAlias = Literal["signature", "malformed"]
"""The refusal that the contract requires: 401 SignatureNotMatch, or any 400 or 401."""

_TOO_FAR = MAX_SKEW + timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests for a flaw."""

    credentials: Credentials
    scheme: Scheme
    at: datetime
    sign: Callable[[Request, Credentials, Scheme, datetime], Request]

    def __call__(self, request: Request) -> Request:
        """Return the request with a correct signature."""
        return self.sign(request, self.credentials, self.scheme, self.at)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One way to sign incorrectly.

    Attributes:
        name: unique.
        schemes: the signature schemes in which it exists.
        refusal: the refusal that the contract requires.
        make: takes the unsigned request and a signer, returns the request to send.
        needs_query: whether the request must have a query.
        on_writes: whether the request must have a body.

    """

    name: str
    schemes: tuple[Scheme, ...]
    refusal: Refusal
    make: Callable[[Request, Signer], Request]
    needs_query: bool = False
    on_writes: bool = False


def _header(request: Request, name: str, value: str) -> Request:
    return request.replace(headers=request.headers.with_field(name, value))


def _authorized(change: Callable[[str, Signer], str]) -> Callable[[Request, Signer], Request]:
    """Sign correctly, and change the value of Authorization."""

    def make(request: Request, signer: Signer) -> Request:
        signed = signer(request)
        return _header(signed, "Authorization", change(signed.headers["Authorization"], signer))

    return make


def _digest(value: str, signer: Signer) -> str:
    """Change the first character of the signature."""
    head, mark, signature = value.rpartition("Signature=" if signer.scheme == "v4" else ":")
    return head + mark + ("1" if signature[0] == "0" else "0") + signature[1:]


def _digest_end(value: str, _: Signer) -> str:
    """Change a character near the end of the signature."""
    at = -5  # in base64 no padding, and no bits that decoding drops
    return value[:at] + ("1" if value[at] == "0" else "0") + value[at + 1 :]


def _secret(request: Request, signer: Signer) -> Request:
    """Sign with a secret that has one character more."""
    key = signer.credentials
    wrong = Credentials(key.access_key_id, key.access_key_secret + "x", key.security_token)
    return signer.sign(request, wrong, signer.scheme, signer.at)


def _method(request: Request, signer: Signer) -> Request:
    """Sign another method."""
    return signer(request.replace(method="PUT" if request.method == "POST" else "POST")).replace(method=request.method)


def _path(request: Request, signer: Signer) -> Request:
    """Sign the path of another group."""
    path, mark, query = request.url.partition("?")
    return signer(request.replace(url=f"{path}x{mark}{query}")).replace(url=request.url)


def _query_value(request: Request, signer: Signer) -> Request:
    """Sign another value of the last parameter."""
    return signer(request.replace(url=request.url + "1")).replace(url=request.url)


def _query_dropped(request: Request, signer: Signer) -> Request:
    """Leave the query unsigned."""
    return signer(request.replace(url=request.url.partition("?")[0])).replace(url=request.url)


def _query_added(request: Request, signer: Signer) -> Request:
    """Add a query parameter after signing."""
    mark = "&" if "?" in request.url else "?"
    return signer(request).replace(url=f"{request.url}{mark}probe=1")


def _added(name: str) -> Callable[[Request, Signer], Request]:
    """Add a header after signing."""
    return lambda request, signer: _header(signer(request), name, "1")


def _log_header_changed(request: Request, signer: Signer) -> Request:
    """Change an ``x-log-`` header after signing."""
    return _header(signer(_header(request, "x-log-probe", "1")), "x-log-probe", "2")


def _content_type(request: Request, signer: Signer) -> Request:
    """Sign another Content-Type."""
    own = request.headers.get("Content-Type", "application/json")
    other = "application/json" if own == "application/x-protobuf" else "application/x-protobuf"
    return _header(signer(_header(request, "Content-Type", other)), "Content-Type", own)


def _date(request: Request, signer: Signer) -> Request:
    """Move the time by a second after signing."""
    signed = signer(request)
    moved = (request_time(signed) or signer.at) + timedelta(seconds=1)
    if signer.scheme == "v4":
        return _header(signed, "x-log-date", iso_basic(moved))
    return _header(signed, "Date", http_date(moved))


def _algorithm(request: Request, signer: Signer) -> Request:
    """Sign with one algorithm, announce the other."""
    other = "hmac-sha1" if signer.scheme == "v1-sha256" else "hmac-sha256"
    return _header(signer(request), "x-log-signaturemethod", other)


def _other_hash(request: Request, signer: Signer) -> Request:
    """Announce one algorithm, sign that announcement, and compute the digest with the other."""
    other: Scheme = "v1" if signer.scheme == "v1-sha256" else "v1-sha256"
    return resign(signer(request), Dialect(other), signer.credentials)


def _reencoded(write: Callable[[str], str]) -> Callable[[Request, Signer], Request]:
    """Sign correctly, and write the digest in another encoding."""

    def change(value: str, _: Signer) -> str:
        head, colon, signature = value.rpartition(":")
        return head + colon + write(signature)

    return _authorized(change)


def _token(request: Request, signer: Signer) -> Request:
    """Sign without the security token, but send it."""
    key = signer.credentials
    without_token = Credentials(key.access_key_id, key.access_key_secret)
    signed = signer.sign(request, without_token, signer.scheme, signer.at)
    return _header(signed, "x-acs-security-token", key.security_token or "")


def _body(request: Request, signer: Signer) -> Request:
    """Sign another body of the same length, including its digest."""
    return signer(request.replace(body=b" " * len(request.body))).replace(body=request.body)


def _method_unannounced(request: Request, signer: Signer) -> Request:
    """Sign a request without ``x-log-signaturemethod``."""
    signed = signer(request)
    fewer = signed.replace(headers=signed.headers.without("x-log-signaturemethod"))
    return resign(fewer, Dialect(signer.scheme), signer.credentials)


def _signed_with(name: str, value: str | timedelta) -> Callable[[Request, Signer], Request]:
    """Sign one wrong header in a correct request: a text, or a time with this distance from the correct one."""

    def make(request: Request, signer: Signer) -> Request:
        text = value if isinstance(value, str) else http_date(signer.at + value)
        return resign(_header(signer(request), name, text), Dialect(signer.scheme), signer.credentials)

    return make


def _log_date_unsigned(request: Request, signer: Signer) -> Request:
    """Sign Date, and send a different ``x-log-date``; both are within the allowed time."""
    return _header(signer(request), "x-log-date", http_date(signer.at - timedelta(minutes=5)))


def _date_old_signed(request: Request, signer: Signer) -> Request:
    """Sign a Date that is too old, and send a correct ``x-log-date``."""
    old = signer.at - _TOO_FAR
    signed = signer.sign(request, signer.credentials, signer.scheme, old)
    return _header(signed, "x-log-date", http_date(signer.at))


def _date_beside_old(request: Request, signer: Signer) -> Request:
    """Sign an ``x-log-date`` that is too old in v4, and send a correct Date."""
    old = signer.at - _TOO_FAR
    return _header(signer.sign(request, signer.credentials, signer.scheme, old), "Date", http_date(signer.at))


def _scope(change: Callable[[str, Signer], str]) -> Callable[[Request, Signer], Request]:
    """Announce a wrong scope, and sign with the key of that scope."""

    def make(request: Request, signer: Signer) -> Request:
        changed = _authorized(change)(request, signer)
        parsed = parse_authorization(changed.headers["Authorization"])
        assert isinstance(parsed, Sls4Authorization)
        return resign(changed, Dialect("v4", parsed.region), signer.credentials)

    return make


def _day_before(value: str, signer: Signer) -> str:
    """Name the day before in the scope."""
    today, before = (f"/{moment:%Y%m%d}/" for moment in (signer.at, signer.at - timedelta(days=1)))
    return value.replace(today, before)


def _host(other: Callable[[str], str]) -> Callable[[Request, Signer], Request]:
    """Sign another project's host."""

    def make(request: Request, signer: Signer) -> Request:
        return _header(signer(_header(request, "Host", other(request.host))), "Host", request.host)

    return make


def _without_last_letter(host: str) -> str:
    """Return the host of the project whose name lacks the last letter."""
    project, dot, rest = host.partition(".")
    return project[:-1] + dot + rest


def _payload_hash(request: Request, signer: Signer) -> Request:
    """Announce the digest of another body."""
    return _header(signer(request), "x-log-content-sha256", hashlib.sha256(b"another body").hexdigest())


def _region(value: str, _: Signer) -> str:
    """Name another region than the signed one."""
    return value.replace("/sls/aliyun_v4", "x/sls/aliyun_v4")


def _malformed(value: str) -> Callable[[Request, Signer], Request]:
    return _authorized(lambda _, signer: value.replace("{id}", signer.credentials.access_key_id))


def _without(*names: str) -> Callable[[Request, Signer], Request]:
    """Remove headers after signing."""

    def make(request: Request, signer: Signer) -> Request:
        signed = signer(request)
        return signed.replace(headers=signed.headers.without(*names))

    return make


def _garbled_date(request: Request, signer: Signer) -> Request:
    return _header(signer(request), "x-log-date" if signer.scheme == "v4" else "Date", "yesterday")


NEAR_MISSES = {
    flaw.name: flaw
    for flaw in (
        Flaw("digest", SCHEMES, "signature", _authorized(_digest)),
        Flaw("digest-end", SCHEMES, "signature", _authorized(_digest_end)),
        Flaw("digest-longer", SCHEMES, "malformed", _authorized(lambda value, _: f"{value}A")),
        Flaw("digest-cut", SCHEMES, "malformed", _authorized(lambda value, _: value[:-14])),  # without its second half
        Flaw("secret", SCHEMES, "signature", _secret),
        Flaw("method", SCHEMES, "signature", _method),
        Flaw("path", SCHEMES, "signature", _path),
        Flaw("query-value", SCHEMES, "signature", _query_value, needs_query=True),
        Flaw("query-dropped", SCHEMES, "signature", _query_dropped, needs_query=True),
        Flaw("query-added", SCHEMES, "malformed", _query_added),  # an unknown key may be refused before the signature
        Flaw("log-header-added", SCHEMES, "signature", _added("x-log-probe")),
        Flaw("acs-header-added", SCHEMES, "signature", _added("x-acs-probe")),
        Flaw("log-header-changed", SCHEMES, "signature", _log_header_changed),
        Flaw("content-type", SCHEMES, "signature", _content_type),
        Flaw("date", SCHEMES, "signature", _date),
        Flaw("algorithm", LOG_SCHEMES, "signature", _algorithm),
        Flaw("other-hash", LOG_SCHEMES, "signature", _other_hash),
        Flaw("digest-case", LOG_SCHEMES, "signature", _reencoded(str.swapcase)),
        Flaw("body", SCHEMES, "malformed", _body, on_writes=True),  # no page says how a wrong Content-MD5 is refused
        Flaw("host", ("v4",), "signature", _host(lambda host: f"x{host}")),
        Flaw("host-cut", ("v4",), "signature", _host(_without_last_letter)),
        Flaw("payload-hash", ("v4",), "malformed", _payload_hash),
        Flaw("region", ("v4",), "malformed", _authorized(_region)),
        Flaw("scope-date", ("v4",), "malformed", _authorized(_day_before)),
        Flaw("scope-of-yesterday", ("v4",), "malformed", _scope(_day_before)),
        Flaw("scope-of-other-service", ("v4",), "malformed", _scope(lambda value, _: value.replace("/sls/", "/oss/"))),
        Flaw("scope-ends-otherwise", ("v4",), "malformed", _scope(lambda value, _: value.replace("_v4_", "_v5_"))),
        Flaw("log-date-old", LOG_SCHEMES, "malformed", _signed_with("x-log-date", -_TOO_FAR)),
        Flaw("log-date-ahead", LOG_SCHEMES, "malformed", _signed_with("x-log-date", _TOO_FAR)),
        Flaw("log-date-unsigned", LOG_SCHEMES, "signature", _log_date_unsigned),
        Flaw("log-date-garbled", LOG_SCHEMES, "malformed", _signed_with("x-log-date", "yesterday")),
        Flaw("date-old-signed", LOG_SCHEMES, "malformed", _date_old_signed),
        Flaw("date-beside-old", ("v4",), "malformed", _date_beside_old),
        Flaw("hexadecimal", LOG_SCHEMES, "malformed", _reencoded(lambda digest: base64.b64decode(digest).hex())),
    )
}
"""The flaws that break one step of signing, by name."""

MALFORMED = {
    flaw.name: flaw
    for flaw in (
        Flaw("no-authorization", SCHEMES, "malformed", _without("authorization")),
        Flaw("empty-authorization", ("v1",), "malformed", _malformed("")),
        Flaw("scheme-alone", ("v1",), "malformed", _malformed("LOG")),
        Flaw("no-signature", ("v1",), "malformed", _malformed("LOG {id}")),
        Flaw("empty-signature", ("v1",), "malformed", _malformed("LOG {id}:")),
        Flaw("no-key-id", ("v1",), "malformed", _malformed("LOG :AAAAAAAAAAAAAAAAAAAAAAAAAAA=")),
        Flaw("other-scheme", ("v1",), "malformed", _malformed("Basic dGVzdDp0ZXN0")),
        Flaw("no-scope", ("v4",), "malformed", _malformed("SLS4-HMAC-SHA256 Credential={id},Signature=" + "0" * 64)),
        Flaw("no-signature-method", ("v1",), "malformed", _method_unannounced),
        Flaw("other-signature-method", ("v1",), "malformed", _signed_with("x-log-signaturemethod", "hmac-md5")),
        Flaw("no-date", ("v1", "v4"), "malformed", _without("date", "x-log-date")),
        Flaw("garbled-date", ("v1", "v4"), "malformed", _garbled_date),
    )
}
"""The flaws that leave no complete signature, by name."""

TOKEN_UNSIGNED = Flaw("token-unsigned", SCHEMES, "signature", _token)
"""The security token is sent but not signed; needs a temporary key."""

FLAWS = NEAR_MISSES | MALFORMED | {TOKEN_UNSIGNED.name: TOKEN_UNSIGNED}
