"""Zstandard frames, the format of ``x-log-compresstype: zstd``.

Source: RFC 8878, section 3; aliyun-log-python-sdk, ``compress.py``. The library is imported on first use.
"""

from __future__ import annotations

_STEP = 512  # bytes per step; a block of 128 KiB takes at least 4 bytes, so a step yields at most 16 MiB


def decompress_frames(data: bytes, limit: int) -> bytes:
    """Return the content of all frames; raises ValueError if they are damaged, cut off, or larger than ``limit`` bytes.

    Frames with windows of up to 128 MiB are read, which is the library's default.
    """
    from zstandard import ZstdDecompressor, ZstdError

    out, rest = bytearray(), memoryview(data)
    while rest:
        frame = ZstdDecompressor().decompressobj()
        while rest and not frame.eof:
            try:
                out += frame.decompress(rest[:_STEP])
            except ZstdError:
                msg = "it is damaged, or in another format"
                raise ValueError(msg) from None
            if len(out) > limit:
                msg = f"more than {limit} bytes when decompressed"
                raise ValueError(msg)
            rest = rest[min(_STEP, len(rest)) - len(frame.unused_data) :]
        if not frame.eof:
            msg = "cut off"
            raise ValueError(msg)
    return bytes(out)


def compress_frame(data: bytes) -> bytes:
    """Return data as one frame."""
    from zstandard import ZstdCompressor

    return ZstdCompressor(level=1).compress(data)
