"""Keeps every byte for owned hosts on this machine, whatever library sends it.

Two nets: recorded clients are stopped at the request, also on warm connections and through proxies; any other library
at the resolution of the name. `NetworkBlocked` is no OSError on purpose: clients take an OSError for a network failure,
retry it (some for minutes) and hide it behind their own; this must reach the test at once, with its remedy.
"""

from __future__ import annotations

import functools
import socket
import threading
from typing import TYPE_CHECKING, Any

from sls_contract.cassettes.recorder.wiring import install
from sls_contract.errors import NetworkBlocked
from sls_contract.hosts import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from sls_contract.cassettes.recorder.handler import Outcome
    from sls_contract.exchange import Request

_LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")


class NetworkGuard:
    """Stops requests to owned hosts with `NetworkBlocked`; loopback and foreign hosts are never touched.

    Args:
        owns: tells whether a host (``host`` or ``host:port``, lower case) is guarded; called often, from any thread.
        message: how to fix it, for the person who reads the error.
        exempt: tells whether a peer (``host:port``) may be asked for owned hosts: an endpoint of ours as a proxy, say.

    """

    def __init__(
        self, owns: Callable[[str], bool], message: str, exempt: Callable[[str], bool] = lambda _peer: False
    ) -> None:
        """Make a guard that is not active yet."""
        self._owns = owns
        self._exempt = exempt
        self._message = message
        self._lock = threading.Lock()
        self._depth = 0
        self._remove: Callable[[], None] = lambda: None

    def activate(self) -> None:
        """Start guarding; calls nest."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._remove = install(self, outermost=True)  # open cassettes are asked first
                _SOCKETS.add(self)

    def deactivate(self) -> None:
        """Undo one `activate`; more calls than that do nothing."""
        with self._lock:
            self._depth = max(0, self._depth - 1)
            if self._depth == 0:
                _SOCKETS.discard(self)
                self._remove()

    def owns(self, host: str, peer: str) -> bool:
        """Tell whether requests to ``host`` are stopped here."""
        host = host.lower()
        return self._owns(host) and not is_loopback(host) and not self._exempt(peer)

    def answer(self, request: Request, peer: str) -> Outcome | None:  # noqa: ARG002 - the handler's signature
        """Refuse a request that no open cassette took."""
        raise self.refusal(request.host)

    def sent(self, request: Request, peer: str) -> None:
        """Do nothing: no attempt is ever performed."""

    def received(self, request: Request, outcome: Outcome, peer: str) -> None:
        """Take nothing: no attempt is ever performed."""

    def refusal(self, host: str) -> NetworkBlocked:
        """Return the error that names the host and the remedy."""
        return NetworkBlocked(
            f"a request to {host} was stopped: no byte may leave the machine.\nHow to fix: {self._message}"
        )

    def check(self, host: Any, port: Any) -> None:
        """Raise where a name about to be resolved is guarded."""
        name = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else host
        if not isinstance(name, str):
            return
        name = name.lower().rstrip(".")
        if self.owns(name, name) or (isinstance(port, int) and self.owns(f"{name}:{port}", name)):
            raise self.refusal(name)


class _Sockets:
    """The wrapped functions of the ``socket`` module: in place while any guard is active."""

    def __init__(self) -> None:
        self._guards: tuple[NetworkGuard, ...] = ()
        self._lock = threading.Lock()
        self._undo: list[Callable[[], None]] = []

    def add(self, guard: NetworkGuard) -> None:
        with self._lock:
            if not self._guards:
                self._wrap()
            self._guards = (*self._guards, guard)

    def discard(self, guard: NetworkGuard) -> None:
        with self._lock:
            rest = tuple(each for each in self._guards if each is not guard)
            if self._guards and not rest:
                while self._undo:
                    self._undo.pop()()
            self._guards = rest

    def check(self, host: Any, port: Any) -> None:
        for guard in self._guards:
            guard.check(host, port)

    def _wrap(self) -> None:
        for name in _LOOKUPS:
            self._undo.append(_replace(socket, name, _lookup(getattr(socket, name))))
        for name in ("connect", "connect_ex"):
            self._undo.append(_replace(socket.socket, name, _dial(getattr(socket.socket, name))))


_SOCKETS = _Sockets()


def _lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def lookup(*args: Any, **kwargs: Any) -> Any:
        host = args[0] if args else kwargs.get("host")
        _SOCKETS.check(host, args[1] if len(args) > 1 else kwargs.get("port"))
        return original(*args, **kwargs)

    return lookup


def _dial(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def dial(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and len(address) > 1:
            _SOCKETS.check(address[0], address[1])
        return original(self, address)

    return dial


def _replace(owner: Any, name: str, new: Callable[..., Any]) -> Callable[[], None]:
    inherited = name not in vars(owner)
    old = getattr(owner, name)
    setattr(owner, name, new)

    def undo() -> None:
        if vars(owner).get(name) is not new:  # another tool wrapped ours, which passes everything from now on
            return
        if inherited:
            delattr(owner, name)
        else:
            setattr(owner, name, old)

    return undo
