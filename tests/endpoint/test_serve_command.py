"""``sls-contract serve`` as a process of its own."""

import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import zlib
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
import requests
from advice import advised

from sls_contract.exchange import Request
from sls_contract.signing import TEST_CREDENTIALS, Credentials, sign

GROUPS = "/logstores/my-logstore/consumergroups"


def url_of(process) -> str:
    return re.fullmatch(r"serving (http://\S+)\n", process.first_line)[1]


def call(url: str, method: str, target: str, body: bytes = b"", key=TEST_CREDENTIALS, project="my-project"):
    host = f"{project}.{url.removeprefix('http://')}"
    signed = sign(Request(method, f"http://{host}{target}", {"Host": host}, body), key, at=datetime.now(UTC))
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url + target, headers=dict(signed.headers), data=body, timeout=60)


def test_it_says_where_it_is_and_responds(command):
    """One line with the URL, how to point a client at it, the public key; INT ends it with 130."""
    with command() as process:
        url = url_of(process)
        assert process.stdout.readline().split()[:3] == ["export", f"HTTP_PROXY={url}", f"http_proxy={url}"]
        assert "for Node" in process.stdout.readline()
        assert "testAccessKeySecret" in process.stdout.readline()
        assert call(url, "GET", GROUPS).json() == []
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (130, "interrupted\n")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_what_it_says_to_a_shell_leads_node_here(command):
    """The lines as they are, pasted: Node asks a real endpoint name, and the endpoint here responds."""
    ask = "fetch('http://my-project.cn-hangzhou.log.aliyuncs.com/').then((response) => console.log(response.status))"
    with command() as process:
        lines = [process.stdout.readline() for _ in range(3)]
        node = ["sh", "-c", f'{"".join(lines)}node -e "$1"', "sh", ask]
        assert subprocess.run(node, capture_output=True, text=True, timeout=30, check=True).stdout == "400\n"


def test_term_ends_it_with_143(command):
    """TERM is a clean end, too."""
    with command() as process:
        url_of(process)
        process.terminate()
        assert process.communicate(timeout=60)[1] == ""
        assert process.returncode == 143


@pytest.mark.slow
def test_kill_9_loses_no_successful_write(command, tmp_path):
    """What got 200 before SIGKILL is there after a restart."""
    state = ("--state", str(tmp_path / "s.db"), "--shards", "4")
    with command(*state) as process:
        url, done = url_of(process), []

        def write() -> None:
            with contextlib.suppress(requests.RequestException):
                for number in range(10_000):
                    body = json.dumps({"consumerGroup": f"g{number}", "timeout": 60}).encode()
                    if call(url, "POST", GROUPS, body).status_code == 200:
                        done.append(f"g{number}")
                    if number == 30:
                        enough.set()

        enough = threading.Event()
        writer = threading.Thread(target=write)
        writer.start()
        assert enough.wait(60)
        process.kill()
        writer.join(60)
    with command("--state", str(tmp_path / "s.db")) as process:
        names = [group["name"] for group in call(url_of(process), "GET", GROUPS).json()]
        assert names[: len(done)] == done
        assert len(names) - len(done) <= 1
        assert len(call(url_of(process), "GET", f"{GROUPS}/g0").json()) == 4


def test_options_name_the_logstore_and_show_requests(command):
    """Project, logstore and shards are as asked for; --verbose shows each request, secrets masked."""
    names = ("--project", "p1", "--logstore", "库", "--consumer-group", "there")
    with command(*names, "--shards", "3", "--verbose") as process:
        url, target = url_of(process), "/logstores/%E5%BA%93/consumergroups"
        assert call(url, "POST", target, b'{"consumerGroup":"g","timeout":9}', project="p1").status_code == 200
        assert len(call(url, "GET", f"{target}/g?token=hide", project="p1").json()) == 3
        assert len(call(url, "GET", f"{target}/there", project="p1").json()) == 3
        process.terminate()
        lines = process.communicate(timeout=60)[1].splitlines()
    assert re.fullmatch(rf"POST http://p1\.\S+{target} 200", lines[0])
    assert lines[1].endswith(f"{target}/g?token=*** 200")


