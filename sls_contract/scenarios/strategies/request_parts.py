"""Draw a request from a contract, in parts that can be changed before the request is built and signed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hypothesis import strategies as st

from sls_contract.checks.content_coding import compressed
from sls_contract.exchange import Request, wire_bytes
from sls_contract.headers import Headers
from sls_contract.scenarios.bench import json_bytes
from sls_contract.scenarios.log_messages import CODINGS
from sls_contract.scenarios.strategies.values import LOG_GROUP, Context, Draw, draw_json, draw_text, log_groups
from sls_contract.signing import SCHEMES, TEST_CREDENTIALS, Credentials, Scheme, sign
from sls_contract.spec.contract import PLACEHOLDER, Contract, Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


PROJECT, ENDPOINT = "my-project", "cn-hangzhou.log.aliyuncs.com"

CONTENT_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "protobuf": "application/x-protobuf",
    "binary": "application/octet-stream",
}
"""Content-Type by `Body.content`."""

SIGNED_HEADERS = frozenset(
    (
        *("authorization", "content-length", "content-md5", "date", "host", "x-acs-security-token"),
        *("x-log-apiversion", "x-log-bodyrawsize", "x-log-content-sha256", "x-log-date", "x-log-signaturemethod"),
    )
)
"""Headers that signing writes, in lower case: each has to be there, and most are computed."""
_DERIVED_HEADERS = SIGNED_HEADERS | {"content-type", "x-log-compresstype"}
_ANY_TEXT = Value(type="string")


@dataclass(frozen=True, slots=True)
class Sender:
    """The key, endpoint and time of requests.

    Attributes:
        credentials: the key that signs.
        scheme: the signature scheme; None to draw it.
        project: the project in the host name.
        endpoint: ``cn-hangzhou.log.aliyuncs.com``, or a URL such as ``http://127.0.0.1:8080``.
        at: the time of the request, timezone-aware; None to draw it.

    """

    credentials: Credentials = TEST_CREDENTIALS
    scheme: Scheme | None = None
    project: str = PROJECT
    endpoint: str = ENDPOINT
    at: datetime | None = None


@dataclass(slots=True)
class RequestParts:
    """The parts of a request; a breach changes them before `signed` builds it.

    Attributes:
        contract: of its operation.
        at: when it is sent.
        template: the path, with placeholders.
        path: values of the placeholders, not percent-encoded.
        query: keys and values, not percent-encoded.
        headers: headers of the operation.
        document: a JSON body as a value.
        raw: any other body, before compression; None for a JSON body.
        coding: the compression of the body; empty for none.
        data: the body as sent, if a breach wrote it; None to build it from the other parts.
        signs_wrongly: whether to sign with a wrong secret.

    """

    contract: Contract
    at: datetime
    template: str
    path: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    document: Any = None
    raw: bytes | None = None
    coding: str = ""
    data: bytes | None = None
    signs_wrongly: bool = False

    def encoded(self) -> bytes:
        """Return the body as it is sent."""
        if self.data is not None:
            return self.data
        if self.raw is not None:
            return compressed(self.raw, self.coding)
        has_document = self.contract.body is not None and self.contract.body.content == "json"
        return json_bytes(self.document) if has_document else b""

    def signed(self, sender: Sender, scheme: Scheme) -> Request:
        """Build the request and sign it."""
        url_scheme, _, endpoint = sender.endpoint.rpartition("://")
        host = f"{sender.project}.{endpoint}" if self.contract.project else endpoint
        path = PLACEHOLDER.sub(lambda name: _encoded(self.path[name[1]]), self.template)
        query = "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in self.query)
        url = f"{url_scheme or 'http'}://{host}{path}{'?' if query else ''}{query}"
        request = Request(self.contract.method, url, Headers([("Host", host), *self.headers.items()]), self.encoded())
        key = sender.credentials
        if self.signs_wrongly:
            key = replace(key, access_key_secret=f"{key.access_key_secret}x")
        return sign(request, key, scheme=scheme, region=_region(endpoint), at=self.at)


def draw_scheme(draw: Draw, sender: Sender) -> Scheme:
    """Draw a signature scheme unless the sender has one."""
    return draw(st.sampled_from(SCHEMES)) if sender.scheme is None else sender.scheme


def draw_request(draw: Draw, contract: Contract, at: datetime, fixed: Mapping[str, Any] | None = None) -> RequestParts:
    """Draw the parts of a correct request.

    ``fixed`` has values that are not drawn, by place: ``path logstore``, ``query shard`` (None: no key), ``body``,
    ``raw``.
    """
    fixed = fixed or {}
    context = Context(at, shortest=1)
    parts = RequestParts(contract, at, draw(st.sampled_from((contract.path, *contract.other_paths))))
    for name in PLACEHOLDER.findall(parts.template):
        value, place = contract.path_parameters.get(name, _ANY_TEXT), f"path {name}"
        parts.path[name] = fixed[place] if place in fixed else draw_segment(draw, value, context)
    parts.query = list(_draw_query(draw, contract, context, fixed))
    _draw_headers(draw, parts, context, fixed)
    _draw_body(draw, parts, context, fixed)
    return parts


def draw_segment(draw: Draw, value: Value, context: Context) -> str:
    """Draw a path parameter that is not empty or only dots, because clients resolve such segments."""
    drawn = draw_text(draw, value, context)
    return drawn if drawn.strip(".") else f"a{drawn}"


def _draw_query(draw: Draw, contract: Contract, context: Context, fixed: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name in dict.fromkeys((*contract.discriminator, *contract.query)):
        value, texts = contract.query.get(name, _ANY_TEXT), contract.discriminator.get(name)
        place = f"query {name}"
        if place in fixed:
            pairs += [(name, fixed[place])] if fixed[place] is not None else []
        elif texts:
            pairs.append((name, draw(st.sampled_from(texts))))
        elif value.required is not None or texts is not None or draw(st.booleans()):
            pairs.append((name, draw_text(draw, value, context)))
    pairs += [
        (name, draw_text(draw, value, context))
        for name, value in contract.query.items()
        if f"query {name}" not in fixed and is_needed(value, pairs) and name not in dict(pairs)
    ]
    return pairs


def is_needed(value: Value, query: list[tuple[str, str]]) -> bool:
    """Return whether a parameter is needed because the query has none of its substitutes (`Value.needed_unless`)."""
    sent = {(f"query.{key}", text.lower()) for key, text in query}
    return bool(value.needed_unless) and not any(
        (key, text.lower()) in sent for key, text in value.needed_unless.items()
    )


def _draw_headers(draw: Draw, parts: RequestParts, context: Context, fixed: Mapping[str, Any]) -> None:
    # Every client can send these characters in a header.
    plain = Context(context.at, context.sent, names="abcdefgh", shortest=1)
    for name, value in parts.contract.headers.items():
        place = f"header {name}"
        if place in fixed:
            parts.headers[name] = fixed[place]
        elif name.lower() not in _DERIVED_HEADERS and (value.required is not None or draw(st.booleans())):
            defaults = () if value.values else _default_values(parts.contract).get(name.lower(), ())
            parts.headers[name] = draw(st.sampled_from(defaults)) if defaults else draw_text(draw, value, plain)


def _default_values(contract: Contract) -> Mapping[str, tuple[str, ...]]:
    """Return the values that clients send in headers without values in the contract."""
    content = "json" if contract.response is None else contract.response.content
    codings = (*CODINGS, "identity") if content == "protobuf" else ("identity",)
    return {"accept": (CONTENT_TYPES.get(content, "*/*"),), "accept-encoding": codings}


def _draw_body(draw: Draw, parts: RequestParts, context: Context, fixed: Mapping[str, Any]) -> None:
    body = parts.contract.body
    if body is None or body.content == "none":
        return
    parts.headers["Content-Type"] = _content_type(draw, parts.contract, CONTENT_TYPES[body.content])
    if body.content == "json":
        parts.document = fixed["body"] if "body" in fixed else draw_json(draw, body.value, context)
        return
    if "raw" in fixed:
        parts.raw = fixed["raw"]
    else:
        parts.raw = draw(log_groups(parts.at) if body.message == LOG_GROUP else st.binary(min_size=1, max_size=9))
    told = any(name.lower() == "x-log-compresstype" for name in parts.contract.headers)
    if body.content == "protobuf" or told:
        parts.coding = _draw_coding(draw, parts.contract)
        parts.headers["x-log-bodyrawsize"] = str(len(parts.raw))
        parts.headers |= {"x-log-compresstype": parts.coding} if parts.coding else {}


def _draw_coding(draw: Draw, contract: Contract) -> str:
    value = next((each for name, each in contract.headers.items() if name.lower() == "x-log-compresstype"), _ANY_TEXT)
    known = [coding for coding in CODINGS if not value.values or coding in value.values]
    return draw(st.sampled_from(known if value.required is not None and known else ["", *known]))


def _content_type(draw: Draw, contract: Contract, usual: str) -> str:
    value = next((each for name, each in contract.headers.items() if name.lower() == "content-type"), _ANY_TEXT)
    return draw(st.sampled_from(value.values)) if value.values else usual


def _encoded(text: str) -> str:
    return quote(wire_bytes(text), safe="")


def _region(endpoint: str) -> str | None:
    """Return the region for v4 signatures; None where the endpoint names it."""
    return None if endpoint.endswith(".aliyuncs.com") else "cn-hangzhou"
