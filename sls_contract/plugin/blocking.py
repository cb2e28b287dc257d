"""The network guard of a run: only a cassette may send requests to owned hosts, in any library and thread, at any time.

Each blocked request is noted with the test that made it: a test that swallows the error must still fail.
"""

from __future__ import annotations

import inspect
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from weakref import WeakSet

import pytest

from sls_contract.cassettes.hosts import host_rule
from sls_contract.cassettes.nesting import OPEN
from sls_contract.cassettes.recorder import RECORDED, NetworkGuard
from sls_contract.cassettes.recorder.handler import is_live
from sls_contract.errors import NetworkBlocked
from sls_contract.hosts import host_name, is_loopback
from sls_contract.plugin.expecting import RUNNER, arguments, calling_frames, names_error

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from types import CodeType

    from sls_contract.plugin.options import Settings

REMEDY = (
    "mark the test with @pytest.mark.sls_cassette and record it (pytest --sls-record=once); "
    "or allow requests of unmarked tests (--sls-unmarked=allow)."
)
REMEDY_WITHOUT_MARKER = (
    "move the request to a test function with @pytest.mark.sls_cassette, or open a cassette around it "
    "(sls_contract.use_cassette); or allow requests of unmarked tests (--sls-unmarked=allow)."
)
"""The remedy for what takes no marker: a doctest, and code between tests, as of a conftest."""
REMEDY_IN_CHILD = (
    "mark the test with @pytest.mark.sls_cassette, start the process inside the test, and record it "
    "(pytest --sls-record=once); or allow requests of unmarked tests (--sls-unmarked=allow)."
)
"""The remedy in a forked process: it records if the test's cassette was open when it was forked."""
REMEDY_IN_REPLAY = (
    "record it in a run that may send requests (pytest --sls-record=once), or pass send=… to use_cassette."
)
"""The remedy for a cassette that `use_cassette` opened to record, in a run that only replays."""
REMEDY_WITH_CASSETTE = f"use a client that can be recorded: {RECORDED}."
"""The remedy where a cassette is open: it takes the requests of every client that it can record."""
REMEDY_WITH_OTHER_HOSTS = "pass the host to use_cassette, too (hosts=[…])."
"""The remedy for a host of ini ``sls_hosts`` where a cassette is open that does not count it as the service's."""
_REASONS = {
    REMEDY_IN_REPLAY: "this run only replays, also where use_cassette would record",
    REMEDY_WITH_CASSETTE: "the open cassette cannot record its client",
    REMEDY_WITH_OTHER_HOSTS: "the open cassette does not record this host",
}

GUARD: pytest.StashKey[RunGuard] = pytest.StashKey()
_MOST_KEPT = 1000  # blocked requests; a client that retries in a loop needs no more
_DEFAULT_PORTS = {"": "80", "http": "80", "https": "443"}
_HAND_OVER = ("concurrent.futures.", "multiprocessing.", "asyncio.")  # they catch what a test then gets
_SERVER = "sls_contract.endpoint.server.background"


class BlockedRequest(NamedTuple):
    """A blocked request: the id of the running test (empty between tests), the host, and the error.

    ``caller_expects``: whether one of the calling functions names the error; ``in_child``: whether a forked process
    made the request; ``remedy``: what the error advises; ``callers``: the code of the calling functions.
    """

    test: str
    host: str
    remedy: str
    error: NetworkBlocked
    caller_expects: bool
    in_child: bool = False
    callers: frozenset[CodeType] = frozenset()

    def reaches(self, codes: Collection[CodeType]) -> bool:
        """Whether code gets the error: a future, a task or a child process hands it over, or this code caught it."""
        trace = self.error.__traceback__
        if not codes or trace is None:
            return bool(codes) and self.in_child
        frame = trace.tb_frame
        is_task = bool(frame.f_code.co_flags & inspect.CO_COROUTINE)
        return is_task or frame.f_code in codes or str(frame.f_globals.get("__name__")).startswith(_HAND_OVER)

    @property
    def is_expected(self) -> bool:
        """Whether the test expects the error, as ``pytest.raises(NetworkBlocked)`` says."""
        trace = self.error.__traceback__  # begins in the function that caught the error, also in another thread
        if self.caller_expects or trace is None:
            return self.caller_expects
        frame = trace.tb_frame
        return frame.f_code not in self.callers and names_error(frame, arguments(frame))


