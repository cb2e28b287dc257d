"""One pass of the scrub over both sides of an exchange: request line, headers, bodies."""

from __future__ import annotations

import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.messages import Body, adapted_headers
from sls_contract.cassettes.scrub.names import MASK, Kind, kind_of, looks_random, possible_kind_of
from sls_contract.cassettes.scrub.registry import SecretRegistry, is_public
from sls_contract.cassettes.scrub.renames import Renames, Substitution
from sls_contract.cassettes.scrub.signature import masked
from sls_contract.cassettes.scrub.views import Edit, safe_bytes
from sls_contract.exchange import Exchange, Request, Response, wire_text
from sls_contract.headers import Headers
from sls_contract.signing import parse_authorization

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sls_contract.cassettes.scrub.detector import Detector

# A pair without a name is a value (source: RFC 6265bis, 5.7).
_COOKIE = re.compile(r"(?:^|(?<=;))(?P<name>(?:[^=;]*=)?+[\s\"]*+)(?P<value>[^;\s\"](?:[^;]*[^;\s\"])?)")
_RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{16,}$")
_SENT_COOKIES = ("cookie", "cookie2")
_SET_COOKIES = ("set-cookie", "set-cookie2")
_AUTHORIZATIONS = ("authorization", "proxy-authorization")


class ScrubPass:
    """Scrubs one exchange with one detector; ``substitutions``, ``unscanned`` and ``dirty`` report on it.

    ``dirty``: the message scrubbed last may contain a secret outside of the headers that always contain one.
    """

    def __init__(self, detector: Detector, registry: SecretRegistry, renames: Renames, keys: Collection[str]) -> None:
        self.detector = detector
        self._registry = registry
        self._renames = renames
        self._keys = keys
        self._renamed: dict[tuple[str, str], int] = {}
        self.unscanned: list[str] = []
        self.dirty = False

    @property
    def substitutions(self) -> tuple[Substitution, ...]:
        """The public names that were substituted, with place and count."""
        return tuple(Substitution(where, public, count) for (where, public), count in self._renamed.items())

    def request(self, request: Request) -> Request:
        """Scrub a request, except its Authorization, which is then signed over the result."""
        body = self._opened(request.headers, request.body, "request body")
        self.dirty = dirty = self._may_contain((request.method, request.url), request.headers, body)
        method, url = request.method, request.url
        headers = self._headers(request.headers, dirty=dirty, keep="authorization")
        if dirty:
            method, url = self._cleaned(method), self._cleaned(url)
        url, edits = self._renames.url(url)
        self._count("url", edits)
        new = self._body(body, "request body", dirty=dirty)
        if headers is request.headers and (method, url) == (request.method, request.url) and new is body:
            return request
        return Request(method, url, adapted_headers(headers, body, new), new.wire, request.wire)

    def response(self, response: Response) -> Response:
        """Scrub a response."""
        body = self._opened(response.headers, response.body, "response body")
        self.dirty = dirty = self._may_contain((response.reason,), response.headers, body)
        headers = self._headers(response.headers, dirty=dirty)
        reason = self._cleaned(response.reason) if dirty else response.reason
        new = self._body(body, "response body", dirty=dirty)
        if headers is response.headers and reason == response.reason and new is body:
            return response
        return Response(response.status, adapted_headers(headers, body, new), new.wire, response.wire, reason)

    def _may_contain(self, texts: Iterable[str], headers: Headers, body: Body) -> bool:
        """Check all parts at once: most traffic contains no secret and needs one check only."""
        names = tuple([name for name, _ in headers.pairs])
        values = [
            value for (_, value), secret in zip(headers.pairs, _are_secret_names(names), strict=True) if not secret
        ]
        return self.detector.message_may_contain([*texts, *names, *values], body.content)

    def _headers(self, headers: Headers, *, dirty: bool, keep: str | None = None) -> Headers:
        if not (dirty or self._renames or self._keys or has_secret_names(headers, keep)):
            return headers
        pairs = []
        for name, value in headers.pairs:
            if name.lower() == keep:
                pairs.append((name, value))
                continue
            new = self._field(name, value, dirty=dirty)
            pairs.append((self._cleaned(name) if dirty else name, new))
        return headers if pairs == list(headers.pairs) else Headers(pairs)

    def _field(self, name: str, value: str, *, dirty: bool) -> str:
        lowered = name.lower()
        if lowered in self._keys:
            return MASK if value.strip() else value
        if lowered in _AUTHORIZATIONS and not parse_authorization(value):
            return self._cleaned(self._authorization(value))
        if lowered in _SENT_COOKIES or lowered in _SET_COOKIES:
            pairs, end, attributes = (value, "", "") if lowered in _SENT_COOKIES else value.partition(";")
            cookies = self._cleaned(_COOKIE.sub(self._cookie, pairs) + end + attributes)
            return self._rename(name, cookies)
        kind, stripped = kind_of(lowered), value.strip()
        if kind is None and (possible := possible_kind_of(lowered)):
            stripped = stripped.rpartition(" ")[2]  # ``Token …``
            kind = possible if looks_random(safe_bytes(stripped)) else None
        if kind is not None:
            return value.replace(stripped, self._registry.replacement(kind, stripped)) if stripped else value
        if dirty or _is_secret_name(name):
            value = self._cleaned(value)
        return self._rename(name, value)

    def _cookie(self, match: re.Match[str]) -> str:
        return match["name"] + self._registry.replacement(Kind.OTHER, match["value"])

    def _authorization(self, value: str) -> str:
        """Mask credentials for a proxy, or of another scheme, and register them."""
        scheme, _, rest = value.strip().partition(" ")
        secret = rest.strip()
        if secret:
            self._registry.replacement(Kind.OTHER, secret)
        if scheme.lower() == "basic":
            self._register_basic(secret)
        return masked(value)

    def _register_basic(self, secret: str) -> None:
        try:
            user, _, password = wire_text(binascii.a2b_base64(safe_bytes(secret))).partition(":")
        except binascii.Error:
            return
        for part in (user, password):
            if not is_public(part):
                self._registry.replacement(Kind.OTHER, part)

    def _opened(self, headers: Headers, wire: bytes, where: str) -> Body:
        body = Body.of(headers, wire)
        if body.unscanned:
            self.unscanned.append(f"{where}: {self._cleaned(body.unscanned)}")
        return body

    def _body(self, body: Body, where: str, *, dirty: bool) -> Body:
        content = self.detector.clean(body.content) if dirty else body.content
        content, edits = self._renames.text(content)
        self._count(where, edits)
        return body.with_content(content)

    def _rename(self, name: str, value: str) -> str:
        if not self._renames:
            return value
        data, edits = self._renames.header(name, safe_bytes(value))
        self._count(f"header {name}", edits)
        return wire_text(data) if edits else value

    def _cleaned(self, text: str) -> str:
        data = safe_bytes(text)
        new = self.detector.clean(data) if self.detector.may_contain(data) else data
        return text if new == data else wire_text(new)

    def _count(self, where: str, edits: Iterable[Edit]) -> None:
        for edit in edits:
            place = where, wire_text(edit.new)
            self._renamed[place] = self._renamed.get(place, 0) + 1


