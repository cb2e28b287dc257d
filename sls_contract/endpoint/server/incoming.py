"""From what the web server library parsed to a `Request`: target and headers byte for byte."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11
from aiohttp.web import RequestPayloadError

from sls_contract.endpoint.delivery import DeliveredResponse, Delivery
from sls_contract.endpoint.refusal import refusal
from sls_contract.exchange import Headers, Request, Response, wire_text

if TYPE_CHECKING:
    from aiohttp.web import BaseRequest

    from sls_contract.endpoint.server.limits import Limits

_HANG_UP = DeliveredResponse(500, delivery=Delivery(silent=True, ending="close"))  # the client left: nothing to say
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Rejected(Exception):
    """A request that never reaches the `Send`; ``response`` is the server's own answer."""

    def __init__(self, response: Response, wanted: str = "") -> None:
        """Keep the answer; ``wanted`` is the host that the client wanted and does not reach here."""
        super().__init__(response.status)
        self.response = response
        self.wanted = wanted


def rejected(status: int, code: str, text: str, wanted: str = "") -> Rejected:
    """Return the error that answers so, after which the connection ends."""
    return Rejected(refusal(status, code, text, closing=True), wanted)


async def read_request(raw: BaseRequest, address: str, limits: Limits, scheme: str) -> Request:
    """Read the body and return the request; raises `Rejected` where it cannot be one.

    ``address`` is the server's own host and port: the URL's authority where the request names no host.
    """
    pairs = tuple([(wire_text(name), wire_text(value)) for name, value in raw.raw_headers])
    headers = Headers.of_texts(pairs)
    url = absolute_url(raw.method, raw.raw_path, headers.get("Host", ""), address, scheme)
    return Request(raw.method, url, headers, await _body(raw, limits))


def absolute_url(method: str, target: str, named: str, address: str, scheme: str) -> str:
    """Return the URL that a request asks for, its target as it stood on the wire.

    Absolute-form targets (a client behind ``HTTP_PROXY``) stay as they are; origin form gets the Host in front.
    """
    if method == "CONNECT":
        raise rejected(501, "TunnelNotOpened", _NO_TUNNEL, target)
    if target.lower().startswith(("http://", "https://")):
        return target
    host = named.strip()
    if not target.startswith("/") or any(mark in host for mark in "/?#@ "):
        text = "expected a target that begins with / and a Host such as my-project.…"
        raise rejected(400, "RequestNotRead", text)
    return f"{scheme}://{host or address}{target}"


async def _body(raw: BaseRequest, limits: Limits) -> bytes:
    if raw.headers.get("Expect", "").lower() == "100-continue" and raw.version >= HttpVersion11:
        if (raw.content_length or 0) > limits.body:
            raise _too_large(raw.content_length or 0, limits)
        await raw.writer.write(_CONTINUE)
    elif not raw.body_exists:
        return b""
    try:
        async with asyncio.timeout(limits.read):
            return await _collect(raw, limits)
    except TimeoutError:
        raise rejected(408, "BodyTooLate", f"expected the whole body within {limits.read:g} seconds") from None


async def _collect(raw: BaseRequest, limits: Limits) -> bytes:
    chunks = bytearray()
    try:
        while chunk := await raw.content.readany():
            chunks += chunk
            if len(chunks) > limits.body:
                raise _too_large(raw.content_length or len(chunks), limits)
    except (RequestPayloadError, OSError):
        raise Rejected(_HANG_UP) from None
    return bytes(chunks)


def _too_large(size: int, limits: Limits) -> Rejected:
    """Word the refusal as the service's PostBodyTooLarge, grammar included."""
    text = f'{{"errorCode":"PostBodyTooLarge","errorMessage":"Body size {size} must little than {limits.body}."}}'
    fields = [("Content-Type", "application/json"), ("Content-Length", str(len(text))), ("Connection", "close")]
    return Rejected(Response(413, fields, text.encode()))


_NO_TUNNEL = (
    "this endpoint speaks plain HTTP and opens no tunnels. How to fix: point the client at http://… instead of "
    "https://… (alibabacloud-sls20201230: protocol='HTTP'), or unset HTTPS_PROXY; `sls-contract proxy --https` opens "
    "tunnels."
)
