"""What is wrong with a cassette is said with its line, and a damaged one is never written over."""

from __future__ import annotations

import gzip
import json

import pytest
import yaml
from advice import advised

from sls_contract.cassettes.file.reader import CassetteFile
from sls_contract.cassettes.file.recording_file import fold, load, open_for_recording, write
from sls_contract.cassettes.har.archive import write_har
from sls_contract.cassettes.opening import load_cassette
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording
from sls_contract.errors import CassetteDamaged, CassetteError, UsageError
from sls_contract.exchange import Exchange, Request, Response

BODY = b'[{"shard": 0}]'


def recording(shard: int, body: bytes = BODY, **fields) -> Recording:
    request = Request("GET", f"http://p.cn-hangzhou.log.aliyuncs.com/?shard={shard}", {"Host": "p.example"})
    response = Response(200, {"Content-Length": str(len(body))}, body, reason="OK")
    return Recording(Exchange(request, response), Provenance(Evidence.LIVE), **fields)


@pytest.fixture
def cassette(tmp_path):
    path = tmp_path / "a.sls.yaml"
    write(path, [recording(0), recording(1), recording(2)])
    return path


def damage(path) -> CassetteDamaged:
    with pytest.raises(CassetteDamaged) as caught:
        list(load(path))
    assert caught.value.path == str(path)
    return caught.value


def edit(path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("mark", ["<<<<<<< HEAD", "=======", ">>>>>>> branch", "||||||| base"])
def test_a_conflict_marker_is_named_with_its_line(cassette, mark):
    """Whoever left a merge half done reads which marker stands where."""
    lines = cassette.read_text().splitlines()
    lines.insert(11, mark)
    cassette.write_text("\n".join(lines) + "\n")
    error = damage(cassette)
    assert error.line == 12
    assert "merge conflict" in error.reason
    assert mark[:7] in error.reason


def test_a_body_that_quotes_a_conflict_marker_is_no_damage(tmp_path):
    """A marker inside a recorded body is data."""
    path = tmp_path / "a.sls.yaml"
    write(path, [recording(0, b"<<<<<<< HEAD\n=======\n>>>>>>> x\n")])
    assert load(path)[0].exchange.response.body == b"<<<<<<< HEAD\n=======\n>>>>>>> x\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", None, "empty"),
        (b" \n\n", None, "empty"),
        (b"version: 1\ninteractions: \0", 2, "NUL"),
        (b"version: 1\n\xff\xfe\n", 2, "not UTF-8: byte 0xff"),
        (b"version: 1\ninteractions: 'a\n", 3, "not YAML"),
        (b"version: 1\ninteractions:\n- a: \x07\n", 3, "not YAML"),
        (b"version: 2\ninteractions: []\n", None, "version 2 cannot be read"),
        (b"interactions: []\n", None, "version is missing"),
        (b"version: 1\n", None, "interactions is missing"),
        (b"version: 1\ncontract: {format: 9}\ninteractions: []\n", None, "contract format 9"),
        (b"http_interactions: []\nrecorded_with: VCR 6.1.0\n", None, "Betamax or of Ruby's VCR"),
        (b'{"mappings": [{"request": {"method": "GET"}}]}', None, "interactions is missing"),
        (b'[{"scope": "http://a:80", "path": "/"}]', 1, "not a cassette"),
        (b"just text\n", 1, "not a cassette"),
        (b"- request: {}\n  response: {}\n", 1, "vcr.migration"),
        (b'{"version": 1,\n "interactions": [}', 2, "not JSON"),
        (b'{"a":' * 100_000, None, "nested"),
        (b"[" * 100_000, 1, "nested"),
        (b"- " * 100_000, 1, "nested"),
        (b"version: 1\nversion: 1\ninteractions: []\n", 2, "appears twice, at lines 1 and 2"),
        (b"version: 1\ninteractions: &all\n- *all\n", 2, "contains itself"),
        (b"version: 1\ncontract: {a: &a [{b: *a}]}\ninteractions: []\n", 2, "contains itself"),
        (b'{"version": 1, "version": 1}', None, "'version' appears twice in the outermost object"),
        (b'{"interactions": [{}, {"a": {"b": 1, "b": 2}}]}', None, "'b' appears twice in /interactions/1/a"),
        (b"version: 1\ninteractions:\n- 1\n", 3, "must be a mapping, got int"),
        (b"version: 1\ninteractions:\n- request: {method: GET, uri: 'http://a/', body: 1}\n", 3, "a body must be"),
        (b"version: 1\ninteractions:\n- request: {method: GET, uri: 'http://a/'}\n", 3, "needs request and response"),
        (b"version: 1\ninteractions:\n- request: {method: GET}\n", 3, "method and uri, got the keys method"),
        (b"version: 1\ninteractions:\n- request: {method: GET, uri: x}\n", 3, "absolute"),
        (b"version: 1\ninteractions: [{request: {method: GET, uri: 'http://a/'}, response: {}}]\n", 2, "status"),
        (b"version: 1\ninteractions: [{request: {method: GET, uri: 'http://a/', body: {x: 1}}}]\n", 2, "key string"),
        (b"version: 1\ninteractions:\n- !!python/name:os.system x\n", 3, "not YAML"),
        (b"version: 1\ninteractions:\n- 2026-99-99\n", None, "not YAML"),
    ],
)
def test_a_file_that_is_no_cassette_says_why(tmp_path, data, line, reason):
    """Every kind of damage is an error of ours with line and reason, and recording does not touch the file."""
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    error = damage(path)
    assert (error.line, reason in error.reason) == (line, True), error
    assert "How to fix" in str(error)
    assert path.read_bytes() == data


