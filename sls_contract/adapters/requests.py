"""For users of requests: `SlsAuth` signs requests, `SendAdapter` returns responses without a network.

::

    session = requests.Session()
    session.auth = SlsAuth(Credentials("…", "…"), scheme="v4")
    session.mount("https://", SendAdapter(ReferenceEndpoint(clock)))
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable, Mapping
from typing import Any

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict
from urllib3.util import parse_url

from sls_contract.adapters.signing import Signing
from sls_contract.cassettes.outcomes import call_endpoint
from sls_contract.cassettes.recorder.handler import CONNECT_KINDS, Broken, Outcome
from sls_contract.cassettes.recorder.http_connection import raw_response
from sls_contract.errors import UsageError
from sls_contract.exchange import DEFAULT_PORTS, Request, Send, wire_bytes, wire_text
from sls_contract.headers import Headers

#: ``;`` at the end of a path, with none before it in its segment: requests leaves it out if it sends to a proxy.
_EMPTY_PARAMS = re.compile(r"\A([^?]*/[^/?;]*);(?=\?|\Z)")
_SECRET_FIELDS = ("Authorization", "x-acs-security-token")


class SlsAuth(Signing, AuthBase):
    """Signs each request of ``auth=`` or ``session.auth`` as it goes on the wire.

    Adds ``Date`` or ``x-log-date``, ``x-log-apiversion``, ``x-log-bodyrawsize``, the digest of the body, the security
    token, other headers that the scheme needs, and ``Authorization``. Existing headers are kept, and signed where the
    scheme signs them; set ``x-log-bodyrawsize`` and ``x-log-compresstype`` yourself if you compress the body.

    A file or generator as body is read to its end first, since its digest is signed. A retry of urllib3 sends the same
    signature, which is valid for 15 minutes. A redirect is followed unsigned and without the token: requests does not
    call ``auth`` for it.

    Args:
        credentials: the key, or a function that returns the current one.
        scheme: ``v1`` (hmac-sha1), ``v1-sha256`` or ``v4``.
        region: of v4's scope; by default the one in the host name.
        clock: returns the time of signing, aware; by default the time that the test sees.

    Raises:
        UsageError: unknown scheme, no key; with a request: a body that is neither text nor bytes, a naive time, v4
            without a region.

    """

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a prepared request in place and return it."""
        request = _wire_request(r)
        signed = self.signed(request.replace(url=_EMPTY_PARAMS.sub(r"\1%3B", request.url)))
        has_host = "host" in r.headers
        r.url, r.body = signed.url, signed.body or None
        r._body_position = None  # type: ignore[attr-defined]  # noqa: SLF001 - the body is bytes now, so requests must not rewind it
        pairs = (pair for pair in signed.headers.pairs if has_host or pair[0].lower() != "host")
        r.headers = CaseInsensitiveDict({name: _for_requests(value) for name, value in pairs})
        if r.headers.pop("Transfer-Encoding", None) is not None or r.body is not None:
            r.prepare_content_length(r.body)
        if _strip_signature not in r.hooks["response"]:
            r.hooks["response"].append(_strip_signature)
        return r


class SendAdapter(BaseAdapter):
    """Passes requests to a `Send` instead of a network: ``session.mount("https://", SendAdapter(send))``.

    ``send`` is a function of a `Request`, the reference endpoint's state, a transport, or recordings
    (`cassettes.send_from`). The response streams and decodes like one from the network. A `TransportError` becomes the
    exception that requests raises for that failure; every other exception of ``send`` reaches the caller unchanged.
    Timeouts, proxies and certificates are ignored; the session handles cookies and redirects as usual.
    """

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send
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
        """Return the response to a prepared request, whose URL and body are as the network would carry them."""
        sent = _wire_request(request)
        if "host" not in sent.headers:
            sent = sent.replace(headers=Headers([("Host", sent.host), *sent.headers.pairs]))
        raw = _urllib3_response(call_endpoint(self._send, sent), sent, request)
        response = self._builder.build_response(request, raw)
        response.connection = self  # type: ignore[assignment]  # digest authentication, for example, sends over it again
        return response

    def close(self) -> None:
        """Do nothing: there is no connection."""


def _strip_signature(response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
    """Remove key and token from the request that a redirect copies; ``response.request`` keeps them."""
    if response.is_redirect:
        copied, response.request = response.request, response.request.copy()
        for name in _SECRET_FIELDS:
            copied.headers.pop(name, None)


def _wire_request(prepared: requests.PreparedRequest) -> Request:
    """Convert a prepared request as it goes on the wire: urllib3's quoting, one leading slash, no default port."""
    parts = parse_url(prepared.url or "")
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme or "")) else f":{parts.port}"
    url = f"{parts.scheme}://{parts.host}{port}/{parts.request_uri.lstrip('/')}"
    pairs = [(_on_the_wire(name), _on_the_wire(value)) for name, value in prepared.headers.items()]
    return Request(prepared.method or "GET", url, Headers.from_pairs(tuple(pairs)), _body_bytes(prepared.body))


def _on_the_wire(value: str | bytes) -> str:
    """Return a header as http.client writes it: Latin-1; text outside Latin-1 is sent in UTF-8 (`_for_requests`)."""
    if isinstance(value, bytes):
        return wire_text(value)
    try:
        return wire_text(value.encode("latin-1"))
    except UnicodeEncodeError:
        return value


def _for_requests(value: str) -> str:
    """Return a header for requests; non-ASCII text becomes bytes, which http.client does not encode."""
    return value if value.isascii() else wire_bytes(value)  # type: ignore[return-value]  # types-requests knows str only


def _body_bytes(body: Any) -> bytes:
    """Return a body as bytes; a file is read from its current position."""
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        return _body_bytes(body.read())
    if isinstance(body, Iterable):
        return b"".join(map(_body_bytes, body))
    msg = f"a body must be text, bytes, a file, or chunks of these, got {type(body).__name__}"
    raise UsageError(msg)


def _urllib3_response(outcome: Outcome, sent: Request, request: requests.PreparedRequest) -> urllib3.HTTPResponse:
    """Return the response that urllib3 reads from a connection; raises the error of requests without one."""
    if isinstance(outcome, Broken) and outcome.kind in CONNECT_KINDS:
        kinds = {"connect-timeout": requests.ConnectTimeout, "tls": requests.exceptions.SSLError}
        raise kinds.get(outcome.kind, requests.ConnectionError)(outcome.detail, request=request)
    connection: Any = raw_response(outcome, sent.method)  # http.client only calls makefile()
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
