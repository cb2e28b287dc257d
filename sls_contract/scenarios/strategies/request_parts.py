"""A request in parts, drawn from a contract; it is put together and signed only when nothing more changes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hypothesis import strategies as st

from sls_contract.checks.content_coding import compressed
from sls_contract.exchange import Headers, Request, wire_bytes
from sls_contract.scenarios.log_messages import CODINGS
from sls_contract.scenarios.strategies.values import LOG_GROUP, Draw, Scene, draw_json, draw_text, log_groups
from sls_contract.signing import SCHEMES, TEST_CREDENTIALS, Credentials, Scheme, sign
from sls_contract.spec.contract import Value

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sls_contract.spec.contract import Contract

PROJECT, ENDPOINT = "my-project", "cn-hangzhou.log.aliyuncs.com"

CONTENT_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "protobuf": "application/x-protobuf",
    "binary": "application/octet-stream",
}
"""Content-Type by `Body.content`."""

_MADE_ELSEWHERE = frozenset(
    (
        *("authorization", "content-length", "content-md5", "content-type", "date", "host"),
        *("x-acs-security-token", "x-log-apiversion", "x-log-bodyrawsize", "x-log-compresstype"),
        *("x-log-content-sha256", "x-log-date", "x-log-signaturemethod"),
    )
)
_PLACEHOLDER = re.compile(r"\{([^}]*)\}")
_UNSAID = Value(type="string")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and where to.

    Attributes:
        credentials: the key that signs.
        scheme: how it signs; None: drawn.
        project: what stands before the endpoint in the host.
        endpoint: ``cn-hangzhou.log.aliyuncs.com``, or a URL such as ``http://127.0.0.1:8080``.
        at: when it sends, aware; None: drawn.

    """

    credentials: Credentials = TEST_CREDENTIALS
    scheme: Scheme | None = None
    project: str = PROJECT
    endpoint: str = ENDPOINT
    at: datetime | None = None


