"""Plain vcrpy and pytest-recording replay our cassettes, and theirs load here."""

from __future__ import annotations

import gzip
import http.server
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import requests
import vcr

from sls_contract.cassettes.file.recording_file import open_for_recording, write
from sls_contract.cassettes.opening import load_cassette
from sls_contract.cassettes.recording import Evidence, Integrity, Provenance, Recording
from sls_contract.exchange import Exchange, Request, Response

if TYPE_CHECKING:
    from pathlib import Path

BODY = '[{"shard": 0, "consumer": "消费者"}]'.encode()


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = {"/gzip": gzip.compress(BODY), "/binary": b"\xff\x00\n"}.get(self.path, BODY)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if self.path == "/gzip":
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the base class names it

    def log_message(self, *_):
        pass


@pytest.fixture
def service():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ours(url: str, *headers: tuple[str, str], body: bytes = BODY, **fields) -> Recording:
    length = ("Content-Length", str(len(body)))
    response = Response(200, [length, *headers], body, reason="OK")
    return Recording(Exchange(Request("GET", url), response), Provenance(Evidence.SYNTHETIC), **fields)


def replayed(path: Path, *urls: str) -> list[requests.Response]:
    with vcr.use_cassette(str(path), record_mode="none") as cassette, requests.Session() as session:
        responses = [session.get(url, timeout=60) for url in urls]
        assert cassette.play_count == len(urls)
    return responses


def test_plain_vcrpy_replays_what_we_wrote(tmp_path):
    """A real client gets status, headers and bodies, coded or binary ones too, and nobody listens there."""
    path, base = tmp_path / "a.sls.yaml", "http://p.127.0.0.1:1"
    coded = gzip.compress(BODY)
    write(
        path,
        [
            ours(f"{base}/plain?shard=0", ("Set-Cookie", "a=1"), ("X-Odd", "\udcff"), ("Set-Cookie", "b=2")),
            ours(f"{base}/lost", broken="reset"),
            ours(f"{base}/gzip", ("content-encoding", "gzip"), ("日志", "x"), body=coded),
            ours(f"{base}/binary", body=b"\xff\x00\r\n"),
            ours(f"{base}/empty", body=b""),
            ours(f"{base}/chunked", ("Transfer-Encoding", "chunked")),
        ],
    )
    urls = [f"{base}/{name}" for name in ("plain?shard=0", "gzip", "binary", "empty", "chunked")]
    plain, unpacked, binary, empty, chunked = replayed(path, *urls)
    assert [plain.content, unpacked.content, binary.content] == [BODY, BODY, b"\xff\x00\r\n"]
    assert (empty.content, chunked.content) == (b"", BODY)
    assert (plain.status_code, plain.reason, plain.json()[0]["consumer"]) == (200, "OK", "消费者")
    assert plain.cookies.get_dict() == {"a": "1", "b": "2"}
    assert load_cassette(path).exchanges[2].response.body == coded


def test_plain_vcrpy_leaves_an_exchange_without_a_response_alone(tmp_path):
    """It is not played: the client is told that there is no recording, in vcrpy's own words."""
    path, url = tmp_path / "a.sls.yaml", "http://127.0.0.1:1/"
    write(path, [Recording(Exchange(Request("GET", url), None), broken="timeout")])
    with pytest.raises(vcr.errors.CannotOverwriteExistingCassetteException):
        replayed(path, url)


