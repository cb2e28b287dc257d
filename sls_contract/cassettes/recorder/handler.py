"""What the interception calls: the handler, the outcome of an attempt, and the stack of installed handlers."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from sls_contract.hosts import authority_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sls_contract.exchange import Request, Response

Kind: TypeAlias = Literal[
    "name",  # the host name did not resolve
    "refused",  # no connection: refused, unreachable, or a proxy said no
    "connect-timeout",  # no connection in time
    "tls",  # the handshake failed
    "timeout",  # connected, but the answer did not come (to its end) in time
    "reset",  # the connection was reset
    "closed",  # the connection was closed before an answer began
    "truncated",  # the connection was closed inside an answer
    "malformed",  # what came is not HTTP
]

CONNECT_KINDS = frozenset({"name", "refused", "connect-timeout", "tls"})


@dataclass(frozen=True, slots=True)
class Broken:
    """An attempt without a whole answer.

    ``partial`` is the part of an answer that came, if at least its status line did; ``detail`` is the client's own
    text of the failure (one line, for people).
    """

    kind: Kind
    partial: Response | None = None
    detail: str = ""


Outcome: TypeAlias = "Response | Broken"


class Handler(Protocol):
    """Decides about each attempt. Called from any thread, possibly at once; must not block on the network itself.

    Whatever it raises reaches the caller of the client unchanged, unless that is an OSError: clients take those for
    network errors and may retry. One that never lets an attempt out may say so: ``offline = True``; one that lets each
    out, too: ``online = True``. It is not asked for an answer then. One with a method ``started`` is told the names of
    programs that are started while it is installed.
    """

    def owns(self, host: str, peer: str) -> bool:
        """Tell whether requests to ``host`` (the Host header, port included) are handled here. Must be cheap.

        ``peer`` is the ``host:port`` that the client connects to: the host's own, or that of a proxy.
        """
        ...

    def answer(self, request: Request, peer: str) -> Outcome | None:
        """Return the outcome the client shall see without any socket, or None to let it perform the attempt."""
        ...

    def sent(self, request: Request, peer: str) -> None:
        """Use the time until the answer comes; called for most live attempts, not for all, as soon as one is sent."""
        ...

    def received(self, request: Request, outcome: Outcome, peer: str) -> None:
        """Take the outcome of a live attempt; called before the client sees it.

        ``peer`` is the address of the socket, where one was connected: a name may resolve to this machine.
        """
        ...


class Owner(NamedTuple):
    """A handler together with the peer of one attempt."""

    handler: Handler
    peer: str

    @property
    def offline(self) -> bool:
        """Whether no attempt goes out."""
        return getattr(self.handler, "offline", False)

    @property
    def online(self) -> bool:
        """Whether every attempt goes out."""
        return getattr(self.handler, "online", False)

    def answer(self, request: Request) -> Outcome | None:
        """Ask the handler."""
        return None if self.online else self.handler.answer(request, self.peer)

    def sent(self, request: Request) -> None:
        """Let the handler use the time until the answer comes."""
        self.handler.sent(request, self.peer)

    def received(self, request: Request, outcome: Outcome) -> None:
        """Tell the handler."""
        self.handler.received(request, outcome, self.peer)

    def connected_to(self, address: Any) -> Owner:
        """Return the same with the address (``(host, port, …)``) that a socket gives; anything else changes nothing."""
        if not isinstance(address, tuple) or len(address) < 2:  # noqa: PLR2004 - host and port
            return self
        return self._replace(peer=authority_of(str(address[0]), address[1]))


class _Stack:
    """The installed handlers, innermost first; replaced as a whole, so that reading needs no lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.handlers: tuple[Handler, ...] = ()


STACK = _Stack()


def owner_of(host: str, peer: str) -> Owner | None:
    """Return the innermost handler that owns ``host`` by way of ``peer``; None means: not our traffic."""
    for handler in STACK.handlers:
        if handler.owns(host, peer):
            return Owner(handler, peer)
    return None


class _Live(threading.local):
    """Whether this thread is inside a live attempt, where the client's own calls must pass."""

    depth = 0


_live = _Live()


def is_live() -> bool:
    """Tell whether this thread performs a live attempt right now."""
    return _live.depth > 0


@contextmanager
def live() -> Iterator[None]:
    """Let the calls that this thread makes pass untouched."""
    _live.depth += 1
    try:
        yield
    finally:
        _live.depth -= 1
