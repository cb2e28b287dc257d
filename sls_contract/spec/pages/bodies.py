"""Reads printed bodies: their shape and members, and whether a printed length or checksum proves them."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from sls_contract.spec.pages.columns import column_of
from sls_contract.spec.pages.lenient_json import PLACEHOLDER, Pairs, Unreadable, Wrapped, read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sls_contract.spec.pages.messages import Message

_BINARY = re.compile(r"protobuf|\bPB\b|binary|compressed|二进制|压缩", re.IGNORECASE)
_FIRST_ERROR = 400
"""The lowest status of an error."""
_NAMES: Mapping[type, str] = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}


def is_binary(message: Message) -> bool:
    """Return whether a message's body is not JSON, by its Content-Type or by the text in its place."""
    body = (message.body or "").strip()
    if body.startswith(("{", "[")):
        return False
    kind = message.header("content-type") or ""
    return bool(body) and ("protobuf" in kind or bool(_BINARY.search(body)))


def shape_of(value: Any) -> str | None:
    """Return the shape of a parsed body; None for braces without keys, whose shape is ambiguous."""
    if isinstance(value, Wrapped):
        return None
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else None


def type_of(value: Any) -> str | None:
    """Return the JSON type of a value; None for a placeholder and for null."""
    if isinstance(value, list | Wrapped):
        return "array"
    return _NAMES.get(type(value))


def readings(text: str) -> tuple[list[Any], tuple[str, ...]]:
    """Return the possible values of a printed body, and its slips; raises `Unreadable` if there is none.

    Pages print arrays in braces, or as the only member of an object; such a body is also read as the array.
    """
    value, slips = read_json(text)
    if isinstance(value, Wrapped):
        single = len(value.elements) == 1 and isinstance(value.elements[0], list)
        return [value.elements[0] if single else value.elements], slips
    single_member = list(value.values()) if isinstance(value, dict) and len(value) == 1 else []
    return [value, *(each for each in single_member if isinstance(each, list))], slips


def error_in(response: Message) -> tuple[str, str, str] | None:
    """Return status, code and message of a response that reports an error, empty if not printed; None for a success."""
    try:
        value, _ = read_json(response.body or "")
    except Unreadable:
        value = None
    error = value if isinstance(value, dict) and isinstance(value.get("errorCode"), str) else {}
    status = next((str(each) for name, each in error.items() if column_of(name) == "status"), "")
    failed = response.status >= _FIRST_ERROR if response.status is not None else bool(error)
    message = str(error.get("errorMessage", ""))
    return (str(response.status or status), error.get("errorCode", ""), message) if failed else None


def proof_of(message: Message, text: str) -> tuple[str | None, Any, str | None]:
    """Return how a body is proven (``md5``, ``length``), the proven value, and a printed proof that does not match.

    A checksum or length is only compared with compact JSON, with the members in printed order.
    """
    md5, length = (message.header("content-md5") or "").strip(), (message.header("content-length") or "").strip()
    other_md5 = f"content-md5: {md5}" if re.fullmatch(r"[0-9A-Fa-f]{20,}", md5) else None
    other_length = f"content-length: {length}" if length.isdecimal() else None
    try:
        values, _ = readings(text)
    except Unreadable:
        return None, None, other_length if length == "0" else None
    forms = [(value, compact) for value in values if (compact := compact_json(value)) is not None]
    for value, compact in forms:
        fits = length == str(len(compact))
        if hashlib.md5(compact, usedforsecurity=False).hexdigest().upper() == md5.upper():
            return "md5", value, None if fits else other_length
        if fits:
            return "length", value, other_md5
    return None, None, (other_md5 or other_length) if forms else None


def compact_json(value: Any) -> bytes | None:
    """Return the bytes of compact JSON; None if the value contains a placeholder."""
    if any(each is PLACEHOLDER for each in _leaves(value)):
        return None
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def members_of(value: Any, parent: str | None = None) -> Iterator[tuple[str | None, str, Any]]:
    """Yield parent, name and value of each member, outermost first, including the members of array elements."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, list):
            yield from members_of(each, parent)
        if not isinstance(each, dict) or isinstance(each, Pairs):
            continue
        for name, inner in each.items():
            yield parent, name, inner
        for name, inner in each.items():
            yield from members_of(inner, name)


def place_of(side: str) -> str:
    """Return the first word of the place of a claim about a body, of a request or of a response."""
    return "response" if side == "response" else "body"