POSTMAN = b'{"info": {"name": "c",\n "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}'
VERBOSE = b"* Connected to x\n> GET /a HTTP/1.1\n> Host: x\n>\n< HTTP/1.1 200 OK\n<\n{}\n"


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"PK\x03\x04\x14\0", "a ZIP archive"),
        (gzip.compress(b"version: 1\ninteractions: []\n", mtime=0), "compressed with gzip"),
        (b"\x89PNG\r\n\x1a\n\0", "an image"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0", "a capture of packets (pcap)"),
        (b"\n\r\r\n\x1c\0\0\0", "a capture of packets (pcap)"),
        ("version: 1\ninteractions: []\n".encode("utf-16"), "text in UTF-16"),
        ("version: 1\ninteractions: []\n".encode("utf-16-be"), "text in UTF-16"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html>", "an HTML page"),
        (b'<?xml version="1.0"?><items/>', "XML"),
        (POSTMAN, "a Postman collection, which has no responses as they came"),
        (b'{"openapi": "3.1.0"}', "an OpenAPI document"),
        (VERBOSE, "a log of curl -v"),
        (b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n", "an HTTP message as text"),
        (b"curl -H 'Host: x' http://x/a\n", "a curl command"),
        (b'{"comment": "", "log": {"entries": []}}', "a HAR, which this command knows by its name"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, data, name):
    """It says what the file is, and never to delete it: it may be all that the user has."""
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    error = damage(path)
    assert error.reason == f"not a cassette: {name}"
    assert error.how_to_fix
    assert "delete" not in error.how_to_fix


def test_what_is_advised_for_a_file_of_another_kind_makes_it_readable(tmp_path, cassette):
    """A HAR under another name is renamed, UTF-16 is saved as UTF-8, and what is compressed is unpacked."""
    har, path = tmp_path / "a.har", tmp_path / "a.json"
    write_har(har, list(load(cassette)), "1")
    har.rename(path)
    advised(str(damage(path)), r"give it a name that ends in \.har")
    path.rename(har)
    assert len(load_cassette(har).exchanges) == 3
    data = cassette.read_bytes()
    for packed, advice in ((gzip.compress(data), "unpack it"), (data.decode().encode("utf-16"), "save it as UTF-8")):
        cassette.write_bytes(packed)
        assert advised(str(damage(cassette)), advice)
    cassette.write_bytes(data)
    assert len(load(cassette)) == 3


@pytest.mark.parametrize(
    "body", [POSTMAN.decode(), VERBOSE.decode(), "<html>", "PK\x03\x04", "{'openapi': '3.1.0'}", '{"log": {}}']
)
def test_a_cassette_is_one_whatever_was_recorded(tmp_path, body):
    """Only a file that cannot be read is looked at for what else it may be."""
    request = {"method": "GET", "uri": "http://a/", "headers": {}, "body": body}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": body}}
    whole = {"interactions": [{"request": request, "response": response}], "version": 1}
    for name, text in (("a.json", json.dumps(whole, indent=1)), ("a.yaml", json.dumps(whole))):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert len(CassetteFile.read(tmp_path / name)) == 1


def test_a_file_of_a_later_format_is_not_to_be_deleted(cassette):
    """A later version recorded it: that version reads it."""
    edit(cassette, "format: 1", "format: 2")
    error = damage(cassette)
    assert "contract format 2" in error.reason
    assert "a later one" in error.how_to_fix
    assert "delete" not in error.how_to_fix


def test_recording_refuses_a_damaged_cassette(cassette):
    """Neither appending nor writing whole replaces a file that cannot be read."""
    cassette.write_bytes(b"")
    with pytest.raises(CassetteDamaged):
        open_for_recording(cassette)
    with pytest.raises(CassetteDamaged):
        write(cassette, [recording(0)])
    assert cassette.read_bytes() == b""
    assert [each.name for each in cassette.parent.iterdir()] == [cassette.name]


def test_a_torn_block_is_named_with_its_line(cassette):
    """A block whose text is no YAML is reported at the line inside the file, the others stay readable."""
    edit(cassette, "shard=1'", "shard=1")
    file = load(cassette)
    assert file[0] == recording(0)
    with pytest.raises(CassetteDamaged) as caught:
        file[1]
    assert file.lines[1] < caught.value.line < file.lines[2]


def test_a_block_that_lost_its_response_is_damaged_or_edited(cassette):
    """An interaction without its parts is no silent success."""
    edit(cassette, "  request:\n    method", "  requests:\n    method")
    assert "request must be a mapping, got nothing" in damage(cassette).reason


def test_an_unknown_evidence_is_damage(cassette):
    """Evidence is one of five words."""
    edit(cassette, "evidence: live", "evidence: divine")
    assert "contract.evidence must be one of live, reference, " in damage(cassette).reason
    with pytest.raises(CassetteDamaged):
        _ = CassetteFile.read(cassette).evidence


def test_a_block_that_stands_twice_is_damage(cassette):
    """A merge that kept both sides of one exchange is found without reading the blocks."""
    text = cassette.read_text()
    start = text.index("- contract")
    second = text.index("\n- contract", start) + 1
    cassette.write_text(text[:second] + text[start:second] + text[second:])
    error = damage(cassette)
    assert error.line == 4 + text[start:second].count("\n")
    assert "line 4 is repeated here" in error.reason
    assert error.how_to_fix == f"remove one of the two blocks, which begin at lines 4 and {error.line}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"shard": 0', '"shard": 7'),
        ("code: 200", "code: 500"),
        ("evidence: live", "evidence: document"),
        ("message: OK", "message: Fine"),
        ("digest: sha256", "digest: sha250"),
        ("      Host:\n", "      host:\n"),
        ("    body: null", "    body: x"),
    ],
)
def test_an_edit_by_hand_is_marked_and_wins(cassette, old, new):
    """A well-formed edit loads as what it says now, and the digest tells that it is not what was recorded."""
    edit(cassette, old, new)
    file = load(cassette)
    assert [one.integrity for one in file] == [Integrity.EDITED, Integrity.INTACT, Integrity.INTACT]
    write(cassette, file)
    assert load(cassette)[0].integrity is Integrity.EDITED  # writing it again heals nothing


def test_an_edit_of_what_a_reviewer_sees_wins_over_the_wire_bytes(tmp_path):
    """Where the readable body no longer is the decoded wire body, the readable one is replayed, marked as edited."""
    import gzip

    path = tmp_path / "a.sls.yaml"
    headers = [("content-encoding", "gzip"), ("Content-Length", "34")]
    response = Response(200, headers, gzip.compress(BODY))
    write(path, [Recording(Exchange(Request("GET", "http://a/\udcff", [("a b", "1")]), response))])
    edit(path, "string: '[{\"shard\": 0}]'", "string: '[{\"shard\": 9}]'")
    edit(path, "uri: 'http://a/%FF'", "uri: 'http://a/%FE'")
    (one,) = load(path)
    assert one.integrity is Integrity.EDITED
    assert one.exchange.request.url == "http://a/%FE"
    assert one.exchange.response.body == b'[{"shard": 9}]'
    assert dict(one.exchange.response.headers) == {"Content-Length": "14"}


def test_headers_that_are_no_lines_are_damage(tmp_path):
    """The exact header lines are a list."""
    path = tmp_path / "a.sls.yaml"
    write(path, [Recording(Exchange(Request("GET", "http://a/", [("a b", "1")]), None))])
    edit(path, "headers:\n      - 'a b: 1'", "headers: x")
    assert "must be a list of lines" in damage(path).reason


def test_a_reformatted_file_may_lose_its_last_line(cassette):
    """A formatter that keeps the first lines and drops the closing one does no damage; a cut does."""
    text = cassette.read_text()
    cassette.write_text(text.removesuffix("...\n"))
    assert "cut off" in damage(cassette).reason
    wrapped = text.replace("string: '[{\"shard\": 0}]'", 'string: >-\n        [{"shard": 0}]')
    cassette.write_text(wrapped.removesuffix("...\n"))
    assert [one.integrity for one in load(cassette)] == [Integrity.INTACT] * 3
    cassette.write_text(text[: text.index("- contract")])
    assert damage(cassette).line == 3


def test_unquoted_times_and_single_values_are_read(cassette):
    """What reformatters and hands do to scalars is taken in: times without quotes, one header value without a list."""
    tree = yaml.safe_load(cassette.read_text())
    tree["interactions"] = tree["interactions"][:1]
    tree["interactions"][0]["request"]["headers"] = {"Host": "p.example", "X-Number": 1, "X-None": None}
    text = yaml.safe_dump(tree) + "\n"
    cassette.write_text(text.replace("evidence: live", "evidence: live\n    recorded_at: 2026-11-23 05:50:00"))
    (one,) = load(cassette)
    assert one.provenance.recorded_at.isoformat() == "2026-11-23T05:50:00+00:00"
    assert one.exchange.request.headers.pairs == (("Host", "p.example"), ("X-None", ""), ("X-Number", "1"))


@pytest.mark.parametrize("text", ["yesterday", "5", "'9999-12-31T23:59:59-12:00'", "9999-12-31 23:59:59 -12:00"])
def test_a_time_that_is_none_is_damage(cassette, text):
    """Whatever stands there, in the past or beyond the last year: told with its line, never as an error of ours."""
    before = cassette.read_text()
    cassette.write_text(before.replace("evidence: live", f"evidence: live\n    recorded_at: {text}", 1))
    assert "time" in damage(cassette).reason


def test_what_cannot_be_read_at_all_is_a_cassette_error(tmp_path):
    """A missing file and a folder are told apart from damage."""
    with pytest.raises(CassetteError, match="no cassette"):
        load_cassette(tmp_path / "none.yaml")
    with pytest.raises(CassetteError, match="cannot be read"):
        load_cassette(tmp_path)
    fold(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "wrong",
    [
        Recording(Exchange(Request("GET", "http://a/", [("a:b", "1")]), Response(200, [("a:", "\udcff")]))),
        Recording(Exchange(Request("GET", "http://a/", [("a", "\ud800")]), None)),
        Recording(Exchange(Request("GET", "http://a/"), Response(200, [("a", "\ud83d\ude00")]))),
        Recording(Exchange(Request("GET", "http://a/"), None), Provenance(endpoint="\ud800")),
        Recording(Exchange(Request("", "http://a/"), None)),
    ],
)
def test_what_no_wire_can_carry_is_a_usage_error(tmp_path, wrong):
    """No method, a header name with a colon, text that stands for no bytes: refused, and what was recorded stays."""
    whole, recorded = tmp_path / "a.sls.yaml", tmp_path / "b.sls.yaml"
    fine = Recording(Exchange(Request("GET", "http://a/", {}, b"\xff"), None))
    with pytest.raises(UsageError):
        write(whole, [wrong])
    assert not whole.exists()
    with open_for_recording(recorded) as recorder:
        recorder.append(fine)
        with pytest.raises(UsageError):
            recorder.append(wrong)
        recorder.append(fine)
    assert [one.exchange for one in load(recorded)] == [fine.exchange] * 2


def test_a_time_without_zone_is_refused():
    """Moments are aware."""
    from datetime import datetime

    with pytest.raises(UsageError, match="recorded_at must be aware"):
        Provenance(recorded_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the point


def test_an_empty_cassette_is_whole_and_proves_nothing(tmp_path):
    """No exchange at all: readable, for vcrpy as well, with unknown evidence."""
    path = tmp_path / "a.sls.yaml"
    write(path, [])
    assert yaml.safe_load(path.read_text())["interactions"] == []
    cassette = load_cassette(path)
    assert (cassette.exchanges, cassette.evidence, cassette.file[:]) == ((), Evidence.UNKNOWN, ())


def test_a_cassette_shows_its_weakest_evidence_and_what_got_no_response(tmp_path):
    """The value that load_cassette gives."""
    path = tmp_path / "a.sls.yaml"
    lost = Recording(Exchange(Request("GET", "http://a/"), None), Provenance(Evidence.REFERENCE), broken="reset")
    cut = recording(1, broken="truncated", detail="12 of 14 bytes")
    write(path, [recording(0), lost, cut])
    cassette = load_cassette(path)
    assert cassette.path == path
    assert cassette.evidence is Evidence.REFERENCE
    assert cassette.incomplete == (lost, cut)
    assert cassette.exchanges[1].response is None
    assert cassette.recordings[2].exchange.response.body == BODY
    assert json.loads(json.dumps(cassette.file.lines)) == sorted(cassette.file.lines)