@dataclass(slots=True)
class RequestParts:
    """A request that is not put together yet; whoever breaks it changes the parts.

    Attributes:
        contract: its operation.
        at: when it is sent.
        template: of its path.
        path: values of the path's parameters, not percent-encoded.
        query: keys and values, not percent-encoded.
        headers: those of the operation.
        document: the body as a JSON value.
        raw: the body before compression; None: the document is written.
        coding: what the body is compressed with; empty: nothing.
        data: the body as sent, where a breach wrote it; None: it follows from the others.
        signs_wrongly: whether another secret signs.

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
        """Put the request together and sign it."""
        url_scheme, _, endpoint = sender.endpoint.rpartition("://")
        host = f"{sender.project}.{endpoint}" if self.contract.project else endpoint
        path = _PLACEHOLDER.sub(lambda name: _encoded(self.path[name[1]]), self.template)
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


def draw_request(draw: Draw, contract: Contract, at: datetime, given: Mapping[str, Any] | None = None) -> RequestParts:
    """Draw the parts of a correct request.

    Args:
        draw: Hypothesis' draw.
        contract: of the operation.
        at: when it is sent.
        given: values that are not drawn, by place: ``path logstore``, ``query shard`` (None: no key), ``body``,
            ``raw``.

    """
    given = given or {}
    scene = Scene(at, shortest=1)
    parts = RequestParts(contract, at, draw(st.sampled_from((contract.path, *contract.other_paths))))
    for name in _PLACEHOLDER.findall(parts.template):
        place = f"path {name}"
        drawn = (
            given[place] if place in given else draw_segment(draw, contract.path_parameters.get(name, _UNSAID), scene)
        )
        parts.path[name] = drawn
    parts.query = list(_draw_query(draw, contract, scene, given))
    _draw_headers(draw, parts, scene, given)
    _draw_body(draw, parts, scene, given)
    return parts


def draw_segment(draw: Draw, value: Value, scene: Scene) -> str:
    """Draw a path parameter: no segment may be empty, or made of dots alone, which clients would resolve."""
    drawn = draw_text(draw, value, scene)
    return drawn if drawn.strip(".") else f"a{drawn}"


def json_bytes(document: Any) -> bytes:
    """Return a JSON value as the service and its SDKs write it: compact, in UTF-8."""
    return wire_bytes(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def _draw_query(draw: Draw, contract: Contract, scene: Scene, given: Mapping[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name in dict.fromkeys((*contract.discriminator, *contract.query)):
        value, texts = contract.query.get(name, _UNSAID), contract.discriminator.get(name)
        place = f"query {name}"
        if place in given:
            pairs += [(name, given[place])] if given[place] is not None else []
        elif texts:
            pairs.append((name, draw(st.sampled_from(texts))))
        elif value.required is not None or texts is not None or draw(st.booleans()):
            pairs.append((name, draw_text(draw, value, scene)))
    pairs += [
        (name, draw_text(draw, value, scene))
        for name, value in contract.query.items()
        if f"query {name}" not in given and is_needed(value, pairs) and name not in dict(pairs)
    ]
    return pairs


def is_needed(value: Value, query: list[tuple[str, str]]) -> bool:
    """Tell whether an optional parameter is needed because the query has none of the values that make up for it."""
    sent = {(f"query.{key}", text.lower()) for key, text in query}
    return bool(value.needed_unless) and not any(
        (key, text.lower()) in sent for key, text in value.needed_unless.items()
    )


def _draw_headers(draw: Draw, parts: RequestParts, scene: Scene, given: Mapping[str, Any]) -> None:
    plain = Scene(scene.at, scene.sent, names="abcdefgh", shortest=1)  # what every client can send in a header
    for name, value in parts.contract.headers.items():
        place = f"header {name}"
        if place in given:
            parts.headers[name] = given[place]
        elif name.lower() not in _MADE_ELSEWHERE and (value.required is not None or draw(st.booleans())):
            usual = () if value.values else _usual(parts.contract).get(name.lower(), ())
            parts.headers[name] = draw(st.sampled_from(usual)) if usual else draw_text(draw, value, plain)


def _usual(contract: Contract) -> Mapping[str, tuple[str, ...]]:
    """Return what clients send in headers whose contract names no values."""
    content = "json" if contract.response is None else contract.response.content
    codings = (*CODINGS, "identity") if content == "protobuf" else ("identity",)
    return {"accept": (CONTENT_TYPES.get(content, "*/*"),), "accept-encoding": codings}


def _draw_body(draw: Draw, parts: RequestParts, scene: Scene, given: Mapping[str, Any]) -> None:
    body = parts.contract.body
    if body is None or body.content == "none":
        return
    parts.headers["Content-Type"] = _content_type(draw, parts.contract, CONTENT_TYPES[body.content])
    if body.content == "json":
        parts.document = given["body"] if "body" in given else draw_json(draw, body.value, scene)
        return
    if "raw" in given:
        parts.raw = given["raw"]
    else:
        parts.raw = draw(log_groups(parts.at) if body.message == LOG_GROUP else st.binary(min_size=1, max_size=9))
    told = any(name.lower() == "x-log-compresstype" for name in parts.contract.headers)
    if body.content == "protobuf" or told:
        parts.coding = _draw_coding(draw, parts.contract)
        parts.headers["x-log-bodyrawsize"] = str(len(parts.raw))
        parts.headers |= {"x-log-compresstype": parts.coding} if parts.coding else {}


def _draw_coding(draw: Draw, contract: Contract) -> str:
    value = next((each for name, each in contract.headers.items() if name.lower() == "x-log-compresstype"), _UNSAID)
    known = [coding for coding in CODINGS if not value.values or coding in value.values]
    return draw(st.sampled_from(known if value.required is not None and known else ["", *known]))


def _content_type(draw: Draw, contract: Contract, usual: str) -> str:
    value = next((each for name, each in contract.headers.items() if name.lower() == "content-type"), _UNSAID)
    return draw(st.sampled_from(value.values)) if value.values else usual


def _encoded(text: str) -> str:
    return quote(wire_bytes(text), safe="")


def _region(endpoint: str) -> str | None:
    """Return None where the endpoint names its region, else the one that v4 signs."""
    return None if endpoint.endswith(".aliyuncs.com") else "cn-hangzhou"
