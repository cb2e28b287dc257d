"""A transcript of the plugin: source in; outcomes, terminal and files out."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path  # noqa: TC003 - dataclasses look at it

import aiohttp  # noqa: F401 - runs in this process then need not load it anew each time; the same below
import httpcore._backends.anyio  # noqa: F401
import httpx  # noqa: F401
import pytest
import requests  # noqa: F401
import vcr  # noqa: F401

import sls_contract.plugin.opener
import sls_contract.plugin.reference
import sls_contract.plugin.summary  # noqa: F401
from sls_contract import load_cassette

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
    return requests.request(method, request.url, headers=headers, timeout=5)
'''


@dataclass
class Project:
    """A folder with tests in it, run in a pytest of its own (in this process)."""

    pytester: pytest.Pytester

    @property
    def path(self) -> Path:
        return self.pytester.path

    def write(self, name: str, source: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source), encoding="utf-8")
        return path

    def test(self, source: str, name: str = "test_it.py") -> Project:
        self.write(name, f"import pytest\nfrom client import ask\n{textwrap.dedent(source)}")
        return self

    def run(self, *options: str) -> pytest.RunResult:
        return self.pytester.runpytest_inprocess("-p", "no:cacheprovider", *options)

    def spawn(self, *options: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    def ini(self, *lines: str) -> Project:
        self.write("pytest.ini", "\n".join(["[pytest]", "asyncio_default_fixture_loop_scope = function", *lines, ""]))
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
