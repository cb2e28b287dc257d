"""What docs/network.md says of each client: tried with the client itself, where whatever it sends is heard."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
network = pytest.importorskip("benchmarks.network", reason="needs the folder benchmarks beside tests")


@pytest.mark.full
def test_each_client_is_recorded_replayed_and_blocked_as_said():
    """All that are installed; `tests/plugin` tries the usual ones."""
    if reason := network.missing():
        pytest.skip(reason)
    names = [name for name, client in network.CLIENTS.items() if all(map(importlib.util.find_spec, client.needs))]
    command = [sys.executable, "-m", "benchmarks.network", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n| ") + 1 == len(names)
