"""From a `Response` to bytes on the wire: exactly its status, headers and body, lies included."""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp.web import StreamResponse

from sls_contract.endpoint.delivery import PLAIN, DeliveredResponse, Delivery
from sls_contract.exchange import wire_bytes

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.web import BaseRequest

    from sls_contract.exchange import Response

_LINGER_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends RST
_BODILESS = (204, 304)
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


def head_bytes(response: Response) -> bytes:
    """Return status line and headers in their order and casing, nothing added."""
    reason = response.reason or _PHRASES.get(response.status, "")
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in response.headers.pairs)]
    return wire_bytes("\r\n".join(lines)) + b"\r\n\r\n"


def body_bytes(response: Response, delivery: Delivery) -> bytes:
    """Return the body as it is sent: cut where asked; in chunks where the headers announce them, two around a pause."""
    body, place = response.body[: delivery.body_bytes], delivery.pause_after
    if not _is_chunked(response):
        return body
    chunks = _chunk(body[:place]) + _chunk(body[place:])
    return chunks if _is_cut(response, delivery) else chunks + b"0\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%X\r\n%b\r\n" % (len(data), data) if data else b""


def may_keep(response: Response, delivery: Delivery, *, head: bool) -> bool:
    """Tell whether the client can see where the answer ends, so that the connection can serve another request."""
    if delivery.ending != "keep" or "close" in response.headers.get("Connection", "").lower():
        return False
    if head or _is_cut(response, delivery):
        return head
    if response.status in _BODILESS:
        return not response.body
    return _is_chunked(response) or response.headers.get_all("Content-Length") == (str(len(response.body)),)


class WireResponse(StreamResponse):
    """Hands a response's own bytes to the connection, in place of what the library would write."""

    def __init__(self, response: Response, *, head: bool) -> None:
        """Prepare the bytes; ``head`` leaves the body out. What no wire can carry raises `UnicodeEncodeError`."""
        super().__init__(status=200)  # the library's own status goes nowhere; it refuses odd ones
        self._delivery = response.delivery if isinstance(response, DeliveredResponse) else PLAIN
        first, body = head_bytes(response), b"" if head else body_bytes(response, self._delivery)
        self._bytes, self._pause_at = first + body, len(first) + _place(response, self._delivery)
        self._kept = may_keep(response, self._delivery, head=head)

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Wait as asked, then write everything; a reset ends the connection here."""
        if self._delivery.delay:
            await asyncio.sleep(self._delivery.delay)
        self._keep_alive = self._kept and request.keep_alive
        transport = request.transport
        if transport is None:  # the client has left
            return None
        if not self._delivery.silent:
            await self._write(request.writer)
        if self._delivery.ending == "reset":
            _reset(transport)
        return None

    async def _write(self, writer: AbstractStreamWriter) -> None:
        if not self._delivery.pause:
            await writer.write(self._bytes)
            return
        await writer.write(self._bytes[: self._pause_at])
        await asyncio.sleep(self._delivery.pause)
        if self._pause_at < len(self._bytes):
            await writer.write(self._bytes[self._pause_at :])

    async def write_eof(self, data: bytes = b"") -> None:
        """Write nothing more."""


def _place(response: Response, delivery: Delivery) -> int:
    """Return before which byte of the body as sent the pause is."""
    before = response.body[: delivery.pause_after]
    return len(_chunk(before) if _is_chunked(response) else before)


def _is_chunked(response: Response) -> bool:
    return response.headers.get("Transfer-Encoding", "").strip().lower().endswith("chunked")


def _is_cut(response: Response, delivery: Delivery) -> bool:
    return delivery.silent or (delivery.body_bytes is not None and delivery.body_bytes < len(response.body))


def _reset(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    transport.abort()
