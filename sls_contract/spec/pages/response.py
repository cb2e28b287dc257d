"""Derives claims about the response: status, headers, and the shape, members and digest of the body."""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING

from sls_contract.spec.pages.columns import HTTP, json_type, status_at_start
from sls_contract.spec.pages.elements import body_claims, report_missing_bodies, stated_shape
from sls_contract.spec.pages.flat_tables import lines_below_heads
from sls_contract.spec.pages.messages import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sls_contract.spec.claims import Page
    from sls_contract.spec.pages.blocks import Text
    from sls_contract.spec.pages.parts import Parts
    from sls_contract.spec.pages.sections import Role
    from sls_contract.spec.pages.tables import Row

_HEADER_ITEM = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+)\s*(?:[:：].*)?", re.DOTALL)
_WORDS = r"(?:HTTP|status code|状态码)"
_2XX = r"(?<!\d)(2\d\d)(?!\d)"
_RETURNS = rf"(?:返回|[Rr]eturns?)\s*{_2XX}(?!\s*[条个行项])"
_STATUS = re.compile(
    rf"{_WORDS}[^.。\d]{{0,20}}{_2XX}|{_2XX}[^.。\d]{{0,14}}{_WORDS}|{_RETURNS}"
    rf"|{_2XX}\s+(?:OK|Created|Accepted|No Content)\b"
)
_STATUS_FIRST = re.compile(rf"{HTTP}2\d\d\s*(?:[,，.。:：;；(（–—-]|$)")
"""A line that begins with the status, such as "200, empty"."""
COMMON_HEADERS = frozenset(
    {
        "access-control-allow-origin",
        "connection",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "server",
        "x-log-requestid",
    }
)
_HEADERS_ROW = "headers"


def response_claims(page: Page, parts: Parts) -> None:
    """Add the claims about a successful response: status, headers specific to the operation, and body."""
    page.status = _status(parts)
    shown = "\n".join(message.body or "" for message in (*parts.responses, *parts.printed))
    rows, header_rows = _split_headers(parts.response_rows, shown)
    named = [*parts.response_header_rows, *header_rows]
    for row in (row for row in named if row.name and not TOKEN.fullmatch(row.name)):
        page.problem(row.line, "spelling", "response header", row.name)
    names = [row.name for row in named if TOKEN.fullmatch(row.name)]
    names += [found[1] for item in parts.items("response-headers") if (found := _HEADER_ITEM.fullmatch(item.text))]
    page.response_headers = list(dict.fromkeys(name for name in names if name.lower() not in COMMON_HEADERS))
    body_claims(page, page.response, "response", [*parts.responses, *parts.printed], rows)
    if page.response.shape is None and _says_binary(parts, _said(parts, named, "response")):
        page.response.shape = "binary"
    elif not shown:
        report_missing_bodies(page, "response", parts.responses)
        stated_shape(page, page.response, "response", _said(parts, named, "response", "response-example"))
        if rows and page.response.shape is None:
            page.problem(rows[0].line, "spelling", "response body", "object or array: no example shows it")


def _status(parts: Parts) -> int | None:
    printed = [response.status for response in (*parts.responses, *parts.printed) if response.status is not None]
    printed += [int(status) for status in parts.successes]
    if printed:
        return printed[0]
    items = [item for role in ("response", "response-headers") for item in parts.items(role)]
    cells = lines_below_heads(items)
    first = (
        item.text
        for item in items
        if item.kind in {"heading", "bold"} or (item.line not in cells and _STATUS_FIRST.match(item.text))
    )
    headings = [status_at_start(text) or "" for text in first]
    if succeeded := [status for status in headings if status.startswith("2")]:
        return int(succeeded[0])
    words = " ".join(item.text for item in items)
    found = _STATUS.search(words)
    return int(found[found.lastindex or 0]) if found else None


def _split_headers(rows: Sequence[Row], shown: str) -> tuple[list[Row], list[Row]]:
    """Separate headers from elements; newer pages list headers first, or below a row ``headers``."""
    elements: list[Row] = []
    headers: list[Row] = []
    first = list(takewhile(lambda row: _is_header_name(row.name) and f'"{row.name}"' not in shown, rows))
    below = any("-" in row.name and row.name.lower() in COMMON_HEADERS for row in first)
    for row in rows:
        if row.name.lower() == _HEADERS_ROW and json_type(row.type) == "object":
            below = True
        elif (below and _is_header_name(row.name)) or row.name.lower().startswith("x-log-"):
            headers.append(row)
        else:
            below = False
            elements.append(row)
    return elements, headers


def _is_header_name(name: str) -> bool:
    return "-" in name or name.lower() in COMMON_HEADERS


def _said(parts: Parts, headers: Sequence[Row], *roles: Role) -> Iterator[Text]:
    """Yield the text of sections without rows of headers; a description of Content-Type mentions any body."""
    rows = {row.line for row in headers} | {row.description for row in headers}
    return (item for item in parts.items(*roles) if rows.isdisjoint((item.line, item.text)))


def _says_binary(parts: Parts, said: Iterable[Text]) -> bool:
    words = " ".join(item.text for item in said)
    kinds = [response.header("content-type") or "" for response in parts.responses]
    return bool(re.search(r"protobuf|\bPB\b", words, re.IGNORECASE)) or any("protobuf" in kind for kind in kinds)
