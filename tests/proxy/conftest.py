"""The commands `proxy` and `replay` as processes of their own, an endpoint to record at, and clients to record."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import UTC, datetime
from zlib import crc32

import pytest

from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.exchange import Request, Response
from sls_contract.signing import Credentials, sign
from sls_contract.transport import open_transport

KEY = Credentials("LTAI5tRealKeyOfThisRun01", "realSecretOfThisRun0123456789x")
STS_KEY = Credentials("STS.NTRealKeyOfThisRun", "realStsSecretOfThisRun0123456", "CAIStokenOfThisRun0123456789==")
GROUPS = "/logstores/my-logstore/consumergroups"

READS_SETTINGS = """\
import json, os

globals().update(json.loads(os.environ["SETTINGS"]))

def key():
    return KEY

"""
PYLOG = """
    import sys
    from aliyun.log import LogClient

    client = LogClient("cn-hangzhou.log.aliyuncs.com", *key(), source="test", auth_version=AUTH, region="cn-hangzhou")
    for shard in SHARDS:
        response = client.get_check_point("my-project", "my-logstore", "readers", shard)
        print([entry["checkpoint"] for entry in response.get_consumer_group_check_points()])
"""
TEA = """
    import asyncio
    from alibabacloud_sls20201230.client import Client
    from alibabacloud_sls20201230.models import GetCheckPointRequest
    from alibabacloud_tea_openapi.utils_models import Config

    key_id, secret = key()
    client = Client(Config(access_key_id=key_id, access_key_secret=secret, protocol=PROTOCOL, ca=CA,
                           endpoint="cn-hangzhou.log.aliyuncs.com", signature_version=AUTH))
    names = ("my-project", "my-logstore", "readers")
    for shard in SHARDS:
        request = GetCheckPointRequest(shard=shard)
        if ASYNC:
            response = asyncio.run(client.get_check_point_async(*names, request))
        else:
            response = client.get_check_point(*names, request)
        print([entry.checkpoint for entry in response.body])
"""


class Command:
    """A running command: where it listens, and how to end it."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.invitation = process.stdout.readline()
        self.url = self.invitation.split()[-1] if self.invitation else ""
        while "HTTP_PROXY" not in self.invitation and (line := process.stdout.readline()):
            self.invitation += line
        self.output = self.errors = ""

    @property
    def environ(self) -> dict[str, str]:
        """What leads a client here."""
        return {"HTTP_PROXY": self.url, "http_proxy": self.url}

    def rest(self) -> str:
        """Return the invitation, with the lines that --https adds to it."""
        while "Config(ca=" not in self.invitation and (line := self.process.stdout.readline()):
            self.invitation += line
        return self.invitation

    def end(self, how: int = signal.SIGTERM) -> int:
        """Send a signal, wait, keep what was written; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.output, self.errors = self.process.communicate(timeout=20)
        assert "Traceback" not in self.output + self.errors
        return self.process.returncode


@pytest.fixture
def start(tmp_path):
    """Start a command in an empty folder, and wait for its first line; what still runs at the end is killed."""
    with contextlib.ExitStack() as running:

        def begin(*argv: object, environ: dict[str, str] | None = None, port: int = 0, **more: object) -> Command:
            process = subprocess.Popen(
                [sys.executable, "-m", "sls_contract", *map(str, argv), "--port", str(port)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                cwd=tmp_path,
                env={**os.environ, **(environ or {})},
                **more,
            )
            running.callback(process.communicate)
            running.callback(process.kill)
            return Command(process)

        yield begin


@pytest.fixture
def run(tmp_path):
    """Run a command to its end; gives the finished process."""

    def run_(*argv: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "sls_contract", *map(str, argv)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False)

    return run_


@pytest.fixture
def client(tmp_path):
    """Run a client's program in a process of its own, led by environment variables alone; gives its lines."""

    def ask(program: str, environ: dict[str, str], key: Credentials = KEY, **words: object) -> list[str]:
        settings = {"SHARDS": [0], "AUTH": "v1", "ASYNC": False, "PROTOCOL": "HTTP", "CA": None, **words}
        settings["KEY"] = (key.access_key_id, key.access_key_secret)
        path = tmp_path / f"client-{crc32(program.encode())}.py"
        fresh = path.with_suffix(f".{threading.get_ident()}")  # several threads write the one that others start
        fresh.write_text(READS_SETTINGS + textwrap.dedent(program), encoding="utf-8")
        fresh.replace(path)
        done = subprocess.run(
            [sys.executable, str(path)],
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "", **environ, "SETTINGS": json.dumps(settings)},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return ask


@pytest.fixture
def endpoint():
    """Make an endpoint that knows the real key and the token, and holds checkpoints of two shards."""
    with ReferenceEndpoint(lambda: datetime.now(UTC), credentials=[KEY, STS_KEY]) as made:
        for shard in (0, 1):
            made.set_checkpoint("readers", shard, ("MTAw", "MjAw")[shard], consumer="consumer_1")
        yield made


@pytest.fixture
def upstream(endpoint):
    """Serve it on loopback."""
    with serve(endpoint) as server:
        yield server


def environment_of(key: Credentials) -> dict[str, str]:
    pairs = {"ALIBABA_CLOUD_ACCESS_KEY_ID": key.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": key.access_key_secret}
    return pairs | ({"ALIBABA_CLOUD_SECURITY_TOKEN": key.security_token} if key.security_token else {})


class Kit:
    """Names, keys and programs that the tests of this folder share."""

    KEY, STS_KEY, REAL = KEY, STS_KEY, environment_of(KEY)
    PYLOG, TEA = PYLOG, TEA
    URL = f"http://my-project.cn-hangzhou.log.aliyuncs.com{GROUPS}/readers"
    environment_of = staticmethod(environment_of)

    @staticmethod
    def report(path) -> dict:
        """Return a report."""
        return json.loads(path.read_text("utf-8"))

    @staticmethod
    def get(url: str, proxy: str, key: Credentials | None = None) -> Response:
        """Ask a proxy on a socket of our own, which no recorder sees; signed now where a key is given."""
        request = Request("GET", url)
        return open_transport(proxy, timeout=20)(sign(request, key, at=datetime.now(UTC)) if key else request)


@pytest.fixture
def kit():
    return Kit
