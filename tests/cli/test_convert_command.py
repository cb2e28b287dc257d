"""``sls-contract convert``: cassettes to HAR and back, without secrets, and never over a file that is there."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from advice import advised

from sls_contract import Request, cli, load_cassette
from sls_contract.errors import CassetteDamaged
from sls_contract.signing import TEST_CREDENTIALS, sign

COMMITTED = Path(__file__).parents[2] / "cassettes"
PAGE = COMMITTED / "documents" / "get-checkpoint-page.sls.yaml"
KEY = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tAbCdEfGhIjKlMnOpQr",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "zq83hfKx02lMnsecret",
}


def test_there_and_back_again(command, tmp_path):
    """A cassette through a HAR is the same file, byte for byte; check and diff take the HAR as they take a cassette."""
    there = command("convert", PAGE, "档案.har")
    assert there.returncode == 0, there.stderr
    assert there.stdout.splitlines() == [
        f"档案.har: 5 exchanges from {PAGE}",
        "for sls-contract only (_contract): evidence, provenance and digest of 5 exchanges",
    ]
    back = command("convert", "档案.har", "back/页.sls.yaml")
    assert back.stdout.startswith("back/页.sls.yaml: 5 exchanges from 档案.har (sls-contract ")
    assert back.stdout.count("\n") == 1
    assert (tmp_path / "back" / "页.sls.yaml").read_bytes() == PAGE.read_bytes()
    assert command("check", "档案.har").returncode == 0
    assert command("diff", "档案.har", PAGE).stdout.startswith("none: ")


@pytest.mark.slow
def test_every_committed_cassette_survives(tmp_path):
    """What the SDKs sent and got comes back the same."""
    from sls_contract.cassettes.har.archive import HarFile, write_har

    for number, path in enumerate(sorted(COMMITTED.rglob("*.sls.yaml"))):
        recordings = load_cassette(path).recordings
        write_har(tmp_path / f"{number}.har", recordings, "1")
        assert tuple(HarFile.read(tmp_path / f"{number}.har")) == recordings


def har(path, header: dict, body: str = "[]", encoding: str = "", coding: str = "identity") -> None:
    url = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/l/consumergroups/g?shard=0"
    request = {"method": "GET", "url": url, "headers": [header], "cookies": [{"name": "sid", "value": "s3cr3tCookie"}]}
    content = {"size": len(body), "mimeType": "application/json", "text": body, "encoding": encoding}
    headers = [{"name": "Content-Encoding", "value": coding}]
    response = {"status": 200, "statusText": "OK", "headers": headers, "content": content}
    document = {"log": {"version": "1.2", "entries": [{"request": request, "response": response}]}}
    path.write_text(json.dumps(document), "utf-8")


def test_the_name_of_the_tool_that_made_a_har_is_told_without_secrets(command, tmp_path):
    """The line that names the creator is scrubbed like what is written."""
    har(tmp_path / "a.har", {"name": "Accept", "value": "*/*"})
    document = json.loads((tmp_path / "a.har").read_text("utf-8"))
    secret = KEY["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    document["log"]["creator"] = {"name": f"tool {secret}", "version": "7.0"}
    (tmp_path / "a.har").write_text(json.dumps(document), "utf-8")
    done = command("convert", "a.har", "a.sls.yaml", environ=KEY)
    assert "7.0)" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_secrets_of_a_har_of_others_do_not_pass(command, tmp_path):
    """Neither the run's own key, nor what is shaped or named like one, nor what stands only in the listed cookies."""
    token = "CAIS" + "aB3+/x9Z" * 20
    har(
        tmp_path / "a.har",
        {"name": "x-acs-security-token", "value": token},
        f'["{KEY["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]}"]',
    )
    assert command("check", "a.har").returncode == 1
    done = command("convert", "a.har", "a.sls.yaml", environ=KEY)
    assert done.returncode == 0, done.stderr
    assert "scrubbed: 1 exchange" in done.stdout
    assert "lost: times, cache, pages, cookies and comments, as far as the archive has them" in done.stdout
    written = (tmp_path / "a.sls.yaml").read_text("utf-8")
    assert not [each for each in (token, *KEY.values(), "s3cr3tCookie") if each in written + done.stdout]
    assert command("check", "a.sls.yaml", environ=KEY).returncode == 1  # a request without signature is no right one
    assert "SLS601" not in command("check", "a.sls.yaml", environ=KEY).stdout


