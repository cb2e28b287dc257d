"""Turn a `Response` into bytes on the wire: exactly its status, headers and body, even contradictory ones."""

from __future__ import annotations

import asyncio
import socket
import struct
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp.web import BaseRequest, StreamResponse

from sls_contract.endpoint.delivery import PLAIN, DeliveredResponse, Delivery
from sls_contract.exchange import Response, wire_bytes

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter


_LINGER_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with zero seconds: closing sends RST
_BODILESS = (204, 304)
_PHRASES = {int(status): status.phrase for status in HTTPStatus}


def head_bytes(response: Response) -> bytes:
    """Return the status line and the headers in their order and casing; nothing is added."""
    reason = response.reason or _PHRASES.get(response.status, "")
    lines = [f"HTTP/1.1 {response.status} {reason}", *(f"{name}: {value}" for name, value in response.headers.pairs)]
    return wire_bytes("\r\n".join(lines)) + b"\r\n\r\n"


def body_bytes(response: Response, delivery: Delivery) -> bytes:
    """Return the body as sent: cut as the delivery says, and in chunks if a header says so, two around a pause."""
    body, pause = response.body[: delivery.body_bytes], delivery.pause_after
    if not _is_chunked(response):
        return body
    chunks = _chunk(body[:pause]) + _chunk(body[pause:])
    return chunks if _is_cut(response, delivery) else chunks + b"0\r\n\r\n"


def _chunk(data: bytes) -> bytes:
    return b"%X\r\n%b\r\n" % (len(data), data) if data else b""


def keeps_connection(response: Response, delivery: Delivery, *, head: bool) -> bool:
    """Return whether the client can detect the end of the response, so that the connection can be reused."""
    if delivery.ending != "keep" or "close" in response.headers.get("Connection", "").lower():
        return False
    if head or _is_cut(response, delivery):
        return head
    if response.status in _BODILESS:
        return not response.body
    return _is_chunked(response) or response.headers.get_all("Content-Length") == (str(len(response.body)),)


class WireResponse(StreamResponse):
    """Writes the bytes of a response to the connection, instead of those of the web server library."""

    def __init__(self, response: Response, *, head: bool) -> None:
        """Prepare the bytes, without a body for ``head``; raises `UnicodeEncodeError` for text that cannot be sent."""
        super().__init__(status=200)  # not sent; the library refuses unusual values
        self._delivery = response.delivery if isinstance(response, DeliveredResponse) else PLAIN
        first, body = head_bytes(response), b"" if head else body_bytes(response, self._delivery)
        self._bytes, self._pause_at = first + body, len(first) + _pause_offset(response, self._delivery)
        self._keeps_connection = keeps_connection(response, self._delivery, head=head)

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Wait for the delay, then write everything; a reset ends the connection here."""
        if self._delivery.delay:
            await asyncio.sleep(self._delivery.delay)
        self._keep_alive = self._keeps_connection and request.keep_alive
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


def _pause_offset(response: Response, delivery: Delivery) -> int:
    """Return the offset of the pause in the body as sent."""
    before = response.body[: delivery.pause_after]
    return len(_chunk(before) if _is_chunked(response) else before)


def _is_chunked(response: Response) -> bool:
    return response.headers.get("Transfer-Encoding", "").strip().lower().endswith("chunked")


def _is_cut(response: Response, delivery: Delivery) -> bool:
    return delivery.silent or (delivery.body_bytes is not None and delivery.body_bytes < len(response.body))


def _reset(transport: asyncio.Transport) -> None:
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_RESET)
    transport.abort()
