"""The closed way: nothing reaches an owned host but what a cassette takes, in any library and thread, at any time.

Each request that is stopped is noted with the test that made it: whoever swallows the error must not stay green.
"""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import CodeType, FrameType, FunctionType
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.nesting import OPEN
from sls_contract.cassettes.recorder import NetworkGuard
from sls_contract.cassettes.recorder.handler import is_live
from sls_contract.errors import NetworkBlocked, SlsContractError
from sls_contract.hosts import host_name, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sls_contract.plugin.options import Settings

REMEDY = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once); "
    "or allow requests of unmarked tests (--sls-unmarked=allow)."
)
RECORDED = "requests, urllib3, httpx, aiohttp or http.client"
"""The clients whose requests a cassette takes."""

GUARD: pytest.StashKey[Closed] = pytest.StashKey()
_MOST_KEPT = 1000  # of a test; whoever asks in a loop has been told enough
_DEFAULT_PORTS = {"": "80", "http": "80", "https": "443"}
_SERVER = "sls_contract.endpoint.server.background"


class Stopped(NamedTuple):
    """A request that was stopped: the id of the test that ran (empty between tests), the host, and the error.

    ``foreseen``: whether code that waited for the answer names the error.
    """

    test: str
    host: str
    error: NetworkBlocked
    foreseen: bool

    @property
    def is_meant(self) -> bool:
        """Whether the test expects the error, as ``pytest.raises(NetworkBlocked)`` says."""
        trace = self.error.__traceback__  # it begins where the error was caught, be that in another thread
        return self.foreseen or (trace is not None and names_error(trace.tb_frame))


class Closed(NetworkGuard):
    """The guard of one run.

    Attributes:
        test: the id of the test that runs now; empty between tests.
        stopped: what was stopped, in order; whoever has told it takes it out.

    """

    def __init__(self, settings: Settings) -> None:
        owned = host_rule([*settings.hosts, *settings.endpoint_hosts])
        super().__init__(owned, REMEDY, stays_here(os.environ), spares_recording=settings.record != "none")
        self._allows = settings.unmarked == "allow"
        self.test = ""
        self.stopped: list[Stopped] = []
        self.children = Children()

    def owns(self, host: str, peer: str) -> bool:
        """Tell whether real requests to ``host`` are refused now where they go to ``peer``."""
        return bool(OPEN.sessions or not self._allows) and super().owns(host, peer)

    def check(self, host: Any, port: Any) -> None:
        """Refuse to resolve a name, or to connect to it; open cassettes hear of those that are not owned."""
        super().check(host, port)
        sessions = OPEN.sessions
        if sessions and not is_live():
            name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
            if isinstance(name, str) and name:
                sessions[-1].hosts.note_lookup(host_name(name))

    def refusal(self, host: str) -> NetworkBlocked:
        """Return the error that names the host and the remedy, and note it."""
        remedy = f"use a client that can be recorded: {RECORDED}." if OPEN.sessions else REMEDY
        error = NetworkBlocked(f"a request to {host} was blocked: no cassette is open for it.\nHow to fix: {remedy}")
        if len(self.stopped) < _MOST_KEPT:
            foreseen = caller_names_error()
            self.stopped.append(Stopped(self.test, host, error, foreseen))
            self.children.tell(self.test, host, foreseen)
        return error

    def collect(self) -> bool:
        """Take over what was stopped in forked children; tell whether anything is noted now."""
        for test, host, foreseen in self.children.told():
            self.stopped.append(Stopped(test, host, NetworkBlocked(host), foreseen))
        return bool(self.stopped)

    def take(self, test: str) -> list[Stopped]:
        """Return what was stopped while a test ran, or between tests, and forget it."""
        taken = [each for each in self.stopped if each.test == test]
        self.stopped = [each for each in self.stopped if each.test != test]
        return taken


def stays_here(environ: Mapping[str, str]) -> Callable[[str], bool]:
    """Return what tells whether a peer (``host:port``) keeps on this machine what it is asked.

    Whatever listens on loopback does, a mock or an endpoint of a test's own, but for a proxy that the environment named
    before the run began: those lead out. An endpoint of ours, in this process, does all the same.
    """
    relays = frozenset(_port(value) for name, value in environ.items() if name.lower().endswith("_proxy") and value)

    def stays(peer: str) -> bool:
        server = sys.modules.get(_SERVER)
        if server is not None and peer in server.SERVING:
            return True
        return is_loopback(peer) and _port(peer) not in relays

    return stays


def _port(address: str) -> str:
    """Return the port of a peer or a proxy's URL; the one of the scheme where it names none."""
    scheme, _, authority = address.rpartition("://")
    port = authority.rstrip("/").rpartition(":")[2]
    return port if port.isdecimal() else _DEFAULT_PORTS.get(scheme, "1080")


