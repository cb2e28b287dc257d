"""Captures in folders that are not on this machine are found, read and judged as local ones are."""

from __future__ import annotations

import gzip
import io
import json
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from sls_contract import cli

fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")


def check(*argv):
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["check", *map(str, argv)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    return code, out.getvalue(), err.getvalue()


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
            with filesystem.open(f"{place}/{path.relative_to(folder).as_posix()}", "wb") as file:
                file.write(path.read_bytes())


@pytest.fixture
def s3(monkeypatch):
    """Start moto's server, a real S3 by HTTP; give its file system."""
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    pytest.importorskip("moto.server", reason="moto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            settings = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": url}
            for name, value in settings.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", url)
            fsspec.config.set_conf_env(fsspec.config.conf)
            filesystem = fsspec.filesystem("s3")
            filesystem.mkdir("bucket")
            yield filesystem
        finally:
            server.kill()
    fsspec.config.conf.pop("s3", None)


def wait_for(url):
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto's server did not start")


def test_a_folder_in_memory_is_judged_as_a_local_one(folder, tmp_path):
    """Every kind of capture, compressed or not; other files are passed over."""
    upload(folder, fsspec.filesystem("memory"), "/captures")
    local, remote = findings(folder, tmp_path / "1.json"), findings("memory://captures", tmp_path / "2.json")
    assert local == remote
    assert local[1]["exchanges"] == 36


@pytest.mark.filterwarnings("ignore")  # of botocore, aiohttp and moto
def test_a_folder_in_s3_is_judged_as_a_local_one(folder, s3, tmp_path):
    """Through a real server, with the credentials that the library takes."""
    upload(folder, s3, "bucket/captures")
    assert findings(folder, tmp_path / "1.json") == findings("s3://bucket/captures", tmp_path / "2.json")


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
    assert "How to fix" in out + err
