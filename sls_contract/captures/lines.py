"""JSON Lines of exchanges, one per line: see `docs/captures.md` and `schemas/editor/exchange.json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.file.interaction import MalformedInteraction, malformed
from sls_contract.cassettes.file.parsing import NotReadable, parse_json
from sls_contract.cassettes.har.notes import as_json, from_json
from sls_contract.cassettes.recording import Evidence, Provenance, Recording, moment_of, moment_text
from sls_contract.exchange import Exchange, Request, Response, wire_text
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_LINE = ("request", "response", "error", "evidence", "recorded_at", "endpoint", "region", "client")
_REQUEST = ("method", "url", "headers", "body")
_RESPONSE = ("status", "reason", "headers", "body", "decoded")


def recording_of_line(line: str | bytes) -> Recording:
    """Parse a line into a recording; raises `MalformedInteraction`."""
    try:
        text = line if isinstance(line, str) else line.decode("utf-8-sig")  # the first line may have a byte order mark
        node = parse_json(text)
    except UnicodeDecodeError as error:
        msg = f"not UTF-8: byte 0x{error.object[error.start]:02x}"
        raise MalformedInteraction(msg) from None
    except NotReadable as error:
        raise MalformedInteraction(error.reason) from None
    with malformed():
        return _recording(_object("the line", node, _LINE))


def line_of(recording: Recording) -> str:
    """Return a recording as a line with its line end; the verdict on its signature is left out."""
    request, response, origin = recording.exchange.request, recording.exchange.response, recording.provenance
    line: dict[str, Any] = {
        "request": {"method": request.method, "url": request.url, **_message(request)},
        "response": None if response is None or recording.incomplete else _response_node(response),
    }
    if recording.incomplete:
        line["error"] = recording.broken or "closed"
    provenance = {"endpoint": origin.endpoint, "region": origin.region, "client": origin.client}
    line |= {"evidence": str(origin.evidence), "recorded_at": moment_text(origin.at)} | provenance
    return json.dumps(as_json({key: each for key, each in line.items() if each != ""}), ensure_ascii=False) + "\n"


def _response_node(response: Response) -> dict[str, Any]:
    reason = {"reason": response.reason} if response.reason else {}
    return {"status": response.status, **reason, **_message(response), **({} if response.wire else {"decoded": True})}


def _message(message: Request | Response) -> dict[str, Any]:
    body = {"body": wire_text(message.body)} if message.body else {}
    return {"headers": [list(pair) for pair in message.headers.pairs], **body}


def _recording(line: Mapping[str, Any]) -> Recording:
    request = _object("request", line.get("request"), _REQUEST)
    headers = _headers("request.headers", request.get("headers"))
    sent = Request(_text("method", request), _text("url", request), headers, _body("request.body", request.get("body")))
    response = line.get("response")
    made = Provenance(
        _evidence(line.get("evidence")),
        _text("endpoint", line, ""),
        _text("region", line, ""),
        _text("client", line, headers.get("user-agent", "")),
        _moment(line.get("recorded_at")),
    )
    broken = _text("error", line, "closed") if response is None or line.get("error") else None
    return Recording(Exchange(sent, None if response is None else _response(response)), made, broken=broken)


def _response(node: object) -> Response:
    response = _object("response", node, _RESPONSE)
    headers, body = _headers("response.headers", response.get("headers")), _body("response.body", response.get("body"))
    wire = response.get("decoded") is not True
    return Response(response.get("status"), headers, body, wire, _text("reason", response, ""))  # type: ignore[arg-type]  # refused there


def _headers(name: str, node: object) -> Headers:
    if node is None or isinstance(node, dict):
        return Headers([(key, _decoded(value)) for key, value in (node or {}).items()])
    if isinstance(node, list):
        return Headers([(*map(_decoded, each),) if isinstance(each, list) else each for each in node])
    msg = f"{name} must be an object, or a list of [name, value], got {type(node).__name__}"
    raise ValueError(msg)


def _decoded(node: Any) -> Any:
    """Return text as it was on the wire: ``{"base64": …}`` contains bytes that are not UTF-8."""
    if isinstance(node, str):
        return node
    plain = from_json(node)
    return wire_text(plain) if isinstance(plain, bytes) else plain


def _body(name: str, node: object) -> bytes:
    plain = from_json(node)
    if plain is None:
        return b""
    if isinstance(plain, str):
        return plain.encode("utf-8", "strict")
    if isinstance(plain, bytes):
        return plain
    msg = f'{name} must be text, or {{"base64": "…"}}, got {type(node).__name__}'
    raise ValueError(msg)


def _object(name: str, node: object, keys: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(node, dict):
        msg = f"{name} must be an object, got {'nothing' if node is None else type(node).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    if unknown := [key for key in node if key not in keys and not key.startswith("_")]:
        msg = f"{name} has no {unknown[0]!r}; it may have {', '.join(keys)}, and names that begin with _"
        raise ValueError(msg)
    return node


def _text(name: str, node: Mapping[str, Any], default: str | None = None) -> str:
    value = _decoded(node.get(name, default))
    if not isinstance(value, str):
        msg = f"{name} must be text, got {'nothing' if value is None else type(value).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - as above
    return value


def _evidence(word: object) -> Evidence:
    if word is None:
        return Evidence.UNKNOWN
    if word in Evidence.__members__.values():
        return Evidence(str(word))
    msg = f"evidence must be one of {', '.join(Evidence)}"
    raise ValueError(msg)


def _moment(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        return moment_of(str(text), zone=None)
    except ValueError:
        msg = "recorded_at must be a time with its zone, such as 2026-01-02T03:04:05Z"
        raise ValueError(msg) from None
