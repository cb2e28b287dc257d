"""For users of requests: `SlsAuth` signs, `SendAdapter` answers without a network.

::

    session = requests.Session()
    session.auth = SlsAuth(Credentials("…", "…"), scheme="v4")
    session.mount("https://", SendAdapter(ReferenceEndpoint(clock)))
"""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3.util import parse_url

from sls_contract.adapters.signing import Signing
from sls_contract.cassettes.outcomes import call_endpoint
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS, Broken
from sls_contract.cassettes.recorder.http_connection import answer_of
from sls_contract.errors import UsageError
from sls_contract.exchange import Headers, Request, wire_bytes, wire_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sls_contract.cassettes.recorder.handler import Outcome
    from sls_contract.exchange import Send

_PORTS = {"http": 80, "https": 443}
_SECRET = ("Authorization", "x-acs-security-token")


class SlsAuth(Signing, AuthBase):
    """Signs each request of ``auth=`` or ``session.auth`` as it goes on the wire.

    Adds ``Date`` or ``x-log-date``, ``x-log-apiversion``, ``x-log-bodyrawsize``, the digest of the body, the security
    token, what else the scheme needs, and ``Authorization``. Headers already there are kept and signed where the scheme
    signs them; set ``x-log-bodyrawsize`` and ``x-log-compresstype`` yourself where you compress the body.

    A file or generator as body is read to its end first, since its digest is signed. A retry of urllib3 sends the same
    signature, which holds for 15 minutes. A redirect is followed unsigned and without the token: requests asks no
    ``auth`` about it.

    Args:
        credentials: the key, or a function that returns the current one.
        scheme: ``v1`` (hmac-sha1), ``v1-sha256`` or ``v4``.
        region: of v4's scope; by default the one that the host names.
        clock: the time of signing, aware; by default the time that the test sees.

    Raises:
        UsageError: unknown scheme, no key; with a request: a body that is neither text nor bytes, a naive time, v4
            without a region.

    """

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a prepared request in place and return it."""
        signed = self.signed(_wire_request(r))
        named = "host" in r.headers
        r.url, r.body = signed.url, signed.body or None
        r._body_position = None  # type: ignore[attr-defined]  # noqa: SLF001 - a buffered body is not rewound
        pairs = (pair for pair in signed.headers.pairs if named or pair[0].lower() != "host")
        r.headers = CaseInsensitiveDict({name: _native(value) for name, value in pairs})
        if r.headers.pop("Transfer-Encoding", None) is not None or r.body is not None:
            r.prepare_content_length(r.body)
        if _forget_signature not in r.hooks["response"]:
            r.hooks["response"].append(_forget_signature)
        return r


class SendAdapter(BaseAdapter):
    """Hands requests to a `Send` instead of a network: ``session.mount("https://", SendAdapter(send))``.

    ``send`` is a function of a `Request`, the reference endpoint's state, a transport, or recordings
    (`cassettes.send_from`). The response streams and decodes as one of the network does. What a `TransportError` says
    becomes the exception that requests raises for it; every other exception of ``send`` reaches the caller unchanged.
    Timeouts, proxies and certificates have no meaning here; cookies and redirects are the session's, as always.
    """

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._answer = send
        self._builder = HTTPAdapter()

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - the signature of requests
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,  # noqa: ARG002 - as above
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002 - as above
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,  # noqa: ARG002 - as above
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
    ) -> requests.Response:
        """Answer a prepared request; its URL and body are what the network would carry."""
        sent = _wire_request(request)
        if "host" not in sent.headers:
            sent = sent.replace(headers=Headers([("Host", sent.host), *sent.headers.pairs]))
        raw = _raw_response(call_endpoint(self._answer, sent), sent, request)
        response = self._builder.build_response(request, raw)
        response.connection = self  # type: ignore[assignment]  # where digest authentication, say, sends again
        return response

    def close(self) -> None:
        """Do nothing: no connection is held."""


def _forget_signature(response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
    """Take key and token out of what a redirect copies; the response keeps the request as it was sent."""
    if response.is_redirect:
        copied, response.request = response.request, response.request.copy()
        for name in _SECRET:
            copied.headers.pop(name, None)


def _wire_request(prepared: requests.PreparedRequest) -> Request:
    """Return a prepared request as it goes on the wire: urllib3's quoting, one leading slash, no default port."""
    parts = parse_url(prepared.url or "")
    port = "" if parts.port in (None, _PORTS.get(parts.scheme or "")) else f":{parts.port}"
    url = f"{parts.scheme}://{parts.host}{port}/{parts.request_uri.lstrip('/')}"
    pairs = [(_wire_value(name), _wire_value(value)) for name, value in prepared.headers.items()]
    return Request(prepared.method or "GET", url, Headers.of_texts(tuple(pairs)), _whole(prepared.body))


def _wire_value(value: str | bytes) -> str:
    """Return a header as http.client writes it: Latin-1; what that cannot write is sent in UTF-8 (`_native`)."""
    if isinstance(value, bytes):
        return wire_text(value)
    try:
        return wire_text(value.encode("latin-1"))
    except UnicodeEncodeError:
        return value


def _native(value: str) -> str:
    """Return a header as requests takes it; bytes that are no ASCII stay bytes, which http.client leaves alone."""
    return value if value.isascii() else wire_bytes(value)  # type: ignore[return-value]  # types-requests knows str only


def _whole(body: Any) -> bytes:
    """Return a body as bytes; a file is read from where it stands."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        return _whole(body.read())
    if isinstance(body, Iterable):
        return b"".join(map(_whole, body))
    msg = f"a body must be text, bytes, a file, or chunks of these, got {type(body).__name__}"
    raise UsageError(msg)


def _raw_response(outcome: Outcome, sent: Request, request: requests.PreparedRequest) -> urllib3.HTTPResponse:
    """Return the response that urllib3 reads from a connection; raises what requests raises where none came."""
    if isinstance(outcome, Broken) and outcome.kind in CONNECT_KINDS:
        _refuse(outcome, request)
    connection: Any = answer_of(outcome, sent.method)  # http.client asks a socket for its file only
    parsed = http.client.HTTPResponse(connection, method=sent.method)
    try:
        parsed.begin()
    except TimeoutError as error:
        raise requests.ReadTimeout(error, request=request) from error
    except (http.client.HTTPException, OSError) as error:
        raise requests.ConnectionError(error, request=request) from error
    return urllib3.HTTPResponse(
        body=parsed,
        headers=urllib3.HTTPHeaderDict(parsed.msg.items()),
        status=parsed.status,
        version=parsed.version,
        reason=parsed.reason,
        preload_content=False,
        decode_content=False,
        original_response=parsed,
        enforce_content_length=True,
        request_method=sent.method,
        request_url=sent.target,
    )


def _refuse(broken: Broken, request: requests.PreparedRequest) -> NoReturn:
    kinds = {"connect-timeout": requests.ConnectTimeout, "tls": requests.exceptions.SSLError}
    raise kinds.get(broken.kind, requests.ConnectionError)(broken.detail, request=request)
