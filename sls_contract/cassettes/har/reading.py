"""An entry of a HAR as a recording: exact for sls-contract's entries, as complete as possible for other tools'.

Other tools decode bodies and keep the headers of the encoded ones. Browsers add the pseudo headers of HTTP/2
(``:path``), write status 0 where no response was received, and omit a body that they no longer have. mitmproxy and
Chrome write ``encoding: base64`` for binary bodies.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode

from sls_contract.cassettes.file.block import header_node, plain_url, response_node
from sls_contract.cassettes.file.coding import readable
from sls_contract.cassettes.file.interaction import body_of_base64, malformed, recording_of
from sls_contract.cassettes.har.bodies import announces_body, body_of_text, is_binary
from sls_contract.cassettes.har.notes import from_json, shown, shown_url
from sls_contract.cassettes.har.writing import NOTE_NAMES
from sls_contract.cassettes.recording import NOT_KEPT, Provenance, Recording, moment_of
from sls_contract.exchange import Exchange, Request, Response, wire_bytes, wire_text
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from datetime import datetime

Node: TypeAlias = "Mapping[str, Any]"

_BODILESS = frozenset({100, 101, 102, 103, 204, 304})  # HTTP allows these no body
_BASE64 = "base64"
_TEXT = ("", "identity", "7bit", "8bit", "utf-8", "utf8", "us-ascii", "ascii")  # HAR 1.2: none means plain text
_INTERNAL = "non-authoritative-reason"  # a field of responses that the browser made, not the server
_UNKNOWN_TYPE = "application/octet-stream"  # what Playwright writes if there was no Content-Type
_USUALLY_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_NOTHING: Node = {}
_FAILURES = (  # parts of Chrome's error names, such as net::ERR_CONNECTION_RESET
    ("NAME_NOT_RESOLVED", "name"),
    ("REFUSED", "refused"),
    ("TIMED_OUT", "timeout"),
    ("RESET", "reset"),
    ("SSL", "tls"),
    ("CERT", "tls"),
    ("CONTENT_LENGTH_MISMATCH", "truncated"),
)


def is_http(entry: object) -> bool:
    """Return whether an entry is an HTTP exchange; browsers also list ``data:``, ``blob:`` and ``wss:`` URLs.

    They also list redirects that they make themselves, such as those to https, and send no request. A malformed entry
    counts as an exchange, so that it is read and refused.
    """
    request = entry.get("request") if isinstance(entry, Mapping) else None
    url = request.get("url") if isinstance(request, Mapping) else None
    if not isinstance(url, str):
        return True
    return (url.lower().startswith(("http://", "https://")) or ":" not in url) and not _is_internal(entry)


def _is_internal(entry: Any) -> bool:
    response = entry.get("response")
    headers = response.get("headers") if isinstance(response, Mapping) else None
    names = (each.get("name") for each in headers if isinstance(each, Mapping)) if isinstance(headers, list) else ()
    return _INTERNAL in (name.lower() for name in names if isinstance(name, str))


def recording_of_entry(entry: object) -> Recording:
    """Return the recording of an entry; raises `MalformedInteraction`."""
    with malformed():
        whole = _mapping("an entry", entry)
        if isinstance(whole.get("_contract"), Mapping):
            return _native(whole, _notes(whole["_contract"]))
        return _third_party(whole)


def _notes(notes: Node) -> Node:
    names = {written: name for name, written in NOTE_NAMES.items()}
    return {names.get(name, name): note for name, note in from_json(notes).items()}


def _native(entry: Node, notes: Node) -> Recording:
    """Read an entry of sls-contract. A manual edit of its public part counts; the digest reveals it."""
    request, response = _part(entry, "request"), _part(entry, "response")
    complete = "_error" not in response
    tree: dict[str, Any] = {
        "contract": notes,
        "request": {
            "method": _exact(notes, "method", _text(request, "method"), shown),
            "uri": plain_url(_exact(notes, "url", _text(request, "url"), shown_url)),
            "headers": header_node(_headers(request)),
            "body": _request_body(request),
        },
        "response": _readable_node(response, notes) if complete else None,
    }
    return recording_of(tree)


def _readable_node(response: Node, notes: Node) -> Node:
    """Return a response as cassettes show it: an encoded body is decoded, and the headers are adjusted."""
    body = _content(_part(response, "content")) or b""
    stored = _part(notes, "response", optional=True).get("body")
    received = Response(_number(response), _headers(response), body, reason=_text(response, "statusText"))
    if isinstance(stored, (str, bytes)):
        coded = stored if isinstance(stored, bytes) else wire_bytes(stored)
        received = readable(received.replace(body=coded)).replace(body=body)
    node = response_node(received)
    node["status"] = {"code": received.status, "message": _exact(notes, "reason", received.reason, shown)}
    return node


def _exact(notes: Node, name: str, displayed: str, show: Callable[[str], str]) -> str:
    """Return a word as it was on the wire, unless the displayed word was edited."""
    word = notes.get(name, displayed)
    exact = wire_text(word) if isinstance(word, bytes) else word
    return exact if isinstance(exact, str) and show(exact) == displayed else displayed


def _third_party(entry: Node) -> Recording:
    request, response = _part(entry, "request"), _part(entry, "response", optional=True)
    headers = _sent_headers(request)
    body = _sent_body(request, headers)
    sent = Request(_text(request, "method"), _sent_url(request), headers, body or b"", body is not None)
    provenance = Provenance(recorded_at=_ended(entry))
    if _number(response) <= 0:  # no response was received; some tools write a negative number
        error = _text(response, "_error", "")
        broken = next((kind for mark, kind in _FAILURES if mark in error.upper()), "closed")
        return Recording(Exchange(sent, None), provenance, broken=broken, detail=error)
    received = _third_party_response(response, sent.method)
    if received is None:
        return Recording(Exchange(sent, None), provenance, broken=NOT_KEPT)
    return Recording(Exchange(sent, received), provenance)


def _third_party_response(response: Node, method: str) -> Response | None:
    """Return a response; None where the archive has no body for it, and does not say that it was empty.

    A size of -1 is an unknown size (HAR 1.2).
    """
    content = _part(response, "content", optional=True)
    body, sizes = _content(content), (_size(content, "size"), _size(response, "bodySize"))
    if _is_cut_off(response, body) or (not body and not _is_empty(response, method, body)):
        return None
    headers, body = _headers(response), body or b""
    if is_binary(headers) and _encoding("content.text", content.get("encoding")) != _BASE64:
        body = body_of_text(_text(content, "text", ""), headers, max(sizes)) or body
    exact = _encoding("content.text", content.get("encoding")) == _BASE64 or len(body) in sizes
    wire = exact and "content-encoding" not in headers  # other text: its charset on the wire is unknown
    return Response(_number(response), headers, body, wire, _text(response, "statusText", ""))


def _is_cut_off(response: Node, body: bytes | None) -> bool:
    """Return whether the archive has less of a body than came: browsers and proxies limit what they keep.

    The size is that of the decoded body. Some tools write that of the encoded one, and those that decode text drop a
    byte order mark.
    """
    size = _size(_part(response, "content", optional=True), "size")
    if body is None or size <= len(body) + len(BOM_UTF8):
        return False
    headers = _headers(response)
    encoded = {_size(response, "bodySize"), headers.get("content-length", "").strip()}
    return "content-encoding" not in headers or encoded.isdisjoint({size, str(size)})


def _is_empty(response: Node, method: str, body: bytes | None) -> bool:
    """Return whether a response has no body, by HTTP, by its headers, or by the text and sizes in the archive.

    The text of a body that was not kept may be empty (mitmproxy, where it streamed). ``bodySize`` alone does not show
    it: it is 0 for a response from a cache (HAR 1.2).
    """
    if method == "HEAD" or _number(response) in _BODILESS:
        return True
    headers = _headers(response)
    announced = headers.get("content-length", "").strip()
    if announced and (body is None or "content-encoding" not in headers):
        return announced == "0"
    size = _size(_part(response, "content", optional=True), "size")
    return body is not None or (size == 0 and _size(response, "bodySize") <= 0)


def _content(content: Node) -> bytes | None:
    """Return the body of a response; None where the archive has none."""
    text = content.get("text")
    if text is None:
        return None
    return _bytes("content.text", text, content.get("encoding"))


def _sent_url(request: Node) -> str:
    """Return the URL of a request of another tool; API clients may have its query in ``queryString`` only."""
    url, pairs = _text(request, "url"), _items(request, "queryString")
    if "?" in url or "#" in url or not pairs:
        return url
    query = urlencode([(_text(each, "name"), _text(each, "value", "")) for each in pairs], quote_via=quote)
    return f"{url}?{query}"


def _sent_body(request: Node, headers: Headers) -> bytes | None:
    """Return the body of a request of another tool; None if there was one, and the archive lacks it or garbled it."""
    data, size = _part(request, "postData", optional=True), _size(request, "bodySize")
    text, encoding = data.get("text"), _encoding("postData.text", data.get("_encoding", data.get("encoding")))
    if isinstance(text, str) and text and encoding != _BASE64:
        return body_of_text(text, headers, size)
    body = _request_body(request)
    if body or _text(request, "method") in _USUALLY_BODILESS:  # some tools count the head in the size
        size = -1
    return None if not body and announces_body(headers, size) else body


def _request_body(request: Node) -> bytes:
    """Return the body of a request; a form that has only fields is encoded in the default way.

    The fields of a multipart form do not determine its body: that counts as empty.
    """
    data = _part(request, "postData", optional=True)
    text = data.get("text")
    if text is None or (text == "" and data.get("params")):
        if _text(data, "mimeType", "").startswith("multipart/"):
            return b""
        return urlencode([(_text(each, "name"), _text(each, "value", "")) for each in _items(data, "params")]).encode()
    return _bytes("postData.text", text, data.get("_encoding", data.get("encoding")))


def _bytes(name: str, text: object, encoding: object) -> bytes:
    if not isinstance(text, str):
        msg = f"{name} must be text, got {type(text).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    if _encoding(name, encoding) == _BASE64:
        return body_of_base64(name, text)
    return text.encode("utf-8", "surrogatepass")


def _encoding(name: str, encoding: object) -> str:
    """Return the encoding of a body: base64, or a name for plain text."""
    if encoding not in (None, "") and not isinstance(encoding, str):
        msg = f"the encoding of {name} must be text, got {type(encoding).__name__}"
        raise ValueError(msg)
    kind = (encoding or "").strip().lower()
    if kind != _BASE64 and kind not in _TEXT:
        msg = f"{name} has an unknown encoding; expected base64 or none"
        raise ValueError(msg)
    return kind


def _headers(message: Node) -> Headers:
    """Return the header fields in order, without pseudo headers of HTTP/2 (``:authority``)."""
    pairs = [(_text(each, "name"), _text(each, "value", "")) for each in _items(message, "headers")]
    fields = [(name, value) for name, value in pairs if not name.startswith(":")]
    for name, _ in fields:
        if ":" in name:
            msg = "a header name must not contain a colon"
            raise ValueError(msg)
    return Headers(fields)


def _sent_headers(request: Node) -> Headers:
    """Return the header fields of a request; some tools keep the type of its body only beside the body."""
    headers, kind = _headers(request), _text(_part(request, "postData", optional=True), "mimeType", "").strip()
    if "content-type" in headers or kind.lower() in ("", _UNKNOWN_TYPE):
        return headers
    return Headers([*headers.pairs, ("Content-Type", kind)])


def _items(node: Node, key: str) -> list[Node]:
    listed = node.get(key) or []
    if not isinstance(listed, list):
        msg = f"{key} must be a list, got {type(listed).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    return [_mapping(f"an item of {key}", each) for each in listed]


def _number(response: Node) -> int:
    status = response.get("status")
    if status is None:
        return 0
    if type(status) is not int:
        msg = f"status must be a number such as 200, got {type(status).__name__}"
        raise ValueError(msg)
    return status


def _size(node: Node, key: str) -> int:
    size = node.get(key)
    return size if isinstance(size, int) else -1


def _ended(entry: Node) -> datetime | None:
    """Return when the response was complete: ``time`` milliseconds after the start, where the tool measured them."""
    started, took = _moment(entry.get("startedDateTime")), entry.get("time")
    if started is None or not isinstance(took, int | float) or took <= 0:
        return started
    try:
        return started + timedelta(milliseconds=took)
    except (OverflowError, ValueError):  # not a number, or later than any date
        return started


def _moment(value: object) -> datetime | None:
    """Return a time; None if it has no zone: it may be that of any local clock."""
    try:
        return moment_of(value, zone=None) if isinstance(value, str) else None
    except ValueError:
        return None


def _part(node: Node, key: str, *, optional: bool = False) -> Any:
    value = node.get(key)
    return _NOTHING if value is None and optional else _mapping(key, value)


def _mapping(name: str, node: object) -> Node:
    if not isinstance(node, Mapping):
        msg = f"{name} must be an object, got {'nothing' if node is None else type(node).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    return node


def _text(node: Node, key: str, default: str | None = None) -> str:
    value = node.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        msg = f"{key} must be text, got {'nothing' if value is None else type(value).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - a malformed file, not a wrong call
    wire_bytes(value)  # raises a ValueError for half a surrogate pair, which cannot have been sent
    return value
