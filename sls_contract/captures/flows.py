"""Read mitmproxy flow files as recordings.

Source: mitmproxy's ``io.tnetstring`` (typed netstrings) and the state of ``http.HTTPFlow``, format versions 7 to 21.
mitmproxy itself is not needed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sls_contract.captures.splitting import pieces_of_flows
from sls_contract.cassettes.file.interaction import MalformedInteraction
from sls_contract.cassettes.file.parsing import NotReadable
from sls_contract.cassettes.recording import NOT_KEPT, Provenance, Recording
from sls_contract.errors import UsageError
from sls_contract.exchange import DEFAULT_PORTS, Exchange, Request, Response, wire_text
from sls_contract.headers import Headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FLOWS = re.compile(rb"[0-9]+:[0-9]+:[a-z_]+;")


def are_flows(data: bytes) -> bool:
    """Return whether a file looks like one written by mitmproxy or mitmdump."""
    return _FLOWS.match(data) is not None


def read_flows(data: bytes) -> Iterator[Recording]:
    """Yield the recording of each HTTP exchange in a file; raises `UsageError` if the file is damaged."""
    try:
        for piece, spans in pieces_of_flows([data]):
            assert isinstance(piece, bytes)
            found = (recording_of_flow(piece[start:end]) for start, end in spans)
            yield from (each for each in found if each is not None)
    except (MalformedInteraction, NotReadable) as error:
        msg = f"expected flows of mitmproxy, got {error}. How to fix: save them again, with mitmproxy 7 or later."
        raise UsageError(msg) from None


def recording_of_flow(data: bytes) -> Recording | None:
    """Return the recording in a flow, or None if it is not HTTP. Raises `MalformedInteraction`."""
    try:
        flow, rest = _value(data)
        return _recording(flow) if flow["type"] == "http" and not rest else None
    except UsageError as error:
        raise MalformedInteraction(str(error)) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        msg = "no flow as mitmproxy 7 or later writes it"
        raise MalformedInteraction(msg) from None


def _recording(flow: dict[str, Any]) -> Recording:
    request, response = flow["request"], flow.get("response")
    body = request.get("content")  # None if it was streamed
    sent = Request(_str(request["method"]), _url(request), _headers(request), body or b"", body is not None)
    ended = (response or request).get("timestamp_end") or request.get("timestamp_start")
    at = datetime.fromtimestamp(ended, UTC) if ended else None
    made = Provenance(client=sent.headers.get("user-agent", ""), recorded_at=at)
    kept = response is not None and response.get("content") is not None
    received = _response(response) if response is not None and kept else None
    error = flow.get("error")
    detail = _str(error.get("msg", "")) if isinstance(error, dict) else ""
    broken = "closed" if response is None else "truncated" if detail else None if kept else NOT_KEPT
    return Recording(Exchange(sent, received), made, broken=broken, detail=detail)


def _response(response: dict[str, Any]) -> Response:
    reason = _str(response.get("reason", b""))
    return Response(response["status_code"], _headers(response), response["content"], reason=reason)


def _url(request: dict[str, Any]) -> str:
    scheme, path = _str(request["scheme"]), _str(request["path"])
    port = request["port"]
    host = next(iter(_headers(request).get_all("host")), "") or _str(request.get("authority", b""))
    address = _str(request["host"]) + ("" if port == DEFAULT_PORTS.get(scheme) else f":{port}")
    return f"{scheme}://{host or address}{path}"


def _headers(message: dict[str, Any]) -> Headers:
    return Headers([(_str(name), _str(value)) for name, value in message["headers"]])


def _str(value: str | bytes) -> str:
    return wire_text(value) if isinstance(value, bytes) else value


def _value(data: bytes) -> tuple[Any, bytes]:
    """Parse the first typed netstring; return its value and the remaining bytes. Raises `ValueError`."""
    digits, colon, rest = data.partition(b":")
    if not colon or not digits.isdigit():
        msg = "a length is missing"
        raise ValueError(msg)
    size = int(digits)
    content, kind, behind = rest[:size], rest[size : size + 1], rest[size + 1 :]
    if len(content) != size or kind not in _KINDS:
        msg = f"a value of kind {kind!r}"
        raise ValueError(msg)
    return _KINDS[kind](content), behind


def _values(content: bytes) -> Iterator[Any]:
    while content:
        value, content = _value(content)
        yield value


def _dict(content: bytes) -> dict[str, Any]:
    parts = list(_values(content))
    return {_str(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


_KINDS: dict[bytes, Callable[[bytes], Any]] = {
    b",": bytes,
    b";": lambda content: content.decode("utf-8", "surrogateescape"),
    b"#": int,
    b"^": float,
    b"!": lambda content: content == b"true",
    b"~": lambda _: None,
    b"]": lambda content: list(_values(content)),
    b"}": _dict,
}
