"""An entry of a HAR as a recording: ours exactly, anybody else's as far as it tells.

Others decode bodies and leave the headers of the coded ones; browsers add the pseudo fields of HTTP/2 (``:path``),
write status 0 where no answer came, and keep no content of an answer that they no longer had. mitmproxy and Chrome
write ``encoding: base64`` for what is no text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from sls_contract.cassettes.file.block import header_node, plain_url, response_node
from sls_contract.cassettes.file.coding import readable
from sls_contract.cassettes.file.interaction import HALF_PAIR, MalformedInteraction, body_of_base64, recording_of
from sls_contract.cassettes.har.notes import from_json, shown, shown_url
from sls_contract.cassettes.har.writing import SPOKEN
from sls_contract.cassettes.recording import Provenance, Recording, moment_of
from sls_contract.errors import UsageError
from sls_contract.exchange import Exchange, Headers, Request, Response, wire_bytes, wire_text

if TYPE_CHECKING:
    from datetime import datetime

Node: TypeAlias = "Mapping[str, Any]"

_BODILESS = frozenset({100, 101, 102, 103, 204, 304})  # HTTP allows these no body
_BASE64 = "base64"
_TEXT = ("", "identity", "7bit", "8bit", "utf-8", "utf8", "us-ascii", "ascii")  # HAR 1.2: without one, text is text
NOT_KEPT = "the archive has no content for this answer"
_NOTHING: Node = {}
_FAILURES = (  # of Chrome's names of errors, such as net::ERR_CONNECTION_RESET
    ("NAME_NOT_RESOLVED", "name"),
    ("REFUSED", "refused"),
    ("TIMED_OUT", "timeout"),
    ("RESET", "reset"),
    ("SSL", "tls"),
    ("CERT", "tls"),
    ("CONTENT_LENGTH_MISMATCH", "truncated"),
)


def is_http(entry: object) -> bool:
    """Tell an HTTP exchange from what browsers list beside them: ``data:``, ``blob:``, ``wss:``.

    An entry that is malformed is none of those: it is read, and refused.
    """
    request = entry.get("request") if isinstance(entry, Mapping) else None
    url = request.get("url") if isinstance(request, Mapping) else None
    return not isinstance(url, str) or url.lower().startswith(("http://", "https://")) or ":" not in url


def recording_of_entry(entry: object) -> Recording:
    """Return the recording that an entry holds; raises `MalformedInteraction`."""
    try:
        whole = _mapping("an entry", entry)
        if isinstance(whole.get("_contract"), Mapping):
            return _ours(whole, _notes(whole["_contract"]))
        return _foreign(whole)
    except UnicodeError:
        raise MalformedInteraction(HALF_PAIR) from None
    except (UsageError, ValueError) as error:
        raise MalformedInteraction(str(error)) from error


def _notes(spoken: Node) -> Node:
    names = {there: here for here, there in SPOKEN.items()}
    return {names.get(name, name): note for name, note in from_json(spoken).items()}


def _ours(entry: Node, notes: Node) -> Recording:
    """Read an entry that we wrote; where somebody edited its public part, the edit counts, and the digest tells."""
    request, response = _part(entry, "request"), _part(entry, "response")
    answered = "_error" not in response
    tree: dict[str, Any] = {
        "contract": notes,
        "request": {
            "method": _exact(notes, "method", _text(request, "method"), shown),
            "uri": plain_url(_exact(notes, "url", _text(request, "url"), shown_url)),
            "headers": header_node(_headers(request)),
            "body": _sent(request),
        },
        "response": _readable_node(response, notes) if answered else None,
    }
    return recording_of(tree)


def _readable_node(response: Node, notes: Node) -> Node:
    """Return an answer as our cassettes show it: of a coded body, the decoded one with headers to fit."""
    body = _content(_part(response, "content")) or b""
    stored = _part(notes, "response", optional=True).get("body")
    told = Response(_number(response), _headers(response), body, reason=_text(response, "statusText"))
    if isinstance(stored, (str, bytes)):
        coded = stored if isinstance(stored, bytes) else wire_bytes(stored)
        told = readable(told.replace(body=coded)).replace(body=body)
    node = response_node(told)
    node["status"] = {"code": told.status, "message": _exact(notes, "reason", told.reason, shown)}
    return node


def _exact(notes: Node, name: str, told: str, show: Callable[[str], str]) -> str:
    """Return a word as it was on the wire, unless somebody edited the word that is shown."""
    word = notes.get(name, told)
    exact = wire_text(word) if isinstance(word, bytes) else word
    return exact if isinstance(exact, str) and show(exact) == told else told


def _foreign(entry: Node) -> Recording:
    request, response = _part(entry, "request"), _part(entry, "response", optional=True)
    asked = Request(_text(request, "method"), _text(request, "url"), _headers(request), _sent(request))
    made = Provenance(recorded_at=_moment(entry.get("startedDateTime")))
    if _number(response) <= 0:  # no answer came; some write a negative number
        error = _text(response, "_error", "")
        broken = next((kind for mark, kind in _FAILURES if mark in error.upper()), "closed")
        return Recording(Exchange(asked, None), made, broken=broken, detail=error)
    answer = _foreign_answer(response, asked.method)
    if answer is None:
        return Recording(Exchange(asked, None), made, broken="truncated", detail=NOT_KEPT)
    return Recording(Exchange(asked, answer), made)


def _foreign_answer(response: Node, method: str) -> Response | None:
    """Return an answer; None where the archive holds no content of it, and does not say that there was none.

    A size of -1 says that it is not known (HAR 1.2).
    """
    content = _part(response, "content", optional=True)
    body, sizes = _content(content), (_size(content, "size"), _size(response, "bodySize"))
    if body is None and not _is_empty(response, method):
        return None
    headers, body = _headers(response), body or b""
    told = _encoding("content.text", content.get("encoding")) == _BASE64 or len(body) in sizes  # else which charset?
    wire = told and "content-encoding" not in headers
    return Response(_number(response), headers, body, wire, _text(response, "statusText", ""))


def _is_empty(response: Node, method: str) -> bool:
    """Tell whether an answer had no body: HTTP allows it none, its head announces none, or the archive says so.

    ``bodySize`` does not say so: it is 0 for what came from a cache (HAR 1.2).
    """
    if method == "HEAD" or _number(response) in _BODILESS:
        return True
    announced = _headers(response).get("content-length", "").strip()
    return announced == "0" or (
        _size(_part(response, "content", optional=True), "size") == 0 and _size(response, "bodySize") <= 0
    )


def _content(content: Node) -> bytes | None:
    """Return the body of an answer; None where the archive holds none."""
    text = content.get("text")
    if text is None:
        return None
    return _bytes("content.text", text, content.get("encoding"))


def _sent(request: Node) -> bytes:
    """Return the body of a request; of a form that is told by its fields alone, as it is sent by default.

    Of a multipart form the fields do not tell the body: it counts as empty.
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
    """Return how a body is written: base64, or a name of plain text."""
    if encoding not in (None, "") and not isinstance(encoding, str):
        msg = f"the encoding of {name} must be text, got {type(encoding).__name__}"
        raise ValueError(msg)
    kind = (encoding or "").strip().lower()
    if kind != _BASE64 and kind not in _TEXT:
        msg = f"{name} has another encoding than base64, which cannot be read"
        raise ValueError(msg)
    return kind


def _headers(message: Node) -> Headers:
    """Return the fields in their order; pseudo fields of HTTP/2 (``:authority``) are none."""
    pairs = [(_text(each, "name"), _text(each, "value", "")) for each in _items(message, "headers")]
    fields = [(name, value) for name, value in pairs if not name.startswith(":")]
    for name, _ in fields:
        if ":" in name:
            msg = "a header name holds no colon"
            raise ValueError(msg)
    return Headers(fields)


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


def _moment(value: object) -> datetime | None:
    try:
        return moment_of(value) if isinstance(value, str) else None
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
    wire_bytes(value)  # refuses, as a ValueError, half a surrogate pair: no wire carried that
    return value
