"""A signal loses no report: neither one that comes as soon as the proxy listens, nor one after another."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "cassettes" / "documents" / "get-checkpoint-page.sls.yaml"


def listening(*command: str, folder) -> subprocess.Popen:
    words = [sys.executable, "-m", "sls_contract", *command, "--port", "0", "--json", "out.json"]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline()
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_line_is_an_invitation_to_end_it(tmp_path, number):
    """From the first line on, whatever comes, and however often, leaves a report and the signal's code."""
    for words in (["proxy", "--cassette", "new.sls.yaml"], ["replay", str(PAGE)]):
        process = listening(*words, folder=tmp_path)
        for _ in range(3):
            process.send_signal(number)
        process.communicate(timeout=60)
        assert process.returncode == 128 + number
        assert json.loads((tmp_path / "out.json").read_text("utf-8"))["command"] == words[0]
        (tmp_path / "out.json").unlink()
