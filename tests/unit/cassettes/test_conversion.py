"""From one kind of file to another: without secrets, and nothing is lost without a word."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sls_contract import Credentials, Exchange, Request, Response, load_cassette, sign, verify_signature
from sls_contract.captures.reading import opened_capture
from sls_contract.cassettes.conversion import Conversion, Losses
from sls_contract.cassettes.har.writing import document_text
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording, SignatureNote
from sls_contract.cassettes.scrub import Scrubber, leaks
from sls_contract.exchange import wire_text
from sls_contract.signing import TEST_CREDENTIALS, TEST_STS_CREDENTIALS

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
KEY = Credentials("LTAI5tAbCdEfGhIjKlMnOpQr", "kEy0123456789SecretSecretSecre", "CAIS" + "aB3+/x9Z" * 20)
URL = "http://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard=0"
PAGE = Path(__file__).parents[3] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"


def foreign(key: Credentials = KEY, body: bytes = b"[]", scheme: str = "v1", **fields: str) -> Recording:
    request = sign(Request("GET", URL, {"User-Agent": "client", **fields}), key, scheme=scheme, at=AT)
    return Recording(Exchange(request, Response(200, {"Content-Length": str(len(body))}, body)))


def losses(recordings) -> Losses:
    found = Losses()
    for each in recordings:
        found.add(each)
    return found


@pytest.mark.parametrize("scheme", ["v1", "v1-sha256", "v4"])
def test_a_foreign_recording_leaves_its_key_behind(scheme):
    """Signed anew with the public key, as in recording; neither id, secret, token nor signature is left."""
    made = foreign(scheme=scheme, body=json.dumps({"echo": KEY.access_key_secret}).encode())
    done = Conversion([made], Scrubber([KEY]))
    (clean,) = done
    assert (done.scrubbed, done.unscanned, clean.signature) == (1, [], SignatureNote("verified"))
    assert verify_signature(clean.exchange.request, TEST_STS_CREDENTIALS) is None
    text = "".join(document_text(done, "1"))
    assert leaks(text.encode(), [KEY]) == ()
    signature = made.exchange.request.headers["authorization"].rpartition("Signature=" if scheme == "v4" else ":")[2]
    assert signature not in text


def test_without_the_key_a_signature_is_marked():
    """Whose secret nobody knows cannot be signed anew: the stand-in says so."""
    (clean,) = Conversion([foreign()], Scrubber())
    assert (clean.signature.verdict, KEY.access_key_id in str(clean.exchange.request.headers.pairs)) == (
        "unchecked", False
    )  # fmt: skip


def test_what_a_late_exchange_gives_away_is_taken_out_of_an_early_one():
    """A token that is known from the second exchange stands in the first one's body."""
    token = "an-unusual-token-0123456789"
    early, late = foreign(body=f'{{"note": "{token}"}}'.encode()), foreign(Credentials("other", "secret-x1", token))
    assert early.exchange.response.body.count(token.encode()) == 1
    done = Conversion([early, late], Scrubber([KEY]))
    assert token not in "".join(document_text(done, "1"))


def test_what_holds_no_secret_stays_as_it_is():
    """Our own recordings keep digest, id and provenance, and are the same objects."""
    before = load_cassette(PAGE).recordings
    done = Conversion(before, Scrubber([KEY]))
    assert all(one is other for one, other in zip(before, done, strict=True))
    assert (done.scrubbed, done.unscanned) == (0, [])


def test_the_verdict_of_the_recording_stays():
    """A signature that was wrong when it was recorded is not judged anew by its stand-in."""
    note = SignatureNote("invalid", "resource")
    made = replace(foreign(TEST_CREDENTIALS, body=KEY.access_key_id.encode()), signature=note, detail=KEY.access_key_id)
    (clean,) = Conversion([made], Scrubber([KEY]))
    public = TEST_STS_CREDENTIALS.access_key_id
    assert (clean.signature, clean.exchange.response.body, clean.detail) == (note, public.encode(), public)


def test_the_provenance_is_scrubbed_too():
    """The User-Agent stands twice in a recording."""
    origin = Provenance(Evidence.LIVE, f"http://{KEY.access_key_id}.example.com", "", f"c {KEY.access_key_id}", AT, AT)
    (clean,) = Conversion([replace(foreign(), provenance=origin)], Scrubber([KEY]))
    assert KEY.access_key_id not in clean.provenance.client + clean.provenance.endpoint
    assert clean.integrity is Integrity.UNKNOWN


