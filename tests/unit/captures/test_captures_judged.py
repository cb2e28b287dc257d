"""A capture judged chunk by chunk: the same is found wherever it is split, in every format, compressed or not."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import zstandard
from jsonschema import Draft202012Validator
from left_out import full

from sls_contract.captures import judging, splitting
from sls_contract.captures.compression import plain_blocks
from sls_contract.captures.lines import line_of
from sls_contract.captures.reading import captures_at, chunks_of, opened_capture
from sls_contract.cassettes.audit import audit
from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.har.archive import write_har
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.errors import CassetteDamaged, UsageError
from sls_contract.exchange import Exchange, Request

from .conftest import TERMS, judged, told

COMPRESS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}
ALONE = partial(lzma.compress, format=lzma.FORMAT_ALONE)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "suffix"), [(40, ".har"), full(1, ".jsonl")])
def test_it_does_not_matter_where_a_capture_is_split(tmp_path, workers, size, suffix, monkeypatch):
    """A checkpoint that is not the one written before is found, however many chunks lie between."""
    path = tmp_path / f"a{suffix}"
    path.write_text("".join(map(line_of, workers)), encoding="utf-8")
    if suffix == ".har":
        write_har(path, workers, "1")
    monkeypatch.setattr(splitting, "_MOST_EXCHANGES", size)
    part = judged(path)
    assert told(part) == [("entry-shard", 3), ("shard-held-once", 130)]
    assert part.exchanges == 141


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("before", [{}, {"$schema": "https://har.example", "comment": {"log": [1, "}"]}}])
def test_a_har_of_any_name_is_known_by_its_member_log(tmp_path, workers, before, indent):
    """Wherever that stands in the object, and also in a folder, where a file that is skipped is found by nobody."""
    write_har(tmp_path / "a.har", workers[:12], "1")
    text = (tmp_path / "a.har").read_text(encoding="utf-8")
    path = tmp_path / "own" / "a.json"
    path.parent.mkdir()
    path.write_text(json.dumps(before | json.loads(text), indent=indent), encoding="utf-8")
    (path.parent / "notes.json").write_text('{"comment": "", "log": "none"}', encoding="utf-8")
    assert captures_at([str(path.parent)], "judge", pytest.fail) == [str(path)]
    assert told(judged(path)) == told(judged(tmp_path / "a.har")) == [("entry-shard", 3)]
    assert judged(path).exchanges == 12


def test_a_damaged_cassette_that_is_compressed_is_named_by_its_own_name(tmp_path):
    """It is read from a copy, which is gone when the message is read."""
    path = tmp_path / "a.yaml.gz"
    path.write_bytes(gzip.compress(b"version: 1\nversion: 1\n"))
    with pytest.raises(CassetteDamaged) as damage:
        opened_capture(str(path))
    assert (damage.value.path, damage.value.line) == (str(path), 2)
    assert str(damage.value).startswith(f"{path}:2: ")


def test_names_of_others_are_replaced_where_the_capture_is_written(tmp_path):
    """No setting of pytest replaces them there; with the names that are advised, nothing is found."""
    url = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g"
    body = json.dumps([{"shard": 0, "checkpoint": "x", "updateTime": 1, "consumer": "billing-host-7"}])
    response = {"status": 200, "headers": {"Content-Type": "application/json"}, "body": body}
    path, request = tmp_path / "a.jsonl", {"method": "GET", "url": url, "headers": {}}
    path.write_text(json.dumps({"request": request, "response": response, "evidence": "live"}), encoding="utf-8")
    (fix,) = [each.finding.how_to_fix for each in judged(path).placed if each.finding.code == "SLS612"]
    head, name = fix.splitlines()
    assert head == (
        "Replace these names where the capture is written, or accept them (sls-contract check --allow SLS612):"
    )
    path.write_text(path.read_text(encoding="utf-8").replace(*name.strip().split("=")), encoding="utf-8")
    assert "names-of-others" not in [slug for slug, _ in told(judged(path))]


@pytest.mark.parametrize("suffix", [".jsonl", ".har"])
def test_a_capture_is_recorded_again_without_a_test(tmp_path, suffix):
    """Nobody's test plays it: a finding about its recordings names what records any client, and no option of pytest."""
    request = Request("GET", "https://p.cn-hangzhou.log.aliyuncs.com/logstores/l/shards")
    old = Provenance(Evidence.LIVE, recorded_at=TERMS.now - timedelta(days=91))
    unknown = [Recording(Exchange(request, None), each, broken="closed") for each in (old, Provenance())]
    path = tmp_path / f"a{suffix}"
    path.write_text("".join(map(line_of, unknown)), encoding="utf-8")
    if suffix == ".har":
        write_har(path, unknown, "1")
        path.write_text(path.read_text(encoding="utf-8").replace("/shards", "/shard"), encoding="utf-8")  # an edit
    found = judged(path, replace(TERMS, max_age=timedelta(days=90))).placed
    advice = {each.finding.code: each.finding.how_to_fix for each in found if each.finding.code >= "SLS6"}
    assert advice.keys() == {"SLS603", "SLS604", "SLS605", "SLS609"} | ({"SLS602"} if suffix == ".har" else set())
    assert {*advice.values()} == {"record it again (sls-contract proxy --cassette reads.sls.yaml)"}


