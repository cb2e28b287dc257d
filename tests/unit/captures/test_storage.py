"""Captures in folders that are not on this machine are found, read and judged as local ones are."""

from __future__ import annotations

import gzip
import io
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from advice import advised
from oss_server import served_oss
from s3_server import served_s3

from sls_contract import cli
from sls_contract.captures.remote.places import recordings_by_name
from sls_contract.captures.remote.store import Store, revision_object
from sls_contract.captures.storage import storage_errors
from sls_contract.errors import CassetteError

fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")


def check(*argv):
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["check", *map(str, argv)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


def convert(*argv):
    err = io.StringIO()
    code = cli.run(["convert", *map(str, argv)], environ={}, stdin=io.StringIO(), stdout=io.StringIO(), stderr=err)
    return code, err.getvalue()


def findings(folder, report):
    """Judge a folder, and give the findings with the names of their captures below it."""
    check(folder, "--json", report)
    document = json.loads(report.read_text(encoding="utf-8"))
    found = [{**each, "cassette": each["cassette"].rpartition("captures/")[2]} for each in document["findings"]]
    return found, document["summary"]


@pytest.fixture
def folder(tmp_path, lines, har):
    """Give a folder with a capture of each kind, and files of other kinds beside them."""
    made = tmp_path / "captures"
    (made / "日").mkdir(parents=True)
    lines.rename(made / "日" / lines.name)
    (made / "a.har.gz").write_bytes(gzip.compress(har.read_bytes()))
    (made / "events.jsonl").write_text('{"event": 1}\n', encoding="utf-8")
    (made / "pod.yaml").write_text("kind: Pod\n", encoding="utf-8")
    cli.run(
        ["convert", str(har), str(made / "b.sls.yaml")],
        environ={},
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    return made


def upload(folder, filesystem, place):
    for path in folder.rglob("*"):
        if path.is_file():
            filesystem.pipe_file(f"{place}/{path.relative_to(folder).as_posix()}", path.read_bytes())


def test_a_folder_in_memory_is_judged_as_a_local_one(folder, tmp_path):
    """Every kind of capture, compressed or not; other files are passed over."""
    upload(folder, fsspec.filesystem("memory"), "/captures")
    local, remote = findings(folder, tmp_path / "1.json"), findings("memory://captures", tmp_path / "2.json")
    assert local == remote
    assert local[1]["exchanges"] == 36


def test_every_version_of_a_recording_is_judged(folder):
    """Below the objects of a suite, several files have the same name, as one beside them may have."""
    data = (folder / "b.sls.yaml").read_bytes()
    filesystem = fsspec.filesystem("memory")
    for place in ("objects/0123456789abcdef/b.sls.yaml", "objects/1123456789abcdef/b.sls.yaml", "b.sls.yaml"):
        filesystem.pipe_file(f"/versions/{place}", data)
    assert "\n3 cassettes, " in check("memory://versions")[1]
    assert "\n2 cassettes, " in check("memory://versions/objects")[1]


@pytest.mark.filterwarnings("ignore")  # of botocore, aiohttp and moto
@pytest.mark.parametrize(("scheme", "served"), [("s3", served_s3), ("oss", served_oss)])
def test_a_folder_in_a_bucket_is_judged_as_a_local_one(folder, monkeypatch, tmp_path, scheme, served):
    """Through a real server, with the credentials that the library takes; a page of a list ends early."""
    with served(monkeypatch) as filesystem:
        upload(folder, filesystem, "bucket/captures")
        found = findings(f"{scheme}://bucket/captures", tmp_path / "2.json")
        assert findings(folder, tmp_path / "1.json") == found
        assert findings(f"{scheme}://bucket/captures/**/*", tmp_path / "3.json") == found
        assert findings(f"{scheme}://bucket/captures/*", tmp_path / "4.json") == found  # a folder among them
        code, _, errors = check(f"{scheme}://nobucket/captures")
        assert (code, "nobucket" in errors, "How to fix" in errors) == (2, True, True)


@pytest.mark.filterwarnings("ignore")  # as above
def test_an_empty_object_that_stands_for_a_folder_is_no_capture(folder, monkeypatch, tmp_path):
    """Consoles of object storage create a folder as an object whose name ends with a slash."""
    with served_s3(monkeypatch) as filesystem:
        upload(folder, filesystem, "bucket/captures")
        for name in ("captures/", "empty/"):
            filesystem.call_s3("put_object", Bucket="bucket", Key=name, Body=b"")
        local = findings(folder, tmp_path / "1.json")
        for url in ("s3://bucket/captures/", "s3://bucket/captures", "s3://bucket/captures/**"):
            assert findings(url, tmp_path / "2.json") == local
        code, _, errors = check("s3://bucket/empty/")
        assert (code, "there is no file" in errors) == (2, True)


def test_the_url_of_a_file_or_folder_that_exists_is_no_pattern(folder):
    """Names of parametrized tests contain brackets."""
    filesystem = fsspec.filesystem("memory")
    upload(folder, filesystem, "/literal/run[1]")
    filesystem.pipe_file("/literal/test[a].sls.yaml", (folder / "b.sls.yaml").read_bytes())
    filesystem.pipe_file("/literal/testa.sls.yaml", b"")
    assert "\n1 cassette, 12 exchanges" in check("memory://literal/test[a].sls.yaml")[1]
    assert recordings_by_name("memory://literal/run[1]").keys() == recordings_by_name(f"file://{folder}").keys()


def test_patterns_name_captures_in_any_storage(folder):
    """As a shell would."""
    upload(folder, fsspec.filesystem("memory"), "/patterns")
    code, out, _ = check("memory://patterns/**/*.jsonl")
    assert code == 1
    assert out.count("memory://") > 0
    assert "a.har.gz" not in out


@pytest.mark.parametrize(
    ("url", "told"),
    [("memory://nothing/here", "there is no file"), ("nosuch://a/b", "cannot be read"), ("gs://a/b", "pip install")],
)
def test_what_cannot_be_read_is_told_with_how_to_fix_it(url, told):
    """A storage that is not known, a library that is missing, a file that is not there."""
    code, out, err = check(url)
    assert code == 2
    assert told in out + err
    assert advised(
        out + err,
        "name a file, a folder or a pattern that exists|name a path, or a URL such as|pip install 'sls-contract",
    )


class Handler(BaseHTTPRequestHandler):
    """Serves the server's ``data``; sends only ``size`` bytes of it, or responds to GET with another ``status``."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.send_response(200)
        if self.server.typed:
            self.send_header("Content-Type", "application/x-ndjson")
        length = ("Content-Length", str(len(self.server.data)))
        self.send_header(*(("Transfer-Encoding", "chunked") if self.server.chunked else length))
        self.end_headers()

    def do_GET(self):
        self.close_connection = True
        if self.server.status != 200:
            self.send_error(self.server.status)
            return
        self.do_HEAD()
        sent, end = self.server.data[: self.server.size], b"0\r\n\r\n" * (self.server.size is None)
        self.wfile.write(b"%x\r\n%s\r\n%s" % (len(sent), sent, end) if self.server.chunked else sent)

    def log_message(self, *_):
        pass


@pytest.fixture
def web(lines):
    """Give a function that serves a capture by HTTP, and ends each transfer after so many of its bytes, or refuses."""
    served = []

    def made(size, status=200, *, chunked=False, typed=True):
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.data, server.size, server.status, server.chunked = lines.read_bytes(), size, status, chunked
        server.typed = typed
        threading.Thread(target=server.serve_forever, daemon=True).start()
        served.append(server)
        return f"http://127.0.0.1:{server.server_port}/a.jsonl"

    yield made
    for server in served:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_transfer_that_ends_early_is_told_as_such(web, chunked, typed, tmp_path):
    """URL and credentials are right: to run it again helps, and what came is judged where it can be."""
    code, out, err = check(web(2000, chunked=chunked, typed=typed))
    assert code == 2
    assert "transfer ended early" in out
    assert advised(out, "run the command again; if that ends early, too, download")
    assert "credentials" not in out + err
    assert check(web(None, chunked=chunked))[0] != 2
    code, err = convert(web(2000, chunked=chunked), tmp_path / "a.har")
    assert (code, err.count("How to fix"), err.count("cannot be read")) == (2, 1, 1)
    assert advised(err, "run the command again")


@pytest.mark.parametrize("status", [403, 404])
def test_a_file_that_a_server_refuses_did_not_end_early(web, status):
    """It says only when the file is read that the credentials are not enough for it, or that it is gone."""
    code, out, err = check(web(None, status))
    assert code == 2
    assert "transfer ended early" not in out + err
    assert "cannot be read" in out + err


class Refusing(BaseHTTPRequestHandler):
    """Responds to each request with the server's ``status``; closes the connection without a response if it is 0."""

    def do_GET(self):
        self.close_connection = True
        if self.server.status:
            self.send_response(self.server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, *_):
        pass


AGAIN, NAME, ALLOW = "run the command again", "correct the URL, or put there", "give the account that is used the perm"


@pytest.mark.filterwarnings("ignore")  # of aiohttp
@pytest.mark.parametrize(
    ("status", "advice"), [(0, AGAIN), (503, AGAIN), (429, AGAIN), (403, ALLOW), (401, ALLOW), (404, NAME)]
)
def test_the_advice_fits_the_error_of_the_storage(tmp_path, status, advice):
    """Credentials do not mend a cut connection, and waiting does not make a name right."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        server.status = status
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/suite"
        with pytest.raises(CassetteError) as raised:
            Store(url, tmp_path).read(revision_object("0" * 64))
        code, out, err = check(f"{url}/a.jsonl")
        server.shutdown()
    assert code == 2
    assert advised(str(raised.value), advice)
    assert advised(out + err, advice)


@pytest.mark.filterwarnings("ignore")  # of aiohttp
def test_a_host_that_cannot_be_reached_is_no_matter_of_credentials(tmp_path):
    """Nothing listens at the port of a server that was closed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        url = f"http://127.0.0.1:{server.server_port}/suite"
    with pytest.raises(CassetteError) as raised:
        Store(url, tmp_path).read(revision_object("0" * 64))
    assert advised(str(raised.value), AGAIN)


@pytest.mark.filterwarnings("ignore")  # of aiohttp
def test_an_address_without_a_route_is_no_matter_of_credentials(tmp_path):
    """No TCP connection leads to a multicast address; it is the same on a machine without a network."""
    with pytest.raises(CassetteError) as raised:
        Store("http://224.0.0.1:9/suite", tmp_path).read(revision_object("0" * 64))
    assert advised(str(raised.value), AGAIN)
    with pytest.raises(CassetteError) as raised, storage_errors("s3://bucket/a"), socket.socket() as connection:
        connection.connect(("224.0.0.1", 9))
    assert advised(str(raised.value), AGAIN)


def test_an_error_of_no_known_kind_keeps_both_ways():
    """As of a library that finds no credentials: it sent nothing, and there is no status."""
    with pytest.raises(CassetteError) as raised, storage_errors("s3://bucket/a"):
        raise LookupError
    assert advised(str(raised.value), "correct the URL, or set the credentials that the library of the storage reads")


def test_a_refusal_speaks_of_the_account():
    """Libraries of object storage raise the error of the operating system for it."""
    with pytest.raises(CassetteError) as raised, storage_errors("s3://bucket/a"):
        raise PermissionError(13, "forbidden")
    assert advised(str(raised.value), "give the account that is used the permission, or set the credentials of another")


def test_the_error_that_a_library_wraps_decides():
    """Those of object storage raise errors of their own, with the status in the one that they wrap."""

    class ClientError(Exception):
        response = {"ResponseMetadata": {"HTTPStatusCode": 503}}  # noqa: RUF012 - as botocore has it

    with pytest.raises(CassetteError) as raised, storage_errors("s3://bucket/a"):
        raise OSError(5, "slow down") from ClientError("slow down")
    assert advised(str(raised.value), AGAIN)


def test_a_damaged_cassette_at_a_url_is_damage(folder):
    """Not a mistake in the URL, nor one of credentials."""
    filesystem = fsspec.filesystem("memory")
    data = gzip.compress((folder / "b.sls.yaml").read_bytes())
    filesystem.pipe_file("/damaged/b.sls.yaml.gz", data[:-20])
    code, out, err = check("memory://damaged/b.sls.yaml.gz")
    assert code == 1
    assert "SLS606" in out
    assert "credentials" not in out + err


@pytest.mark.parametrize(
    "url", ["http://me:SECRET@host.example/a.jsonl", "http://host.example/a.jsonl?Expires=1&Signature=SECRET"]
)
@pytest.mark.parametrize("command", ["check", "diff"])
def test_a_url_with_credentials_is_refused_without_showing_them(url, command):
    """Reports name each capture; what opens a storage must not stand in them."""
    out, err = io.StringIO(), io.StringIO()
    argv = [command, url, url][: 2 if command == "check" else 3]
    assert cli.run(argv, environ={}, stdin=io.StringIO(), stdout=out, stderr=err) == 2
    assert "without credentials" in err.getvalue()
    assert "SECRET" not in out.getvalue() + err.getvalue()
