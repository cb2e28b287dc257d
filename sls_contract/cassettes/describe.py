"""An exchange as lines that a person reads in a failing test; what it is given must be scrubbed already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sls_contract.exchange import masked_url, wire_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.exchange import Exchange, Headers

SHOWN_BODY = 1000
"""How many characters of a body are shown."""


def exchange_lines(exchange: Exchange) -> Iterator[str]:
    """Yield the request after ``>`` and the answer after ``<``, long bodies cut."""
    request, response = exchange.request, exchange.response
    yield f"> {request.method} {masked_url(request.url)}"
    yield from _part(">", request.headers, request.body)
    if response is None:
        yield "< (no answer came)"
        return
    yield f"< {response.status} {response.reason}".rstrip()
    yield from _part("<", response.headers, response.body)


def _part(mark: str, headers: Headers, body: bytes) -> Iterator[str]:
    for name, value in headers.pairs:
        yield f"{mark} {name}: {value}"
    if body:
        text = wire_text(body[: 4 * SHOWN_BODY])
        rest = f"… ({len(body)} bytes)" if len(text) > SHOWN_BODY or len(body) > 4 * SHOWN_BODY else ""
        yield mark
        for line in (text[:SHOWN_BODY] + rest).splitlines():
            yield f"{mark} {_printable(line)}"


def _printable(line: str) -> str:
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)