@pytest.mark.slow
def test_shards_can_be_filled(command):
    """Each shard holds so many records, numbered, that a client reads from the first; fewer than none is refused."""
    with command("--fill", "3", "--logstore", "库") as process:
        url, shards = url_of(process), "/logstores/%E5%BA%93/shards"
        for shard in ("0", "1"):
            first = call(url, "GET", f"{shards}/{shard}?type=cursor&from=begin").json()["cursor"]
            pulled = call(url, "GET", f"{shards}/{shard}?type=log&cursor={quote(first, safe='')}&count=10")
            assert pulled.headers["x-log-count"] == "3"
            assert re.findall(rb"(?s)shard..(\d).*?index..(\d)", zlib.decompress(pulled.content)) == [
                (shard.encode(), b"%d" % n) for n in range(3)
            ]
        process.terminate()
        assert process.wait(60) == 143
    with command("--fill", "-1") as process:
        assert process.wait(60) == 2
        assert "--fill expects how many records each shard gets, 0 or more, got -1" in process.stderr.read()


@pytest.mark.slow
def test_a_key_from_the_environment_must_be_asked_for(command):
    """Without the option it is unknown, with it accepted and announced; missing variables are named."""
    key = Credentials("myId", "mySecret")
    environ = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "myId", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "mySecret"}
    with command(environ=environ) as process:
        assert call(url_of(process), "GET", GROUPS, key=key).json()["errorMessage"] == "AccessKeyId not found: myId"
    with command("--credentials-from-env", environ=environ) as process:
        assert call(url_of(process), "GET", GROUPS, key=key).status_code == 200
        process.terminate()
        output, errors = process.communicate(timeout=60)
        assert "requests signed with the key in the environment are accepted" in errors
        assert "mySecret" not in process.first_line + output + errors
    with command("--credentials-from-env") as process:
        assert process.wait(60) == 2
        told = process.stderr.read()
    assert advised(told, r"set (\w+) and (\w+)\.").groups() == tuple(environ)  # with which it is served above


def test_an_address_beyond_loopback_is_warned_about(command):
    """Other machines can reach it: said on stderr; a host that is allowed is served."""
    with command("--host", "0.0.0.0", "--allow-host", "sls.test") as process:
        port = url_of(process).rpartition(":")[2]
        with requests.Session() as session:
            session.trust_env = False
            codes = [
                session.get(f"http://127.0.0.1:{port}/", headers={"Host": host}, timeout=60).status_code
                for host in ("p.sls.test", "evil.example")
            ]
        assert codes == [400, 502]
        process.terminate()
        assert "0.0.0.0 is not a loopback address" in process.communicate(timeout=60)[1]


@pytest.mark.slow
def test_this_machine_by_any_name_is_not_warned_about(command):
    """IPv6, too: a warning there would be false."""
    for host in ("::1", "localhost", "127.0.0.1"):
        with command("--host", host) as process:
            url_of(process)
            process.terminate()
            assert process.communicate(timeout=60)[1] == ""


@pytest.mark.slow
def test_what_cannot_start_says_why(command, tmp_path):
    """A taken port, a damaged state file, an impossible shard count: exit 2, one clear message, no traceback."""
    (tmp_path / "bad").write_text("no database " * 20, "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for options, words in (
            ({"port": port}, f"port {port} on 127.0.0.1 is taken"),
            ({"options": ("--state", str(tmp_path / "bad"))}, "it is damaged (file is not a database)"),
            ({"options": ("--shards", "0")}, "shards must be a number of shards"),
            ({"options": ("--host", "")}, "--host: must be the name of a host"),
        ):
            with command(*options.pop("options", ()), **options) as process:
                output, errors = process.communicate(timeout=60)
                assert (process.returncode, process.first_line + output) == (2, "")
                assert words in errors
                assert "Traceback" not in errors


@pytest.fixture(autouse=True)
def _no_environment_keys(monkeypatch):
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
