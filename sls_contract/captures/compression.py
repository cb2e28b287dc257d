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
_COMPRESSED_BLOCK = 32 * 1024  # bytes; one may become a thousand times as much
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
    first = file.read(_COMPRESSED_BLOCK)
    for magic, name, make in _MAKERS:
        if first.startswith(magic):
            yield from _decompressed(_blocks(first, file, _COMPRESSED_BLOCK), name, make)
            return
    yield from _blocks(first, file, _BLOCK)


def _blocks(first: bytes, file: IO[bytes], size: int) -> Generator[bytes]:
    block = first
    while block:
        yield block
        block = file.read(size)


def _decompressed(blocks: Iterator[bytes], name: str, make: Callable[[], Any]) -> Generator[bytes]:
    """Decompress one stream after the other: a file may hold several, one behind the other."""
    machine, fresh = make(), True
    for block in blocks:
        rest = block
        while rest:
            yield _plain(machine, rest, name)
            rest, fresh = (machine.unused_data, True) if machine.eof else (b"", False)
            machine = make() if fresh else machine
    if not fresh:
        raise NotReadable(None, f"the {name} data is cut off")


def _plain(machine: Any, data: bytes, name: str) -> bytes:
    try:
        plain: bytes = machine.decompress(data)
    except Exception as error:  # noqa: BLE001 - zlib, bz2, lzma and zstandard raise errors of four kinds
        raise NotReadable(None, f"damaged {name} data: {error}") from None
    return plain
