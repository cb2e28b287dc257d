"""The fast path for requests: a response, replayed or live, without http.client's parser.

It is for plain requests only, whose bytes on the wire are certain and whose response leaves a parser no choice. All
others take the slow path through `http_connection`, with the decision already made. Both paths give the handler and the
client the same values (a test compares them).
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from http.client import HTTPResponse
from typing import Any

from sls_contract.cassettes.recorder.framing import absolute_url, delivered, framing_of, with_true_framing
from sls_contract.cassettes.recorder.handler import owner_of
from sls_contract.cassettes.recorder.http_connection import PRESET, RawResponse
from sls_contract.cassettes.recorder.requests_live import perform
from sls_contract.exchange import DEFAULT_PORTS, Request, Response, split_url
from sls_contract.headers import Headers
from sls_contract.hosts import authority_of

# A URL that urllib3 does not rewrite: a lower-case host name, upper-case escapes, no user info, no dot segments.
_PLAIN_URL = re.compile(
    r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?"
    r"(/(?!/)(?:[A-Za-z0-9_.~!$&'()*+,;=:@/-]|%[0-9A-F]{2})*(?:\?(?:[A-Za-z0-9_.~!$&'()*+,;=:@/?-]|%[0-9A-F]{2})*)?)"
)
_DOT_SEGMENT = re.compile(r"/\.\.?(?:[/?]|$)")
_PLAIN_FIELDS = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:(?:[!-~](?:[ !-~]*[!-~])?)?\n)*+")
_ADAPTER_METHODS = (
    "send",
    "request_url",
    "add_headers",
    "get_connection_with_tls_context",
    "get_connection",
    "init_poolmanager",
    "proxy_manager_for",
    "proxy_headers",
    "cert_verify",
)
_BODILESS = frozenset({"GET", "HEAD", "DELETE", "TRACE", "OPTIONS"})  # urllib3 sends no Content-Length for them
_SKIP_FIELD = "@@@SKIP_HEADER@@@"  # urllib3.util.SKIP_HEADER
_NOT_A_HOST = ("", "/", "?", "#")  # a host does not begin like this
_FIRST_FINAL = 200  # 1xx responses are interim
_PARSED_FIELDS = ("set-cookie", "transfer-encoding")


def send(original: Callable[..., Any], adapter: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the response to a plain attempt on the fast path; pass any other to http.client."""
    plain = _plain_request(adapter, request, args, kwargs)
    owner = owner_of(plain.host, _peer(plain)) if plain is not None else None
    if plain is None or owner is None:
        return original(adapter, request, *args, **kwargs)
    outcome = owner.respond(plain)
    attempt = perform(adapter, request, plain, owner, kwargs) if outcome is None and not args else None
    if attempt is not None:
        outcome = attempt.outcome
    is_plain = attempt is None or attempt.is_plain
    if isinstance(outcome, Response) and is_plain and _is_plain_response(outcome, plain.method):
        return adapter.build_response(request, _urllib3_response(outcome, plain, adapter.max_retries))
    PRESET.value = (outcome if attempt is None else attempt.client_result,)
    try:
        return original(adapter, request, *args, **kwargs)
    finally:
        PRESET.value = None


def merge_settings(
    original: Callable[..., Any], session: Any, url: str, proxies: Any, stream: Any, verify: Any, cert: Any
) -> Any:
    """Return proxies and certificates for a request; skip the search for proxies where it cannot matter.

    The search takes two fifths of the time that requests needs for a request. It finds nothing if no environment
    variable names a proxy, and its result is unused if nothing is sent. Certificates are read as requests does, because
    they also apply to the targets of redirects.
    """
    if not (_is_offline(url) or _environment_has_no_proxy()):
        return original(session, url, proxies, stream, verify, cert)
    if session.trust_env and (verify is True or verify is None):
        verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or verify
    return original(_WithoutTrustEnv(session), url, proxies, stream, verify, cert)


def _is_offline(url: str) -> bool:
    host = split_url(url)[1]
    owner = owner_of(host, host)
    return owner is not None and owner.handler.offline


def _environment_has_no_proxy() -> bool:
    """Return whether proxies come from environment variables only, and none is set."""
    from urllib.request import getproxies_environment  # loaded with requests

    if sys.modules["requests"].utils.getproxies is not getproxies_environment:  # reads the desktop's settings, too
        return False
    return b"_proxy\n" not in b"\n".join((*os.environb, b"")).lower()


class _WithoutTrustEnv:
    """A view of a requests.Session with its ``trust_env`` off."""

    trust_env = False

    def __init__(self, session: Any) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)


def _peer(request: Request) -> str:
    scheme, authority, _ = split_url(request.url)
    return authority if ":" in authority else authority_of(authority, DEFAULT_PORTS[scheme])


