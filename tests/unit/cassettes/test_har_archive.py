"""What we write into a HAR: what any reader finds in it, and what happens where somebody edits it."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sls_contract.cassettes.har.archive import HarFile, write_har
from sls_contract.cassettes.har.writing import document_text
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording, SignatureNote
from sls_contract.errors import CassetteError
from sls_contract.exchange import Exchange, Request, Response, wire_text

AT = datetime(2026, 11, 23, 2, 0, 0, 500000, tzinfo=UTC)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/日志/consumergroups/g?shard=0&q=%E6%97%A5"
BODY = '[{"shard":0,"consumer":"消费者"}]'.encode()
REQUEST = Request("GET", URL, {"Cookie": "a=1; ; b=2", "User-Agent": "client"})
RESPONSE = Response(200, [("Content-Type", "application/json"), ("Set-Cookie", "c=3; Path=/")], BODY, reason="OK")


def recording(request: Request = REQUEST, response: Response | None = RESPONSE, **changes) -> Recording:
    origin = Provenance(Evidence.LIVE, "http://cn-hangzhou.log.aliyuncs.com", "cn-hangzhou", "client", AT, AT, "1")
    return replace(Recording(Exchange(request, response), origin, SignatureNote("verified")), **changes)


def entry_of(made: Recording) -> dict:
    return json.loads("".join(document_text([made], "1")))["log"]["entries"][0]


def reread(made: Recording, old: str = "", new: str = "") -> Recording:
    text = "".join(document_text([made], "1"))
    assert old in text, text
    (recorded,) = HarFile("x.har", text.replace(old, new, 1).encode())
    return recorded


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path):
    """Two commands may write the same HAR at the same time; the later one is there, whole."""
    path, made = tmp_path / "a.har", [recording()] * 3

    def slowly():
        yield made[0]
        write_har(path, made[:2], "1")
        yield from made[1:]

    write_har(path, slowly(), "1")
    assert len(HarFile.read(path)) == len(made)
    assert [each.name for each in tmp_path.iterdir()] == ["a.har"]


def test_any_reader_finds_the_exchange():
    """Head, query, cookies, body and time stand where the format wants them; a URL is plain ASCII."""
    entry = entry_of(recording())
    asked, came = entry["request"], entry["response"]
    assert entry["startedDateTime"] == "2026-11-23T02:00:00.500000Z"
    assert asked["url"] == URL.replace("日志", "%E6%97%A5%E5%BF%97")
    assert asked["queryString"] == [{"name": "shard", "value": "0"}, {"name": "q", "value": "日"}]
    assert asked["cookies"] == [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]
    assert (asked["bodySize"], "postData" in asked) == (0, False)
    assert (came["status"], came["statusText"], came["bodySize"]) == (200, "OK", len(BODY))
    assert came["headers"][0] == {"name": "Content-Type", "value": "application/json"}
    assert came["cookies"] == [{"name": "c", "value": "3"}]
    assert came["content"] == {"size": len(BODY), "mimeType": "application/json", "text": BODY.decode()}


def test_a_compressed_response_reads_decoded_under_its_own_headers():
    """As browsers write it; the bytes of the wire come back from beside it."""
    packed = gzip.compress(BODY, mtime=0)
    coded = RESPONSE.replace(headers={"Content-Encoding": "gzip", "Content-Length": str(len(packed))}, body=packed)
    entry = entry_of(recording(response=coded))
    assert entry["response"]["headers"][0] == {"name": "Content-Encoding", "value": "gzip"}
    assert (entry["response"]["content"]["text"], entry["response"]["bodySize"]) == (BODY.decode(), len(packed))
    assert entry["response"]["content"]["compression"] == len(BODY) - len(packed)
    assert reread(recording(response=coded)).exchange.response.body == packed


def test_bytes_that_are_no_text():
    """Bodies stand in base64, as the format wants it of responses; heads read as Latin-1, and come back unchanged."""
    request = REQUEST.replace(method="POST", headers={"X-Odd": wire_text(b"\xe9")}, body=b"\xff\x00")
    made = recording(request, RESPONSE.replace(body=b"\xfe"))
    entry = entry_of(made)
    assert entry["request"]["postData"] == {"mimeType": "x-unknown", "text": "/wA=", "_encoding": "base64"}
    assert entry["response"]["content"]["encoding"] == "base64"
    assert entry["request"]["headers"] == [{"name": "X-Odd", "value": "é"}]
    assert (reread(made), reread(made).integrity) == (made, Integrity.INTACT)


@pytest.mark.parametrize(("response", "broken"), [(None, "reset"), (RESPONSE.replace(body=b'[{"sh'), "truncated")])
def test_an_attempt_without_a_whole_response_is_status_0(response, broken):
    """As Chrome writes it; what had come of the response stands beside it."""
    made = recording(response=response, broken=broken, detail="the peer left")
    entry = entry_of(made)
    assert (entry["response"]["status"], entry["response"]["_error"]) == (0, broken)
    assert "text" in entry["response"]["content"]
    assert reread(made) == made


def test_without_a_time_the_format_gets_its_zero():
    """The format demands a moment; reading it back does not make one up."""
    made = recording(provenance=Provenance())
    assert entry_of(made)["startedDateTime"] == "1970-01-01T00:00:00Z"
    assert reread(made).provenance.recorded_at is None


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ('"status": 200', '"status": 201', lambda made: made.exchange.response.status == 201),
        ('"method": "GET"', '"method": "PUT"', lambda made: made.exchange.request.method == "PUT"),
        ("shard=0", "shard=1", lambda made: made.exchange.request.url.endswith("?shard=1&q=%E6%97%A5")),
        ('"statusText": "OK"', '"statusText": "Fine"', lambda made: made.exchange.response.reason == "Fine"),
        ("消费者", "x", lambda made: made.exchange.response.body == b'[{"shard":0,"consumer":"x"}]'),
        ('"client"', '"other"', lambda made: made.exchange.request.headers["user-agent"] == "other"),
        ('"evidence": "live"', '"evidence": "document"', lambda made: made.provenance.evidence is Evidence.DOCUMENT),
    ],
)
def test_an_edit_counts_and_the_digest_tells(old, new, changed):
    """Whoever edits what any reader sees changes the exchange; nobody can do so unnoticed."""
    edited = reread(recording(), old, new)
    assert changed(edited)
    assert edited.integrity is Integrity.EDITED
    assert reread(edited).integrity is Integrity.EDITED  # writing it again does not heal it


def test_an_edit_of_a_decoded_body_wins_over_the_wire():
    """The stored bytes no longer say the same, so they are not replayed."""
    coded = RESPONSE.replace(headers={"Content-Encoding": "gzip"}, body=gzip.compress(BODY))
    edited = reread(recording(response=coded), "消费者", "x")
    assert edited.exchange.response.body == b'[{"shard":0,"consumer":"x"}]'
    assert "content-encoding" not in edited.exchange.response.headers


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    """Folders are made; nothing else is left beside it; a file that cannot be written is told."""
    path = tmp_path / "新" / "a.har"
    write_har(path, [recording()], "1")
    assert HarFile.read(path)[0] == recording()
    assert [each.name for each in path.parent.iterdir()] == ["a.har"]
    with pytest.raises(CassetteError, match="cannot be written"):
        write_har(path / "b.har", [recording()], "1")
    assert HarFile.read(path)[0] == recording()
