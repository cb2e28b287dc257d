"""Compression of logs on their way in and out."""

import zlib

import hypothesis.strategies as st
import lz4.block
import pytest
import zstd
from hypothesis import example, given

from sls_contract.checks.content_coding import compressed
from sls_contract.endpoint import ServiceError
from sls_contract.endpoint.state.parameters import LARGEST_BODY, accepted_coding, decompressed_body
from sls_contract.exchange import Request

URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/shards/lb"


def post(body: bytes, **headers: str) -> Request:
    return Request("POST", URL, {f"x-log-{name}": value for name, value in headers.items()}, body)


@given(st.binary(min_size=1, max_size=600) | st.integers(1, 70_000).map(bytes))
@example(bytes(14))
@example(bytes(15))
@example(bytes(15 + 254))
@example(bytes(15 + 255))
def test_the_lz4_library_reads_our_blocks(data):
    """A block of any length decompresses to what it was made of, in the library that the SDK uses."""
    assert lz4.block.decompress(compressed(data, "lz4"), uncompressed_size=len(data)) == data


@given(st.binary(max_size=600))
def test_deflate_is_zlib(data):
    """What is called deflate has zlib's container, which the SDK takes off."""
    packed = compressed(data, "deflate")
    assert (zlib.decompress(packed) if data else packed) == data


def test_nothing_is_not_compressed():
    """A response without logs has no body in any coding."""
    assert [compressed(b"", coding) for coding in ("", "lz4", "deflate")] == [b"", b"", b""]


@pytest.mark.parametrize(
    ("asked", "given_"),
    [
        ("lz4", "lz4"),
        ("LZ4", "lz4"),
        ("deflate, lz4;q=0.5", "lz4"),
        ("deflate", "deflate"),
        ("gzip, deflate", "deflate"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "deflate"),
        ("gzip", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_the_coding_is_one_that_was_asked_for(asked, given_):
    """LZ4 goes before deflate; what no page names is never sent."""
    assert accepted_coding(Request("GET", URL, {} if asked is None else {"Accept-Encoding": asked})) == given_


@given(st.binary(max_size=300))
def test_a_body_is_decompressed_as_its_headers_say(data):
    """The SDK's own LZ4 blocks, both kinds of deflate, and a plain body come out as they were."""
    size = str(len(data))
    assert decompressed_body(post(data)) == data
    assert decompressed_body(post(data, bodyrawsize=size)) == data
    packed = lz4.block.compress(data, store_size=False)
    assert decompressed_body(post(packed, bodyrawsize=size, compresstype="lz4")) == data
    assert decompressed_body(post(zlib.compress(data), bodyrawsize=size, compresstype="deflate")) == data
    raw = zlib.compressobj(wbits=-15)
    packed = raw.compress(data) + raw.flush()
    assert decompressed_body(post(packed, bodyrawsize=size, compresstype="deflate")) == data


@pytest.mark.parametrize(
    ("request_", "code", "told"),
    [
        (post(b"x", compresstype="lz4"), "MissingParameter", "x-log-bodyrawsize"),
        (post(b"x", compresstype="br", bodyrawsize="1"), "ParameterInvalid", "x-log-compresstype : br"),
        (post(b"x", compresstype="zstd", bodyrawsize="1"), "PostBodyUncompressError", "decompress"),
        (post(zstd.compress(b"ab"), compresstype="zstd", bodyrawsize="1"), "ParameterInvalid", "x-log-bodyrawsize : 1"),
        (post(b"\xf0", compresstype="lz4", bodyrawsize="1"), "PostBodyUncompressError", "decompress"),
        (post(b"\x10x", compresstype="lz4", bodyrawsize="2"), "ParameterInvalid", "x-log-bodyrawsize : 2"),
        (post(bytes(LARGEST_BODY + 1)), "PostBodyTooLarge", str(LARGEST_BODY + 1)),
    ],
    ids=["no size", "unknown", "no zstd", "another size in zstd", "damaged", "another size", "too large"],
)
def test_a_body_that_is_not_what_its_headers_say_is_refused(request_, code, told):
    """Each way of being wrong has the code that the pages give it."""
    with pytest.raises(ServiceError) as raised:
        decompressed_body(request_)
    assert raised.value.code == code
    assert told in raised.value.message


def test_the_largest_body_is_taken():
    """Ten mebibytes of logs, as the message of the refusal has it."""
    assert len(decompressed_body(post(bytes(LARGEST_BODY)))) == LARGEST_BODY
