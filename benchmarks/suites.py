"""Test suites with one request in each test, run by pytest with one plugin each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.material import request_of, response_of, url_of, write_ours, write_vcrpys

MODULES = 10
FLOOR = "response at hand"
EMPTY = "empty tests"
_EMPTY = """
def test_{number}():
    pass
"""
_MARK = """
@pytest.mark.{mark}"""
_TEST = """
def test_{number}():
    response = requests.get({url!r}, headers={headers!r})
    assert response.status_code == 200 and response.json()[0]["shard"] == 0
"""
_IMPORTS = "import pytest\nimport requests\n"
_CONFTEST = """
import json
from pathlib import Path
from requests.adapters import HTTPAdapter
from benchmarks.engine import InMemory

responses = json.loads(Path(__file__).with_name("responses.json").read_text())
HTTPAdapter.responses = {url: (fields, body.encode()) for url, fields, body in responses}
HTTPAdapter.send = InMemory.send
"""

#: Module, marker and suffix of cassettes of each plugin. The floor and the empty tests use no plugin.
PLUGINS = {
    FLOOR: (None, None, None),
    EMPTY: (None, None, None),
    "sls-contract": ("sls_contract.plugin", "sls_cassette", ".sls.yaml"),
    "pytest-recording": ("pytest_recording.plugin", "vcr", ".yaml"),
    "cassetter": ("cassetter.pytest_plugin", "vcr", ".yaml"),
}


def write_suite(folder, plugin, tests):
    """Write modules and cassettes; run the suite within 15 minutes, because every request is signed now."""
    at = datetime.now(UTC)
    _, mark, suffix = PLUGINS[plugin]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    if plugin == FLOOR:
        _respond_from_memory(folder, range(tests), at)
    for module in range(MODULES):
        name = f"test_part_{module}"
        numbers = range(module, tests, MODULES)
        template = _EMPTY if plugin == EMPTY else _MARK + _TEST if mark else _TEST
        (folder / f"{name}.py").write_text(_IMPORTS + "".join(_test(template, each, mark, at) for each in numbers))
        for number in numbers if suffix else ():
            path = folder / "cassettes" / name / f"test_{number}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            (write_ours if suffix == ".sls.yaml" else write_vcrpys)(path, (number,), at)


def _test(template, number, mark, at):
    headers = dict(request_of(number, at).headers.pairs)
    return template.format(number=number, mark=mark, url=url_of(number), headers=headers)


def _respond_from_memory(folder, numbers, at):
    responses = [(url_of(number), response_of(number, at)) for number in numbers]
    rows = [(url, list(response.headers.pairs), response.body.decode()) for url, response in responses]
    (folder / "responses.json").write_text(json.dumps(rows), encoding="utf-8")
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")


def seconds_of(folder, plugin, tests, python=sys.executable):
    """Run a suite with one plugin, and return the seconds of CPU time that it took."""
    module = PLUGINS[plugin][0]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(("-p", module) if module else ())]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ALIBABA_CLOUD")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": ""}
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    before = os.times()
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    wall, after = time.perf_counter() - started, os.times()
    if f"{tests} passed" not in done.stdout:
        sys.exit(f"{plugin}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu or wall  # Windows does not measure the CPU time of children
