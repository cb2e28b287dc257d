"""Which clients are recorded, replayed and blocked? Each sends a request to a host name that leads to a listener.

    python -m benchmarks.network [--out FILE] [CLIENT ...]

Runs in its own network and mount namespace (Linux; ``unshare`` and ``ip``). There the host name is in ``/etc/hosts``,
and both this entry and the name server lead to one listener, which receives all that a client sends. Without
arguments all clients except niquests must be installed (tests/beside/requirements.txt), and docs/network.md is written.
Exit code 1 if something arrived that should not, or if a client behaves otherwise than `network_clients` states.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.network_clients import CLIENTS, PACKAGES
from sls_contract import __version__

HOST, ADDRESS, PORT = "my-project.cn-hangzhou.log.aliyuncs.com", "198.51.100.7", 80
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
INSIDE = "SLS_CONTRACT_NETWORK"
_ROOT = Path(__file__).parents[1]
_SETUP = (
    f"ip link set lo up && ip address add {ADDRESS}/32 dev lo && mount --bind $0/hosts /etc/hosts "
    '&& mount --bind $0/resolv.conf /etc/resolv.conf && exec "$@"'
)


def missing() -> str:
    """Return why a namespace cannot be created; empty if it can."""
    if not (shutil.which("unshare") and shutil.which("ip")):
        return "needs unshare and ip (Debian: util-linux, iproute2)"
    done = subprocess.run(inside(["true"]), capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"needs permission to create a network namespace: {done.stderr.strip()}"


def inside(command: list[str]) -> list[str]:
    """Return a command that runs another one in a namespace in which all addresses lead to the listener."""
    folder = Path(tempfile.gettempdir()) / f"sls-contract-network-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    (folder / "hosts").write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n", encoding="utf-8")
    (folder / "resolv.conf").write_text(f"nameserver {ADDRESS}\n", encoding="utf-8")
    return ["unshare", "--map-root-user", "--net", "--mount", "sh", "-c", _SETUP, str(folder), *command]


class Listener:
    """Responds to each request, and counts what arrives over TCP and UDP, including name lookups."""

    def __init__(self) -> None:
        self.arrived = 0
        server = socket.create_server((ADDRESS, PORT))
        threading.Thread(target=self._accept, args=(server,), daemon=True).start()
        for port in (53, PORT):
            lookups = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            lookups.bind((ADDRESS, port))
            threading.Thread(target=self._count, args=(lookups,), daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        while True:
            connection, _ = server.accept()
            self.arrived += 1
            threading.Thread(target=self._respond, args=(connection,), daemon=True).start()

    def _respond(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(5)
            try:
                connection.recv(65536)
                connection.sendall(RESPONSE)
            except OSError:
                return

    def _count(self, lookups: socket.socket) -> None:
        while True:
            lookups.recv(4096)
            self.arrived += 1


def run(name: str, mode: str, cassette: str) -> str:
    """Run one client in its own process; return its result: a response, or the name of an error."""
    command = [sys.executable, "-m", "benchmarks.network_clients", name, mode, HOST, str(PORT), cassette]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.strip().rpartition("\n")[2] or f"nothing: {done.stderr[-300:]}"


def judge(name: str, listener: Listener, folder: Path) -> dict[str, str]:
    """Return the results of a client by mode, each with the number of connections and datagrams that arrived."""
    cassette, result = str(folder / f"{name}.sls.yaml"), {}
    for mode in ("free", "recorded", "replayed", "blocked"):
        before = listener.arrived
        outcome = run(name, mode, cassette)
        time.sleep(0.2)  # a datagram may still be on its way
        result[mode] = f"{outcome} ({listener.arrived - before})"
    return result


def row(name: str, result: dict[str, str]) -> tuple[str, list[str]]:
    """Return the table row of a client, and contradictions to its known behaviour."""
    expected, received = CLIENTS[name].kind, {mode: not text.endswith("(0)") for mode, text in result.items()}
    recorded = result["recorded"].startswith("exchanges: 1 ")
    replayed = result["replayed"].startswith("received") and not received["replayed"]
    blocked = result["blocked"].startswith("NetworkBlocked") and not received["blocked"]
    kind = "recorded" if recorded and replayed and blocked else "blocked" if blocked else "open"
    wrong = [f"{name}: expected {expected}, got {kind}: {result}"] if kind != expected else []
    if not received["free"] and not CLIENTS[name].silent:
        wrong.append(f"{name}: nothing arrived from a free client: {result}")
    if received["replayed"] and kind != "open":
        wrong.append(f"{name}: something arrived under a cassette in replay: {result}")
    cells = ["yes" if each else "no" for each in (kind == "recorded", kind == "recorded", blocked)]
    needs = ", ".join(
        f"{PACKAGES.get(module, module)} {version(PACKAGES.get(module, module))}" for module in CLIENTS[name].needs
    )
    return f"| {name} | {' | '.join(cells)} | {needs or 'Python'} |", wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.network", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, help="the page whose table is written (default: docs/network.md, if all clients ran)"
    )
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help="run only these (default: all except niquests)")
    arguments = parser.parse_args()
    if INSIDE not in os.environ:
        if reason := missing():
            print(reason, file=sys.stderr)
            return 2
        again = inside([sys.executable, "-m", "benchmarks.network", *sys.argv[1:]])
        return subprocess.run(again, env={**os.environ, INSIDE: "1"}, check=False).returncode
    names = arguments.clients or [name for name in CLIENTS if name != "niquests"]  # it replaces urllib3
    if absent := sorted({module for name in names for module in CLIENTS[name].needs if not _installed(module)}):
        print(f"not installed: {', '.join(absent)}", file=sys.stderr)
        return 2
    listener, lines, wrong = Listener(), [], []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            line, problems = row(name, judge(name, listener, Path(folder)))
            print(line, *problems, sep="\n", flush=True)
            lines.append(line)
            wrong += problems
    out = arguments.out or (None if arguments.clients else _ROOT / "docs" / "network.md")
    if out and not wrong:
        made = f"{datetime.now(UTC):%Y-%m-%d} with sls-contract {__version__} on Python {platform.python_version()}"
        head, table, tail = out.read_text(encoding="utf-8").partition("<!-- made by python -m benchmarks.network -->")
        rest = tail.partition("<!-- end -->")[2]
        page = [table, "", f"Made {made}.", "", _HEAD, *lines, "", "<!-- end -->"]
        out.write_text(head + "\n".join(page) + rest, encoding="utf-8")
    return 1 if wrong else 0


_HEAD = "| client | recorded | replayed | blocked | tried with |\n|---|---|---|---|---|"


def _installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


if __name__ == "__main__":
    sys.exit(main())
