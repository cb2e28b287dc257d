"""``sls-contract replay`` as a process of its own: recordings for any client, signatures and shapes checked."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sls_contract.cassettes.file.recording_file import write
from sls_contract.cassettes.recording import Evidence, Provenance, Recording
from sls_contract.exchange import Exchange, Request, Response
from sls_contract.signing import TEST_CREDENTIALS, Credentials, sign
from sls_contract.transport import TransportError, open_transport

URL = "https://my-project.cn-hangzhou.log.aliyuncs.com/logstores/my-logstore/consumergroups/组"
MADE = datetime(2026, 5, 4, 9, 26, 53, tzinfo=UTC)
HEADERS = {"Content-Type": "application/json", "x-log-requestid": "69F865ED1FFC036AB254B20C"}


def entry(shard: int, checkpoint: str) -> bytes:
    return json.dumps([{"shard": shard, "checkpoint": checkpoint, "updateTime": 0, "consumer": ""}]).encode()


def recording(shard: int, body: bytes = b"", **more: object) -> Recording:
    asked = sign(Request("GET", f"{url()}?shard={shard}"), TEST_CREDENTIALS, at=MADE)
    date = MADE.strftime("%a, %d %b %Y %H:%M:%S GMT")
    usual = Response(200, {**HEADERS, "Content-Length": str(len(body)), "Date": date}, body)
    made = Provenance(Evidence.LIVE, "https://cn-hangzhou.log.aliyuncs.com", recorded_at=MADE, validated_at=MADE)
    response = more.pop("response", usual)
    if more.get("broken") == "truncated":
        response = response.replace(headers=response.headers.with_field("Content-Length", "50"))
    return Recording(Exchange(asked, response), made, **more)


def url() -> str:
    return URL.replace("组", "%E7%BB%84")


@pytest.fixture
def folder(tmp_path):
    """Two cassettes: a shard that moves and another; a response that broke off."""
    write(tmp_path / "one.sls.yaml", [recording(0, entry(0, "MTA=")), recording(0, entry(0, "MjA="))])
    cut = recording(2, b"[{", broken="truncated")
    write(
        tmp_path / "deep" / "two.sls.yaml",
        [recording(1, entry(1, "MzA=")), cut, recording(3, broken="reset", response=None)],
    )
    return tmp_path


class Replay:
    """A running replay."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process, self.invitation = process, ""
        while "ALIBABA_CLOUD" not in self.invitation and (line := process.stdout.readline()):
            self.invitation += line
        self.url = self.invitation.partition("\n")[0].rpartition(" ")[2]
        self.output = self.errors = ""

    def ask(self, shard: object, key: Credentials = TEST_CREDENTIALS, at: datetime | None = None, **more) -> Response:
        request = Request("GET", f"{url()}?shard={shard}", **more)
        return open_transport(self.url)(sign(request, key, at=at or datetime.now(UTC)))

    def end(self, how: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.output, self.errors = self.process.communicate(timeout=20)
        assert "Traceback" not in self.errors
        return self.process.returncode


@pytest.fixture
def replay(folder):
    with contextlib.ExitStack() as running:

        def start(*argv: object, environ: dict[str, str] | None = None) -> Replay:
            process = subprocess.Popen(
                [sys.executable, "-m", "sls_contract", "replay", *map(str, argv), "--port", "0"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                cwd=folder,
                env={**os.environ, **(environ or {})},
            )
            running.callback(process.communicate)
            running.callback(process.kill)
            return Replay(process)

        yield start


def test_recordings_are_played_in_order_each_once(replay):
    """Two responses of one request, then the miss: 421 with a code of its own, the closest recording named; exit 1."""
    playing = replay(".", "--verbose")
    assert "5 exchanges of 2 cassettes (evidence: live)" in playing.invitation
    assert "testAccessKeySecret" in playing.invitation
    assert [playing.ask(0).body for _ in range(2)] == [entry(0, "MTA="), entry(0, "MjA=")]
    assert playing.ask(1).headers["x-log-requestid"] == HEADERS["x-log-requestid"]
    miss = playing.ask(0)
    told = json.loads(miss.body)
    assert (miss.status, told["errorCode"], miss.headers["x-sls-contract"]) == (421, *["RequestNotRecorded"] * 2)
    assert "recorded 2 times" in told["errorMessage"]
    assert "--repeat last" in told["errorMessage"]
    assert f"exchange 1 of {Path('deep/two.sls.yaml')}" in json.loads(playing.ask(9).body)["errorMessage"]
    assert playing.end(signal.SIGINT) == 1
    assert "200 (one.sls.yaml:4 exchange 0)" in playing.errors
    assert playing.errors.count("SLS607") == 2


def test_repeat_last_plays_the_last_again_and_again(replay):
    """And the exit code is the signal's where nothing is wrong."""
    playing = replay("one.sls.yaml", "--repeat", "last", "--strict")
    assert [playing.ask(0).body for _ in range(4)] == [entry(0, "MTA="), *[entry(0, "MjA=")] * 3]
    assert playing.end() == 143
    assert "4 exchanges: 0 violations, 0 warnings" in playing.output


def test_what_broke_off_breaks_off_again(replay):
    """A truncated response stays truncated, a reset is a reset."""
    playing = replay("deep")
    for shard, kind in ((2, "truncated"), (3, "reset")):
        with pytest.raises(TransportError) as raised:
            playing.ask(shard)
        assert raised.value.kind == kind
    assert playing.end() == 143


def test_requests_are_verified(replay, folder):
    """A wrong secret and a clock that is an hour late are violations, told once though they came thrice."""
    playing = replay(".", "--repeat", "last", "--json", "out.json")
    late = datetime.now(UTC) - timedelta(hours=1)
    for _ in range(3):
        assert playing.ask(0, Credentials("testAccessKeyId", "wrong")).status == 200
        playing.ask(1, at=late)
    assert playing.end() == 1
    report = json.loads((folder / "out.json").read_text("utf-8"))
    found = sorted((one["slug"], one["exchange"], one["times"]) for one in report["findings"])
    assert found == [("request-clock", 0, 3), ("signature-digest", 0, 1), ("signature-digest", 1, 2)]
    assert {one["cassette"] for one in report["findings"]} == {"one.sls.yaml", str(Path("deep/two.sls.yaml"))}
    assert report["target"] == {"endpoint": playing.url, "evidence": "live"}
    assert playing.errors.count("request-clock") == 1


def test_the_key_of_the_environment_verifies_too(replay):
    """With it a real client's requests count as verified, without it they do not."""
    key = Credentials("LTAI5tRealKeyOfThisRun01", "realSecretOfThisRun0123456789x")
    real = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret}
    for environ, words in ((real, False), ({}, True)):
        playing = replay("one.sls.yaml", "--strict", environ=environ)
        assert playing.ask(0, key).status == 200
        assert playing.end() == 143, playing.errors
        assert ("1 signature not verified" in playing.output) is words
        assert key.access_key_id not in playing.output + playing.errors


def test_vcrpy_recordings_of_others_are_served(replay, folder):
    """Stored decoded under the old headers: what is sent is what the client can read."""
    (folder / "vcr.yaml").write_text(
        "interactions:\n- request:\n    body: null\n    headers: {}\n    method: GET\n"
        f"    uri: {url()}?shard=7\n"
        "  response:\n    body: {string: '[]'}\n    headers:\n      Content-Encoding: [gzip]\n"
        "      Content-Length: ['22']\n      Content-Type: [application/json]\n    status: {code: 200, message: OK}\n"
        "version: 1\n",
        "utf-8",
    )
    playing = replay("vcr.yaml")
    response = playing.ask(7)
    assert (response.body, response.headers["Content-Length"]) == (b"[]", "2")
    assert "content-encoding" not in response.headers
    playing.end()


@pytest.mark.parametrize("left", ["{}", "{Authorization: [FILTERED]}"])
def test_an_authorization_that_another_tool_took_out_is_nobody_s_mistake(replay, folder, left):
    """The service saw it, and served; the client that asks here signs, and is judged by what it signs itself."""
    (folder / "vcr.yaml").write_text(
        f"interactions:\n- request:\n    body: null\n    headers: {left}\n    method: GET\n    uri: {url()}?shard=7\n"
        "  response:\n    body: {string: '[]'}\n    headers:\n      Content-Type: [application/json]\n"
        "      Content-Length: ['2']\n      Date: ['Mon, 04 May 2026 09:26:53 GMT']\n"
        f"      x-log-requestid: [{HEADERS['x-log-requestid']}]\n    status: {{code: 200, message: OK}}\n"
        "version: 1\n",
        "utf-8",
    )
    playing = replay("vcr.yaml", "--repeat", "last")
    assert playing.ask(7).body == b"[]"
    assert playing.end() == 143, playing.errors
    playing = replay("vcr.yaml")
    playing.ask(7, Credentials("testAccessKeyId", "wrong"))
    assert playing.end() == 1
    assert "signature-digest" in playing.errors


def test_foreign_hosts_are_listed(replay):
    """502, and named at the end; --allow-host lets one in."""
    playing = replay(".", "--allow-host", "sls.test")
    send = open_transport(playing.url)
    assert send(Request("GET", "http://evil.example/")).status == 502
    assert send(Request("GET", "http://p.sls.test/")).status == 421
    assert playing.end() == 1
    assert "refused, since they are no SLS hosts: evil.example" in playing.output


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        (["none.sls.yaml"], "none.sls.yaml cannot be played: there is no such file or folder"),
        (["empty"], "nothing is recorded below the paths"),
        (["one.sls.yaml", "torn.sls.yaml"], "torn.sls.yaml:"),
        (["one.sls.yaml", "--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_played_is_refused_at_the_start(replay, folder, paths, words):
    """Exit 2 and one clear message, with file and line where a file is damaged."""
    (folder / "empty").mkdir()
    whole = (folder / "one.sls.yaml").read_bytes()
    (folder / "torn.sls.yaml").write_bytes(whole.replace(b"    method: GET", b"    method: [GET", 1))
    playing = replay(*paths)
    assert playing.end() == 2
    assert words in playing.errors
    assert playing.invitation == ""
