"""One pass of the scrub over the two sides of an exchange: request line, headers, bodies."""

from __future__ import annotations

import binascii
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from sls_contract.cassettes.scrub.messages import Body, told_true
from sls_contract.cassettes.scrub.names import MASK, Kind, kind_of, looks_random, possible_kind_of
from sls_contract.cassettes.scrub.registry import SecretRegistry, is_public
from sls_contract.cassettes.scrub.renames import Renames, Substitution
from sls_contract.cassettes.scrub.signature import masked
from sls_contract.cassettes.scrub.views import safe_bytes
from sls_contract.exchange import Exchange, Headers, Request, Response, wire_text
from sls_contract.signing import parse_authorization

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from sls_contract.cassettes.scrub.detector import Detector
    from sls_contract.cassettes.scrub.views import Edit

# A pair without a name is a value (source: RFC 6265bis, 5.7).
_COOKIE = re.compile(r"(?:^|(?<=;))(?P<name>(?:[^=;]*=)?+[\s\"]*+)(?P<value>[^;\s\"](?:[^;]*[^;\s\"])?)")
_CHANCE = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])\S{16,}$")
_SENT_COOKIES = ("cookie", "cookie2")
_SET_COOKIES = ("set-cookie", "set-cookie2")
_AUTHORIZATIONS = ("authorization", "proxy-authorization")


class Pass:
    """Scrubs one exchange with one hunt; ``substitutions``, ``closed`` and ``dirty`` tell what was met on the way.

    ``dirty``: what was scrubbed last held a secret, or may have, beyond the headers that always hold one.
    """

    def __init__(self, detector: Detector, registry: SecretRegistry, renames: Renames, keys: Collection[str]) -> None:
        self.detector = detector
        self._registry = registry
        self._renames = renames
        self._keys = keys
        self._renamed: dict[tuple[str, str], int] = {}
        self.closed: list[str] = []
        self.dirty = False

    @property
    def substitutions(self) -> tuple[Substitution, ...]:
        """Which public names were put in, where, how often."""
        return tuple(Substitution(where, public, count) for (where, public), count in self._renamed.items())

    def request(self, request: Request) -> Request:
        """Scrub a request, but for its Authorization: that is signed over the result."""
        body = self._opened(request.headers, request.body, "request body")
        self.dirty = dirty = self._sees((request.method, request.url), request.headers, body)
        method, url = request.method, request.url
        headers = self._headers(request.headers, dirty=dirty, keep="authorization")
        if dirty:
            method, url = self._cleaned(method), self._cleaned(url)
        url, edits = self._renames.url(url)
        self._count("url", edits)
        new = self._body(body, "request body", dirty=dirty)
        if headers is request.headers and (method, url) == (request.method, request.url) and new is body:
            return request
        return Request(method, url, told_true(headers, body, new), new.wire)

    def response(self, response: Response) -> Response:
        """Scrub an answer."""
        body = self._opened(response.headers, response.body, "response body")
        self.dirty = dirty = self._sees((response.reason,), response.headers, body)
        headers = self._headers(response.headers, dirty=dirty)
        reason = self._cleaned(response.reason) if dirty else response.reason
        new = self._body(body, "response body", dirty=dirty)
        if headers is response.headers and reason == response.reason and new is body:
            return response
        return Response(response.status, told_true(headers, body, new), new.wire, response.wire, reason)

    def _sees(self, texts: Iterable[str], headers: Headers, body: Body) -> bool:
        """Look at everything at once: traffic without secrets, nearly all of it, costs one look."""
        names = tuple([name for name, _ in headers.pairs])
        values = [value for (_, value), named in zip(headers.pairs, _are_named(names), strict=True) if not named]
        return self.detector.sees_message([*texts, *names, *values], body.content)

    def _headers(self, headers: Headers, *, dirty: bool, keep: str | None = None) -> Headers:
        if not (dirty or self._renames or self._keys or names_a_secret(headers, keep)):
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
        kind, bare = kind_of(lowered), value.strip()
        if kind is None and (possible := possible_kind_of(lowered)):
            bare = bare.rpartition(" ")[2]  # ``Token …``
            kind = possible if looks_random(safe_bytes(bare)) else None
        if kind is not None:
            return value.replace(bare, self._registry.public(kind, bare)) if bare else value
        if dirty or _is_named(name):
            value = self._cleaned(value)
        return self._rename(name, value)

    def _cookie(self, match: re.Match[str]) -> str:
        return match["name"] + self._registry.public(Kind.OTHER, match["value"])

    def _authorization(self, value: str) -> str:
        """Mask credentials for a proxy, or of a scheme that is not ours, and learn them."""
        scheme, _, rest = value.strip().partition(" ")
        secret = rest.strip()
        if secret:
            self._registry.public(Kind.OTHER, secret)
        if scheme.lower() == "basic":
            self._learn_basic(secret)
        return masked(value)

    def _learn_basic(self, secret: str) -> None:
        try:
            user, _, password = wire_text(binascii.a2b_base64(safe_bytes(secret))).partition(":")
        except binascii.Error:
            return
        for part in (user, password):
            if not is_public(part):
                self._registry.public(Kind.OTHER, part)

    def _opened(self, headers: Headers, wire: bytes, where: str) -> Body:
        body = Body.of(headers, wire)
        if body.closed:
            self.closed.append(f"{where}: {self._cleaned(body.closed)}")
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
        new = self.detector.clean(data) if self.detector.sees(data) else data
        return text if new == data else wire_text(new)

    def _count(self, where: str, edits: Iterable[Edit]) -> None:
        for edit in edits:
            place = where, wire_text(edit.new)
            self._renamed[place] = self._renamed.get(place, 0) + 1


def cookies_of(exchange: Exchange) -> Iterator[str]:
    """Yield the cookies of an exchange that look made by chance: ``lang=zh-CN`` is no secret."""
    answered = exchange.response.headers.pairs if exchange.response is not None else ()
    for name, value in (*exchange.request.headers.pairs, *answered):
        if name.lower() in (*_SENT_COOKIES, *_SET_COOKIES):
            pairs = value if name.lower() in _SENT_COOKIES else value.partition(";")[0]
            yield from (found["value"] for found in _COOKIE.finditer(pairs) if _CHANCE.match(found["value"]))


@lru_cache(maxsize=2048)
def _is_named(name: str) -> bool:
    """Return whether a header's name alone says that its value is, or holds, a secret."""
    lowered = name.lower()
    if lowered in (*_AUTHORIZATIONS, *_SENT_COOKIES, *_SET_COOKIES):
        return True
    return kind_of(lowered) is not None or possible_kind_of(lowered) is not None


@lru_cache(maxsize=256)  # a client sends the same names again and again
def _are_named(names: tuple[str, ...]) -> tuple[bool, ...]:
    return tuple(map(_is_named, names))


def names_a_secret(headers: Headers, keep: str | None) -> bool:
    """Return whether a header's name alone says that its value is, or holds, a secret; ``keep`` names one that may."""
    names = tuple([name for name, _ in headers.pairs])
    return any(named and name.lower() != keep for name, named in zip(names, _are_named(names), strict=True))
