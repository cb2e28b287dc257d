"""Convert a request to the form that is signed, in every way that correct clients do.

No source settles these points, and official clients differ, so each way is accepted: path as sent or decoded,
``x-log-meta-*`` included or not, values trimmed or not, a key without ``=``, the port of the host, repeated headers.

Sources: signers of the official SDKs, and captures of their requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from operator import itemgetter
from typing import Literal, TypeAlias, get_args
from urllib.parse import quote

from sls_contract.exchange import Request, decode_component, decode_path, split_url, wire_bytes
from sls_contract.signing.authorization import Authorization, LogAuthorization, Sls4Authorization
from sls_contract.signing.canonical import LOG_SHA1, LOG_SHA256, Form, LogForm, Pairs, Sls4Form

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
"""The methods of v1; the SDKs of 2020-12-30 send the second, which is undocumented."""
METHOD_HEADER = "x-log-signaturemethod"

_SPACE = " \t"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One accepted way to sign; the defaults are those of most official clients.

    Attributes:
        scheme: ``v1`` (hmac-sha1), ``v1-sha256`` (hmac-sha256) or ``v4``.
        region: the region in the scope of v4; None in v1.
        decoded_path: the path is signed percent-decoded; otherwise as sent.
        bare_keys: a query key sent without ``=`` is signed without it (v1 only; v4 always does).
        meta_headers: ``x-log-meta-*`` headers are signed with the others.
        trimmed: header values are signed without the spaces around them.
        repeated: the separator between the values of a repeated header; None signs each value on its own line.
        host: the host that v4 signs: the header as received, without its port, the URL's authority, or none.

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
    """Return the scheme that a request announces; v1 without a known method counts as hmac-sha1."""
    if not isinstance(parsed, LogAuthorization):
        return "v4"
    return "v1-sha256" if request.headers.lowered.get(METHOD_HEADER) == "hmac-sha256" else "v1"


def dialects(request: Request, scheme: Scheme, region: str | None = None) -> Iterator[Dialect]:
    """Yield every dialect that signs this request differently, the default first, none twice."""
    default = _default(scheme, region)
    yield default
    has_bare_key = scheme != "v4" and any("=" not in part for part in request.query.split("&") if part)
    options = product(
        (True, False) if "%" in request.path else (True,),
        (False, True) if has_bare_key else (False,),
        *_header_options(request),
        _host_options(request) if scheme == "v4" else ("received",),
    )
    for option in options:
        dialect = Dialect(scheme, region, *option)
        if dialect != default:
            yield dialect


@lru_cache(maxsize=64)  # there are few schemes and regions
def _default(scheme: Scheme, region: str | None) -> Dialect:
    return Dialect(scheme, region)


def form_of(request: Request, dialect: Dialect, parsed: Authorization | None = None) -> Form:
    """Return the parts of a request as a dialect signs them.

    ``parsed`` contains the scope that a v4 client announced; without it date and region come from request and dialect.
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
    """Return the DATE line of v1: ``x-log-date`` if it is sent, else ``Date``."""
    return (request.headers.lowered.get("x-log-date") or request.headers.lowered.get("date", "")).strip(_SPACE)


@lru_cache(maxsize=8)  # the dialects of one request share it, and a long query takes long to decode
def log_query(query: str, *, bare_keys: bool = False) -> str:
    """Return a query as v1 signs it: decoded, sorted by key, the ``=`` of an empty value kept."""
    if not query:
        return ""
    pairs = sorted(query_parts(query))
    return "&".join(key if bare_keys and not equals else f"{key}={value}" for key, value, equals in pairs)


@lru_cache(maxsize=8)  # as above
def sls4_query(query: str) -> str:
    """Return a query as v4 signs it: sorted by key, values percent-encoded (RFC 3986), an empty value without ``=``."""
    pairs = sorted(query_parts(query)) if query else ()
    return "&".join(f"{key}={percent_encode(value)}" if value else key for key, value, _ in pairs)


def query_parts(query: str) -> list[tuple[str, str, str]]:
    """Split a query into decoded key, decoded value, and ``=`` (or ``""`` if it is missing), in order."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(decode_component(key), decode_component(value), equals) for key, equals, value in parts]


def percent_encode(text: str) -> str:
    """Encode a value as in RFC 3986: only letters, digits and ``-_.~`` stay."""
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
    """Return the signed headers: names in lower case, sorted, values in the form of the dialect.

    ``with_date`` selects the headers of v4, which include ``x-log-date``, the content type and the host.
    """
    headers = request.headers
    unique = headers.lowered.items() if len(headers.lowered) == len(headers.pairs) else None
    signed = [
        (name, value.strip(_SPACE) if dialect.trimmed else value)
        for name, value in unique or [(name.lower(), value) for name, value in headers.pairs]
        if name.startswith(SIGNED_PREFIXES) or (with_date and name == "content-type")
    ]
    if not with_date and "x-log-date" in headers.lowered:
        signed = [pair for pair in signed if pair[0] != "x-log-date"]
    if not dialect.meta_headers:
        signed = [pair for pair in signed if not pair[0].startswith(META_PREFIX)]
    host = _host(request, dialect.host) if with_date else None
    if host is not None:
        signed.append(("host", host))
    signed.sort(key=itemgetter(0))
    return tuple(signed) if unique is not None else _joined(signed, dialect.repeated)


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


def _host_options(request: Request) -> tuple[HostForm, ...]:
    """Return the values that v4 may sign as host; a client with a Host header signs that."""
    options: tuple[HostForm, ...] = ("received",)
    if _without_port(request.host) != request.host:
        options += ("without port",)
    if "host" not in request.headers.lowered:
        options += ("authority", "none")
    return options


def _header_options(request: Request) -> tuple[tuple[bool, ...], tuple[bool, ...], tuple[str | None, ...]]:
    """Return the options for metadata headers, spaces around values, and repeated headers."""
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