def test_a_har_is_judged_as_the_whole_file_is(har):
    """Counts, clauses, evidence and findings are those of a cassette's audit."""
    streamed, whole = judged(har), judging.Part.of(audit(har, TERMS))
    assert told(streamed) == told(whole)
    assert (streamed.entry, streamed.exercised, streamed.extents) == (whole.entry, whole.exercised, whole.extents)
    assert (streamed.examples, streamed.map) == (whole.examples, whole.map)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", COMPRESS)
def test_compressed_captures_are_read_by_their_first_bytes(lines, suffix):
    """Two streams one behind the other are one file; the name may say nothing."""
    data = lines.read_bytes()
    half = data.index(b"\n", len(data) // 2) + 1
    named = lines.with_name("a.jsonl" + suffix)
    named.write_bytes(COMPRESS[suffix](data[:half]) + COMPRESS[suffix](data[half:]))
    nameless = lines.with_name("capture")
    nameless.write_bytes(named.read_bytes())
    assert told(judged(named)) == told(judged(nameless)) == told(judged(lines))


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        (".jsonl.lzma", ALONE),
        (".jsonl.lzma", partial(ALONE, preset=9)),
        (".jsonl.gz", ALONE),  # the name may be wrong
        (".zhar", partial(zlib.compress, level=9)),  # as mitmproxy's hardump writes it
        (".zhar", partial(zlib.compress, level=3)),
    ],
    ids=["lzma", "lzma of the highest preset", "lzma under another name", "zhar", "zhar of a low level"],
)
def test_older_formats_of_compression_are_found_in_a_folder_and_read(lines, har, suffix, compress):
    """What has no magic bytes of its own is recognised by its whole head; cut off it is damaged, not passed over."""
    plain = har if suffix == ".zhar" else lines
    path = lines.with_name("folder") / f"a{suffix}"
    path.parent.mkdir()
    path.write_bytes(compress(plain.read_bytes()))
    assert captures_at([str(path.parent)], "checked", pytest.fail) == [str(path)]
    assert told(judged(path)) == told(judged(plain))
    path.write_bytes(path.read_bytes()[:-9])
    assert ("recording-damaged", None) in told(judged(path))


def test_a_capture_in_an_archive_is_told(lines, tmp_path):
    """Passed over silently, a folder of them would look checked; other archives are none of ours."""
    folder = lines.parent
    for name in ("a.har.zip", "b.jsonl.LZ4", "sources.zip", "notes.yaml.zip"):
        (folder / name).write_bytes(b"PK\x03\x04")
    missed = []
    assert captures_at([str(folder)], "checked", missed.append) == [str(lines)]
    assert sorted(each.filename for each in missed) == [str(folder / "a.har.zip"), str(folder / "b.jsonl.LZ4")]
    assert {"decompress it" in each.strerror for each in missed} == {True}
    for named in (folder / "a.har.zip", folder / "*.zip"):
        missed.clear()
        assert captures_at([str(named)], "checked", missed.append) == []
        assert "decompress it" in missed[0].strerror
    missed.clear()
    assert captures_at([str(folder / "a.har.zip"), str(lines)], "checked", missed.append) == [str(lines)]
    assert len(missed) == 1


@pytest.mark.parametrize(
    ("suffix", "compress"), [(".z", zlib.compress), (".lz", ALONE), (".Z", gzip.compress), (".zip", bytes)]
)
def test_a_named_file_that_can_be_read_is_read_whatever_its_suffix(lines, suffix, compress):
    """The suffix of a compression that is not read may be wrong, or that of one that is."""
    named = lines.with_name(f"a.jsonl{suffix}")
    named.write_bytes(compress(lines.read_bytes()))
    for name in (named, lines.with_name("a.*" + suffix)):
        assert captures_at([str(name)], "checked", pytest.fail) == [str(named)]
    assert told(judged(named)) == told(judged(lines))