def _plain_request(adapter: Any, request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Request | None:
    """Return the request as it would go over the wire; None if only urllib3 can decide that."""
    match = _PLAIN_URL.fullmatch(request.url or "")
    if match is None or not _is_plain_adapter(adapter.__class__) or _may_retry(adapter.max_retries):
        return None
    if _is_proxied(request.url, args[4] if len(args) > 4 else kwargs.get("proxies")):  # noqa: PLR2004 - its position
        return None
    scheme, host, port, target = match.groups()
    if not (request.method.isascii() and request.method.isalpha()) or not (
        request.body is None or isinstance(request.body, bytes)
    ):
        return None
    if "/." in target and _DOT_SEGMENT.search(target):
        return None
    netloc = host if port in (None, str(DEFAULT_PORTS[scheme])) else f"{host}:{port}"
    headers = _wire_headers(request, netloc)
    if headers is None or headers["host"][:1] in _NOT_A_HOST:
        return None
    return Request(request.method, absolute_url(scheme, netloc, target, headers), headers, request.body or b"")


def _wire_headers(request: Any, netloc: str) -> Headers | None:
    """Return the header fields in the order in which urllib3 and http.client write them; None if one is unusual."""
    stored = getattr(request.headers, "_store", None)  # requests' own dict, whose items() looks each up again
    pairs = tuple(request.headers.items() if stored is None else stored.values())
    types = {type(text) for pair in pairs for text in pair}
    if types - {str} or not _are_plain(pairs):  # bytes are for http.client to encode
        return None
    names = {name.lower() for name, _ in pairs}
    if "transfer-encoding" in names or "user-agent" not in names or _needs_length(request, names):
        return None
    first: tuple[tuple[str, str], ...] = () if "host" in names else (("Host", netloc),)
    if "accept-encoding" not in names:
        first += (("Accept-Encoding", "identity"),)
    return Headers.from_pairs(first + pairs)


def _needs_length(request: Any, names: set[str]) -> bool:
    """Return whether urllib3 would add a framing field."""
    return "content-length" not in names and (request.body is not None or request.method not in _BODILESS)


def _are_plain(pairs: Sequence[tuple[str, str]]) -> bool:
    """Return whether every parser reads the same fields: visible ASCII, no stray spaces or line breaks."""
    text = "".join([f"{name}:{value}\n" for name, value in pairs])
    return text.count("\n") == len(pairs) and _PLAIN_FIELDS.fullmatch(text) is not None and _SKIP_FIELD not in text


def _may_retry(retries: Any) -> bool:
    return bool(retries.total) or bool(retries.status_forcelist)


def _is_proxied(url: str, proxies: Any) -> bool:
    return bool(proxies) and sys.modules["requests"].utils.select_proxy(url, proxies) is not None


@lru_cache(maxsize=64)
def _is_plain_adapter(kind: Any) -> bool:
    """Return whether an adapter class inherits all methods that shape the wire, and uses urllib3 itself."""
    if "urllib3.backend" in sys.modules:  # urllib3-future
        return False
    base = sys.modules["requests"].adapters.HTTPAdapter
    return all(getattr(kind, name, None) is getattr(base, name, None) for name in _ADAPTER_METHODS)


def _is_plain_response(response: Response, method: str) -> bool:
    """Return whether every parser reads it the same: no cookie or transfer coding, true length, plain fields."""
    headers = response.headers
    if any(name in headers for name in _PARSED_FIELDS) or len(headers.get_all("content-length")) > 1:
        return False
    body, announced = delivered(response, method)
    is_complete = announced is None and len(body) == len(response.body)
    return is_complete and response.status >= _FIRST_FINAL and response.reason.isascii() and _are_plain(headers.pairs)


def _urllib3_response(response: Response, request: Request, retries: Any) -> Any:
    """Return the urllib3 response that HTTPAdapter would get from its pool."""
    urllib3 = sys.modules["urllib3"]
    response = with_true_framing(response)
    raw = urllib3.HTTPResponse(
        body=_body(response, request.method),
        headers=urllib3._collections.HTTPHeaderDict(response.headers.pairs),  # noqa: SLF001 - its public name is urllib3 2's
        status=response.status,
        version=11,
        reason=response.reason,
        preload_content=False,
        decode_content=False,
        enforce_content_length=True,
        retries=retries,
        request_method=request.method,
        request_url=request.target,
    )
    if hasattr(raw, "version_string"):  # pragma: no branch - urllib3 2.3 and later have it
        raw.version_string = "HTTP/1.1"
    return raw


def _body(response: Response, method: str) -> HTTPResponse:
    """Return an ``http.client.HTTPResponse`` with its head parsed: its own code reads the body and ends it."""
    body = HTTPResponse(RawResponse(response.body, None), method=method)  # type: ignore[arg-type]  # it only calls makefile()
    body.length = None if framing_of(method, response) == "eof" else len(response.body)
    body.chunked, body.will_close = False, body.length is None
    return body