def test_pytest_recording_replays_what_we_wrote(tmp_path):
    """Its marker finds our file and responses from it, beside an empty cassette of ours."""
    folder = tmp_path / "cassettes" / "test_it"
    write(folder / "test_plain.yaml", [ours("http://p.127.0.0.1:1/")])
    (tmp_path / "test_it.py").write_text(
        "import pytest, requests\n"
        "@pytest.mark.vcr\n"
        "@pytest.mark.block_network\n"
        f"def test_plain(): assert requests.get('http://p.127.0.0.1:1/').content == {BODY!r}\n"
    )
    arguments = ["-p", "no:sls_contract", "-p", "no:cacheprovider", "-q", "--record-mode=none", "test_it.py"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "1 passed" in run.stdout, run.stdout + run.stderr


@pytest.mark.parametrize("serializer", ["yaml", "json"])
def test_what_plain_vcrpy_recorded_loads_here(tmp_path, service, serializer):
    """Bodies byte for byte, evidence unknown, and a coded body is known not to be the wire's."""
    path = tmp_path / f"theirs.{serializer}"
    names = ["plain", "gzip"] + (["binary"] if serializer == "yaml" else [])
    with vcr.use_cassette(str(path), serializer=serializer), requests.Session() as session:
        for name in names:
            session.get(f"{service}/{name}")
        session.post(f"{service}/post", data="体".encode())
    cassette = load_cassette(path)
    responses = [exchange.response for exchange in cassette.exchanges]
    assert [response.body for response in responses][:2] == [BODY, BODY]
    assert serializer == "json" or responses[2].body == b"\xff\x00\n"
    assert [response.wire for response in responses] == [True, False, *([True] * (len(names) - 1))]
    assert responses[0].headers.get_all("set-cookie") == ("a=1", "b=2")
    assert cassette.exchanges[-1].request.body == "体".encode()
    assert cassette.evidence is Evidence.UNKNOWN
    assert {one.integrity for one in cassette.recordings} == {Integrity.UNKNOWN}
    assert [request.url for request in cassette.file.requests()] == [one.request.url for one in cassette.exchanges]
    assert len(cassette.file.lines) == len(cassette.file)
    assert cassette.file.lines[0] == (2 if serializer == "yaml" else None)
    write(tmp_path / "copy.sls.yaml", cassette.recordings)
    assert load_cassette(tmp_path / "copy.sls.yaml").exchanges == cassette.exchanges


def test_plain_vcrpy_recording_onto_ours_is_seen(tmp_path, service):
    """Plain vcrpy rewrites the file without what it does not know: the exchanges load, and prove nothing any more."""
    path = tmp_path / "a.sls.yaml"
    with open_for_recording(path) as recorder:
        recorder.append(ours("http://127.0.0.1:1/old"))
    with vcr.use_cassette(str(path), record_mode="new_episodes"), requests.Session() as session:
        session.get(f"{service}/new")
    cassette = load_cassette(path)
    assert len(cassette.exchanges) == 2
    assert cassette.evidence is Evidence.UNKNOWN


OLD_FORMS = r"""
interactions:
- request: {body: !!python/unicode 'q', headers: {Host: [a.b]}, method: GET, uri: 'http://a.b/'}
  response: {body: {string: !!binary "/wAK"}, headers: {}, status: {code: 200, message: !!python/unicode 'OK'}}
- request:
    body: !!python/object/new:_io.BytesIO {state: !!python/tuple ["io", 0, null]}
    method: GET
    uri: 'http://a.b/'
  response: {body: {base64_string: /wAK}, status: {code: 200}}
- request: {body: !!python/object/apply:builtins.iter {args: [["a", !!binary "/w=="]]}, method: GET, uri: 'http://a.b/'}
  response: {status_code: 200, content: "\xE9", headers: {}, http_version: HTTP/1.1}
- request: {method: GET, uri: 'http://a.b/', body: {encoding: US-ASCII, string: ''}}
  response: {body: {encoding: ISO-8859-1, string: "\xE9"}, status: {code: 200, message: null}}
- request: {method: GET, uri: 'http://a.b/', body: {encoding: ASCII-8BIT, string: "\xE9"}}
  response: null
version: 1
"""


def test_the_forms_of_other_times_and_tools_load(tmp_path):
    """Python 2 strings, pickled streams, iterators, Ruby's encodings, base64 and httpx of old."""
    path = tmp_path / "old.yaml"
    path.write_text(OLD_FORMS)
    exchanges = load_cassette(path).exchanges
    assert [one.request.body for one in exchanges] == [b"q", b"io", b"a\xff", b"", "é".encode()]
    assert [one.response.body for one in exchanges[:4]] == [b"\xff\x00\n", b"\xff\x00\n", "é".encode(), b"\xe9"]
    assert exchanges[4].response is None


def test_a_lone_surrogate_in_json_is_kept(tmp_path):
    """JSON can hold what UTF-8 cannot; it loads all the same."""
    path = tmp_path / "a.json"
    path.write_text(
        '{"version": 1, "interactions": [{"request": {"method": "GET", "uri": "http://a.b/", "body": "\\ud800"},'
        ' "response": {"status": {"code": 200, "message": ""}, "headers": {}, "body": {"string": "x"}}}]}'
    )
    assert load_cassette(path).exchanges[0].request.body == b"\xed\xa0\x80"
