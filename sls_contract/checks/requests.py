"""Checks of all requests: path, method, common headers (``SLS1xx``)."""

from __future__ import annotations

import re
from functools import lru_cache

from sls_contract.checks.presentation import shown
from sls_contract.checks.rule import KEPT, Check, Flaw, Flaws, Group, on_request
from sls_contract.checks.spelling import closest_name
from sls_contract.checks.subject import FOREIGN, GET_CHECK_POINT, OTHER, Subject
from sls_contract.exchange import Request, decode_path, split_url
from sls_contract.hosts import host_flaw, is_service_host, names_project
from sls_contract.signing import LogAuthorization, Sls4Authorization, parse_http_date
from sls_contract.signing.clock import parse_iso_basic
from sls_contract.signing.dialect import API_VERSION, SIGNATURE_METHODS
from sls_contract.signing.signer import content_md5, content_sha256
from sls_contract.spec.registry import registry
from sls_contract.spec.routing import Route, names_in

_ISO_BASIC = "20151109T061116Z"
_LONG_ENOUGH = 3  # segments of a template that are unlikely at the end of another path
_METHODS = ("GET", "POST", "PUT", "DELETE")
_DELETE_SHARD = re.compile("DELETE /logstores/[^/]+/shards/[0-9]+")  # official SDKs have it, no page
_RFC_1123 = "Mon, 09 Nov 2015 06:11:16 GMT"


def path_names(subject: Subject) -> Flaws:
    """Require both names in the path; judged if a GET is sent to the path of a consumer group."""
    template = _template()
    named = _loosely(template).fullmatch(subject.request.path)
    if subject.request.method != "GET" or named is None:
        return None
    *names, slash = named.groups()
    if all(names) and not slash:
        return KEPT
    fix = "fill in both names of the path, and leave out a slash at its end."
    return [Flaw("path", template, shown(subject.request.path), fix)]


def method_is_get(subject: Subject) -> Flaws:
    """Report HEAD and OPTIONS on the path of GetCheckPoint."""
    if subject.operation == GET_CHECK_POINT:
        return KEPT
    method = subject.request.method
    named = _loosely(_template()).fullmatch(subject.request.path)
    if subject.operation == FOREIGN or named is None or method in ("GET", "POST", "PUT", "DELETE"):
        return None
    return [Flaw("method", "GET", shown(method), "read checkpoints with GET.")]


def calls_an_operation(subject: Subject) -> Flaws:
    """Require a documented operation of a request to the path of one whose contract is complete."""
    request, contracts = subject.request, registry()
    if subject.operation != OTHER or request.method in ("HEAD", "OPTIONS") or path_names(subject):
        return None
    if _DELETE_SHARD.fullmatch(f"{request.method} {request.path}"):
        return None
    routes = [route for method in _METHODS for route in contracts.routes_on(request.replace(method=method))]
    if not routes:
        routes = [route for route in contracts.routes if _resembles(route.path, request.path)]
    if not routes:
        routes = [route for route in contracts.routes if _contains(route.path, request)]
    if not any(map(contracts.is_complete, routes)):
        return None
    query = request.url.partition("?")[2]
    actual = f"{request.method} {shown(request.path)[1:-1]}{f'?{shown(query)[1:-1]}' if query else ''}"
    fix = "send the method, path and query of a documented operation."
    return [Flaw("request line", ", ".join(dict.fromkeys(map(_described, routes))), actual, fix)]


def _described(route: Route) -> str:
    """Return the method and path of a route, the query that selects it, and the operation."""
    selected = "&".join(f"{key}={values[0] if values else '…'}" for key, values in route.discriminator.items())
    return f"{route.method} {route.path}{f'?{selected}' if selected else ''} ({route.operation})"


def _resembles(template: str, path: str) -> bool:
    """Return whether a path is a template with a misspelled segment, an empty name, or a slash at its end."""
    fixed, sent = template.split("/")[1:], path.removesuffix("/").split("/")[1:]
    pairs = zip(fixed, map(decode_path, sent), strict=False)
    return len(fixed) == len(sent) and all(each[:1] == "{" or closest_name(text, [each]) for each, text in pairs)


def _contains(template: str, request: Request) -> bool:
    """Return whether a path is a template with a doubled slash, a dot, or a prefix, which only a gateway may need."""
    size, sent = template.count("/"), request.path.split("/")[1:]
    kept = [each for each in sent if each not in ("", ".")]
    if size >= _LONG_ENOUGH and is_service_host(split_url(request.url)[1]):  # a gateway may keep the Host header
        kept = kept[-size:]
    return len(kept) < len(sent) and names_in(template, f"/{'/'.join(kept)}") is not None


def _template() -> str:
    contract = registry().named(GET_CHECK_POINT)
    assert contract is not None, "it is shipped"
    return contract.path


