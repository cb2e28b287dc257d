"""Plain values as YAML text that people and every YAML 1.1 loader can read, and that `canonical` parses fast.

Printable text is in single quotes (JSON stays as it is), other text in double quotes with escapes. Bytes that are not
UTF-8 are ``!!binary``. A scalar of any length is one line.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from sls_contract.errors import UsageError
from sls_contract.exchange import wire_bytes

Scalar: TypeAlias = "str | bytes | int | None"
Node: TypeAlias = "Scalar | dict[str, Node] | list[Scalar]"
Tree: TypeAlias = "dict[str, Node]"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\Z")
YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})  # of other types in YAML 1.1
SURROGATE = re.compile("[\ud800-\udfff]")
_SHORT_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BMP = 0xFFFF
_MAX_CACHED = 40  # characters


def emit_block(tree: Tree) -> str:
    """Write a tree as one item of the list of interactions, with a line end."""
    return "- " + "\n".join(_mapping(tree, "  "))[2:] + "\n"


def emit_scalar(value: Scalar) -> str:
    """Write one scalar on one line."""
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(value)
    return _binary(value) if isinstance(value, bytes) else _text(value)


def _mapping(tree: Tree, pad: str) -> Iterator[str]:
    for key, value in tree.items():
        name = pad + emit_scalar(key) + ":"
        if isinstance(value, dict):
            yield name if value else name + " {}"
            yield from _mapping(value, pad + "  ")
        elif isinstance(value, list):
            yield name if value else name + " []"
            for item in value:
                yield f"{pad}- {emit_scalar(item)}"
        else:
            yield f"{name} {emit_scalar(value)}"


def _text(text: str) -> str:
    return _cached(text) if len(text) <= _MAX_CACHED else _encoded(text)


def _encoded(text: str) -> str:
    if _PLAIN.match(text) and text.lower() not in YAML_WORDS:
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    if SURROGATE.search(text):
        return _binary(bytes_of(text))
    return '"' + "".join(_escaped(char) for char in text) + '"'


_cached = lru_cache(maxsize=512)(_encoded)  # header fields and the keys of a block recur in every exchange


def _escaped(char: str) -> str:
    short = _SHORT_ESCAPES.get(char)
    if short is not None:
        return short
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) <= _BMP else f"\\U{ord(char):08x}"


def _binary(data: bytes) -> str:
    return f'!!binary "{b64encode(data).decode("ascii")}"'


def bytes_of(text: str) -> bytes:
    """Return the bytes that wire text represents; raises `UsageError` for a lone surrogate."""
    try:
        return wire_bytes(text)
    except UnicodeEncodeError as error:
        msg = (
            "wire text must be decoded with exchange.wire_text, got a lone surrogate "
            f"{text[error.start]!a} that represents no byte"
        )
        raise UsageError(msg) from None
