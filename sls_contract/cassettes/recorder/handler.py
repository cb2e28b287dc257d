"""The interface of the interception: handler, outcome of an attempt, and the stack of installed handlers."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sls_contract.exchange import Request, Response

Kind: TypeAlias = Literal[
    "name",  # the host name did not resolve
    "refused",  # no connection: refused, unreachable, or refused by a proxy
    "connect-timeout",  # no connection in time
    "tls",  # the handshake failed
    "timeout",  # connected, but no complete response in time
    "reset",  # the connection was reset
    "closed",  # the connection was closed before a response began
    "truncated",  # the connection was closed inside a response
    "malformed",  # the response is not HTTP
]

CONNECT_KINDS = frozenset({"name", "refused", "connect-timeout", "tls"})


@dataclass(frozen=True, slots=True)
class Broken:
    """An attempt without a complete response.

    ``partial`` is the received part of the response, if that includes its status line; ``detail`` is the client's own
    text of the failure (one line, for people).
    """

    kind: Kind
    partial: Response | None = None
    detail: str = ""


Outcome: TypeAlias = "Response | Broken"


class Handler(Protocol):
    """Decides about each attempt. Called from any thread, possibly concurrently; must not block on the network.

    The caller of the client gets its exceptions unchanged, except an OSError: clients take that for a network error and
    may retry. For optional attributes, see `Installed`.
    """

    def owns(self, host: str, peer: str) -> bool:
        """Return whether requests to ``host`` (the Host header, port included) are handled here. Must be cheap.

        ``peer`` is the ``host:port`` that the client connects to: the host itself or a proxy.
        """
        ...

    def respond(self, request: Request, peer: str) -> Outcome | None:
        """Return the outcome that the client gets without a socket, or None to perform the attempt live."""
        ...

    def sent(self, request: Request, peer: str) -> None:
        """Work while the response is pending; called for most live attempts, as soon as the request is sent."""
        ...

    def received(self, request: Request, outcome: Outcome, peer: str) -> None:
        """Process the outcome of a live attempt; called before the client gets it.

        ``peer`` is the address of the socket, where one was connected: a name may resolve to this machine.
        """
        ...


class Installed:
    """One installation of a handler, which may be installed twice; with its optional attributes.

    Attributes:
        offline: whether no attempt is performed live; False: some may be.
        online: whether every attempt is performed live; then `Handler.respond` is not called.
        started: is called with the name of each program that is started.

    """

    __slots__ = ("offline", "online", "owns", "received", "respond", "sent", "started")

    def __init__(self, handler: Handler) -> None:
        self.offline: bool = getattr(handler, "offline", False)
        self.online: bool = getattr(handler, "online", False)
        self.started: Callable[[str], None] | None = getattr(handler, "started", None)
        self.owns, self.respond = handler.owns, handler.respond
        self.sent, self.received = handler.sent, handler.received


class Owner(NamedTuple):
    """A handler and the peer of one attempt."""

    handler: Installed
    peer: str

    def respond(self, request: Request) -> Outcome | None:
        """Return the handler's outcome; None to perform the attempt live."""
        return None if self.handler.online else self.handler.respond(request, self.peer)

    def sent(self, request: Request) -> None:
        """Call the handler while the response is pending."""
        self.handler.sent(request, self.peer)

    def received(self, request: Request, outcome: Outcome) -> None:
        """Report an outcome to the handler."""
        self.handler.received(request, outcome, self.peer)

    def connected_to(self, address: Any) -> Owner:
        """Return a copy with a socket's address (``(host, port, …)``) as peer; ignores other values."""
        if not isinstance(address, tuple) or len(address) < 2:  # noqa: PLR2004 - host and port
            return self
        return self._replace(peer=authority_of(str(address[0]), address[1]))


class _Stack:
    """The installed handlers, innermost first; replaced as a whole, so that reading needs no lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.handlers: tuple[Installed, ...] = ()


STACK = _Stack()


def owner_of(host: str, peer: str) -> Owner | None:
    """Return the innermost handler that owns ``host`` reached through ``peer``; None without an owner."""
    for handler in STACK.handlers:
        if handler.owns(host, peer):
            return Owner(handler, peer)
    return None


class _Live(threading.local):
    """Whether this thread is inside a live attempt, where the client's own calls must pass."""

    depth = 0


_live = _Live()


def is_live() -> bool:
    """Return whether this thread performs a live attempt right now."""
    return _live.depth > 0


@contextmanager
def live() -> Iterator[None]:
    """Let the calls of this thread pass to the original methods."""
    _live.depth += 1
    try:
        yield
    finally:
        _live.depth -= 1
