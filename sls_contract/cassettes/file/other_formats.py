"""What a file is that cannot be read as a recording, by its first bytes, and what to do instead."""

from __future__ import annotations

import re
from typing import NamedTuple

_HEAD = 4096
_NAME_A_RECORDING = "name a recording: a cassette (YAML or JSON), a HAR (.har), JSON Lines or flows of mitmproxy"
_UNPACK = (
    "unpack it, and name the recordings in it: cassettes (YAML or JSON), HARs (.har), JSON Lines, flows of mitmproxy"
)
_SAVE = "save it as UTF-8"
_RECORD = (
    "name a recording: a cassette (YAML or JSON), a HAR (.har), JSON Lines or flows of mitmproxy; "
    "sls-contract proxy records any client, and sls-contract signature FILE reads the request of a log"
)


class OtherFormat(NamedTuple):
    """What a file is, with an article, and what to do."""

    name: str
    how_to_fix: str


_BINARY = (
    (rb"PK(\x03\x04|\x05\x06)", OtherFormat("a ZIP archive", _UNPACK)),
    (rb"\x1f\x8b", OtherFormat("compressed with gzip", _UNPACK)),
    (rb"\x28\xb5\x2f\xfd", OtherFormat("compressed with zstd", _UNPACK)),
    (rb"\xfd7zXZ|BZh[1-9]1AY|7z\xbc\xaf|Rar!", OtherFormat("a compressed file", _UNPACK)),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP", OtherFormat("an image", _NAME_A_RECORDING)),
    (rb"%PDF-", OtherFormat("a PDF", _NAME_A_RECORDING)),
    (rb"SQLite format 3\0", OtherFormat("an SQLite database", _NAME_A_RECORDING)),
    (
        rb"\xa1\xb2[\xc3\x3c][\xd4\x4d]|[\xd4\x4d][\xc3\x3c]\xb2\xa1|\x0a\x0d\x0d\x0a",
        OtherFormat("a capture of packets (pcap)", _RECORD),
    ),
    (rb"\xff\xfe..|\xfe\xff..|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]", OtherFormat("text in UTF-16", _SAVE)),
)
_TEXT = (
    (rb"<!doctype\s+html|<html", OtherFormat("an HTML page", _NAME_A_RECORDING)),
    (rb"<\?xml|<[a-z]", OtherFormat("XML", _NAME_A_RECORDING)),
    (
        rb"\{.*\"(_postman_id|schema)\"\s*:\s*\"[^\"]*(postman|[0-9a-f-]{36})",
        OtherFormat("a Postman collection, which has no responses as they came", _RECORD),
    ),
    (rb"(\{\s*)?\"?(openapi|swagger)\"?\s*:", OtherFormat("an OpenAPI document", _NAME_A_RECORDING)),
    (rb"([*>] |% total ).*^[><] ", OtherFormat("a log of curl -v", _RECORD)),
    (rb"[a-z]+ \S+ HTTP/[0-9]|HTTP/[0-9.]+ [0-9]{3}\b", OtherFormat("an HTTP message as text", _RECORD)),
    (rb"\s*curl\s", OtherFormat("a curl command", _RECORD)),
)
_FORMATS = (
    *((re.compile(pattern, re.DOTALL), found) for pattern, found in _BINARY),
    *((re.compile(rb"\s*" + pattern, re.DOTALL | re.IGNORECASE | re.MULTILINE), found) for pattern, found in _TEXT),
)


def other_format(data: bytes) -> OtherFormat | None:
    """Return what a file is that cannot be read as a cassette; None if that is not known."""
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    return next((found for pattern, found in _FORMATS if pattern.match(head)), None)