@pytest.mark.parametrize("suffix", [".zst", ".bz2"])
def test_zeros_in_the_place_of_a_stream_are_damage(lines, suffix):
    """As an unfinished download leaves them: these formats have no padding."""
    data = COMPRESS[suffix](lines.read_bytes())
    holed = lines.with_name("holed.jsonl" + suffix)
    holed.write_bytes(data + bytes(len(data)))
    assert ("recording-damaged", None) in told(judged(holed))


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_zeros_between_and_after_streams_are_padding(lines, suffix):
    """The format of xz defines it, and what was stored in blocks of a fixed size ends with it."""
    data, compress = lines.read_bytes(), COMPRESS[suffix]
    half = data.index(b"\n", len(data) // 2) + 1
    path = lines.with_name("a.jsonl" + suffix)
    path.write_bytes(compress(data[:half]) + bytes(8) + compress(data[half:]) + bytes(2048))
    assert told(judged(path)) == told(judged(lines))


@pytest.mark.parametrize("kind", range(16))
def test_zstd_that_begins_with_a_skippable_frame_is_found_and_read(lines, kind):
    """The command pzstd writes one before each frame of its own; in a folder, nothing else tells that it is one."""
    skippable = bytes((0x50 + kind,)) + b"\x2a\x4d\x18" + b"\4\0\0\0size"
    path = lines.with_name("a.jsonl.zst")
    path.write_bytes(skippable + zstandard.compress(lines.read_bytes()))
    assert str(path) in captures_at([str(path.parent)], "checked", pytest.fail)
    assert told(judged(path)) == told(judged(lines))


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_compressed_file_that_was_cut_off_is_damaged(lines, suffix):
    """What stands before the cut is judged, where the format lets it be read."""
    path = lines.with_name("a.jsonl" + suffix)
    path.write_bytes(COMPRESS[suffix](lines.read_bytes())[:-9])
    assert ("recording-damaged", None) in told(judged(path))


def test_damage_is_told_with_its_line_and_hides_nothing_before(lines, monkeypatch):
    """A line that is no exchange, and one that is no JSON, are told where they stand; the others are judged."""
    monkeypatch.setattr(splitting, "_MOST_EXCHANGES", 2)
    text = lines.read_text(encoding="utf-8").splitlines()
    lines.write_text("\n".join([text[0], '{"request": {}}', text[1], "", "{", text[2]]), encoding="utf-8")
    part = judged(lines)
    assert [(each.finding.slug, each.line) for each in part.placed] == [
        ("recording-damaged", 2),
        ("recording-damaged", 5),
    ]
    assert part.exchanges == 3


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("{oops", "no HTTP exchange: not JSON: expected a key in double quotes or }"),
        (
            '{"request": {"method": "GET", "url": "http://a/"}, "request": {}}',
            "no HTTP exchange: the key 'request' appears twice in the outermost object",
        ),
        (
            '{"request": {"method": "GET", "url": "http://a/"}, "evidence": "hunter2-Zk9Qv7Lw2"}',
            "no HTTP exchange: evidence must be one of live, reference, document, synthetic, unknown",
        ),
    ],
)
def test_a_damaged_line_says_how_lines_are_written_again(lines, broken, told):
    """No test records JSON Lines; a byte order mark before the first one is no damage."""
    lines.write_text("\ufeff" + lines.read_text(encoding="utf-8") + broken + "\n", encoding="utf-8")
    (placed,) = (each for each in judged(lines).placed if each.finding.slug == "recording-damaged")
    assert (placed.line, placed.finding.actual) == (13, told)
    assert "one exchange a line" in placed.finding.how_to_fix


