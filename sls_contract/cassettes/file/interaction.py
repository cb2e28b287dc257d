"""One interaction of a cassette as a recording: a block of sls-contract, or a third party's in vcrpy's layout."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeAlias

from sls_contract.cassettes.file.block import header_node, plain_url, response_node
from sls_contract.cassettes.file.coding import readable
from sls_contract.cassettes.recording import (
    Evidence,
    Integrity,
    Provenance,
    Recording,
    SignatureNote,
    digest_of,
    moment_of,
)
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Request, Response, wire_bytes, wire_text
from sls_contract.headers import Headers

Node: TypeAlias = "Mapping[str, Any]"

_NOTHING: Node = {}

_HALF_PAIR = "the text contains half a surrogate pair, which cannot be sent"


class MalformedInteraction(Exception):
    """Valid YAML that is not an interaction; the text says what was expected and what came."""


@contextmanager
def malformed() -> Iterator[None]:
    """Raise the errors of reading one interaction, in any format, as `MalformedInteraction`."""
    try:
        yield
    except UnicodeError:
        raise MalformedInteraction(_HALF_PAIR) from None
    except (UsageError, ValueError) as error:
        raise MalformedInteraction(str(error)) from None


def recording_of(tree: object) -> Recording:
    """Return the recording of an interaction; raises `MalformedInteraction`."""
    with malformed():
        interaction = _mapping("an interaction", tree)
        if interaction.get("contract") is None:
            return _third_party(interaction)
        return _native(interaction, _mapping("contract", interaction["contract"]))


def body_of_base64(name: str, text: str) -> bytes:
    """Decode base64 text; raises ValueError, with the name of the field, for any other text."""
    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        msg = f"{name} must be base64"
        raise ValueError(msg) from None


def _third_party(interaction: Node) -> Recording:
    """Read an interaction without provenance. vcrpy decodes bodies but keeps ``Content-Encoding``: not wire bytes."""
    request = _request(_mapping("request", interaction.get("request")), _NOTHING)
    if "response" not in interaction:
        msg = f"an interaction needs request and response, got the keys {_names(interaction)}"
        raise ValueError(msg)
    if interaction["response"] is None:
        return Recording(Exchange(request, None))
    response = _shown_response(_mapping("response", interaction["response"]), "")
    coded = "content-encoding" in response.headers
    return Recording(Exchange(request, response.replace(wire=not coded)))


def _native(interaction: Node, contract: Node) -> Recording:
    response, exact = interaction.get("response"), _part(contract, "response")
    complete = response is not None
    shown = response if complete else contract.get("partial")
    request = _request(_mapping("request", interaction.get("request")), _part(contract, "request"))
    signature = _part(contract, "signature")
    recording = Recording(
        Exchange(request, None if shown is None else _response(_mapping("response", shown), exact)),
        _provenance(contract),
        SignatureNote(_text(signature.get("verdict")), _text(signature.get("step"))) if signature else None,
        tuple(_values(contract.get("substitutions") or ())),
        None if complete else _text(contract.get("broken")) or None,
        "" if complete else _text(contract.get("detail")),
        _text(contract.get("id")),
        _text(contract.get("digest")),
    )
    fits = recording.digest == digest_of(recording)
    return replace(recording, integrity=Integrity.INTACT if fits else Integrity.EDITED)


def _provenance(contract: Node) -> Provenance:
    return Provenance(
        _evidence(contract.get("evidence")),
        _text(contract.get("endpoint")),
        _text(contract.get("region")),
        _text(contract.get("client")),
        _moment(contract.get("recorded_at")),
        _moment(contract.get("validated_at")),
        _text(contract.get("version")),
        _moment(contract.get("clock")),
    )


def _evidence(value: object) -> Evidence:
    """Read the evidence. The error does not repeat the value, which may be a secret."""
    try:
        return Evidence(_text(value) or Evidence.UNKNOWN)
    except ValueError:
        msg = f"contract.evidence must be one of {', '.join(Evidence)}"
        raise ValueError(msg) from None


def _moment(value: object) -> datetime | None:
    """Read a time. YAML gives a datetime, perhaps without a time zone, where a reformatter removed the quotes."""
    if not value:
        return None
    try:
        return moment_of(value if isinstance(value, datetime) else _text(value))
    except ValueError:
        msg = "a time must be written as 2026-11-23T06:33:25Z"
        raise ValueError(msg) from None


def _request(node: Node, exact: Node) -> Request:
    """Read a request. Exact headers and URL count only while they agree with vcrpy's part: it may be edited."""
    method, uri = _text(node.get("method")), _text(node.get("uri"))
    if not method or not uri:
        msg = f"a request needs method and uri, got the keys {_names(node)}"
        raise ValueError(msg)
    shown = Request(method, uri, _headers(node.get("headers"), exact), _body(node.get("body")))
    if "headers" not in exact and "uri" not in exact:
        return shown
    headers = _exact_headers(exact) if "headers" in exact else shown.headers
    request = Request(method, _text(exact.get("uri", uri)), headers, shown.body)
    same = plain_url(request.url) == plain_url(shown.url) and header_node(headers) == header_node(shown.headers)
    return request if same else shown


