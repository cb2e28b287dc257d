"""What docs/network.md says of each client: tried with the client itself, where whatever it sends is heard."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
network = pytest.importorskip("benchmarks.network", reason="needs the folder benchmarks beside tests")
SAMPLE = ("requests",)


def test_each_client_is_recorded_replayed_and_blocked_as_said():
    """A sample by default; with SLS_FULL=1 all that are installed."""
    if reason := network.missing():
        pytest.skip(reason)
    names = [
        name
        for name, client in network.CLIENTS.items()
        if (os.environ.get("SLS_FULL") or name in SAMPLE) and all(map(importlib.util.find_spec, client.needs))
    ]
    command = [sys.executable, "-m", "benchmarks.network", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n| ") + 1 == len(names)
