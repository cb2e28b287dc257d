"""The quick reader takes exactly what we write; everything else is left to YAML."""

from __future__ import annotations

import gzip
import zlib

import pytest
import yaml

from sls_contract.cassettes.file.canonical import NotCanonical, parse_block
from sls_contract.cassettes.file.coding import decoded
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.exchange import Response


@pytest.mark.parametrize(
    "block",
    [
        "a: 1\n",
        "- a: 1",
        "- a: 1\n b: 2\n",
        "- a: 1\n  a: 2\n",
        "- a:\n",
        "- a:\n  b: 1\n",
        "- a:\n      b: 1\n",
        "- a: 1\n    b: 2\n",
        "- a: 1\n  - b\n",
        "- - a\n",
        "- a:\n  - \n",
        "- a:\n    b:\n  - c\n",
        "- a: yes\n",
        "- yes: 1\n",
        "- a: 010\n",
        "- a: 1.5\n",
        "- a: >-\n    b\n",
        "- a: 'b\n    c'\n",
        "- a: '\x85'\n",
        '- a: "\\x41"\n',
        '- a: "\\U00000041"\n',
        '- a: !!binary "AAA"\n',
        "- a: 1 # why\n",
        "- a: &x 1\n",
    ],
)
def test_anything_but_our_own_form_is_left_to_yaml(block):
    """A hand's edits are never guessed at."""
    with pytest.raises(NotCanonical):
        parse_block(block)


@pytest.mark.parametrize(
    "tree",
    [
        {"a": "\n😀\U0010ffff\\U0001f600\\", "b": {"c": [], "d": {}, "e": ["x", None, -1, b"\xff"]}},
        {"it's": "it's", "123": "null", "a b": {"y": "true"}},
    ],
)
def test_our_own_form_is_read_as_yaml_reads_it(tree):
    """Escapes beyond the first plane, quotes in keys, words that YAML takes for values."""
    block = emit_block(tree)
    assert parse_block(block) == tree == yaml.safe_load(block)[0]


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


def test_a_bomb_stays_packed():
    """What would unpack to more than 64 MiB is not unpacked into the file."""
    assert coded("gzip", gzip.compress(bytes(64 * 1024 * 1024 + 1), 1)) is None
