"""Many connections that ask as fast as they are answered: the load of `benchmarks.server`, in a process of its own.

    python -m benchmarks.load PORT CONNECTIONS COUNT < requests

Standard input holds requests as JSON texts, one a line, asked in turn. Prints a JSON object: how many requests were
answered, how many of them with another status than 200, the seconds that took, and each answer's latency in
microseconds, sorted.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import sys
import time
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Load:
    """What is still to ask, and what was seen."""

    requests: itertools.cycle[bytes]
    left: int
    done: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    latencies: list[int] = field(default_factory=list)
    refused: int = 0

    def waiting(self) -> int:
        """Count the requests that are not answered yet."""
        return self.asked - len(self.latencies)


class Client(asyncio.Protocol):
    """One kept connection: asks, reads the whole answer, asks again."""

    def __init__(self, load: Load) -> None:
        self.load, self.data, self.began = load, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def ask(self) -> None:
        if self.load.left <= 0:
            if self.load.waiting() == 0:
                self.load.done.set()
            return
        self.load.left, self.load.asked = self.load.left - 1, self.load.asked + 1
        self.data, self.began = b"", time.perf_counter_ns()
        self.transport.write(next(self.load.requests))

    def data_received(self, data: bytes) -> None:
        self.data += data
        end = self.data.find(b"\r\n\r\n") + 4
        if end < 4 or len(self.data) < end + length(self.data[:end]):
            return
        self.load.latencies.append((time.perf_counter_ns() - self.began) // 1000)
        self.load.refused += self.data[9:12] != b"200"
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.load.done.is_set():
            sys.exit(f"the server ended a connection: {self.data[:200]!r} {exc or ''}")


def length(head: bytes) -> int:
    """Return the Content-Length; every server here sends one."""
    at = head.lower().index(b"content-length:") + len(b"content-length:")
    return int(head[at : head.index(b"\r", at)])


async def run(port: int, connections: int, load: Load) -> float:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: Client(load), "127.0.0.1", port) for _ in range(connections)]
    began = time.perf_counter()
    for _, client in made:
        client.ask()
    await load.done.wait()
    return time.perf_counter() - began


def main(port: int, connections: int, count: int) -> None:
    requests = [json.loads(line).encode() for line in sys.stdin]
    load = Load(itertools.cycle(requests), count)
    gc.freeze()
    gc.disable()  # the pauses that are measured are the server's
    seconds = asyncio.run(run(port, connections, load))
    answered = len(load.latencies)
    report = {"answered": answered, "refused": load.refused, "seconds": seconds, "latencies": sorted(load.latencies)}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
