"""``sls-contract proxy`` where something is wrong: upstream, the disk, the host that is asked for, the options."""

from __future__ import annotations

import contextlib
import functools
import json
import resource
import signal
import socket
import struct
import threading
import time
from importlib.util import find_spec

import pytest
from advice import advised

from sls_contract import load_cassette
from sls_contract.endpoint import Scripted
from sls_contract.transport import TransportError

LIST = b'[{"shard":0,"checkpoint":"MTAw","updateTime":0,"consumer":""}]'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(LIST)
RESET = struct.pack("ii", 1, 0)


@contextlib.contextmanager
def raw_endpoint(*responses: bytes | None):
    """Send each connection bytes, then close; None resets it; the last response holds on until the end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held = []

        def serve() -> None:
            for response in responses:
                connection, _ = server.accept()
                held.append(connection)
                connection.recv(65536)
                if response is None:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    connection.close()
                elif response:
                    connection.sendall(response)
                    connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        for connection in held:
            connection.close()


@pytest.mark.slow
def test_what_goes_wrong_upstream_is_recorded_as_such(kit, start, run, tmp_path):
    """Reset, cut off, garbage, hung up, too slow, endless headers: each is recorded, and the client gets an error."""
    endless = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(500))
    responses = [None, HEAD + LIST[:20], b"SSH-2.0-OpenSSH\r\n", endless, HEAD + LIST, b""]
    with raw_endpoint(*responses) as url:
        options = ("--to", url, "--timeout", "1")
        proxy = start("proxy", "--cassette", "bad.sls.yaml", *options, environ=kit.REAL)
        outcomes = []
        for _ in responses:
            try:
                got = kit.get(kit.URL, proxy.url, kit.KEY)
                outcomes.append((got.status, json.loads(got.body)[0:1] or "") if got.status == 200 else got.status)
            except TransportError as error:
                outcomes.append(error.kind)
    proxy.end()
    assert outcomes[:3] == ["reset", "truncated", "malformed"]
    assert outcomes[3] in {"malformed", "closed"}
    assert outcomes[4:] == [(200, json.loads(LIST)), 504]
    recordings = load_cassette(tmp_path / "bad.sls.yaml").recordings
    assert [one.broken for one in recordings] == ["reset", "truncated", "malformed", "malformed", None, "timeout"]
    assert recordings[1].exchange.response.body == LIST[:20]
    assert "not recorded" not in proxy.output
    replay = start("replay", "bad.sls.yaml")
    kinds = []
    for _ in range(4):
        with pytest.raises(TransportError) as raised:
            kit.get(kit.URL, replay.url)
        kinds.append(raised.value.kind)
    assert kinds == ["reset", "truncated", "malformed", "malformed"]


def test_an_endpoint_that_is_not_there_is_told(kit, start, tmp_path):
    """502 in the service's form with a code of our own; recorded as refused."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    proxy = start("proxy", "--cassette", "no.sls.yaml", "--to", f"http://127.0.0.1:{port}", environ=kit.REAL)
    response = kit.get(kit.URL, proxy.url, kit.KEY)
    assert (response.status, json.loads(response.body)["errorCode"]) == (502, "EndpointNotReached")
    assert response.headers["x-sls-contract"] == "EndpointNotReached"
    assert proxy.end() == 143
    assert [one.broken for one in load_cassette(tmp_path / "no.sls.yaml").recordings] == ["refused"]


def test_foreign_hosts_are_refused_and_listed(kit, start, upstream, tmp_path):
    """Nothing is sent to them, whichever way they are named; without --to, neither to this machine."""
    proxy = start("proxy", "--cassette", "f.sls.yaml", "--json", "out.json")
    for url in ("http://example.com/", f"{upstream.url}/"):
        refused = kit.get(url, proxy.url)
        assert (refused.status, json.loads(refused.body)["errorCode"]) == (502, "HostNotForwarded")
        assert advised(refused.body.decode(), "set NO_PROXY=.* or start the proxy with --allow-host ")
    assert proxy.end() == 143
    allowed = start("proxy", "--cassette", "g.sls.yaml", "--allow-host", "127.0.0.1", "--to", upstream.url)
    assert "--allow-host" not in kit.get(f"{upstream.url}/", allowed.url).body.decode()
    assert allowed.end() == 143
    assert {"fact": "foreign-host", "host": "example.com"} in kit.report(tmp_path / "out.json")["facts"]
    assert "refused, because they are not SLS hosts: " in proxy.output
    assert not (tmp_path / "f.sls.yaml").exists()


