"""What JSON cannot hold, and back: bytes, and text of the wire that is no UTF-8."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_from_bytes

from sls_contract.cassettes.file.interaction import body_of_base64

_URL = "%:/?#[]@!$&'()*+,;=~"  # beside letters and digits: what may stand in a URL (RFC 3986, section 2)
_BYTES = "base64"


def as_json(node: Any) -> Any:
    """Return a tree of plain values as JSON can hold it: bytes as ``{"base64": "…"}``."""
    if isinstance(node, Mapping):
        return {key: as_json(value) for key, value in node.items()}
    if isinstance(node, list):
        return [as_json(each) for each in node]
    if isinstance(node, str):
        return node if _is_text(node) else as_json(node.encode("utf-8", "surrogateescape"))
    return {_BYTES: b64encode(node).decode("ascii")} if isinstance(node, bytes) else node


def from_json(node: Any) -> Any:
    """Return the tree that `as_json` was given; text that is no UTF-8 comes back as bytes. ValueError: no base64."""
    if isinstance(node, Mapping):
        if node.keys() == {_BYTES} and isinstance(node[_BYTES], str):
            return body_of_base64(f"a value under {_BYTES!r}", node[_BYTES])
        return {key: from_json(value) for key, value in node.items()}
    return [from_json(each) for each in node] if isinstance(node, list) else node


def shown(text: str) -> str:
    """Return text of the wire as any reader of JSON takes it: where it is no UTF-8, byte by byte as Latin-1."""
    return text if _is_text(text) else text.encode("utf-8", "surrogateescape").decode("latin-1")


def shown_url(url: str) -> str:
    """Return a URL as any reader takes it: what may not stand in one, percent-encoded."""
    return quote_from_bytes(url.encode("utf-8", "surrogateescape"), safe=_URL)


def _is_text(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)
