"""What is written is good YAML, and coded bodies are shown decoded."""

from __future__ import annotations

import gzip
import zlib

import pytest
import yaml

from sls_contract.cassettes.file.coding import decoded
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.exchange import Response


@pytest.mark.parametrize(
    "tree",
    [
        {"a": "\n😀\U0010ffff\\U0001f600\\", "b": {"c": [], "d": {}, "e": ["x", None, -1, b"\xff"]}},
        {"it's": "it's", "123": "null", "a b": {"y": "true"}},
    ],
)
def test_what_is_written_is_read_by_any_yaml_reader(tree):
    """Escapes beyond the first plane, quotes in keys, words that YAML takes for values."""
    block = emit_block(tree)
    assert yaml.safe_load(block) == [tree]


def coded(coding: str, body: bytes) -> bytes | None:
    return decoded(Response(200, {"Content-Encoding": coding}, body))


def test_only_a_body_that_decodes_cleanly_is_shown_decoded():
    """A coding that lies, is cut off, is followed by more, or is unknown stays as it was on the wire."""
    packed = gzip.compress(b"[]")
    assert coded("GZIP", packed) == b"[]"
    assert coded("x-gzip", gzip.compress(b"")) == b""
    assert coded("deflate", zlib.compress(b"[]")) == b"[]"
    assert coded("deflate", zlib.compress(b"[]", wbits=-15)) == b"[]"
    for coding, body in [
        ("gzip", b"[]"),
        ("gzip", packed[:-1]),
        ("gzip", packed + b"x"),
        ("br", packed),
        ("gzip", b""),
    ]:
        assert coded(coding, body) is None


@pytest.mark.slow
def test_a_bomb_stays_packed():
    """What would unpack to more than 64 MiB is not unpacked into the file."""
    assert coded("gzip", gzip.compress(bytes(64 * 1024 * 1024 + 1), 1)) is None
