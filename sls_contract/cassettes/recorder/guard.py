"""Refuses requests for owned hosts that would leave this machine, from any library; changes nothing else.

This is the only place where a request is refused. The check runs at the last moment, after a mock, a fake socket or
another recorder could have responded:

- when the interpreter is about to resolve a name or to connect (`audit_hook`);
- when a recorded client is about to send over a real connection;
- when a library with its own network stack begins a call.

`NetworkBlocked` is deliberately no OSError: clients take an OSError for a network failure, retry it (some for minutes)
and hide it behind their own error. This error must reach the test at once, with its remedy.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder import audit_hook
from sls_contract.cassettes.recorder.wiring import wrap_clients
from sls_contract.errors import NetworkBlocked
from sls_contract.hosts import authority_of, host_name, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECORDED = "requests, urllib3, httpx, aiohttp or http.client"
"""The clients that cassettes can record."""

_REAL_SOCKETS = ("gevent.", "eventlet.", "uvloop.")  # their sockets are real, but no subclasses of Python's


class NetworkGuard:
    """Refuses real requests to owned hosts with `NetworkBlocked`; ignores foreign hosts and this machine.

    Args:
        owns: returns whether a host (``host`` or ``host:port``, lower case) is guarded; called often, from any thread.
        message: how to fix the error, for the person who reads it.
        stays: returns whether requests sent to a peer (``host:port``) stay on this machine.
        spares_recording: whether a request that an open cassette records live may pass.

    """

    def __init__(
        self,
        owns: Callable[[str], bool],
        message: str,
        stays: Callable[[str], bool] = is_loopback,
        *,
        spares_recording: bool = False,
    ) -> None:
        self._owns = owns
        self._stays = stays
        self._message = message
        self._spares_recording = spares_recording
        self._lock = threading.Lock()
        self._depth = 0
        self._unwrap: Callable[[], None] = lambda: None

    def activate(self) -> None:
        """Start guarding; calls nest. The first call of a process adds a permanent audit hook."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._unwrap = wrap_clients()
                audit_hook.add(self.check)
                _GUARDS.add(self)

    def deactivate(self) -> None:
        """Undo one `activate`; surplus calls do nothing."""
        with self._lock:
            self._depth = max(0, self._depth - 1)
            if self._depth == 0:
                _GUARDS.discard(self)
                audit_hook.remove(self.check)
                self._unwrap()

    def owns(self, host: str, peer: str) -> bool:
        """Return whether real requests to ``host`` are refused when they go to ``peer``."""
        host = host.lower()
        if not self._owns(host) or is_loopback(host) or self._stays(peer):
            return False
        return not (self._spares_recording and self.is_recorded(host))

    @staticmethod
    def is_recorded(host: str) -> bool:
        """Return whether an open cassette records a request to the host live now, in any thread."""
        return host_name(host) in _GUARDS.recording

    def check(self, host: Any, port: Any, *, sends: bool = True) -> None:
        """Refuse to resolve or connect to a name given as text or bytes; other types are ignored.

        ``sends``: otherwise the socket would send nothing, and the refusal does not count as a request.
        """
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
        if not isinstance(name, str):
            return
        name = host_name(name)
        if self.owns(name, name) or (isinstance(port, int) and self.owns(f"{name}:{port}", name)):
            raise self.refusal(name) if sends else self.error(name)

    def check_route(self, host: str, peer: str) -> None:
        """Refuse to send a request for ``host`` to ``peer``, unless that is this machine."""
        if self.owns(host, peer):
            raise self.refusal(host if host_name(peer) == host_name(host) else f"{host} through {peer}")

    def refusal(self, host: str) -> NetworkBlocked:
        """Return the error for a refused request, and note it; called once for each."""
        error = self.error(host)
        self.note(host, error)
        return error

    def note(self, host: str, error: NetworkBlocked) -> None:
        """Note a refused request, which a client may hide: the guard around this one does, if there is one."""
        guards = iter(_GUARDS.active)
        if self in guards and (outer := next(guards, None)) is not None:  # what is left of them is around this one
            outer.note(host, error)

    def error(self, host: str) -> NetworkBlocked:
        """Return the error that names the host and the remedy."""
        return NetworkBlocked(
            f"a request to {host} was blocked: nothing may leave the machine.\nHow to fix: {self._message}"
        )


class _Guards:
    """The active guards, and the hosts that an open cassette records live right now."""

    def __init__(self) -> None:
        self.active: tuple[NetworkGuard, ...] = ()
        self.recording: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, guard: NetworkGuard) -> None:
        with self._lock:
            self.active = (guard, *self.active)  # the guard of a nested pytest run comes first

    def discard(self, guard: NetworkGuard) -> None:
        with self._lock:
            self.active = tuple(each for each in self.active if each is not guard)

    def count(self, name: str, change: int) -> None:
        with self._lock:
            self.recording[name] += change
            if not self.recording[name]:
                del self.recording[name]


_GUARDS = _Guards()


@contextmanager
def let_through(host: str) -> Iterator[None]:
    """Let requests to a host pass in every thread: clients often resolve names in another thread.

    Guards without ``spares_recording`` refuse them all the same.
    """
    name = host_name(host)
    _GUARDS.count(name, 1)
    try:
        yield
    finally:
        _GUARDS.count(name, -1)


def check_name(host: Any, port: Any = None, *, sends: bool = True) -> None:
    """Raise `NetworkBlocked` where a guard forbids resolving or connecting to a name; see `NetworkGuard.check`."""
    for guard in _GUARDS.active:
        guard.check(host, port, sends=sends)


def check_route(host: str, peer: str) -> None:
    """Raise `NetworkBlocked` where a guard forbids sending a request for ``host`` to ``peer`` (``host:port``)."""
    for guard in _GUARDS.active:
        guard.check_route(host, peer)


def check_proxied(host: str, peer: str) -> None:
    """Raise `NetworkBlocked` where a guard forbids requests for ``host`` through a proxy; runs before connecting.

    A direct connection is not checked: the guards refuse the host when it is resolved. Fake sockets connect to nothing.
    """
    module = sys.modules.get("socket")
    if host_name(host) != host_name(peer) and module is not None and _is_socket(module.socket):
        check_route(host, peer)


def check_connection(host: str, real: Any) -> None:
    """Raise `NetworkBlocked` where a request for ``host`` must not go over a socket; other objects may pass."""
    address = _address(real)
    if address:
        check_route(host, address)


def _address(real: Any) -> str:
    """Return the peer of a real socket (``host:port``); empty for a fake, a pipe, or a closed socket."""
    while not _is_socket(type(real)):
        real = getattr(real, "socket", None) or getattr(real, "_sock", None)  # TLS in TLS, pyOpenSSL
        if real is None:
            return ""
    try:
        address = real.getpeername()
    except OSError:
        return ""
    return authority_of(str(address[0]), address[1]) if isinstance(address, tuple) else ""


def _is_socket(kind: Any) -> bool:
    import _socket  # loaded with the first socket

    if not isinstance(kind, type):
        return False
    return issubclass(kind, _socket.socket) or any(base.__module__.startswith(_REAL_SOCKETS) for base in kind.__mro__)
