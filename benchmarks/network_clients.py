"""How each client requests ``http://HOST:PORT/x``: one function for each client.

    python -m benchmarks.network_clients CLIENT MODE HOST PORT CASSETTE

runs one client: free, recorded to a cassette, replayed from it, or blocked. The last line of output is its result.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from typing import Any, NamedTuple


class Client(NamedTuple):
    """A client: a function that sends a request, the modules that it needs, and its known behaviour.

    ``kind``: ``recorded`` (also replayed and blocked), ``blocked`` only, or ``open``. ``silent``: in mode ``free``
    nothing arrives, because the client only looks up the name, which is in ``/etc/hosts``.
    """

    ask: Any
    needs: tuple[str, ...]
    kind: str
    silent: bool


CLIENTS: dict[str, Client] = {}
PACKAGES = {"dns": "dnspython", "grpc": "grpcio", "pytest_socket": "pytest-socket", "socks": "PySocks"}


_PROXY = "198.51.100.7"


def client(*needs, kind="blocked", silent=False):
    """Register a client."""

    def register(function):
        CLIENTS[function.__name__.replace("_", " ")] = Client(function, needs, kind, silent)
        return function

    return register


@client(kind="recorded")
def http_client(host, port):
    import http.client

    connection = http.client.HTTPConnection(host, port, timeout=5)
    connection.request("GET", "/x")
    return connection.getresponse().read()


@client(kind="recorded")
def urllib(host, port):
    from urllib.request import urlopen

    return urlopen(f"http://{host}:{port}/x", timeout=5).read()


@client("urllib3", kind="recorded")
def urllib3(host, port):
    import urllib3

    return urllib3.PoolManager(retries=False, timeout=5).request("GET", f"http://{host}:{port}/x").data


@client("requests", kind="recorded")
def requests(host, port):
    import requests

    return requests.get(f"http://{host}:{port}/x", timeout=5).content


@client("httpx", kind="recorded")
def httpx(host, port):
    import httpx

    return httpx.get(f"http://{host}:{port}/x", timeout=5).content


@client("httpx", "anyio", kind="recorded")
def httpx_async(host, port):
    import httpx

    async def ask():
        async with httpx.AsyncClient(timeout=5) as client:
            return (await client.get(f"http://{host}:{port}/x")).content

    return asyncio.run(ask())


@client("httpx", "trio", kind="recorded")
def httpx_on_trio(host, port):
    import httpx
    import trio

    async def ask():
        async with httpx.AsyncClient(timeout=5) as client:
            return (await client.get(f"http://{host}:{port}/x")).content

    return trio.run(ask)


@client("aiohttp", kind="recorded")
def aiohttp(host, port):
    import aiohttp

    async def ask():
        limit = aiohttp.ClientTimeout(total=5)
        async with aiohttp.ClientSession(timeout=limit) as client, client.get(f"http://{host}:{port}/x") as response:
            return await response.read()

    return asyncio.run(ask())


@client("httplib2", kind="recorded")
def httplib2(host, port):
    import httplib2

    return httplib2.Http(timeout=5).request(f"http://{host}:{port}/x")[1]


@client("httpcore")
def httpcore(host, port):
    import httpcore

    return httpcore.request("GET", f"http://{host}:{port}/x").content


@client("niquests")
def niquests(host, port):
    import niquests

    return niquests.get(f"http://{host}:{port}/x", timeout=5).content


@client()
def socket(host, port):
    import socket

    with socket.create_connection((host, port), timeout=5) as each:
        return _talk(each, host)


@client()
def socket_by_name(host, port):
    import socket

    with socket.socket() as each:
        each.settimeout(5)
        each.connect((host, port))
        return _talk(each, host)


@client()
def socket_datagram(host, port):
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as each:
        each.sendto(b"x", (host, port))
    return b""


@client()
def asyncio_streams(host, port):
    return asyncio.run(_stream(host, port))


@client("pytest_socket", kind="recorded")
def socket_after_pytest_socket(host, port):
    import pytest_socket

    pytest_socket.disable_socket()
    pytest_socket.enable_socket()
    pytest_socket._remove_restrictions()  # noqa: SLF001 - what it does after each test
    return http_client(host, port)


@client("uvloop")
def uvloop_streams(host, port):
    import uvloop

    return uvloop.run(_stream(host, port))


@client("uvloop", silent=True)
def uvloop_lookup(host, port):
    import uvloop

    async def look():
        return await asyncio.get_running_loop().getaddrinfo(host, port)

    return str(uvloop.run(look())).encode()


@client("uvloop", "aiohttp", kind="recorded")
def aiohttp_on_uvloop(host, port):
    import aiohttp
    import uvloop

    async def ask():
        async with aiohttp.ClientSession() as client, client.get(f"http://{host}:{port}/x") as response:
            return await response.read()

    return uvloop.run(ask())


@client("tornado")
def tornado(host, port):
    from tornado.httpclient import AsyncHTTPClient

    async def ask():
        return (await AsyncHTTPClient().fetch(f"http://{host}:{port}/x", request_timeout=5)).body

    return asyncio.run(ask())


@client("tornado", "pycurl")
def tornado_on_curl(host, port):
    from tornado.httpclient import AsyncHTTPClient

    async def ask():
        AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")
        return (await AsyncHTTPClient().fetch(f"http://{host}:{port}/x", request_timeout=5)).body

    return asyncio.run(ask())


@client("twisted")
def twisted(host, port):
    from twisted.internet import reactor
    from twisted.web.client import Agent, readBody

    got = []
    response = Agent(reactor).request(b"GET", f"http://{host}:{port}/x".encode())
    response.addCallback(readBody)
    response.addBoth(lambda result: (got.append(result), reactor.stop()))
    reactor.run()
    if not isinstance(got[0], bytes):
        got[0].raiseException()
    return got[0]


@client("gevent")
def gevent(host, port):
    import gevent.socket

    with gevent.socket.create_connection((host, port), timeout=5) as each:
        return _talk(each, host)


@client("gevent")
def gevent_with_c_ares(host, port):
    import os

    os.environ["GEVENT_RESOLVER"] = "ares"
    return gevent(host, port)


@client("gevent", "requests", kind="recorded")
def requests_under_gevent(host, port):
    from gevent import monkey

    monkey.patch_all()
    return requests(host, port)


@client("geventhttpclient")
def geventhttpclient(host, port):
    from geventhttpclient import HTTPClient

    return HTTPClient(host, port).get("/x").read()


@client("eventlet")
def eventlet(host, port):
    import warnings

    warnings.simplefilter("ignore")
    from eventlet.green import socket

    with socket.create_connection((host, port)) as each:
        return _talk(each, host)


@client("pycares", silent=True)
def pycares(host, port):
    import threading

    import pycares

    done, got = threading.Event(), []
    channel = pycares.Channel(timeout=2, tries=1)
    channel.getaddrinfo(host, port, callback=lambda result, _: (got.append(result), done.set()))
    done.wait(5)
    return str(got).encode()


@client("aiodns", "pycares")
def aiodns(host, _port):
    import aiodns

    async def look():
        return await aiodns.DNSResolver(timeout=2, tries=1).query_dns(host, "A")

    return str(asyncio.run(look())).encode()


@client("dns")
def dnspython(host, _port):
    import dns.resolver

    return str(dns.resolver.resolve(host, "A", lifetime=2)).encode()


@client("socks")
def pysocks(host, port):
    import socks

    with socks.socksocket() as each:
        each.set_proxy(socks.SOCKS5, _PROXY, port)
        each.settimeout(2)
        each.connect((host, port))
        return _talk(each, host)


@client("pycurl")
def pycurl(host, port):
    import io

    import pycurl

    body, transfer = io.BytesIO(), pycurl.Curl()
    transfer.setopt(pycurl.URL, f"http://{host}:{port}/x")
    transfer.setopt(pycurl.TIMEOUT, 5)
    transfer.setopt(pycurl.WRITEDATA, body)
    transfer.perform()
    return body.getvalue()


@client("curl_cffi")
def curl_cffi(host, port):
    import curl_cffi

    return curl_cffi.get(f"http://{host}:{port}/x", timeout=5).content


@client("curl_cffi")
def curl_cffi_async(host, port):
    import curl_cffi

    async def ask():
        async with curl_cffi.AsyncSession() as client:
            return (await client.get(f"http://{host}:{port}/x", timeout=5)).content

    return asyncio.run(ask())


@client("grpc")
def grpc(host, port):
    import grpc

    with grpc.insecure_channel(f"{host}:{port}") as channel:
        return channel.unary_unary("/a/b")(b"x", timeout=2)


@client("grpc")
def grpc_aio(host, port):
    import grpc.aio

    async def call():
        async with grpc.aio.insecure_channel(f"dns:///{host}:{port}") as channel:
            return await channel.unary_unary("/a/b")(b"x", timeout=2)

    return asyncio.run(call())


@client("primp")
def primp(host, port):
    import primp

    return primp.Client(timeout=5).get(f"http://{host}:{port}/x").content


@client("primp")
def primp_async(host, port):
    import primp

    async def ask():
        return (await primp.AsyncClient(timeout=5).get(f"http://{host}:{port}/x")).content

    return asyncio.run(ask())


@client("pyreqwest")
def pyreqwest(host, port):
    from pyreqwest.client import SyncClientBuilder

    with SyncClientBuilder().build() as client:
        return bytes(client.get(f"http://{host}:{port}/x").build().send().bytes())


@client("pyreqwest")
def pyreqwest_simple(host, port):
    from pyreqwest.simple.sync_request import pyreqwest_get

    return bytes(pyreqwest_get(f"http://{host}:{port}/x").send().bytes())


@client("aiosonic")
def aiosonic(host, port):
    import aiosonic

    async def ask():
        async with aiosonic.HTTPClient() as client:
            return await (await client.get(f"http://{host}:{port}/x")).content()

    return asyncio.run(ask())


@client("websockets")
def websockets(host, port):
    from websockets.sync.client import connect

    with connect(f"ws://{host}:{port}/x", open_timeout=5):
        return b""


@client(kind="open")
def child_process(host, port):
    code = f"from urllib.request import urlopen; print(urlopen('http://{host}:{port}/x', timeout=5).read())"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout


async def _stream(host, port):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /x HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    response = await reader.read()
    writer.close()
    return response


def _talk(each, host):
    each.sendall(f"GET /x HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    return each.recv(65536)


def main(name, mode, host, port, path):
    """Run a client in a mode; return its result."""
    from sls_contract import use_cassette
    from sls_contract.cassettes.hosts import host_rule
    from sls_contract.cassettes.recorder import NetworkGuard
    from sls_contract.errors import SlsContractError

    ask = CLIENTS[name].ask
    try:
        if mode == "blocked":
            NetworkGuard(host_rule(), "nothing").activate()
        if mode in ("free", "blocked"):
            return f"received {ask(host, port)!r}"
        try:
            with use_cassette(path, record="all" if mode == "recorded" else "none") as cassette:
                got = ask(host, port)
        except SlsContractError as error:  # GET /x is no request to SLS, which is a finding
            if type(error).__name__ != "ContractViolation":
                raise
        return f"exchanges: {len(cassette.exchanges)} " if mode == "recorded" else f"received {got!r}"
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the result
        return f"{type(error).__name__}: {error}".splitlines()[0]


if __name__ == "__main__":
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.network_clients",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("client", choices=CLIENTS, metavar="CLIENT", help=", ".join(CLIENTS))
    command.add_argument("mode", choices=("free", "recorded", "replayed", "blocked"))
    command.add_argument("host", help="the host name of the request")
    command.add_argument("port", type=int)
    command.add_argument("cassette", help="the file to record to or to replay")
    arguments = command.parse_args()
    print(main(arguments.client, arguments.mode, arguments.host, arguments.port, arguments.cassette))
