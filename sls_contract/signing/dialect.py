"""From a request to the form that is signed, in every way that correct clients do it.

No source settles these points and official clients differ, so each way is accepted: path as sent or decoded,
``x-log-meta-*`` in or out, values trimmed or not, a key without ``=``, the port of the host, repeated headers.

Sources: signers of the official SDKs, and captures of what their requests look like on the wire.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args
from urllib.parse import quote

from sls_contract.exchange import Request, decode_component, decode_path, split_url, wire_bytes
from sls_contract.signing.authorization import Authorization, LogAuthorization, Sls4Authorization
from sls_contract.signing.canonical import LOG_SHA1, LOG_SHA256, Form, LogForm, Pairs, Sls4Form

if TYPE_CHECKING:
    from collections.abc import Iterator

Scheme: TypeAlias = Literal["v1", "v1-sha256", "v4"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
LOG_SCHEMES: tuple[Scheme, ...] = ("v1", "v1-sha256")
HostForm: TypeAlias = Literal["received", "without port", "authority", "none"]

SIGNED_PREFIXES = ("x-log-", "x-acs-")
META_PREFIX = "x-log-meta-"
TOKEN_HEADER = "x-acs-security-token"  # noqa: S105 - the name of a header
PAYLOAD_HEADER = "x-log-content-sha256"
API_VERSION = "0.6.0"
SIGNATURE_METHODS = ("hmac-sha1", "hmac-sha256")
"""Of v1; the second is sent by the SDKs of 2020-12-30 and stands in no page."""
METHOD_HEADER = "x-log-signaturemethod"

_SPACE = " \t"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One accepted way to sign; the defaults are what most official clients do.

    Attributes:
        scheme: ``v1`` (hmac-sha1), ``v1-sha256`` (hmac-sha256) or ``v4``.
        region: the region in the scope of v4; None in v1.
        decoded_path: the path is signed percent-decoded; otherwise as it stands on the wire.
        bare_keys: a query key that came without ``=`` is signed without it (v1 only; v4 always does).
        meta_headers: ``x-log-meta-*`` headers are signed with the others.
        trimmed: header values are signed without the spaces around them.
        repeated: what joins the values of a header that came more than once; None signs them line by line.
        host: what v4 signs as host: the header as received, that without its port, the URL's authority, or nothing.

    """

    scheme: Scheme
    region: str | None = None
    decoded_path: bool = True
    bare_keys: bool = False
    meta_headers: bool = True
    trimmed: bool = True
    repeated: str | None = ", "
    host: HostForm = "received"


def scheme_of(request: Request, parsed: Authorization) -> Scheme:
    """Return the scheme that a request announces; v1 without a readable method counts as hmac-sha1."""
    if not isinstance(parsed, LogAuthorization):
        return "v4"
    return "v1-sha256" if request.headers.lowered.get(METHOD_HEADER) == "hmac-sha256" else "v1"


def dialects(request: Request, scheme: Scheme, region: str | None = None) -> Iterator[Dialect]:
    """Yield every dialect in which this request could differ, the usual one first, none twice."""
    usual = _usual(scheme, region)
    yield usual
    ways = product(
        (True, False) if "%" in request.path else (True,),
        (False, True) if scheme != "v4" and _has_bare_key(request.query) else (False,),
        *_header_ways(request),
        _host_ways(request) if scheme == "v4" else ("received",),
    )
    for way in ways:
        dialect = Dialect(scheme, region, *way)
        if dialect != usual:
            yield dialect


@lru_cache(maxsize=64)  # schemes and regions are few
def _usual(scheme: Scheme, region: str | None) -> Dialect:
    return Dialect(scheme, region)


def form_of(request: Request, dialect: Dialect, parsed: Authorization | None = None) -> Form:
    """Return the parts of a request as a dialect signs them.

    ``parsed`` gives v4 the scope that the client announced; without it date and region come from request and dialect.
    """
    if dialect.scheme == "v4":
        return _sls4_form(request, dialect, parsed)
    headers = request.headers
    path = request.path
    return LogForm(
        request.method,
        headers.lowered.get("content-md5", "").strip(_SPACE),
        headers.lowered.get("content-type", "").strip(_SPACE),
        log_date(request),
        _signed(request, dialect, with_date=False),
        decode_path(path) if dialect.decoded_path else path,
        log_query(request.query, bare_keys=dialect.bare_keys),
        LOG_SHA256 if dialect.scheme == "v1-sha256" else LOG_SHA1,
    )


def log_date(request: Request) -> str:
    """Return the DATE line of v1: ``x-log-date`` where there is one, else ``Date``."""
    return (request.headers.lowered.get("x-log-date") or request.headers.lowered.get("date", "")).strip(_SPACE)


