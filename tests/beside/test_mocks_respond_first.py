"""A run that uses nothing of ours: who mocks the service, or another product, gets the response of the mock."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from started_processes import Started

INI = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
WAYS = Path(__file__).with_name("mocks.py")


def failed(folder, *options):
    """Return which tests of the file fail; library versions that do not work together fail without us, too."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfEs", "-p", "no:cacheprovider", *options]
    names = [name for name in os.environ if name.lower().endswith("_proxy")]
    environment = {name: value for name, value in os.environ.items() if name not in names}
    with Started.really():
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return set(re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)), done.stdout


@pytest.mark.slow
def test_every_mock_responds_as_if_the_plugin_were_not_there(tmp_path):
    """vcrpy, respx, httpretty, mocket, pook and others, for the service and for OSS; patched sockets; a proxy here."""
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")
    (tmp_path / "test_mocks.py").write_text(WAYS.read_text(encoding="utf-8"), encoding="utf-8")
    ours, text = failed(tmp_path)
    assert " passed" in text
    if ours:
        ours -= failed(tmp_path, "-p", "no:sls_contract", *ours)[0]
    assert ours == set(), text
