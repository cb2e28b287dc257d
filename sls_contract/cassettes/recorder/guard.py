"""Keeps every byte for owned hosts on this machine, whatever library sends it, and leaves everything else alone.

The one place where a request is refused. It is asked at the last moment: when the interpreter is about to resolve a
name or to connect (`audit_hook`), when a recorded client is about to send over a real connection, and when a library
that has its own way to the network begins a call. A mock, a fake socket or another recorder has answered by then.

`NetworkBlocked` is no OSError on purpose: clients take an OSError for a network failure, retry it (some for minutes)
and hide it behind their own; this must reach the test at once, with its remedy.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder import audit_hook
from sls_contract.cassettes.recorder.wiring import watch, watch_again
from sls_contract.errors import NetworkBlocked
from sls_contract.hosts import authority_of, host_name, is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OTHERS = ("gevent.", "eventlet.", "uvloop.")  # their sockets are real, and no subclass of Python's


class NetworkGuard:
    """Refuses real requests to owned hosts with `NetworkBlocked`; foreign hosts and this machine are never touched.

    Args:
        owns: tells whether a host (``host`` or ``host:port``, lower case) is guarded; called often, from any thread.
        message: how to fix it, for the person who reads the error.
        stays: tells whether what a peer (``host:port``) is asked stays on this machine.
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
        """Make a guard that is not active yet."""
        self._owns = owns
        self._stays = stays
        self._message = message
        self._spares_recording = spares_recording
        self._lock = threading.Lock()
        self._depth = 0
        self._unwatch: Callable[[], None] = lambda: None

    def activate(self) -> None:
        """Start guarding; calls nest. The first one of a process adds an audit hook, which no process can remove."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._unwatch = watch()
                audit_hook.add(self.check)
                _GUARDS.add(self)

    def renew(self) -> None:
        """Close what another tool opened meanwhile."""
        watch_again()

    def deactivate(self) -> None:
        """Undo one `activate`; more calls than that do nothing."""
        with self._lock:
            self._depth = max(0, self._depth - 1)
            if self._depth == 0:
                _GUARDS.discard(self)
                audit_hook.remove(self.check)
                self._unwatch()

    def owns(self, host: str, peer: str) -> bool:
        """Tell whether real requests to ``host`` are refused where they go to ``peer``."""
        host = host.lower()
        if not self._owns(host) or is_loopback(host) or self._stays(peer):
            return False
        return not (self._spares_recording and _GUARDS.lets_through(host))

    def check(self, host: Any, port: Any) -> None:
        """Refuse to resolve a name, or to connect to it; text or bytes, anything else is no name."""
        if name := self._refused(host, port):
            raise self.refusal(name)

    def check_probe(self, host: Any, port: Any) -> None:
        """Refuse to resolve a name for a socket that would send nothing: no request is stopped by that."""
        if name := self._refused(host, port):
            raise self.error(name)

    def _refused(self, host: Any, port: Any) -> str:
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
        if not isinstance(name, str):
            return ""
        name = host_name(name)
        return name if self.owns(name, name) or (isinstance(port, int) and self.owns(f"{name}:{port}", name)) else ""

    def check_way(self, host: str, peer: str) -> None:
        """Refuse to send a request for ``host`` to ``peer``, where that is another machine."""
        if self.owns(host, peer):
            raise self.refusal(host if host_name(peer) == host_name(host) else f"{host} by way of {peer}")

    def refusal(self, host: str) -> NetworkBlocked:
        """Return the error for a request that is refused; called once for each."""
        return self.error(host)

    def error(self, host: str) -> NetworkBlocked:
        """Return the error that names the host and the remedy."""
        return NetworkBlocked(
            f"a request to {host} was blocked: nothing may leave the machine.\nHow to fix: {self._message}"
        )


class _Guards:
    """The active guards, and the hosts that an open cassette records live right now."""

    def __init__(self) -> None:
        self.active: tuple[NetworkGuard, ...] = ()
        self._recording: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, guard: NetworkGuard) -> None:
        with self._lock:
            self.active = (guard, *self.active)  # that of a run inside a run is asked first

    def discard(self, guard: NetworkGuard) -> None:
        with self._lock:
            self.active = tuple(each for each in self.active if each is not guard)

    def lets_through(self, host: str) -> bool:
        return host_name(host) in self._recording

    def count(self, name: str, change: int) -> None:
        with self._lock:
            self._recording[name] += change
            if not self._recording[name]:
                del self._recording[name]


_GUARDS = _Guards()


@contextmanager
def let_through(host: str) -> Iterator[None]:
    """Let requests to a host pass in every thread: a name is often resolved in another one than it is asked for.

    Guards that spare no recording refuse all the same.
    """
    name = host_name(host)
    _GUARDS.count(name, 1)
    try:
        yield
    finally:
        _GUARDS.count(name, -1)


def check_name(host: Any, port: Any = None) -> None:
    """Raise `NetworkBlocked` where a name must not be resolved, nor connected to."""
    for guard in _GUARDS.active:
        guard.check(host, port)


def check_probe(host: Any, port: Any) -> None:
    """Raise `NetworkBlocked` where a name must not be resolved for a socket that sends nothing."""
    for guard in _GUARDS.active:
        guard.check_probe(host, port)


def check_way(host: str, peer: str) -> None:
    """Raise `NetworkBlocked` where a request for ``host`` must not go to ``peer`` (``host:port``)."""
    for guard in _GUARDS.active:
        guard.check_way(host, peer)


def check_proxied(host: str, peer: str) -> None:
    """Raise `NetworkBlocked` where ``host`` must not be asked for by way of ``peer``; nothing is connected to it yet.

    The host itself is no way: it is refused when it is resolved. Where sockets are fakes, nobody is connected to.
    """
    if host_name(host) != host_name(peer) and _sockets_are_real():
        check_way(host, peer)


def check_connection(host: str, real: Any) -> None:
    """Raise `NetworkBlocked` where a request for ``host`` must not go over a connection; one that is no socket may."""
    address = _address(real)
    if address:
        check_way(host, address)


def _address(real: Any) -> str:
    """Return whom a real socket is connected to (``host:port``); empty for a fake, a pipe, and one that is closed."""
    while not _is_socket(type(real)):
        real = getattr(real, "socket", None) or getattr(real, "_sock", None)  # TLS in TLS, pyOpenSSL
        if real is None:
            return ""
    try:
        address = real.getpeername()
    except OSError:
        return ""
    return authority_of(str(address[0]), address[1]) if isinstance(address, tuple) else ""


def _sockets_are_real() -> bool:
    module = sys.modules.get("socket")
    return module is not None and _is_socket(module.socket)


def _is_socket(kind: Any) -> bool:
    import _socket  # loaded with the first socket

    if not isinstance(kind, type):
        return False
    return issubclass(kind, _socket.socket) or any(base.__module__.startswith(_OTHERS) for base in kind.__mro__)