class RunGuard(NetworkGuard):
    """The network guard of one run.

    Attributes:
        test: the id of the test that runs now (`begin`); empty between tests.
        remedy: what the author of this test can do about a blocked request.
        blocked: the blocked requests in order; `take` removes those of one test.

    """

    def __init__(self, settings: Settings) -> None:
        owned = host_rule(settings.owned_hosts)
        super().__init__(
            owned, REMEDY_WITHOUT_MARKER, local_peers(os.environ), spares_recording=settings.record != "none"
        )
        self._allows = settings.unmarked == "allow"
        self.test, self.remedy = "", REMEDY_WITHOUT_MARKER
        self.blocked: list[BlockedRequest] = []
        self.children = Children()

    def begin(self, test: str, remedy: str) -> None:
        """Note the test that runs from now on; requests of children that run longer than their test belong to it."""
        self.test, self.remedy = test, remedy
        self.children.begin(test)

    def owns(self, host: str, peer: str) -> bool:
        """Return whether real requests to ``host`` are refused now if they go to ``peer``."""
        return bool(OPEN.sessions or not self._allows) and super().owns(host, peer)

    def check(self, host: Any, port: Any, *, sends: bool = True) -> None:
        """Refuse to resolve or connect to an owned host; the open cassette notes the other hosts."""
        super().check(host, port, sends=sends)
        sessions = OPEN.sessions if sends else ()
        if sessions and not is_live():
            name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
            if isinstance(name, str) and name:
                sessions[-1].hosts.note_lookup(host_name(name))

    def refusal(self, host: str) -> NetworkBlocked:
        """Return the error that names the host and the remedy, and note the blocked request."""
        remedy = self._remedy_for(host)
        reason = _REASONS.get(remedy, "no cassette is open for it")
        error = NetworkBlocked(f"a request to {host} was blocked: {reason}.\nHow to fix: {remedy}")
        self.note(host, error)
        return error

    def note(self, host: str, error: NetworkBlocked) -> None:
        """Note a blocked request, also one that the guard of `use_cassette` refused."""
        if len(self.blocked) < _MOST_KEPT:
            remedy, frames = self._remedy_for(host), [*calling_frames()]
            caller_expects = any(names_error(frame, frame.f_locals.values()) for frame in frames)
            callers = frozenset(frame.f_code for frame in frames)
            self.blocked.append(BlockedRequest(self.test, host, remedy, error, caller_expects, callers=callers))
            self.children.send(host, remedy, caller_expects)

    def _remedy_for(self, host: str) -> str:
        if self.is_recorded(host):
            return REMEDY_IN_REPLAY
        if OPEN.sessions:
            is_unknown = self._owns(host) and not OPEN.sessions[-1].owns(host, host)
            return REMEDY_WITH_OTHER_HOSTS if is_unknown else REMEDY_WITH_CASSETTE
        return REMEDY_IN_CHILD if self.remedy == REMEDY and self.children.is_child() else self.remedy

    def collect(self) -> bool:
        """Add the requests that were blocked in forked children; return whether any request is noted now."""
        for test, host, remedy, caller_expects in self.children.received():
            error = NetworkBlocked(host)
            self.blocked.append(BlockedRequest(test, host, remedy, error, caller_expects, in_child=True))
        return bool(self.blocked)

    def take(self, test: str) -> list[BlockedRequest]:
        """Remove the requests that were blocked during a test (empty: between tests), and return them."""
        taken = [each for each in self.blocked if each.test == test]
        self.blocked = [each for each in self.blocked if each.test != test]
        return taken


def remedy_for(item: pytest.Item) -> str:
    """Return what the author of a test can do about a blocked request: only test functions take a marker."""
    return REMEDY if isinstance(item, pytest.Function) else REMEDY_WITHOUT_MARKER