def test_a_full_disk_is_an_error_for_the_client(kit, start, upstream, tmp_path):
    """What cannot be recorded is not passed on: 500, the reason on stderr, exit 2; what was recorded before stays."""
    proxy = start("proxy", "--cassette", "full.sls.yaml", "--to", upstream.url, environ=kit.REAL)
    limited = functools.partial(resource.prlimit, proxy.process.pid, resource.RLIMIT_FSIZE)
    unlimited = limited()
    responses = [kit.get(f"{kit.URL}?shard=0", proxy.url, kit.KEY)]
    written = (tmp_path / "full.sls.yaml.journal").stat().st_size
    limited((written * 3 // 2, unlimited[1]))  # room for half of one more
    responses += [kit.get(f"{kit.URL}?shard=0", proxy.url, kit.KEY) for _ in range(2)]
    limited(unlimited)  # the end writes, too
    assert [response.status for response in responses] == [200, 500, 500]
    assert json.loads(responses[1].body)["errorCode"] == "RecordingFailed"
    assert proxy.end() == 2
    assert "File too large" in proxy.errors
    assert len(load_cassette(tmp_path / "full.sls.yaml").exchanges) == 1


@pytest.mark.slow
def test_an_exchange_under_way_is_not_lost(kit, start, endpoint, upstream, tmp_path):
    """INT while the endpoint thinks: the response is waited for and recorded."""
    endpoint.respond_next(Scripted.delayed(2.0))
    proxy = start("proxy", "--cassette", "late.sls.yaml", "--to", upstream.url, environ=kit.REAL)
    asked = threading.Thread(target=_ask_quietly, args=(kit, proxy.url))
    asked.start()
    deadline = time.monotonic() + 10
    while not endpoint.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    assert proxy.end(signal.SIGINT) == 130
    asked.join()
    assert [one.exchange.response.status for one in load_cassette(tmp_path / "late.sls.yaml").recordings] == [200]


def _ask_quietly(kit, url: str) -> None:
    with contextlib.suppress(TransportError):  # the proxy ends meanwhile
        kit.get(kit.URL, url, kit.KEY)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--cassette", "x.json"], "must name a YAML file such as reads.sls.yaml, got 'x.json'"),
        (["--cassette", "."], "must name a YAML file"),
        (["--cassette", "x.yaml", "--rename", "real"], "--rename takes REAL=PUBLIC, got 'real'"),
        (["--cassette", "x.yaml", "--to", "ftp://x"], "its scheme is neither http nor https"),
        (["--cassette", "x.yaml", "--timeout", "0"], "timeout must be"),
        (["--cassette", "x.yaml", "--scrub", "("], "expected a regular expression, got '('"),
        pytest.param(
            ["--cassette", "x.yaml", "--https"],
            "pip install 'sls-contract[proxy]'",
            marks=pytest.mark.skipif(find_spec("mitmproxy") is not None, reason="the extra is installed"),
        ),
    ],
)
def test_what_cannot_be_asked_for_is_told_before_anything_starts(run, tmp_path, options, words):
    """Exit 2 and one clear message; no file is left."""
    done = run("proxy", *options, "--port", "0")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_proxy_behind_itself_is_refused(start):
    """HTTP_PROXY of the shell that points at this very proxy would be an endless loop."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ours = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": "", "no_proxy": ""}
    proxy = start("proxy", "--cassette", "x.yaml", port=port, environ=ours)
    assert proxy.end() == 2
    assert "HTTPS_PROXY points at this proxy itself" in proxy.errors
    ours[advised(proxy.errors, r"unset (\w+) where you start the proxy").group(1)] = ""
    assert start("proxy", "--cassette", "x.yaml", port=port, environ=ours).end() == 143


@pytest.mark.slow
def test_a_secret_that_stands_in_the_file_already_is_a_violation(kit, start, upstream, tmp_path):
    """What was written is read again at the end: exit 1, where it stands, and never the secret itself."""
    base = ("proxy", "--cassette", "leak.sls.yaml", "--to", upstream.url, "--record", "new_episodes")
    first = start(*base, environ=kit.REAL)
    kit.get(kit.URL, first.url, kit.KEY)
    assert first.end() == 143
    text = (tmp_path / "leak.sls.yaml").read_text("utf-8")
    planted = text.replace("region: cn-hangzhou", f"region: '{kit.KEY.access_key_secret}'", 1)
    assert planted != text
    (tmp_path / "leak.sls.yaml").write_text(planted, "utf-8")
    second = start(*base, environ=kit.REAL)
    kit.get(f"{kit.URL}?shard=1", second.url, kit.KEY)
    assert second.end() == 1
    assert "leak.sls.yaml:" in second.errors
    assert "SLS601 secret-in-recording" in second.errors
    assert kit.KEY.access_key_secret not in second.errors + second.output
