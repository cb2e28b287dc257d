"""A server that responds to every request at once with one checkpoint, for the benchmark of recording."""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime

from benchmarks.material import response_of


class Responding(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.waiting = b""

    def data_received(self, data):
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            self.waiting = self.waiting[end + 4 :]
            response = response_of(0, datetime.now(UTC))
            fields = "".join(f"{name}: {value}\r\n" for name, value in response.headers.without("connection").pairs)
            self.transport.write(b"HTTP/1.1 200 OK\r\n" + fields.encode() + b"\r\n" + response.body)


async def main():
    server = await asyncio.get_running_loop().create_server(Responding, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    argparse.ArgumentParser(
        prog="python -m benchmarks.loopback", description=f"{__doc__} Prints its port, and serves until it is stopped."
    ).parse_args()
    asyncio.run(main())
