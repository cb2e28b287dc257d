"""The installed command, run as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(sys.executable).with_name("sls-contract")


@pytest.fixture
def command(tmp_path):
    """Run the installed script in an empty folder; gives the finished process, text decoded, never a traceback."""

    def run(*argv, stdin=b"", environ=None, stdout=subprocess.PIPE, script=(str(SCRIPT),)):
        done = subprocess.run(
            [*script, *map(str, argv)],
            input=stdin,
            stdout=stdout,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "PYTHONUNBUFFERED": "", **(environ or {})},
            timeout=60,
            check=False,
        )
        done.stdout, done.stderr = (done.stdout or b"").decode(), done.stderr.decode()
        assert "Traceback" not in done.stdout + done.stderr
        assert "Exception ignored" not in done.stderr
        return done

    return run