def local_peers(environ: Mapping[str, str]) -> Callable[[str], bool]:
    """Return a predicate: whether requests to a peer (``host:port``) stay on this machine.

    Servers on loopback do, such as a mock or an endpoint of the test. A proxy that the environment named when the run
    began does not: it forwards requests. The package's own server in this process always counts as local.
    """
    proxies = frozenset(_port(value) for name, value in environ.items() if name.lower().endswith("_proxy") and value)

    def is_local(peer: str) -> bool:
        server = sys.modules.get(_SERVER)
        if server is not None and peer in server.SERVING:
            return True
        return is_loopback(peer) and _port(peer) not in proxies

    return is_local


def _port(address: str) -> str:
    """Return the port of a peer or a proxy's URL; by default, the port of the scheme."""
    scheme, _, authority = address.rpartition("://")
    port = authority.rstrip("/").rpartition(":")[2]
    return port if port.isdecimal() else _DEFAULT_PORTS.get(scheme, "1080")


def block_network(config: pytest.Config, read: Callable[[], Settings]) -> RunGuard:
    """Block requests to owned hosts, except to the package's own endpoints, until pytest is done with ``config``.

    In a process that exists for this run only, the block stays: clients send buffered data at exit and in threads.
    Does nothing if the network is blocked already.
    """
    guard = config.stash.get(GUARD, None)
    if guard is None:
        guard = config.stash[GUARD] = RunGuard(read())
        guard.activate()
        config.add_cleanup(lambda: None if _process_ends_with(config) else guard.deactivate())
        config.add_cleanup(guard.children.close)
    return guard


def _process_ends_with(config: pytest.Config) -> bool:
    """Return whether the process ends with the run: it is pytest's own or a worker's, and no test began this run.

    Call it at the end of the run: xdist marks a process as a worker only after `block_network`.
    """
    program = Path(sys.argv[0])
    is_pytest = program.stem in ("pytest", "py.test") or program.parts[-2:] == ("pytest", "__main__.py")
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") != RUNNER:
        frame = frame.f_back
    return frame is None and (is_pytest or hasattr(config, "workerinput"))


class Children:
    """The forked children of one run: each appends lines to a file, which the parent reads when a phase ends.

    The parent appends the id of each test that begins. A child may run longer than the test that forked it, as in a
    pool of a fixture: its requests belong to the test whose id is before them in the file.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._read = 0
        self._parent = os.getpid()
        self._begun = self._reading = ""  # the test that runs, and the test that the next line belongs to
        _ALL.add(self)

    def is_child(self) -> bool:
        """Return whether this process is a forked child of the run."""
        return os.getpid() != self._parent

    def begin(self, test: str) -> None:
        """Note which test runs from now on."""
        if self.is_child():  # it runs tests itself, as with pytest-forked: its own children send to it
            self._parent, self._file, self._read = os.getpid(), None, 0
        if test != self._begun:
            self._begun = test
            self._append(test)

    def prepare(self) -> None:
        """Create the file, once; if that fails, children send nothing."""
        if self._file is None:
            from tempfile import TemporaryFile

            with suppress(OSError):
                self._file = TemporaryFile("ab+", buffering=0)  # noqa: SIM115 - it is open as long as the run
                self._append(self._begun)

    def send(self, *values: Any) -> None:
        """Send plain values to the parent; does nothing in the parent itself."""
        if self.is_child():
            self._append(values)

    def _append(self, line: Any) -> None:
        if self._file is not None:
            import json

            with suppress(OSError):
                self._file.write(json.dumps(line).encode() + b"\n")

    def received(self) -> list[list[Any]]:
        """Return what children sent since the last call, each with the id of its test."""
        if self._file is None or self.is_child():
            return []
        import json

        size = os.fstat(self._file.fileno()).st_size - self._read
        # a child may be in the middle of a line: the rest of it is read next time
        lines = os.pread(self._file.fileno(), size, self._read).rpartition(b"\n")[0] if size > 0 else b""
        self._read += len(lines) + bool(lines)
        sent = []
        for line in map(json.loads, lines.splitlines()):
            if isinstance(line, str):
                self._reading = line
            else:
                sent.append([self._reading, *line])
        return sent

    def close(self) -> None:
        """Close the file."""
        _ALL.discard(self)
        if self._file is not None:
            self._file.close()
            self._file = None


_ALL: WeakSet[Children] = WeakSet()


def _before_fork() -> None:
    for children in _ALL:
        children.prepare()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)
