"""Values that JSON cannot represent, and back: bytes, and wire text that is not UTF-8."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_from_bytes

from sls_contract.cassettes.file.interaction import body_of_base64

_URL = "%:/?#[]@!$&'()*+,;=~"  # allowed in a URL, beside letters and digits (RFC 3986, section 2)
_BYTES = "base64"


def as_json(node: Any) -> Any:
    """Return a tree of plain values for JSON: bytes become ``{"base64": "…"}``."""
    if isinstance(node, Mapping):
        return {key: as_json(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_json(each) for each in node]
    if isinstance(node, str):
        return node if _is_text(node) else as_json(node.encode("utf-8", "surrogateescape"))
    return {_BYTES: b64encode(node).decode("ascii")} if isinstance(node, bytes) else node


def from_json(node: Any) -> Any:
    """Return the tree of `as_json`, with non-UTF-8 text as bytes. Raises ValueError for invalid base64."""
    if isinstance(node, Mapping):
        if node.keys() == {_BYTES} and isinstance(node[_BYTES], str):
            return body_of_base64(f"a value under {_BYTES!r}", node[_BYTES])
        return {key: from_json(value) for key, value in node.items()}
    return [from_json(each) for each in node] if isinstance(node, list) else node


def shown(text: str) -> str:
    """Return wire text as valid Unicode: text that is not UTF-8 is decoded as Latin-1."""
    return text if _is_text(text) else text.encode("utf-8", "surrogateescape").decode("latin-1")


def shown_url(url: str) -> str:
    """Return a URL with all bytes percent-encoded that a URL must not contain."""
    return quote_from_bytes(url.encode("utf-8", "surrogateescape"), safe=_URL)


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)
