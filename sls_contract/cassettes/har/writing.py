"""Recordings as a HAR 1.2 document.

Sources: HAR 1.2 Spec (Jan Odvarko), and the W3C draft "HTTP Archive (HAR) format", sections on entries, request,
response, postData, content, timings; Chrome writes an attempt without a response as status 0 with ``_error``.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.file.block import block_of
from sls_contract.cassettes.file.coding import readable
from sls_contract.cassettes.file.recording_file import with_ids
from sls_contract.cassettes.har.notes import as_json, shown, shown_url
from sls_contract.cassettes.recording import Recording, moment_text
from sls_contract.exchange import Request, Response

if TYPE_CHECKING:
    from sls_contract.headers import Headers

NOTE_NAMES = {"signature": "verdict"}  # scanners take a JSON key named signature for a secret
UNKNOWN_SIZE = -1
_NO_TIME = "1970-01-01T00:00:00Z"  # the format requires a time; ``_contract`` shows that there is none
_NOT_RECORDED = "unknown"
_NO_TYPE = "x-unknown"
_NO_RESPONSE = Response(0)
_ENTRY, _END = "\n" + " " * 6, "\n" + " " * 4


def document_text(recordings: Iterable[Recording], version: str) -> Iterator[str]:
    """Yield the text of a HAR in pieces; ``version`` is the tool's. Equal recordings give equal texts."""
    log = {"version": "1.2", "creator": {"name": "sls-contract", "version": version}, "entries": []}
    head, _, tail = _json({"log": log}).rpartition("[]")
    yield head + "["
    between = _ENTRY
    for recording, name in with_ids(recordings):
        yield between + _json(entry_of(recording, name)).replace("\n", _ENTRY)
        between = "," + _ENTRY
    yield f"{'' if between is _ENTRY else _END}]{tail}\n"


def _json(node: object) -> str:
    return json.dumps(node, ensure_ascii=False, indent=2)


def entry_of(recording: Recording, name: str) -> dict[str, Any]:
    """Return one entry; its times are zero, since they were not measured."""
    notes = block_of(recording, name)["contract"]
    assert isinstance(notes, dict)
    request, response = recording.exchange.request, recording.exchange.response
    received = _NO_RESPONSE if recording.incomplete or response is None else response
    exact = {NOTE_NAMES.get(key, key): note for key, note in notes.items()} | _exact(request, received)
    return {
        "startedDateTime": moment_text(recording.provenance.recorded_at) or _NO_TIME,
        "time": 0,
        "request": _request(request),
        "response": _response(received) | ({"_error": recording.broken or "closed"} if recording.incomplete else {}),
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "_contract": as_json(exact),
    }


def _exact(request: Request, response: Response) -> dict[str, Any]:
    """Return the words of the message heads that an entry cannot represent exactly."""
    words = {"method": request.method, "reason": response.reason}
    exact = {name: word for name, word in words.items() if shown(word) != word}
    return exact if shown_url(request.url) == request.url else {**exact, "url": request.url}


def _request(request: Request) -> dict[str, Any]:
    url = shown_url(request.url)
    return {
        "method": shown(request.method),
        "url": url,
        "httpVersion": _NOT_RECORDED,
        "cookies": list(_cookies(part for value in request.headers.get_all("cookie") for part in value.split(";"))),
        "headers": _fields(request.headers),
        "queryString": [
            {"name": shown(name), "value": shown(value)} for name, value in Request("GET", url).query_pairs()
        ],
        **({"postData": _post_data(request)} if request.body else {}),
        "headersSize": UNKNOWN_SIZE,
        "bodySize": len(request.body),
    }


def _response(response: Response) -> dict[str, Any]:
    return {
        "status": response.status,
        "statusText": shown(response.reason),
        "httpVersion": _NOT_RECORDED,
        "cookies": list(_cookies(value.partition(";")[0] for value in response.headers.get_all("set-cookie"))),
        "headers": _fields(response.headers),
        "content": _content(response),
        "redirectURL": shown(response.headers.get("location", "")),
        "headersSize": UNKNOWN_SIZE,
        "bodySize": len(response.body) if response.wire else UNKNOWN_SIZE,
    }


def _fields(headers: Headers) -> list[dict[str, str]]:
    return [{"name": shown(name), "value": shown(value)} for name, value in headers.pairs]


def _cookies(parts: Iterable[str]) -> Iterator[dict[str, str]]:
    for part in parts:
        name, _, value = part.strip().partition("=")
        if name:
            yield {"name": shown(name), "value": shown(value)}


def _post_data(request: Request) -> dict[str, Any]:
    """Return the request body; ``_encoding`` marks base64, since the format has no field for binary bodies."""
    text, coded = _text(request.body)
    return {"mimeType": _type(request.headers), "text": text, **({"_encoding": "base64"} if coded else {})}


def _content(response: Response) -> dict[str, Any]:
    """Return the decoded body; the wire bytes are under ``_contract``."""
    plain = readable(response)
    text, coded = _text(plain.body)
    return {
        "size": len(plain.body),
        **({"compression": len(plain.body) - len(response.body)} if plain is not response else {}),
        "mimeType": _type(response.headers),
        "text": text,
        **({"encoding": "base64"} if coded else {}),
    }


def _text(body: bytes) -> tuple[str, bool]:
    """Return a body as text, and whether that is base64."""
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return b64encode(body).decode("ascii"), True


def _type(headers: Headers) -> str:
    return shown(headers.get("content-type", "")) or _NO_TYPE
