"""Zstandard bodies: read whole as other libraries write them, bounded, and told where they are none."""

import hypothesis.strategies as st
import pytest
import zstandard
import zstd
from hypothesis import given

from sls_contract.checks.content_coding import LARGEST_BODY, PlainBody, plain_body
from sls_contract.exchange import Response

TEXT = "日志 log ".encode() * 300
FRAME = zstandard.ZstdCompressor().compress(TEXT)
SKIPPED = b"\x50\x2a\x4d\x18\x02\x00\x00\x00ab"


def announced(body, header="x-log-compresstype"):
    return plain_body(Response(200, {header: "zstd"}, body))


@given(st.binary(min_size=1, max_size=5000), st.sampled_from([1, 3, 19]))
def test_what_libraries_write_is_read(data, level):
    """One frame of either library, several frames, frames without their size, and frames to be skipped."""
    streamed = zstandard.ZstdCompressor(level).compressobj()
    parts = (zstandard.ZstdCompressor(level).compress(data), zstd.compress(data, level))
    parts += (streamed.compress(data) + streamed.flush(),)
    assert [announced(part) for part in parts] == [PlainBody(data)] * 3
    assert announced(SKIPPED + b"".join(parts)) == PlainBody(data * 3)
    assert announced(parts[0], "Content-Encoding") == PlainBody(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (TEXT, "damaged, or in another format"),
        (b"\x28\xb5", "cut off"),
        (FRAME[:-1], "cut off"),
        (FRAME + FRAME[:9], "cut off"),
        (FRAME + b"junk behind it", "damaged, or in another format"),
        (zstandard.ZstdCompressor().compress(bytes(LARGEST_BODY + 1)), f"more than {LARGEST_BODY} bytes"),
        (zstandard.ZstdCompressor().compress(bytes(2**27)) * 9, f"more than {LARGEST_BODY} bytes"),
    ],
    ids=["plain text", "two bytes", "cut", "second cut", "junk", "too large", "a bomb"],
)
def test_a_body_that_is_no_zstd_is_told(body, reason):
    """Never an exception, never more memory than the limit and one step: a flaw that says why."""
    assert reason in announced(body).compress_flaw
    assert announced(body).data is None
    assert reason in announced(body, "Content-Encoding").encoding_flaw
