"""The known mistakes of v4, in the order of the steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sls_contract.signing.canonical import replace
from sls_contract.signing.clock import http_date, parse_iso_basic, request_time
from sls_contract.signing.mistakes import (
    PATH_CHANGED,
    SHARED_DIGEST,
    SHARED_HEADERS,
    SHARED_RESOURCE,
    Mistake,
    other_digest_spec,
    query_as_sent,
    query_encoded,
    query_plain,
    query_twice_encoded,
)
from sls_contract.signing.on_the_way import HOST_ON_THE_WAY, ON_THE_WAY
from sls_contract.signing.region import region_of
from sls_contract.signing.signer import content_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.exchange import Request
    from sls_contract.signing.canonical import Sls4Form

_UNSIGNED = "UNSIGNED-PAYLOAD"
_OTHER_PREFIXES = ("", "AWS4", "aliyun_v4_", "SLS4", None)  # None: the secret itself is the key
_FIRST_DAY, _LAST_DAY = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def date_header_signed(form: Sls4Form, request: Request) -> Iterator[Sls4Form]:
    """Yield the form with the time in the format of ``Date`` in the string to sign."""
    yield replace(form, time=request.headers.get("date", ""))
    when = request_time(request)
    if when is not None:
        yield replace(form, time=http_date(when))


def _without(form: Sls4Form, name: str) -> Sls4Form:
    return replace(form, headers=tuple(pair for pair in form.headers if pair[0] != name))


def other_host(form: Sls4Form, request: Request) -> Iterator[Sls4Form]:
    """Yield the form with the endpoint as host, without the project, or with a port that was not sent."""
    host = request.host
    for text in (host.partition(".")[2], f"{host}:80", f"{host}:443", host.lower()):
        yield replace(form, headers=tuple((name, text if name == "host" else value) for name, value in form.headers))


def key_for_another_scope(form: Sls4Form, request: Request) -> Iterator[Sls4Form]:
    """Yield the form with the key derived for another day or region than the announced scope."""
    announced = replace(form, announced_scope=form.scope)
    for date in _adjacent_days(form.date):
        yield replace(announced, date=date)
    for region in ("", region_of(request.host) or "", "cn-hangzhou", request.host.partition(".")[2]):
        yield replace(announced, region=region)
    yield replace(announced, date=form.time)
    yield replace(announced, service="log")


def _adjacent_days(date: str) -> list[str]:
    """Return the days before and after; a client that takes local time for UTC signs them around midnight."""
    day = parse_iso_basic(f"{date}T120000Z")
    if day is None or not _FIRST_DAY < day < _LAST_DAY:
        return []
    return [f"{day + timedelta(days=shift):%Y%m%d}" for shift in (-1, 1)]


def scope_in_string(form: Sls4Form, _request: Request) -> Iterator[Sls4Form]:
    """Yield the form with another scope in the string to sign than in the header."""
    yield replace(form, announced_scope=f"{form.date}/{form.region}/{form.service}")
    yield replace(form, announced_scope=f"{form.date}/{form.region}/{form.service}/aws4_request")


def other_payload_hash(form: Sls4Form, request: Request) -> Iterator[Sls4Form]:
    """Yield the form with another last line: an unsigned payload, the hash of an empty one, the real hash, none."""
    for text in (_UNSIGNED, content_sha256(b""), content_sha256(request.body), form.payload_hash.upper(), ""):
        yield replace(form, payload_hash=text)


SLS4_MISTAKES: tuple[Mistake, ...] = (
    Mistake("date-header-signed", "date", date_header_signed).explained(
        "The time was signed in the format of Date.", "Put the value of x-log-date into the string to sign."
    ),
    Mistake("content-type-left-out", "content-type", lambda form, _: [_without(form, "content-type")]).explained(
        "Content-Type was sent and not signed.", "Sign content-type among the headers if it is sent, or do not send it."
    ),
    Mistake("host-left-out", "header-list", lambda form, _: [_without(form, "host")]).explained(
        "The Host header was not signed.", "Sign host among the headers."
    ),
    Mistake("other-host", "header-list", other_host).explained(
        "The signed host is not the one in the Host header.",
        "Sign the Host header exactly as it is sent, the project included.",
    ),
    *SHARED_HEADERS,
    *SHARED_RESOURCE,
    Mistake("query-not-encoded", "resource", query_plain).explained(
        "The query's values were signed decoded; v4 signs them percent-encoded.",
        "Percent-encode each value as in RFC 3986, and leave the keys unencoded.",
    ),
    Mistake("query-encoded-otherwise", "resource", query_encoded).explained(
        "The query was signed with another encoding: + for a space, encoded keys, or key= for an empty value.",
        "Percent-encode each value (space as %20, ~ kept), leave keys as they are, write an empty value as key alone.",
    ),
    Mistake("query-as-sent", "resource", query_as_sent).explained(
        "The query was signed as it is in the URL.",
        "Sort by key, percent-encode each value as in RFC 3986, write an empty value as its key alone.",
    ),
    Mistake("query-encoded-twice", "resource", query_twice_encoded).explained(
        "The query's values were percent-encoded twice.", "Percent-encode each value once."
    ),
    PATH_CHANGED,
    HOST_ON_THE_WAY,
    *ON_THE_WAY,
    Mistake("key-for-another-scope", "scope", key_for_another_scope).explained(
        "The day, region or service of the derived key is not the one in the scope.",
        "Derive the key from the parts in the Credential.",
    ),
    Mistake("other-scope-signed", "scope", scope_in_string).explained(
        "The signed scope is not the one in the Credential.",
        "Write the scope in the string to sign as <yyyymmdd>/<region>/sls/aliyun_v4_request.",
    ),
    Mistake("other-payload-hash", "payload-hash", other_payload_hash).explained(
        "The canonical request does not end in the value of x-log-content-sha256.",
        "End the canonical request with the value of x-log-content-sha256.",
    ),
    Mistake("key-not-derived-from-aliyun_v4", "digest", other_digest_spec("key_prefix", _OTHER_PREFIXES)).explained(
        'The signing key does not begin with "aliyun_v4" before the secret.',
        'Begin the key with HMAC-SHA256("aliyun_v4" + secret, yyyymmdd), then region, sls, aliyun_v4_request.',
    ),
    *SHARED_DIGEST,
)
