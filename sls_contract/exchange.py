"""The values that all parts of the package exchange: requests, responses, exchanges.

All of them are immutable and compare by value. Text of the wire is ``str`` decoded from UTF-8 with ``surrogateescape``:
Chinese stays readable, and `wire_bytes` restores every byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import unquote, unquote_to_bytes

from sls_contract.errors import UsageError
from sls_contract.headers import Headers, HeaderSource, checked_text

DEFAULT_PORTS = {"http": 80, "https": 443}
"""The default port of each scheme of a URL."""
_SHOWN = 60  # characters of a wrong value in a message
_URL = re.compile(r"(.*?)://([^/?#]*)([^#]*)", re.DOTALL)
_SECRET_QUERY_KEY = re.compile(r"(?i)token|signature|^sig$|access_?-?key|secret|credential|password")


OWN_RESPONSE = "x-sls-contract"
"""The header of every response that sls-contract makes itself; responses of the service do not have it."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was on the wire.

    Args:
        method: as sent (``GET``).
        url: absolute, percent-encoded as sent (``http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/…``).
        headers: pairs, a mapping, or `Headers`.
        body: the bytes as sent.
        wire: False if the body is not the one that was sent (another tool's recording may lack it, or contain it
            unreadable); clauses about the body then do not run.

    """

    method: str
    url: str
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    wire: bool = True

    def __init__(
        self,
        method: str,
        url: str,
        headers: HeaderSource = (),
        body: bytes = b"",
        wire: bool = True,  # noqa: FBT001, FBT002 - as in a response
    ) -> None:
        """Check the types and keep the values; raises `UsageError` that names the wrong argument."""
        set_field = object.__setattr__
        set_field(self, "method", checked_text("method", method))
        set_field(self, "url", _absolute(url))
        set_field(self, "headers", headers if isinstance(headers, Headers) else Headers(headers))
        set_field(self, "body", _bytes("request body", body))
        set_field(self, "wire", bool(wire))

    def __repr__(self) -> str:
        """Show method and URL with secret-looking query values masked, and sizes; never a header value."""
        return f"Request({self.method!r}, {masked_url(self.url)!r}, {self.headers!r}, {len(self.body)} body bytes)"

    @property
    def host(self) -> str:
        """The effective host: the Host header, else the URL's authority without its default port."""
        named = self.headers.get_all("host")
        if named:
            return named[0].strip()
        scheme, authority, _ = split_url(self.url)
        authority = authority.rpartition("@")[2]
        return authority.removesuffix(f":{DEFAULT_PORTS.get(scheme, '-')}")

    @property
    def project(self) -> str:
        """The SLS project: the host up to its first dot, in lower case; empty without a dot."""
        project, dot, _ = self.host.partition(".")
        return project.lower() if dot else ""

    @property
    def target(self) -> str:
        """Path and query exactly as sent (origin form)."""
        return split_url(self.url)[2]

    @property
    def path(self) -> str:
        """The path exactly as sent, percent-encoded."""
        return _split_target(self.url)[0]

    @property
    def query(self) -> str:
        """The query exactly as sent, without the question mark; empty if there is none."""
        return _split_target(self.url)[2]

    def query_pairs(self) -> list[tuple[str, str]]:
        """Return the decoded query in order: ``+`` is a space, a key without ``=`` has the value ``""``."""
        return list(pairs_of(self.query))

    def replace(self, **changes: object) -> Request:
        """Return a copy with some fields changed (``method``, ``url``, ``headers``, ``body``, ``wire``)."""
        fields: dict[str, Any] = {"method": self.method, "url": self.url, "headers": self.headers, "body": self.body}
        return Request(**(fields | {"wire": self.wire} | changes))


