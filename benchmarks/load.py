"""The load of `benchmarks.server`: many connections that each send a request as soon as they have a response.

    python -m benchmarks.load PORT CONNECTIONS COUNT < requests

Standard input has a request as JSON text on each line; they are sent in turn. Prints a JSON object: how many responses
there were, how many of them with another status than 200, the seconds that it took, and the sorted latencies in
microseconds.
"""

from __future__ import annotations

import argparse
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
    """The requests that are left to send, and the measurements."""

    requests: itertools.cycle[bytes]
    remaining: int
    done: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0
    latencies: list[int] = field(default_factory=list)
    refused: int = 0

    def waiting(self) -> int:
        """Return how many requests still wait for their response."""
        return self.sent - len(self.latencies)


class Client(asyncio.Protocol):
    """A kept connection: sends a request, reads the whole response, sends the next one."""

    def __init__(self, load: Load) -> None:
        self.load, self.data, self.start = load, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send_next(self) -> None:
        if self.load.remaining <= 0:
            if self.load.waiting() == 0:
                self.load.done.set()
            return
        self.load.remaining, self.load.sent = self.load.remaining - 1, self.load.sent + 1
        self.data, self.start = b"", time.perf_counter_ns()
        self.transport.write(next(self.load.requests))

    def data_received(self, data: bytes) -> None:
        self.data += data
        end = self.data.find(b"\r\n\r\n") + 4
        if end < 4 or len(self.data) < end + length(self.data[:end]):
            return
        self.load.latencies.append((time.perf_counter_ns() - self.start) // 1000)
        self.load.refused += self.data[9:12] != b"200"
        self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.load.done.is_set():
            sys.exit(f"the server ended a connection: {self.data[:200]!r} {exc or ''}")


def length(head: bytes) -> int:
    """Return the Content-Length, which every server of this benchmark sends."""
    at = head.lower().index(b"content-length:") + len(b"content-length:")
    return int(head[at : head.index(b"\r", at)])


async def run(port: int, connections: int, load: Load) -> float:
    loop = asyncio.get_running_loop()
    opened = [await loop.create_connection(lambda: Client(load), "127.0.0.1", port) for _ in range(connections)]
    start = time.perf_counter()
    for _, client in opened:
        client.send_next()
    await load.done.wait()
    return time.perf_counter() - start


def main(port: int, connections: int, count: int) -> None:
    requests = [json.loads(line).encode() for line in sys.stdin]
    load = Load(itertools.cycle(requests), count)
    gc.freeze()
    gc.disable()  # only pauses of the server are to be measured
    seconds = asyncio.run(run(port, connections, load))
    responses = len(load.latencies)
    report = {"responses": responses, "refused": load.refused, "seconds": seconds, "latencies": sorted(load.latencies)}
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    command = argparse.ArgumentParser(
        prog="python -m benchmarks.load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("port", type=int, help="where the server listens on loopback")
    command.add_argument("connections", type=int, help="how many connections send requests at a time")
    command.add_argument("count", type=int, help="how many requests are sent in all")
    arguments = command.parse_args()
    main(arguments.port, arguments.connections, arguments.count)
