"""How many GetCheckPoint requests do ``serve`` and ``replay`` handle, and how fast, with every signature verified?

    python -m benchmarks.server [--quick] [--prism PATH | --without-peer]

Measured in turns, in one run on one machine: ``sls-contract serve`` (v1 and v4), ``sls-contract replay --repeat last``,
a peer (Prism, installed by npm into a temporary folder; it verifies no signature and keeps no state), and the floor:
the web server library alone, with a constant response. Each is a separate process. The load comes from another process
(`benchmarks.load`): 50 kept connections, each of which sends a request as soon as it has a response. If other
programs keep the cores busy, CPU time per request is more reliable than requests a second.

Exit code 1 if a target is missed, 2 if the floor misses it, too: the machine is too busy to measure.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from sls_contract import Request, sign, use_cassette
from sls_contract.endpoint import ReferenceEndpoint
from sls_contract.reports import table
from sls_contract.signing import TEST_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 50
PER_SECOND, P99 = 2000, 20.0  # targets: requests a second, at least; latency in milliseconds, below
HOST = "my-project.cn-hangzhou.log.aliyuncs.com"
GROUPS = "/logstores/my-logstore/consumergroups"
CHECKPOINT = "MTUyNDE1NTM3OTM3MzkwODQ5Ng=="
ENTRY = {"shard": 0, "checkpoint": CHECKPOINT, "updateTime": 1524224984800922, "consumer": "consumer_1"}
ENTRIES = json.dumps([ENTRY], separators=(",", ":"))  # 111 bytes, as in the page's example
PRISM = "5.14.2"
FLOOR = f"""
import asyncio
from aiohttp import web

async def respond(_request):
    return web.Response(body={ENTRIES.encode()!r}, content_type="application/json")

