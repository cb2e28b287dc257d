"""The preload for Node: Node itself, every way to open a connection, and a server that says what it was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from sls_contract.endpoint.node import node_options, preload

if TYPE_CHECKING:
    from pathlib import Path

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="needs node")
ASK = """
const [kind, url] = process.argv.slice(1);
const fail = (error) => console.log((error.cause || error).message);
const read = (stream) => { let all = ''; stream.on('data', (d) => { all += d; }).on('close', () => console.log(all)); };
const kinds = {
  http: () => require('http').get(url, read).on('error', fail),
  https: () => require('https').get(url, read).on('error', fail),
  fetch: () => fetch(url).then((response) => response.text()).then(console.log, fail),
  net: () => { const s = require('net').connect(80, new URL(url).host, () => s.end('GET /net\\r\\n\\r\\n')); read(s); },
};
kinds[kind]();
"""


@pytest.fixture
def echo():
    """A server that returns the Host and path of the request."""
    import http.server
    import threading

    class Echo(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{self.headers['Host']} {self.path}".encode())

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def ask(kind: str, url: str, port: int | str, path: Path | str) -> str:
    env = {
        **os.environ,
        "SLS_LOOPBACK": port if isinstance(port, str) else f"127.0.0.1:{port}",
        "NODE_OPTIONS": node_options("--no-warnings", str(path)),
    }
    done = subprocess.run([NODE, "-e", ASK, kind, url], env=env, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout.strip()


@needs_node
class TestPreload:
    """The preload for Node moves connections to SLS hosts, and nothing else."""

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["http", "fetch"])
    def test_sls_hosts_lead_to_the_loopback_endpoint(self, echo, kind):
        """Host and path stay the client's."""
        url = "http://p.cn-hangzhou.log.aliyuncs.com/x?y=1"
        assert ask(kind, url, echo, preload()) == "p.cn-hangzhou.log.aliyuncs.com /x?y=1"

    @pytest.mark.slow
    def test_a_bare_socket_is_led_there_too(self, echo):
        """Whatever opens a TCP connection."""
        assert ask("net", "http://p.log.aliyuncs.com", echo, preload()).endswith("None /net")

    def test_https_is_told_to_use_http(self, echo):
        """A client that speaks TLS fails at once, with words that help."""
        assert ask("https", "https://p.cn-hangzhou.log.aliyuncs.com/", echo, preload()).endswith("plain HTTP: use http")

    @pytest.mark.slow
    def test_other_hosts_are_left_alone(self, echo):
        """A server of the client's own is reached as ever."""
        assert ask("http", f"http://127.0.0.1:{echo}/own", 1, preload()) == f"127.0.0.1:{echo} /own"

    def test_a_path_with_spaces_is_loaded(self, echo, tmp_path):
        """The package may be installed anywhere."""
        odd = tmp_path / 'a "b" c'
        odd.mkdir()
        shutil.copy(preload(), odd / "shim.cjs")
        url = "http://p.cn-hangzhou.log.aliyuncs.com/x"
        assert ask("http", url, echo, odd / "shim.cjs") == "p.cn-hangzhou.log.aliyuncs.com /x"

    def test_where_it_leads_may_be_ipv6(self):
        """With the brackets that a URL has: the address is tried, no name is looked up."""
        assert ask("http", "http://p.log.aliyuncs.com/", "[::1]:1", preload()).startswith("connect E")

    @pytest.mark.slow
    def test_what_is_no_address_is_told(self):
        """Not by a TypeError of ours in somebody's program."""
        with pytest.raises(subprocess.CalledProcessError) as failed:
            ask("http", "http://p.log.aliyuncs.com/", "8080", preload())
        assert "SLS_LOOPBACK must be HOST:PORT, such as 127.0.0.1:8080, got 8080" in failed.value.stderr


def test_node_options_are_kept_and_added_to():
    """What was there stays; a path with spaces, quotes and backslashes is quoted."""
    assert node_options(path="/a b/s.cjs") == '--require "/a b/s.cjs"'
    assert node_options("--no-warnings", 'C:\\a"b.cjs') == '--no-warnings --require "C:\\\\a\\"b.cjs"'
    assert node_options().endswith('sls_loopback.cjs"')