def test_a_line_that_is_not_utf_8_is_told_as_that(lines):
    """It names the byte."""
    lines.write_bytes(lines.read_bytes() + b'{"request": {"method": "GET", "url": "http://a/\xe9"}}\n')
    (placed,) = (each for each in judged(lines).placed if each.finding.slug == "recording-damaged")
    assert placed.finding.actual == "no HTTP exchange: not UTF-8: byte 0xe9"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text[: len(text) // 2], "not JSON"),
        (lambda text: text.replace('"entries"', '"entry"'), "no HAR: the list log.entries is missing"),
        (lambda _: "[]", "not JSON"),
        (lambda text: text + "}", "expected the end"),
        (lambda _: "", "the file is empty"),
        (lambda text: text.replace('"entries"', '"entries": [], "entries"', 1), "the key 'entries' appears twice"),
        (
            lambda text: text.replace('"method"', '"method": "PUT", "method"', 1),
            "the key 'method' appears twice in /request",
        ),
        (lambda text: text.replace('"startedDateTime"', '"\udc80"', 1), "not UTF-8: byte 0x80"),
    ],
)
def test_a_damaged_har_says_what_is_wrong(har, change, reason):
    """Whatever is cut off, missing or superfluous."""
    har.write_bytes(change(har.read_text(encoding="utf-8")).encode("utf-8", "surrogateescape"))
    assert reason in next(
        each.finding.actual for each in judged(har).placed if each.finding.slug == "recording-damaged"
    )


def test_exchanges_before_the_damage_of_a_har_are_judged(har):
    """A proxy that was killed leaves a HAR without its end."""
    text = har.read_text(encoding="utf-8")
    har.write_text(text[: int(len(text) * 0.9)], encoding="utf-8")
    assert judged(har).exchanges == 10


def test_a_secret_is_found_at_its_line_in_any_chunk(lines, monkeypatch):
    """Lines are counted from the beginning of the file."""
    monkeypatch.setattr(splitting, "_MOST_EXCHANGES", 3)
    text = lines.read_text(encoding="utf-8").splitlines()
    text[5] = text[5].replace('"request": {', '"_note": "LTAI5tFakeFakeFakeFake01", "request": {', 1)
    lines.write_text("\n".join(text), encoding="utf-8")
    assert ("secret-in-recording", 6) in [(each.finding.slug, each.line) for each in judged(lines).placed]


def test_a_thousand_findings_of_a_clause_are_listed_and_the_others_counted(lines, monkeypatch):
    """A capture in which each exchange breaks the same clause must not fill the memory."""
    monkeypatch.setattr(judging, "MOST_LISTED", 2)
    text = lines.read_text(encoding="utf-8").replace('"evidence": "reference"', '"evidence": "unknown"')
    lines.write_text(text, encoding="utf-8")
    part = judged(lines)
    listed = Counter(each.finding.slug for each in part.placed)
    assert listed["recording-provenance"] == 2
    assert part.not_listed.total() == 10


def test_lines_give_back_what_was_recorded(workers):
    """Bytes that are no text, header order and repeated headers survive."""
    from sls_contract.captures.lines import recording_of_line

    assert [recording_of_line(line_of(each)).exchange for each in workers] == [each.exchange for each in workers]


@pytest.mark.slow
def test_the_schema_takes_what_is_written_and_refuses_what_is_not_read(workers):
    """Editors and other programs check lines with it."""
    path = Path(__file__).parents[3] / "schemas" / "editor" / "exchange.json"
    schema = Draft202012Validator(json.loads(path.read_text(encoding="utf-8")))
    lines = [json.loads(line_of(each)) for each in workers]
    assert not [error for line in lines for error in schema.iter_errors(line)]
    assert not schema.is_valid(lines[0] | {"respons": None})
    assert not schema.is_valid({"request": {"method": "GET"}})


def test_an_unknown_key_of_a_line_is_refused_by_name(lines):
    """A misspelt key must not be passed over; names that begin with _ are anybody's."""
    line = json.loads(lines.read_text(encoding="utf-8").splitlines()[0])
    lines.write_text(json.dumps(line | {"respons": None, "_mine": 1}), encoding="utf-8")
    assert "has no 'respons'" in judged(lines).placed[0].finding.actual


