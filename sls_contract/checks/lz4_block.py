"""One LZ4 block, the format of ``x-log-compresstype: lz4``.

Source: LZ4 block format (lz4_Block_format.md of the LZ4 project); CommonRequestHeaders page, x-log-compresstype.
"""

from __future__ import annotations

_MORE = 15  # a length of 15 continues in the next bytes
_FULL = 255  # a byte of 255 continues in the next one
_SHORTEST_MATCH = 4


def decompress_block(data: bytes, limit: int) -> bytes:
    """Return the decompressed bytes; raises ValueError if the block is damaged or larger than ``limit`` bytes."""
    out, at = bytearray(), 0
    while at < len(data):
        token = data[at]
        length, at = _length(data, at + 1, token >> 4)
        if at + length > len(data):
            msg = "cut off within literals"
            raise ValueError(msg)
        out += data[at : at + length]
        at += length
        if at < len(data):
            at = _copy_match(data, at, token & _MORE, out, limit)
        if len(out) > limit:
            raise ValueError(_too_large(limit))
    return bytes(out)


def _copy_match(data: bytes, at: int, token: int, out: bytearray, limit: int) -> int:
    """Append a match, which repeats earlier output; return the position of the next sequence."""
    offset = int.from_bytes(data[at : at + 2], "little")
    if at + 2 > len(data) or not 0 < offset <= len(out):
        msg = "a match points outside the output"
        raise ValueError(msg)
    length, at = _length(data, at + 2, token)
    length += _SHORTEST_MATCH
    if len(out) + length > limit:
        raise ValueError(_too_large(limit))
    piece = bytes(out[-offset:])
    out += (piece * (length // offset + 1))[:length]
    return at


def _length(data: bytes, at: int, start: int) -> tuple[int, int]:
    length = start
    while start == _MORE:
        if at >= len(data):
            msg = "cut off within a length"
            raise ValueError(msg)
        length += data[at]
        at += 1
        if data[at - 1] != _FULL:
            break
    return length, at


def _too_large(limit: int) -> str:
    return f"more than {limit} bytes when decompressed"


def compress_block(data: bytes) -> bytes:
    """Return a block of one sequence without a match, which every decoder reads."""
    if len(data) < _MORE:
        return bytes([len(data) << 4]) + data
    full, rest = divmod(len(data) - _MORE, _FULL)
    return bytes([_MORE << 4]) + b"\xff" * full + bytes([rest]) + data
