"""What ended too early is closed all the same: nothing is printed when its objects are collected."""

from __future__ import annotations

import subprocess
import sys

ASKING = r"""
import gc, os, socket, struct, threading
from sls_contract import Request
from sls_contract.transport import TransportError, open_transport

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
RESPONSES = (b"", b"x", HEAD, HEAD + b"Content-Length: 9\r\n\r\nhe", CHUNKED + b"5\r\nhe")
NO_TUNNEL = RESPONSES[:3]
server = socket.create_server(("127.0.0.1", 0))
address = f"127.0.0.1:{server.getsockname()[1]}"


def serve():
    for response in RESPONSES + RESPONSES + NO_TUNNEL:
        connection, _ = server.accept()
        connection.recv(9999)
        connection.sendall(response)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset it
        connection.close()


def ask(url, responses=RESPONSES):
    with open_transport(url) as transport:
        for _ in responses:
            try:
                print(transport(Request("GET", "http://p.cn-hangzhou.log.aliyuncs.com/")))
            except TransportError as error:
                print(error.kind)


threading.Thread(target=serve).start()
ask(f"http://{address}")
os.environ["http_proxy"] = os.environ["https_proxy"] = f"http://{address}"
ask("http://cn-hangzhou.log.aliyuncs.com")
ask("https://cn-hangzhou.log.aliyuncs.com", NO_TUNNEL)
server.close()
gc.collect()
"""


def test_a_broken_response_prints_nothing_when_it_is_collected(monkeypatch):
    """Resets inside a head or a body, direct, through a proxy and before a tunnel; -X dev tells on every Python."""
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    ran = subprocess.run([sys.executable, "-X", "dev", "-c", ASKING], capture_output=True, timeout=60, check=False)
    assert ran.stderr == b""
    assert ran.stdout.split().count(b"truncated") >= 4
    assert len(ran.stdout.splitlines()) == 13