def test_a_body_that_nobody_can_open_is_named():
    """What br hides is not known: told once, with its exchange."""
    headers = {"Content-Encoding": "br"}
    made = replace(
        foreign(), exchange=Exchange(foreign().exchange.request, Response(200, headers, b"\x8b\x01\x80x\x03"))
    )
    assert Conversion([foreign(), made], Scrubber()).unscanned == ["exchange 1: response body: br"]


def test_what_a_har_of_others_loses_is_told(tmp_path):
    """Entries, contents, wire bytes: counted, and nothing said where nothing was lost."""
    content = {"size": 2, "mimeType": "", "text": "[]"}
    one = {"request": {"method": "GET", "url": URL}, "response": {"status": 200, "content": content}}
    bare = {"request": one["request"], "response": {"status": 200, "content": {"size": 9}}}
    coded = {"name": "Content-Encoding", "value": "gzip"}
    packed = {"request": one["request"], "response": {"status": 200, "headers": [coded], "content": content}}
    socket = {"request": {"method": "GET", "url": "wss://h/"}}
    (tmp_path / "x.har").write_text(json.dumps({"log": {"entries": [one, bare, packed, socket]}}), "utf-8")
    file = opened_capture(str(tmp_path / "x.har"))
    assert list(losses(file).lost(file)) == [
        "1 entry that is no HTTP exchange",
        "times, cache, pages, cookies and comments, as far as the archive has them",
        "1 response without content in the archive",
        "the bytes on the wire of 1 body that the archive stores decoded",
    ]
    (tmp_path / "y.har").write_text("".join(document_text(load_cassette(PAGE).recordings, "1")), "utf-8")
    ours = opened_capture(str(tmp_path / "y.har"))
    assert list(losses(ours).lost(ours)) == []


def test_a_request_without_its_body_is_not_written():
    """No format can say that the body is unknown: it would be read as an empty one, and the client be accused."""
    lost = foreign().exchange.request.replace(body=b"", wire=False)
    assert not Scrubber([KEY]).exchange(Exchange(lost, None)).exchange.request.wire
    conversion = Conversion([foreign(), Recording(Exchange(lost, None))], Scrubber([KEY]))
    assert conversion.count == len([*conversion]) == 1
    assert "1 exchange without the body that was sent; not written" in list(conversion.losses.lost(None))


def test_what_a_cassette_loses_is_told(tmp_path):
    """Only the mark that a recording was left unfinished."""
    loaded = load_cassette(PAGE)
    assert list(losses(loaded.recordings).lost(loaded.file)) == []
    text = PAGE.read_text("utf-8").replace("tool: sls-contract}", "tool: sls-contract, unfinished: [r1]}")
    (tmp_path / "a.sls.yaml").write_text(text, "utf-8")
    unfinished = load_cassette(tmp_path / "a.sls.yaml")
    assert list(losses(unfinished.recordings).lost(unfinished.file)) == ["the mark of an unfinished recording"]


def test_what_other_readers_of_a_har_do_not_see_is_told():
    """What the format has no place for, counted by exchange."""
    live = replace(foreign(), provenance=Provenance(Evidence.LIVE, recorded_at=AT))
    coded = Response(200, {"Content-Encoding": "gzip"}, gzip.compress(b"[]"))
    odd = Response(200, {"X-A": wire_text(b"\xff")}, b"")
    made = [
        live,
        replace(live, exchange=Exchange(live.exchange.request, coded)),
        replace(live, exchange=Exchange(live.exchange.request, coded), broken="truncated"),
        replace(live, exchange=Exchange(live.exchange.request, odd)),
        replace(live, exchange=Exchange(live.exchange.request, None)),
    ]
    assert list(losses(made).outside_har()) == [
        "evidence, provenance and digest of 5 exchanges",
        "the bytes on the wire of 1 exchange with a content coding",
        "the partial response of 1 exchange that broke off",
        "bytes that are not UTF-8 in the head of 1 exchange",
    ]
    assert list(losses([foreign()]).outside_har()) == []
