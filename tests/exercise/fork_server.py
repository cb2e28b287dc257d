"""``python fork_server.py FD``: one warm Python that forks for each run of a client; a start costs ten times as much.

Orders come on the socket FD, each as JSON under its length: the client's name and environment. With it come three
descriptors: standard output, standard error, and where the server writes the process id, and at the end the exit code.
"""

from __future__ import annotations

import contextlib
import encodings.idna  # noqa: F401 - every client connects, and need not load it anew; the same below
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import traceback
import zlib  # noqa: F401
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from broken_clients.__main__ import KINDS
from broken_clients.correct import main

LENGTH = struct.Struct("!I")
NUMBER = struct.Struct("!i")
"""A process id, or an exit code; below 0: the signal that ended the process."""


class Server:
    """Forks for each order until nobody can give one any more; then ends what still runs."""

    def __init__(self, orders: socket.socket) -> None:
        self.orders, self.running = orders, dict[int, int]()  # process id: where its end is told

    def run(self) -> None:
        ended, rings = os.pipe()
        os.set_blocking(rings, False)
        signal.set_wakeup_fd(rings, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while self.orders not in (ready := select.select([self.orders, ended], [], [])[0]) or self.fork():
            if ended in ready:
                os.read(ended, 4096)
            self.reap()
        for pid in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def fork(self) -> bool:
        head, descriptors, _, _ = socket.recv_fds(self.orders, LENGTH.size, 3)
        if not head:
            return False
        order = json.loads(self.orders.recv(*LENGTH.unpack(head), socket.MSG_WAITALL))
        output, complaints, status = descriptors
        if (pid := os.fork()) == 0:
            os._exit(be_client(order["name"], order["environ"], output, complaints))
        os.close(output)
        os.close(complaints)
        self.running[pid] = status
        tell(status, pid)
        return True

    def reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                status = self.running.pop(ended[0])
                tell(status, os.waitstatus_to_exitcode(ended[1]))
                os.close(status)


def tell(status: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        os.write(status, NUMBER.pack(number))


def be_client(name: str, environ: dict[str, str], output: int, complaints: int) -> int:
    """Run as a Python of its own would: with a session, streams and an environment of its own, and nothing else."""
    os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(output, 1)
    os.dup2(complaints, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(environ)
    code = 1
    try:
        code = main(KINDS[name])
    except BaseException:  # noqa: BLE001 - as an interpreter does
        traceback.print_exc()
    sys.stdout.flush()
    return code


if __name__ == "__main__":
    gc.freeze()  # a collection in a client would copy every page
    Server(socket.socket(fileno=int(sys.argv[1]))).run()
