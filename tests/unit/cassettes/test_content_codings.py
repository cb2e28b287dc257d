"""Compressed responses stand in a cassette as the checks read them, and come back as they were on the wire."""

import gzip
import zlib
from datetime import UTC, datetime

import pytest

from sls_contract.cassettes.file.coding import readable
from sls_contract.cassettes.file.recording_file import load, write
from sls_contract.cassettes.recording import Recording
from sls_contract.checks import judge
from sls_contract.checks.content_coding import plain_body
from sls_contract.exchange import Exchange, Request, Response

BODY = b'[{"shard":0,"checkpoint":"MTAw","updateTime":0,"consumer":""}]'
URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/g?shard=0"


def zipped(data):
    return gzip.compress(data, mtime=0)  # the same in every process


def raw_deflated(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed", "plain"),
    [
        ("gzip", zipped(BODY), BODY),
        ("gzip", zipped(BODY[:20]) + zipped(BODY[20:]), BODY),
        ("GZIP", zipped(b"") + zipped(BODY), BODY),
        ("x-gzip", zipped(BODY), BODY),
        ("deflate", zlib.compress(BODY), BODY),
        ("deflate", raw_deflated(BODY), BODY),
        ("deflate, gzip", zipped(zlib.compress(BODY)), BODY),
        ("gzip", zipped(BODY)[:-3], None),
        ("gzip", zipped(BODY) + b"behind", None),
        ("gzip", BODY, None),
        ("br", b"\x0b\x02\x80", None),
        ("identity", BODY, None),
    ],
)
def test_what_checks_read_is_what_a_reviewer_reads(tmp_path, coding, packed, plain):
    """Decoded where it decodes cleanly, all members of it; else as it came. The wire's bytes are there either way."""
    headers = {"Content-Encoding": coding, "Content-Length": str(len(packed))}
    response = Response(200, headers, packed)
    shown = readable(response)
    assert shown.body == (packed if plain is None else plain)
    if plain is not None:
        assert plain_body(response).data == plain
        assert dict(shown.headers) == {"Content-Length": str(len(plain))}
    path = tmp_path / "a.sls.yaml"
    write(path, [Recording(Exchange(Request("GET", URL), response))])
    assert load(path)[0].exchange.response == response
    assert (BODY.decode() in path.read_text("utf-8")) == (plain is not None or packed == BODY)
    assert judge(load(path)[0].exchange, at=datetime(2026, 1, 1, tzinfo=UTC))