def close_network(config: pytest.Config, read: Callable[[], Settings]) -> Closed:
    """Close the way to owned hosts, except to our own endpoints, until pytest is done with ``config``.

    In a process that is there for this run alone it stays closed: clients send at exit, and in threads, what they kept.
    Does nothing where it is closed already.
    """
    guard = config.stash.get(GUARD, None)
    if guard is None:
        guard = config.stash[GUARD] = Closed(read())
        guard.activate()
        config.add_cleanup(lambda: None if _ends_with(config) else guard.deactivate())
        config.add_cleanup(guard.children.close)
    return guard


def _ends_with(config: pytest.Config) -> bool:
    """Tell whether the process ends with the run: it is pytest's own, or a worker's, and no test began this run.

    Ask at the end of the run: xdist says that a process is a worker only after the network was closed.
    """
    program = Path(sys.argv[0])
    alone = program.stem in ("pytest", "py.test") or program.parts[-2:] == ("pytest", "__main__.py")
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") != _RUNNER:
        frame = frame.f_back
    return frame is None and (alone or hasattr(config, "workerinput"))


class Children:
    """The forked children of one run: each adds lines to a file, which the parent reads when a phase ends."""

    def __init__(self) -> None:
        """Begin with no child."""
        self._file: IO[bytes] | None = None
        self._read = 0
        self._parent = os.getpid()
        _ALL.add(self)

    def prepare(self) -> None:
        """Make the file, once; where that cannot be, children tell nothing."""
        if self._file is None:
            from tempfile import TemporaryFile

            with suppress(OSError):
                self._file = TemporaryFile("ab+", buffering=0)  # noqa: SIM115 - it is open as long as the run

    def tell(self, *values: Any) -> None:
        """Tell the parent plain values; in the parent itself nothing is told."""
        if self._file is not None and os.getpid() != self._parent:
            import json

            with suppress(OSError):
                self._file.write(json.dumps(values).encode() + b"\n")

    def told(self) -> list[list[Any]]:
        """Return what children told since this was last asked."""
        if self._file is None or os.getpid() != self._parent:
            return []
        import json

        size = os.fstat(self._file.fileno()).st_size - self._read
        whole = os.pread(self._file.fileno(), size, self._read).rpartition(b"\n")[0] if size > 0 else b""
        self._read += len(whole) + bool(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def close(self) -> None:
        """Let go of the file, for good."""
        _ALL.discard(self)
        if self._file is not None:
            self._file.close()
            self._file = None


_ALL: WeakSet[Children] = WeakSet()


def _before() -> None:
    for children in _ALL:
        children.prepare()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before)


_OURS = (NetworkBlocked, SlsContractError)
_NAMES = frozenset(each.__name__ for each in _OURS)
_RUNNER = "_pytest.runner"  # what called the test, or its fixtures: whoever stands above it asked for nothing


def names_error(frame: FrameType) -> bool:
    """Tell whether the code of a frame names the error, or a value that stands for it."""
    if _says(frame.f_code, frame.f_globals):
        return True
    outside, inside = frame.f_globals, frame.f_locals
    used = [outside[name] for name in frame.f_code.co_names if name in outside]
    return any(map(_stands_for, (*used, *inside.values())))


def caller_names_error() -> bool:
    """Tell whether one of the functions that are called now, in this thread, names the error; ours do not count."""
    return any(names_error(frame) for frame in _callers())


def _callers() -> Iterator[FrameType]:
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and (module := str(frame.f_globals.get("__name__"))) != _RUNNER:
        if module.partition(".")[0] != "sls_contract":
            yield frame
        frame = frame.f_back


def _says(code: CodeType, outside: dict[str, Any]) -> bool:
    names = (*code.co_names, *code.co_varnames, *code.co_freevars)
    return not _NAMES.isdisjoint(names) or any(_is_error(outside.get(name)) for name in code.co_names)


def _is_error(value: Any) -> bool:
    """Tell whether a value is the error, by whatever name, or a tuple that holds it."""
    if type(value) is tuple:
        return any(isinstance(each, type) and each in _OURS for each in value)
    return isinstance(value, type) and value in _OURS


def _stands_for(value: Any) -> bool:
    """Tell whether a value is the error, what ``pytest.raises`` gives for it, or a function that names it."""
    if type(value) is FunctionType:
        return _says(value.__code__, value.__globals__)
    if type(value).__module__.startswith("_pytest.") and hasattr(type(value), "__exit__"):
        return _is_error(getattr(value, "expected_exceptions", getattr(value, "expected_exception", ())))
    return _is_error(value)