@dataclass(frozen=True, slots=True)
class Response:
    """One response.

    Args:
        status: the three-digit status code.
        headers: pairs, a mapping, or `Headers`.
        body: the bytes as sent, without the transfer coding (chunked) but with the content coding.
        wire: False if the body is not as it was on the wire (another tool's recording may contain it decoded); clauses
            about framing then do not run.
        reason: the reason phrase, which is not part of the contract.

    """

    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    wire: bool = True
    reason: str = field(default="", compare=False)

    def __init__(
        self,
        status: int,
        headers: HeaderSource = (),
        body: bytes = b"",
        wire: bool = True,  # noqa: FBT001, FBT002 - the order is public
        reason: str = "",
    ) -> None:
        """Check the types and keep the values; raises `UsageError` that names the wrong argument."""
        if type(status) is not int:
            msg = f"status must be an int such as 200, got {type(status).__name__}"
            raise UsageError(msg)
        set_field = object.__setattr__
        set_field(self, "status", status)
        set_field(self, "headers", headers if isinstance(headers, Headers) else Headers(headers))
        set_field(self, "body", _bytes("response body", body))
        set_field(self, "wire", bool(wire))
        set_field(self, "reason", checked_text("reason", reason))

    def __repr__(self) -> str:
        """Show status, header names and the size of the body; never a value."""
        return f"Response({self.status}, {self.headers!r}, {len(self.body)} body bytes)"

    @property
    def is_ok(self) -> bool:
        """Whether the status is 200: the request was served."""
        return self.status == 200  # noqa: PLR2004

    @property
    def is_server_error(self) -> bool:
        """Whether the status is 500 or above: the service failed."""
        return self.status >= 500  # noqa: PLR2004

    def replace(self, **changes: object) -> Response:
        """Return a copy with some fields changed (``status``, ``headers``, ``body``, ``wire``, ``reason``)."""
        fields: dict[str, Any] = {"status": self.status, "headers": self.headers, "body": self.body}
        return Response(**(fields | {"wire": self.wire, "reason": self.reason} | changes))


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response; ``response`` is None if none was received.

    Every attempt on the wire is its own exchange, retries and redirects included.
    """

    request: Request
    response: Response | None

    def __post_init__(self) -> None:
        """Check the types; raises `UsageError` that names the wrong argument."""
        if not isinstance(self.request, Request):
            msg = f"request must be a Request, got {type(self.request).__name__}"
            raise UsageError(msg)
        if not isinstance(self.response, (Response, type(None))):
            msg = f"response must be a Response, or None if none was received, got {type(self.response).__name__}"
            raise UsageError(msg)


Send: TypeAlias = Callable[[Request], Response]
"""The type of everything that responds to requests: a live service, the reference endpoint, a cassette."""


@lru_cache(maxsize=64)  # the path of one exchange is needed many times
def split_url(url: str) -> tuple[str, str, str]:
    """Split an absolute URL into scheme (lower case), authority, and target (path and query, never empty)."""
    found = _URL.match(url)
    scheme, authority, target = found.groups() if found else (url, "", "")
    return scheme.lower(), authority, target if target.startswith("/") else "/" + target


@lru_cache(maxsize=64)  # as above
def _split_target(url: str) -> tuple[str, str, str]:
    """Split the target of a URL into path, question mark, and query."""
    return split_url(url)[2].partition("?")


@lru_cache(maxsize=64)  # as above
def pairs_of(query: str) -> tuple[tuple[str, str], ...]:
    """Decode a query as `Request.query_pairs` does."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return tuple([(decode_component(key), decode_component(value)) for key, _, value in parts])


def decode_component(text: str) -> str:
    """Decode one query key or value: ``+`` is a space, ``%XX`` a byte; bytes that are not UTF-8 survive."""
    if text.isascii() and "%" not in text and "+" not in text:
        return text
    return wire_text(unquote_to_bytes(wire_bytes(text.replace("+", " "))))


def decode_path(path: str) -> str:
    """Percent-decode a path; ``+`` stays, bytes that are not UTF-8 survive as surrogates."""
    return wire_text(unquote_to_bytes(wire_bytes(path))) if "%" in path else path


def wire_text(data: bytes) -> str:
    """Decode bytes of the wire; `wire_bytes` restores each of them."""
    return data.decode("utf-8", "surrogateescape")


def wire_bytes(text: str) -> bytes:
    """Encode text of the wire: the inverse of `wire_text`."""
    return text.encode("utf-8", "surrogateescape")


def masked_url(url: str) -> str:
    """Return the URL with user info and the values of secret-looking query keys replaced by ``***``."""
    scheme, authority, target = split_url(url)
    path, mark, query = target.partition("?")
    parts = [
        key + equals + ("***" if equals and _SECRET_QUERY_KEY.search(unquote(key)) else value)
        for key, equals, value in (part.partition("=") for part in query.split("&"))
    ]
    return f"{scheme}://{authority.rpartition('@')[2]}{path}{mark}{'&'.join(parts)}"


def _absolute(url: object) -> str:
    text = checked_text("url", url)
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in DEFAULT_PORTS or not rest or rest[0] in "/?#":
        came = f"one that begins {text.partition('?')[0].rpartition('@')[2][:_SHOWN]!r}" if text else "an empty text"
        msg = f"url must be absolute ('https://my-project.cn-hangzhou.log.aliyuncs.com/…'), got {came}"
        raise UsageError(msg)
    return text


def _bytes(name: str, value: object) -> bytes:
    if not isinstance(value, (bytes, bytearray, memoryview)):
        msg = f"{name} must be bytes, got {type(value).__name__}; encode text with .encode('utf-8')"
        raise UsageError(msg)
    return bytes(value)
