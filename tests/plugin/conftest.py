"""A transcript of the plugin: source in; outcomes, terminal and files out."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import ssl
import sys
import textwrap
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path  # noqa: TC003 - dataclasses look at it

import aiohttp  # noqa: F401 - runs in this process then need not load it anew each time; the same below
import httpcore._backends.anyio  # noqa: F401
import httpx  # noqa: F401
import hypothesis  # noqa: F401 - its plugin loads it at the end of each run
import pytest
import requests  # noqa: F401
import trustme
import vcr  # noqa: F401
from _pytest.fixtures import FixtureManager
from started_processes import FULL, Started

import sls_contract.cassettes.recorder.http_connection
import sls_contract.cassettes.recorder.processes
import sls_contract.cassettes.recorder.requests_adapter
import sls_contract.cassettes.recorder.requests_live
import sls_contract.cassettes.recorder.resolvers
import sls_contract.plugin
import sls_contract.reports.examples
import sls_contract.reports.page
import sls_contract.scenarios
import sls_contract.transport
from sls_contract import load_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.endpoint.server import serve
from sls_contract.plugin.run import utc_now
from sls_contract.signing import Credentials

for _module in pkgutil.iter_modules(sls_contract.plugin.__path__, "sls_contract.plugin."):
    importlib.import_module(_module.name)

CLIENT = '''
from datetime import UTC, datetime

import requests

from sls_contract import Request, sign


def ask(sls, shard=0, method="GET", query=None, scheme="v1", **changes):
    """Ask for checkpoints as a careful client does; `changes` replace header values after signing."""
    query = f"shard={shard}" if query is None else query
    url = f"{sls.url}/logstores/{sls.logstore}/consumergroups/{sls.consumer_group}?{query}"
    url = url.replace("://", f"://{sls.project}.").rstrip("?")
    request = sign(Request(method, url), sls.credentials, scheme=scheme, region=sls.region, at=datetime.now(UTC))
    headers = {**dict(request.headers), "Accept-Encoding": "identity", **changes}
    headers = {name: value for name, value in headers.items() if value is not None}
    return requests.request(method, request.url, headers=headers, timeout=60)
'''


RESOLVES = """
import socket
resolve = socket.getaddrinfo

def to_loopback(host, port, *rest, **more):
    name = host.decode() if isinstance(host, bytes) else host
    assert name == "{host}", name
    return resolve("127.0.0.1", {port}, *rest, **more)

socket.getaddrinfo = to_loopback
"""


BESIDE_ALL = ("-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function")
_UNUSED = "cacheprovider doctest faulthandler junitxml legacypath logging pastebin setupplan stepwise subtests"
ALONE = ("--disable-plugin-autoload", "-psls_contract", *(f"-pno:{name}" for name in _UNUSED.split()))
SPARING = ALONE if pytest.version_tuple >= (8, 4) and not FULL else BESIDE_ALL
_WITH_PLUGINS = [
    each for each in metadata.distributions() if any(entry.group == "pytest11" for entry in each.entry_points)
]


_parse = FixtureManager.parsefactories


@cache
def _without_fixtures(module: str) -> bool:
    return not any("Fixture" in type(each).__name__ for each in vars(sys.modules[module]).values())


def _parse_where_fixtures_are(manager: FixtureManager, *args: object, **named: object) -> None:
    """Look for fixtures in a module of pytest only where it has some: each run looks at each name of each of them."""
    name = getattr(named.get("holder"), "__name__", "")
    if not name.startswith("_pytest.") or not _without_fixtures(name):
        _parse(manager, *args, **named)


@dataclass
class Project:
    """A folder with tests in it, run in a pytest of its own (in this process)."""

    pytester: pytest.Pytester
    written: int = 0

    @property
    def path(self) -> Path:
        return self.pytester.path

    def write(self, name: str, source: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        self.written += 1  # bytecode of before counts as that of a file of the same size and second
        os.utime(path, (time.time() + self.written,) * 2)
        return path

    def test(self, source: str, name: str = "test_it.py") -> Project:
        self.write(name, f"import pytest\nfrom client import ask\n{textwrap.dedent(source)}")
        return self

    def run(self, *options: str) -> pytest.RunResult:
        """Run it here, without the plugins of others; ``-p NAME`` takes one of them in again."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(metadata, "distributions", lambda: iter(_WITH_PLUGINS))  # of hundreds that pytest looks into
            patch.setattr(FixtureManager, "parsefactories", _parse_where_fixtures_are)
            return self.pytester.runpytest_inprocess(*SPARING, *options)

    def spawn(self, *options: str) -> pytest.RunResult:
        """Run it in a process of its own, without the plugins of others but for xdist's where workers are asked for."""
        workers = ["-pxdist"] if any(each.startswith("-n") for each in options) else []
        return self.pytester.runpytest_subprocess(*SPARING, *workers, *options)

    def start(self, *options: str) -> pytest.RunResult:
        """Spawn one that finds nothing loaded."""
        with Started.really():
            return self.spawn(*options)

    def ini(self, *lines: str) -> Project:
        self.write("pytest.ini", "\n".join(["[pytest]", *lines, ""]))
        return self

    def cassettes(self) -> list[str]:
        return sorted(str(path.relative_to(self.path)) for path in self.path.rglob("*.sls.yaml*"))

    def cassette(self, name: str) -> Path:
        return self.path / "cassettes" / "test_it" / f"{name}.sls.yaml"

    def shards(self, name: str) -> list[str]:
        """Which shards the requests of a cassette ask for, in order."""
        return [exchange.request.query.partition("=")[2] for exchange in load_cassette(self.cassette(name)).exchanges]


