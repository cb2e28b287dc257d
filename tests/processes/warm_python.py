"""``python warm_python.py FD FOLDER NAME MODULE…``: forks where other Pythons would start, for a tenth of that.

It loads the modules that are named. A fork runs what an order names as ``python SCRIPT …`` or ``python -m MODULE …``
would. When it ends it tells which modules it loaded; the server loads them, too, and the forks after it find them
there. FOLDER is where modules are sought, and where NAME is ``pytest``, it is pytest that loads them: of a module that
others loaded before it, it complains.

Orders come on the socket FD: JSON under its length, and with it four descriptors, the three standard streams and one on
which the server tells the process id, and then how the process ended, as ``waitpid`` does.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import importlib
import inspect
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LENGTH = struct.Struct("!I")
NUMBER = struct.Struct("!i")
_MOST = 1 << 18  # bytes that a fork may say about its modules
_PECULIAR = ("executable", "preexec_fn", "pass_fds", "shell")  # whoever asks for one of these gets a real start
_execute = inspect.signature(subprocess.Popen._execute_child)


class Forking(subprocess.Popen):
    """A process that is forked where it is to run Python; else it is started as ever."""

    def _execute_child(self, *args) -> None:
        how = _execute.bind(self, *args).arguments
        command = None if any(how[each] for each in _PECULIAR) else python_program(how["args"])
        environ = dict(os.environ if how["env"] is None else how["env"])
        if command is None or not self._may_fork(command, environ):
            super()._execute_child(*args)
            return
        order = {
            "command": command,
            "environ": environ,
            "folder": str(Path(how["cwd"] or "").absolute()),
            "session": how["start_new_session"],
        }
        pipes = [how[each] for each in ("p2cread", "c2pwrite", "errwrite")]
        self.pid = self._fork(order, [each if each != -1 else number for number, each in enumerate(pipes)])
        self._child_created = True
        self._close_pipe_fds(*(how[each] for each in how if each.startswith(("p2c", "c2p", "err"))))

    def _may_fork(self, command: list[str], environ: dict[str, str]) -> bool:
        return threading.active_count() == 1  # what another thread holds, a fork would wait for in vain

    def _fork(self, order: dict, streams: list[int]) -> int:
        return os.fork() or be(order, streams)


def python_program(words: object) -> list[str] | None:
    """Return what a command lets this very Python run: ``-m`` and a module, or a path; None where it is another."""
    if not isinstance(words, list | tuple):
        return None
    command = [os.fspath(word) for word in words]
    if command[0] == sys.executable:
        if command[1].startswith("-m"):
            return ["-m", *filter(None, [command[1][2:]]), *command[2:]]
        return None if command[1].startswith("-") else command[1:]
    program = Path(command[0])
    ours = program.parent == Path(sys.executable).parent and b"python" in program.read_bytes()[:200]
    return command if ours else None


class Server:
    """Forks until nobody can order any more; then ends the groups of what still runs."""

    def __init__(self, orders: socket.socket, load: Callable[[list[str]], object]) -> None:
        self.orders, self.running = orders, dict[int, int]()  # process id: where its end is told
        self.load, self.tried = load, set[str]()

    def run(self) -> None:
        ended, rings = os.pipe()
        os.set_blocking(rings, False)
        signal.set_wakeup_fd(rings, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        ready = []
        while self.orders not in ready or self.fork():
            ready = select.select([self.orders, LESSONS, ended], [], [])[0]
            if ended in ready:
                os.read(ended, 4096)
                self.reap()
            if LESSONS in ready:
                self.learn(json.loads(LESSONS.recv(_MOST)))
        for pid in self.running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def fork(self) -> bool:
        head, descriptors, _, _ = socket.recv_fds(self.orders, LENGTH.size, 4)
        if not head:
            return False
        order = json.loads(self.orders.recv(*LENGTH.unpack(head), socket.MSG_WAITALL))
        *streams, status = descriptors
        pid = os.fork() or be(order, streams)
        for each in streams:
            os.close(each)
        self.running[pid] = status
        tell(status, pid)
        return True

    def learn(self, modules: list[str]) -> None:
        """Load what a fork loaded, and keep later collections from copying its pages."""
        if new := [name for name in modules if name not in self.tried]:
            self.tried.update(new)
            self.load(new)
            gc.freeze()

    def reap(self) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                status = self.running.pop(ended[0])
                tell(status, ended[1])
                os.close(status)


def tell(status: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody waits for it any more
        os.write(status, NUMBER.pack(number))


def load(modules: list[str]) -> None:
    for name in modules:
        with contextlib.suppress(Exception):  # the next fork tries it as this one did
            importlib.import_module(name)


def load_in_pytest(modules: list[str]) -> None:
    """Load them while pytest's own hook for imports is in place."""
    import pytest

    class Loads:
        def pytest_configure(self) -> None:
            load(modules)

    plugins = ["-p", "no:cacheprovider", "-p", "no:sls_contract", "-p", "no:asyncio"]  # the last tells of its settings
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        pytest.main(["--markers", "-c", os.devnull, "--noconftest", *plugins], [Loads()])


def be(order: dict, streams: list[int]) -> int:
    """Be the process that the order describes, with nothing of this one's in it; does not return."""
    known = set(sys.modules)
    if order["session"]:
        os.setsid()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(order["environ"])
    take(streams)
    faulthandler.enable(2)  # on ABRT, which `Started` sends to one that did not end in time
    os.closerange(3, LOADED.fileno())
    os.closerange(LOADED.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
    time.tzset()
    os.chdir(order["folder"])
    subprocess.Popen = Forking
    code = end_of(order["command"])
    threading._shutdown()
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):  # the server has ended
        LOADED.send(json.dumps([name for name in sys.modules if name not in known and "__main__" not in name]).encode())
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # closed, or its reader left
            stream.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


def take(streams: list[int]) -> None:
    """Have these standard streams, as an interpreter makes them when it starts."""
    for number, (name, stream) in enumerate(zip(("stdin", "stdout", "stderr"), streams, strict=True)):
        os.dup2(stream, number)
        old = getattr(sys, name)
        lines = name == "stderr" or os.environ.get("PYTHONUNBUFFERED")
        how = {"encoding": old.encoding, "errors": old.errors, "buffering": 1 if lines else -1}
        new = open(number, "w" if number else "r", closefd=False, **how)  # noqa: SIM115 - for its whole life
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def end_of(command: list[str]) -> int:
    """Run a command to its end; return its exit code, below 0 the signal that it dies of, as an interpreter would."""
    try:
        run(command)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)  # noqa: T201 - as an interpreter does
        return 1
    except BaseException as error:  # noqa: BLE001 - the same
        sys.excepthook(type(error), error, error.__traceback__)
        return -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    return 0


def run(command: list[str]) -> None:
    if command[0] == "-m":
        sys.argv, sys.path[0] = ["-m", *command[2:]], ""
        sys.path[1:1] = [
            each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each not in ["", *sys.path]
        ]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = command, str(Path(command[0]).resolve().parent)
        runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    sys.modules["warm_python"] = sys.modules["__main__"]
    sys.path[0] = sys.argv[2]
    LESSONS, LOADED = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    server = Server(socket.socket(fileno=int(sys.argv[1])), load_in_pytest if sys.argv[3] == "pytest" else load)
    server.learn(sys.argv[4:])
    server.run()