def test_folders_hold_captures_beside_other_files_of_such_names(tmp_path, workers, lines, monkeypatch):
    """JSON Lines of something else, and YAML of something else, are passed over; a file named twice counts once."""
    write_har(tmp_path / "b.har", workers[:1], "1")
    (tmp_path / "c.har.gz").write_bytes(gzip.compress((tmp_path / "b.har").read_bytes()))
    (tmp_path / "events.jsonl").write_text('{"event": 1}\n', encoding="utf-8")
    (tmp_path / "k8s.yaml").write_text("kind: Pod\n", encoding="utf-8")
    found = captures_at([str(tmp_path)], "checked", pytest.fail)
    assert [each.rpartition("/")[2] for each in found] == ["b.har", "c.har.gz", lines.name]
    assert captures_at([str(tmp_path / "*.har*")], "checked", pytest.fail) == found[:2]
    monkeypatch.chdir(tmp_path)
    assert captures_at(["./b.har", "*.gz", str(tmp_path / "b.har")], "checked", pytest.fail) == ["b.har", "c.har.gz"]


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\r\n\n " + text.encode(),
        lambda text: b'{"_note": "' + b"x" * 300_000 + b'", ' + text[1:].encode(),
        lambda text: b'{"request": ' + text.encode()[:40],
        lambda text: gzip.compress(gzip.compress(text.encode())),
    ],
    ids=["byte order mark", "UTF-16", "blank lines", "long line", "cut off", "compressed twice"],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_a_folder_passes_over_no_json_lines_of_an_unusual_form(tmp_path, lines, written, name):
    """A capture that is passed over is one that nobody judges: it is read, or reported as damaged."""
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    path.write_bytes(written(lines.read_text(encoding="utf-8")))
    assert captures_at([str(path.parent)], "checked", pytest.fail) == [str(path)]


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)
def test_a_file_that_was_compressed_twice_is_read(lines, compress):
    """As a download is that compressed a ``.gz`` again."""
    path = lines.with_name("a.jsonl.gz")
    path.write_bytes(gzip.compress(compress(lines.read_bytes())))
    assert told(judged(path)) == told(judged(lines))


def test_a_time_of_a_local_clock_is_refused(lines):
    """It is hours off in most places, and every date would be compared with it."""
    line = json.loads(lines.read_text(encoding="utf-8").splitlines()[0])
    lines.write_text(json.dumps(line | {"recorded_at": "2026-01-02T03:04:05"}), encoding="utf-8")
    assert "a time with its zone" in judged(lines).placed[0].finding.actual


def test_a_pattern_that_matches_nothing_is_an_error(tmp_path):
    """As a path that does not exist is."""
    with pytest.raises(UsageError, match="matches no file"):
        captures_at([str(tmp_path / "*.har")], "checked", pytest.fail)


def test_chunks_are_no_larger_than_they_must_be(lines):
    """What is held in memory does not grow with the file."""
    data = lines.read_bytes()
    lines.write_bytes(data * 300)
    chunks = list(chunks_of(str(lines)))
    assert max(len(chunk.data) for chunk in chunks) < 2 * 1024 * 1024
    assert sum(len(chunk.spans) for chunk in chunks) == 12 * 300


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "compress"),
    [
        ("a.yaml.zst", zstandard.compress),
        full("a.jsonl.gz", gzip.compress),
        full("a.har.bz2", bz2.compress),
        full("a.jsonl.xz", lzma.compress),
    ],
)
def test_a_bomb_is_damage_and_is_not_unpacked(tmp_path, name, compress):
    """A small file that becomes a large one takes no more memory than any other: what comes of it comes in blocks."""
    path = tmp_path / name
    path.write_bytes(compress(b"\0" * (140 << 20)))
    with path.open("rb") as file:
        assert max(map(len, plain_blocks(file))) <= 32 << 20
    assert told(judged(path)) == [("recording-damaged", None)]


def test_aliases_that_multiply_are_damage():
    """A cassette of a few lines must not become text without end."""
    level = "&{1} [{0}]"
    listed = ", ".join(["&a0 [lol, lol]", *(level.format(", ".join([f"*a{n}"] * 9), f"a{n + 1}") for n in range(12))])
    path = Path("laughs.yaml")
    text = f"x: [{listed}]\ninteractions:\n- request: {{method: GET, uri: *a12}}\n  response: *a12\nversion: 1\n"
    found = CassetteFile(path, text.encode())
    with pytest.raises(CassetteDamaged, match="expected text, got"):
        found[0]


def test_a_large_file_that_would_be_read_as_a_whole_is_not_read(tmp_path):
    """What a folder holds beside captures may have any size."""
    path = tmp_path / "dump.json"
    with path.open("wb") as file:
        file.write(b'{"interactions": [{"request": {"uri": "')
        file.truncate(129 << 20)
    (chunk,) = chunks_of(str(path))
    assert "larger than 128 MiB" in chunk.failure


def test_links_that_lead_back_are_followed_once(tmp_path, lines):
    """A capture that links to itself is told, a folder that holds itself ends."""
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.har").symlink_to("self.har")
    found = captures_at([str(tmp_path)], "checked", pytest.fail)
    assert found == [str(tmp_path / "self.har"), str(lines)]
    assert judged(tmp_path / "self.har").failure