@pytest.fixture
def project(pytester: pytest.Pytester) -> Project:
    pytester.makepyfile(client=CLIENT)
    pytester.syspathinsert()
    return Project(pytester).ini()


class Service:
    """An endpoint on loopback that knows only the real names and the real key, and whose responses a test changes."""

    key = Credentials("LTAI5tRealKeyOfThisRun01", "realSecretOfThisRun0123456789x")
    options = ("--sls-project=real-project", "--sls-logstore=real-logstore")

    def __init__(self) -> None:
        names = {("real-project", "real-logstore"): 2}
        self.endpoint = ReferenceEndpoint(utc_now, credentials=[self.key], logstores=names)
        self.change = lambda response: response

    def __call__(self, request):
        response = self.endpoint(request)
        return self.change(response) if request.method == "GET" and response.status == 200 else response

    def moved(self, **values):
        """Change keys of every entry that is returned, or add them; None takes a key away."""

        def change(response):
            entries = [{**entry, **values} for entry in json.loads(response.body)]
            kept = [{key: value for key, value in entry.items() if value is not None} for entry in entries]
            return _with_body(response, json.dumps(kept, separators=(",", ":")).encode())

        self.change = change

    def respond_with(self, body):
        """Respond to every read with this body."""
        self.change = lambda response: _with_body(response, body)

    @property
    def read(self) -> list[str]:
        """Which reads it got."""
        return [f"{request.method} {request.query}" for request in self.endpoint.requests if request.method == "GET"]


def _with_body(response, body):
    headers = [(name, value) for name, value in response.headers.pairs if name.lower() != "content-length"]
    return response.replace(body=body, headers=[*headers, ("Content-Length", str(len(body)))])


@pytest.fixture
def service(monkeypatch):
    """Make an endpoint with real names, and give the run its key."""
    service = Service()
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", service.key.access_key_id)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", service.key.access_key_secret)
    with service.endpoint, serve(service) as server:
        service.server, service.url = server, server.url
        yield service


@pytest.fixture
def tls_double(project, monkeypatch):
    """Return what puts an endpoint behind TLS and a real endpoint's name, for one project of it."""

    @contextmanager
    def doubled(send, host):
        ca = trustme.CA()
        ca.cert_pem.write_to_path(str(project.path / "ca.pem"))
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, str(project.path / "ca.pem"))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ca.issue_cert(host).configure_cert(context)
        with serve(send, tls=context) as server:
            project.write("conftest.py", RESOLVES.format(host=host, port=server.port))
            yield server

    return doubled
