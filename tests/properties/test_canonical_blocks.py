"""The short way to read a block gives what the long way gives, or leaves the block to it."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from sls_contract.cassettes.file.block import block_of
from sls_contract.cassettes.file.canonical import canonical_recording, canonical_request
from sls_contract.cassettes.file.emission import emit_block
from sls_contract.cassettes.file.interaction import MalformedInteraction, recording_of
from sls_contract.cassettes.file.parsing import NotReadable, parse_block_yaml
from sls_contract.cassettes.matching import Key
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording, SignatureNote, with_integrity
from sls_contract.exchange import Exchange, Request, Response

AT = datetime(2026, 11, 23, 8, 0, 0, 123, tzinfo=UTC)
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
words = st.sampled_from(["nginx", "'", '"x"', "yes", "Null", "1", "", " a", "a: b", "日志", "\\", "it's", "on\n"])
names = st.sampled_from(["Server", "server", "X-A", "on", "1", "Set-Cookie", "日"])
fields = st.lists(st.tuples(names, words), max_size=3)
bodies = st.sampled_from(
    [b"", b"[]", b"OK", b"yes", '["日志", "it\'s"]'.encode(), b"\xff", b"a\nb", b'{"a": "\\u0041"}']
)


def recorded(asked=(), returned=(), sent=b"", body=b"[]", step="", word="python-requests/2.34", verdict="verified"):
    return Recording(
        Exchange(
            Request("GET", f"http://{HOST}/logstores/l/consumergroups/g?shard=0", [("Host", HOST), *asked], sent),
            Response(200, [("Content-Type", "application/json"), *returned], body, reason="OK"),
        ),
        Provenance(Evidence.LIVE, f"http://{HOST}", "cn-hangzhou", word, AT, AT, "1"),
        SignatureNote(verdict, step),
    )


def written(recording):
    return emit_block(block_of(recording, "r0-1-1"))


def thoroughly(block):
    """Read as YAML; None where it is no interaction."""
    try:
        return recording_of(parse_block_yaml(block))
    except (NotReadable, MalformedInteraction):
        return None


def read_quickly(block):
    """Read as a canonical block, its digest compared; None for other blocks."""
    recording = canonical_recording(block)
    return None if recording is None else with_integrity(recording)


def told(recording):
    """All of a recording, also what equality leaves out."""
    return recording, recording.id, recording.digest, recording.integrity


def agree(block):
    quick = read_quickly(block)
    slow = thoroughly(block)
    if quick is not None:
        assert slow is not None
        assert told(quick) == told(slow)
    asked = canonical_request(block)
    if asked is not None and slow is not None:
        method, url, host, body = asked
        assert Key.of(Request(method, url, [("Host", host)], body)) == Key.of(slow.exchange.request)
    return quick


def test_what_clients_and_the_service_send_is_read_the_short_way():
    """Or the short way would pass its tests by never being taken."""
    for recording in (
        recorded(),
        recorded([("Accept-Encoding", "gzip, deflate"), ("User-Agent", "a")], [("Server", "nginx")]),
        recorded(body='[{"consumer": "日志消费者 it\'s"}]'.encode(), sent=b"[0]"),
        recorded(verdict="invalid", step="digest"),
        recorded([("User-Agent", "log-python-sdk-v-0.9.52, releaselevel='final', linux")], word="it's"),
        recorded(sent=b"\xff\x00", body=b"\x0a\x00\xfe"),
    ):
        quick = agree(written(recording))
        assert quick == recording
        assert quick.integrity is Integrity.INTACT


@given(fields, fields, bodies, bodies, words)
def test_what_is_written_is_read_alike(asked, returned, sent, body, word):
    """Odd names, values, bodies and clients: both ways, or the long one alone."""
    recording = recorded(asked, returned, sent, body, word=word)
    block = written(recording)
    quick = agree(block)
    assert quick is None or quick == recording == thoroughly(block)


@given(st.data())
@example(None)
def test_an_edited_block_is_read_alike_or_left(data):
    """A line dropped, doubled, swapped or changed by hand never gives one value here and another as YAML."""
    lines = written(recorded([("User-Agent", "a"), ("Accept", "b")], [("Server", "nginx")])).splitlines(keepends=True)
    if data is None:
        edited = [line.replace("shard=0", "shard=1") for line in lines]
        assert read_quickly("".join(edited)).integrity is Integrity.EDITED
    else:
        at = data.draw(st.integers(1, len(lines) - 1))
        edits = st.sampled_from(
            [
                [],
                [lines[at]] * 2,
                [lines[at], lines[at - 1]],
                [lines[at].replace("'", "")],
                [lines[at].replace(": ", ": yes ")],
                [lines[at].replace("\n", " # why\n")],
                [lines[at].replace("- ", "- !!str ")],
                [lines[at].replace("a", "'", 1)],
                [lines[at].upper()],
                [lines[at], "      uri: 'http://h/'\n"],
            ]
        )
        edited = [*lines[:at], *data.draw(edits), *lines[at + 1 :]]
    agree("".join(edited))