def test_a_secret_that_is_left_is_told(command, tmp_path):
    """What stands where no exchange has it is found in what was written: exit code 1, the secret not repeated."""
    secret = KEY["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    text = PAGE.read_text("utf-8").replace("region: cn-shanghai", f"region: {secret}", 1)
    (tmp_path / "a.sls.yaml").write_text(text, "utf-8")
    done = command("convert", "a.sls.yaml", "a.har", environ=KEY)
    assert done.returncode == 1
    assert "SLS601 secret-in-recording: access key secret was written" in done.stdout
    assert advised(done.stdout, "delete the file, and remove the secret from the source")
    (tmp_path / "a.har").unlink()
    (tmp_path / "a.sls.yaml").write_text(text.replace(secret, "cn-shanghai"), "utf-8")
    assert command("convert", "a.sls.yaml", "a.har", environ=KEY).returncode == 0
    assert secret not in done.stdout + done.stderr


def test_what_nobody_could_look_into_is_told(command, tmp_path):
    """A body whose coding cannot be opened is written as it came, and named."""
    har(tmp_path / "a.har", {"name": "Accept", "value": "*/*"}, "iwGAeAM=", encoding="base64", coding="br")
    done = command("convert", "a.har", "b.har")
    assert "not scanned for secrets: exchange 0: response body: br" in done.stdout


def test_a_file_that_is_there_is_kept(command, tmp_path):
    """Without --force nothing is written; with it the file is replaced."""
    kept = tmp_path / "a.har"
    kept.write_text("precious")
    refused = command("convert", PAGE, "a.har")
    assert (refused.returncode, refused.stdout, kept.read_text()) == (2, "", "precious")
    assert "a.har exists. How to fix: name another file, or pass --force" in refused.stderr
    assert command("convert", PAGE, "a.har", "--force").returncode == 0
    assert len(load_cassette(kept).exchanges) == 5


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("nothing.har", "a.sls.yaml", "nothing.har cannot be read: No such file"),
        ("nothing.sls.yaml", "a.har", "there is no cassette at nothing.sls.yaml"),
        ("empty.har", "a.sls.yaml", "empty.har has no HTTP exchange; nothing was written"),
        ("broken.har", "a.sls.yaml", "broken.har:1: not JSON"),
        ("half.har", "a.sls.yaml", "entry 0 is not an HTTP exchange: an entry must be an object"),
        ("folder", "a.har", "folder cannot be read: Is a directory"),
        ("empty.har", "a.txt", "expected TARGET to end in .har, .jsonl, .yaml or .yml, got a.txt"),
        ("half.har", "", "expected TARGET to end in"),
    ],
)
def test_what_cannot_be_converted_is_2_and_writes_nothing(tmp_path, monkeypatch, source, target, told):
    """One line says what was expected and what came."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.har").write_text('{"log": {"entries": []}}')
    (tmp_path / "broken.har").write_text("{")
    (tmp_path / "half.har").write_text('{"log": {"entries": [1]}}')
    before = sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(["convert", source, target], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    assert (code, out.getvalue()) == (2, "")
    assert told in err.getvalue()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_har_in_an_archive_is_converted_once_it_is_taken_out(command, tmp_path):
    """The archive is no damaged cassette: nobody is told to delete it, and record again."""
    assert command("convert", PAGE, "a.har").returncode == 0
    with ZipFile(tmp_path / "a.har.zip", "w") as archive:
        archive.write(tmp_path / "a.har", "b.har")
    refused = command("convert", "a.har.zip", "a.jsonl")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "a.har.zip cannot be read: its compression is not read" in refused.stderr
    assert advised(refused.stderr, "decompress it")
    ZipFile(tmp_path / "a.har.zip").extractall(tmp_path)
    assert command("convert", "b.har", "a.jsonl").returncode == 0
    with pytest.raises(CassetteDamaged, match="not a cassette: a ZIP archive") as damaged:
        load_cassette(tmp_path / "a.har.zip")
    assert advised(str(damaged.value), "unpack it")


def test_a_har_without_the_bodies_of_its_requests_is_no_recording(tmp_path):
    """What a tool did not keep cannot be written; `signature` says that it was not compared."""
    headers = [{"name": "Content-Length", "value": "9"}, {"name": "Content-MD5", "value": "0" * 32}]
    headers.append({"name": "Authorization", "value": "LOG testAccessKeyId:x"})
    request = {
        "method": "POST",
        "url": "https://p.cn-hangzhou.log.aliyuncs.com/logstores/l/shards/lb",
        "headers": headers,
    }
    source, target = tmp_path / "a.har", tmp_path / "a.jsonl"
    source.write_text(json.dumps({"log": {"entries": [{"request": request, "response": {"status": 200}}]}}), "utf-8")
    out, err = io.StringIO(), io.StringIO()
    argv = ["convert", str(source), str(target)]
    assert cli.run(argv, environ={}, stdin=io.StringIO(), stdout=out, stderr=err) == 2
    assert "1 exchange without the body that was sent" in err.getvalue()
    assert advised(err.getvalue(), "record it again with a tool that keeps the bodies of requests")
    assert not target.exists()
    cli.run(["signature", str(source)], environ={}, stdin=io.StringIO(), stdout=out, stderr=err)
    assert "content-md5   " + "0" * 32 + "  (not compared: the recording lacks the body)" in out.getvalue()


@pytest.mark.parametrize(
    ("scheme", "sent", "line"),
    [
        ("v1", {"Content-MD5": "0" * 32}, "✗ content-md5   an empty line  (expected " + "0" * 32 + ")"),
        ("v4", {}, "✓ content-md5   not signed"),
    ],
    ids=["sent", "not sent"],
)
def test_a_digest_that_is_not_signed_is_judged_without_the_body(tmp_path, scheme, sent, line):
    """It is wrong if it was sent, and right if it was not, whatever the body was."""
    url, at = "https://p.cn-hangzhou.log.aliyuncs.com/logstores/l/shards/lb", datetime(2026, 11, 24, tzinfo=UTC)
    signed = sign(Request("POST", url), TEST_CREDENTIALS, at=at, scheme=scheme).headers.pairs
    headers = [{"name": name, "value": value} for name, value in (*signed, *sent.items())]
    entry = {"request": {"method": "POST", "url": url, "headers": headers, "bodySize": 9}, "response": {"status": 200}}
    (tmp_path / "a.har").write_text(json.dumps({"log": {"entries": [entry]}}), "utf-8")
    out = io.StringIO()
    cli.run(["signature", str(tmp_path / "a.har")], environ={}, stdin=io.StringIO(), stdout=out, stderr=out)
    assert f"  {line}\n" in out.getvalue()
