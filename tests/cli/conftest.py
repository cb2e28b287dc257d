"""The command line as its users run it: mostly in this process, in one of its own where streams or encodings matter."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from started_processes import FULL

from sls_contract import cli

SCRIPT = Path(sys.executable).with_name("sls-contract")


@pytest.fixture
def command(tmp_path, monkeypatch):
    """Run the command in an empty folder; gives the finished process, text decoded, never a traceback."""

    def run(*argv, stdin=b"", environ=None, stdout=subprocess.PIPE, script=None):
        words, environ = [*map(str, argv)], environ or {}
        if FULL or script or stdout != subprocess.PIPE or "PYTHON" in "".join(environ):
            done = _process([*(script or [str(SCRIPT)]), *words], stdin, environ, stdout, tmp_path)
        else:
            with monkeypatch.context() as patch:
                patch.chdir(tmp_path)
                for name, value in environ.items():
                    patch.setenv(name, value)
                done = _here(words, stdin)
        assert "Traceback" not in done.stdout + done.stderr
        assert "Exception ignored" not in done.stderr
        return done

    return run


def _process(command, stdin, environ, stdout, folder):
    environ = {**os.environ, "PYTHONUNBUFFERED": "", **environ}
    streams = {"input": stdin, "stdout": stdout, "stderr": subprocess.PIPE}
    done = subprocess.run(command, **streams, cwd=folder, env=environ, timeout=60, check=False)
    done.stdout, done.stderr = (done.stdout or b"").decode(), done.stderr.decode()
    return done


def _here(words, stdin):
    out, err, given = io.StringIO(), io.StringIO(), io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):  # which argparse writes to
        code = cli.run(words, environ=os.environ, stdin=given, stdout=out, stderr=err)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())