def _response(node: Node, exact: Node) -> Response:
    """Read a response. Exact headers and wire body count only while they agree with vcrpy's part: it may be edited."""
    shown = _shown_response(node, _text(exact.get("order")))
    if exact.get("coding") == "removed":
        shown = shown.replace(wire=False)
    if "headers" not in exact:
        return shown
    body = _body(exact["body"]) if "body" in exact else shown.body
    response = shown.replace(headers=_exact_headers(exact), body=body)
    return response if response_node(readable(response)) == response_node(shown) else shown


def _shown_response(node: Node, order: str) -> Response:
    """Read vcrpy's part of a response; for httpx, vcrpy before 6 wrote ``status_code`` and ``content``."""
    status = node.get("status")
    if status is None and "status_code" in node:
        status = {"code": node["status_code"]}
    status = _mapping("status", status)
    code = status.get("code")
    if type(code) is not int:
        msg = f"status.code must be a number such as 200, got {'nothing' if code is None else type(code).__name__}"
        raise ValueError(msg)
    headers = _headers(node.get("headers"), {"order": order})
    body = _body(node["body"] if "body" in node else node.get("content"))
    return Response(code, headers, body, reason=_text(status.get("message")))


def _headers(node: object, exact: Node) -> Headers:
    """Read header fields in the stored order; fields that the order does not name follow in file order."""
    remaining = {_text(name): _values(value) for name, value in _mapping("headers", node or _NOTHING).items()}
    pairs = []
    for name in _text(exact.get("order")).split():
        values = remaining.get(name)
        if values:
            pairs.append((name, values.pop(0)))
    return Headers([*pairs, *((name, value) for name, values in remaining.items() for value in values)])


def _exact_headers(exact: Node) -> Headers:
    lines = exact["headers"]
    if not isinstance(lines, list):
        msg = f"contract headers must be a list of lines, got {type(lines).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    return Headers([(name, value) for name, _, value in (_text(line).partition(": ") for line in lines)])


def _values(value: object) -> list[str]:
    return [_text(each) for each in value] if isinstance(value, (list, tuple)) else [_text(value)]


def _body(node: object) -> bytes:
    """Read a body in any form that recorders have written: text, bytes, a stream, chunks, or a mapping."""
    if node is None:
        return b""
    if isinstance(node, str):
        return _bytes(node)
    if isinstance(node, bytes):
        return node
    if isinstance(node, Mapping):
        return _wrapped_body(node)
    if hasattr(node, "read"):
        return _body(node.read())
    if isinstance(node, Iterable):
        return b"".join(_body(chunk) for chunk in node)
    msg = f"a body must be text or bytes, got {type(node).__name__}"
    raise ValueError(msg)


def _wrapped_body(node: Node) -> bytes:
    if "base64_string" in node:
        return body_of_base64("base64_string", _text(node["base64_string"]))
    if "string" not in node:
        msg = f"a body needs the key string, got the keys {_names(node)}"
        raise ValueError(msg)
    text, encoding = node["string"], node.get("encoding")
    if isinstance(text, str) and encoding:
        try:
            return text.encode(_text(encoding))
        except (LookupError, UnicodeEncodeError):
            return _bytes(text)
    return _body(text)


def _bytes(text: str) -> bytes:
    try:
        return wire_bytes(text)
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _part(node: Node, key: str) -> Node:
    return _mapping(f"contract.{key}", node.get(key) or _NOTHING)


def _mapping(name: str, node: object) -> Node:
    if not isinstance(node, Mapping):
        msg = f"{name} must be a mapping, got {'nothing' if node is None else type(node).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    return node


def _text(value: object) -> str:
    """Read text: a string, bytes of the wire, or a number or word that YAML converted to another type."""
    if isinstance(value, str):
        if not value.isascii():
            wire_bytes(value)  # raises a ValueError for half a surrogate pair, which cannot have been sent
        return value
    if isinstance(value, bytes):
        return wire_text(value)
    if isinstance(value, (Mapping, list, tuple, set)):  # a few lines of YAML aliases can expand to gigabytes of text
        msg = f"expected text, got {type(value).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - as above
    return "" if value is None else str(value)


def _names(node: Node) -> str:
    return ", ".join(str(name) for name in node) or "(none)"
