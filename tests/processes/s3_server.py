"""moto's server: a real S3 by HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

import pytest

READ = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}
WRITE = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@contextmanager
def served_s3(monkeypatch, *rights):
    """Start moto's server, a real S3 by HTTP; give its file system.

    With ``rights``, it lets nobody in but the holder of a key that has these, which is put into the environment.
    """
    fsspec = pytest.importorskip("fsspec", reason="the extra scale is not installed")
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    pytest.importorskip("moto.server", reason="moto is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    open_ = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "1000"} if rights else None
    with subprocess.Popen(command, env=open_, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url)
            use_key(monkeypatch, "a", "b")
            monkeypatch.setenv("AWS_ENDPOINT_URL", url)
            monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
            for name in ("FSSPEC_S3_ENDPOINT_URL", "FSSPEC_OSS_ENDPOINT"):
                monkeypatch.setenv(name, url)
            fsspec.config.set_conf_env(fsspec.config.conf)
            fsspec.filesystem("s3").mkdir("bucket")
            if rights:
                use_key(monkeypatch, *key_with(rights, url))
            yield fsspec.filesystem("s3")
        finally:
            server.kill()
    fsspec.config.conf.pop("s3", None)
    fsspec.config.conf.pop("oss", None)


def use_key(monkeypatch, key, secret):
    """Put a key into the environment, where s3fs and ossfs look for one."""
    import fsspec

    values = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "FSSPEC_OSS_KEY": key}
    for name, value in {**values, "FSSPEC_OSS_SECRET": secret}.items():
        monkeypatch.setenv(name, value)
    fsspec.config.set_conf_env(fsspec.config.conf)
    fsspec.filesystem("s3").clear_instance_cache()


def key_with(rights, url):
    """Make a user with some rights, and let nobody in from now on without a key; give the user's."""
    import boto3

    iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1")
    iam.create_user(UserName="u")
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(rights)})
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    urllib.request.urlopen(f"{url}/moto-api/reset-auth", data=b"0", timeout=60).close()
    return key["AccessKeyId"], key["SecretAccessKey"]


def wait_for(url):
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto's server did not start")
