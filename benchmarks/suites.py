"""Suites of one-request tests, run by pytest with one plugin each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime

from benchmarks.material import request_of, url_of, write_ours, write_vcrpys

MODULES = 10
_NOTHING = """
def test_{number}():
    pass
"""
_FLOOR = """
def test_{number}(asked):
    asked({number}, {url!r}, {headers!r})
"""
_MARKED = """
@pytest.mark.{mark}
def test_{number}():
    answer = requests.get({url!r}, headers={headers!r})
    assert answer.status_code == 200 and answer.json()[0]["shard"] == 0
"""
_IMPORTS = "import pytest\nimport requests\n"

#: What is loaded, what marks a test, how its cassette is called.
PLUGINS = {
    "nothing": (None, None, None),
    "sls-contract": ("sls_contract.plugin", "sls_cassette", ".sls.yaml"),
    "pytest-recording": ("pytest_recording.plugin", "vcr", ".yaml"),
    "cassetter": ("cassetter.pytest_plugin", "vcr", ".yaml"),
}


def write_suite(folder, plugin, tests):
    """Write modules and cassettes; every request is signed now, so run the suite within a quarter of an hour."""
    at = datetime.now(UTC)
    _, mark, suffix = PLUGINS[plugin]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for module in range(MODULES):
        name = f"test_part_{module}"
        numbers = range(module, tests, MODULES)
        (folder / f"{name}.py").write_text(_IMPORTS + "".join(_test(each, mark, at) for each in numbers))
        for number in numbers if suffix else ():
            path = folder / "cassettes" / name / f"test_{number}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            (write_ours if suffix == ".sls.yaml" else write_vcrpys)(path, (number,), at)


def _test(number, mark, at):
    headers = dict(request_of(number, at).headers.pairs)
    return (_MARKED if mark else _NOTHING).format(number=number, mark=mark, url=url_of(number), headers=headers)


def seconds_of(folder, plugin, tests, python=sys.executable):
    """Run a suite and return the seconds of CPU that it took; other plugins stay out."""
    module = PLUGINS[plugin][0]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *(("-p", module) if module else ())]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ALIBABA_CLOUD")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": ""}
    before = os.times()
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)
    wall, after = time.perf_counter() - started, os.times()
    if f"{tests} passed" not in done.stdout:
        sys.exit(f"{plugin}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu or wall  # Windows counts no children