async def serve():
    server = await asyncio.get_running_loop().create_server(web.Server(respond, access_log=None), "127.0.0.1", 0)
    print("floor http://127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(serve())
"""


@dataclass
class Contender:
    """A server, and its measurements: one for each round."""

    name: str
    process: subprocess.Popen[str]
    port: int
    scheme: str = "v1"
    targets: bool = True
    rates: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def load(self, count: int) -> dict[str, Any]:
        """Send ``count`` requests; exit if one of them does not get 200."""
        process = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", str(self.port), str(CONNECTIONS), str(count)],
            input="\n".join(json.dumps(text) for text in signed_requests(self.scheme)),
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )
        result: dict[str, Any] = json.loads(process.stdout)
        if result["responses"] != count or result["refused"]:
            sys.exit(
                f"{self.name}: {count} requests, {result['responses']} responses, {result['refused']} of them not 200"
            )
        return result

    def measure(self, count: int) -> None:
        start = cpu_seconds(self.process.pid)
        result = self.load(count)
        milliseconds = [each / 1000 for each in result["latencies"]]
        self.rates.append(count / result["seconds"])
        self.p50.append(milliseconds[count // 2])
        self.p99.append(milliseconds[count * 99 // 100])
        self.cpu.append((cpu_seconds(self.process.pid) - start) / count * 1e6)

    def passes(self) -> bool:
        return statistics.median(self.rates) >= PER_SECOND and statistics.median(self.p99) < P99

    def verdict(self, floor: Contender) -> str:
        if not self.targets or self.passes():
            return "PASS" if self.targets else ""
        return "FAIL" if floor.passes() else "too busy to tell"

    def row(self, floor: Contender) -> tuple[str, ...]:
        rate, cpu = statistics.median(self.rates), statistics.median(self.cpu)
        return (
            self.name,
            f"{rate:,.0f}",
            f"{statistics.median(self.p50):.1f}",
            f"{statistics.median(self.p99):.1f}",
            f"{max(self.p99):.1f}",
            f"{cpu:.0f}",
            f"{rate / statistics.median(floor.rates):.2f}",
            f"{cpu / statistics.median(floor.cpu):.2f}",
            self.verdict(floor),
        )


def on_the_wire(request: Request) -> str:
    """Return a request as HTTP/1.1 text."""
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{k}: {v}" for k, v in request.headers.pairs)]
    if request.body:
        lines.append(f"Content-Length: {len(request.body)}")
    return "\r\n".join([*lines, "", request.body.decode()])


def signed(method: str, target: str, body: bytes = b"", *, scheme: str = "v1", number: int = 0) -> Request:
    fields = {"Host": HOST, "User-Agent": f"load/{number}", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
    request = Request(method, f"http://{HOST}{target}", fields, body)
    return sign(request, TEST_CREDENTIALS, scheme=scheme, region="cn-hangzhou", at=datetime.now(UTC))


def signed_requests(scheme: str) -> list[str]:
    """Return 200 requests for two shards, each with different bytes."""
    return [
        on_the_wire(signed("GET", f"{GROUPS}/readers?shard={number % 2}", scheme=scheme, number=number))
        for number in range(200)
    ]


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process so far, user and system."""
    parts = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def running(*command: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start a server, and wait for its first line, which ends in the port."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r":(\d+)$", line.rstrip())
        if not found:
            sys.exit(f"{' '.join(command[:4])} did not start: {line!r}")
        yield process, int(found[1])
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def serving() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run ``serve`` with a consumer group that has a checkpoint in one of two shards."""
    with running(sys.executable, "-m", "sls_contract", "serve", "--port", "0") as (process, port):
        for request in (
            signed("POST", GROUPS, b'{"consumerGroup":"readers","timeout":60}'),
            signed("POST", f"{GROUPS}/readers?type=heartbeat&consumer=consumer_1", b"[]"),
            signed(
                "POST",
                f"{GROUPS}/readers?type=checkpoint&forceSuccess=true",
                json.dumps({"shard": 0, "checkpoint": CHECKPOINT}).encode(),
            ),
        ):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                connection.sendall(on_the_wire(request).encode())
                assert b" 200 " in connection.recv(65536)[:20]
        yield process, port


def record(path: Path) -> None:
    """Record the requests of the load."""
    service = ReferenceEndpoint(lambda: datetime.now(UTC))
    service.set_checkpoint("readers", 0, CHECKPOINT, consumer="consumer_1")
    with use_cassette(path, record="once", send=service):
        for shard in (0, 1):
            request = signed("GET", f"{GROUPS}/readers?shard={shard}")
            requests.get(request.url, headers=dict(request.headers), timeout=5).raise_for_status()


@contextlib.contextmanager
def replaying(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    cassette = folder / "load.sls.yaml"
    record(cassette)
    command = ("replay", str(cassette), "--repeat", "last", "--port", "0")
    with running(sys.executable, "-m", "sls_contract", *command) as started:
        yield started


def prism_command(folder: Path) -> Path | None:
    """Install Prism and return its command; print why and return None if that fails."""
    npm = shutil.which("npm")
    if npm is None:
        print("no peer: npm is not installed")
        return None
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"@stoplight/prism-cli@{PRISM}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        print(f"no peer: npm could not install Prism: {done.stderr.strip()[-200:]}")
        return None
    return folder / "node_modules" / ".bin" / "prism"


def openapi() -> dict[str, Any]:
    """Return an OpenAPI document of the operation for Prism, with the page's example as the response."""
    named = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("store", "group")
    ]
    shard = {"name": "shard", "in": "query", "schema": {"type": "integer"}}
    content = {"application/json": {"schema": {"type": "array"}, "example": json.loads(ENTRIES)}}
    operation = {"parameters": [*named, shard], "responses": {"200": {"description": "", "content": content}}}
    path = "/logstores/{store}/consumergroups/{group}"
    return {"openapi": "3.0.3", "info": {"title": "SLS", "version": "1"}, "paths": {path: {"get": operation}}}


@contextlib.contextmanager
def prism(command: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    document = folder / "openapi.json"
    document.write_text(json.dumps(openapi()), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ("mock", "-h", "127.0.0.1", "-p", str(port), "-v", "fatal", str(document))
    process = subprocess.Popen([str(command), *options], stdout=subprocess.DEVNULL, encoding="utf-8")
    try:
        wait_for(port)
        yield process, port
    finally:
        process.kill()
        process.wait()


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    sys.exit(f"nobody listens on port {port} after 30 seconds")


@contextlib.contextmanager
def contenders(peer: Path | None, *, with_peer: bool) -> Iterator[list[Contender]]:
    """Start every server; the floor is the last one."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        started = stack.enter_context(serving())
        replay = stack.enter_context(replaying(folder))
        servers = [
            Contender("serve, v1", *started),
            Contender("serve, v4", *started, scheme="v4"),
            Contender("replay, v1", *replay),
            Contender("replay, v4", *replay, scheme="v4"),
        ]
        command = peer or (prism_command(folder) if with_peer else None)
        if command:
            servers.append(
                Contender(f"Prism {PRISM}, not verified", *stack.enter_context(prism(command, folder)), targets=False)
            )
        floor = stack.enter_context(running(sys.executable, "-c", FLOOR))
        yield [*servers, Contender(f"aiohttp {version('aiohttp')} alone", *floor, targets=False)]


HEAD = ("server", "requests/s", "p50 ms", "p99 ms", "worst p99", "CPU µs", "rate ÷ floor", "CPU ÷ floor", "target")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.server", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--without-peer", action="store_true", help="install and run no peer")
    parser.add_argument("--prism", type=Path, metavar="PATH", help=f"Prism {PRISM}, where it is installed already")
    arguments = parser.parse_args(argv)
    rounds, count = (1, 2000) if arguments.quick else (5, 10_000)
    with contenders(arguments.prism, with_peer=not arguments.without_peer) as servers:
        for each in servers:
            each.load(500)  # warm-up
        for _ in range(rounds):
            for each in servers:
                each.measure(count)
    print(*table(HEAD, [each.row(servers[-1]) for each in servers]), sep="\n")
    print(
        f"\n{rounds} rounds of {count} requests on {CONNECTIONS} kept connections; medians. sls-contract "
        f"{version('sls-contract')}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    print(f"targets: at least {PER_SECOND:,} requests a second, p99 below {P99:g} ms")
    verdicts = {each.verdict(servers[-1]) for each in servers}
    return 1 if "FAIL" in verdicts else 2 if "too busy to tell" in verdicts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
