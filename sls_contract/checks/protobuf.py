"""Split a Protocol Buffers message into its fields without knowing its type.

Source: protobuf.dev, "Encoding".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Wire types; 3 and 4, groups, are obsolete and refused."""

_WIDTHS = {FIXED64: 8, FIXED32: 4}  # bytes
_LONGEST_VARINT = 10  # bytes of a 64-bit number
_SEVEN_BITS, _GOES_ON = 0x7F, 0x80
_UINT64 = 2**64 - 1


class Field(NamedTuple):
    """One field of a message; ``value`` is an int for a varint, else the bytes."""

    number: int
    kind: int
    value: int | bytes


def read_fields(data: bytes) -> Iterator[Field]:
    """Yield the fields of a message in order; raises `ValueError` if it is damaged."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        number, kind = key >> 3, key & 7
        if number == 0:
            msg = "field number 0"
            raise ValueError(msg)
        if kind == VARINT:
            value, at = read_varint(data, at)
            yield Field(number, kind, value)
            continue
        size, at = _size(data, at, kind)
        if at + size > len(data):
            msg = "cut off within a field"
            raise ValueError(msg)
        yield Field(number, kind, data[at : at + size])
        at += size


def encode_field(field: Field) -> bytes:
    """Encode a field."""
    number, kind, value = field
    key = encode_varint(number << 3 | kind)
    if isinstance(value, int):
        return key + encode_varint(value)
    return key + (encode_varint(len(value)) if kind == BYTES else b"") + value


def encode_varint(number: int) -> bytes:
    """Encode a non-negative number."""
    out = bytearray()
    while number > _SEVEN_BITS:
        out.append(number & _SEVEN_BITS | _GOES_ON)
        number >>= 7
    out.append(number)
    return bytes(out)


def _size(data: bytes, at: int, kind: int) -> tuple[int, int]:
    """Return the size of the field's value in bytes, and its position."""
    if kind == BYTES:
        return read_varint(data, at)
    if kind not in _WIDTHS:
        msg = f"wire type {kind}"
        raise ValueError(msg)
    return _WIDTHS[kind], at


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it; raises `ValueError` if it does not end."""
    number = 0
    for index, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        number |= (byte & _SEVEN_BITS) << 7 * index
        if byte < _GOES_ON:
            return number & _UINT64, at + index + 1
    msg = "cut off within a number, or a number of more than 64 bits"
    raise ValueError(msg)
