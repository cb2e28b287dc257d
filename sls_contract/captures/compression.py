"""Decompress gzip, zlib, zstd, bzip2, xz and lzma streams, recognised by their first bytes and not by the file name."""

from __future__ import annotations

import bz2
import lzma
import struct
import zlib
from functools import partial
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

from sls_contract.cassettes.file.parsing import NotReadable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

SUFFIXES = (".gz", ".zst", ".bz2", ".xz", ".lzma")
_BLOCK = 256 * 1024  # bytes
_STEP = 512  # compressed bytes per call: even a decompression bomb expands them to 16 MiB at most
_GZIP = 16 + zlib.MAX_WBITS
_PADDING = b"\0"  # between and after streams: part of the format of xz, and written by tools that fill blocks
_PADDED = {"gzip", "xz"}  # zstd and bzip2 have none: zeros there are a hole, such as of an unfinished download
_SKIPPABLE = tuple(bytes((0x50 + kind,)) + b"\x2a\x4d\x18" for kind in range(16))  # pzstd writes such a frame first


def _zstd() -> Any:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompressobj()


_DECOMPRESSORS: tuple[tuple[tuple[bytes, ...], str, Callable[[], Any]], ...] = (
    ((b"\x1f\x8b",), "gzip", partial(zlib.decompressobj, _GZIP)),
    ((b"\x28\xb5\x2f\xfd", *_SKIPPABLE), "zstd", _zstd),
    ((b"BZh",), "bzip2", bz2.BZ2Decompressor),
    ((b"\xfd7zXZ\0",), "xz", lzma.LZMADecompressor),
    ((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), "zlib", zlib.decompressobj),  # mitmproxy writes .zhar so
)
_LZMA_HEAD = struct.Struct("<BIq")  # coder, size of the dictionary, size of the content or -1
_MOST_CODERS, _LARGEST = 225, 1 << 38  # the limits by which xz tells this format, which has no first bytes of its own


def plain_blocks(file: IO[bytes]) -> Generator[bytes]:
    """Yield the decompressed content of a file in blocks; raises `NotReadable` if the data is cut off or damaged.

    A file that was compressed twice is decompressed twice: a download may compress a ``.gz`` again.
    """
    yield from _decompressed_once(_decompressed_once(iter(partial(file.read, _BLOCK), b"")))


def _decompressed_once(blocks: Iterator[bytes]) -> Iterator[bytes]:
    first = next(blocks, b"")
    if found := _decompressor_for(first):
        yield from _joined(_decompressed(chain([first], blocks), *found))
        return
    if first:
        yield first
    yield from blocks


def _decompressor_for(first: bytes) -> tuple[str, Callable[[], Any]] | None:
    for magics, name, make in _DECOMPRESSORS:
        if first.startswith(magics):
            return name, make
    return ("lzma", partial(lzma.LZMADecompressor, lzma.FORMAT_ALONE)) if _is_lzma(first) else None


def _is_lzma(first: bytes) -> bool:
    """Return whether data has the head of the format before xz: a dictionary of 2^n or 2^n + 2^(n-1) bytes."""
    if len(first) <= _LZMA_HEAD.size or first[_LZMA_HEAD.size]:  # the coded data begins with 0
        return False
    coder, dictionary, size = _LZMA_HEAD.unpack_from(first)
    bits = f"{dictionary:b}".rstrip("0")
    return coder < _MOST_CODERS and (bits in {"1", "11"} or bits == "1" * 32) and -1 <= size < _LARGEST


def _joined(pieces: Iterator[bytes]) -> Generator[bytes]:
    """Join small pieces into blocks of about 256 KiB; what came before damage is yielded before the error."""
    parts, size = list[bytes](), 0
    try:
        for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if size >= _BLOCK:
                yield b"".join(parts)
                parts, size = [], 0
    except NotReadable:
        yield b"".join(parts)
        raise
    if parts:
        yield b"".join(parts)


def _decompressed(blocks: Iterator[bytes], name: str, make: Callable[[], Any]) -> Iterator[bytes]:
    """Decompress all streams of a file: compressed files may contain several, concatenated."""
    decompressor, fresh = make(), True
    padding = _PADDING if name in _PADDED else b""
    for rest in (block[at : at + _STEP] for block in blocks for at in range(0, len(block), _STEP)):
        left = rest.lstrip(padding) if fresh else rest
        while left:
            yield from _plain(decompressor, left, name)
            left, fresh = (decompressor.unused_data.lstrip(padding), True) if decompressor.eof else (b"", False)
            decompressor = make() if fresh else decompressor
    if not fresh:
        raise NotReadable(None, f"the {name} data is cut off")


def _plain(decompressor: Any, data: bytes, name: str) -> Iterator[bytes]:
    """Yield the decompressed data, in blocks of limited size where the library supports a limit."""
    try:
        if not hasattr(decompressor, "needs_input"):
            yield decompressor.decompress(data)
            return
        yield decompressor.decompress(data, _BLOCK)
        while not (decompressor.needs_input or decompressor.eof):
            yield decompressor.decompress(b"", _BLOCK)
    except Exception as error:  # noqa: BLE001 - zlib, bz2, lzma and zstandard raise errors of four kinds
        raise NotReadable(None, f"damaged {name} data: {error}") from None
