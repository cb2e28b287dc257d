"""Encodings taken off: whole, once, and never beyond the limit."""

from __future__ import annotations

import gzip
import zlib

import pytest

from sls_contract.checks.content_coding import LARGEST_BODY, PlainBody, plain_body
from sls_contract.checks.headers import accepts
from sls_contract.checks.lz4_block import decompress_block
from sls_contract.exchange import Response

TEXT = b"[]" * 50


def coded(
    body: bytes, coding: str = "", compress: str = "", size: str | None = None, *, wire: bool = True
) -> PlainBody:
    fields = {"Content-Encoding": coding, "x-log-compresstype": compress, "x-log-bodyrawsize": size}
    return plain_body(Response(200, [(name, value) for name, value in fields.items() if value], body, wire))


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (TEXT, "identity"),
        (gzip.compress(TEXT, mtime=0), "x-gzip"),
        (gzip.compress(zlib.compress(TEXT), mtime=0), "deflate, gzip"),
        (b"", "gzip"),
    ],
)
def test_codings_come_off_in_reverse_order(body, coding):
    """The last coding applied is taken off first; nothing is nothing in any coding."""
    assert coded(body, coding) == PlainBody(TEXT if body else b"")


@pytest.mark.parametrize(
    ("body", "coding", "reason"),
    [
        (TEXT, "gzip", "damaged, or in another format"),
        (gzip.compress(TEXT, mtime=0)[:-1], "gzip", "cut off"),
        (gzip.compress(TEXT, mtime=0) + b"x", "gzip", "is not gzip"),
        (zlib.compress(TEXT) + b"x", "deflate", "1 bytes after its end"),
        (b"\xff" + TEXT, "deflate", "is not deflate"),
        (gzip.compress(b"0" * (LARGEST_BODY + 1), 1, mtime=0), "gzip", f"more than {LARGEST_BODY} bytes"),
    ],
)
def test_a_coding_that_lies_is_told(body, coding, reason):
    """Damage, a rest behind the end, and a bomb are flaws; the body is then unknown."""
    plain = coded(body, coding)
    assert plain.data is None
    assert reason in plain.encoding_flaw


def test_an_unknown_coding_is_named():
    """What cannot be taken off is named, not guessed at."""
    assert coded(b"x", "br") == PlainBody(None, unknown="br")
    assert coded(b"x", compress="br") == PlainBody(None, unknown="br")


def test_a_recording_of_another_tool_is_believed():
    """A recorder may have decoded the body under its old headers: then it is taken as it stands."""
    assert coded(TEXT, "gzip", wire=False) == PlainBody(TEXT)
    assert coded(TEXT, "br", wire=False) == PlainBody(TEXT)
    assert coded(TEXT, compress="lz4", wire=False) == PlainBody(TEXT)
    assert coded(zlib.compress(TEXT), compress="deflate", size="1", wire=False) == PlainBody(TEXT)


def test_the_raw_size_is_compared():
    """x-log-bodyrawsize is the size after decompression."""
    packed = zlib.compress(TEXT)
    assert coded(packed, compress="Deflate", size="100") == PlainBody(TEXT)
    assert "says 99" in coded(packed, compress="deflate", size="99").compress_flaw
    assert "says x" in coded(packed, compress="deflate", size="x").compress_flaw


@pytest.mark.parametrize(
    ("block", "plain"),
    [
        (b"", b""),
        (b"\x00", b""),
        (b"\x30abc", b"abc"),
        (b"\xf0\x00" + b"a" * 15, b"a" * 15),
        (b"\xf0\xff\x01" + b"a" * 271, b"a" * 271),
        (b"\x30abc\x03\x00\x10d", None),
        (b"\x33abc\x03\x00\x10d", b"abc" + b"abcabca" + b"d"),
    ],
)
def test_an_lz4_block_is_read(block, plain):
    """Literals, long lengths and overlapping matches come out as they went in."""
    if plain is not None:
        assert decompress_block(block, 1000) == plain
    else:
        assert decompress_block(block, 1000) == b"abcabcad"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"\x50abc", "cut off within literals"),
        (b"\xf0\xff", "cut off within a length"),
        (b"\x10a\x02\x00", "points outside"),
        (b"\x10a\x00\x00", "points outside"),
        (b"\x10a\x01", "points outside"),
        (b"\x1fa\x01\x00" + b"\xff" * 100 + b"\x00", "more than 1000 bytes"),
        (b"\xf0" + b"\xff" * 4 + b"\x00" + b"a" * 1035, "more than 1000 bytes"),
    ],
)
def test_a_damaged_lz4_block_is_told(block, reason):
    """A block that is cut off, points outside itself, or swells is refused."""
    with pytest.raises(ValueError, match=reason):
        decompress_block(block, 1000)


@pytest.mark.parametrize(
    ("accepted", "coding", "expected"),
    [
        ("gzip, deflate", "gzip", True),
        ("GZIP", "x-gzip", True),
        ("deflate", "gzip", False),
        ("*", "br", True),
        ("*;q=0", "gzip", False),
        ("gzip; q=0.000, *", "gzip", False),
        ("gzip;q=0.5", "gzip", True),
        ("gzip;level=1", "gzip", True),
        ("gzip;q=high", "gzip", True),
        ("identity", "gzip", False),
        ("", "gzip", False),
    ],
)
def test_accept_encoding_is_read_as_rfc_9110_has_it(accepted, coding, expected):
    """Names are compared without case, weights of zero exclude, a star covers the rest."""
    assert accepts(accepted, coding) is expected
