"""What is written into a cassette comes back, whatever it is and however the file is reformatted."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.layout import Layout
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.har.archive import HarFile
from sls_contract.cassettes.har.writing import document_text
from sls_contract.cassettes.recording import (
    Evidence,
    Integrity,
    Provenance,
    Recording,
    SignatureNote,
    deserialized,
    digest_of,
    serialized,
)
from sls_contract.exchange import Exchange, Request, Response, wire_bytes, wire_text

HAR_SCHEMA = Draft202012Validator(
    json.loads((Path(__file__).parents[1] / "unit" / "cassettes" / "har-1.2.schema.json").read_text("utf-8"))
)

odd_words = st.sampled_from(
    [
        "",
        " ",
        "null",
        "~",
        "yes",
        "No",
        "on",
        "y",
        "1",
        "010",
        "1e3",
        ".inf",
        "0x1f",
        "1_000",
        "2026-11-23",
        "=",
        "<<",
        "@",
        "- a",
        "a: b",
        "#",
        "'",
        '"',
        "\\",
        "\\U0001f600",
        "!!binary x",
        "...",
        "---",
        "\ufeff",
        "\x85",
        "\u2028",
        "%",
        "日志 😀",
        "\U0010ffff",
        "\t",
        "\r\n",
        "\n- x",
        "{}",
        "[]",
        "\xa0",
        "\x7f",
        "\ufffe",
        "\xad",
        "`",
    ]
)
text = st.one_of(odd_words, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
wire = st.one_of(text, st.binary(max_size=12).map(wire_text))
bodies = st.one_of(st.binary(max_size=40), text.map(lambda body: body.encode()))
trees = st.recursive(
    st.one_of(text, wire, st.integers(), st.none()),
    lambda inner: st.dictionaries(text, inner, max_size=4),
    max_leaves=8,
)
names = st.one_of(
    st.sampled_from(
        ["Host", "host", "Content-Length", "Set-Cookie", "X-A", "x-a", "on", "1", "日志", "a b", "", "X" * 2000]
    ),
    wire.map(lambda name: wire_text(wire_bytes(name.replace(":", "")))),
)
headers = st.lists(st.tuples(names, wire), max_size=6)
moments = st.none() | st.datetimes(timezones=st.just(UTC))


@st.composite
def responses(draw):
    fields, body = draw(headers), draw(bodies)
    coding = draw(st.sampled_from([None, None, "gzip", "deflate", "raw", "br", "lies"]))
    if coding == "gzip":
        fields, body = [("content-encoding", "GZIP"), *fields], gzip.compress(body)
    elif coding == "deflate":
        fields, body = [*fields, ("Content-Encoding", "deflate")], zlib.compress(body)
    elif coding == "raw":
        raw = zlib.compressobj(wbits=-15)
        fields, body = [*fields, ("Content-Encoding", "deflate")], raw.compress(body) + raw.flush()
    elif coding:
        fields = [*fields, ("Content-Encoding", "gzip" if coding == "lies" else coding)]
    return Response(draw(st.integers(0, 999)), fields, body, draw(st.booleans()), draw(wire))


@st.composite
def recordings(draw):
    url = "http://my-project.cn-hangzhou.log.aliyuncs.com/" + draw(wire)
    request = Request(draw(st.sampled_from(["GET", "POST", "y"])), url, draw(headers), draw(bodies))
    response = draw(st.none() | responses())
    broken = draw(st.sampled_from([None, "reset", "truncated"]))
    return Recording(
        Exchange(request, response),
        Provenance(
            draw(st.sampled_from(Evidence)),
            draw(text),
            draw(text),
            draw(text),
            draw(moments),
            draw(moments),
            draw(text),
        ),
        draw(st.none() | st.builds(SignatureNote, st.sampled_from(["verified", "invalid"]), text)),
        tuple(draw(st.lists(text, max_size=2))),
        broken,
        draw(text) if broken else "",
    )


def as_plain(tree: object) -> object:
    """Return what a YAML loader gives for a tree: text of the wire that is no UTF-8 comes as bytes."""
    if isinstance(tree, dict):
        return {as_plain(key): as_plain(value) for key, value in tree.items()}
    if isinstance(tree, str) and any("\ud800" <= char <= "\udfff" for char in tree):
        return tree.encode("utf-8", "surrogateescape")
    return tree


@given(st.dictionaries(text, trees, min_size=1, max_size=4))
@example({"a": {"b": {}}, "c": "'"})
def test_every_loader_reads_the_very_values_that_were_emitted(tree):
    """Both loaders of PyYAML agree on every block that we write."""
    block = emit_block(tree)
    expected = as_plain(tree)
    assert yaml.load(block, yaml.CSafeLoader) == [expected]
    assert yaml.load(block, yaml.SafeLoader) == [expected]


@given(st.lists(recordings(), max_size=3))
def test_a_written_cassette_reads_back_equal_and_intact(tmp_path_factory, recorded):
    """Any exchange, with a response or without, comes back byte for byte, in order, with its provenance."""
    path = tmp_path_factory.mktemp("round") / "cassette.sls.yaml"
    write(path, recorded)
    file = CassetteFile.read(path)
    assert list(file) == recorded
    assert [digest_of(one) for one in file] == [one.digest for one in file]
    assert {one.integrity for one in file} <= {Integrity.INTACT}
    written = path.read_bytes()
    write(path, file)
    assert path.read_bytes() == written
    for asked, one in zip(file.requests(), recorded, strict=True):
        request = one.exchange.request
        assert (asked.method, asked.url, asked.body, asked.host) == (
            request.method,
            request.url,
            request.body,
            request.host,
        )


@given(recordings())
def test_a_recording_comes_back_from_its_line_in_a_journal(recorded):
    """One line of ASCII holds every byte of it; what is read back has the same digest."""
    line = serialized(recorded)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    again = deserialized(line)
    assert (again, digest_of(again)) == (recorded, digest_of(recorded))


@given(st.lists(recordings(), min_size=1, max_size=2), st.sampled_from(["sorted", "indented", "crlf", "bom", "wide"]))
def test_reformatting_changes_nothing(tmp_path_factory, recorded, how):
    """Sorted keys, other quotes and indentation, Windows line ends, a byte order mark: the same recordings."""
    path = tmp_path_factory.mktemp("reformat") / "cassette.sls.yaml"
    write(path, recorded)
    data = path.read_bytes()
    if how == "crlf":
        data = data.replace(b"\n", b"\r\n")
    elif how == "bom":
        data = b"\xef\xbb\xbf" + data
    else:
        options = {"sorted": {}, "indented": {"indent": 6, "sort_keys": False}, "wide": {"allow_unicode": True}}[how]
        tree = yaml.safe_load(data)
        data = yaml.safe_dump(tree, **options).encode()
        assume(yaml.safe_load(data) == tree)  # PyYAML's own dumper loses a few control characters
    path.write_bytes(data)
    file = CassetteFile.read(path)
    assert list(file) == recorded
    assert {one.integrity for one in file} == {Integrity.INTACT}


@given(st.data(), recordings(), recordings())
def test_no_cut_goes_unnoticed(data, first, second):
    """A file that ends anywhere before its last line is damaged, at the boundary of two blocks too."""
    from sls_contract.cassettes.file.block import block_of
    from sls_contract.errors import CassetteDamaged

    blocks = (emit_block(block_of(first, "a1")), emit_block(block_of(second, "a2")))
    whole = Layout(blocks).text.encode()
    cut = data.draw(st.integers(0, len(whole) - 5) | st.just(len(whole) - 4 - len(blocks[1].encode())))
    with pytest.raises(CassetteDamaged):
        list(CassetteFile("cut.sls.yaml", whole[:cut]))


def test_a_moment_keeps_its_microseconds():
    """Times are written in UTC, whatever zone they came in."""
    from sls_contract.cassettes.recording import moment_text

    assert moment_text(datetime(2026, 11, 23, 5, 50, 0, 123456, UTC)) == "2026-11-23T05:50:00.123456Z"


@given(st.lists(recordings(), max_size=2))
def test_a_har_gives_back_what_it_was_given(made):
    """Whatever was recorded comes back through a HAR that is valid by the format's own rules, and stays the same."""
    text = "".join(document_text(made, "1"))
    HAR_SCHEMA.validate(json.loads(text))
    back = tuple(HarFile("x.har", text.encode("utf-8")))
    assert back == tuple(made)
    assert [digest_of(each) for each in back] == [digest_of(each) for each in made]
    assert all(each.integrity is Integrity.INTACT for each in back)
    assert "".join(document_text(back, "1")) == text