def cookies_of(exchange: Exchange) -> Iterator[str]:
    """Yield the cookies of an exchange that look random: ``lang=zh-CN`` is no secret."""
    received = exchange.response.headers.pairs if exchange.response is not None else ()
    for name, value in (*exchange.request.headers.pairs, *received):
        if name.lower() in (*_SENT_COOKIES, *_SET_COOKIES):
            pairs = value if name.lower() in _SENT_COOKIES else value.partition(";")[0]
            yield from (found["value"] for found in _COOKIE.finditer(pairs) if _RANDOM.match(found["value"]))


@lru_cache(maxsize=2048)
def _is_secret_name(name: str) -> bool:
    """Return whether a header's name means that its value is or contains a secret."""
    lowered = name.lower()
    if lowered in (*_AUTHORIZATIONS, *_SENT_COOKIES, *_SET_COOKIES):
        return True
    return kind_of(lowered) is not None or possible_kind_of(lowered) is not None


@lru_cache(maxsize=256)  # a client sends the same names with each request
def _are_secret_names(names: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(map(_is_secret_name, names))


def has_secret_names(headers: Headers, keep: str | None) -> bool:
    """Return whether a header's name means that its value is or contains a secret; ``keep`` names an exception."""
    names = tuple([name for name, _ in headers.pairs])
    return any(secret and name.lower() != keep for name, secret in zip(names, _are_secret_names(names), strict=True))