@lru_cache(maxsize=4)
def _loosely(template: str) -> re.Pattern[str]:
    """Return a pattern for paths of a template that also accepts empty names and a trailing slash."""
    return re.compile(re.sub(r"\{\w+\}", "([^/]*)", template) + "(/?)")


def api_version(subject: Subject) -> Flaws:
    """Require the right x-log-apiversion."""
    if subject.anonymous:
        return None
    sent = subject.request.headers.lowered.get("x-log-apiversion")
    if sent is not None and sent.strip() == API_VERSION:
        return KEPT
    fix = f"send x-log-apiversion: {API_VERSION}, and sign it."
    return [Flaw("header x-log-apiversion", API_VERSION, _shown_or_nothing(sent), fix)]


def signature_method(subject: Subject) -> Flaws:
    """Require that a v1 request names its signature method."""
    if not isinstance(subject.authorization, LogAuthorization):
        return None
    sent = subject.request.headers.lowered.get("x-log-signaturemethod")
    if sent is not None and sent.strip() in SIGNATURE_METHODS:
        return KEPT
    fix = "send x-log-signaturemethod: hmac-sha1, and sign it."
    return [Flaw("header x-log-signaturemethod", " or ".join(SIGNATURE_METHODS), _shown_or_nothing(sent), fix)]


def date_present(subject: Subject) -> Flaws:
    """Require the date header that the request's signature scheme needs."""
    if subject.anonymous:
        return None
    log_date = subject.request.headers.lowered.get("x-log-date", "").strip()
    if log_date:
        return KEPT
    if isinstance(subject.authorization, Sls4Authorization):
        return [Flaw("header x-log-date", "x-log-date", "no x-log-date", "send x-log-date in UTC, and sign it.")]
    if subject.request.headers.lowered.get("date", "").strip():
        return KEPT
    return [Flaw("header Date", "Date, or x-log-date", "neither", "send Date in GMT, and sign it.")]


def date_beside_log_date(subject: Subject) -> Flaws:
    """Require Date in a v1 request even if x-log-date overrides it."""
    headers = subject.request.headers
    if not isinstance(subject.authorization, LogAuthorization) or not headers.lowered.get("x-log-date", "").strip():
        return None
    if headers.lowered.get("date", "").strip():
        return KEPT
    return [Flaw("header Date", "Date in addition to x-log-date", "x-log-date alone", "send Date, too.")]


def date_form(subject: Subject) -> Flaws:
    """Require that each date has the form of its signature scheme."""
    headers = subject.request.headers
    v4 = isinstance(subject.authorization, Sls4Authorization)
    dates = [(name, headers.get(name, "").strip()) for name in (("x-log-date",) if v4 else ("Date", "x-log-date"))]
    if not any(text for _, text in dates):
        return None
    expected = _ISO_BASIC if v4 else _RFC_1123
    return [
        Flaw(
            f"header {name}",
            expected,
            shown(text),
            f"write {name} as {expected}: in UTC, not in the format of the locale.",
        )
        for name, text in dates
        if text and not _is_readable(name, text, subject.authorization)
    ]


def body_raw_size(subject: Subject) -> Flaws:
    """Require that x-log-bodyrawsize, if sent, is a number."""
    sent = subject.request.headers.lowered.get("x-log-bodyrawsize")
    if sent is None:
        return None
    if sent.strip().isascii() and sent.strip().isdecimal():
        return KEPT
    fix = "send the size of the uncompressed body in decimal digits."
    return [Flaw("header x-log-bodyrawsize", "a decimal number of bytes", shown(sent), fix)]


def content_type(subject: Subject) -> Flaws:
    """Require that a request with a body names its Content-Type."""
    if subject.anonymous or not subject.request.body:
        return None
    if subject.request.headers.lowered.get("content-type", "").strip():
        return KEPT
    fix = "send Content-Type: application/json, or application/x-protobuf for PutLogs, and sign it."
    return [Flaw("header Content-Type", "the type of the body", "nothing", fix)]


def length_is_true(subject: Subject) -> Flaws:
    """Require that Content-Length is the length of the body, if a digest shows that this body was sent."""
    request = subject.request
    sent = request.headers.lowered.get("content-length", "").strip()
    if not sent or not request.body or sent == str(len(request.body)):
        return KEPT if sent and request.body else None
    if not {content_md5(request.body), content_sha256(request.body)} & set(request.headers.lowered.values()):
        return None
    fix = "count the bytes of the body, not its characters."
    return [Flaw("header Content-Length", f"{len(request.body)}, the bytes of the body", shown(sent), fix)]


def host_names_project(subject: Subject) -> Flaws:
    """Require that the host is a project in front of an endpoint."""
    if subject.contract is not None and not subject.contract.project:
        return None
    host = subject.request.host
    flaw = host_flaw(host)
    if flaw is not None and flaw.certain:
        return [_wrong_host(host, flaw.actual)]
    if names_project(host):
        return KEPT
    fix = "put the project in front of the endpoint, and keep it in the Host header."
    return [Flaw("header Host", "{project}.{endpoint}", shown(host), fix)]


