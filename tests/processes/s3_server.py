"""moto's server: a real S3 by HTTP, and what stands between it and its users."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

READ = {"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"}


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


@contextmanager
def relayed(monkeypatch, writes=sys.maxsize):
    """Stand between moto and its users, as OSS, whose XML names no namespace; give what heals the network.

    After so many requests to ``write`` the connection of every further one is cut.
    """
    import fsspec

    upstream, begun, healed = os.environ["AWS_ENDPOINT_URL"], itertools.count(1), threading.Event()

    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command == "PUT" and next(begun) > writes and not healed.is_set():
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
                return
            host, _, port = upstream.removeprefix("http://").partition(":")
            connection = http.client.HTTPConnection(host, int(port), timeout=60)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read().replace(b' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"', b"")
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                    self.send_header(name, value)
            length = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", length)
            self.end_headers()
            self.wfile.write(content)
            connection.close()

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Relay) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("AWS_ENDPOINT_URL", "FSSPEC_S3_ENDPOINT_URL", "FSSPEC_OSS_ENDPOINT"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        fsspec.config.set_conf_env(fsspec.config.conf)
        yield healed.set
        server.shutdown()


def wait_for(url):
    for _ in range(600):
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto's server did not start")
