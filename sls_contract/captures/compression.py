"""Compressed streams, by their first bytes: gzip, zstd, bzip2 and xz; a name may say something else, or nothing."""

from __future__ import annotations

import bz2
import lzma
import zlib
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from sls_contract.cassettes.file.parsing import NotReadable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
_BLOCK = 256 * 1024  # bytes
_STEP = 512  # compressed bytes; in a bomb they become 16 MiB, not more
_GZIP = 16 + zlib.MAX_WBITS


def _zstd() -> Any:
    from zstandard import ZstdDecompressor

    return ZstdDecompressor().decompressobj()


_MAKERS: tuple[tuple[bytes, str, Callable[[], Any]], ...] = (
    (b"\x1f\x8b", "gzip", partial(zlib.decompressobj, _GZIP)),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\0", "xz", lzma.LZMADecompressor),
)


def plain_blocks(file: IO[bytes]) -> Generator[bytes]:
    """Yield the content of a file in blocks, decompressed; raises `NotReadable` where that is cut off or damaged."""
    first = file.read(_BLOCK)
    blocks = _blocks(first, file)
    for magic, name, make in _MAKERS:
        if first.startswith(magic):
            yield from _joined(_decompressed(blocks, name, make))
            return
    yield from blocks


def _blocks(first: bytes, file: IO[bytes]) -> Generator[bytes]:
    block = first
    while block:
        yield block
        block = file.read(_BLOCK)


def _joined(pieces: Iterator[bytes]) -> Generator[bytes]:
    """Yield blocks of a size that is worth while, and what came before damage."""
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
    """Decompress one stream after the other: a file may hold several, one behind the other."""
    machine, fresh = make(), True
    for rest in (block[at : at + _STEP] for block in blocks for at in range(0, len(block), _STEP)):
        left = rest
        while left:
            yield from _plain(machine, left, name)
            left, fresh = (machine.unused_data, True) if machine.eof else (b"", False)
            machine = make() if fresh else machine
    if not fresh:
        raise NotReadable(None, f"the {name} data is cut off")


def _plain(machine: Any, data: bytes, name: str) -> Iterator[bytes]:
    """Yield what some compressed bytes become, in blocks where the format lets that be asked for."""
    try:
        if not hasattr(machine, "needs_input"):
            yield machine.decompress(data)
            return
        yield machine.decompress(data, _BLOCK)
        while not (machine.needs_input or machine.eof):
            yield machine.decompress(b"", _BLOCK)
    except Exception as error:  # noqa: BLE001 - zlib, bz2, lzma and zstandard raise errors of four kinds
        raise NotReadable(None, f"damaged {name} data: {error}") from None