def host_form(subject: Subject) -> Flaws:
    """Require that a host of the service serves a project's data, and that the project's name is valid."""
    host = subject.request.host
    if not is_service_host(host):
        return None
    flaw = host_flaw(host)
    return KEPT if flaw is None or flaw.certain else [_wrong_host(host, flaw.actual)]


def _wrong_host(host: str, actual: str) -> Flaw:
    expected = "{project}.{region}.log.aliyuncs.com"
    fix = "use the endpoint that the console shows for the project's region, with the project in front."
    return Flaw("header Host", expected, f"{shown(host)}: {actual}", fix)


def token_with_temporary_key(subject: Subject) -> Flaws:
    """Require that a temporary key comes with its token."""
    parsed = subject.authorization
    if parsed is None or not parsed.access_key_id.startswith("STS."):
        return None
    if subject.request.headers.lowered.get("x-acs-security-token", "").strip():
        return KEPT
    fix = "send the token in x-acs-security-token, and sign it."
    return [Flaw("header x-acs-security-token", "the security token", "nothing", fix)]


def is_http_date(text: str) -> bool:
    """Return whether a text is an RFC 1123 date in GMT; the day's name and leading zeros are not judged."""
    return text.endswith("GMT") and "," in text and parse_http_date(text) is not None


def _is_readable(name: str, text: str, authorization: LogAuthorization | Sls4Authorization | None) -> bool:
    """Return whether a date has its scheme's form; if the scheme is unknown, x-log-date may have either form."""
    iso_basic = name == "x-log-date" and parse_iso_basic(text) is not None
    if isinstance(authorization, Sls4Authorization):
        return iso_basic
    return is_http_date(text) or (authorization is None and iso_basic)


def _shown_or_nothing(value: str | None) -> str:
    return "nothing" if value is None else shown(value)


def _typical_request(subject: Subject) -> frozenset[str] | None:
    """Return the codes of the clauses that a typical v1 request keeps; None for any other request."""
    sent, parsed, contract = subject.request.headers.lowered, subject.authorization, subject.contract
    size, typed, length = sent.get("x-log-bodyrawsize"), bool(subject.request.body), sent.get("content-length")
    typical = (
        type(parsed) is LogAuthorization
        and contract is not None
        and contract.project
        and sent.get("x-log-apiversion") == API_VERSION
        and sent.get("x-log-signaturemethod") in SIGNATURE_METHODS
        and "x-log-date" not in sent
        and (size is None or (size.isascii() and size.isdecimal()))
        and is_http_date(sent.get("date", ""))
        and not parsed.access_key_id.startswith("STS.")
        and not subject.anonymous
        and (not typed or bool(sent.get("content-type", "").strip()))
        and (not typed or length in (None, str(len(subject.request.body))))
    )
    if not typical:
        return None
    counted = typed and length is not None
    return _kept_for_host(subject.request.host, sized=size is not None, typed=typed, counted=counted)


@lru_cache(maxsize=64)  # a run uses few hosts
def _kept_for_host(host: str, *, sized: bool, typed: bool, counted: bool) -> frozenset[str] | None:
    if host_flaw(host) is not None or not names_project(host):
        return None
    applicable = {body_raw_size: sized, content_type: typed, length_is_true: counted, host_form: is_service_host(host)}
    not_applicable = [find for find, applies in applicable.items() if not applies]
    not_applicable += [date_beside_log_date, token_with_temporary_key]
    return frozenset(check.code for check in _HEADER_CHECKS if check.find not in not_applicable)


_HEADER_CHECKS = (
    on_request("api-version", api_version),
    on_request("signature-method", signature_method),
    on_request("request-date", date_present),
    on_request("request-date-header", date_beside_log_date),
    on_request("request-date-form", date_form),
    on_request("body-raw-size", body_raw_size),
    on_request("request-host", host_names_project),
    on_request("request-host-form", host_form),
    on_request("security-token", token_with_temporary_key),
    on_request("request-content-type", content_type),
    on_request("request-content-length", length_is_true),
)

_OPERATION_CHECK = on_request("request-operation", calls_an_operation)
_TARGET_CHECKS = (on_request("request-path", path_names), on_request("request-method", method_is_get))
_TARGET_CODES = frozenset(check.code for check in _TARGET_CHECKS)

GROUPS = (
    Group(_TARGET_CHECKS, lambda subject: _TARGET_CODES if subject.operation == GET_CHECK_POINT else None),
    Group(_HEADER_CHECKS, _typical_request),
)

CHECKS: tuple[Check, ...] = (*_TARGET_CHECKS, _OPERATION_CHECK, *_HEADER_CHECKS)
