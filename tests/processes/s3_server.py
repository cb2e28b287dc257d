"""moto's server: a real S3 by HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest


@contextmanager
def served_s3(monkeypatch):
    """Start moto's server, a real S3 by HTTP; give its file system."""
    fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    pytest.importorskip("moto.server", reason="moto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            settings = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": url}
            for name, value in settings.items():
                monkeypatch.setenv(name, value)
            monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", url)
            fsspec.config.set_conf_env(fsspec.config.conf)
            filesystem = fsspec.filesystem("s3")
            filesystem.mkdir("bucket")
            yield filesystem
        finally:
            server.kill()
    fsspec.config.conf.pop("s3", None)


def wait_for(url):
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto's server did not start")