@lru_cache(maxsize=8)  # the dialects of one request share it, and a long query takes long to decode
def log_query(query: str, *, bare_keys: bool = False) -> str:
    """Write a query as v1 signs it: decoded, sorted by key, the ``=`` of an empty value kept."""
    if not query:
        return ""
    pairs = sorted(query_parts(query))
    return "&".join(key if bare_keys and not equals else f"{key}={value}" for key, value, equals in pairs)


@lru_cache(maxsize=8)  # as above
def sls4_query(query: str) -> str:
    """Write a query as v4 signs it: sorted by key, values percent-encoded (RFC 3986), an empty value without ``=``."""
    pairs = sorted(query_parts(query)) if query else ()
    return "&".join(f"{key}={percent_encode(value)}" if value else key for key, value, _ in pairs)


def query_parts(query: str) -> list[tuple[str, str, str]]:
    """Split a query into decoded key, decoded value, and ``=`` (or nothing where it was missing), in order."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(decode_component(key), decode_component(value), equals) for key, equals, value in parts]


def percent_encode(text: str) -> str:
    """Encode a value as RFC 3986 does: only letters, digits and ``-_.~`` stay."""
    return quote(wire_bytes(text), safe="~")


def _sls4_form(request: Request, dialect: Dialect, parsed: Authorization | None) -> Sls4Form:
    time = request.headers.lowered.get("x-log-date", "").strip(_SPACE)
    scope = (time[:8], dialect.region or "", "sls", "aliyun_v4_request")
    if isinstance(parsed, Sls4Authorization):
        scope = (parsed.date, parsed.region, parsed.service, parsed.terminator)
    return Sls4Form(
        request.method,
        decode_path(request.path) if dialect.decoded_path else request.path,
        sls4_query(request.query),
        _signed(request, dialect, with_date=True),
        request.headers.lowered.get(PAYLOAD_HEADER, "").strip(_SPACE),
        time,
        *scope,
    )


def _signed(request: Request, dialect: Dialect, *, with_date: bool) -> Pairs:
    """Return the signed headers: names in lower case, sorted, values as the dialect has them.

    ``with_date`` tells v4 from v1: it signs ``x-log-date``, the content type and the host among the others.
    """
    headers = request.headers
    once = headers.lowered.items() if len(headers.lowered) == len(headers.pairs) else None
    picked = [
        (name, value.strip(_SPACE) if dialect.trimmed else value)
        for name, value in once or [(name.lower(), value) for name, value in headers.pairs]
        if name.startswith(SIGNED_PREFIXES) or (with_date and name == "content-type")
    ]
    if not with_date and "x-log-date" in headers.lowered:
        picked = [pair for pair in picked if pair[0] != "x-log-date"]
    if not dialect.meta_headers:
        picked = [pair for pair in picked if not pair[0].startswith(META_PREFIX)]
    host = _host(request, dialect.host) if with_date else None
    if host is not None:
        picked.append(("host", host))
    picked.sort(key=itemgetter(0))
    return tuple(picked) if once is not None else _joined(picked, dialect.repeated)


def _joined(pairs: list[tuple[str, str]], separator: str | None) -> Pairs:
    if separator is None:
        return tuple(pairs)
    joined: dict[str, list[str]] = {}
    for name, value in pairs:
        joined.setdefault(name, []).append(value)
    return tuple((name, separator.join(values)) for name, values in joined.items())


def _host(request: Request, form: HostForm) -> str | None:
    if form == "none":
        return None
    if form == "authority":
        return split_url(request.url)[1].rpartition("@")[2]
    return request.host if form == "received" else _without_port(request.host)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


def _host_ways(request: Request) -> tuple[HostForm, ...]:
    """Return what v4 may have signed as host; a client that shows its Host header has signed that."""
    ways: tuple[HostForm, ...] = ("received",)
    if _without_port(request.host) != request.host:
        ways += ("without port",)
    if "host" not in request.headers.lowered:
        ways += ("authority", "none")
    return ways


def _header_ways(request: Request) -> tuple[tuple[bool, ...], tuple[bool, ...], tuple[str | None, ...]]:
    """Return the ways open for metadata headers, spaces round values, and repeated headers."""
    signed = [
        (name.lower(), value)
        for name, value in request.headers.pairs
        if name.lower().startswith(SIGNED_PREFIXES) or name.lower() == "content-type"
    ]
    meta = any(name.startswith(META_PREFIX) for name, _ in signed)
    spaces = any(value != value.strip(_SPACE) for _, value in signed)
    repeated = len({name for name, _ in signed}) < len(signed)
    return (
        (True, False) if meta else (True,),
        (True, False) if spaces else (True,),
        (", ", ",", None) if repeated else (", ",),
    )


def _has_bare_key(query: str) -> bool:
    return any("=" not in part for part in query.split("&") if part)
